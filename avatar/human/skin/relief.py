"""Normal maps: pores, the net of fine lines, folds and wrinkles, creases of lips and hands, nails.

Slopes add up: those of each baked relief are computed once in a process, a person is a weighted sum of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F32, U8
from avatar.human.skin.maps import FINE, Surface, decode_noise, surface
from avatar.human.skin.paint import BAND
from avatar.human.skin.palette import SkinLook

STEEPEST = 1.4  # a slope beyond it is cut
STEPS = 8000.0  # of stored slopes, to one of millimetre to millimetre
HEAD = ("smooth", "folds", "wrinkles")  # the fields that head_relief looks at
BODY = ("smooth", "age", "wrinkles", "masculine")

Slopes = NDArray[np.int16]


def slopes_of(height: F32, skin: Surface) -> F32:
    """(2, h, w) how a height in metres rises to the left and to the top, per metre."""
    metric = np.repeat(np.repeat(skin.metric, 4, 0), 4, 1)
    return np.stack([-np.gradient(height, axis=1) / metric[..., 0], np.gradient(height, axis=0) / metric[..., 1]])


@lru_cache(maxsize=12)
def baked_slopes(piece: str, name: str) -> Slopes:
    """Slopes of a fine map of ``head`` or ``body``, for 1 in the map being a millimetre."""
    skin = surface(piece)
    stored = skin.fine[name]
    height = decode_noise(stored) if name.startswith("noise_") else stored * np.float32(1 / 255)
    slopes = slopes_of(height * np.float32(1e-3), skin)
    return np.clip(np.round(slopes * np.float32(STEPS)), -32000, 32000).astype(np.int16)


def normal_map(piece: str, millimetres: Mapping[str, float]) -> U8:
    """(1024, 1024, 3) tangent-space normals (OpenGL, +Y up in the image) of a sum of baked reliefs by their heights."""
    layers = [(baked_slopes(piece, name), np.float32(height / STEPS)) for name, height in millimetres.items() if height]
    out = np.empty((FINE, FINE, 3), np.uint8)
    for start in range(0, FINE, BAND):
        rows = slice(start, start + BAND)
        lean = np.zeros((2, BAND, FINE), np.float32)
        for slopes, factor in layers:
            lean += slopes[:, rows] * factor
        np.clip(lean, -STEEPEST, STEEPEST, out=lean)
        up = 127.5 / np.sqrt(1 + lean[0] * lean[0] + lean[1] * lean[1])
        lean *= up
        out[rows, :, 0] = lean[0] + np.float32(128)
        out[rows, :, 1] = lean[1] + np.float32(128)
        out[rows, :, 2] = up + np.float32(128)
    return out


def head_relief(look: SkinLook) -> U8:
    """Normal map of the head."""
    rough = 1 - look.smooth
    return normal_map(
        "head",
        {
            "noise_relief": 0.075 * rough,
            "noise_creases": 0.085 * (0.3 + 0.7 * rough),
            "noise_folds": 0.42 * look.folds,
            "noise_wrinkles": neck_lines(look),
        },
    )


def body_relief(look: SkinLook) -> U8:
    """Normal map of the body: hands and feet above all."""
    rough = 1 - look.smooth
    return normal_map(
        "body",
        {
            "noise_relief": 0.045 * rough * (1 + 0.8 * look.age),
            "noise_lines": 0.16 * (0.35 + 0.45 * rough + 0.5 * look.age),
            "noise_sinews": 0.30 * (0.35 + 0.9 * look.age + 0.35 * look.masculine) * (0.5 + 0.5 * rough),
            "noise_wrinkles": neck_lines(look),
            "nails": 0.16,
        },
    )


def neck_lines(look: SkinLook) -> float:
    """Millimetres; the same above and below the seam of the neck."""
    return 0.22 * look.wrinkles + 0.012 * (1 - look.smooth)
