"""Where vertices are: node transforms, morphs and linear-blend skinning, as a viewer computes them.

Row-major 4x4 matrices that act on column vectors; lengths in the file's units (metres in glTF).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document, Tree

F64 = NDArray[np.float64]
I64 = NDArray[np.int64]
Influences = tuple[I64, F64]  # joint numbers and weights (n, k)
Pose = Mapping[str, F64]  # node name -> (3, 3) rotation applied after the node's own

_IDENTITY = np.eye(4)


@dataclass(frozen=True, slots=True)
class Placement:
    """A primitive where a node shows it."""

    node: int
    mesh: int
    primitive: int

    def tree(self, document: Document) -> Tree:
        """The primitive's JSON object."""
        found: Tree = document.tree["meshes"][self.mesh]["primitives"][self.primitive]
        return found


def placements(document: Document) -> Iterator[Placement]:
    """Every primitive that a node shows, in node order; a mesh used by two nodes comes twice."""
    for at, node in enumerate(document.list("nodes")):
        if "mesh" in node:
            for number in range(len(document.tree["meshes"][node["mesh"]]["primitives"])):
                yield Placement(at, node["mesh"], number)


def rotation_matrices(quaternions: F64) -> F64:
    """The (n, 3, 3) rotations of quaternions (n, 4) (x, y, z, w), normalised first; identity for zero ones."""
    lengths = np.linalg.norm(quaternions, axis=1)
    x, y, z, w = (quaternions / np.where(lengths == 0, 1.0, lengths)[:, None]).T
    rows = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrices: F64 = np.array(rows).transpose(2, 0, 1).copy()
    return matrices


def quaternion_matrix(quaternion: F64) -> F64:
    """The (3, 3) rotation of a quaternion (x, y, z, w), normalised first; identity for a zero one."""
    matrix: F64 = rotation_matrices(quaternion[None])[0]
    return matrix


def _local_matrices(nodes: Sequence[Tree], pose: Pose | None) -> F64:
    """(nodes, 4, 4), relative to their parents; what ``pose`` adds comes after a node's own rotation."""
    rotations = rotation_matrices(_rows(nodes, "rotation", (0, 0, 0, 1)))
    if pose:
        posed = [at for at, node in enumerate(nodes) if node.get("name", "") in pose]
        if posed:
            rotations[posed] = rotations[posed] @ np.array([pose[nodes[at].get("name", "")] for at in posed])
    matrices = np.zeros((len(nodes), 4, 4))
    matrices[:, :3, :3] = rotations * _rows(nodes, "scale", (1, 1, 1))[:, None]
    matrices[:, :3, 3] = _rows(nodes, "translation", (0, 0, 0))
    matrices[:, 3, 3] = 1.0
    for at, node in enumerate(nodes):
        if "matrix" in node:
            matrices[at] = np.array(node["matrix"], float).reshape(4, 4).T
    return matrices


def _rows(nodes: Sequence[Tree], key: str, default: tuple[float, ...]) -> F64:
    return np.array([node.get(key, default) for node in nodes], float).reshape(len(nodes), len(default))


def world_matrices(document: Document, pose: Pose | None = None) -> F64:
    """(nodes, 4, 4): every node's transform to world space, in the file's own pose or with ``pose`` added."""
    nodes = document.list("nodes")
    own = _local_matrices(nodes, pose)
    worlds = np.zeros_like(own)
    has_parent = {child for node in nodes for child in node.get("children", ())}
    stack = [(at, _IDENTITY) for at in range(len(nodes)) if at not in has_parent]
    while stack:
        at, parent = stack.pop()
        worlds[at] = parent @ own[at]
        stack.extend((child, worlds[at]) for child in nodes[at].get("children", ()))
    return worlds


def joint_matrices(document: Document, skin: int, worlds: F64, count: int | None = None) -> F64:
    """(..., joints, 4, 4): what takes a vertex of the mesh to world space when it hangs on that joint alone, with
    ``worlds`` (..., nodes, 4, 4); of the first ``count`` joints."""
    tree = document.tree["skins"][skin]
    listed = tree["joints"][:count]
    joints: F64 = worlds[..., listed, :, :]
    if "inverseBindMatrices" not in tree:
        return joints
    inverse = read_floats(document, tree["inverseBindMatrices"])[: len(listed)].astype(float)
    matrices: F64 = joints @ inverse.reshape(-1, 4, 4).transpose(0, 2, 1)
    return matrices


