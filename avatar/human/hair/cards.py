"""Ribbons along guide strands: the blended cards that give hair its depth and its soft edges."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from avatar.human.figure import F64
from avatar.human.hair.atlas import tile_uv
from avatar.human.hair.mesh import HairMesh
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Layer
from avatar.human.hair.vectors import grid_quads, resample, smoothstep, unit


def cards(
    lines: F64, clear: F64, layer: Layer, head: HeadModel, rng: np.random.Generator, around: F64 | None = None
) -> HairMesh:
    """Ribbons on guides (n, k, 3); ``clear`` (n,) ranks them from the lowest (dark) to the highest, in metres.

    Front faces look outward, normals follow the whole head of hair and spread over each card. Cards of a bundle look
    away from the line ``around`` (m, 3) instead.
    """
    n, k = len(lines), layer.segments + 1
    t = np.linspace(0, 1, k) ** layer.spacing
    guide = resample(lines, t)
    tangent = unit(np.gradient(guide, axis=1))
    dist, field_normal = head.collision(guide)
    soft = head.volume_normal(guide)
    if around is not None:
        axis = around[cKDTree(around).query(guide)[1]]
        soft = field_normal = unit(guide - axis)
    near = smoothstep(0.05, 0.01, dist)[..., None]
    outward = unit(soft * (1 - 0.6 * near) + field_normal * 0.6 * near)
    across = unit(np.cross(outward, tangent))
    facing = unit(np.cross(tangent, across))
    roll = rng.normal(0, layer.twist, (n, 1, 1)) * smoothstep(0.0, 0.4, t)[None, :, None]
    turned = across * np.cos(roll) + facing * np.sin(roll)
    facing = facing * np.cos(roll) - across * np.sin(roll)
    across = turned
    width = layer.width * head.scale * rng.uniform(0.8, 1.2, (n, 1))
    shape = np.interp(t, [0, 0.35, 0.75, 1], [layer.root_width, 1, 0.5 + 0.5 * layer.tip_width, layer.tip_width])
    half = (width * shape[None] * 0.5)[..., None]
    sides = np.stack([guide - across * half, guide + across * half], 2)
    dist, out = head.collision(sides)  # the edges of a card keep out of the skin as well as its middle
    lowest = 0.0015 + 0.35 * np.clip(clear[:, None, None] - 0.002, 0, 0.02)
    lift = np.clip(lowest - dist, 0, 0.04) * (t[None, :, None] > 0.05)
    sides = sides + out * lift[..., None]
    spread = np.stack([-across, across], 2) * layer.round
    normal = unit((soft + facing * 0.25)[:, :, None] + spread)
    rank = (clear - clear.min()) / max(float(np.ptp(clear)), 1e-6)
    tint = (layer.shade[0] + (layer.shade[1] - layer.shade[0]) * rank) * rng.uniform(0.90, 1.06, n)
    tone = tint[:, None] * (layer.root_shade + (1 - layer.root_shade) * smoothstep(0, 0.45, t))[None]
    pick, flip = rng.integers(0, len(layer.tiles), n), rng.random(n) < 0.5
    uv = np.empty((n, k, 2, 2))
    for i, tile in enumerate(layer.tiles):
        mine = np.nonzero(pick == i)[0]
        s = np.where(flip[mine, None], [1.0, 0.0], [0.0, 1.0])
        uv[mine] = tile_uv(tile, s[:, None, :], layer.tip * t[None, :, None])
    quads = grid_quads(layer.segments, 1)  # (left, right) pairs down the card
    every = (quads[None] + (np.arange(n) * k * 2)[:, None, None]).reshape(-1, 4)
    pair = every[:, [0, 2, 1]], every[:, [0, 3, 2]]
    triangles = np.stack(pair, 1).reshape(-1, 3)  # card by card: blended ones are drawn in this order
    return HairMesh(
        sides.reshape(-1, 3), normal.reshape(-1, 3), uv.reshape(-1, 2), np.repeat(tone.ravel(), 2), triangles
    )
