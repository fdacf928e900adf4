"""Colours of shoes."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avatar.character import Footwear, FootwearKind
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.figure import F32, U8, Material
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.shoes.paint import ORDER, SIZE, layers

NODE = "Wolf3D_Outfit_Footwear"
_WHITE = np.array([0.93, 0.93, 0.915], np.float32)
_BLACK = np.array([0.075, 0.072, 0.072], np.float32)
_BRASS = np.array([0.72, 0.58, 0.34], np.float32)
_TAN = np.array([0.70, 0.56, 0.40], np.float32)
_LUMA = np.array([0.30, 0.59, 0.11], np.float32)


def shoe_coat(footwear: Footwear) -> Coat:
    """``Wolf3D_Outfit_Footwear`` of a kind and its colours."""
    kind = footwear.kind
    return Coat(
        Material(NODE, double_sided=True),
        {
            Slot.COLOUR: Paint(paint_key("shoes", kind, footwear.colour, footwear.accent), lambda: _colour(footwear)),
            Slot.NORMAL: Paint(paint_key("shoes relief", kind), lambda: layers(kind).normal),
            Slot.PACKED: Paint(paint_key("shoes surface", kind), lambda: layers(kind).packed),
        },
    )


def _inks(footwear: Footwear) -> dict[str, F32]:
    return {name: np.asarray(ink, np.float32) for name, ink in _mixed(footwear).items()}


def _mixed(footwear: Footwear) -> Mapping[str, NDArray[np.floating]]:
    base = fabric.srgb(footwear.colour)
    light = float(base @ _LUMA) > 0.45
    kind = footwear.kind
    stands_out = base * 0.30 + np.array([0.03, 0.045, 0.09], np.float32) if light else 0.5 + base * 0.5
    accent = stands_out if footwear.accent is None else fabric.srgb(footwear.accent)
    given = footwear.accent is not None
    if kind is FootwearKind.SNEAKERS:
        return {
            "second": base * 0.96 if light else base * 0.82 + 0.035, "accent": accent, "tongue": base * 0.90,
            "inside": accent * 0.45 + base * 0.2 + 0.08, "sole": _WHITE, "edge": accent, "tread": _WHITE * 0.72,
            "lace": _WHITE if not light or not given else accent, "thread": base * 0.75 + (0.02 if light else 0.12),
            "metal": _BRASS,
        }  # fmt: skip
    if kind is FootwearKind.BOOTS:
        lace = accent if given else (_TAN * 0.85 if float(base @ _LUMA) < 0.5 else base * 0.45)
        return {
            "second": base * 0.90, "panel": base * 0.62, "tongue": base * 0.70, "inside": base * 0.35 + 0.04,
            "sole": _BLACK + 0.03 + base * 0.05, "tread": _BLACK + 0.03, "lace": lace,
            "thread": accent if given else _TAN, "metal": _BRASS,
        }  # fmt: skip
    sole = _BLACK + base * 0.10
    return {
        "second": base * 0.92 if not given else accent, "panel": base * 0.80 if not given else accent,
        "tongue": base, "inside": _TAN * 0.85, "sole": sole, "tread": sole * 0.9,
        "lace": accent if given else base * 0.90, "thread": base * 0.6 + 0.12, "metal": _BRASS,
    }  # fmt: skip


def _colour(footwear: Footwear) -> U8:
    """(512, 512, 3) sRGB."""
    painted, inks = layers(footwear.kind), _inks(footwear)
    out = np.empty((SIZE, SIZE, 3), np.float32)
    out[:] = fabric.srgb(footwear.colour)
    for name in ORDER:
        if name in painted.masks and name in inks:
            mask = painted.masks[name]
            rows = np.flatnonzero(mask.any(1))
            if len(rows):
                cut = slice(int(rows[0]), int(rows[-1]) + 1)
                out[cut] += mask[cut, :, None] * (inks[name] - out[cut])
    return np.asarray(np.clip(out * painted.shade[..., None] * 255, 0, 255).astype(np.uint8))
