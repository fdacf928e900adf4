"""What counts as error besides position, as columns of numbers for each vertex."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh

from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import F64, I64, Influences, Placement, joint_matrices, target_names
from avatar.gltf.transforms.reindex import used_rows

_MAX_MORPHS = 128  # a principal component analysis of more would take longer than the simplification


@dataclass(frozen=True, slots=True)
class Motion:
    """What morph targets do to the vertices of a part."""

    count: int  # vertices of the part
    names: tuple[str, ...]
    moved: I64  # (m,) vertices that any target moves; most of a body stands still
    deltas: F64  # (m, targets, 3) in world space

    def of(self, name: str) -> F64:
        """(n, 3): what the target ``name`` does to every vertex."""
        every = np.zeros((self.count, 3))
        every[self.moved] = self.deltas[:, self.names.index(name)]
        return every

    def farthest(self) -> F64:
        """(n,) the square of the way that each vertex goes at most."""
        squares = np.zeros(self.count)
        if self.names:
            squares[self.moved] = dot(self.deltas, self.deltas).max(axis=1)
        return squares

    def principal(self, components: int) -> F64:
        """(n, components): the linear projection of all targets that keeps most of them."""
        columns = np.zeros((self.count, components))
        columns[self.moved] = principal(self.deltas.reshape(len(self.moved), 3 * len(self.names)), components)
        return columns


def linear_part(document: Document, placement: Placement, worlds: F64) -> F64:
    """(3, 3) from mesh space to world space, for directions. Skinned vertices follow the skin's first joint, which
    holds the scale and turn of the whole rig."""
    node = document.tree["nodes"][placement.node]
    if "skin" in node and "JOINTS_0" in placement.tree(document)["attributes"]:
        first: F64 = joint_matrices(document, node["skin"], worlds, 1)[0, :3, :3]
        return first
    own: F64 = worlds[placement.node, :3, :3]
    return own


def morph_motion(document: Document, placement: Placement, linear: F64, rows: I64) -> Motion:
    """Of those morph targets that move anything; of the largest when there are too many."""
    primitive = placement.tree(document)
    offsets: dict[str, NDArray[np.float32]] = {}
    everything = len(rows) == document.tree["accessors"][primitive["attributes"]["POSITION"]]["count"]
    for name, target in zip(
        target_names(document.tree["meshes"][placement.mesh]), primitive.get("targets", ()), strict=False
    ):
        if "POSITION" in target:
            offset = read_floats(document, target["POSITION"])
            offset = offset if everything else offset[rows]
            if offset.any():
                offsets[name] = offset
    if not offsets:
        return Motion(len(rows), (), np.zeros(0, np.int64), np.zeros((0, 0, 3)))
    together = np.stack(list(offsets.values()), axis=1)
    moved = np.flatnonzero((together != 0).reshape(len(rows), -1).any(axis=1))
    deltas = (together[moved].reshape(-1, 3) @ linear.T).reshape(len(moved), -1, 3)
    names = tuple(offsets)
    if len(names) > _MAX_MORPHS:
        largest = np.argsort(-(deltas**2).sum(axis=(0, 2)), kind="stable")[:_MAX_MORPHS]
        names, deltas = tuple(names[at] for at in largest), deltas[:, largest]
    return Motion(len(rows), names, moved, deltas)


def principal(values: F64, components: int) -> F64:
    """(n, m) -> (n, components): the linear projection that keeps most of ``values`` (uncentred PCA)."""
    columns = np.zeros((len(values), components))
    width = values.shape[1]
    if width == 0:
        return columns
    take = min(components, width)
    _, axes = eigh(values.T @ values, subset_by_index=(width - take, width - 1))
    columns[:, :take] = values @ axes
    return columns


def normals(document: Document, primitive: Tree, linear: F64, rows: I64) -> F64:
    """(n, 3) unit normals in world space, zero where the model has none."""
    if "NORMAL" not in primitive["attributes"]:
        return np.zeros((len(rows), 3))
    turned = read_floats(document, primitive["attributes"]["NORMAL"])[rows] @ linear.T
    unit: F64 = turned / np.maximum(lengths(turned)[:, None], 1e-12)
    return unit


def texture(document: Document, primitive: Tree, rows: I64, corners: I64, surface: float) -> F64:
    """(n, 2) texture coordinates in metres: scaled by the average length of one unit of u and v on ``surface``, the
    area of all triangles."""
    if "TEXCOORD_0" not in primitive["attributes"]:
        return np.zeros((len(rows), 2))
    uv = read_floats(document, primitive["attributes"]["TEXCOORD_0"])[rows].astype(float)
    first, second, third = (uv[corners[:, at]] for at in range(3))
    one, two = second - first, third - first
    flat = float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum())
    metres: F64 = uv * (np.sqrt(2 * surface / flat) if flat > 1e-9 else 0.0)
    return metres


def dot(one: F64, two: F64) -> F64:
    """(..., 3), (..., 3) -> (...). A sum over an axis of three takes numpy many times longer."""
    products: F64 = one[..., 0] * two[..., 0] + one[..., 1] * two[..., 1] + one[..., 2] * two[..., 2]
    return products


def lengths(vectors: F64) -> F64:
    """(..., 3) -> (...)"""
    found: F64 = np.sqrt(dot(vectors, vectors))
    return found


def area(placed: F64, corners: I64) -> float:
    """Of all triangles together."""
    return float(lengths(across(placed, corners)).sum()) / 2


def across(placed: F64, corners: I64) -> F64:
    """(t, 3) of each triangle the cross product of two sides: along its normal, and twice its area long."""
    first = placed[corners[:, 0]]
    vectors: F64 = np.cross(placed[corners[:, 1]] - first, placed[corners[:, 2]] - first)
    return vectors


def bends(document: Document, skin: int, influences: Influences, worlds: F64, placed: F64, components: int) -> F64:
    """(n, components) metres that vertices move when joints bend by a radian.

    For each joint: how much of a vertex hangs on it or on what it carries, times the distance at which the skin
    around that joint lies from it. A hip's weights count for more than a finger's.
    """
    joints, weights = influences
    listed = document.tree["skins"][skin]["joints"]
    used, dense = used_rows(joints)
    held = np.zeros((len(placed), len(used)))
    for column in range(joints.shape[1]):
        some = np.flatnonzero(weights[:, column])
        held[some, dense[some, column]] += weights[some, column]
    number = {node: at for at, node in enumerate(listed)}
    parent = {child: at for at, node in enumerate(document.list("nodes")) for child in node.get("children", ())}
    carries = np.zeros((len(used), len(listed)))
    for at, joint in enumerate(used):
        node: int | None = listed[joint]
        while node is not None:
            if node in number:
                carries[at, number[node]] = 1.0
            node = parent.get(node)
    above = carries.any(axis=0)
    carried, origins = held @ carries[:, above], worlds[listed][above, :3, 3]
    between = 1 - carried
    between *= carried  # where the weight of a joint fades
    sums = between.sum(axis=0)
    fades = sums > 1e-3
    if not fades.all():
        carried, between, origins, sums = carried[:, fades], between[:, fades], origins[fades], sums[fades]
    squares = (2 * placed) @ origins.T  # (n, joints), like the rest here: what can be is computed in place
    np.subtract((placed**2).sum(axis=1)[:, None], squares, out=squares)
    squares += (origins**2).sum(axis=1)
    between *= squares
    lever = np.sqrt(np.maximum(between.sum(axis=0) / sums, 0.0))
    carried *= lever
    carried -= carried.mean(axis=0)
    return principal(carried, components)
