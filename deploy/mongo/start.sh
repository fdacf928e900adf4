#!/bin/bash
# Gives mongod the key of its replica set, then starts it as its image does. With a key, nobody gets in without one.
set -euo pipefail
umask 077
rm -f /tmp/replica.key
printf '%s' "$MONGO_REPLICA_KEY" >/tmp/replica.key
chmod 400 /tmp/replica.key
chown mongodb:mongodb /tmp/replica.key
unset MONGO_REPLICA_KEY
exec docker-entrypoint.sh "$@" --keyFile /tmp/replica.key
