"""How the word tables are written: as prose, so that they can be read and wrapped like prose."""

from __future__ import annotations


def bag(text: str) -> frozenset[str]:
    """The single words of ``text``."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of ``text``, parted by commas."""
    return frozenset(" ".join(part.split()) for part in text.split(",") if part.strip())
