"""Which triangle covers which texel, for all triangles at once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from avatar.human.figure import F32, F64, I64

MARGIN = 0.75  # texels by which a triangle reaches over its edge, so that charts have no pinholes


@dataclass(frozen=True, slots=True)
class Texels:
    """Covered texels of a square texture and where they lie on the mesh."""

    size: int
    rows: NDArray[np.int32]  # (n,)
    columns: NDArray[np.int32]  # (n,)
    corners: NDArray[np.int32]  # (n, 3) vertices
    share: F32  # (n, 3) barycentric

    def sample(self, values: NDArray[np.floating]) -> F32:
        """Per-vertex values (v,) or (v, k) at the covered texels: (n,) or (n, k)."""
        source = np.asarray(values, np.float32)
        if source.ndim == 1:
            return np.einsum("nc,nc->n", source[self.corners], self.share)
        return np.stack([np.einsum("nc,nc->n", source[:, k][self.corners], self.share) for k in range(source.shape[1])], 1)

    def image(self, values: F32) -> F32:
        """(size, size) image of texel values (n,), carried on into the gutters between the charts."""
        out = np.zeros((self.size, self.size), np.float32)
        out[self.rows, self.columns] = values
        covered = np.zeros((self.size, self.size), bool)
        covered[self.rows, self.columns] = True
        near: I64 = distance_transform_edt(~covered, return_distances=False, return_indices=True)
        return out[near[0], near[1]]


def rasterise(uv: F64, triangles: I64, size: int) -> Texels:
    """Texels of a ``size`` square that the triangles cover; uv (v, 2) with v down, in 0..1."""
    corner = (uv * size).astype(np.float32)[triangles]
    low = np.maximum(np.floor(corner.min(1) - MARGIN).astype(np.int32), 0)
    high = np.minimum(np.ceil(corner.max(1) + MARGIN).astype(np.int32), size - 1)
    width, height = (high - low + 1).T
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    double = (b[:, 1] - c[:, 1]) * (a[:, 0] - c[:, 0]) + (c[:, 0] - b[:, 0]) * (a[:, 1] - c[:, 1])
    area = np.where((np.abs(double) > 1e-6) & (width > 0) & (height > 0), width * height, 0)
    owner = np.repeat(np.arange(len(triangles), dtype=np.int32), area)
    local = np.arange(area.sum(), dtype=np.int32) - np.repeat(np.cumsum(area) - area, area).astype(np.int32)
    x, y = low[owner, 0] + local % width[owner], low[owner, 1] + local // width[owner]
    del local
    safe = np.where(np.abs(double) > 1e-6, double, 1)
    # barycentric weights are linear in x and y: one plane per corner
    planes = [
        ((p[:, 1] - q[:, 1]) / safe, (q[:, 0] - p[:, 0]) / safe) for p, q in ((b, c), (c, a))
    ]
    dx, dy = x + np.float32(0.5) - c[owner, 0], y + np.float32(0.5) - c[owner, 1]
    first = planes[0][0][owner] * dx + planes[0][1][owner] * dy
    second = planes[1][0][owner] * dx + planes[1][1][owner] * dy
    del dx, dy
    third = 1 - first - second
    depth = np.minimum(np.minimum(first, second), third)
    edge = np.abs(corner - np.roll(corner, 1, axis=1)).max((1, 2))
    reach = MARGIN * np.maximum(edge, 1) / np.maximum(np.abs(double), 1)
    near = np.flatnonzero(depth >= -reach[owner])
    near = near[np.argsort(depth[near] >= 0, kind="stable")]  # triangles that truly cover a texel overwrite neighbours
    picked = np.full(size * size, -1, np.int32)
    picked[y[near] * size + x[near]] = near
    cells = np.flatnonzero(picked >= 0)
    chosen = picked[cells]
    share = np.stack([first[chosen], second[chosen], third[chosen]], 1)
    return Texels(
        size, (cells // size).astype(np.int32), (cells % size).astype(np.int32),
        triangles.astype(np.int32)[owner[chosen]], share,
    )  # fmt: skip
