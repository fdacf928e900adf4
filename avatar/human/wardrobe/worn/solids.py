"""Small solids: tubes along paths, sheets of points, and how they are joined."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from avatar.human.figure import F32, F64, I64, Material, Part
from avatar.human.wardrobe.mesh import unit, vertex_normals
from avatar.human.wardrobe.worn.head import Head


@dataclass(frozen=True, slots=True)
class Solid:
    """A mesh of one smooth surface. ``tint`` darkens (below 1) what is made of something else."""

    positions: F64  # (n, 3)
    triangles: I64  # (t, 3)
    uv: F64  # (n, 2)
    normals: F64  # (n, 3)
    tint: F32  # (n,)


def solid(positions: F64, triangles: I64, *, uv: F64 | None = None, tint: float | F64 = 1.0) -> Solid:
    """A solid with smooth normals."""
    return Solid(
        positions, triangles, np.zeros((len(positions), 2)) if uv is None else uv,
        vertex_normals(positions, triangles), np.broadcast_to(np.asarray(tint, np.float32), (len(positions),)).copy(),
    )  # fmt: skip


def tube(
    path: F64,
    radius: float | F64,
    sides: int,
    *,
    closed: bool = False,
    tall: float = 1.0,
    tint: float | F64 = 1.0,
) -> Solid:
    """A small polygon swept along a path (n, 3); ``tall`` stretches it across the path, ``tint`` may be (n,). Open
    ends are capped."""
    count = len(path)
    step = np.roll(path, -1, 0) - np.roll(path, 1, 0) if closed else np.gradient(path, axis=0)
    along = unit(step)
    helper = np.array([0.0, 0.0, 1.0]) if np.abs(along[:, 2]).mean() < 0.7 else np.array([0.0, 1.0, 0.0])
    if np.linalg.norm(np.cross(along, helper), axis=1).min() < 0.2:  # a ring that turns through the helper
        helper = np.array([1.0, 0.0, 0.0])
    a = unit(np.cross(along, helper))
    b = np.cross(along, a)
    turn = (np.arange(sides) + 0.5) * 2 * np.pi / sides
    size = np.broadcast_to(np.asarray(radius, np.float64), (count,))[:, None]
    rings = np.stack([path + size * (np.cos(t) * a + tall * np.sin(t) * b) for t in turn], 1)
    index = np.arange(count * sides).reshape(count, sides)
    beside = np.roll(index, -1, 1)
    (i0, i1), (j0, j1) = (
        ((index, np.roll(index, -1, 0)), (beside, np.roll(beside, -1, 0)))
        if closed
        else ((index[:-1], index[1:]), (beside[:-1], beside[1:]))
    )
    faces = [np.stack([i0, j0, j1], -1).reshape(-1, 3), np.stack([i0, j1, i1], -1).reshape(-1, 3)]
    if not closed:
        faces.append(np.array([[index[0, 0], index[0, k + 1], index[0, k]] for k in range(1, sides - 1)]))
        faces.append(np.array([[index[-1, 0], index[-1, k], index[-1, k + 1]] for k in range(1, sides - 1)]))
    made = solid(rings.reshape(-1, 3), np.vstack(faces), tint=np.repeat(np.broadcast_to(tint, (count,)), sides))
    if (made.normals * (made.positions - np.repeat(path, sides, 0))).sum() < 0:
        made = replace(made, triangles=made.triangles[:, ::-1], normals=-made.normals)
    return made


def sheet(grid: F64, *, uv: F64 | None = None, wrap: bool = False, tint: float = 1.0) -> Solid:
    """A sheet of (rows, columns, 3) points, seen where rows go up and columns to the right; wrap: the last column is
    the first again and shares its normals."""
    rows, columns = grid.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (q.ravel() for q in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    triangles = np.vstack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    points = grid.reshape(-1, 3)
    corner = points[triangles]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    triangles = triangles[area > 1e-12]  # at a pole
    made = solid(points, triangles, uv=None if uv is None else uv.reshape(-1, 2), tint=tint)
    if wrap:
        summed = made.normals.reshape(rows, columns, 3).copy()
        summed[:, 0] = summed[:, -1] = unit(summed[:, 0] + summed[:, -1])
        made = replace(made, normals=summed.reshape(-1, 3))
    return made


def mirrored(made: Solid) -> Solid:
    """On the other side of the face."""
    flip = np.array([-1.0, 1.0, 1.0])
    return replace(
        made, positions=made.positions * flip, normals=made.normals * flip, triangles=made.triangles[:, ::-1]
    )


def turned(made: Solid) -> Solid:
    """Seen from behind."""
    return replace(made, triangles=made.triangles[:, ::-1], normals=-made.normals)


def join(solids: list[Solid]) -> Solid:
    """All in one; what was a solid keeps its own normals."""
    start = np.cumsum([0, *(len(s.positions) for s in solids)])
    return Solid(
        np.vstack([s.positions for s in solids]),
        np.vstack([s.triangles + offset for s, offset in zip(solids, start.tolist(), strict=False)]),
        np.vstack([s.uv for s in solids]),
        np.vstack([s.normals for s in solids]),
        np.concatenate([s.tint for s in solids]),
    )


def part(head: Head, node: str, made: Solid, material: Material) -> Part:
    """A part that the head carries. Vertices that no triangle uses are left out."""
    used, inverse = np.unique(made.triangles, return_inverse=True)
    weights = np.zeros((len(used), head.joints), np.float32)
    weights[:, head.column] = 1.0
    tint = made.tint[used]
    return Part(
        node=node, material=material, positions=made.positions[used], normals=unit(made.normals[used]),
        uv=made.uv[used], triangles=inverse.reshape(-1, 3).astype(np.int64), weights=weights,
        colour=np.repeat(tint[:, None], 3, 1) if (tint != 1).any() else None,
    )  # fmt: skip
