"""Worker processes: control, provider, mesh."""
