"""Quadric half-edge collapse onto existing vertices. Runs when the patterns are baked."""

from __future__ import annotations

import heapq

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.mesh import boundary_loops, face_normals, unique_edges

EDGE_PULL = 4.0  # weight of the planes that hold open edges in place
LENGTH_PULL = 1e-7  # prefers short edges where the surface is flat


def simplify(positions: F64, triangles: I64, target: int, importance: F64 | None = None) -> I64:
    """Fewer triangles over the same vertices (Garland and Heckbert's quadrics); open edges keep their outline.

    importance: (n,) factors, above 1 keeps detail. Returns about ``target`` triangles, or what is there when fewer.
    """
    if len(triangles) <= target:
        return triangles
    count = len(positions)
    faces: list[tuple[int, ...]] = [tuple(t) for t in triangles.tolist()]
    alive = [True] * len(faces)
    around: list[set[int]] = [set() for _ in range(count)]
    for index, face in enumerate(faces):
        for v in face:
            around[v].add(index)
    quadric, border = _quadrics(positions, triangles, around)
    if importance is not None:
        quadric *= importance[:, None, None]
    homogeneous = np.c_[positions, np.ones(count)]
    edges = unique_edges(triangles)
    neighbours: list[set[int]] = [set() for _ in range(count)]
    for i, j in edges.tolist():
        neighbours[i].add(j)
        neighbours[j].add(i)
    version = [0] * count
    point = positions.tolist()

    def cost(gone: int, kept: int) -> float:
        h = homogeneous[kept]
        length = float(((positions[gone] - positions[kept]) ** 2).sum())
        return float(h @ (quadric[gone] + quadric[kept]) @ h) + LENGTH_PULL * length

    def normal(face: tuple[int, ...]) -> tuple[float, float, float]:
        a, b, c = (point[v] for v in face)
        ux, uy, uz, vx, vy, vz = b[0] - a[0], b[1] - a[1], b[2] - a[2], c[0] - a[0], c[1] - a[1], c[2] - a[2]
        return uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx

    def flips(gone: int, kept: int, shared: set[int]) -> bool:
        for index in around[gone] - shared:
            before = normal(faces[index])
            after = normal(tuple(kept if v == gone else v for v in faces[index]))
            dot = sum(x * y for x, y in zip(before, after, strict=True))
            size = sum(x * x for x in before) ** 0.5, sum(x * x for x in after) ** 0.5
            if dot < 0.5 * size[0] * size[1] or size[1] < 1e-9:
                return True
        return False

    heap = [
        (cost(gone, kept), gone, kept, 0, 0)
        for i, j in edges.tolist()
        for gone, kept in ((i, j), (j, i))
        if gone not in border or kept in border
    ]
    heapq.heapify(heap)
    left = len(faces)
    while left > target and heap:
        _, gone, kept, gone_version, kept_version = heapq.heappop(heap)
        if version[gone] != gone_version or version[kept] != kept_version or kept not in neighbours[gone]:
            continue
        shared = around[gone] & around[kept]
        if not shared or len(neighbours[gone] & neighbours[kept]) != len(shared):
            continue
        if (gone in border and len(shared) != 1) or flips(gone, kept, shared):
            continue
        for index in shared:
            alive[index] = False
            left -= 1
            for v in faces[index]:
                around[v].discard(index)
        for index in around[gone]:
            faces[index] = tuple(kept if v == gone else v for v in faces[index])
            around[kept].add(index)
        around[gone] = set()
        for v in neighbours[gone]:
            neighbours[v].discard(gone)
            if v != kept:
                neighbours[v].add(kept)
                neighbours[kept].add(v)
        neighbours[gone] = set()
        version[gone] = -1
        quadric[kept] += quadric[gone]
        version[kept] += 1
        for v in neighbours[kept]:
            for x, y in ((v, kept), (kept, v)):
                if x not in border or y in border:
                    heapq.heappush(heap, (cost(x, y), x, y, version[x], version[y]))
    return np.array([face for face, keep in zip(faces, alive, strict=True) if keep], np.int64)


def _quadrics(positions: F64, triangles: I64, around: list[set[int]]) -> tuple[F64, set[int]]:
    """(n, 4, 4) error quadrics and the vertices on open edges."""
    normals = face_normals(positions, triangles)
    area = np.linalg.norm(normals, axis=1, keepdims=True)
    normals = normals / np.maximum(area, 1e-12)
    planes = np.c_[normals, -(normals * positions[triangles[:, 0]]).sum(1)]
    products = planes[:, :, None] * planes[:, None, :] * area[:, :, None]
    quadric = np.zeros((len(positions), 4, 4))
    for k in range(3):
        np.add.at(quadric, triangles[:, k], products)
    border: set[int] = set()
    for loop in boundary_loops(triangles):
        for a, b in zip(loop.tolist(), np.roll(loop, -1).tolist(), strict=True):
            border.update((a, b))
            direction = positions[b] - positions[a]
            side = np.cross(direction, normals[next(iter(around[a] & around[b]))])
            side /= max(float(np.linalg.norm(side)), 1e-12)
            plane = np.r_[side, -side @ positions[a]]
            pull = np.outer(plane, plane) * float(direction @ direction) * EDGE_PULL
            quadric[a] += pull
            quadric[b] += pull
    return quadric, border
