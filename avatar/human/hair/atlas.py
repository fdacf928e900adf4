"""The hair atlas: where its tiles lie, and the colour ramp that turns its painted grey into hair.

Luminance and alpha are painted once by ``tools/bake_hair.py``. In every tile v runs from the root (top) to the tip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from avatar.human.figure import F64, U8
from avatar.human.hair.vectors import smoothstep

SIZE = 512
MARGIN = 4  # texels at both ends of a tile that no card reaches: mipmaps must not pull in what lies beyond them


@dataclass(frozen=True, slots=True)
class Tile:
    """A rectangle of the atlas in pixels, y down."""

    x: int
    y: int
    width: int
    height: int


TILES: dict[str, Tile] = {
    "cap": Tile(0, 0, 512, 92),  # all round the head, so the texture repeats across
    "buzz": Tile(0, 92, 512, 68),
    "dense0": Tile(4, 160, 80, 348),
    "dense1": Tile(88, 160, 80, 348),
    "dense2": Tile(172, 160, 80, 348),
    "medium0": Tile(256, 160, 62, 348),
    "medium1": Tile(322, 160, 62, 348),
    "short0": Tile(390, 160, 56, 116),
    "short1": Tile(452, 160, 56, 116),
    "short2": Tile(390, 276, 56, 116),
    "tuft0": Tile(452, 276, 56, 116),
    "beard0": Tile(390, 392, 56, 116),
    "beard1": Tile(452, 392, 56, 116),
}


def tile_uv(name: str, s: ArrayLike, t: ArrayLike) -> F64:
    """Atlas UV (..., 2) of tile coordinates s (across, 0..1) and t (root 0 .. tip 1), inside the tile's margin."""
    tile = TILES[name]
    u = (tile.x + 1 + np.asarray(s, np.float64) * (tile.width - 2)) / SIZE
    v = (tile.y + MARGIN + np.asarray(t, np.float64) * (tile.height - 2 * MARGIN)) / SIZE
    return np.stack(np.broadcast_arrays(u, v), -1)


def hex_to_srgb(colour: str) -> F64:
    """'#rrggbb' -> (3,) in 0..1."""
    return np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)], np.float64) / 255.0


def ramp(colour: F64, luminance: U8, alpha: U8, rng: np.random.Generator) -> U8:
    """RGBA (H, W, 4) hair texture of an sRGB ``colour`` from the baked grey maps.

    Roots are a little darker and strands catch light towards white; both keep the mean at ``colour``. A small
    seeded shift of warmth keeps two avatars of one colour from being identical.
    """
    base = np.clip(colour * (1.0 + np.array([0.03, 0.0, -0.03]) * rng.uniform(-1.0, 1.0)), 0.0, 1.0)
    grey = np.arange(256) / 255.0
    level = 0.34 + 1.39 * grey  # the painter's mean grey .51 -> 1.05, since cards also carry a tint below 1
    glint = 0.08 * smoothstep(0.50, 0.80, grey)[:, None]  # strands of black hair would vanish in each other
    table = np.clip(base * level[:, None] + glint * (0.5 + 0.5 * base), 0.0, 1.0)
    lift = np.clip(table * 255.0 + 0.5, 0, 255).astype(np.uint8)
    out = np.empty((*luminance.shape, 4), np.uint8)
    out[..., :3] = lift[luminance]
    out[..., 3] = alpha
    return out
