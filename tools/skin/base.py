"""The CC0 base mesh that skins are baked on, and what its topology says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
B1 = NDArray[np.bool_]

# canonical landmarks of the left half (metres, base.obj space)
EYE_CENTRE = np.array([0.03078, 0.72841, 0.12454])
EYE_RADIUS = 0.01495
MOUTH_LINE = 0.6615


@dataclass(frozen=True, slots=True)
class Base:
    """base.obj in metres; ``faces[group]`` is (n, 4, 2): vertex and UV index of each quad corner."""

    vertices: F64
    uvs: F64
    faces: dict[str, I64]
    folder: Path


def load_base(folder: Path) -> Base:
    """Read the CC0 base mesh."""
    vertices: list[list[float]] = []
    uvs: list[list[float]] = []
    faces: dict[str, list[list[list[int]]]] = {}
    group: list[list[list[int]]] = []
    for line in (folder / "3dobjs" / "base.obj").read_text().splitlines():
        head, _, rest = line.partition(" ")
        if head == "v":
            vertices.append([float(x) for x in rest.split()[:3]])
        elif head == "vt":
            uvs.append([float(x) for x in rest.split()[:2]])
        elif head == "g":
            group = faces.setdefault(rest.strip(), [])
        elif head == "f":
            group.append([[int(i) - 1 for i in corner.split("/")[:2]] for corner in rest.split()])
    return Base(np.array(vertices) * 0.1, np.array(uvs), {k: np.array(f) for k, f in faces.items() if f}, folder)


def joint(base: Base, name: str) -> F64:
    """Centre of a joint cube."""
    return np.asarray(base.vertices[np.unique(base.faces[f"joint-{name}"][..., 0])].mean(0))


def triangles_of(quads: I64) -> I64:
    """(n, 4, ...) quads -> (2n, 3, ...) triangles."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def vertex_normals(vertices: F64, triangles: I64) -> F64:
    """Area-weighted unit normals."""
    a, b, c = (vertices[triangles[:, k]] for k in range(3))
    face = np.cross(b - a, c - a)
    out = np.zeros_like(vertices)
    for k in range(3):
        np.add.at(out, triangles[:, k], face)
    return np.asarray(out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12))


def islands(base: Base) -> I64:
    """Connected UV island of every body quad."""
    corner = base.faces["body"][..., 1]
    pairs = np.concatenate([corner[:, [0, 1]], corner[:, [1, 2]], corner[:, [2, 3]]])
    count = len(base.uvs)
    graph = coo_array((np.ones(len(pairs)), (pairs[:, 0], pairs[:, 1])), shape=(count, count))
    label = np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)
    return label[corner[:, 0]]


def boundary_loop(quads: I64, among: I64 | None = None) -> list[int]:
    """Ordered vertex loop around a patch of (n, 4) quads; ``among`` picks one of several by its vertices."""
    edges = {(int(q[k]), int(q[(k + 1) % 4])) for q in quads for k in range(4)}
    allowed = None if among is None else set(among.tolist())
    following = {a: b for a, b in edges if (b, a) not in edges and (allowed is None or (a in allowed and b in allowed))}
    start = min(following)
    loop = [start]
    while following[loop[-1]] != start:
        loop.append(following[loop[-1]])
    return loop


def neighbours_of(quads: I64) -> dict[int, set[int]]:
    """Vertex -> its edge neighbours."""
    out: dict[int, set[int]] = {}
    for q in quads:
        for k in range(4):
            a, b = int(q[k]), int(q[(k + 1) % 4])
            out.setdefault(a, set()).add(b)
            out.setdefault(b, set()).add(a)
    return out
