"""Which triangle covers which texel, for all triangles at once."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from avatar.human.figure import F32, F64, I64

MARGIN = 0.75  # texels by which a triangle reaches over its edge, so that charts have no pinholes
BLEED = 14  # texels that masks are carried on past the borders of charts


@dataclass(frozen=True, slots=True, eq=False)
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
            return np.asarray(np.einsum("nc,nc->n", source[self.corners], self.share))
        return np.stack([self.sample(source[:, k]) for k in range(source.shape[1])], 1)

    def halved(self) -> Texels:
        """The same mesh on a texture of half the size: every second texel of every second row."""
        even = (self.rows % 2 == 0) & (self.columns % 2 == 0)
        return Texels(
            self.size // 2, self.rows[even] // 2, self.columns[even] // 2, self.corners[even], self.share[even]
        )

    def images(self, *values: F32) -> list[F32]:
        """(size, size) images of texel values (n,), carried on into the gutters between the charts."""
        covered = np.zeros((self.size, self.size), bool)
        covered[self.rows, self.columns] = True
        near = distance_transform_edt(~covered, return_distances=False, return_indices=True)
        flat = np.asarray(near[0], np.int64) * self.size + near[1]
        out = np.zeros((self.size, self.size), np.float32)
        made = []
        for value in values:
            out[self.rows, self.columns] = value
            made.append(out.reshape(-1)[flat])
        return made


@functools.lru_cache(maxsize=1)
def gutter(texels: Texels) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Flat places of the uncovered texels within ``BLEED`` of a chart, and of a covered texel near each."""
    size, half = texels.size, texels.halved()
    covered = np.zeros((half.size, half.size), bool)
    covered[half.rows, half.columns] = True
    away, near = distance_transform_edt(~covered, return_indices=True)
    row, column = np.nonzero(away <= BLEED / 2)
    source = (near[0][row, column] * 2 * size + near[1][row, column] * 2).astype(np.int32)
    place = np.concatenate([(2 * row + down) * size + 2 * column + right for down in (0, 1) for right in (0, 1)])
    inside = np.zeros(size * size, bool)
    inside[texels.rows * size + texels.columns] = True
    bare = ~inside[place]
    return place[bare].astype(np.int32), np.tile(source, 4)[bare]


def rasterise(uv: F64, triangles: I64, size: int) -> Texels:
    """Texels of a ``size`` square that the triangles cover; uv (v, 2) with v down, in 0..1."""
    corner = (uv * size).astype(np.float32)[triangles]
    a, b, c = corner[:, 0], corner[:, 1], corner[:, 2]
    double = (b[:, 1] - c[:, 1]) * (a[:, 0] - c[:, 0]) + (c[:, 0] - b[:, 0]) * (a[:, 1] - c[:, 1])
    flat = np.abs(double) <= 1e-6
    safe = np.where(flat, np.float32(1), double)
    # a barycentric weight is linear in x and y: weight = slope_x * (x - c.x) + slope_y * (y - c.y) + one at the corner
    slope_x = np.stack([(b[:, 1] - c[:, 1]) / safe, (c[:, 1] - a[:, 1]) / safe], 1)
    slope_y = np.stack([(c[:, 0] - b[:, 0]) / safe, (a[:, 0] - c[:, 0]) / safe], 1)
    slope_x = np.column_stack([slope_x, -slope_x.sum(1)])
    slope_y = np.column_stack([slope_y, -slope_y.sum(1)])
    reach = np.float32(MARGIN) * np.hypot(slope_x, slope_y)  # what the weight loses over the margin
    low = np.clip(np.floor(corner[..., 1].min(1) - MARGIN), 0, size - 1).astype(np.int32)
    high = np.clip(np.ceil(corner[..., 1].max(1) + MARGIN), 0, size - 1).astype(np.int32)
    owner, y = _spread(low, np.where(flat, 0, high - low + 1))
    # each row of a triangle: the interval of x in which all three weights stay above the margin
    base = slope_y[owner] * (y.astype(np.float32) + np.float32(0.5) - c[owner, 1])[:, None] + np.array(
        [0, 0, 1], np.float32
    )
    gradient = slope_x[owner]
    level = np.abs(gradient) < 1e-9
    cross = -(base + reach[owner]) / np.where(level, np.float32(1), gradient)
    left = np.where(gradient > 0, cross, -np.inf).max(1) + c[owner, 0]
    right = np.where((gradient < 0) & ~level, cross, np.inf).min(1) + c[owner, 0]
    first = np.clip(np.maximum(left, corner[owner, :, 0].min(1) - MARGIN) - 0.5, 0, size)
    last = np.clip(np.minimum(right, corner[owner, :, 0].max(1) + MARGIN) - 0.5, -1, size - 1)
    first, last = np.ceil(first).astype(np.int32), np.floor(last).astype(np.int32)
    run, x = _spread(first, np.maximum(last - first + 1, 0))
    triangle = owner[run]
    share = base[run] + gradient[run] * (x.astype(np.float32) + np.float32(0.5) - c[triangle, 0])[:, None]
    cell = y[run] * size + x
    picked = np.full(size * size, -1, np.int32)
    inside = share.min(1) >= 0
    order = np.arange(len(cell), dtype=np.int32)
    picked[cell] = order
    picked[cell[inside]] = order[inside]  # a triangle that truly covers a texel beats a neighbour's margin
    cells = np.flatnonzero(picked >= 0)
    chosen = picked[cells]
    return Texels(
        size, (cells // size).astype(np.int32), (cells % size).astype(np.int32),
        triangles.astype(np.int32)[triangle[chosen]], share[chosen],
    )  # fmt: skip


def _spread(start: NDArray[np.int32], length: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """Runs laid out one after the other: the run of each element, and ``start`` of its run plus its place in it."""
    run = np.repeat(np.arange(len(start), dtype=np.int32), length)
    offset = np.cumsum(length, dtype=np.int32) - length.astype(np.int32)
    return run, (start[run] + np.arange(len(run)) - offset[run]).astype(np.int32)
