"""Grids of vertices that lie on the face and go with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, I64


@dataclass(frozen=True, slots=True)
class Sheet:
    """A grid of vertices with its morphs."""

    positions: F64
    normals: F64
    uv: F64
    triangles: I64
    morphs: Mapping[str, F64]
    eye: tuple[str, float] | None = None  # the eye joint that it follows, and how far; the rest follows the head


@dataclass(frozen=True, slots=True)
class Places:
    """Points on the skin: weights over three base vertices each."""

    vertices: I64  # (n, 3)
    weights: F64  # (n, 3)

    def take(self, field: F64) -> F64:
        """Interpolate a field over the base vertices, (n, k)."""
        return np.asarray(np.einsum("nc,nck->nk", self.weights, field[self.vertices]))


def resample(ids: I64, vertices: F64, count: int) -> Places:
    """``count`` points evenly spaced by length along the polyline of base vertices ``ids``."""
    points = vertices[ids]
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(points, axis=0), axis=1))])
    wanted = np.linspace(0, length[-1], count)
    k = np.clip(np.searchsorted(length, wanted, side="right") - 1, 0, len(ids) - 2)
    t = (wanted - length[k]) / np.maximum(length[k + 1] - length[k], 1e-9)
    return Places(np.c_[ids[k], ids[k + 1], ids[k]], np.c_[1 - t, t, np.zeros(count)])


def grid(rows: int, columns: int) -> I64:
    """Triangles of a (rows, columns) grid."""
    a = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    lower = np.stack([a, a + columns, a + columns + 1], -1)
    upper = np.stack([a, a + columns + 1, a + 1], -1)
    return np.concatenate([lower, upper])
