"""Small vector maths on arrays of points: angles seen from the skull, polylines, normals."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from avatar.human.figure import F64, I64

UP: F64 = np.array([0.0, 1.0, 0.0])


def unit(vectors: F64) -> F64:
    """Normalise (..., 3) vectors; zero vectors stay zero."""
    length = np.sqrt(np.einsum("...k,...k->...", vectors, vectors))[..., None]
    scaled: F64 = vectors / np.maximum(length, 1e-9)
    return scaled


def smoothstep(low: ArrayLike, high: ArrayLike, x: ArrayLike) -> F64:
    """0 at ``low``, 1 at ``high``, smooth between; ``low`` may be the greater one."""
    start = np.asarray(low, np.float64)
    t = np.clip((np.asarray(x, np.float64) - start) / (np.asarray(high, np.float64) - start), 0.0, 1.0)
    eased: F64 = t * t * (3.0 - 2.0 * t)
    return eased


def direction(azimuth: ArrayLike, elevation: ArrayLike) -> F64:
    """Unit vectors (..., 3) of angles in degrees; azimuth 0 is the face (+Z), +90 the left ear (+X)."""
    a, e = np.radians(np.asarray(azimuth, np.float64)), np.radians(np.asarray(elevation, np.float64))
    return np.stack([np.sin(a) * np.cos(e), np.sin(e) + 0.0 * a, np.cos(a) * np.cos(e)], -1)


def angles(vectors: F64) -> tuple[F64, F64]:
    """(azimuth, elevation) in degrees of (..., 3) vectors; the inverse of `direction`."""
    x, y, z = vectors[..., 0], vectors[..., 1], vectors[..., 2]
    return np.degrees(np.arctan2(x, z)), np.degrees(np.arctan2(y, np.hypot(x, z)))


def slerp(a: F64, b: F64, t: ArrayLike) -> F64:
    """Spherical interpolation between unit vectors (..., 3); ``t`` broadcasts against (..., 1)."""
    omega = np.arccos(np.clip((a * b).sum(-1, keepdims=True), -1.0, 1.0))
    s = np.maximum(np.sin(omega), 1e-6)
    blended: F64 = (np.sin((1.0 - np.asarray(t)) * omega) * a + np.sin(np.asarray(t) * omega) * b) / s
    return blended


def resample(lines: F64, at: ArrayLike, end: F64 | None = None) -> F64:
    """Points of polylines (n, k, 3) at fractions ``at`` (m,) of their arc length, cut at fraction ``end`` (n,)."""
    n, k, _ = lines.shape
    step = np.linalg.norm(np.diff(lines, axis=1), axis=2)
    arc = np.concatenate([np.zeros((n, 1)), np.cumsum(step, 1)], 1)
    last = arc[:, -1] if end is None else arc[:, -1] * end
    want = np.asarray(at, np.float64)[None] * last[:, None]
    index = np.clip((arc[:, None, :] <= want[..., None]).sum(2) - 1, 0, k - 2)
    rows = np.arange(n)[:, None]
    before, after = arc[rows, index], arc[rows, index + 1]
    f = ((want - before) / np.maximum(after - before, 1e-9))[..., None]
    points: F64 = lines[rows, index] * (1.0 - f) + lines[rows, index + 1] * f
    return points


def triangle_normals(points: F64, triangles: I64) -> F64:
    """Face normals (t, 3), as long as twice the area."""
    corner = points[triangles[:, 0]]
    return np.cross(points[triangles[:, 1]] - corner, points[triangles[:, 2]] - corner)


def vertex_normals(points: F64, triangles: I64) -> F64:
    """Area-weighted unit vertex normals (n, 3); zero where no triangle touches."""
    face = triangle_normals(points, triangles)
    out = np.zeros_like(points)
    corner = triangles.ravel(order="F")
    for axis in range(3):
        out[:, axis] = np.bincount(corner, np.tile(face[:, axis], 3), len(points))
    return unit(out)


def quads_to_triangles(quads: I64) -> I64:
    """(n, 4) -> (2n, 3)."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def grid_quads(columns: int, rows: int) -> I64:
    """Quads of a grid of (columns + 1) x (rows + 1) vertices stored column by column."""
    i, j = np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij")
    a = i * (rows + 1) + j
    b = a + rows + 1
    return np.stack([a, a + 1, b + 1, b], -1).reshape(-1, 4)


def farthest_points(points: F64, count: int) -> I64:
    """Indices of ``count`` evenly spread points (n, 3): greedy farthest-point choice from the first one on."""
    chosen = [0]
    distance = ((points - points[0]) ** 2).sum(1)
    for _ in range(min(count, len(points)) - 1):
        k = int(distance.argmax())
        chosen.append(k)
        np.minimum(distance, ((points - points[k]) ** 2).sum(1), out=distance)
    return np.array(chosen, np.int64)
