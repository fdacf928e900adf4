"""A GLB in, a PNG out: the one renderer that every picture comes from."""
