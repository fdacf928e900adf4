"""Colours of bottoms."""

from __future__ import annotations

import numpy as np

from avatar.character import Bottom, CharacterDescription, Pattern
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F32, U8, Material
from avatar.human.wardrobe import canvas, fabric
from avatar.human.wardrobe.bottoms.paint import layers, motif_mask
from avatar.human.wardrobe.garments import BOTTOMS, DEPTH, FOLD_VARIANTS, Weave

NODE = "Wolf3D_Outfit_Bottom"
_COPPER = np.array([0.72, 0.48, 0.22], np.float32)
_BRASS = np.array([0.50, 0.38, 0.22], np.float32)
_WORN = np.array([0.50, 0.52, 0.56], np.float32)
_LUMA = np.array([0.30, 0.59, 0.11], np.float32)


def bottom_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Outfit_Bottom``: denim with copper threads and worn places, twill with threads of its own colour."""
    bottom = character.outfit.bottom
    fit = BOTTOMS[bottom.kind]
    motif = bottom.pattern
    variant, depth = character.seed % FOLD_VARIANTS, DEPTH[character.style]
    base, inks = fabric.srgb(bottom.colour), _inks(bottom)
    said = (fit, variant, depth)
    plain = motif is Pattern.PLAIN

    def colour() -> U8:
        prints = {} if plain else {"accent": motif_mask(fit, motif)}
        return canvas.colour(layers(*said), base, inks, prints)

    return Coat(
        Material(NODE, double_sided=True),
        {
            Slot.COLOUR: Paint(paint_key(f"{NODE} colour", *said, motif, base, *inks.items()), colour),
            Slot.NORMAL: Paint(paint_key(f"{NODE} relief", *said), lambda: layers(*said).normal),
            Slot.PACKED: Paint(paint_key(f"{NODE} surface", *said), lambda: layers(*said).packed),
        },
    )


def _inks(bottom: Bottom) -> dict[str, F32]:
    base = fabric.srgb(bottom.colour)
    if BOTTOMS[bottom.kind].weave is Weave.DENIM:
        inks = {"fade": base + (1 - base) * _WORN, "thread": _COPPER * 0.8 + base * 0.2, "metal": _BRASS}
    else:
        inks = {"thread": base * 0.7, "metal": base * 0.5}
    if bottom.pattern is not Pattern.PLAIN:  # first of all: it is woven in, and worn like the rest
        inks = {"accent": _second(base) if bottom.accent is None else fabric.srgb(bottom.accent)} | inks
    return {name: np.asarray(ink, np.float32) for name, ink in inks.items()}


def _second(base: F32) -> F32:
    """A second colour where none was given: lighter on dark cloth, darker on light."""
    light = float(base @ _LUMA) > 0.5
    return np.asarray(base * 0.45 if light else base * 0.45 + 0.42, np.float32)
