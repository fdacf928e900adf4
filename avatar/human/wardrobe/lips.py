"""Turned edges: every hem folds inward, so that sleeves and trouser legs show thickness and not a paper edge."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.drape import Draped
from avatar.human.wardrobe.mesh import unique_edges, unit

DEPTH, THICKNESS = 0.014, 0.0035  # metres on an average adult


def lip_mesh(draped: Draped, shell: I64, lips: tuple[I64, ...], scale: float) -> tuple[F64, F64, F64, I64]:
    """Cloth with its turned edges: positions, normals, weights and triangles (the shell's first, then the lips').

    Inner lip vertices follow the cloth's vertices in the order of ``lips``.
    """
    edges = unique_edges(shell)
    count = len(draped.positions)
    total, degree = np.zeros((count, 3)), np.bincount(edges.ravel(), minlength=count)
    for a, b in ((0, 1), (1, 0)):
        for axis in range(3):
            total[:, axis] += np.bincount(edges[:, a], draped.positions[edges[:, b], axis], count)
    mean = total / np.maximum(degree, 1)[:, None]
    positions, normals, weights = [draped.positions], [draped.normals], [draped.weights]
    triangles, base = [shell], count
    for loop in lips:
        p, n = draped.positions[loop], draped.normals[loop]
        tangent = unit(np.roll(p, -1, 0) - np.roll(p, 1, 0))
        inward = mean[loop] - p
        inward = unit(inward - tangent * (inward * tangent).sum(1, keepdims=True))
        for _ in range(2):
            inward = (np.roll(inward, 1, 0) + 2 * inward + np.roll(inward, -1, 0)) / 4
        positions.append(p - n * THICKNESS * scale + inward * DEPTH * scale)
        normals.append(-n)
        weights.append(draped.weights[loop])
        here, after = loop, np.roll(loop, -1)
        inner = base + np.arange(len(loop))
        inner_after = np.roll(inner, -1)
        triangles += [np.stack([here, inner, after], 1), np.stack([after, inner, inner_after], 1)]
        base += len(loop)
    return np.vstack(positions), np.vstack(normals), np.vstack(weights), np.vstack(triangles)
