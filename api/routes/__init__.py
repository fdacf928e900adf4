"""Routes: thin; each calls one thing and shapes its answer."""
