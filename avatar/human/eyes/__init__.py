"""Eyeballs: sclera and corneal bulge in one mesh, a painted iris, and gaze morphs that agree with the lids."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.eyes.look import EyeLook, eye_look
from avatar.human.eyes.paint import IRIS_UV, paint_eye
from avatar.human.figure import F64, I64, Figure, Material, Part
from avatar.human.landmarks import IRIS_ANGLE
from avatar.profile import AvatarStyle

HELPERS = {"Left": slice(14598, 14670), "Right": slice(14670, 14742)}  # hm08's eye spheres
SIDES = ("Left", "Right")
__all__ = ["EyeLook", "Eyeball", "Motion", "eye_coat", "eye_look", "eye_motions", "eye_parts", "fit_eye", "paint_eye"]

SOURCE_RADIUS = 0.01495  # metres, of the un-morphed helper sphere; sizes below are given for it
INSET = 0.985  # the ball is a little smaller than the helper, so lids never z-fight with it
CORNEA_ANGLE = IRIS_ANGLE  # radians; lids are fitted to a cornea of this size, however large the iris is painted
BULGE_EDGE = 1.12  # where the cornea meets the sclera, in those

GAZE_LIMITS = (12.0, 22.0)  # degrees a gaze morph turns the ball at weight 1
GAZE_DEFAULT = 14.0
CORNEA_SPECULAR = 0.45  # glTF's default reflects 4 %; less leaves the iris its colour, and the glints are cards
GAZES = ("eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut")

# angles of the vertex rings from the pupil outwards, in iris angles
RINGS = (0.18, 0.40, 0.62, 0.80, 0.92, 1.0, 1.10, 1.28, 1.55, 1.95, 2.6, 3.6)
AROUND = 18


@dataclass(frozen=True, slots=True)
class Eyeball:
    """A fitted eye."""

    centre: F64  # (3,) metres
    radius: float  # metres, of the helper sphere
    iris_angle: float  # radians from the pupil to the rim of the iris
    bulge: float  # height of the cornea over the ball, in radii

    def reach(self, directions: F64) -> F64:
        """Distance from the centre to the surface of the ball or cornea along unit ``directions`` (n, 3), metres."""
        edge = CORNEA_ANGLE if self.bulge > 0 else self.iris_angle  # a hollow iris is as wide as it is painted
        theta = np.arccos(np.clip(directions[:, 2], -1, 1)) / edge
        cornea = self.bulge * np.clip(1 - (theta / BULGE_EDGE) ** 2, 0, 1) ** 1.25
        return np.asarray(self.radius * (INSET + cornea))


def fit_sphere(points: F64) -> tuple[F64, float]:
    """Least-squares sphere through (n, 3) points: (centre, radius)."""
    design = np.c_[2 * points, np.ones(len(points))]
    solution = np.linalg.lstsq(design, (points**2).sum(1), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(solution[3] + centre @ centre))


def fit_eye(figure: Figure, side: str) -> Eyeball:
    """The ball inside the lids of one side (``Left`` or ``Right``)."""
    centre, radius = fit_sphere(figure.vertices[HELPERS[side]])
    look = eye_look(figure.character)
    return Eyeball(centre, radius, float(np.arcsin(look.iris_mm / (SOURCE_RADIUS * 1000))), look.bulge)


def _ball() -> tuple[F64, F64, I64]:
    """Ring angles and turns (n, 2), and triangles (t, 3): a fan at the pupil and rings behind it."""
    turns = np.arange(AROUND) / AROUND * 2 * np.pi
    polar = np.array([[0.0, 0.0], *((a, q) for a in RINGS for q in turns)])
    radius = np.minimum(polar[:, 0] * IRIS_UV, 0.985 + 0.01 * (polar[:, 0] > 1.6))
    uv = np.c_[0.5 + 0.5 * radius * np.cos(polar[:, 1]), 0.5 - 0.5 * radius * np.sin(polar[:, 1])]
    k = np.arange(AROUND)
    nearer = 1 + np.arange(len(RINGS) - 1)[:, None] * AROUND
    a, b = nearer + k, nearer + (k + 1) % AROUND
    fan = np.c_[np.zeros(AROUND, np.int64), 1 + k, 1 + (k + 1) % AROUND]
    strips = [np.stack([a, a + AROUND, b + AROUND], -1), np.stack([a, b + AROUND, b], -1)]
    return polar, uv, np.concatenate([fan, *(s.reshape(-1, 3) for s in strips)])


def _helper(figure: Figure, morph: str, side: str) -> tuple[F64, F64]:
    """The figure's own eye helper at rest and in a morph, (72, 3) each."""
    delta = figure.morphs.get(morph)
    rest = figure.vertices[HELPERS[side]]
    moved = rest.copy()
    if delta is not None:
        inside = (delta.index >= HELPERS[side].start) & (delta.index < HELPERS[side].stop)
        moved[delta.index[inside] - HELPERS[side].start] += delta.offset[inside]
    return rest, moved


