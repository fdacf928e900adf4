"""Which vertices a reduction left behind."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import F64, I64, Pose, quaternion_matrix

_ANGLE = 45.0  # degrees
_CANDIDATES = 6  # triangles tried for each vertex
_MEASURED = 1500  # vertices whose distance is taken exactly


def bent(document: Document) -> Pose:
    """A pose with every joint bent across its bone, to and fro along each chain so that limbs stay where they were."""
    nodes = document.list("nodes")
    parent = {child: at for at, node in enumerate(nodes) for child in node.get("children", ())}
    joints = {joint for skin in document.list("skins") for joint in skin["joints"]}
    pose: dict[str, F64] = {}
    for joint in sorted(joints):
        name, children = nodes[joint].get("name"), nodes[joint].get("children", ())
        if not name or not children or joint not in parent:
            continue
        bone = np.mean([nodes[child].get("translation", (0, 0, 0)) for child in children], axis=0)
        across = np.cross(bone, np.eye(3)[int(np.abs(bone).argmin())])
        length = float(np.linalg.norm(across))
        if length < 1e-9:
            continue
        depth, up = 0, joint
        while up in parent:
            depth, up = depth + 1, parent[up]
        half = np.radians(_ANGLE if depth % 2 else -_ANGLE) / 2
        pose[name] = quaternion_matrix(np.array([*(across / length * np.sin(half)), np.cos(half)]))
    return pose


def to_triangles(points: F64, corners: F64) -> F64:
    """(n,) distance of each point (n, 3) from its triangle (n, 3, 3): the foot of the perpendicular or an edge."""
    best = np.full(len(points), np.inf)
    for at in range(3):
        start, along = corners[:, at], corners[:, (at + 1) % 3] - corners[:, at]
        length = np.maximum((along**2).sum(axis=1), 1e-20)
        share = np.clip(((points - start) * along).sum(axis=1) / length, 0, 1)
        best = np.minimum(best, np.linalg.norm(points - start - share[:, None] * along, axis=1))
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    normal = np.cross(one, two)
    size = (normal**2).sum(axis=1)
    flat = size < 1e-24  # without an area it is its edges
    size[flat] = 1.0
    offset = points - corners[:, 0]
    beta = (np.cross(offset, two) * normal).sum(axis=1) / size
    gamma = (np.cross(one, offset) * normal).sum(axis=1) / size
    inside = ~flat & (beta >= 0) & (gamma >= 0) & (beta + gamma <= 1)
    height = np.abs((offset * normal).sum(axis=1)) / np.sqrt(size)
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
    first, second, third = (places[touched[:, at]] for at in range(3))
    taken = np.zeros(len(rest), np.bool_)
    left = np.argsort(-behind, kind="stable")
    left = left[behind[left] > 0]
    while len(left) and taken.sum() < most:
        at = left[0]
        taken[at] = True
        around = touched[(first == places[at]) | (second == places[at]) | (third == places[at])]
        sides = np.linalg.norm(rest[around] - np.roll(rest[around], 1, axis=1), axis=2)
        if behind[at] > sides.mean():
            taken[around[sides.min(axis=1).argmax()]] = True
        left = left[np.linalg.norm(rest[left] - rest[at], axis=1) > behind[at]]
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
    exact = np.full(len(far), np.inf)
    for at in range(near.shape[1]):
        exact = np.minimum(exact, to_triangles(places[far], triangles[near[:, at] // 7]))
    return far, exact
