"""Colourless layers of shoes, painted on the shoe of an average adult and kept for the life of the process."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np

from avatar.character import FootwearKind
from avatar.human.figure import F32, U8
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.raster import rasterise
from avatar.human.wardrobe.shoes.bench import bench, drawn_once, gather
from avatar.human.wardrobe.shoes.last import SHOES, average
from avatar.human.wardrobe.shoes.leather import PAINTERS, common
from avatar.human.wardrobe.shoes.pieces import pieces

SIZE, PACKED_SIZE = 512, 256
ORDER = ("second", "accent", "panel", "tongue", "inside", "sole", "edge", "tread", "lace", "thread", "metal")


@dataclass(frozen=True, slots=True)
class ShoeLayers:
    """A shoe's texture without its colours."""

    shade: F32  # (512, 512)
    masks: dict[str, F32]  # by the names in ORDER, painted in that order
    normal: U8  # (512, 512, 3)
    packed: U8  # (256, 256, 3) occlusion, roughness, metal


@functools.cache
def layers(kind: FootwearKind) -> ShoeLayers:
    """The colourless layers of a kind of shoe; kept for the life of the process."""
    fit = SHOES[kind]
    made = average(kind)
    shells = drawn_once(pieces(made))
    uv, triangles, values = gather(shells, made)
    texels = rasterise(uv, triangles, SIZE)
    b = bench(texels, fit, made, shells, values, uv)
    common(b)
    PAINTERS[kind](b)
    lit = fabric.clip_unit(0.80 + 0.20 * np.clip(b.y / 0.030, 0, 1) + 0.4 * b.piece.get("lace", 0 * b.x))
    shade = lit * (1 - np.clip(b.dark, 0, 0.85))
    place = [values[:, 4], values[:, 5], values[:, 6]]
    height, shaded, rough, metal, px, py, pz, *drawn = texels.images(
        b.height, shade.astype(np.float32), b.rough, b.masks.get("metal", 0 * b.x),
        *(texels.sample(axis) for axis in place), *b.masks.values(),
    )  # fmt: skip
    packed = np.stack([np.clip(shaded * 1.15, 0.5, 1), rough, metal * 0.9], -1)[::2, ::2]
    return ShoeLayers(
        shaded, dict(zip(b.masks, drawn, strict=True)), _normals(height, np.stack([px, py, pz], -1)),
        np.asarray(np.clip(packed * 255, 0, 255).astype(np.uint8)),
    )  # fmt: skip


def _normals(height: F32, place: F32) -> U8:
    """Tangent-space normals where a texel's size in metres differs from place to place."""
    across = np.linalg.norm(np.gradient(place, axis=1), axis=2)
    down = np.linalg.norm(np.gradient(place, axis=0), axis=2)
    right = np.clip(np.gradient(height, axis=1) / np.clip(across, 2e-4, 3e-3), -1.2, 1.2)
    below = np.clip(np.gradient(height, axis=0) / np.clip(down, 2e-4, 3e-3), -1.2, 1.2)
    scale = 127.5 / np.sqrt(right * right + below * below + 1)
    return np.stack([127.5 - right * scale, 127.5 + below * scale, 127.5 + scale], -1).astype(np.uint8)
