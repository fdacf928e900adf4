"""The gate: every foreign file is checked here before anything else reads it, and every build before it leaves."""
