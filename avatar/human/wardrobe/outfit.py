"""Dressing a figure: shoes, then the bottom, then the top, each outside of what is already worn; then accessories."""

from __future__ import annotations

import numpy as np

from avatar.character import CharacterDescription, TopKind
from avatar.human.coat import Coat
from avatar.human.figure import F64, Coverage, Figure, Part
from avatar.human.wardrobe.bottoms import NODE as BOTTOM_NODE
from avatar.human.wardrobe.bottoms import bottom_coat, wear_bottom
from avatar.human.wardrobe.drape import clearance, creased, finer
from avatar.human.wardrobe.drape_top import drape_top
from avatar.human.wardrobe.frame import Dummy, dress_form
from avatar.human.wardrobe.garments import BOTTOMS, DEPTH, FOLD_VARIANTS, TOPS
from avatar.human.wardrobe.pattern import pattern, smoother
from avatar.human.wardrobe.shoes import shoe_coat, shoes
from avatar.human.wardrobe.surface import Surface, samples
from avatar.human.wardrobe.tailor import Worn, as_part, over, put_on
from avatar.human.wardrobe.top_coat import TOP_NODE, top_coat
from avatar.human.wardrobe.trimmings import trimmings
from avatar.human.wardrobe.worn import accessories, accessory_coats

UNDER_TOP = 0.035  # metres: how far a bottom goes on under a top


def dress(figure: Figure) -> tuple[list[Part], Coverage]:
    """The outfit and accessories of ``figure.character`` as parts in the A-pose, and the skin that they hide.

    Deterministic: the same figure and character give the same arrays. The first call for a kind of garment in a process
    also paints its colourless layers, which are kept. A dress is worn without a bottom.
    """
    character = figure.character
    outfit = character.outfit
    dummy = dress_form(figure)
    shod = shoes(figure, dummy)
    hidden = shod.hidden.copy()
    below, worn, low = dummy.skin, None, None
    if outfit.top.kind is not TopKind.DRESS:
        low = wear_bottom(dummy, BOTTOMS[outfit.bottom.kind], shod)
        below, worn = over(low, dummy.skin), samples(low.draped.positions, low.pattern.shell)[0]
        hidden |= low.pattern.hidden
    high = _wear_top(dummy, character, below, worn)
    hidden |= high.pattern.hidden
    parts = [as_part(high, TOP_NODE, top_coat(character).painted())]
    if low is not None:
        hem = float(high.draped.positions[high.pattern.open_edges["hem"], 1].mean())
        covered = low.draped.positions[:, 1] > hem + UNDER_TOP * dummy.frame.scale
        parts.append(as_part(low, BOTTOM_NODE, bottom_coat(character).painted(), covered))
    return [*parts, shod.part, *accessories(figure)], Coverage(hidden)


def _wear_top(dummy: Dummy, character: CharacterDescription, below: Surface, worn: F64 | None) -> Worn:
    fit = TOPS[character.outfit.top.kind]
    made = pattern(fit.pattern)
    draped = finer(drape_top(dummy, fit, made.cut, smoother(fit.pattern), below, worn), made.cut)
    depth = DEPTH[character.style] * dummy.frame.scale
    folded = creased(draped, made.folds[character.seed % FOLD_VARIANTS].astype(np.float64) * depth)
    gap, nowhere = clearance(fit, made.cut, dummy.frame.scale), np.zeros(len(draped.positions), bool)
    inner = made.cut.is_inner()
    return put_on(
        dummy, made, folded, below, gap, nowhere, lambda cloth, edges: trimmings(dummy, fit, cloth, inner, edges)
    )


def outfit_coats(character: CharacterDescription) -> list[Coat]:
    """What the clothes and accessories are coated with."""
    worn = [top_coat(character), bottom_coat(character), shoe_coat(character.outfit.footwear)]
    return [*worn, *accessory_coats(character)]
