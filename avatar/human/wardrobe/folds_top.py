"""Where a top folds: pulled from the armpits, gathered at waist, elbows, cuffs, fluted at the hem. In metres.

The same field lifts the cloth's vertices, when patterns are drafted, and its texels, when they are painted.
"""

from __future__ import annotations

import numpy as np

from avatar.human.figure import F32
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.canvas import Canvas
from avatar.human.wardrobe.garments import Neck, TopFit


def folds(fit: TopFit, variant: int, c: Canvas) -> F32:
    """(n,) height of the folds at the points of a canvas."""
    height = np.zeros(len(c.at), np.float32)
    for number, name in enumerate(("front", "back")):
        chosen = c.on(name)
        height[chosen] = _trunk(fit, variant, c, name, number)[chosen]
    for side in ("Left", "Right"):
        _sleeve(fit, variant, c, side, height)
    return height * np.float32(fit.folds)


def _trunk(fit: TopFit, variant: int, c: Canvas, name: str, number: int) -> F32:
    k, body = c.body.scale, c.body
    chosen = c.on(name)
    u, y = c.place[chosen], c.at[chosen, 1]
    hem = body.crotch + fit.hem * k
    skirt = fit.flare > 0
    h: F32 = np.zeros(len(u), np.float32)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        along_u = (side == "Left") == (name == "front")  # the pull comes from the chart's +u side
        pit = body.arms[side][0] + np.array([-sign * 0.002, -0.075, 0.03 if name == "front" else -0.03]) * k
        seed = 11 * variant + 2 * number + along_u
        source = c.place_of(name, pit)
        h += fabric.tension(u, source, np.pi + 0.55 if along_u else -0.55, 0.75, 4, 0.22 * k, 0.0085, seed)
        if fit.neck is not Neck.LAPELS:
            flank = c.place_of(name, np.array([sign * 0.16 * k, body.waist + (0.03 if skirt else -0.01), 0.0]))
            h += fabric.tension(u, flank, np.pi if along_u else 0.0, 0.9, 4, 0.17 * k, 0.0095, seed + 7)
    low = fabric.ramp(body.bust - 0.02, max(hem, body.crotch), y)
    h += fabric.drape(u, 0.055, 0.30, 0.0020, 21 + number + 5 * variant) * (0.25 + low)
    h += fabric.drape(u, 0.13, 0.10, 0.0030, 31 + number + 5 * variant) * (0.5 + 0.5 * low)
    if skirt:
        swing = fabric.ramp(body.waist - 0.02, hem, y)
        flutes = fabric.noise(u[:, 0] / np.float32(0.085), u[:, 1] / np.float32(1.6), 1.0, 61 + number + 5 * variant)
        h *= 1 - 0.7 * fabric.ramp(body.waist, body.crotch, y)
        h += np.float32(0.018) * swing * np.clip(flutes, -1.2, 1.2)
        return _spread(c, chosen, h)
    if fit.cinch:  # blousing over the elastic hem
        top = hem + fit.cinch * k
        wander = fabric.noise(u[:, 0], u[:, 1], 0.16, 71 + variant + number)
        rings = fabric.crease((y - np.float32(top)) / np.float32(0.062 * k) + 0.45 * wander) - 0.5
        h += 0.0065 * rings * fabric.bump(y - np.float32(top + 0.05 * k), 0.06 * k)
        h *= fabric.ramp(top - 0.012 * k, top + 0.012 * k, y)
    else:  # a free hem is never straight
        free = fabric.ramp(hem + 0.16 * k, hem, y)
        flutes = fabric.noise(u[:, 0], u[:, 1] * np.float32(0.2), 0.15, 81 + number + variant)
        h += 0.0062 * free * np.clip(flutes, -1.4, 1.4)
    if name == "back" and fit.neck is not Neck.LAPELS:  # the small of the back gathers
        wander = fabric.noise(u[:, 0], u[:, 1], 0.13, 5 + variant)
        gathers = fabric.crease(u[:, 1] / np.float32(0.062) + 0.45 * wander)
        around = fabric.bump(y - np.float32(body.waist + 0.01), 0.075) * fabric.bump(c.at[chosen, 0], 0.11)
        h += 0.0065 * around * (gathers - 0.5)
    return _spread(c, chosen, h)


def _sleeve(fit: TopFit, variant: int, c: Canvas, side: str, height: F32) -> None:
    k, body = c.body.scale, c.body
    chosen = c.on("sleeve" + side)
    s, along, angle = c.sleeve(chosen)
    u = c.place[chosen]
    turned = 3 * (side == "Right")  # left and right differ
    under = 0.6 - 0.4 * np.cos(angle)
    h = fabric.stacked(along, angle, 0.075 * k, 0.07, 0.045, 0.0062, 0.5, 3 + variant + turned) * under
    h += fabric.drape(u, 0.06, 0.12, 0.0024, 41 + variant + turned)
    if fit.sleeve > 1.2:
        shoulder, elbow, wrist = body.arms[side]
        upper, lower = float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))
        inner = 0.55 + 0.45 * np.sin(angle)
        end = upper + lower * (fit.sleeve - 1)
        h += fabric.stacked(along, angle, upper, 0.080, 0.052, 0.0110, 0.35, 11 + variant + turned) * inner
        cuff = 0.070 * k if fit.gather else 0.02 * k
        h += fabric.stacked(along, angle, end - cuff - 0.045 * k, 0.055, 0.044, 0.0095, 0.30, 13 + variant + turned)
        if fit.gather:
            h *= fabric.ramp(end - cuff + 0.012 * k, end - cuff - 0.012 * k, along)
    else:
        h += fabric.drape(u, 0.060, 0.30, 0.0040, 51 + variant + turned) * fabric.ramp(0.1, fit.sleeve, s)
    height[chosen] = h


def _spread(c: Canvas, chosen: np.ndarray, values: F32) -> F32:
    out = np.zeros(len(c.at), np.float32)
    out[chosen] = values
    return out
