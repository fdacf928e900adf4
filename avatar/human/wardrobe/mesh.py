"""Triangle meshes as plain arrays: normals, edges, boundary loops, smoothing."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray

from avatar.human.figure import F64, I64


def triangulate(quads: I64) -> I64:
    """(q, 4) quads -> (2q, 3) triangles with the same winding."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def unit(vectors: F64) -> F64:
    """Rows scaled to length 1; a zero row stays zero."""
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12))


def face_normals(positions: F64, triangles: I64) -> F64:
    """(t, 3) normals whose length is twice the triangle's area."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    return np.cross(b - a, c - a)


def vertex_normals(positions: F64, triangles: I64) -> F64:
    """(n, 3) unit normals, weighted by area."""
    faces = face_normals(positions, triangles)
    corner = triangles.ravel()
    spread = np.repeat(faces, 3, axis=0)
    summed = [np.bincount(corner, spread[:, axis], len(positions)) for axis in range(3)]
    return unit(np.stack(summed, 1).astype(np.float64))


def smoothstep(low: float, high: float, x: ArrayLike) -> F64:
    """0 at ``low``, 1 at ``high`` (either may be the larger), with flat ends."""
    t = np.clip((np.asarray(x, np.float64) - low) / (high - low), 0.0, 1.0)
    return t * t * (3.0 - 2.0 * t)


def unique_edges(triangles: I64) -> I64:
    """(e, 2) undirected edges, each once, sorted."""
    pairs = np.sort(np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    return np.unique(pairs, axis=0)


def boundary_loops(triangles: I64) -> list[I64]:
    """Ordered open edges, longest loop first; the direction is that of the triangles."""
    directed = {(int(t[k]), int(t[(k + 1) % 3])) for t in triangles for k in range(3)}
    following: dict[int, list[int]] = {}
    for a, b in sorted(directed):
        if (b, a) not in directed:
            following.setdefault(a, []).append(b)
    loops: list[I64] = []
    while following:
        start = next(iter(following))
        loop, current = [start], start
        while current in following:
            step = following[current].pop()
            if not following[current]:
                del following[current]
            if step == start:
                break
            loop.append(step)
            current = step
        if len(loop) > 2:
            loops.append(np.array(loop, np.int64))
    return sorted(loops, key=len, reverse=True)


def umbrella(triangles: I64, count: int) -> sp.csr_matrix:
    """Row-normalised adjacency; vertices on an open edge look only along that edge, so hems keep their line."""
    edges = unique_edges(triangles)
    on_edge = np.zeros(count, bool)
    directed = np.vstack([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]])
    _, inverse, uses = np.unique(np.sort(directed, axis=1), axis=0, return_inverse=True, return_counts=True)
    on_edge[directed[uses[inverse.ravel()] == 1]] = True
    both = np.vstack([edges, edges[:, ::-1]])
    both = both[~on_edge[both[:, 0]] | on_edge[both[:, 1]]]
    matrix = sp.csr_matrix((np.ones(len(both)), (both[:, 0], both[:, 1])), shape=(count, count))
    degree = np.asarray(matrix.sum(1)).ravel()
    degree[degree == 0] = 1
    return sp.csr_matrix(sp.diags(1.0 / degree) @ matrix)


def four_strongest(weights: NDArray[np.floating]) -> F64:
    """Skin weights with all but the four largest of each row dropped, rows summing to 1."""
    strongest = np.argpartition(-weights, 3, axis=1)[:, :4]
    kept = np.zeros(weights.shape, np.float64)
    np.put_along_axis(kept, strongest, np.take_along_axis(weights, strongest, axis=1), axis=1)
    return np.asarray(kept / kept.sum(1, keepdims=True))
