"""The landmarks of a head on which accessories sit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, bundle
from avatar.human.figure import F64, I64, Figure
from avatar.human.hair.volume import Volume, volume
from avatar.human.wardrobe.frame import SIDES, shell_topology
from avatar.human.wardrobe.mesh import unit, vertex_normals
from avatar.human.wardrobe.surface import Surface, surface

AVERAGE_EYE_DISTANCE = 0.060  # metres between the joints of the eyes of an average adult of the source
AVERAGE_SKULL = 0.118  # metres from the eyes up to the crown of the same
HAT_FRONT = 0.055  # metres over the eye line: where a hat crosses the forehead; behind it lies at ear-top height
_DIRECTIONS = 480  # of the planes that hold a skull


@dataclass(frozen=True, slots=True)
class Head:
    """Landmarks of a head in the A-pose, metres."""

    eyes: dict[str, F64]  # side -> (3,) centre of the eyeball
    eye_front: float  # z of the foremost of eyeballs and lashes
    eye_radius: float
    ears: dict[str, F64]  # side -> (3,) outermost point
    ear_tops: float  # height
    lobes: dict[str, F64]  # side -> (3,) lowest point of the ear
    crown: float
    bridge: float  # z of the root of the nose
    scale: float  # 1 for the distance between the eyes of an average adult
    size: float  # 1 for the height of an average adult's skull
    skull: F64  # (n, 3) skin without the ears
    skin: Surface
    hair: Volume
    column: int
    joints: int


def head_of(figure: Figure) -> Head:
    """The landmarks that accessories hang on; ears are found on the source's neutral head, which no style changes."""
    neutral, v = bundle().base, figure.vertices
    face = bundle().vertices_of("body")
    face = face[neutral[face, 1] > 0.56]
    column = figure.joint_names.index("Head")
    ears, lobes, aural = {}, {}, []
    for side, sign in SIDES:
        ear = face[_ear(neutral[face] * [sign, 1.0, 1.0])]
        ears[side] = v[ear[np.argmax(v[ear, 0] * sign)]]
        lobes[side] = v[ear[np.argmin(v[ear, 1])]]
        aural.append(ear)
    eyes = {side: figure.joints[f"{side}Eye"] for side, _ in SIDES}
    balls = np.r_[np.arange(LEFT_EYE.start, LEFT_EYE.stop), np.arange(RIGHT_EYE.start, RIGHT_EYE.stop)]
    lashes = np.concatenate([bundle().vertices_of(g) for g in bundle().groups if "eyelashes" in g])
    level = float(eyes["Left"][1])
    near = face[(np.abs(v[face, 0]) < 0.15 * float(eyes["Left"][0])) & (np.abs(v[face, 1] - level) < 0.010)]
    front = float(max(v[balls, 2].max(), v[lashes, 2].max()))
    normals = vertex_normals(v, shell_topology().skin_triangles)
    crown = float(v[face, 1].max())
    return Head(
        eyes=eyes, eye_front=front, eye_radius=float(np.ptp(v[LEFT_EYE, 1]) / 2),
        ears=ears, ear_tops=float(np.mean([v[ear, 1].max() for ear in aural])), lobes=lobes,
        crown=crown, bridge=float(v[near, 2].max()),
        scale=2 * float(eyes["Left"][0]) / AVERAGE_EYE_DISTANCE, size=(crown - level) / AVERAGE_SKULL,
        skull=v[np.setdiff1d(face, np.concatenate(aural))], skin=surface(v[face], normals[face]),
        hair=volume(figure.character), column=column, joints=len(figure.joint_names),
    )  # fmt: skip


def _ear(p: F64) -> I64:
    """Vertices of the left ear on the neutral source head (metres): all that stands out beside the skull."""
    return np.flatnonzero(
        (p[:, 0] > 0.0775) & (p[:, 1] > 0.62) & (p[:, 1] < 0.76) & (p[:, 2] < 0.085) & (p[:, 2] > -0.02)
    )


@dataclass(frozen=True, slots=True)
class HatFrame:
    """The plane of a hat's rim: through the forehead, down to the back of the head."""

    centre: F64  # (3,)
    axes: F64  # (3, 3) rows: left, up through the crown, forward

    def local(self, points: F64) -> F64:
        return np.asarray((points - self.centre) @ self.axes.T)

    def world(self, points: F64) -> F64:
        return np.asarray(self.centre + points @ self.axes)


def hat_frame(head: Head) -> HatFrame:
    """The rim's plane of a head."""
    level = float(head.eyes["Left"][1]) + HAT_FRONT * head.size
    skull = head.skull
    middle = np.abs(skull[:, 0]) < 0.02 * head.size
    forehead = skull[middle & (np.abs(skull[:, 1] - level) < 0.012 * head.size), 2].max()
    occiput = skull[np.abs(skull[:, 1] - head.ear_tops) < 0.015 * head.size, 2].min()
    front, back = np.array([0.0, level, forehead]), np.array([0.0, head.ear_tops, occiput])
    forward = unit(front - back)
    left = np.array([1.0, 0.0, 0.0])
    return HatFrame((front + back) / 2, np.stack([left, np.cross(forward, left), forward]))


def hull_reach(points: F64, directions: F64) -> F64:
    """(d,) how far the convex hull of ``points`` (n, 3) about the origin reaches along unit ``directions`` (d, 3)."""
    order = np.arange(_DIRECTIONS) + 0.5
    z, turn = 1 - 2 * order / _DIRECTIONS, order * np.pi * (3 - np.sqrt(5))
    flat = np.sqrt(1 - z * z)
    planes = np.stack([flat * np.cos(turn), z, flat * np.sin(turn)], 1)
    support = (points @ planes.T).max(0)
    cosine = directions @ planes.T
    return np.asarray(np.where(cosine > 0.2, support / np.maximum(cosine, 0.2), np.inf).min(1))
