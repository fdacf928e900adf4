"""How the three styles change a figure: smooth space warps that carry vertices, joints and expressions alike.

A style is one map f of points, made of smooth, fold-free steps anchored on the figure's own landmarks. Expressions
follow by finite differences, f(p + d) - f(p), so lids that close on the realistic face close on the styled one.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from avatar.human import landmarks, rig
from avatar.human.bundle import VERTEX_COUNT, bundle
from avatar.human.figure import F64, I64, Delta
from avatar.human.landmarks import smoothstep
from avatar.profile import AvatarStyle

# Carries points (n, 3); ``like`` (n,) names the base vertex each one belongs to, whose skin weights it shares.
Warp = Callable[[F64, I64], F64]


@dataclass(frozen=True, slots=True)
class Proportions:
    """What a style does to a figure; 1 and 0 leave it as it is. Lengths are metres on an adult head."""

    head: float = 1.0  # scale of the head about its joint
    breadth: float = 1.0  # of the head
    neck: float = 1.0  # thickness
    limbs: float = 1.0  # thickness
    waist: float = 1.0  # thickness
    shoulders: float = 1.0  # breadth
    legs: float = 1.0  # length
    eyes: float = 1.0  # scale on top of the head's
    eye_shift: tuple[float, float, float] = (0.0, 0.0, 0.0)  # outwards, up, forward
    nose: tuple[float, float, float] = (1.0, 1.0, 1.0)
    mouth: tuple[float, float, float] = (1.0, 1.0, 1.0)
    cheek: tuple[float, float, float] = (0.0, 0.0, 0.0)  # outwards, up, forward
    teeth: float = 1.0  # scale of teeth and tongue towards the throat
    chin_narrow: float = 0.0  # share of the width taken off the jaw
    chin_lift: float = 0.0  # metres
    youth: float = 0.0  # share of the way to the same person's head as a child
    soft: int = 0  # smoothing steps on the face
    soft_light: int = 0  # smoothing steps on the face's normals
    smile: float = 0.0  # of mouthSmile in the rest face
    wide: float = 0.0  # of eyeWide in the rest face


STYLES: Mapping[AvatarStyle, Proportions] = {
    AvatarStyle.REALISTIC: Proportions(),
    AvatarStyle.STYLISED: Proportions(
        head=1.16,
        breadth=1.06,
        neck=0.88,
        limbs=0.92,
        waist=0.94,
        shoulders=0.96,
        eyes=1.30,
        eye_shift=(0.0020, -0.0008, 0.0004),
        nose=(0.90, 0.84, 0.84),
        mouth=(1.0, 1.0, 1.0),
        cheek=(0.0010, 0.0, 0.0020),
        teeth=0.95,
        youth=0.50,
        chin_narrow=0.07,
        chin_lift=0.003,
        soft=6,
        smile=0.16,
    ),
    AvatarStyle.ANIME: Proportions(
        head=1.27,
        breadth=1.0,
        neck=0.78,
        limbs=0.83,
        waist=0.90,
        shoulders=0.91,
        legs=1.05,
        eyes=1.28,
        eye_shift=(0.0030, -0.0024, 0.0004),
        nose=(0.62, 0.72, 0.80),
        mouth=(0.80, 0.60, 0.88),
        cheek=(0.0, 0.0, 0.0015),
        chin_narrow=0.20,
        chin_lift=0.006,
        teeth=0.90,
        youth=0.75,
        soft=20,
        soft_light=40,
        smile=0.15,
        wide=0.2,
    ),
}


def _scaled(
    points: F64,
    centre: F64,
    scale: tuple[float, float, float] | float,
    inner: float,
    outer: float,
    shift: F64 | None = None,
) -> F64:
    """Displacement of a scale (and shift) about ``centre``: whole inside ``inner`` metres, none beyond ``outer``."""
    away = points - centre
    fade = smoothstep(outer, inner, np.linalg.norm(away, axis=1))[:, None]
    move = away * (np.asarray(scale) - 1.0)
    out: F64 = fade * (move if shift is None else move + shift)
    return out


def _face_warp(look: Proportions, vertices: F64) -> Callable[[F64], F64]:
    """The face's part of a style, authored for the left half and mirrored; the middle stays in the middle."""
    size = landmarks.head_scale(vertices)
    ball = landmarks.eyeball(vertices, "Left")
    rings = landmarks.lips()
    mouth = np.concatenate([vertices[rings.upper[-1]], vertices[rings.lower[-1]]]).mean(axis=0) * [0, 1, 1]
    nose = vertices[_nose_tip()] * [0, 1, 1]
    skin = vertices[bundle().vertices_of("body")]
    front = skin[(np.abs(skin[:, 0]) < 0.012 * size) & (skin[:, 2] > mouth[2] - 0.035 * size)]
    chin = front[np.argmin(np.abs(front[:, 1] - (mouth[1] - 0.042 * size)))] * [0, 1, 1]

    def left(points: F64) -> F64:
        q = points.copy()
        # Eyes: the whole ball, cornea and lids scale as one, so they keep fitting; the mouth is left where it is.
        # They grow into the head rather than out of it.
        sunk = np.array([0.0, 0.0, -0.7 * (look.eyes - 1) * ball.radius])
        sunk += size * np.array(look.eye_shift)
        move = _scaled(q, ball.centre, look.eyes, 1.25 * ball.radius, 0.090 * size, sunk)
        move[:, 0] *= smoothstep(0.0, 0.011 * size, q[:, 0])
        q += move * smoothstep(mouth[1] + 0.002 * size, mouth[1] + 0.034 * size, q[:, 1])[:, None]
        moved_ball = ball.centre + sunk
        away = np.linalg.norm(q - moved_ball, axis=1) / (look.eyes * ball.radius)
        spared = smoothstep(1.05, 1.6, away)[:, None]  # what follows must not dent the eyeball
        q += spared * _scaled(q, nose + size * np.array([0, 0.004, -0.020]), look.nose, 0.010 * size, 0.046 * size)
        apple = ball.centre + size * np.array([0.012, -0.040, -0.012])
        q += spared * _scaled(q, apple, 1.0, 0.004 * size, 0.050 * size, size * np.array(look.cheek))
        forward = smoothstep(ball.centre[2] - 0.115 * size, ball.centre[2] - 0.035 * size, q[:, 2])
        jaw = smoothstep(mouth[1] + 0.034 * size, chin[1], q[:, 1]) * forward
        below = smoothstep(chin[1] - 0.012 * size, chin[1] - 0.050 * size, q[:, 1])  # the throat keeps its width
        q[:, 0] *= 1 - look.chin_narrow * jaw * (1 - below)
        lift = smoothstep(mouth[1] - 0.008 * size, chin[1], q[:, 1]) * forward * (1 - below)
        q[:, 1] += look.chin_lift * size * lift
        q += _scaled(q, mouth, look.mouth, 0.016 * size, 0.050 * size)
        return q

    def both(points: F64) -> F64:
        sign = np.where(points[:, 0] < 0, -1.0, 1.0)
        mirrored = points * np.c_[sign, np.ones((len(points), 2))]
        out = left(mirrored)
        out[:, 0] = np.maximum(out[:, 0], 0.0) * sign
        return out

    return both


