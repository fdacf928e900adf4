"""What happens and in which order: deterministic, no I/O."""
