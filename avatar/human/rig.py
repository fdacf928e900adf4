"""Ready Player Me's 67-joint skeleton on the parametric human: positions, weights, T-pose and bind matrices.

Names and parents are those of readyplayerme/content-validation-schemas (skeletonV2 with eyes): Mixamo's without the
prefix. Bone frames follow the same convention, so that clients may set local rotations made for those avatars:
local +Y runs along the bone to its child; local +Z points forward for trunk and legs, to the palm side for arms,
hands and fingers, up for the feet; eyes are unrotated.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, VERTEX_COUNT, bundle
from avatar.human.figure import F32, F64, Figure

_FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")


def _skeleton() -> dict[str, str]:
    """Joint -> parent in Ready Player Me's order; the root's parent is the node ``Armature``."""
    tree = {"Hips": "Armature", "Spine": "Hips", "Spine1": "Spine", "Spine2": "Spine1", "Neck": "Spine2"}
    tree |= {"Head": "Neck", "HeadTop_End": "Head", "LeftEye": "Head", "RightEye": "Head"}
    for side in ("Left", "Right"):
        arm = [f"{side}{part}" for part in ("Shoulder", "Arm", "ForeArm", "Hand")]
        tree |= dict(zip(arm, ["Spine2", *arm], strict=False))
        for finger in _FINGERS:
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
    limbs |= {f"Hand{f}{k}": f"{f.lower()}_0{k}" for f in _FINGERS for k in (1, 2, 3)}
    for side, letter in (("Left", "l"), ("Right", "r")):
        pairs |= {f"{side}{joint}": f"{bone}_{letter}" for joint, bone in limbs.items()}
    return pairs


_SOURCE: Mapping[str, str] = _source_bones()
# End joints sit at the tail of the bone that carries them.
_TAILS: Mapping[str, str] = {
    **{f"{s}Hand{f}4": f"{f.lower()}_03_{s[0].lower()}" for s in ("Left", "Right") for f in _FINGERS},
    **{f"{s}Toe_End": f"ball_{s[0].lower()}" for s in ("Left", "Right")},
}


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
    weights = four_influences(dense)
    weights.setflags(write=False)
    return weights


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
    crown = vertices[bundle().vertices_of("body"), 1].max()
    found["HeadTop_End"] = np.array([0.0, crown, found["Head"][2]])
    return {name: found[name] for name in JOINT_NAMES}
