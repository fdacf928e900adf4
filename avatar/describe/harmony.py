"""Which colours are worn together: near or far in hue, never both loud, and light beside dark."""

from __future__ import annotations

from collections.abc import Sequence

from avatar.character import HexColour
from avatar.describe import colours
from avatar.describe.chance import between, pick

_SECONDS = ("white", "cream", "navy", "charcoal", "black", "heather grey", "mustard", "burgundy", "teal", "sky blue")


def is_neutral(colour: HexColour) -> bool:
    """Black, white, grey, beige, denim: what goes with every hue."""
    hue, lightness, saturation = colours.to_hls(colour)
    denim = 0.55 < hue < 0.68 and saturation < 0.45 and lightness < 0.5
    return saturation < 0.22 or lightness < 0.16 or lightness > 0.86 or denim


def together(one: HexColour, other: HexColour) -> float:
    """How well two colours of one outfit go together: 0 not at all, 1 well."""
    (hue, light, _), (hue2, light2, _) = colours.to_hls(one), colours.to_hls(other)
    contrast = abs(light - light2)
    seen = 0.15 if contrast < 0.05 else 0.5 if contrast < 0.11 else 1.0
    if is_neutral(one) or is_neutral(other):
        return seen
    away = abs(hue - hue2) * 360
    away = min(away, 360 - away)
    return seen * (0.9 if away < 25 else 0.5 if away < 50 else 0.15 if away < 130 else 0.4)


def choose(seed: int, label: str, names: Sequence[str], beside: Sequence[HexColour]) -> HexColour:
    """One of the colours called ``names``, rather one that goes with all of ``beside``."""
    hexes = [colours.COLOURS[name] for name in names]
    weights = [1.0] * len(hexes)
    for number, colour in enumerate(hexes):
        for other in beside:
            weights[number] *= together(colour, other) ** 2
    return pick(seed, label, hexes, weights if sum(weights) > 1e-6 else None)


def second_of(colour: HexColour, seed: int, label: str) -> HexColour:
    """A colour for the pattern on cloth of ``colour``: well apart from it in lightness."""
    light = colours.to_hls(colour)[1]
    weights = []
    for name in _SECONDS:
        other = colours.COLOURS[name]
        apart = abs(colours.to_hls(other)[1] - light)
        usual = 3.0 if name in ("white", "cream", "navy") else 1.0
        weights.append(usual * together(colour, other) ** 2 * (apart if apart > 0.25 else 0.01))
    return colours.COLOURS[pick(seed, label, _SECONDS, weights)]


def own_shade(colour: HexColour, seed: int, label: str) -> HexColour:
    """``colour`` as one dyer's lot differs from the next; still the colour it is called."""
    hue, lightness, saturation = colours.to_hls(colour)
    lightness += between(seed, f"{label} light", -0.028, 0.028)
    saturation += between(seed, f"{label} strong", -0.04, 0.04) if saturation > 0.1 else 0.0
    return colours.from_hls((hue + between(seed, f"{label} hue", -0.008, 0.008)) % 1.0, lightness, saturation)
