"""A model bound in another rest pose: T or A, as Ready Player Me bound its avatars.

The joints' rest rotations become the pose, and the mesh is bound in it: what a viewer shows, what three.js'
``skeleton.pose()`` returns to and what Unity's Humanoid reads agree. Bones keep their lengths, places and local axes,
so an animation, whose rotations are absolute, moves the bones as before.

Vertices go from one bind pose to the other by dual quaternions: linear blending would make shoulders thin, and thinner
with every change of pose.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Change, Document, Tree
from avatar.gltf.model.pose import F64, I64, joint_matrices, quaternion_matrix, skin_weights, world_matrices
from avatar.gltf.transforms.skeleton import humanoid
from avatar.variant import RestPose

Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Goal:
    """Where a left arm points: x to the left, y up, z forward."""

    arm: tuple[float, float, float]
    forearm: tuple[float, float, float]
    hand: tuple[float, float, float]
    palm: tuple[float, float, float]


_GOALS: Final = {
    RestPose.T: _Goal((1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    # measured on Ready Player Me's avatars: arms 59 degrees below the horizontal, elbows a little bent
    RestPose.A: _Goal((0.504, -0.86, -0.075), (0.555, -0.749, 0.36), (0.491, -0.769, 0.409), (-0.864, -0.489, 0.118)),
}
ARM_TOLERANCE, HAND_TOLERANCE, PALM_TOLERANCE, LEG_TOLERANCE = 10.0, 25.0, 40.0, 15.0  # degrees
_SIDES: Final = (("Left", 1.0), ("Right", -1.0))
_UPRIGHT = 20.0  # degrees by which a body may lean and still stand along the axes of the file
_STILL = 2e-4  # of a turn's matrix, and metres of its shift on a body of 1 m from hips to head: noise of exporters
_RIGID = 1e-3
_DOWN: Final = np.array([0.0, -1.0, 0.0])


def rest_pose(document: Document, pose: RestPose) -> Change:
    """Bind the model in ``pose``. Unchanged, with a note, when it is in it already or has no arms that are recognised.

    Arms get the directions of the pose with the hands' palms, legs are brought straight down where they stand wide;
    trunk, head, fingers and feet keep what they have. A part within a few degrees stays as it is. Meshes without a
    skin follow their joints. Spring bones and constraints of VRM are not touched.
    """
    joints = humanoid(document)
    worlds = world_matrices(document)
    arms = {f"{side}{part}" for side, _ in _SIDES for part in ("Arm", "ForeArm", "Hand")}
    if not arms <= joints.keys() or "Hips" not in joints or "Head" not in joints:
        return _as_it_was(document, "the arms of its skeleton were not recognised")
    if _shared_meshes(document):
        return _as_it_was(document, f"mesh {_shared_meshes(document)[0]} hangs on several skins")
    body = _Body(document, joints, worlds)
    if np.abs(body.axes @ body.axes.T - np.eye(3)).max() > _RIGID:
        return _as_it_was(document, "its joints lie in one place")
    said = body.take(_GOALS[pose])
    try:
        turned = body.turned_nodes()
        if turned is None:
            return _as_it_was(document, "its joints are scaled unevenly")
        posed = Document({**document.tree, "nodes": turned}, document.binary)
        bound = _bound(posed, document, body.size)
    except np.linalg.LinAlgError:
        return _as_it_was(document, "a joint is scaled to nothing")
    if not said and bound is None:
        return Change(document, (f"the model is in the {pose}-pose already",))
    notes = [f"bound in the {pose}-pose: {', '.join(said) if said else 'the joints stood so, the mesh did not'}"]
    if pose is RestPose.A and {"VRM", "VRMC_vrm"} & set(document.tree.get("extensions", {})):
        notes.append("VRM wants models in the T-pose: readers of VRM may show this one wrongly")
    return Change(bound or posed, tuple(notes))


def _as_it_was(document: Document, why: str) -> Change:
    return Change(document, (f"the rest pose stays as it is: {why}",))


def _shared_meshes(document: Document) -> list[int]:
    """Meshes that nodes show with different skins, or with one and without."""
    skins: dict[int, set[int | None]] = {}
    for node in document.list("nodes"):
        if "mesh" in node:
            skins.setdefault(node["mesh"], set()).add(node.get("skin"))
    return [mesh for mesh, shown in skins.items() if len(shown) > 1]


# --- turning joints ---------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Body:
    """A skeleton that is being posed; ``carry`` takes points of the old rest pose to the new one, below each node."""

    document: Document
    joints: Mapping[str, int]
    worlds: F64
    carry: dict[int, F64] = field(default_factory=dict)
    parents: dict[int, int] = field(default_factory=dict)
    axes: F64 = field(default_factory=lambda: np.eye(3))  # columns: left, up, forward
    size: float = 1.0  # from hips to head

    def __post_init__(self) -> None:
        nodes = self.document.list("nodes")
        self.parents = {child: at for at, node in enumerate(nodes) for child in node.get("children", ())}
        up = self._at("Head") - self._at("Hips")
        self.size = max(float(np.linalg.norm(up)), 1e-9)
        up = _along_an_axis(up)
        left = self._at("LeftArm") - self._at("RightArm")
        left = _along_an_axis(left - (left @ up) * up)
        left = _unit(left - (left @ up) * up)
        self.axes = np.stack([left, up, np.cross(left, up)], axis=1)

    def take(self, goal: _Goal) -> list[str]:
        """Turn what is not in the pose; says which parts that were, and how far they were off."""
        said = []
        for side, sign in _SIDES:
            off = self._arm(side, sign, goal)
            said += [f"{side.lower()} arm by {off:.0f} degrees"] if off else []
            off = self._leg(side)
            said += [f"{side.lower()} leg by {off:.0f} degrees"] if off else []
        return said

    def turned_nodes(self) -> list[Tree] | None:
        """The nodes with their new rotations; None where scales stand in the way."""
        nodes = list(self.document.list("nodes"))
        for at, carry in self.carry.items():
            above = self.parents.get(at)
            parent = np.eye(4) if above is None else self._inherited(above) @ self.worlds[above]
            old_parent = np.eye(4) if above is None else self.worlds[above]
            old = np.linalg.solve(old_parent, self.worlds[at])
            turn = np.linalg.solve(parent, carry @ self.worlds[at]) @ np.linalg.inv(old)
            rotation = turn[:3, :3]
            if np.abs(rotation @ rotation.T - np.eye(3)).max() > _RIGID:
                return None
            nodes[at] = _turned(nodes[at], rotation)
        return nodes

    def _arm(self, side: str, sign: float, goal: _Goal) -> float:
        mirror = np.array([sign, 1.0, 1.0])
        arm, forearm, hand, palm = (
            self.axes @ (mirror * _unit(np.array(way))) for way in (goal.arm, goal.forearm, goal.hand, goal.palm)
        )
        chain = [(f"{side}Arm", f"{side}ForeArm", arm), (f"{side}ForeArm", f"{side}Hand", forearm)]
        offs = [_angle(self._direction(name, child), goal) for name, child, goal in chain]
        reach, facing = self._hand(side, sign)
        hand_off = 0.0 if reach is None else _angle(reach, hand)
        palm_off = 0.0 if facing is None else _angle(facing, palm)
        if max(offs) <= ARM_TOLERANCE and hand_off <= HAND_TOLERANCE and palm_off <= PALM_TOLERANCE:
            return 0.0
        for name, child, way in chain:
            self._turn(self.joints[name], _swing(self._direction(name, child), way))
        self._take_hand(side, sign, hand, palm, forearm)
        return max(*offs, hand_off, palm_off)

    def _take_hand(self, side: str, sign: float, hand: F64, palm: F64, forearm: F64) -> None:
        """Turn a hand to where it shall reach and its palm shall face, half of the way by the forearm, as in life."""
        wrist = self.joints[f"{side}Hand"]
        reach, facing = self._hand(side, sign)
        if reach is None:
            return
        if facing is None:
            self._turn(wrist, _swing(reach, hand))
            return
        rotation = Rotation.from_matrix(_frame(hand, palm) @ _frame(reach, facing).T)
        quaternion = rotation.as_quat()
        twist = 2 * float(np.arctan2(quaternion[:3] @ forearm, quaternion[3]))
        half = Rotation.from_rotvec(forearm * ((twist + np.pi) % (2 * np.pi) - np.pi) / 2)
        self._turn(self.joints[f"{side}ForeArm"], half.as_matrix())
        self._turn(wrist, (rotation * half.inv()).as_matrix())

    def _hand(self, side: str, sign: float) -> tuple[F64 | None, F64 | None]:
        """Where a hand reaches and where its palm faces, as far as its fingers tell."""
        hand = f"{side}Hand"
        roots = {finger: f"{hand}{finger}1" for finger in ("Middle", "Index", "Ring", "Pinky")}
        found = {finger: name for finger, name in roots.items() if name in self.joints}
        if not found:
            return None, None
        reach = self._direction(hand, next(iter(found.values())))
        outer = next((found[finger] for finger in ("Pinky", "Ring", "Middle") if finger in found), None)
        if "Index" not in found or outer is None:
            return reach, None
        palm = np.cross(reach, self._direction(outer, found["Index"])) * sign
        return (reach, _unit(palm)) if np.linalg.norm(palm) > 0.1 else (reach, None)

    def _leg(self, side: str) -> float:
        names = [f"{side}{part}" for part in ("UpLeg", "Leg", "Foot")]
        if not all(name in self.joints for name in names):
            return 0.0
        down = self.axes @ _DOWN
        pairs = list(itertools.pairwise(names))
        off = max(_angle(self._direction(*pair), down) for pair in pairs)
        if off <= LEG_TOLERANCE:
            return 0.0
        for name, child in pairs:
            self._turn(self.joints[name], _swing(self._direction(name, child), down))
        foot = self.joints[names[2]]
        self._turn(foot, self._inherited(foot)[:3, :3].T)  # the sole stays as level as it was
        return off

    def _inherited(self, at: int) -> F64:
        while at not in self.carry and at in self.parents:
            at = self.parents[at]
        return self.carry.get(at, np.eye(4))

    def _at(self, name: str) -> F64:
        """Where a joint is now."""
        at = self.joints[name]
        place: F64 = (self._inherited(at) @ self.worlds[at])[:3, 3]
        return place

    def _direction(self, name: str, child: str) -> F64:
        return _unit(self._at(child) - self._at(name))

    def _turn(self, at: int, rotation: F64) -> None:
        """Turn a joint, and all below it, about its place. Joints below must not have been turned yet."""
        carry = self._inherited(at)
        pivot = (carry @ self.worlds[at])[:3, 3]
        about = np.eye(4)
        about[:3, :3], about[:3, 3] = rotation, pivot - rotation @ pivot
        self.carry[at] = about @ carry


def _turned(node: Tree, rotation: F64) -> Tree:
    """``node`` with ``rotation`` (3, 3) after its own, in its parent's space."""
    if "matrix" in node:
        matrix = np.array(node["matrix"], float).reshape(4, 4).T
        matrix[:3, :3] = rotation @ matrix[:3, :3]
        return {**node, "matrix": matrix.T.reshape(-1).tolist()}
    own = quaternion_matrix(np.array(node.get("rotation", (0, 0, 0, 1)), float))
    quaternion = Rotation.from_matrix(rotation @ own).as_quat()
    return {**node, "rotation": quaternion.tolist()}


