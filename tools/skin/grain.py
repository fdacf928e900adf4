"""The grain of skin: pores, the net of fine lines between them, and the stumps of shaven hair."""

from __future__ import annotations

import numpy as np

from tools.skin.base import F64
from tools.skin.shapes import cells, smoothstep
from tools.skin.texels import Texels

PORE_METRES = 0.0012  # from one pore of a face to the next
STUBBLE_METRES = 0.00105


def resolved(tex: Texels, wavelength: float) -> F64:
    """0..1: whether texels are small enough to show what repeats every ``wavelength`` metres."""
    return smoothstep(wavelength / 1.8, wavelength / 3.5, tex.metric.max(-1))


def tiled(tex: Texels, size: float, seed: int) -> tuple[F64, F64]:
    """(pits, lines) 0..1 of skin whose cells are ``size`` metres wide."""
    net = cells(tex.position[tex.covered], size, seed)
    pits = np.exp(-((net.first / 0.30) ** 2)) * (0.35 + 0.65 * net.chance)
    lines = np.exp(-(((net.second - net.first) / 0.16) ** 2))
    return spread(tex, pits), spread(tex, lines)


def spread(tex: Texels, values: F64) -> F64:
    """Values of the covered texels on the whole square."""
    out = np.zeros(tex.covered.shape)
    out[tex.covered] = values
    return np.asarray(out[tex.fill])


def stubble(tex: Texels) -> F64:
    """Short hairs that point down, 0..1 opacity, over the whole chart; masks say where a beard is shaven."""
    points = tex.position[tex.covered]
    out = np.zeros(len(points))
    way = np.array([0.0, -0.96, 0.28])
    for seed, reach in ((61, 0.00075), (62, 0.0005)):
        net = cells(points, STUBBLE_METRES, seed)
        along = np.clip(net.offset @ way, 0, reach * (0.5 + net.chance))
        away = np.linalg.norm(net.offset - along[:, None] * way, axis=1)
        thick = 0.00017 * (0.7 + 0.6 * net.chance)
        out = np.maximum(out, np.clip(1.5 - away / thick, 0, 1) * (0.45 + 0.55 * net.chance))
    wide = tex.metric.max(-1)[tex.covered]  # there, single hairs would be smeared
    seen = 0.3 + 0.7 * smoothstep(0.0009, 0.0004, wide)
    return spread(tex, out * seen + (1 - seen) * 2.4 * out.mean())
