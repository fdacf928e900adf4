"""How an avatar stands for its picture, from whatever bind pose the file has: at ease, legs apart, a thumb up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.picture.subject import Subject, rotation_matrix
from avatar.shot import Pose

F64 = NDArray[np.float64]
Curls = Mapping[str, float]  # degrees a joint, by finger

EASY: Final = MappingProxyType({"Thumb": 8.0, "Index": 16.0, "Middle": 20.0, "Ring": 23.0, "Pinky": 26.0})
FIST: Final = MappingProxyType({"Thumb": 28.0, "Index": 68.0, "Middle": 70.0, "Ring": 72.0, "Pinky": 74.0})
THUMB: Final = MappingProxyType({**FIST, "Thumb": -6.0})


@dataclass(frozen=True, slots=True)
class Arm:
    """Degrees."""

    down: float = 78.5  # of the upper arm, below the horizon
    forward: float = 5.0
    elbow: float = 17.0
    curls: Curls = field(default_factory=lambda: EASY)


@dataclass(frozen=True, slots=True)
class Posture:
    """Both arms, and the degrees by which each leg stands out to its side."""

    left: Arm = Arm()
    right: Arm = Arm()
    legs: float = 0.0


_READY = Arm(down=58.0, forward=2.0, elbow=26.0, curls=FIST)
POSTURES: Final[Mapping[Pose, Posture]] = {
    Pose.RELAXED: Posture(),
    Pose.STANDING: Posture(left=Arm(down=79.0, forward=2.0, elbow=6.0), right=Arm(down=79.0, forward=2.0, elbow=6.0)),
    Pose.POWER_STANCE: Posture(left=_READY, right=_READY, legs=9.0),
    Pose.THUMBS_UP: Posture(right=Arm(down=72.0, forward=6.0, elbow=112.0, curls=THUMB)),
}
SIDES = {"Left": 1.0, "Right": -1.0}


def rotations(subject: Subject, pose: Pose) -> dict[int, F64]:
    """Local quaternions (x, y, z, w) by node index that bring a T- or A-posed avatar into ``pose``.

    Works from joint positions, so the joints' own axes may point anywhere. What an avatar lacks stays as it is.
    """
    turned: dict[int, F64] = {}
    posture = POSTURES.get(pose)
    if posture is None:
        return turned
    for side, sign in SIDES.items():
        _pose_arm(subject, turned, side, sign, posture.left if side == "Left" else posture.right)
        if posture.legs:
            turn(subject, turned, f"{side}UpLeg", about(np.array([0.0, 0.0, sign]), np.radians(posture.legs)))
            turn(subject, turned, f"{side}Foot", about(np.array([0.0, 0.0, -sign]), np.radians(posture.legs)))
    return turned


def _pose_arm(subject: Subject, turned: dict[int, F64], side: str, sign: float, arm: Arm) -> None:
    shoulder, elbow, hand = (subject.at(f"{side}{name}") for name in ("Arm", "ForeArm", "Hand"))
    if shoulder is None or elbow is None or hand is None:
        return
    down = np.radians(arm.down)
    aim = np.array([sign * np.cos(down), -np.sin(down), np.tan(np.radians(arm.forward))])
    along = unit(elbow - shoulder)
    turn(subject, turned, f"{side}Arm", between(along, aim))
    # The elbow's hinge: bending carries the forearm forward once the arm hangs, so in bind space it is the axis
    # that the arm's own turn will carry onto the body's -X for either side.
    hinge = matrix_between(along, aim).T @ np.array([-1.0, 0.0, 0.0])
    turn(subject, turned, f"{side}ForeArm", about(hinge, np.radians(arm.elbow)))
    palm = unit(np.array([0.0, -1.0, 0.0]) + along * along[1])
    curl_axis = unit(np.cross(along, palm))
    for finger, degrees in arm.curls.items():
        for number in (1, 2, 3):
            turn(subject, turned, f"{side}Hand{finger}{number}", about(curl_axis, np.radians(degrees)))


def turn(subject: Subject, turned: dict[int, F64], joint: str, world: F64) -> None:
    """Turn a joint by a rotation given in bind-pose world axes."""
    index = subject.joints.get(joint)
    if index is None:
        return
    parent = subject.parents[index]
    frame = subject.world[parent, :3, :3] if parent >= 0 else np.eye(3)
    frame = frame / np.linalg.norm(frame, axis=0)
    axis = frame.T @ world[:3]
    turned[index] = product(np.append(axis, world[3]), subject.rotations[index])


def unit(vector: F64) -> F64:
    return vector / np.linalg.norm(vector)


def about(axis: F64, angle: float) -> F64:
    return np.append(unit(axis) * np.sin(angle / 2), np.cos(angle / 2))


def between(source: F64, target: F64) -> F64:
    """The shortest turn from one direction to another."""
    source, target = unit(source), unit(target)
    axis = np.cross(source, target)
    if np.linalg.norm(axis) < 1e-9:
        return np.array([0.0, 0.0, 0.0, 1.0])
    return about(axis, float(np.arctan2(np.linalg.norm(axis), source @ target)))


def matrix_between(source: F64, target: F64) -> F64:
    return rotation_matrix(between(source, target))


def product(left: F64, right: F64) -> F64:
    """Hamilton product of quaternions x, y, z, w: right first, then left."""
    vector = left[3] * right[:3] + right[3] * left[:3] + np.cross(left[:3], right[:3])
    return np.append(vector, left[3] * right[3] - left[:3] @ right[:3])
