"""Strips along the lid margins: lashes, and the shadow of the lids on the eyeballs.

The shadow lies over the ball just inside each lid margin. It does not turn with the gaze, as shading painted on the
ball would, and gives the eye its dark wet edge.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from avatar.human.eyes import SOURCE_RADIUS, Eyeball, Motion
from avatar.human.figure import F64, I64
from avatar.human.landmarks import skin_triangles, socket_vertices
from avatar.human.lashes.atlas import LOWER, LOWER_SHADOW, UPPER, UPPER_SHADOW
from avatar.human.lashes.look import LashLook
from avatar.human.lashes.sheet import Sheet, grid, resample

LASH_COLUMNS, SHADOW_COLUMNS = 15, 13
UPPER_ROWS, LOWER_ROWS = 4, 3
SHADOW_ROWS = np.array([-0.25, 0.25, 1.0])  # of its depth from the lid margin
STROKE_LIFT = 0.0010  # metres of a drawn lash line over the skin, at source size
SHADOW_LIFT = 0.00022  # metres over the ball, at source size


def _onto(points: F64, eye: Eyeball, motion: Motion | None = None) -> F64:
    """Points moved along the radius to just over the ball and cornea, which a morph may have turned or shifted."""
    centre = eye.centre if motion is None else eye.centre + motion.shift
    away = points - centre
    away = away / np.linalg.norm(away, axis=1, keepdims=True)
    lift = SHADOW_LIFT * eye.radius / SOURCE_RADIUS
    reach = eye.reach(away if motion is None else away @ motion.rotation)
    return np.asarray(centre + away * (reach + lift)[:, None])


def _outward(points: F64, eye: Eyeball) -> F64:
    away = points - eye.centre
    return np.asarray(away / np.linalg.norm(away, axis=1, keepdims=True))


def shadow_strip(
    ids: I64, upper: bool, eye: Eyeball, motions: Mapping[str, Motion], vertices: F64, fields: Mapping[str, F64]
) -> Sheet:
    """Shadow of one lid on the ball."""
    size = eye.radius / SOURCE_RADIUS
    margin = resample(ids, vertices, SHADOW_COLUMNS)
    root = margin.take(vertices)
    t = np.linspace(0, 1, SHADOW_COLUMNS)
    fade = np.sqrt(np.sin(np.pi * t))[:, None]
    step = np.array([0, -0.0060 if upper else 0.0024, 0]) * size * fade
    flat = np.concatenate([root + step * f for f in SHADOW_ROWS])
    rest = _onto(flat, eye)
    uv = (UPPER_SHADOW if upper else LOWER_SHADOW).uv(
        np.tile(t, len(SHADOW_ROWS)), np.repeat(SHADOW_ROWS, SHADOW_COLUMNS)
    )
    morphs = {}
    for name, field in fields.items():
        moved = np.tile(margin.take(field), (len(SHADOW_ROWS), 1))
        morphs[name] = _onto(flat + moved, eye, motions.get(name)) - rest
    return Sheet(rest, _outward(rest, eye), uv, grid(len(SHADOW_ROWS), SHADOW_COLUMNS), morphs)


def lash_strip(
    ids: I64, upper: bool, side: str, eye: Eyeball, look: LashLook, vertices: F64, fields: Mapping[str, F64]
) -> Sheet:
    """One row of lashes, fanned outwards and curled; it pitches down with a closing lid.

    A drawn one is a stroke that lies on the lid like a brush's, and stays there.
    """
    size = eye.radius / SOURCE_RADIUS
    rows = UPPER_ROWS if upper else LOWER_ROWS
    margin = resample(ids, vertices, LASH_COLUMNS)
    root = margin.take(vertices)
    outward = _outward(root, eye)
    t = np.linspace(0, 1, LASH_COLUMNS)
    sideways = (t - 0.42) * 0.85 + look.wing * np.clip(t - 0.5, 0, 1) * 1.6
    fan = np.array([1.0 if side == "Left" else -1.0, 0, 0]) * sideways[:, None]
    length = (look.length if upper else look.lower_length) * size
    growth = np.array([0.35, 0.65, 0.95, 1.1 + 0.5 * look.wing, 0.8])
    growth *= 1 - look.drawn * np.array([0.1, 0.45, 0.45, 0.1, 0.0])
    lengths = length * np.interp(t, [0, 0.12, 0.55, 0.85, 1], growth)[:, None]
    steps, down = [], []
    for k in range(rows):
        f = k / (rows - 1)
        rise = 0.80 * f * f + 0.04 * f if upper else -0.62 * f - 0.15 * f * f
        rise += look.drawn * (0.55 * f - 0.26) * upper
        reach = 0.62 if upper else 0.42
        steps.append(lengths * (np.array([0, 1.0, 0]) * rise + (outward * [0.6, 0.15, 1] + fan * f) * f * reach))
        down.append(1 - f)
    step = np.concatenate(steps)
    uv = (UPPER if upper else LOWER).uv(np.tile(t, rows), np.repeat(down, LASH_COLUMNS))
    feet = np.tile(root, (rows, 1))
    skin = _lid_triangles(side, vertices, eye) if look.drawn else None
    lift = STROKE_LIFT * size
    rest = feet + step if skin is None else _over(feet + step, vertices[skin], eye, lift)
    morphs = {}
    for name, field in fields.items():
        moved = np.tile(margin.take(field), (rows, 1))
        pitch = np.clip(-moved[:, 1] / (0.010 * size), -0.6, 1.2) * np.radians(62) * upper * (1 - 0.8 * look.drawn)
        c, s = np.cos(pitch), np.sin(pitch)
        turned = np.c_[step[:, 0], step[:, 1] * c - step[:, 2] * s, step[:, 1] * s + step[:, 2] * c]
        morphs[name] = moved + turned - step
        if skin is not None and np.abs(moved).max() > 0:
            morphs[name] = _over(feet + moved + turned, vertices[skin] + field[skin], eye, lift) - rest
    return Sheet(rest, np.tile(outward, (rows, 1)), uv, grid(rows, LASH_COLUMNS), morphs)


def _lid_triangles(side: str, vertices: F64, eye: Eyeball) -> I64:
    """(t, 3) skin around one eye, without the socket behind the lids."""
    triangles = skin_triangles()
    triangles = triangles[~np.isin(triangles, socket_vertices(side)).any(1)]
    away = vertices[triangles].mean(1) - eye.centre
    near = (np.linalg.norm(away, axis=1) < 2.0 * eye.radius) & (away[:, 2] > 0)
    return np.asarray(triangles[near])


def _over(points: F64, corners: F64, eye: Eyeball, lift: float) -> F64:
    """Points brought forward to ``lift`` metres before the skin, where triangles ``corners`` (t, 3, 3) cover them,
    and out of the ball."""
    away = points - eye.centre
    distance = np.linalg.norm(away, axis=1, keepdims=True)
    points = eye.centre + away * np.maximum(1, (eye.radius + 0.5 * lift) / distance)
    a, b, c = corners[..., :2].transpose(1, 0, 2)
    ab, ac, ap = b - a, c - a, points[:, None, :2] - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    area = np.where(np.abs(area) < 1e-14, np.inf, area)
    v = (ap[..., 0] * ac[:, 1] - ap[..., 1] * ac[:, 0]) / area
    w = (ab[:, 0] * ap[..., 1] - ab[:, 1] * ap[..., 0]) / area
    z = corners[:, 0, 2] + v * (corners[:, 1, 2] - corners[:, 0, 2]) + w * (corners[:, 2, 2] - corners[:, 0, 2])
    inside = (v >= -1e-3) & (w >= -1e-3) & (v + w <= 1.001) & np.isfinite(area)
    front = np.where(inside, z, -np.inf).max(1)
    out = points.copy()
    out[:, 2] = np.maximum(out[:, 2], front + lift)
    return out
