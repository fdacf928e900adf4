"""Ready Player Me's skeleton as it is bound: the T-pose, its bone frames and bind matrices.

Names and parents are those of readyplayerme/content-validation-schemas (skeletonV2 with eyes): Mixamo's without the
prefix. Bone frames follow the same convention, so that clients may set local rotations made for those avatars:
local +Y runs along the bone to its child; local +Z points forward for trunk and legs, to the palm side for arms,
hands and fingers, up for the feet; eyes are unrotated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from avatar.human.bundle import bundle
from avatar.human.figure import F32, F64, Figure
from avatar.human.joints import FINGERS
from avatar.human.joints import JOINT_NAMES as JOINT_NAMES
from avatar.human.joints import PARENT as PARENT
from avatar.human.joints import base_weights as base_weights
from avatar.human.joints import four_influences as four_influences
from avatar.human.joints import head_weight as head_weight
from avatar.human.joints import source_joints as source_joints

_INDEX: Mapping[str, int] = {name: i for i, name in enumerate(JOINT_NAMES)}


@dataclass(frozen=True, slots=True)
class Bind:
    """The skeleton in its T-pose, and how to carry A-pose points there."""

    carry: F64  # (67, 4, 4) A-pose world -> T-pose world, per joint
    world: F64  # (67, 4, 4) joint frames in the T-pose, rotation and position, no scale
    inverse: F64  # (67, 4, 4) inverse bind matrices, row-major (transpose for glTF)
    translation: F64  # (67, 3) local to the parent; Hips to the node Armature, which is the identity
    rotation: F64  # (67, 4) local quaternions x, y, z, w
    parents: tuple[int, ...]  # index of the parent joint, -1 for Hips


def _unit(vector: F64) -> F64:
    out: F64 = vector / max(float(np.linalg.norm(vector)), 1e-12)
    return out


def _swing(source: F64, goal: F64) -> F64:
    """(3, 3) smallest rotation that takes one direction to another."""
    a, b = _unit(source), _unit(goal)
    v, c = np.cross(a, b), float(a @ b)
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    out: F64 = np.eye(3) + k + k @ k / max(1 + c, 1e-9)
    return out


def _frame(along: F64, towards: F64) -> F64:
    """(3, 3) rotation with local +Y along the bone and local +Z as near ``towards`` as can be."""
    y = _unit(along)
    z = _unit(towards - (towards @ y) * y)
    return np.stack([np.cross(y, z), y, z], axis=1)


def _about(pivot: F64, rotation: F64) -> F64:
    """(4, 4) rotation about a point."""
    out = np.eye(4)
    out[:3, :3] = rotation
    out[:3, 3] = pivot - rotation @ pivot
    return out


_SIDES = (("Left", 1.0), ("Right", -1.0))
_SHOULDER = np.array([0.975, 0.085, -0.2])  # by convention like the trunk: clips set arm rotations relative to it
_THUMB = np.array([0.76, -0.46, 0.46])  # where a relaxed flat hand's left thumb points in Ready Player Me's T-pose
_THUMB_PALM = np.array([-0.46, -0.88, -0.12])
_FINGER_SPREAD = 0.35  # of the A-pose's lateral spread that stays in the T-pose
_LEG_CLEARANCE = 0.006  # metres from the middle that inner thighs and calves keep when the stance is narrowed
# Forward (+) lean in degrees of the trunk's frames: the source's spine joints sit off the line a spine bends about, so
# the frames are given the lean they have in the skeletons that clients animate, not the line between the joints.
_TRUNK_LEAN = {"Hips": -3.0, "Spine": -5.0, "Spine1": -9.0, "Spine2": -2.0, "Neck": 14.0, "Head": 8.0}
_TRUNK_LEAN |= {"HeadTop_End": 0.0}


def _rotation_z(angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])


def _leg_turn(figure: Figure, side: str, sign: float) -> float:
    """Radians about +Z that bring one straightened leg towards vertical, as far as the legs' flesh leaves room."""
    hip, ankle = figure.joints[f"{side}UpLeg"], figure.joints[f"{side}Foot"]
    goal = np.arctan2(sign * (ankle - hip)[0], -(ankle - hip)[1])  # outward angle to take away for a vertical leg
    columns = [_INDEX[f"{side}UpLeg"], _INDEX[f"{side}Leg"]]
    leg = bundle().vertices_of("body")
    leg = leg[figure.weights[leg][:, columns].sum(axis=1) > 0.99]
    flesh = figure.vertices[leg]
    depth = hip[1] - flesh[:, 1]
    flesh, depth = flesh[depth > 0.25 * (hip[1] - ankle[1])], depth[depth > 0.25 * (hip[1] - ankle[1])]
    room = (sign * flesh[:, 0] - _LEG_CLEARANCE) / depth
    return sign * float(np.clip(goal, 0.0, max(float(room.min()), 0.0)))


