#!/bin/sh
# Temporal's two databases, and their schemas brought to the version of these tools. Safe to run again.
set -eu

bring_up() { # database, folder of its schema
  temporal-sql-tool --database "$1" create-database
  temporal-sql-tool --database "$1" setup-schema --version 0.0
  temporal-sql-tool --database "$1" update-schema --schema-dir "/etc/temporal/schema/postgresql/v12/$2/versioned"
}

bring_up temporal temporal
bring_up temporal_visibility visibility