def skin_weights(document: Document, primitive: Tree) -> Influences | None:
    """Joint numbers and weights (n, 4 x sets) of a primitive, rows summing to 1; None when it is not skinned."""
    sets = sorted(name[7:] for name in primitive["attributes"] if name.startswith("JOINTS_"))
    if not sets:
        return None
    attributes = primitive["attributes"]
    joints = np.concatenate([read_raw(document, attributes[f"JOINTS_{number}"]) for number in sets], axis=1)
    weights = np.concatenate([read_floats(document, attributes[f"WEIGHTS_{number}"]) for number in sets], axis=1)
    weights = weights.astype(float)
    sums = weights.sum(axis=1, keepdims=True)
    weights[sums[:, 0] == 0, 0] = 1.0  # an unweighted vertex follows its first joint instead of the origin
    return joints.astype(np.int64), weights / np.where(sums == 0, 1.0, sums)


def target_names(mesh: Tree) -> list[str]:
    """Morph names of a mesh, its targets' numbers where it names none.

    They stand in the extras of the mesh, or of its primitives as VRM 0.x exporters write them.
    """
    count = max((len(primitive.get("targets", ())) for primitive in mesh["primitives"]), default=0)
    given: list[str] = []
    for holder in (mesh, *mesh["primitives"]):
        extras = holder.get("extras")
        names = extras.get("targetNames") if isinstance(extras, dict) else None
        if isinstance(names, list) and names:
            given = [str(name) for name in names][:count]
            break
    return given + [str(number) for number in range(len(given), count)]


def placed_vertices(
    document: Document,
    placement: Placement,
    worlds: F64,
    *,
    morph: Mapping[str, float] | None = None,
    rows: I64 | None = None,
) -> F64:
    """(n, 3) world positions of a placed primitive after morphs (name -> weight) and skinning; ``rows`` picks some."""

    def pick(values: NDArray[np.float32]) -> F64:
        return (values if rows is None else values[rows]).astype(float)

    primitive = placement.tree(document)
    positions: F64 = pick(read_floats(document, primitive["attributes"]["POSITION"]))
    if morph:
        names = target_names(document.tree["meshes"][placement.mesh])
        for name, target in zip(names, primitive.get("targets", ()), strict=False):
            if morph.get(name) and "POSITION" in target:
                positions += morph[name] * pick(read_floats(document, target["POSITION"]))
    influences = placed_influences(document, placement, rows)
    placed: F64 = posed_vertices(document, placement, positions, influences, worlds[None])[0]
    return placed


def placed_influences(document: Document, placement: Placement, rows: I64 | None = None) -> Influences | None:
    """The ``skin_weights`` by which a placed primitive follows the skin of its node; None when it follows none."""
    skinned = "skin" in document.tree["nodes"][placement.node]
    influences = skin_weights(document, placement.tree(document)) if skinned else None
    if influences is None or rows is None:
        return influences
    return influences[0][rows], influences[1][rows]


def posed_vertices(
    document: Document, placement: Placement, positions: F64, influences: Influences | None, worlds: F64
) -> F64:
    """(poses, n, 3): where vertices at ``positions`` (n, 3) are in several poses, ``worlds`` (poses, nodes, 4, 4)."""
    if influences is None:
        own = worlds[:, placement.node]
        rigid: F64 = positions @ own[:, :3, :3].transpose(0, 2, 1) + own[:, None, :3, 3]
        return rigid
    joints, weights = influences
    matrices = joint_matrices(document, document.tree["nodes"][placement.node]["skin"], worlds)[:, :, :3]
    rows = np.concatenate(matrices, axis=1)  # (joints, 3 for each pose, 4)
    placed = np.zeros((len(positions), rows.shape[1]))
    for column in range(joints.shape[1]):  # one influence at a time: the matrices of all would be 4 times larger
        held = np.flatnonzero(weights[:, column])  # few vertices have all
        chosen = rows[joints[held, column]]
        moved = np.einsum("nij,nj->ni", chosen[:, :, :3], positions[held]) + chosen[:, :, 3]
        placed[held] += weights[held, column, None] * moved
    return placed.reshape(len(positions), len(worlds), 3).transpose(1, 0, 2)


def triangles(document: Document, primitive: Tree) -> I64:
    """(t, 3) vertex numbers of a primitive's triangles: lists, strips and fans, indexed or not; none for the rest."""
    count = document.tree["accessors"][primitive["attributes"]["POSITION"]]["count"]
    corners: I64 = (
        read_raw(document, primitive["indices"])[:, 0].astype(np.int64)
        if "indices" in primitive
        else np.arange(count, dtype=np.int64)
    )
    mode = primitive.get("mode", 4)
    if mode == 4:
        return corners.reshape(-1, 3)
    if mode not in (5, 6) or len(corners) < 3:
        return np.zeros((0, 3), np.int64)
    step = np.arange(len(corners) - 2)
    if mode == 5:  # every second triangle of a strip is wound the other way (glTF 2.0, 3.7.2.1)
        odd = step % 2
        return corners[np.stack([step, step + 1 + odd, step + 2 - odd], axis=1)]
    return corners[np.stack([step + 1, step + 2, np.zeros_like(step)], axis=1)]
