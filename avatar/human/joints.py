"""Ready Player Me's 67 joints in the parametric human's flesh: where each one sits, and which skin follows it.

Positions and weights come from the source's game_engine rig. Elbows, knees, hips and shoulders are bettered here: the
flesh bends over a short stretch, about a pivot that lies where the bones' own does, so that linear blend skinning
keeps the volume of what bends.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, VERTEX_COUNT, bundle
from avatar.human.figure import F32, F64, I64

FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")


def _skeleton() -> dict[str, str]:
    """Joint -> parent in Ready Player Me's order; the root's parent is the node ``Armature``."""
    tree = {"Hips": "Armature", "Spine": "Hips", "Spine1": "Spine", "Spine2": "Spine1", "Neck": "Spine2"}
    tree |= {"Head": "Neck", "HeadTop_End": "Head", "LeftEye": "Head", "RightEye": "Head"}
    for side in ("Left", "Right"):
        arm = [f"{side}{part}" for part in ("Shoulder", "Arm", "ForeArm", "Hand")]
        tree |= dict(zip(arm, ["Spine2", *arm], strict=False))
        for finger in FINGERS:
            chain = [f"{side}Hand{finger}{k}" for k in (1, 2, 3, 4)]
            tree |= dict(zip(chain, [f"{side}Hand", *chain], strict=False))
    for side in ("Left", "Right"):
        leg = [f"{side}{part}" for part in ("UpLeg", "Leg", "Foot", "ToeBase", "Toe_End")]
        tree |= dict(zip(leg, ["Hips", *leg], strict=False))
    return tree


PARENT: Mapping[str, str] = _skeleton()
JOINT_NAMES: tuple[str, ...] = tuple(PARENT)
_INDEX: Mapping[str, int] = {name: i for i, name in enumerate(JOINT_NAMES)}


def _source_bones() -> dict[str, str]:
    """Our joint -> the source bone that starts there."""
    pairs = {"Hips": "pelvis", "Spine": "spine_01", "Spine1": "spine_02", "Spine2": "spine_03", "Neck": "neck_01"}
    pairs["Head"] = "head"
    limbs = {"Shoulder": "clavicle", "Arm": "upperarm", "ForeArm": "lowerarm", "Hand": "hand"}
    limbs |= {"UpLeg": "thigh", "Leg": "calf", "Foot": "foot", "ToeBase": "ball"}
    limbs |= {f"Hand{f}{k}": f"{f.lower()}_0{k}" for f in FINGERS for k in (1, 2, 3)}
    for side, letter in (("Left", "l"), ("Right", "r")):
        pairs |= {f"{side}{joint}": f"{bone}_{letter}" for joint, bone in limbs.items()}
    return pairs


_SOURCE: Mapping[str, str] = _source_bones()
# End joints sit at the tail of the bone that carries them.
_TAILS: Mapping[str, str] = {
    **{f"{s}Hand{f}4": f"{f.lower()}_03_{s[0].lower()}" for s in ("Left", "Right") for f in FINGERS},
    **{f"{s}Toe_End": f"ball_{s[0].lower()}" for s in ("Left", "Right")},
}


@dataclass(frozen=True, slots=True)
class Hinge:
    """How flesh bends at a joint."""

    bend: float  # weights below this and above 1 - this become 0 and 1
    pivot: float | None  # where it turns, from the hindmost (0) to the foremost (1) skin around it
    end: str = ""  # the joint at the bone's other end


# A pivot towards the crease lets the outer side stretch, which makes up for what blending takes from the inner side.
_HINGES: Mapping[str, Hinge] = {
    "ForeArm": Hinge(0.15, 0.58, "Hand"),
    "Leg": Hinge(0.20, 0.26, "Foot"),
    "UpLeg": Hinge(0.20, 0.71, "Leg"),
    "Arm": Hinge(0.18, None),
}
_SHOULDER_INWARDS = 0.222  # of the way from the arm's source joint back to the collar bone's: into the joint's socket
_AROUND = 0.015  # metres along the bone that belong to a joint on the base mesh


@functools.cache
def base_weights() -> F32:
    """(19158, 67) skin weights of the base vertices: at most 4 per row, rows sum to 1, end joints carry nothing."""
    source = bundle().bone_weights
    columns = {bone.name: j for j, bone in enumerate(bundle().bones)}
    dense = np.zeros((VERTEX_COUNT, len(JOINT_NAMES)), np.float64)
    for joint, bone in _SOURCE.items():
        dense[:, _INDEX[joint]] += source[:, columns[bone]]
    for joint, ball in (("LeftEye", LEFT_EYE), ("RightEye", RIGHT_EYE)):
        dense[ball] = 0
        dense[ball, _INDEX[joint]] = 1
    for side in ("Left", "Right"):
        for name, hinge in _HINGES.items():
            dense = _crisp(dense, _INDEX[f"{side}{name}"], hinge.bend)
    weights = four_influences(dense)
    weights.setflags(write=False)
    return weights


def _crisp(dense: F64, joint: int, bend: float) -> F64:
    """Weights (n, 67) with the passage from a joint's parents to it and its children narrowed to its middle."""
    below = [j for j in range(len(JOINT_NAMES)) if _hangs_on(j, joint)]
    others = [j for j in range(len(JOINT_NAMES)) if j not in below]
    share = dense[:, below].sum(axis=1) / np.maximum(dense.sum(axis=1), 1e-12)
    t = np.clip((share - bend) / (1 - 2 * bend), 0.0, 1.0)
    narrow = t * t * (3 - 2 * t)
    out = dense.copy()
    out[:, below] *= np.where(share > 1e-9, narrow / np.maximum(share, 1e-9), 1.0)[:, None]
    out[:, others] *= np.where(share < 1 - 1e-9, (1 - narrow) / np.maximum(1 - share, 1e-9), 1.0)[:, None]
    return out


