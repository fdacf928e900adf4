"""Measurements of a figure and the coordinates in which cloth is described: round the trunk, round a leg, along an arm.

Heights of landmarks follow fixed vertices of the shell (the source's ``helper-tights``, a second skin from neck to
wrist and ankle), so they mean the same thing on a child, a giant or a cartoon.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.bundle import bundle
from avatar.human.figure import F64, I64, Figure
from avatar.human.wardrobe.mesh import smoothstep, triangulate, unit, vertex_normals
from avatar.human.wardrobe.radial import RadialGrid, radial_grid
from avatar.human.wardrobe.surface import Surface, surface

SIDES = (("Left", 1.0), ("Right", -1.0))
ARM_JOINTS = ("LeftArm", "LeftForeArm", "LeftHand", "RightArm", "RightForeArm", "RightHand")
AVERAGE_NECK = 1.41  # metres; the height of the neck joint at which lengths in the specs hold

# Heights of landmark rings on the neutral source body, metres (its crotch is near 0.0, its soles at -0.82).
_BELT, _WAIST, _BUST, _RING = 0.150, 0.187, 0.385, 0.022


@dataclass(frozen=True, slots=True)
class ShellTopology:
    """What never changes: which base vertices make the shell, and how they are joined."""

    vertices: I64  # (n,) base-vertex indices
    quads: I64  # (q, 4) into ``vertices``
    triangles: I64  # (2q, 3)
    landmarks: Mapping[str, I64]  # name -> shell vertices
    skin: I64  # (s,) base vertices of the skin below the head, for distances
    skin_triangles: I64  # the whole skin, base-vertex indices


@functools.cache
def shell_topology() -> ShellTopology:
    """The shell and the skin as index arrays; computed once per process."""
    source = bundle()
    quads = source.faces("helper-tights")[..., 0]
    vertices, inverse = np.unique(quads, return_inverse=True)
    local = inverse.reshape(-1, 4)
    neutral = source.base[vertices]
    trunk = np.abs(neutral[:, 0]) < 0.165
    line = np.flatnonzero((np.abs(neutral[:, 0]) < 0.005) & (neutral[:, 1] > -0.3))
    landmarks = {"crotch": line[[int(np.argmin(neutral[line, 1]))]]}
    for name, height in (("belt", _BELT), ("waist", _WAIST), ("bust", _BUST)):
        landmarks[name] = np.flatnonzero(trunk & (np.abs(neutral[:, 1] - height) < _RING))
    body = source.faces("body")[..., 0]
    skin = np.unique(body)
    return ShellTopology(
        vertices, local, triangulate(local), landmarks, skin[source.base[skin, 1] < 0.66], triangulate(body)
    )


@dataclass(frozen=True, slots=True)
class Frame:
    """Measurements of one figure in the A-pose, metres."""

    scale: float  # 1 for an average adult
    neck: F64  # (3,)
    shoulder: float
    armpit: float
    bust: float
    waist: float
    belt: float
    crotch: float
    knee: float
    ankle: float
    arms: Mapping[str, F64]  # side -> (3, 3): shoulder, elbow, wrist
    legs: Mapping[str, F64]  # side -> (2, 3): ankle, hip
    axis_y: F64  # (24,) heights, and
    axis_z: F64  # (24,) depths of the trunk's centre line


@dataclass(frozen=True, slots=True)
class Dummy:
    """A figure made ready for the tailor: its measurements, its shell, its skin."""

    frame: Frame
    positions: F64  # (n, 3) shell
    normals: F64  # (n, 3) shell
    weights: F64  # (n, joints) shell
    skin: Surface
    trunk: RadialGrid
    hips: RadialGrid  # both legs in one outline, from the knees to the waist
    legs: Mapping[str, RadialGrid]
    columns: Mapping[str, int]  # joint name -> column of the weights


def arm_columns(names: tuple[str, ...]) -> NDArray[np.bool_]:
    """Which joints belong to the arms and hands (not the collar bones)."""
    return np.array([name.startswith(ARM_JOINTS) for name in names])


def armhole(frame: Frame) -> float:
    """Distance of the armhole seam from the middle, metres."""
    return float(frame.arms["Left"][0, 0]) + 0.021 * frame.scale


def trunk_polar(frame: Frame, points: F64) -> tuple[F64, F64, F64]:
    """Angle (0 front, positive left), radius and outward horizontal direction about the trunk's centre line."""
    return _polar(points[:, 0], points[:, 2] - np.interp(points[:, 1], frame.axis_y, frame.axis_z))


def leg_polar(frame: Frame, points: F64, side: str) -> tuple[F64, F64, F64]:
    """As :func:`trunk_polar` about the straight line from ankle to hip; the angle is positive to the left for both."""
    ankle, hip = frame.legs[side]
    share = (points[:, 1] - ankle[1]) / (hip[1] - ankle[1])
    share = np.clip(share, 0.0, 1.0)
    return _polar(
        points[:, 0] - (ankle[0] + (hip[0] - ankle[0]) * share), points[:, 2] - (ankle[2] + (hip[2] - ankle[2]) * share)
    )


def _polar(x: F64, z: F64) -> tuple[F64, F64, F64]:
    radius = np.maximum(np.hypot(x, z), 1e-6)
    return np.arctan2(x, z), radius, np.stack([x / radius, np.zeros_like(x), z / radius], 1)


