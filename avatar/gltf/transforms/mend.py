"""Repairs what strict readers refuse and lenient ones repair on their own: lengths and sums that must be 1, joints
named twice, scenes and skins that begin in the wrong place.

Tolerances are the Khronos validator's, so sound data passes untouched, bit by bit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Change, Document, Tree, without

F32 = NDArray[np.float32]
Repair = Callable[[F32], F32 | None]

UNIT_VECTOR, UNIT_QUATERNION, NODE_ROTATION = 0.00674, 0.00769, 0.00005  # allowed departure from length 1
WEIGHT_SUM = 2e-7  # for each weight that is not zero
ROOT: Tree = {"name": "Root"}  # what joints that hang apart are put below
_FACTORS = ("baseColorFactor", "metallicFactor", "roughnessFactor")
_STRENGTH = "KHR_materials_emissive_strength"


def mend(document: Document) -> Change:
    """Normalise skin weights, normals, tangents and quaternions that are not unit; name each joint of a vertex once;
    let scenes begin at roots and skins at what their joints hang on; leave all others as they are."""
    editor = _Editor(document)
    meshes: list[Tree] = []
    for mesh in document.list("meshes"):
        primitives: list[Tree] = []
        for primitive in mesh["primitives"]:
            attributes = dict(primitive["attributes"])
            for name, repair in (("NORMAL", _unit_vectors), ("TANGENT", _unit_tangents)):
                if name in attributes:
                    attributes[name] = editor.repaired(attributes[name], repair, name.lower() + "s")
            _mend_influences(document, editor, attributes)
            primitives.append({**primitive, "attributes": attributes})
        meshes.append(_mend_mesh({**mesh, "primitives": primitives}, editor))
    tree: Tree = {**document.tree, "meshes": meshes}
    _mend_graph(document, tree, editor)
    if document.list("skins"):
        tree["skins"] = [_mend_skin(document, skin, editor) for skin in document.list("skins")]
    if document.list("animations"):
        tree["animations"] = [_mend_animation(animation, editor) for animation in document.list("animations")]
    if document.list("materials"):
        tree["materials"] = [_mend_material(material, editor) for material in document.list("materials")]
    return editor.finish(tree)


class _Editor:
    """Appends repaired accessors to a copy of the document and counts what it did."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._new = Appended(document)
        self._done: dict[tuple[int, str], int] = {}
        self._made: dict[int, tuple[NDArray[Any], str]] = {}
        self.counts: dict[str, int] = {}

    def repaired(self, at: int, repair: Repair, what: str) -> int:
        """The number of the accessor to use instead of ``at``: itself when ``repair`` finds nothing to do."""
        key = (at, what)
        if key not in self._done:
            better = repair(self.read(at))
            self._done[key] = at if better is None else self.append(better, self.kind(at))
            if better is not None:
                self.count(what)
        return self._done[key]

    def read(self, at: int) -> F32:
        """Accessor ``at``, of the document or appended."""
        made = self._made.get(at)
        return read_floats(self._document, at) if made is None else made[0].astype(np.float32)

    def count(self, what: str) -> None:
        """Note that one ``what`` was mended."""
        self.counts[what] = self.counts.get(what, 0) + 1

    def kind(self, at: int) -> str:
        """Its type: VEC3, ..."""
        return self._made[at][1] if at in self._made else str(self._document.tree["accessors"][at]["type"])

    def append(self, values: NDArray[Any], kind: str) -> int:
        """A new dense accessor with ``values``, whose rows take a multiple of 4 bytes."""
        at = self._new.values(values, kind)
        self._made[at] = values, kind
        return at

    def finish(self, tree: Tree) -> Change:
        if not self.counts:
            return Change(self._document)
        note = "mended " + ", ".join(f"{what} of {count}" for what, count in self.counts.items())
        return Change(self._new.document(tree), (note,))


def _unit(values: F32, tolerance: float, fallback: tuple[float, ...]) -> F32 | None:
    lengths = np.linalg.norm(values.astype(float), axis=1)
    off = np.abs(lengths - 1) > tolerance
    if not off.any():
        return None
    fixed = values.copy()
    fixed[off] = (values[off].astype(float) / np.where(lengths[off] > 1e-12, lengths[off], 1)[:, None]).astype(
        np.float32
    )
    fixed[off & (lengths <= 1e-12)] = fallback
    return fixed


def _unit_vectors(values: F32) -> F32 | None:
    return _unit(values, UNIT_VECTOR, (0, 0, 1))


