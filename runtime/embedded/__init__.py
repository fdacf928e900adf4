"""The embedded stack: Temporal, mongod, workers and API as children of one process, from wheels alone."""