def _unit(vector: F64) -> F64:
    out: F64 = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return out


def _angle(first: F64, second: F64) -> float:
    """Degrees between two unit vectors."""
    return float(np.degrees(np.arccos(np.clip(first @ second, -1.0, 1.0))))


def _along_an_axis(vector: F64) -> F64:
    """The nearest axis of the file, or the unit vector itself when it leans further than a body does."""
    axis = np.zeros(3)
    longest = int(np.abs(vector).argmax())
    axis[longest] = np.sign(vector[longest]) or 1.0
    return axis if _angle(_unit(vector), axis) <= _UPRIGHT else _unit(vector)


def _swing(source: F64, goal: F64) -> F64:
    """(3, 3) the smallest rotation that takes one direction to another."""
    axis = np.cross(source, goal)
    sine, cosine = float(np.linalg.norm(axis)), float(source @ goal)
    if sine < 1e-9 and cosine < 0:  # half a turn about anything across
        axis = np.cross(source, np.eye(3)[np.abs(source).argmin()])
    angle = float(np.arctan2(sine, cosine))
    return Rotation.from_rotvec(_unit(axis) * angle).as_matrix() if angle > 1e-9 else np.eye(3)


def _frame(along: F64, towards: F64) -> F64:
    """(3, 3) axes of which the first lies along, the second as near ``towards`` as can be."""
    across = _unit(towards - (towards @ along) * along)
    return np.stack([along, across, np.cross(along, across)], axis=1)


