"""Twice as fine: every edge of the cloth gets a middle on the curve that the normals at its ends describe."""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.mesh import unique_edges

ROUNDNESS = 0.75  # of Phong tessellation (Boubekeur and Alexa 2008)


def finer_triangles(triangles: I64, count: int) -> I64:
    """Four triangles for each one; the middle of edge e of :func:`mesh.unique_edges` becomes vertex ``count + e``."""
    edges = unique_edges(triangles)
    key = edges[:, 0] * count + edges[:, 1]

    def middle(a: I64, b: I64) -> I64:
        return count + np.searchsorted(key, np.minimum(a, b) * count + np.maximum(a, b))

    a, b, c = triangles.T
    ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
    return np.vstack([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])


def finer_values(values: F64, edges: I64) -> F64:
    """Values (n, k) at the vertices, then at the middles of the edges (e, 2)."""
    return np.vstack([values, (values[edges[:, 0]] + values[edges[:, 1]]) / 2])


def finer_positions(positions: F64, normals: F64, edges: I64) -> F64:
    """Positions (n, 3), then the curved middles of the edges."""
    first, second = edges.T
    middle = (positions[first] + positions[second]) / 2
    offset = np.zeros_like(middle)
    for end in (first, second):
        rise = ((middle - positions[end]) * normals[end]).sum(1, keepdims=True)
        offset -= rise * normals[end]
    return np.vstack([positions, middle + ROUNDNESS / 2 * offset])