def _unit_quaternions(values: F32) -> F32 | None:
    return _unit(values, UNIT_QUATERNION, (0, 0, 0, 1))


def _unit_tangents(values: F32) -> F32 | None:
    direction = _unit(values[:, :3], UNIT_VECTOR, (1, 0, 0))
    sign = np.where(values[:, 3] < 0, np.float32(-1), np.float32(1))
    if direction is None and np.array_equal(sign, values[:, 3]):
        return None
    return np.column_stack([values[:, :3] if direction is None else direction, sign]).astype(np.float32)


def _mend_influences(document: Document, editor: _Editor, attributes: Tree) -> None:
    names = sorted(name for name in attributes if name.startswith("WEIGHTS_"))
    if not names:
        return
    weights = np.concatenate([read_floats(document, attributes[name]) for name in names], axis=1)
    joints = np.concatenate([read_raw(document, attributes[f"JOINTS_{name[8:]}"]) for name in names], axis=1)
    once, twice = _joints_once(joints, weights)
    sums = once.astype(float).sum(axis=1)
    off = np.abs(sums - 1) > WEIGHT_SUM * np.maximum((once != 0).sum(axis=1), 1)
    if not (off.any() or twice.any()):
        return
    fixed = once.copy()
    fixed[off & (sums == 0), 0] = 1
    fixed[off] = fixed[off] / fixed[off].sum(axis=1, keepdims=True)
    rest = (1 - fixed.astype(float).sum(axis=1)).astype(np.float32)
    fixed[off, fixed[off].argmax(axis=1)] += rest[off]
    if twice.any():  # what has no weight names joint 0
        joints = np.where((fixed == 0) & twice[:, None], 0, joints)
    for number, name in enumerate(names):
        attributes[name] = editor.append(fixed[:, 4 * number : 4 * number + 4], "VEC4")
        if twice.any():
            columns = joints[:, 4 * number : 4 * number + 4].astype(np.uint16)
            attributes[f"JOINTS_{name[8:]}"] = editor.append(columns, "VEC4")
    for what, wrong in (("skin weights", off), ("joints that a vertex named twice", twice)):
        if wrong.any():
            editor.count(what)


def _joints_once(joints: NDArray[Any], weights: F32) -> tuple[F32, NDArray[np.bool_]]:
    """Weights (n, influences) of which each joint of a vertex has one, the sum of its own; and which vertices (n,)
    named a joint twice."""
    made = weights.copy()
    twice = np.zeros(len(weights), np.bool_)
    for first in range(joints.shape[1]):
        for second in range(first + 1, joints.shape[1]):
            same = (joints[:, first] == joints[:, second]) & (made[:, second] != 0) & (made[:, first] != 0)
            made[same, first] += made[same, second]
            made[same, second] = 0
            twice |= same
    return made, twice


def _mend_mesh(mesh: Tree, editor: _Editor) -> Tree:
    """Default weights of morph targets, one for each."""
    if "weights" not in mesh:
        return mesh
    count = max((len(primitive.get("targets", ())) for primitive in mesh["primitives"]), default=0)
    if len(mesh["weights"]) == count:
        return mesh
    editor.count("default morph weights")
    fitted = (mesh["weights"] + [0.0] * count)[:count]
    return {**mesh, "weights": fitted} if fitted else without(mesh, "weights")


def _mend_graph(document: Document, tree: Tree, editor: _Editor) -> None:
    """Joints of a skin hang on one root, scenes name roots only and each once, nodes without a mesh have no skin."""
    nodes = [_mend_node(node, editor) for node in document.list("nodes")]
    tree["nodes"] = nodes
    parents = {child: at for at, node in enumerate(nodes) for child in node.get("children", ())}
    apart = _apart(document, parents)
    if apart:
        editor.count("roots of joints")
        nodes.append({**ROOT, "children": apart})
        parents.update(dict.fromkeys(apart, len(nodes) - 1))
    scenes: list[Tree] = []
    for scene in document.list("scenes"):
        named = scene.get("nodes", [])
        tops = dict.fromkeys(len(nodes) - 1 if at in apart else at for at in named)
        roots = [at for at in tops if at not in parents]
        if roots != named or scene.get("nodes") == []:
            editor.count("scenes")
        scenes.append({**scene, "nodes": roots} if roots else without(scene, "nodes"))
    if scenes:
        tree["scenes"] = scenes


def _apart(document: Document, parents: dict[int, int]) -> list[int]:
    """The roots on which joints of one skin hang apart from each other."""
    found: dict[int, None] = {}
    for skin in document.list("skins"):
        roots: dict[int, None] = {}
        for joint in skin["joints"]:
            while joint in parents:
                joint = parents[joint]
            roots[joint] = None
        if len(roots) > 1:
            found |= roots
    return list(found)


