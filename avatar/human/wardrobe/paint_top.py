"""The colourless layers of tops: folds and sewing as relief, seams and trims as masks."""

from __future__ import annotations

import functools

import numpy as np

from avatar.human.figure import F32
from avatar.human.wardrobe.canvas import Canvas, Layers, Relief, paint
from avatar.human.wardrobe.folds_top import folds
from avatar.human.wardrobe.garments import TopFit
from avatar.human.wardrobe.sewing_top import sew


@functools.lru_cache(maxsize=6)
def layers(fit: TopFit, variant: int, depth: float, raglan: bool) -> Layers:
    """The layers of a top. variant: which of the fold patterns; depth: see :func:`canvas.paint`; raglan: its seams."""
    relief, ink = functools.partial(_relief, fit, variant, raglan), functools.partial(_ink, fit, raglan)
    return paint(fit.pattern, fit.weave, relief, ink, depth)


def _relief(fit: TopFit, variant: int, raglan: bool, c: Canvas) -> Relief:
    sewn = sew(fit, c, raglan=raglan)
    return Relief(folds(fit, variant, c) * sewn.flat + sewn.height, sewn.rib, sewn.button)


def _ink(fit: TopFit, raglan: bool, c: Canvas) -> dict[str, F32]:
    sewn = sew(fit, c, raglan=raglan)
    masks = {"dark": sewn.dark, "rib": sewn.rib, "trim": sewn.trim, "shirt": sewn.shirt, "metal": sewn.button}
    masks["pearl"] = sewn.pearl
    masks["calm"] = np.float32(0.8) * sewn.shirt
    return {name: mask for name, mask in masks.items() if mask.any()}