def gaze_degrees(figure: Figure, name: str, side: str) -> float:
    """How far the figure's own eye helper turns in a gaze morph (Kabsch fit), kept within ``GAZE_LIMITS``."""
    rest, moved = _helper(figure, f"{name}{side}", side)
    if np.abs(moved - rest).max() < 1e-6:
        return GAZE_DEFAULT
    u, _, vt = np.linalg.svd((rest - rest.mean(0)).T @ (moved - moved.mean(0)))
    rotation = vt.T @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ u.T
    degrees = float(np.degrees(np.arccos(np.clip((np.trace(rotation) - 1) / 2, -1, 1))))
    return float(np.clip(degrees, *GAZE_LIMITS))


def _turn(axis: int, degrees: float) -> F64:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    if axis == 0:
        return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


@dataclass(frozen=True, slots=True)
class Motion:
    """What a morph does to one ball at weight 1: a turn about its centre, then a shift."""

    rotation: F64  # (3, 3)
    shift: F64  # (3,) metres

    def of(self, local: F64) -> F64:
        """Displacement of points (n, 3) given around the centre."""
        return np.asarray(local @ self.rotation.T - local + self.shift)


def eye_motions(figure: Figure, side: str, eye: Eyeball) -> dict[str, Motion]:
    """Every morph that moves one ball: gaze turns it, and it steps back when the lids shut."""
    outward = 1.0 if side == "Left" else -1.0
    out: dict[str, Motion] = {}
    for name, axis, sign in (
        ("eyeLookUp", 0, -1.0),
        ("eyeLookDown", 0, 1.0),
        ("eyeLookIn", 1, -outward),
        ("eyeLookOut", 1, outward),
    ):
        if f"{name}{side}" in figure.morphs:
            out[f"{name}{side}"] = Motion(_turn(axis, sign * gaze_degrees(figure, name, side)), np.zeros(3))
    for both, single in (("eyesLookUp", "eyeLookUp"), ("eyesLookDown", "eyeLookDown")):
        if both in figure.morphs and f"{single}{side}" in out:
            out[both] = out[f"{single}{side}"]
    for name in (f"eyeBlink{side}", "eyesClosed"):
        if name in figure.morphs:
            rest, moved = _helper(figure, name, side)
            out[name] = Motion(np.eye(3), np.array([0.0, 0.0, float((moved - rest)[:, 2].mean())]))
    return out


def eye_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Eye``, for both eyes."""
    look = eye_look(character)
    flat = character.style is AvatarStyle.ANIME
    material = Material(name="Wolf3D_Eye", roughness=0.7 if flat else 0.06, specular=0.1 if flat else CORNEA_SPECULAR)
    return Coat(material, {Slot.COLOUR: Paint(paint_key("eye", look), lambda: paint_eye(look))})


def eye_parts(figure: Figure) -> list[Part]:
    """``EyeLeft`` and ``EyeRight``: 414 triangles each, wholly on the eye joints, one shared painted material."""
    material = eye_coat(figure.character).painted()
    polar, uv, triangles = _ball()
    parts = []
    for side in SIDES:
        eye = fit_eye(figure, side)
        angle = polar[:, 0] * eye.iris_angle
        directions = np.c_[np.sin(angle) * np.cos(polar[:, 1]), np.sin(angle) * np.sin(polar[:, 1]), np.cos(angle)]
        local = directions * eye.reach(directions)[:, None]
        weights = np.zeros((len(local), len(figure.joint_names)), np.float32)
        weights[:, figure.joint_names.index(f"{side}Eye")] = 1
        parts.append(
            Part(
                node=f"Eye{side}",
                material=material,
                positions=eye.centre + local,
                normals=surface_normals(local, triangles),
                uv=uv,
                triangles=triangles,
                weights=weights,
                morphs={name: motion.of(local) for name, motion in eye_motions(figure, side, eye).items()},
            )
        )
    return parts


def surface_normals(positions: F64, triangles: I64) -> F64:
    """Area-weighted unit vertex normals (n, 3)."""
    a, b, c = (positions[triangles[:, k]] for k in range(3))
    area = np.cross(b - a, c - a)
    out = np.empty_like(positions)
    for k in range(3):
        out[:, k] = np.bincount(triangles.ravel(), np.repeat(area[:, k], 3), len(positions))
    length = np.linalg.norm(out, axis=1, keepdims=True)
    return np.where(length < 1e-14, [0.0, 0.0, 1.0], out / np.maximum(length, 1e-14))
