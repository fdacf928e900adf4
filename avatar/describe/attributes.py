"""Adjectives and colours as they stand before a noun: with their shades, degrees and the colours they mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from avatar.describe import colours, words
from avatar.describe.grammar import Kind
from avatar.describe.slots import Slot
from avatar.describe.terms import Term


@dataclass(frozen=True, slots=True)
class Attribute:
    """One adjective or colour with its shades ("dark", "pale") and degree (1 plain, more for "very")."""

    kind: Kind  # QUALITY, COLOUR or SHADE (a shade that stands alone)
    key: str
    shades: tuple[str, ...] = ()
    degree: float = 1.0
    blended: tuple[str, ...] = ()  # further colours hung on by a hyphen: blue-green

    @property
    def said(self) -> str:
        strength = "very " if self.degree > 1 else "slightly " if self.degree < 1 else ""
        return strength + " ".join((*self.shades, "-".join((self.key, *self.blended))))


@dataclass(frozen=True, slots=True)
class Part:
    """The noun that adjectives are bound to."""

    slot: Slot
    key: str
    certain: bool = True  # False: no noun was said, the person is only meant


def attributes(segment: Sequence[Term]) -> list[Attribute]:
    """A run of terms as attributes: shades and degrees join the word they stand before."""
    found: list[Attribute] = []
    shades: list[str] = []
    degree = 1.0
    for term in segment:
        match term.kind:
            case Kind.DEGREE:
                degree = 1.4 if term.key in words.STRONGER else 0.6 if term.key in words.WEAKER else degree
                continue
            case Kind.SHADE:
                shades.append(term.key)
                continue
            case Kind.COLOUR if term.glued and found and found[-1].kind == Kind.COLOUR and not shades:
                last = found.pop()
                found.append(Attribute(Kind.COLOUR, last.key, last.shades, last.degree, (*last.blended, term.key)))
            case Kind.COLOUR:
                found.append(Attribute(Kind.COLOUR, term.key, tuple(shades), degree))
                shades = []
            case Kind.QUALITY:
                found.extend(Attribute(Kind.SHADE, shade, (), degree) for shade in shades)
                shades = []
                found.append(Attribute(Kind.QUALITY, term.key, (), degree))
            case _:
                pass
        degree = 1.0
    found.extend(Attribute(Kind.QUALITY if shade == "medium" else Kind.SHADE, shade, (), degree) for shade in shades)
    return found


def colour_of(attribute: Attribute, table: dict[str, str] | None = None) -> str | None:
    """The hex of a colour attribute, looked up in ``table`` (hair, eyes) first; None if it has no colour."""
    own = table or {}
    if attribute.kind == Kind.SHADE:
        return own.get(attribute.key)
    if attribute.kind != Kind.COLOUR:
        return None

    def one(name: str, shades: tuple[str, ...]) -> str | None:
        if name.startswith("#"):
            return colours.shaded(name, shades)
        for width in range(len(shades), -1, -1):  # "dark brown" before "brown" made dark
            known = own.get(" ".join((*shades[len(shades) - width :], name)))
            if known:
                return colours.shaded(known, shades[: len(shades) - width])
        known = colours.COLOURS.get(name)
        return colours.shaded(known, shades) if known else None

    parts = [one(attribute.key, attribute.shades), *(one(name, attribute.shades) for name in attribute.blended)]
    known = [part for part in parts if part]
    return colours.mixed(known) if known else None


HAIR_TABLE = dict(colours.HAIR_COLOURS)
EYE_TABLE = dict(colours.EYE_COLOURS)
