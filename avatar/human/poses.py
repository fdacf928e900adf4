"""Six poses that clothes, hair and skin must survive, and what linear blend skinning makes of a part in them.

A pose turns joints from their rest in the T-pose: name -> quaternion x, y, z, w about the world's axes as they stand
there, like VRM's normalised bones. Children follow their parents. Left is +X, the figure faces +Z.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
from scipy.spatial.transform import Rotation

from avatar.human.figure import F32, F64
from avatar.human.rig import JOINT_NAMES, Bind

Turns = Mapping[str, tuple[float, float, float, float]]
_Degrees = Mapping[str, tuple[float, float, float]]  # about x, then y, then z

# Of the left side and the middle; a two-sided pose mirrors it.
_HANGING: _Degrees = {"Shoulder": (0, 0, -4), "Arm": (6, 0, -68), "ForeArm": (0, -14, 0)}
_ARMS_UP: _Degrees = {"Shoulder": (0, 0, 22), "Arm": (0, -8, 56), "ForeArm": (0, -6, 4), "Spine2": (-4, 0, 0)}
_ARMS_FORWARD: _Degrees = {"Shoulder": (0, -14, 2), "Arm": (0, -66, -4), "ForeArm": (0, -12, 0)}
_SIT: _Degrees = {
    "Hips": (-6, 0, 0),
    "Spine": (4, 0, 0),
    "Neck": (2, 0, 0),
    "UpLeg": (-82, 4, 0),
    "Leg": (84, 0, 0),
    "Shoulder": (0, 0, -4),
    "Arm": (-14, 0, -66),
    "ForeArm": (0, -62, 0),
}
_STEP: _Degrees = {
    "Hips": (2, -6, 0),
    "Spine1": (0, 8, 0),
    "LeftUpLeg": (-34, 0, 0),
    "LeftLeg": (14, 0, 0),
    "LeftFoot": (8, 0, 0),
    "RightUpLeg": (18, 0, 0),
    "RightLeg": (28, 0, 0),
    "RightFoot": (-6, 0, 0),
    "RightToeBase": (-18, 0, 0),
    "LeftArm": (24, 0, -68),
    "LeftForeArm": (0, -16, 0),
    "RightArm": (-22, 0, 68),
    "RightForeArm": (0, 34, 0),
}
_BOW: _Degrees = {
    **_HANGING,
    "Hips": (28, 0, 0),
    "UpLeg": (-28, 0, 0),
    "Spine": (12, 0, 0),
    "Spine1": (12, 0, 0),
    "Spine2": (8, 0, 0),
    "Neck": (10, 0, 0),
    "Head": (8, 0, 0),
}
_LOOK: _Degrees = {
    **_HANGING,
    "Spine1": (0, 6, 0),
    "Spine2": (0, 8, 0),
    "Neck": (-2, 18, 2),
    "Head": (-8, 30, 4),
    "LeftEye": (-6, 12, 0),
    "RightEye": (-6, 12, 0),
}


def _turns(degrees: _Degrees) -> Turns:
    """Quaternions by joint; a name without a side stands for both, mirrored."""
    out: dict[str, tuple[float, float, float, float]] = {}
    for name, (x, y, z) in degrees.items():
        sides = {name: 1.0} if name in JOINT_NAMES else {f"Left{name}": 1.0, f"Right{name}": -1.0}
        for joint, sign in sides.items():
            turn = Rotation.from_euler("xyz", [x, sign * y, sign * z], degrees=True).as_quat()
            out[joint] = (float(turn[0]), float(turn[1]), float(turn[2]), float(turn[3]))
    return MappingProxyType(out)


POSES: Final[Mapping[str, Turns]] = MappingProxyType(
    {
        "arms_up": _turns(_ARMS_UP),
        "arms_forward": _turns(_ARMS_FORWARD),
        "sit": _turns(_SIT),
        "step": _turns(_STEP),
        "bow": _turns(_BOW),
        "look": _turns(_LOOK),
    }
)


def node_rotations(bind: Bind, turns: Turns) -> dict[str, tuple[float, ...]]:
    """The turned joints' whole local rotations x, y, z, w: what a node of the file gets, or ``Studio.take``."""
    out: dict[str, tuple[float, ...]] = {}
    for name, turn in turns.items():
        joint = JOINT_NAMES.index(name)
        parent = bind.parents[joint]
        above = bind.world[parent, :3, :3] if parent >= 0 else np.eye(3)
        local = above.T @ Rotation.from_quat(turn).as_matrix() @ bind.world[joint, :3, :3]
        out[name] = tuple(float(value) for value in Rotation.from_matrix(local).as_quat(canonical=True))
    return out


def pose_matrices(bind: Bind, turns: Turns) -> F64:
    """(67, 4, 4) by joint: T-pose world -> posed world."""
    out = np.tile(np.eye(4), (len(JOINT_NAMES), 1, 1))
    for joint, name in enumerate(JOINT_NAMES):
        parent = bind.parents[joint]
        above = out[parent] if parent >= 0 else np.eye(4)
        own = np.eye(4)
        own[:3, :3] = Rotation.from_quat(turns.get(name, (0, 0, 0, 1))).as_matrix()
        own[:3, 3] = bind.world[joint, :3, 3] - own[:3, :3] @ bind.world[joint, :3, 3]
        out[joint] = above @ own
    return out


def posed(bind: Bind, turns: Turns, positions: F64, weights: F32) -> F64:
    """(n, 3) T-pose points (`rig.to_bind`) in a pose, by linear blend skinning; ``weights`` (n, 67)."""
    flat = pose_matrices(bind, turns)[:, :3].reshape(-1, 12)
    blended = (weights.astype(np.float64) @ flat).reshape(-1, 3, 4)
    out: F64 = np.einsum("nab,nb->na", blended[:, :, :3], positions) + blended[:, :, 3]
    return out
