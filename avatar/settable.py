"""What an owner can set of a character: the fields of CharacterDescription, with what each of them takes.

Read off the model, so that a new field can be set the day it is added.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeAlias, get_args

from annotated_types import Ge, Le, Lt, MaxLen
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from avatar.character import Accessory, AccessoryKind, CharacterDescription, HexColour
from avatar.describe.colours import EYE_COLOURS, HAIR_COLOURS

NONE = "none"  # a colour that may be absent: no second colour on the top, natural lips
FIXED: Mapping[str, str] = MappingProxyType(
    {
        "name": "comes from the profile: change it there",
        "summary": "is written from the other fields: set those",
    }
)
# Names mean other colours on a head than on cloth: red hair is not fire-engine red.
OWN_COLOURS: Mapping[str, Mapping[str, HexColour]] = MappingProxyType(
    {
        "hair.colour": HAIR_COLOURS,
        "hair.highlights": HAIR_COLOURS,
        "hair.roots": HAIR_COLOURS,
        "eyes.colour": EYE_COLOURS,
    }
)
# Accessories that are worn in one place: one of each at a time.
ONE_OF: tuple[tuple[AccessoryKind, ...], ...] = (
    (AccessoryKind.GLASSES, AccessoryKind.SQUARE_GLASSES, AccessoryKind.SUNGLASSES),
    (AccessoryKind.CAP, AccessoryKind.BEANIE),
)


def _listed(words: tuple[str, ...], last: str) -> str:
    quoted = [f"'{word}'" for word in words]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} {last} {quoted[-1]}"


@dataclass(frozen=True, slots=True)
class Number:
    """A number from ``low`` to ``high``, both included."""

    low: float
    high: float
    whole: bool

    def takes(self) -> str:
        if self.whole:
            return f"a whole number from {int(self.low)} to {int(self.high)}"
        return f"a number from {self.low:g} to {self.high:g}"


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a closed set of words."""

    values: tuple[str, ...]

    def takes(self) -> str:
        return _listed(self.values, "or")


@dataclass(frozen=True, slots=True)
class Colour:
    """#rrggbb; ``own`` are names that mean something else here than on cloth."""

    own: Mapping[str, HexColour]
    absent: bool  # whether 'none' is a value

    def takes(self) -> str:
        return "a colour: #rrggbb or a name such as 'navy'" + (", or 'none'" if self.absent else "")


@dataclass(frozen=True, slots=True)
class Accessories:
    """What is worn besides clothes, up to ``most`` pieces: each kind at most once, and one of each of ``ONE_OF``."""

    kinds: tuple[str, ...]
    most: int

    def takes(self) -> str:
        kinds = _listed(self.kinds, "and")
        return f"a list of up to {self.most} of {kinds}, each with or without a colour before it, or of objects"


Leaf: TypeAlias = Number | Choice | Colour | Accessories


@dataclass(frozen=True, slots=True)
class Section:
    """An object of fields, by their canonical (camelCase) names."""

    fields: Mapping[str, Section | Field]
    spellings: Mapping[str, str]  # every name that is taken -> the canonical one


@dataclass(frozen=True, slots=True)
class Field:
    """One value that can be set."""

    path: str  # "hair.colour"
    leaf: Leaf
    about: str  # what the numbers mean, from the model


def _spellings(name: str, alias: str) -> Iterator[str]:
    for plain in (alias, name, alias.replace("_", "")):
        yield plain
        yield re.sub("(c|C)olour", r"\1olor", plain)


def _section(model: type[BaseModel], path: str = "") -> Section:
    fields: dict[str, Section | Field] = {}
    spellings: dict[str, str] = {}
    for name, info in model.model_fields.items():
        alias = info.alias or name
        if not path and alias in FIXED:
            continue
        below = f"{path}.{alias}" if path else alias
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            fields[alias] = _section(kind, below)
        else:
            fields[alias] = Field(below, _leaf(info, below), info.description or "")
        spellings |= dict.fromkeys(_spellings(name, alias), alias)
    return Section(MappingProxyType(fields), MappingProxyType(spellings))


def _bound(info: FieldInfo, kind: type[Ge] | type[Le] | type[Lt], name: str) -> Any:
    return next((getattr(rule, name) for rule in info.metadata if isinstance(rule, kind)), None)


def _leaf(info: FieldInfo, path: str) -> Leaf:
    kind = info.annotation
    if kind in (int, float):
        high = _bound(info, Le, "le")
        return Number(_bound(info, Ge, "ge"), _bound(info, Lt, "lt") - 1 if high is None else high, kind is int)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return Choice(tuple(value.value for value in kind))
    if kind == tuple[Accessory, ...]:
        most = next(rule.max_length for rule in info.metadata if isinstance(rule, MaxLen))
        return Accessories(tuple(known.value for known in AccessoryKind), most)
    optional = type(None) in get_args(kind)
    if kind is str or (optional and HexColour in get_args(kind)):
        return Colour(OWN_COLOURS.get(path, MappingProxyType({})), optional)
    raise TypeError(f"{path}: no rule says how a {kind} is set")


CHARACTER = _section(CharacterDescription)


def settable_fields(section: Section = CHARACTER) -> Iterator[Field]:
    """Every field that can be set, in the order of the model."""
    for node in section.fields.values():
        if isinstance(node, Field):
            yield node
        else:
            yield from settable_fields(node)
