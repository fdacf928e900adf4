"""A person at ease: arms down, elbows and fingers a little bent, from whatever bind pose the file has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from avatar.picture.subject import Subject, rotation_matrix

F64 = NDArray[np.float64]

ARM_BELOW_HORIZON = np.radians(74)
ARM_FORWARD = np.radians(4)
ELBOW_BEND = np.radians(14)
FINGER_CURL = {"Thumb": 6.0, "Index": 12.0, "Middle": 15.0, "Ring": 18.0, "Pinky": 21.0}  # degrees a joint
SIDES = {"Left": 1.0, "Right": -1.0}


def relaxed_rotations(subject: Subject) -> dict[int, F64]:
    """Local quaternions (x, y, z, w) by node index that bring the arms of a T- or A-posed avatar down.

    Works from joint positions, so the joints' own axes may point anywhere. Avatars without arm joints stay as they are.
    """
    turned: dict[int, F64] = {}
    for side, sign in SIDES.items():
        shoulder, elbow, hand = (subject.at(f"{side}{name}") for name in ("Arm", "ForeArm", "Hand"))
        if shoulder is None or elbow is None or hand is None:
            continue
        aim = np.array([sign * np.cos(ARM_BELOW_HORIZON), -np.sin(ARM_BELOW_HORIZON), np.tan(ARM_FORWARD)])
        along = unit(elbow - shoulder)
        turn(subject, turned, f"{side}Arm", between(along, aim))
        # The elbow's hinge: bending carries the forearm forward once the arm hangs, so in bind space it is the axis
        # that the arm's own turn will carry onto the body's -X for either side.
        down = matrix_between(along, aim)
        hinge = down.T @ np.array([-1.0, 0.0, 0.0])
        turn(subject, turned, f"{side}ForeArm", about(hinge, ELBOW_BEND))
        palm = unit(np.array([0.0, -1.0, 0.0]) + along * along[1])
        curl_axis = unit(np.cross(along, palm))
        for finger, degrees in FINGER_CURL.items():
            for number in (1, 2, 3):
                turn(subject, turned, f"{side}Hand{finger}{number}", about(curl_axis, np.radians(degrees)))
    return turned


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
