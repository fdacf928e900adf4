"""How the word tables are written: as prose, so that they can be read and wrapped like prose."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from avatar.describe.slots import Slot


def bag(text: str) -> frozenset[str]:
    """The single words of ``text``."""
    return frozenset(text.split())


def phrases(text: str) -> frozenset[str]:
    """The phrases of ``text``, parted by commas."""
    return frozenset(" ".join(part.split()) for part in text.split(",") if part.strip())


def entries(text: str) -> dict[str, str]:
    """``name=value`` pairs, parted by commas; ``a|b=value`` gives both names the value."""
    found: dict[str, str] = {}
    for entry in text.replace("\n", " ").split(","):
        names, _, value = entry.partition("=")
        found.update({" ".join(name.split()): value.strip() for name in names.split("|") if name.strip()})
    return found


def numbers(text: str) -> Mapping[str, tuple[float | None, ...]]:
    """``name=1 - .5``: numbers, with ``-`` for left open."""
    return MappingProxyType(
        {
            name: tuple(None if part == "-" else float(part) for part in value.split())
            for name, value in entries(text).items()
        }
    )


def wishes(text: str) -> Mapping[str, tuple[str, ...]]:
    """``name=wish second third``: what a word asks for, by enum value, the nearest first.

    The first that the generator can make is taken; when that is not the first of all, the word was only nearly met.
    """
    return MappingProxyType({name: tuple(value.split()) for name, value in entries(text).items()})


def traits(slots: tuple[Slot, ...], text: str) -> Mapping[str, Mapping[Slot, float]]:
    """``name=value ...``: one value for each of ``slots``, ``-`` where the word says nothing of it."""
    return MappingProxyType(
        {
            name: MappingProxyType(
                {slot: value for slot, value in zip(slots, values, strict=True) if value is not None}
            )
            for name, values in numbers(text).items()
        }
    )