# --- binding the mesh -------------------------------------------------------------------------------------------------


def _bound(posed: Document, document: Document, size: float) -> Document | None:
    """``posed`` with meshes bound in the rest pose of its nodes; None when all were."""
    worlds, old = world_matrices(posed), world_matrices(document)
    appended = Appended(document)
    skins = list(posed.list("skins"))
    meshes = list(posed.list("meshes"))
    moved: dict[int, _Binding] = {}
    for at, skin in enumerate(skins):
        binding = _binding(document, at, old, worlds[skin["joints"]], size)
        if binding is not None:
            moved[at] = binding
            inverse = binding.inverse.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
            skins[at] = {**skin, "inverseBindMatrices": appended.values(inverse, "MAT4")}
    if not moved:
        return None
    for node in posed.list("nodes"):
        if "mesh" in node and node.get("skin") in moved:
            rebound = _Rebound(document, appended, moved[node["skin"]])
            mesh = document.tree["meshes"][node["mesh"]]
            meshes[node["mesh"]] = {**mesh, "primitives": [rebound.primitive(item) for item in mesh["primitives"]]}
    return appended.document({"nodes": posed.tree["nodes"], "meshes": meshes, "skins": skins})


@dataclass(slots=True)
class _Binding:
    """How the vertices of one skin get from the old bind pose to the new."""

    carry: F64  # (joints, 4, 4) in world space
    moved: Bools  # (joints,)
    space: F64  # (4, 4) the mesh's space to the world, in both bind poses
    inverse: F64  # (joints, 4, 4) new inverse bind matrices
    done: dict[tuple[int, ...], int] = field(default_factory=dict)  # accessors and what became of them
    blends: dict[tuple[int, ...], Any] = field(default_factory=dict)


