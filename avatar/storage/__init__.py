"""Content-addressed bytes: a port and its adapters."""