def bind(figure: Figure) -> Bind:
    """The T-pose: arms along +-X with palms down, fingers straight, legs under the hips, feet as they stood.

    Pure geometry on 67 joints, under a millisecond apart from the leg clearance; call it once per figure.
    """
    joints = figure.joints
    carry: dict[str, F64] = {}
    frames: dict[str, F64] = {}
    down, up, forward = np.array([0.0, -1, 0]), np.array([0.0, 1, 0]), np.array([0.0, 0, 1])

    def inherit(name: str) -> F64:
        return carry.get(PARENT[name], np.eye(4))

    def placed(name: str, under: F64) -> F64:
        return under[:3, :3] @ joints[name] + under[:3, 3]

    def direction(name: str, child: str) -> F64:
        return inherit(name)[:3, :3] @ (joints[child] - joints[name])

    def turn(name: str, rotation: F64) -> None:
        under = inherit(name)
        carry[name] = _about(placed(name, under), rotation) @ under

    for name, lean in _TRUNK_LEAN.items():
        carry[name] = np.eye(4)
        frames[name] = _frame(np.array([0.0, np.cos(np.radians(lean)), np.sin(np.radians(lean))]), forward)
    for name in ("LeftEye", "RightEye"):
        carry[name], frames[name] = np.eye(4), np.eye(3)
    for side, sign in _SIDES:
        out = np.array([sign, 0.0, 0.0])
        mirror = np.array([sign, 1.0, 1.0])
        carry[f"{side}Shoulder"] = inherit(f"{side}Shoulder")
        frames[f"{side}Shoulder"] = _frame(_SHOULDER * mirror, down)
        for name, child in ((f"{side}Arm", f"{side}ForeArm"), (f"{side}ForeArm", f"{side}Hand")):
            turn(name, _swing(direction(name, child), out))
            frames[name] = _frame(out, down)
        hand = f"{side}Hand"
        reach = direction(hand, f"{hand}Middle1")
        across = inherit(hand)[:3, :3] @ (joints[f"{hand}Index1"] - joints[f"{hand}Pinky1"])
        palm = np.cross(reach, across) * sign
        frames[hand] = _frame(out, down)
        turn(hand, frames[hand] @ _frame(reach, palm).T)
        for finger in FINGERS:
            for k in (1, 2, 3):
                name = f"{hand}{finger}{k}"
                now = _unit(direction(name, f"{hand}{finger}{k + 1}"))
                if finger == "Thumb":
                    goal = _unit(now + (1.5 if k == 1 else 0.7) * _THUMB * mirror)
                    towards = _THUMB_PALM * mirror
                else:
                    goal = _unit(np.array([sign, -0.035, _FINGER_SPREAD * now[2]]))
                    towards = down
                turn(name, _swing(now, goal))
                frames[name] = _frame(goal, towards)
            tip = f"{hand}{finger}4"
            carry[tip], frames[tip] = inherit(tip), frames[f"{hand}{finger}3"]
        hip, knee, ankle, ball, toe = (f"{side}{part}" for part in ("UpLeg", "Leg", "Foot", "ToeBase", "Toe_End"))
        lean = _leg_turn(figure, side, sign)
        turn(hip, _rotation_z(-lean))
        straight = _unit(carry[hip][:3, :3] @ (joints[ankle] - joints[hip]))
        frames[hip] = _frame(carry[hip][:3, :3] @ (joints[knee] - joints[hip]), forward)
        now = direction(knee, ankle)
        turn(knee, _swing(now, np.array([straight[0] * np.linalg.norm(now), now[1], now[2]])))
        frames[knee] = _frame(carry[knee][:3, :3] @ (joints[ankle] - joints[knee]), forward)
        level = carry[knee][:3, :3].T  # the foot keeps the ground under its sole
        turn(ankle, level)
        frames[ankle] = _frame(joints[ball] - joints[ankle], up)
        carry[ball] = carry[ankle]
        frames[ball] = _frame(joints[toe] - joints[ball], up)
        carry[toe], frames[toe] = carry[ankle], frames[ball]
    stacked = np.stack([carry[name] for name in JOINT_NAMES])
    lift = joints["LeftFoot"][1] - placed("LeftFoot", carry["LeftFoot"])[1]
    stacked[:, 1, 3] += lift  # straightened legs reach lower; the soles stay on the ground
    world = np.tile(np.eye(4), (len(JOINT_NAMES), 1, 1))
    world[:, :3, :3] = np.stack([frames[name] for name in JOINT_NAMES])
    rest = np.stack([joints[name] for name in JOINT_NAMES])
    world[:, :3, 3] = np.einsum("jab,jb->ja", stacked[:, :3, :3], rest) + stacked[:, :3, 3]
    parents = tuple(_INDEX.get(PARENT[name], -1) for name in JOINT_NAMES)
    inverse: F64 = np.linalg.inv(world).astype(np.float64)
    local = np.stack([w if p < 0 else inverse[p] @ w for w, p in zip(world, parents, strict=True)])
    rotation = Rotation.from_matrix(local[:, :3, :3]).as_quat(canonical=True)
    return Bind(stacked, world, inverse, local[:, :3, 3].copy(), rotation, parents)


def to_bind(pose: Bind, positions: F64, normals: F64, weights: F32) -> tuple[F64, F64]:
    """Carry a part of the A-pose figure into the T-pose by linear blend skinning.

    ``positions`` and ``normals`` are (n, 3), ``weights`` (n, 67) with rows that sum to 1; normals come back unit.
    """
    blended = _blended(pose, weights)
    moved = np.einsum("nab,nb->na", blended[:, :, :3], positions) + blended[:, :, 3]
    turned = np.einsum("nab,nb->na", blended[:, :, :3], normals)
    return moved, turned / np.maximum(np.linalg.norm(turned, axis=1, keepdims=True), 1e-12)


def deltas_to_bind(pose: Bind, deltas: Mapping[str, F64], weights: F32) -> dict[str, F64]:
    """Carry morph displacements, each (n, 3), into the T-pose: they turn with their vertices, nothing moves them."""
    blended = _blended(pose, weights)[:, :, :3]
    return {name: np.einsum("nab,nb->na", blended, delta) for name, delta in deltas.items()}


def _blended(pose: Bind, weights: F32) -> F64:
    """(n, 3, 4) skinning matrices."""
    flat = pose.carry[:, :3].reshape(len(pose.carry), 12)
    out: F64 = (weights.astype(np.float64) @ flat).reshape(-1, 3, 4)
    return out
