"""Dressing a figure: shoes, then the bottom, then the top, each outside of what is already worn; then accessories."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F32, F64, Coverage, Figure, Material, Part
from avatar.human.wardrobe import canvas, fabric, paint_bottom, paint_top
from avatar.human.wardrobe.accessories import accessories
from avatar.human.wardrobe.drape import drape_bottom, drape_top
from avatar.human.wardrobe.footwear import sneakers
from avatar.human.wardrobe.frame import Dummy, dress_form
from avatar.human.wardrobe.garments import BOTTOMS, TOPS, BottomFit, TopFit, Weave
from avatar.human.wardrobe.paint_top import Trim
from avatar.human.wardrobe.pattern import pattern, smoother
from avatar.human.wardrobe.surface import Surface, samples
from avatar.human.wardrobe.tailor import Worn, as_part, over, put_on
from avatar.profile import AvatarStyle

TOP_NODE, BOTTOM_NODE = "Wolf3D_Outfit_Top", "Wolf3D_Outfit_Bottom"
UNDER_TOP = 0.035  # metres: how far a bottom goes on under a top
FOLD_VARIANTS = 2
DEPTH = {AvatarStyle.REALISTIC: 1.0, AvatarStyle.STYLISED: 0.8, AvatarStyle.ANIME: 0.45}  # of folds and weave
_TRIMS = (Trim.BANDS, Trim.STRIPES, Trim.RAGLAN)


def dress(figure: Figure) -> tuple[list[Part], Coverage]:
    """The outfit and accessories of ``figure.character`` as parts in the A-pose, and the skin that they hide.

    Deterministic: the same figure and character give the same arrays. The first call for a kind of garment in a process
    also paints its colourless layers, which are kept.
    """
    outfit = figure.character.outfit
    dummy = dress_form(figure)
    top, bottom = TOPS[outfit.top.kind], BOTTOMS[outfit.bottom.kind]
    shoes, hidden = sneakers(figure, dummy, outfit.footwear.colour)
    low = _wear_bottom(dummy, bottom)
    high = _wear_top(dummy, top, over(low, dummy.skin), samples(low.draped.positions, low.pattern.shell)[0])
    hem = float(high.draped.positions[high.pattern.cut.edges["hem"], 1].mean())
    covered = low.draped.positions[:, 1] > hem + UNDER_TOP * dummy.frame.scale
    hidden |= _hidden(high) | _hidden(low)
    parts = [
        as_part(high, TOP_NODE, _top_material(figure, top)),
        as_part(low, BOTTOM_NODE, _bottom_material(figure, bottom), covered),
        shoes,
        *accessories(figure),
    ]
    return parts, Coverage(hidden)


def _wear_bottom(dummy: Dummy, fit: BottomFit) -> Worn:
    made = pattern(fit.pattern)
    draped = drape_bottom(dummy, fit, made.cut, smoother(fit.pattern), dummy.skin)
    loose = (draped.positions[:, 1] < dummy.frame.ankle + 0.035 * dummy.frame.scale) & (fit.length > 1)
    return put_on(dummy, made, draped, dummy.skin, _gap(dummy, fit.gap), loose)


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


def _top_material(figure: Figure, fit: TopFit) -> Material:
    character = figure.character
    top = character.outfit.top
    trim = Trim.PLAIN if top.accent is None else _TRIMS[character.seed // FOLD_VARIANTS % len(_TRIMS)]
    layers = paint_top.layers(fit, trim, character.seed % FOLD_VARIANTS, DEPTH[character.style])
    inks = {} if top.accent is None else {"accent": _ink(top.accent)}
    return Material(
        TOP_NODE, colour=canvas.colour(layers, _ink(top.colour), inks), normal=layers.normal,
        roughness=fabric.ROUGHNESS[fit.weave], double_sided=True,
    )  # fmt: skip


def _bottom_material(figure: Figure, fit: BottomFit) -> Material:
    character = figure.character
    layers = paint_bottom.layers(fit, character.seed % FOLD_VARIANTS, DEPTH[character.style])
    base = _ink(character.outfit.bottom.colour)
    if fit.weave is Weave.DENIM:
        copper = np.array([0.72, 0.48, 0.22], np.float32)
        inks = {
            "fade": base + (1 - base) * np.array([0.50, 0.52, 0.56], np.float32),
            "thread": copper * 0.8 + base * 0.2,
            "metal": np.array([0.50, 0.38, 0.22], np.float32),
        }
    else:
        inks = {"thread": base * 0.7, "metal": base * 0.5}
    return Material(
        BOTTOM_NODE, colour=canvas.colour(layers, base, inks), normal=layers.normal,
        roughness=fabric.ROUGHNESS[fit.weave], double_sided=True,
    )  # fmt: skip
