"""Strips along the lid margins: lashes, and the shadow of the lids on the eyeballs.

The shadow lies over the ball just inside each lid margin. It does not turn with the gaze, as shading painted on the
ball would, and gives the eye its dark wet edge.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from avatar.human.eyes import SOURCE_RADIUS, Eyeball, Motion
from avatar.human.figure import F64, I64
from avatar.human.lashes.atlas import LOWER, LOWER_SHADOW, UPPER, UPPER_SHADOW
from avatar.human.lashes.look import LashLook
from avatar.human.lashes.sheet import Sheet, grid, resample

LASH_COLUMNS, SHADOW_COLUMNS = 15, 13
UPPER_ROWS, LOWER_ROWS = 4, 3
SHADOW_ROWS = np.array([-0.25, 0.25, 1.0])  # of its depth from the lid margin
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
    """One row of lashes, fanned outwards and curled; it pitches down with a closing lid."""
    size = eye.radius / SOURCE_RADIUS
    rows = UPPER_ROWS if upper else LOWER_ROWS
    margin = resample(ids, vertices, LASH_COLUMNS)
    root = margin.take(vertices)
    outward = _outward(root, eye)
    t = np.linspace(0, 1, LASH_COLUMNS)
    sideways = (t - 0.42) * 0.85 + look.wing * np.clip(t - 0.5, 0, 1) * 1.6
    fan = np.array([1.0 if side == "Left" else -1.0, 0, 0]) * sideways[:, None]
    length = (look.length if upper else look.lower_length) * size
    lengths = length * np.interp(t, [0, 0.12, 0.55, 0.85, 1], [0.35, 0.65, 0.95, 1.1 + 0.5 * look.wing, 0.8])[:, None]
    steps, down = [], []
    for k in range(rows):
        f = k / (rows - 1)
        rise = 0.80 * f * f + 0.04 * f if upper else -0.62 * f - 0.15 * f * f
        reach = 0.62 if upper else 0.42
        steps.append(lengths * (np.array([0, 1.0, 0]) * rise + (outward * [0.6, 0.15, 1] + fan * f) * f * reach))
        down.append(1 - f)
    step = np.concatenate(steps)
    uv = (UPPER if upper else LOWER).uv(np.tile(t, rows), np.repeat(down, LASH_COLUMNS))
    morphs = {}
    for name, field in fields.items():
        moved = np.tile(margin.take(field), (rows, 1))
        pitch = np.clip(-moved[:, 1] / (0.010 * size), -0.6, 1.2) * np.radians(62) * upper
        c, s = np.cos(pitch), np.sin(pitch)
        turned = np.c_[step[:, 0], step[:, 1] * c - step[:, 2] * s, step[:, 1] * s + step[:, 2] * c]
        morphs[name] = moved + turned - step
    return Sheet(np.tile(root, (rows, 1)) + step, np.tile(outward, (rows, 1)), uv, grid(rows, LASH_COLUMNS), morphs)
