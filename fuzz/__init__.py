"""Thousands of broken files, made of sound ones, through the reader and the level builder."""
