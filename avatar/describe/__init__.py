"""Profile in, character out."""
