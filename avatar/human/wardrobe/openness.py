"""How much of the sky a point sees, from depth splats of a cloud of blockers. For baking patterns."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64, I64


def openness(
    positions: F64,
    normals: F64,
    triangles: I64,
    others: F64,
    directions: int = 96,
    pixels: int = 112,
    lift: float = 0.012,
) -> F64:
    """(n,) share of unblocked sky of each vertex, 0 dark to 1 open, cosine-weighted over a sphere of directions.

    The triangles and the points ``others`` block; ``lift`` metres along the normal keeps a vertex off its own surface.
    """
    rng = np.random.default_rng(1)
    mix = rng.dirichlet([1.0, 1.0, 1.0], (len(triangles), 8))
    blockers = np.vstack([np.einsum("tkb,tbc->tkc", mix, positions[triangles]).reshape(-1, 3), others])
    order = np.arange(directions) + 0.5
    z, turn = 1 - 2 * order / directions, order * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    low, high = blockers.min(0) - 0.02, blockers.max(0) + 0.02
    scale, centre = (pixels - 1) / float(np.linalg.norm(high - low)), (low + high) / 2
    seen, total = np.zeros(len(positions)), np.zeros(len(positions))
    for direction in np.stack([flat * np.cos(turn), z, flat * np.sin(turn)], 1):
        helper = np.array([0.0, 1.0, 0.0]) if abs(direction[1]) < 0.9 else np.array([1.0, 0.0, 0.0])
        right = np.cross(helper, direction)
        right /= np.linalg.norm(right)
        plane = np.stack([right, np.cross(direction, right)], 1)

        def cell(points: F64, plane: F64 = plane) -> I64:
            xy = np.clip(((points - centre) @ plane * scale + pixels / 2).astype(np.int64), 0, pixels - 1)
            return np.asarray(xy[:, 1] * pixels + xy[:, 0])

        depth = np.full(pixels * pixels, -9.0)
        np.maximum.at(depth, cell(blockers), (blockers - centre) @ direction)
        probe = positions + normals * lift
        cosine = np.clip(normals @ direction, 0, 1)
        seen += cosine * ((probe - centre) @ direction + lift > depth[cell(probe)])
        total += cosine
    return np.clip(seen / np.maximum(total, 1e-6) * 1.15, 0, 1)