def arm_coordinates(frame: Frame, points: F64) -> tuple[F64, F64, F64]:
    """Arm parameter (0 shoulder, 1 elbow, 2 wrist), metres along it, angle around it (0 on top, both sides alike)."""
    parameter, along, angle = (np.zeros(len(points)) for _ in range(3))
    for side, sign in SIDES:
        chosen = points[:, 0] * sign > 0
        q = points[chosen]
        a, b, c = frame.arms[side]
        upper, lower = float(np.linalg.norm(b - a)), float(np.linalg.norm(c - b))
        first, second = (b - a) / upper, (c - b) / lower
        beyond = (q - b) @ (first + second) > 0
        s = np.where(beyond, 1 + np.maximum((q - b) @ second / lower, 0), np.minimum((q - a) @ first / upper, 1))
        axis = np.where(beyond[:, None], second, first)
        up = unit(np.cross(axis, np.cross(np.array([0.0, 1.0, 0.0]), axis)))
        relative = q - np.where(beyond[:, None], b, a)
        parameter[chosen] = s
        along[chosen] = np.where(s > 1, upper + (s - 1) * lower, s * upper)
        angle[chosen] = np.arctan2((relative * np.cross(axis, up) * sign).sum(1), (relative * up).sum(1))
    return parameter, along, angle


def measure(figure: Figure) -> Frame:
    """The measurements of a figure."""
    topology, joints = shell_topology(), figure.joints
    p = figure.vertices[topology.vertices]
    height = {name: float(p[ids, 1].mean()) for name, ids in topology.landmarks.items()}
    neck = np.asarray(joints["Neck"], np.float64)
    scale = float(neck[1]) / AVERAGE_NECK
    arms = {side: np.stack([joints[side + part] for part in ("Arm", "ForeArm", "Hand")]) for side, _ in SIDES}
    legs = {side: np.stack([joints[side + part] for part in ("Foot", "UpLeg")]) for side, _ in SIDES}
    shoulder = float(arms["Left"][0, 1])
    armpit = shoulder - 0.11 * scale
    arm = figure.weights[topology.vertices][:, arm_columns(figure.joint_names)].sum(1)
    trunk = p[arm < 0.3]
    axis_y = np.linspace(height["crotch"] - 0.02, float(neck[1]), 24)
    near = np.abs(trunk[None, :, 1] - axis_y[:, None]) < 0.025 + 0.015 * scale
    front = np.where(near, trunk[None, :, 2], -np.inf).max(1)
    back = np.where(near, trunk[None, :, 2], np.inf).min(1)
    high = smoothstep(armpit, armpit + 0.12 * scale, axis_y)
    axis_z = (front + back) / 2 * (1 - high) + float(arms["Left"][0, 2]) * high
    return Frame(
        scale=scale, neck=neck, shoulder=shoulder, armpit=armpit, bust=height["bust"], waist=height["waist"],
        belt=height["belt"], crotch=height["crotch"], knee=float(joints["LeftLeg"][1]),
        ankle=float(joints["LeftFoot"][1]), arms=arms, legs=legs, axis_y=axis_y, axis_z=axis_z,
    )  # fmt: skip


@functools.cache
def _bilinear(steps: int) -> F64:
    """(steps * steps, 4) weights of a quad's corners at evenly spread inner points."""
    at = (np.arange(steps) + 0.5) / steps
    u, v = (grid.ravel() for grid in np.meshgrid(at, at))
    return np.stack([(1 - u) * (1 - v), u * (1 - v), u * v, (1 - u) * v], 1)


def dress_form(figure: Figure) -> Dummy:
    """Everything the tailor asks of a figure, computed once and shared by all garments."""
    topology, frame = shell_topology(), measure(figure)
    p = figure.vertices[topology.vertices]
    weights = figure.weights[topology.vertices].astype(np.float64)
    arm = weights[:, arm_columns(figure.joint_names)].sum(1)
    k = frame.scale
    mix = _bilinear(4)
    quads = topology.quads[arm[topology.quads].mean(1) < 0.3]
    dense = np.einsum("mk,qkc->qmc", mix, p[quads]).reshape(-1, 3)
    step = 0.012 * k
    theta, radius, _ = trunk_polar(frame, dense)
    upper = dense[:, 1] > frame.crotch - 0.01 * k
    trunk = radial_grid(dense[upper, 1], theta[upper], radius[upper], frame.crotch, frame.armpit + 0.06 * k, step)
    hips = radial_grid(dense[:, 1], theta, radius, frame.knee - 0.05 * k, frame.waist + 0.05 * k, step).bridged()
    legs = {}
    for side, sign in SIDES:
        own = dense[(dense[:, 0] * sign > 0) & (dense[:, 1] < frame.crotch + 0.03 * k)]
        theta, radius, _ = leg_polar(frame, own, side)
        legs[side] = radial_grid(own[:, 1], theta, radius, frame.ankle + 0.03 * k, frame.crotch + 0.02 * k, step)
    normals = vertex_normals(figure.vertices, topology.skin_triangles)
    return Dummy(
        frame=frame,
        positions=p,
        normals=vertex_normals(p, topology.triangles),
        weights=weights,
        skin=surface(figure.vertices[topology.skin], normals[topology.skin]),
        trunk=trunk,
        hips=hips,
        legs=legs,
        columns={name: index for index, name in enumerate(figure.joint_names)},
    )
