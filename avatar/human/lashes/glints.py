"""Highlights on the corneas: small cards that move half as far as the gaze, as reflections do."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from avatar.human.eyes import INSET, SOURCE_RADIUS, Eyeball, Motion
from avatar.human.figure import F64
from avatar.human.lashes.atlas import GLINTS
from avatar.human.lashes.look import Glint
from avatar.human.lashes.sheet import Sheet, grid

POINTS = 3  # a side of a card's grid
LIFT = 0.00034  # metres over the cornea at source size: over the lids' shadow, under the lids
FOLLOW = 0.5  # of the gaze
SINK = 0.0016  # metres at source size that a blink takes them back, else they shine through a lid half way


def glint_sheet(number: int, glint: Glint, side: str, eye: Eyeball, motions: Mapping[str, Motion]) -> Sheet:
    """One highlight of one eye."""
    t = np.linspace(-1, 1, POINTS)
    across, up = (g.ravel() for g in np.meshgrid(t, t[::-1]))
    x, y = glint.x + across * glint.wide, glint.y + up * glint.high
    angle, turn = np.hypot(x, y) * eye.iris_angle, np.arctan2(y, x)
    directions = np.c_[np.sin(angle) * np.cos(turn), np.sin(angle) * np.sin(turn), np.cos(angle)]
    rest = _over(eye, directions, None)
    morphs = {}
    for name, motion in motions.items():
        turned = directions + directions @ motion.rotation.T
        turned /= np.linalg.norm(turned, axis=1, keepdims=True)
        morphs[name] = _over(eye, turned, motion) - rest
        if motion.shift.any():
            morphs[name][:, 2] -= SINK * eye.radius / SOURCE_RADIUS
    uv = GLINTS[number].uv(0.5 + 0.5 * across, 0.5 - 0.5 * up)
    return Sheet(rest, directions, uv, grid(POINTS, POINTS), morphs, (f"{side}Eye", FOLLOW))


def _over(eye: Eyeball, directions: F64, motion: Motion | None) -> F64:
    """Points just over the ball and cornea; a hollow iris is spanned."""
    centre = eye.centre if motion is None else eye.centre + motion.shift
    reach = eye.reach(directions if motion is None else directions @ motion.rotation)
    reach = np.maximum(reach, eye.radius * INSET) + LIFT * eye.radius / SOURCE_RADIUS
    return np.asarray(centre + directions * reach[:, None])
