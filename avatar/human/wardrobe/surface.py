"""How far a point lies outside a layer: body, or body with the clothes already on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.mesh import face_normals, unit


@dataclass(frozen=True, slots=True)
class Surface:
    """A dense cloud of surface points with outward normals; distances are approximate and signed, positive outside."""

    points: F64  # (n, 3) metres
    normals: F64  # (n, 3) unit
    tree: cKDTree

    def distance(self, points: F64, neighbours: int = 3) -> tuple[F64, F64]:
        """Signed distance (n,) in metres and outward direction (n, 3), blended over the nearest samples."""
        gap, index = self.tree.query(points, neighbours)
        weight = 1.0 / (np.asarray(gap) + 1e-4) ** 2
        weight /= weight.sum(1, keepdims=True)
        normals = self.normals[index]
        direction = unit(np.einsum("nk,nkc->nc", weight, normals))
        signed = np.einsum("nk,nkc,nkc->n", weight, points[:, None] - self.points[index], normals)
        return signed, direction

    def push_out(self, points: F64, gap: float | F64) -> F64:
        """Move the points that are nearer than ``gap`` metres (or inside) outward until they are that far."""
        signed, direction = self.distance(points)
        return points + direction * np.maximum(gap - signed, 0.0)[:, None]


def surface(points: F64, normals: F64) -> Surface:
    """A Surface over (n, 3) samples with (n, 3) unit normals."""
    return Surface(points, normals, cKDTree(points))


def samples(positions: F64, triangles: I64) -> tuple[F64, F64, I64]:
    """Edge midpoints and centroids of triangles: (4t, 3) points, their unit face normals, and the triangle of each."""
    corner = positions[triangles]
    normal = unit(face_normals(positions, triangles))
    points = np.concatenate([corner.mean(1), *(0.5 * (corner[:, k] + corner[:, (k + 1) % 3]) for k in range(3))])
    return points, np.tile(normal, (4, 1)), np.tile(np.arange(len(triangles)), 4)


def with_layer(below: Surface, positions: F64, normals: F64, triangles: I64) -> Surface:
    """The surface seen by the next garment: what was below, plus one more layer of cloth."""
    points, point_normals, _ = samples(positions, triangles)
    used = np.unique(triangles)
    return surface(
        np.vstack([below.points, positions[used], points]), np.vstack([below.normals, normals[used], point_normals])
    )