@functools.cache
def _teeth() -> F64:
    """(19158,) 1 on teeth and tongue."""
    out = np.zeros(VERTEX_COUNT)
    for group in ("helper-upper-teeth", "helper-lower-teeth", "helper-tongue"):
        out[bundle().vertices_of(group)] = 1.0
    return out


@functools.cache
def _nose_tip() -> int:
    """The foremost vertex of the neutral face's middle line."""
    base = bundle().base
    skin = bundle().vertices_of("body")
    middle = skin[(np.abs(base[skin, 0]) < 1e-4) & (base[skin, 1] > 0.67) & (base[skin, 1] < 0.71)]
    return int(middle[np.argmax(base[middle, 2])])


def _column(name: str) -> F64:
    column: F64 = rig.base_weights()[:, rig.JOINT_NAMES.index(name)].astype(np.float64)
    return column


def style_warp(style: AvatarStyle, vertices: F64, joints: Mapping[str, F64]) -> Warp:
    """The map of a style for one figure; ``vertices`` and ``joints`` are the realistic figure's, in the A-pose."""
    look = STYLES[style]
    if look == Proportions():
        return lambda points, like: points
    face = _face_warp(look, vertices)
    head = 1 - (1 - rig.head_weight()) ** 2.5  # the jaw, half skinned to the neck, belongs to the head here
    size = landmarks.head_scale(vertices)
    neck_line = joints["Head"] - joints["Neck"]
    neck = _column("Neck") * (1 - head)
    teeth = _teeth()
    throat = vertices[bundle().vertices_of("helper-upper-teeth")].mean(axis=0) - [0, 0, 0.030 * size]
    limbs = [
        (_column(f"{s}{a}"), joints[f"{s}{a}"], joints[f"{s}{b}"])
        for s in ("Left", "Right")
        for a, b in (("Arm", "ForeArm"), ("ForeArm", "Hand"), ("UpLeg", "Leg"), ("Leg", "Foot"))
    ]
    arm = np.minimum(
        sum((_column(name) for name in rig.JOINT_NAMES if "Hand" in name or "Arm" in name), np.zeros(1)), 1
    )
    waist = 0.5 * (joints["Spine"][1] + joints["Spine1"][1]) + 0.06 * size
    breadth = abs(float(joints["LeftArm"][0]))
    trunk = _column("Hips") + _column("Spine") + _column("Spine1") + _column("Spine2")
    hip = 0.5 * (joints["LeftUpLeg"][1] + joints["RightUpLeg"][1])
    pivot = joints["Head"]

    def warp(points: F64, like: I64) -> F64:
        q = face(points)
        q += (look.teeth - 1) * teeth[like, None] * (q - throat)
        q = pivot + (q - pivot) * (1 + (look.head - 1) * head[like, None])
        q[:, 0] *= 1 + (look.breadth - 1) * head[like]
        along = ((q - joints["Neck"]) @ neck_line / (neck_line @ neck_line)).clip(-0.3, 1.0)[:, None]
        radial = (q - joints["Neck"] - along * neck_line) * [1, 0, 1]
        q += (look.neck - 1) * neck[like, None] * radial
        for weight, start, end in limbs:
            line = end - start
            along = ((q - start) @ line / (line @ line))[:, None]
            q += (look.limbs - 1) * weight[like, None] * (q - start - along * line)
        belt = np.exp(-(((q[:, 1] - waist) / (0.11 * size)) ** 2)) * trunk[like]
        q *= 1 + (look.waist - 1) * belt[:, None] * [1, 0, 1]
        # Narrower shoulders: the arms come along, hips and head stay.
        above = smoothstep(hip + 0.03 * size, joints["Spine2"][1], q[:, 1]) * (1 - head[like])
        arms = np.sign(q[:, 0]) * breadth * np.tanh(np.abs(q[:, 0]) / breadth)
        q[:, 0] += (look.shoulders - 1) * np.maximum(above, arm[like]) * arms
        # Longer legs: below the hips y stretches, above it shifts; the bend between is smooth.
        below = np.logaddexp(0.0, (hip - q[:, 1]) / 0.03) * 0.03
        q[:, 1] -= (look.legs - 1) * below
        return q

    return warp