def _mend_skin(document: Document, skin: Tree, editor: _Editor) -> Tree:
    """The last row of bind matrices, and a skeleton that is no common root: readers do without it."""
    if "skeleton" in skin:
        nodes = document.list("nodes")
        below, queue = {skin["skeleton"]}, [skin["skeleton"]]
        while queue:
            found = nodes[queue.pop()].get("children", [])
            below.update(found)
            queue.extend(found)
        if not below.issuperset(skin["joints"]):
            editor.count("skeleton roots")
            skin = without(skin, "skeleton")
    if "inverseBindMatrices" in skin:
        matrices = editor.repaired(skin["inverseBindMatrices"], _affine, "bind matrices")
        skin = {**skin, "inverseBindMatrices": matrices}
    return skin


def _affine(values: F32) -> F32 | None:
    """(n, 16), column by column: a matrix of a joint has 0, 0, 0, 1 as its last row."""
    last = np.array([0, 0, 0, 1], np.float32)
    if (values[:, 3::4] == last).all():
        return None
    fixed = values.copy()
    fixed[:, 3::4] = last
    return fixed


def _mend_animation(animation: Tree, editor: _Editor) -> Tree:
    samplers = list(animation["samplers"])
    channels: dict[tuple[int | None, str], Tree] = {}
    for number, channel in enumerate(animation["channels"]):
        target = channel["target"]
        # Channels without a node say in extensions what they move.
        key = (target["node"], target["path"]) if "node" in target else (None, str(number))
        if channels.setdefault(key, channel) is not channel:
            editor.count("tracks of what another one moves")
            continue
        sampler = samplers[channel["sampler"]] = _rising(samplers[channel["sampler"]], editor)
        if target["path"] == "rotation" and sampler.get("interpolation") != "CUBICSPLINE":
            output = editor.repaired(sampler["output"], _unit_quaternions, "rotation tracks")
            samplers[channel["sampler"]] = {**sampler, "output": output}
    return {**animation, "samplers": samplers, "channels": list(channels.values())}


def _rising(sampler: Tree, editor: _Editor) -> Tree:
    """``sampler`` with those keys alone that come after all before them."""
    times, values = editor.read(sampler["input"]), editor.read(sampler["output"])
    before = np.maximum.accumulate(np.concatenate([[-np.finfo(np.float32).tiny], times[:-1, 0]]))
    keys = times[:, 0] > before
    if keys.all():
        return sampler
    kept = values.reshape(len(times), -1)[keys].reshape(-1, values.shape[1])
    editor.count("tracks whose key times fall back")
    made = {"input": editor.append(times[keys], "SCALAR")}
    return {**sampler, **made, "output": editor.append(kept, editor.kind(sampler["output"]))}


def _mend_material(material: Tree, editor: _Editor) -> Tree:
    """Factors from 0 to 1; what shines more does so by KHR_materials_emissive_strength."""
    made = material
    surface = material.get("pbrMetallicRoughness", {})
    held = {key: _within_one(surface[key]) for key in _FACTORS if key in surface}
    if any(surface[key] != value for key, value in held.items()):
        made = {**made, "pbrMetallicRoughness": {**surface, **held}}
    brightest = max(material.get("emissiveFactor", (0,)))
    if brightest > 1:
        extensions = material.get("extensions", {})
        said = extensions.get(_STRENGTH, {}).get("emissiveStrength", 1.0)
        strength = said * brightest if isinstance(said, int | float) else brightest
        made = {
            **made,
            "emissiveFactor": [value / brightest for value in material["emissiveFactor"]],
            "extensions": {**extensions, _STRENGTH: {"emissiveStrength": strength}},
        }
    if made is not material:
        editor.count("factors of materials")
    return made


def _within_one(value: Any) -> Any:
    return [min(item, 1.0) for item in value] if isinstance(value, list) else min(value, 1.0)


def _mend_node(node: Tree, editor: _Editor) -> Tree:
    if "skin" in node and "mesh" not in node:
        editor.count("skins without a mesh")
        node = without(node, "skin")
    if "rotation" not in node:
        return node
    rotation = np.array(node["rotation"], float)
    length = float(np.linalg.norm(rotation))
    if abs(length - 1) <= NODE_ROTATION:
        return node
    editor.count("node rotations")
    return {**node, "rotation": (rotation / length).tolist() if length > 1e-12 else [0.0, 0.0, 0.0, 1.0]}
