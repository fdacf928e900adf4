"""Transforms: each takes a document and gives another, and says what it did. ``variants`` puts them in order."""
