"""The catalogue: fields and options as the model has them, with names, pictures and patches."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from typing import Any

from pydantic import Field as Described

from avatar.choices.labels import ABOUT, ENDS, GROUPS, field_label, option_label
from avatar.choices.palettes import PALETTES, Palette, palette_of
from avatar.choices.thumbnails import stem_of, thumbnails
from avatar.describe.colours import ACCESSORY_COLOURS
from avatar.frozen import Frozen
from avatar.request import Customization
from avatar.settable import ONE_OF, Accessories, Choice, Colour, Field, Number, settable_fields

BOTTOM = ("outfit.bottom.kind", "outfit.bottom.colour", "outfit.bottom.accent", "outfit.bottom.pattern")
# option -> the fields that show nothing while it is chosen
_IDLE: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("outfit.top.kind", "dress"): BOTTOM,
    ("hair.style", "bald"): ("hair.highlights", "hair.roots"),
}


class FieldKind(StrEnum):
    CHOICE = "choice"
    NUMBER = "number"
    COLOUR = "colour"
    LIST = "list"


class Option(Frozen):
    """One value of a field."""

    value: str
    label: str
    patch: Customization = Described(description="Customization that sets it.")
    thumbnail: str | None = Described(default=None, description="Address of a picture of it, for ever.")
    idle: tuple[str, ...] = Described(
        default=(), description="Fields that show nothing while it is chosen: a dress has no bottom."
    )
    instead_of: tuple[str, ...] = Described(
        default=(), description="Other values of a list that cannot be worn with it: one hat at a time."
    )


class Range(Frozen):
    """Numbers that a field takes, both ends included."""

    low: float
    high: float
    whole: bool
    low_label: str = ""
    high_label: str = ""


class CatalogueField(Frozen):
    """One thing that can be set; ``path`` is its place in a customization."""

    path: str
    label: str
    about: str = ""
    kind: FieldKind
    options: tuple[Option, ...] = ()
    range: Range | None = None
    palette: str | None = Described(default=None, description="The swatches to offer, by the name of a palette.")
    can_be_none: bool = Described(default=False, description='Whether "none" sets the colour to be absent.')
    most: int | None = Described(default=None, description="How many options of a list can be worn at once.")


class Group(Frozen):
    """Fields that belong on one screen."""

    name: str
    label: str
    fields: tuple[CatalogueField, ...]


class Catalogue(Frozen):
    """Everything that can be chosen. ``version`` changes with any of it, pictures included."""

    version: str
    groups: tuple[Group, ...]
    palettes: tuple[Palette, ...]


@cache
def catalogue(thumbnails_at: str = "") -> Catalogue:
    """The catalogue; addresses of thumbnails begin with ``thumbnails_at``. Made once for each address."""
    fields = {each.path: _field(each, thumbnails_at) for each in settable_fields()}
    groups = tuple(
        Group(name=name, label=label, fields=tuple(fields[path] for path in paths))
        for name, (label, paths) in GROUPS.items()
    )
    plain = Catalogue(version="", groups=groups, palettes=PALETTES)
    version = hashlib.sha256(plain.model_dump_json().encode()).hexdigest()[:16]
    return plain.model_copy(update={"version": version})


def patch_of(path: str, value: Any) -> Customization:
    """The customization that sets ``path``: {"hair": {"style": "bob"}}."""
    patch: Any = value
    for step in reversed(path.split(".")):
        patch = {step: patch}
    return dict(patch)


def option_values(field: Field) -> tuple[str, ...]:
    """The words that a field is chosen from; none for numbers and colours."""
    match field.leaf:
        case Choice(values):
            return values
        case Accessories(kinds):
            return kinds
    return ()


def _field(field: Field, thumbnails_at: str) -> CatalogueField:
    path, leaf = field.path, field.leaf
    options = tuple(_option(field, value, thumbnails_at) for value in option_values(field))
    plain: dict[str, Any] = {"path": path, "label": field_label(path), "about": ABOUT.get(path) or field.about}
    match leaf:
        case Choice():
            return CatalogueField(**plain, kind=FieldKind.CHOICE, options=options)
        case Number(low, high, whole):
            ends = ENDS.get(path, ("", ""))
            numbers = Range(low=low, high=high, whole=whole, low_label=ends[0], high_label=ends[1])
            palette = palette_of(path) if path == "skin.tone" else None
            return CatalogueField(**plain, kind=FieldKind.NUMBER, range=numbers, palette=palette)
        case Colour(_, absent):
            return CatalogueField(**plain, kind=FieldKind.COLOUR, palette=palette_of(path), can_be_none=absent)
        case Accessories(_, most):
            return CatalogueField(**plain, kind=FieldKind.LIST, options=options, palette=palette_of(path), most=most)


def _option(field: Field, value: str, thumbnails_at: str) -> Option:
    path = field.path
    picture = thumbnails().get(stem_of(path, value))
    worn: tuple[str, ...] = ()
    patch = patch_of(path, value)
    if isinstance(field.leaf, Accessories):
        kind, colour = next((kind, colour) for kind, colour in ACCESSORY_COLOURS.items() if kind == value)
        patch = patch_of(path, [{"kind": kind.value, "colour": colour}])
        worn = tuple(other.value for kinds in ONE_OF if kind in kinds for other in kinds if other != kind)
    return Option(
        value=value,
        label=option_label(value),
        patch=patch,
        thumbnail=f"{thumbnails_at}{picture.name}" if picture else None,
        idle=_IDLE.get((path, value), ()),
        instead_of=worn,
    )
