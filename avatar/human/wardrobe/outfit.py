"""Dressing a figure: shoes, then the bottom, then the top, each outside of what is already worn; then accessories."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F32, F64, Coverage, Figure, Material, Part
from avatar.human.wardrobe import canvas, fabric, paint_top
from avatar.human.wardrobe.bottoms import bottom_coat, wear_bottom
from avatar.human.wardrobe.drape import drape_top
from avatar.human.wardrobe.frame import Dummy, dress_form
from avatar.human.wardrobe.garments import BOTTOMS, DEPTH, FOLD_VARIANTS, TOPS, TopFit
from avatar.human.wardrobe.paint_top import Trim
from avatar.human.wardrobe.pattern import pattern, smoother
from avatar.human.wardrobe.shoes import shoe_coat, shoes
from avatar.human.wardrobe.surface import Surface, samples
from avatar.human.wardrobe.tailor import Worn, as_part, over, put_on
from avatar.human.wardrobe.worn import accessories, accessory_coats

TOP_NODE, BOTTOM_NODE = "Wolf3D_Outfit_Top", "Wolf3D_Outfit_Bottom"
UNDER_TOP = 0.035  # metres: how far a bottom goes on under a top
_TRIMS = (Trim.BANDS, Trim.STRIPES, Trim.RAGLAN)


def dress(figure: Figure) -> tuple[list[Part], Coverage]:
    """The outfit and accessories of ``figure.character`` as parts in the A-pose, and the skin that they hide.

    Deterministic: the same figure and character give the same arrays. The first call for a kind of garment in a process
    also paints its colourless layers, which are kept.
    """
    character = figure.character
    outfit = character.outfit
    dummy = dress_form(figure)
    top, bottom = TOPS[outfit.top.kind], BOTTOMS[outfit.bottom.kind]
    shod = shoes(figure, dummy)
    hidden = shod.hidden.copy()
    low = wear_bottom(dummy, bottom, shod)
    high = _wear_top(dummy, top, over(low, dummy.skin), samples(low.draped.positions, low.pattern.shell)[0])
    hem = float(high.draped.positions[high.pattern.cut.edges["hem"], 1].mean())
    covered = low.draped.positions[:, 1] > hem + UNDER_TOP * dummy.frame.scale
    hidden |= _hidden(high) | _hidden(low)
    parts = [
        as_part(high, TOP_NODE, top_coat(character).painted()),
        as_part(low, BOTTOM_NODE, bottom_coat(character).painted(), covered),
        shod.part,
        *accessories(figure),
    ]
    return parts, Coverage(hidden)


def _wear_top(dummy: Dummy, fit: TopFit, below: Surface, worn: F64) -> Worn:
    made = pattern(fit.pattern)
    draped = drape_top(dummy, fit, made.cut, smoother(fit.pattern), below, worn)
    return put_on(dummy, made, draped, below, _gap(dummy, fit.gap), np.zeros(made.cut.count, bool))


def _gap(dummy: Dummy, gap: float) -> float:
    return gap * 0.8 * (0.4 + 0.6 * dummy.frame.scale)


def _hidden(worn: Worn) -> NDArray[np.bool_]:
    return worn.pattern.hidden


def _ink(colour: str) -> F32:
    return fabric.srgb(colour)


def outfit_coats(character: CharacterDescription) -> list[Coat]:
    """What the clothes and accessories are coated with."""
    worn = [top_coat(character), bottom_coat(character), shoe_coat(character.outfit.footwear)]
    return [*worn, *accessory_coats(character)]


def top_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Outfit_Top``. The folds are those of the seed and the style, whatever the colours."""
    top = character.outfit.top
    fit = TOPS[top.kind]
    trim = Trim.PLAIN if top.accent is None else _TRIMS[character.seed // FOLD_VARIANTS % len(_TRIMS)]
    variant, depth = character.seed % FOLD_VARIANTS, DEPTH[character.style]
    base = _ink(top.colour)
    inks = {} if top.accent is None else {"accent": _ink(top.accent)}
    return _cloth(
        TOP_NODE, fit, (trim, variant, depth), lambda: paint_top.layers(fit, trim, variant, depth), base, inks
    )


def _cloth(
    name: str,
    fit: TopFit,
    folds: tuple[object, ...],
    layers: Callable[[], canvas.Layers],
    base: F32,
    inks: Mapping[str, F32],
) -> Coat:
    """``folds`` and ``fit`` say which ``layers`` these are."""
    material = Material(name, roughness=fabric.ROUGHNESS[fit.weave], double_sided=True)
    colour = paint_key(f"{name} colour", fit, *folds, base, *inks.items())
    return Coat(
        material,
        {
            Slot.COLOUR: Paint(colour, lambda: canvas.colour(layers(), base, inks)),
            Slot.NORMAL: Paint(paint_key(f"{name} relief", fit, *folds), lambda: layers().normal),
        },
    )
