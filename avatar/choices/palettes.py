"""Colours to offer: few, named, tasteful. Any other colour can be set as well."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from pydantic import Field

from avatar.character import HexColour
from avatar.choices.labels import spelt
from avatar.describe import colours
from avatar.frozen import Frozen
from avatar.request import Customization


class NamedColour(Frozen):
    """One swatch."""

    name: str = Field(description="Taken by customization wherever a colour of this palette can be set.")
    label: str
    colour: HexColour
    patch: Customization | None = Field(
        default=None, description="What sets it, where that is more than a colour: a skin tone and its undertone."
    )


class Palette(Frozen):
    """Swatches for one purpose."""

    name: str
    label: str
    colours: tuple[NamedColour, ...]


_HAIR = """
    black, dark brown, brown, chestnut, light brown, mahogany, auburn, red, copper, ginger, strawberry blonde,
    dark blonde, honey blonde, blonde, light blonde, platinum blonde, salt and pepper, grey, silver, white
"""
_DYED = "burgundy, crimson, orange, pink, hot pink, lavender, purple, indigo, blue, turquoise, teal, mint, green"
_EYES = """
    dark brown, brown, light brown, hazel, amber, green, dark green, emerald, grey, light blue, blue, dark blue,
    turquoise, violet, black
"""
_CLOTHES = """
    black, charcoal, grey, heather grey, silver, white, cream, beige, khaki, camel, brown, cognac, rust, terracotta,
    burgundy, red, coral, salmon, peach, orange, mustard, yellow, olive, sage, mint, green, forest green, teal,
    turquoise, sky blue, powder blue, steel blue, denim, blue, royal blue, navy, indigo, lavender, lilac, purple, plum,
    pink, dusty pink, hot pink
"""
_LIPS = """
    dusty rose, rose, salmon pink, coral, strawberry, red, crimson, brick, raspberry, cranberry, merlot, burgundy, plum,
    terracotta, cinnamon, black
"""
_LIDS = "taupe, bronze, copper, gold, mauve, plum, rose gold, slate, charcoal, navy, teal, sage, sky blue, lavender"
_NAILS = """
    baby pink, dusty pink, rose, coral, red, cherry, raspberry, burgundy, plum, mauve, lavender, sky blue, navy, teal,
    mint, mustard, white, grey, charcoal, black
"""
_METALS = "gold, silver, rose gold, copper, black, white, pearl, turquoise, red, navy, tortoiseshell"
# name -> tone, undertone, what it looks like in even light
_SKINS: Mapping[str, tuple[float, float, HexColour]] = MappingProxyType(
    {
        "porcelain": (0.03, -0.3, "#eac4b2"),
        "fair": (0.11, -0.2, "#e5baa6"),
        "light": (0.16, 0.0, "#e2b59e"),
        "beige": (0.25, 0.2, "#d8a98f"),
        "olive": (0.36, 0.6, "#c9997c"),
        "tan": (0.4, 0.3, "#c49377"),
        "caramel": (0.52, 0.5, "#aa7e62"),
        "brown": (0.6, 0.2, "#996f56"),
        "chestnut": (0.66, 0.3, "#8d654d"),
        "dark brown": (0.77, 0.1, "#76533e"),
        "deep brown": (0.86, 0.1, "#664734"),
        "ebony": (0.95, 0.0, "#573c2c"),
    }
)


def _swatches(names: str, own: Mapping[str, HexColour] = MappingProxyType({})) -> tuple[NamedColour, ...]:
    """Swatches by the names that customization takes; ``own`` are names that mean something else here."""
    made = []
    for name in (" ".join(each.split()) for each in names.split(",")):
        colour = colours.hex_of(name, own)
        if colour is None:
            raise ValueError(f"no colour is called {name!r}")
        made.append(NamedColour(name=name, label=spelt(name), colour=colour))
    return tuple(made)


def _skin() -> tuple[NamedColour, ...]:
    return tuple(
        NamedColour(name=name, label=spelt(name), colour=colour, patch={"skin": {"tone": tone, "undertone": undertone}})
        for name, (tone, undertone, colour) in _SKINS.items()
    )


PALETTES: tuple[Palette, ...] = (
    Palette(name="skin", label="Skin tones", colours=_skin()),
    Palette(
        name="hair",
        label="Hair colours",
        colours=_swatches(f"{_HAIR}, {_DYED}", colours.HAIR_COLOURS),
    ),
    Palette(name="eyes", label="Eye colours", colours=_swatches(_EYES, colours.EYE_COLOURS)),
    Palette(name="clothes", label="Colours of clothes", colours=_swatches(_CLOTHES)),
    Palette(name="lips", label="Lipsticks", colours=_swatches(_LIPS)),
    Palette(name="lids", label="Eye shadows", colours=_swatches(_LIDS)),
    Palette(name="nails", label="Nail polishes", colours=_swatches(_NAILS)),
    Palette(name="accessories", label="Metals and frames", colours=_swatches(_METALS)),
)


def palette_of(path: str) -> str | None:
    """The palette to offer for a field; None for fields without a colour."""
    if path == "skin.tone":
        return "skin"
    if path == "outfit.accessories":
        return "accessories"
    own = {"skin.lipColour": "lips", "skin.lidColour": "lids", "skin.nailColour": "nails", "eyes.colour": "eyes"}
    return own.get(path) or ("hair" if path.startswith("hair.") else "clothes")
