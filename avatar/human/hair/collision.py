"""Signed distance to the skin, and under the collar to the clothes on it, on a voxel grid."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from avatar.character import TopKind
from avatar.human.figure import F32, F64, I64
from avatar.human.hair.vectors import smoothstep, triangle_normals, unit

COLLARS = {  # metres a collar stands up over the neck joint, and off the neck
    TopKind.BLAZER: (0.050, 0.020),
    TopKind.SHIRT: (0.045, 0.012),
    TopKind.POLO: (0.040, 0.010),
}
CLOTH = 0.017  # metres that hair keeps off the skin where a shirt may be (clothes reach 14 mm)


@dataclass(frozen=True, slots=True)
class CollisionField:
    """Distance (m) and its smoothed gradient at the nodes of a grid."""

    low: F64  # (3,) position of the first node
    voxel: float  # metres
    table: F32  # (i, j, k, 4) distance, then gradient

    def __call__(self, points: F64) -> tuple[F64, F64]:
        """Distance (...) and unit outward normal (..., 3) at (..., 3) points, trilinear, clamped to the grid."""
        shape = self.table.shape
        q = np.clip((points.reshape(-1, 3) - self.low) / self.voxel, 0.0, np.array(shape[:3]) - 1.001)
        cell = q.astype(np.int64)
        f = (q - cell).astype(np.float32)
        flat = self.table.reshape(-1, 4)
        base = (cell[:, 0] * shape[1] + cell[:, 1]) * shape[2] + cell[:, 2]
        x, y, z = (f[:, k, None] for k in range(3))
        step_y, step_x = shape[2], shape[1] * shape[2]

        def edge(start: I64) -> F32:
            blended: F32 = flat[start] * (1 - z) + flat[start + 1] * z
            return blended

        near = edge(base) * (1 - y) + edge(base + step_y) * y
        far = edge(base + step_x) * (1 - y) + edge(base + step_x + step_y) * y
        value = (near * (1 - x) + far * x).astype(np.float64)
        return value[:, 0].reshape(points.shape[:-1]), unit(value[:, 1:]).reshape(points.shape)


def clothed(kind: TopKind, neck: F64, scale: float) -> Callable[[F64], F64]:
    """What a top adds to the skin near the joint ``neck``: its cloth, and a hood or collar round the neck."""
    high, thick = COLLARS.get(kind, (0.0, 0.0))

    def reach(points: F64) -> F64:
        y, z = points[:, 1] - neck[1], points[:, 2] - neck[2]
        cloth = CLOTH * smoothstep(0.04, 0.0, y)
        if not high:
            return cloth
        round_neck = smoothstep(high + 0.03, high, y / scale) * smoothstep(-0.12, -0.02, y / scale)
        behind = smoothstep(0.075, 0.015, z / scale)
        more: F64 = cloth + thick * scale * round_neck * behind
        return more

    return reach


def surface_samples(points: F64, triangles: I64, spacing: float) -> tuple[F64, F64]:
    """Positions and unit normals of samples at most about ``spacing`` apart on every triangle."""
    corner = points[triangles]
    edge = np.linalg.norm(corner - np.roll(corner, 1, 1), axis=2).max(1)
    normal = unit(triangle_normals(points, triangles))
    cuts = np.clip(np.ceil(edge / spacing), 1, 12).astype(int)
    positions, normals = [], []
    for k in np.unique(cuts):
        i, j = np.meshgrid(np.arange(k + 1), np.arange(k + 1))
        inside = i + j <= k
        weight = np.stack([i[inside], j[inside], k - i[inside] - j[inside]], 1) / k
        mine = cuts == k
        positions.append((weight @ corner[mine]).reshape(-1, 3))
        normals.append(np.repeat(normal[mine], len(weight), 0))
    return np.concatenate(positions), np.concatenate(normals)


def build_field(
    points: F64, triangles: I64, low: F64, high: F64, cloth: Callable[[F64], F64], voxel: float = 0.007
) -> CollisionField:
    """The field of a surface that is closed apart from the bottom of the box ``low``..``high``.

    Voxels that hold surface keep the mean position and normal of it, so distances are finer than the grid: every
    other voxel measures to the plane of its nearest surface voxel. ``cloth`` says how many metres clothes reach off the
    skin at points (n, 3): they count as skin.
    """
    shape = tuple(int(n) for n in np.ceil((high - low) / voxel).astype(int) + 1)
    corner = points[triangles]
    end = low + voxel * np.array(shape)  # a slice of the grid without its surface would let the outside in
    near = ((corner.max(1) > low - voxel) & (corner.min(1) < end + voxel)).all(1)
    position, normal = surface_samples(points, triangles[near], voxel * 0.7)
    cell = np.round((position - low) / voxel).astype(np.int64)
    inside = ((cell >= 0) & (cell < np.array(shape))).all(1)
    position, normal, cell = position[inside], normal[inside], cell[inside]
    flat = (cell[:, 0] * shape[1] + cell[:, 1]) * shape[2] + cell[:, 2]
    size = shape[0] * shape[1] * shape[2]
    count = np.bincount(flat, minlength=size)
    filled = np.nonzero(count)[0]
    mean = np.stack([np.bincount(flat, position[:, k], size)[filled] for k in range(3)], 1) / count[filled, None]
    facing = np.stack([np.bincount(flat, normal[:, k], size)[filled] for k in range(3)], 1) / count[filled, None]
    wall = (count > 0).reshape(shape)
    closed = wall.copy()
    closed[:, 0] = closed[0] = closed[-1] = True  # the torso is open at the bottom of the box, arms at its sides
    label, _ = ndimage.label(~closed)
    outside = label == label[shape[0] // 2, -1, 0]
    outside[:, 0], outside[0], outside[-1] = outside[:, 1], outside[1], outside[-2]
    nearest = ndimage.distance_transform_edt(~wall, return_distances=False, return_indices=True)
    slot = np.zeros(size, np.int64)
    slot[filled] = np.arange(len(filled))
    slot = slot[(nearest[0] * shape[1] + nearest[1]) * shape[2] + nearest[2]].ravel()
    axes = [np.arange(n) * voxel + low[k] for k, n in enumerate(shape)]
    nodes = np.stack(np.meshgrid(*axes, indexing="ij"), -1).reshape(-1, 3)
    offset = nodes - mean[slot]
    reach = np.sqrt((offset**2).sum(1))
    plane = np.where((facing[slot] ** 2).sum(1) > 0.3, (offset * unit(facing[slot])).sum(1), 0.2 * voxel)
    out, solid = outside.ravel(), wall.ravel()
    far = smoothstep(1.0 * voxel, 3.0 * voxel, reach)
    distance = np.where(out, np.abs(plane) * (1 - far) + reach * far, -(np.abs(plane) * (1 - far) + reach * far))
    distance = np.where(solid, np.clip(plane, -voxel, voxel), distance)
    distance = (distance - cloth(nodes)).reshape(shape)
    smooth = ndimage.gaussian_filter(distance, 0.6)
    soft = ndimage.gaussian_filter(distance, 1.4)  # normals need to be smoother than distances
    table = np.stack([smooth, *(g / voxel for g in np.gradient(soft))], -1).astype(np.float32)
    return CollisionField(low, voxel, table)