def _hangs_on(joint: int, ancestor: int) -> bool:
    while joint != ancestor:
        parent = PARENT[JOINT_NAMES[joint]]
        if parent not in _INDEX:
            return False
        joint = _INDEX[parent]
    return True


@functools.cache
def head_weight() -> F64:
    """(19158,) how much each base vertex moves with the head, its eyes included."""
    columns = [_INDEX[name] for name in ("Head", "LeftEye", "RightEye")]
    weight: F64 = base_weights()[:, columns].sum(axis=1).astype(np.float64).clip(0.0, 1.0)
    weight.setflags(write=False)
    return weight


def four_influences(dense: F64) -> F32:
    """(n, 67) weights cut to the four largest of each row and made to sum to 1; rows without any hang on Hips."""
    keep = np.argpartition(dense, -4, axis=1)[:, -4:]
    cut = np.zeros_like(dense)
    np.put_along_axis(cut, keep, np.take_along_axis(dense, keep, axis=1), axis=1)
    cut[cut.sum(axis=1) <= 0, _INDEX["Hips"]] = 1.0
    cut /= cut.sum(axis=1, keepdims=True)
    return cut.astype(np.float32)


def source_joints(vertices: F64) -> dict[str, F64]:
    """Joint name -> (3,) A-pose position on a shaped body (before or after styling)."""
    bones = {bone.name: bone for bone in bundle().bones}
    found = {joint: vertices[bones[bone].head].mean(axis=0) for joint, bone in _SOURCE.items()}
    found |= {joint: vertices[bones[bone].tail].mean(axis=0) for joint, bone in _TAILS.items()}
    found |= {"LeftEye": vertices[LEFT_EYE].mean(axis=0), "RightEye": vertices[RIGHT_EYE].mean(axis=0)}
    for side in ("Left", "Right"):
        found[f"{side}Arm"][0] += _SHOULDER_INWARDS * (found[f"{side}Shoulder"][0] - found[f"{side}Arm"][0])
        for name, hinge in _HINGES.items():
            if hinge.pivot is not None:
                hind, front = (vertices[ids, 2].mean() for ids in _skin_around(f"{side}{name}", f"{side}{hinge.end}"))
                found[f"{side}{name}"][2] = hind + hinge.pivot * (front - hind)
    crown = vertices[bundle().vertices_of("body"), 1].max()
    found["HeadTop_End"] = np.array([0.0, crown, found["Head"][2]])
    return {name: found[name] for name in JOINT_NAMES}


@functools.cache
def _skin_around(joint: str, end: str) -> tuple[I64, I64]:
    """The hindmost and the foremost base vertices of the skin around a joint."""
    base = bundle().base
    bones = {bone.name: bone for bone in bundle().bones}
    start, tip = (base[bones[_SOURCE[name]].head].mean(axis=0) for name in (joint, end))
    line = (tip - start) / np.linalg.norm(tip - start)
    skin = bundle().vertices_of("body")
    weights = bundle().bone_weights[skin]
    columns = [j for j, bone in enumerate(bundle().bones) if bone.name in (_SOURCE[joint], _SOURCE[PARENT[joint]])]
    near = np.abs((base[skin] - start) @ line) < _AROUND
    near &= (weights[:, columns].sum(axis=1) > 0.6) & (base[skin, 0] * start[0] > 0)
    ring = skin[near]
    ring = ring[np.argsort(base[ring, 2], kind="stable")]
    return ring[:4], ring[-4:]
