"""Which vertices a reduction left behind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import F64, I64, Pose, rotation_matrices
from avatar.gltf.transforms.simplify.columns import dot, lengths

_ANGLE = 45.0  # degrees
_CANDIDATES = 6  # triangles tried for each vertex
_MEASURED = 1500  # vertices whose distance is taken exactly


def bent(document: Document) -> Pose:
    """A pose with every joint bent across its bone, to and fro along each chain so that limbs stay where they were."""
    nodes = document.list("nodes")
    parent = {child: at for at, node in enumerate(nodes) for child in node.get("children", ())}
    joints = sorted({joint for skin in document.list("skins") for joint in skin["joints"]})
    inner = [at for at in joints if nodes[at].get("name") and nodes[at].get("children") and at in parent]
    ends = [[nodes[child].get("translation", (0, 0, 0)) for child in nodes[at]["children"]] for at in inner]
    bones = np.array([np.add.reduce(end, axis=0) / len(end) for end in ends]).reshape(-1, 3)
    across = np.cross(bones, np.eye(3)[np.abs(bones).argmin(axis=1)])
    lengths = np.linalg.norm(across, axis=1)
    depths = np.array([_depth(at, parent) for at in inner], np.int64)
    halves = np.radians(np.where(depths % 2, _ANGLE, -_ANGLE)) / 2
    axes = across / np.maximum(lengths, 1e-9)[:, None]
    turns = rotation_matrices(np.column_stack([axes * np.sin(halves)[:, None], np.cos(halves)]))
    return {nodes[at]["name"]: turns[row] for row, at in enumerate(inner) if lengths[row] >= 1e-9}


def _depth(node: int, parent: Mapping[int, int]) -> int:
    depth = 0
    while node in parent:
        depth, node = depth + 1, parent[node]
    return depth


def to_triangles(points: F64, corners: F64) -> F64:
    """(n,) distance of each point (n, 3) from its triangle (n, 3, 3): the foot of the perpendicular or an edge."""
    best = np.full(len(points), np.inf)
    for at in range(3):
        start, along = corners[:, at], corners[:, (at + 1) % 3] - corners[:, at]
        offset = points - start
        share = np.minimum(np.maximum(dot(offset, along) / np.maximum(dot(along, along), 1e-20), 0), 1)
        np.minimum(best, lengths(offset - share[:, None] * along), out=best)
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = np.cross(one, two)
    size = dot(normal, normal)
    flat = size < 1e-24  # without an area it is its edges
    size[flat] = 1.0
    offset = points - corners[:, 0]
    beta = dot(np.cross(offset, two), normal) / size
    gamma = dot(np.cross(one, offset), normal) / size
    inside = ~flat & (beta >= 0) & (gamma >= 0) & (beta + gamma <= 1)
    height = np.abs(dot(offset, normal)) / np.sqrt(size)
    return np.where(inside, height, best)


def strays(shapes: Sequence[F64], places: I64, corners: I64, whole: I64, most: int) -> NDArray[np.bool_]:
    """(n,) True for up to about ``most`` vertices of the triangles ``whole`` (t, 3) that lie farthest from the reduced
    ones, ``corners``, in any of ``shapes``, each (n, 3): one of a neighbourhood, the farthest first.

    A vertex that lies farther off than its triangles are long has lost its surroundings: one of them is taken whole,
    since a strand whose tip alone must stay can still shrink to that tip. ``places`` (n,) are equal for vertices that
    touch.
    """
    behind = _distances(shapes, corners, whole)
    rest = shapes[0]
    lost = behind > 0
    touched = whole[lost[whole[:, 0]] | lost[whole[:, 1]] | lost[whole[:, 2]]]
    first, second, third = places[touched.T]
    sides = lengths(rest[touched] - rest[np.roll(touched, 1, axis=1)])
    taken = np.zeros(len(rest), np.bool_)
    left = np.argsort(-behind, kind="stable")[: int(lost.sum())]
    spots = rest[left]
    while len(left) and taken.sum() < most:
        at, spot = left[0], spots[0]
        taken[at] = True
        around = np.flatnonzero((first == places[at]) | (second == places[at]) | (third == places[at]))
        if behind[at] > sides[around].mean():
            taken[touched[around[sides[around].min(axis=1).argmax()]]] = True
        apart = lengths(spots - spot) > behind[at]
        left, spots = left[apart], spots[apart]
    return taken


def piece_numbers(corners: I64, places: I64) -> I64:
    """(n,) for each vertex the number of its piece: triangles (t, 3) that share a place are of one piece."""
    count = int(places.max()) + 1
    ends = places[corners]
    links = coo_array((np.ones(2 * len(ends)), (np.tile(ends[:, 0], 2), ends[:, 1:].T.reshape(-1))), (count, count))
    numbers: I64 = connected_components(links, directed=False)[1][places].astype(np.int64)
    return numbers


def _distances(shapes: Sequence[F64], corners: I64, whole: I64) -> F64:
    """(n,) how far the vertices of ``whole`` are from the triangles ``corners`` in the worst of ``shapes``; 0 for those
    that are clearly nearer than others."""
    behind = np.zeros(len(shapes[0]))
    out = np.zeros(len(behind), np.bool_)
    out[whole] = True
    out[corners] = False
    asked = np.flatnonzero(out)
    if len(asked) == 0 or len(corners) == 0:
        return behind
    with ThreadPoolExecutor(len(shapes)) as pool:  # trees are built and asked outside the interpreter's lock
        for far, exact in pool.map(lambda places: _farthest(places, corners, asked), shapes):
            behind[far] = np.maximum(behind[far], exact)
    return behind


def _farthest(places: F64, corners: I64, asked: I64) -> tuple[I64, F64]:
    """Those of the vertices ``asked`` that lie farthest from the triangles ``corners``, and how far each does."""
    triangles = places[corners]
    middles = (triangles + np.roll(triangles, 1, axis=1)) / 2
    anchors = np.concatenate([triangles, middles, triangles.mean(axis=1, keepdims=True)], axis=1).reshape(-1, 3)
    tree = cKDTree(anchors, balanced_tree=False, compact_nodes=False)
    rough = np.asarray(tree.query(places[asked], eps=0.3)[0])
    far = asked[np.argsort(-rough, kind="stable")[:_MEASURED]]
    near = np.asarray(tree.query(places[far], _CANDIDATES)[1]).reshape(len(far), -1)
    tried = triangles[near.reshape(-1) // 7]
    exact = to_triangles(places[np.repeat(far, near.shape[1])], tried).reshape(near.shape).min(axis=1)
    return far, exact