def carried(warp: Warp, points: F64, offsets: F64, like: I64) -> F64:
    """(k, 3) displacements of ``points`` after a warp: f(p + d) - f(p)."""
    return warp(points + offsets, like) - warp(points, like)


def speech_scale(style: AvatarStyle) -> float:
    """Factor of the lower face's expressions, which keep their own motion: the warp's squeeze would crease them."""
    look = STYLES[style]
    return look.head * 0.5 * (1.0 + float(np.mean(look.mouth)))


def rest_face(style: AvatarStyle) -> dict[str, float]:
    """ARKit units, with weights, that are part of a style's face at rest."""
    look = STYLES[style]
    shares = {"mouthSmile": look.smile, "eyeWide": look.wide}
    return {f"{name}{side}": share for name, share in shares.items() if share for side in ("Left", "Right")}


def restyle_joints(warp: Warp, joints: Mapping[str, F64]) -> dict[str, F64]:
    """Joints carried by a warp as if they were flesh of their own bone (end joints: of the bone that ends there)."""
    like = _joint_hosts()
    points = np.stack([joints[name] for name in rig.JOINT_NAMES])
    moved = warp(points, like)
    return dict(zip(rig.JOINT_NAMES, moved, strict=True))


@functools.cache
def _joint_hosts() -> I64:
    """For each joint a base vertex that is skinned to it (or to its parent, at end joints) more than any other."""
    weights = rig.base_weights()
    hosts = []
    for name in rig.JOINT_NAMES:
        column = weights[:, rig.JOINT_NAMES.index(name)]
        if column.max() <= 0:
            column = weights[:, rig.JOINT_NAMES.index(rig.PARENT[name])]
        hosts.append(int(np.argmax(column)))
    return np.array(hosts)


