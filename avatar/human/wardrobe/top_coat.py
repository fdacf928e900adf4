"""The coat of a top: which colour goes where."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from avatar.character import CharacterDescription, Logo, Pattern, Top
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F32, U8, Material
from avatar.human.wardrobe import canvas, fabric, paint_top
from avatar.human.wardrobe.garments import DEPTH, FOLD_VARIANTS, TOPS, TopFit
from avatar.human.wardrobe.prints import initial_of, logo_mask, logo_rect, pattern_mask

TOP_NODE = "Wolf3D_Outfit_Top"
_WHITE, _BLACK = np.array([0.94, 0.93, 0.91], np.float32), np.array([0.07, 0.07, 0.08], np.float32)
_STANDS_OUT = 0.22  # of luminance


def top_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Outfit_Top``. The folds are those of the seed and the style, whatever the colours."""
    top = character.outfit.top
    fit = TOPS[top.kind]
    variant, depth = character.seed % FOLD_VARIANTS, DEPTH[character.style]
    raglan = top.pattern is Pattern.RAGLAN
    base, inks = fabric.srgb(top.colour), top_inks(top, fit)
    initial = initial_of(character.name) if top.logo is Logo.INITIAL else ""
    folds = fit, variant, depth, raglan
    said = paint_key(f"{TOP_NODE} colour", *folds, base, *inks.items(), top.pattern, top.logo, initial)

    def colour() -> U8:
        prints = {}
        if top.pattern is not Pattern.PLAIN:
            prints["print"] = pattern_mask(fit, top.pattern)
        if top.logo is not Logo.NONE:
            prints["logo"] = logo_mask(fit, top.logo, initial)
        return canvas.colour(paint_top.layers(*folds), base, inks, prints)

    return Coat(
        Material(TOP_NODE, double_sided=True, extras={"logo": {"rect": list(logo_rect(fit))}}),
        {
            Slot.COLOUR: Paint(said, colour),
            Slot.NORMAL: Paint(paint_key(f"{TOP_NODE} relief", *folds), lambda: paint_top.layers(*folds).normal),
            Slot.PACKED: Paint(paint_key(f"{TOP_NODE} packed", *folds), lambda: paint_top.layers(*folds).packed),
        },
    )


def top_inks(top: Top, fit: TopFit) -> Mapping[str, F32]:
    """Display colours of the masks, in the order in which they are laid on."""
    base = fabric.srgb(top.colour)
    accent = None if top.accent is None else fabric.srgb(top.accent)
    inks: dict[str, F32] = {}
    if top.pattern is not Pattern.PLAIN:
        inks["print"] = _apart(base) if accent is None else accent
    match fit.pattern:
        case "blazer":
            inks["shirt"] = _WHITE if accent is None or top.pattern is not Pattern.PLAIN else accent
            inks["pearl"] = np.asarray(inks["shirt"] * 0.82 + 0.10, np.float32)
            inks["metal"] = base * 0.45 if _light(base) > 0.16 else base * 0.5 + 0.16
        case "hoodie":
            inks["trim"] = _apart(base) if accent is None else accent
        case "dress":
            inks["trim"] = base * 0.55 if accent is None else accent
        case _:
            if accent is not None and (fit.pattern != "shirt" or top.pattern is Pattern.PLAIN):
                inks["trim"] = accent  # a patterned shirt has a patterned collar
    if fit.placket:
        inks["metal"] = _WHITE if abs(_light(_WHITE) - _light(base)) > 0.12 or fit.pattern == "shirt" else base * 0.72
    if top.logo is not Logo.NONE:
        inks["logo"] = _logo_ink(top.pattern, base, inks.get("print"), accent)
    return inks


def _light(colour: F32) -> float:
    """Luminance of display values, about as bright as it looks."""
    return float(colour @ np.array([0.30, 0.59, 0.11], np.float32))


def _apart(base: F32) -> F32:
    """A shade of the same colour that is seen on it."""
    return base * np.float32(0.42) if _light(base) > 0.45 else base + (1 - base) * np.float32(0.62)


def _logo_ink(pattern: Pattern, base: F32, printed: F32 | None, accent: F32 | None) -> F32:
    """The second colour where it is seen on what lies under the mark, else black or white."""
    under, fond = base, accent
    if printed is not None and pattern is Pattern.BANDS:
        under, fond = printed, base
    elif printed is not None and pattern is not Pattern.RAGLAN:
        under, fond = np.asarray((base + printed) / 2, np.float32), None
    if fond is not None and (abs(_light(fond) - _light(under)) > _STANDS_OUT or np.abs(fond - under).max() > 0.45):
        return fond
    return _WHITE if _light(under) < 0.55 else _BLACK