def _binding(document: Document, skin: int, old: F64, worlds: F64, size: float) -> _Binding | None:
    """None when the skin is bound in the pose of ``worlds`` (joints, 4, 4) already."""
    was = joint_matrices(document, skin, old)
    inverse = _inverse_bind(document, skin)
    space = was[_most_agreed(was)]
    carry = worlds @ inverse @ np.linalg.inv(space)
    away = np.abs(carry - np.eye(4))
    moved = (away[:, :3, :3].max(axis=(1, 2)) > _STILL) | (away[:, :3, 3].max(axis=1) > _STILL * size)
    if not moved.any():
        return None
    carry[~moved] = np.eye(4)
    inverse[moved] = np.linalg.solve(worlds[moved], np.broadcast_to(space, (int(moved.sum()), 4, 4)))
    return _Binding(carry, moved, space, inverse)


def _inverse_bind(document: Document, skin: int) -> F64:
    """(joints, 4, 4) of a skin, identities where it has none."""
    tree = document.tree["skins"][skin]
    count = len(tree["joints"])
    if "inverseBindMatrices" not in tree:
        return np.tile(np.eye(4), (count, 1, 1))
    flat = read_floats(document, tree["inverseBindMatrices"])[:count].astype(float)
    inverse: F64 = flat.reshape(-1, 4, 4).transpose(0, 2, 1)
    return inverse