@functools.cache
def _softening() -> tuple[I64, csr_array, F64]:
    """(face vertices, average over the neighbours of each, weight of softening): all but lids, lips and cavities."""
    base = bundle().base
    weight = smoothstep(0.055, 0.095, base[:, 2]) * smoothstep(0.605, 0.635, base[:, 1])
    for side in ("Left", "Right"):
        ball = landmarks.eyeball(base, side)
        weight *= smoothstep(0.019, 0.027, np.linalg.norm(base - ball.centre, axis=1))
        weight[landmarks.socket_vertices(side)] = 0.0
    rings = landmarks.lips()
    mouth = np.concatenate([base[rings.upper[-1]], base[rings.lower[-1]]]).mean(axis=0)
    weight *= smoothstep(0.7, 1.6, np.linalg.norm((base - mouth) / [0.030, 0.013, 0.03], axis=1))
    weight[landmarks.mouth_vertices()] = 0.0
    triangles = landmarks.skin_triangles()
    triangles = triangles[weight[triangles].max(axis=1) > 0]
    ids = np.unique(triangles)
    local = np.searchsorted(ids, triangles)
    edges = np.concatenate([local[:, [0, 1]], local[:, [1, 2]], local[:, [2, 0]]])
    edges = np.unique(np.concatenate([edges, edges[:, ::-1]]), axis=0)
    graph = csr_array((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(len(ids), len(ids)))
    degree = np.maximum(np.asarray(graph.sum(axis=1)).ravel(), 1.0)
    return ids, csr_array(graph.multiply(1 / degree[:, None])), weight[ids]


def _smoothed(field: F64, steps: int) -> F64:
    """Values on the face vertices (n, k) with their relief averaged away step by step; lids and lips are kept."""
    _, average, weight = _softening()
    out = field
    for _ in range(steps):
        out = out + 0.5 * weight[:, None] * (average @ out - out)
    return out


def soften(style: AvatarStyle, vertices: F64) -> F64:
    """The same figure with the style's share of the face's relief smoothed away; lids and lips keep their shape."""
    ids = _softening()[0]
    out = vertices.copy()
    out[ids] = _smoothed(vertices[ids], STYLES[style].soft)
    return out


def soft_normals(style: AvatarStyle, normals: F64) -> F64:
    """(19158, 3) unit normals with those of a drawn face averaged: light falls on it without the nose's hard planes."""
    steps = STYLES[style].soft_light
    if not steps:
        return normals
    ids = _softening()[0]
    out = normals.copy()
    smooth = _smoothed(normals[ids], steps)
    out[ids] = smooth / np.linalg.norm(smooth, axis=1, keepdims=True)
    return out


_CREASING = ("mouthSmile", "mouthDimple", "cheekSquint")


def soften_units(style: AvatarStyle, units: Mapping[str, Delta]) -> dict[str, Delta]:
    """The same units, with those that fold the cheek smoothed as far as the style's skin is."""
    ids = _softening()[0]
    names = [name for name in units if name.startswith(_CREASING)]
    columns = []
    for name in names:
        dense = np.zeros((VERTEX_COUNT, 3))
        dense[units[name].index] = units[name].offset
        columns.append(dense[ids])
    smooth = _smoothed(np.concatenate(columns, axis=1), 2 + 2 * STYLES[style].soft)
    out = dict(units)
    for k, name in enumerate(names):
        unit = units[name]
        untouched = ~np.isin(unit.index, ids)
        index = np.concatenate([unit.index[untouched], ids])
        offset = np.concatenate([unit.offset[untouched], smooth[:, 3 * k : 3 * k + 3]])
        order = np.argsort(index)
        order = order[np.abs(offset[order]).max(axis=1) > 1e-6]
        out[name] = Delta(index[order], offset[order])
    return out