def _most_agreed(matrices: F64) -> int:
    """The one of (n, 4, 4) that is like most others: for a skin bound in its rest pose all are the same."""
    scale = max(float(np.abs(matrices).max()), 1e-9)
    step = max(1, len(matrices) // 64)
    apart = np.abs(matrices[::step, None] - matrices[None]).max(axis=(2, 3))
    return step * int((apart < 1e-3 * scale).sum(axis=1).argmax())


class _Rebound:
    """Writes the vertices of primitives anew; accessors that several share are written once and shared again."""

    def __init__(self, document: Document, appended: Appended, binding: _Binding) -> None:
        self._document, self._appended, self._binding = document, appended, binding

    def primitive(self, primitive: Tree) -> Tree:
        """A primitive in the new bind pose; its untouched vertices stay as they are, bit by bit."""
        attributes = primitive["attributes"]
        names = sorted(name for name in attributes if name.startswith(("JOINTS_", "WEIGHTS_")))
        if not names:
            return primitive
        key = tuple(attributes[name] for name in names)
        if key not in self._binding.blends:
            self._binding.blends[key] = self._blend(primitive)
        blend: _Blend | None = self._binding.blends[key]
        if blend is None:
            return primitive
        made = {
            **primitive,
            "attributes": {name: self._stream(at, name, key, blend, False) for name, at in attributes.items()},
        }
        if "targets" in primitive:
            made["targets"] = [
                {name: self._stream(at, name, key, blend, True) for name, at in target.items()}
                for target in primitive["targets"]
            ]
        return made

    def _blend(self, primitive: Tree) -> _Blend | None:
        influences = skin_weights(self._document, primitive)
        if influences is None:
            return None
        joints, weights = influences
        joints = np.where(weights > 0, joints, 0)
        rows = np.flatnonzero((self._binding.moved[joints] & (weights > 0)).any(axis=1))
        if len(rows) == 0:
            return None
        turn, shift = blended(self._binding.carry, joints[rows], weights[rows])
        space, back = self._binding.space, np.linalg.inv(self._binding.space)
        linear = back[:3, :3] @ turn @ space[:3, :3]
        moved = turn @ space[:3, 3] + shift
        return _Blend(rows, linear, moved @ back[:3, :3].T + back[:3, 3])

    def _stream(self, at: int, name: str, key: tuple[int, ...], blend: _Blend, delta: bool) -> int:
        """The accessor to use instead of ``at``."""
        if name not in ("POSITION", "NORMAL", "TANGENT"):
            return at
        kind = ("POSITION", "NORMAL", "TANGENT").index(name)
        place = (at, kind, int(delta), *key)
        if place not in self._binding.done:
            values = read_floats(self._document, at)
            if delta and not values[blend.rows].any():
                self._binding.done[place] = at
            else:
                new = np.array(values)
                new[blend.rows, :3] = blend.apply(values[blend.rows, :3].astype(float), name, delta)
                self._binding.done[place] = self._appended.values(
                    new, self._document.tree["accessors"][at]["type"], bounds=name == "POSITION"
                )
        return self._binding.done[place]


@dataclass(frozen=True, slots=True)
class _Blend:
    """What happens to the vertices ``rows`` of a primitive, in its own space."""

    rows: I64
    linear: F64  # (rows, 3, 3)
    shift: F64  # (rows, 3)

    def apply(self, values: F64, name: str, delta: bool) -> F64:
        """Positions, normals or tangents (rows, 3), or what a morph target adds to them."""
        linear = np.linalg.inv(self.linear).transpose(0, 2, 1) if name == "NORMAL" else self.linear
        turned: F64 = np.einsum("nij,nj->ni", linear, values)
        if name == "POSITION":
            return turned if delta else turned + self.shift
        if delta:
            return turned
        before, after = (np.linalg.norm(vectors, axis=1, keepdims=True) for vectors in (values, turned))
        turned *= before / np.where(after > 1e-12, after, 1.0)
        return turned


def blended(carry: F64, joints: I64, weights: F64) -> tuple[F64, F64]:
    """Turns (n, 3, 3) and shifts (n, 3) of vertices that hang on several joints.

    By dual quaternions where all of ``carry`` (joints, 4, 4) are rigid, else by linear blending. ``weights`` (n, k) sum
    to 1, ``joints`` (n, k) are numbers into ``carry``.
    """
    turns, shifts = carry[:, :3, :3], carry[:, :3, 3]
    if np.abs(turns @ turns.transpose(0, 2, 1) - np.eye(3)).max() > _RIGID:
        turn, shift = np.zeros((len(joints), 3, 3)), np.zeros((len(joints), 3))
        for column in range(joints.shape[1]):
            turn += weights[:, column, None, None] * turns[joints[:, column]]
            shift += weights[:, column, None] * shifts[joints[:, column]]
        return turn, shift
    real: F64 = Rotation.from_matrix(turns).as_quat()
    dual = 0.5 * np.concatenate(
        [
            shifts * real[:, 3:] + np.cross(shifts, real[:, :3]),
            -np.einsum("ni,ni->n", shifts, real[:, :3])[:, None],
        ],
        axis=1,
    )
    main = real[np.take_along_axis(joints, weights.argmax(axis=1)[:, None], axis=1)[:, 0]]
    real_sum, dual_sum = np.zeros((len(joints), 4)), np.zeros((len(joints), 4))
    for column in range(joints.shape[1]):
        chosen = joints[:, column]
        signed = weights[:, column] * np.where(np.einsum("ni,ni->n", real[chosen], main) < 0, -1.0, 1.0)
        real_sum += signed[:, None] * real[chosen]
        dual_sum += signed[:, None] * dual[chosen]
    length = np.linalg.norm(real_sum, axis=1, keepdims=True)
    real_sum, dual_sum = real_sum / length, dual_sum / length
    shift = 2 * (
        real_sum[:, 3:] * dual_sum[:, :3]
        - dual_sum[:, 3:] * real_sum[:, :3]
        + np.cross(real_sum[:, :3], dual_sum[:, :3])
    )
    turn = Rotation.from_quat(real_sum).as_matrix()
    return turn, shift
