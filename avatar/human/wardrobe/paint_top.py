"""Folds, seams and stitches of tops, and their second colour."""

from __future__ import annotations

import functools
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F32
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.canvas import Canvas, Layers, paint
from avatar.human.wardrobe.frame import armhole
from avatar.human.wardrobe.garments import TopFit


class Trim(StrEnum):
    """Where a top's second colour goes."""

    PLAIN = "plain"
    BANDS = "bands"  # collar and cuffs
    STRIPES = "stripes"
    RAGLAN = "raglan"  # sleeves and collar


COLLAR, CUFF, STRIPE = 0.019, 0.022, 0.036  # metres: widths of the bands, period of the stripes


@functools.lru_cache(maxsize=6)
def layers(fit: TopFit, trim: Trim, variant: int, depth: float) -> Layers:
    """The colourless layers of a top. variant: which of the fold patterns; depth: see :func:`canvas.paint`."""
    return paint(fit.pattern, fit.weave, functools.partial(_relief, fit, variant), functools.partial(_ink, trim), depth)


def _edges(c: Canvas) -> tuple[F32, F32, F32]:
    """Metres from hem, collar and cuffs."""
    k = c.body.scale
    trunk = (c.arm < 0.4) & ~c.on("lip")
    top = c.body.neck[1]
    collar = c.from_edge("neck", trunk & (c.at[:, 1] > top - 0.16 * k) & (np.abs(c.at[:, 0]) < 0.14 * k))
    cuff = np.full(len(c.at), 9.0, np.float32)
    for side in ("Left", "Right"):
        cuff = np.minimum(cuff, c.from_edge("cuff" + side, c.on("sleeve" + side)))
    low = trunk & (c.at[:, 1] < c.body.crotch + 0.12 * k)
    return c.from_edge("hem", low), collar, cuff


def _seams(c: Canvas, panel: NDArray[np.bool_]) -> F32:
    """1 on the armhole and side seams."""
    k = c.body.scale
    hole = fabric.line(np.abs(c.at[:, 0]) - np.float32(armhole(c.body)), 0.0018)
    hole *= (c.arm > 0.12) & (c.at[:, 1] > c.body.armpit - 0.03 * k) & panel
    side = np.zeros(len(c.at), np.float32)
    trunk = panel & (c.at[:, 1] < c.body.armpit) & c.on("front", "back")
    angle, radius = c.trunk(trunk)
    side[trunk] = fabric.line((np.abs(angle) - np.float32(np.pi / 2)) * radius, 0.0016)
    return np.maximum(hole, side)


def _relief(fit: TopFit, variant: int, c: Canvas) -> F32:
    """Height in metres."""
    k, body = c.body.scale, c.body
    height = np.zeros(len(c.at), np.float32)
    hem_height = body.crotch + fit.hem * k
    for number, name in enumerate(("front", "back")):
        chosen = c.on(name)
        u, y = c.place[chosen], c.at[chosen, 1]
        h: F32 = np.zeros(len(u), np.float32)
        for side, sign in (("Left", 1.0), ("Right", -1.0)):
            along_u = (side == "Left") == (name == "front")  # the pull comes from the chart's +u side
            pit = body.arms[side][0] + np.array([-sign * 0.03, -0.075, 0.03 if name == "front" else -0.03]) * k
            seed = 11 * variant + 2 * number + along_u
            source = c.place_of(name, pit)
            h += fabric.tension(u, source, np.pi + 0.55 if along_u else -0.55, 0.75, 4, 0.22 * k, 0.0062, seed)
            flank = c.place_of(name, np.array([sign * 0.16 * k, body.waist, 0.0]))
            h += fabric.tension(u, flank, np.pi if along_u else 0.0, 0.9, 4, 0.15 * k, 0.005, seed + 7)
        low = fabric.ramp(body.bust - 0.02, hem_height, y)
        h += fabric.drape(u, 0.055, 0.30, 0.0018, 21 + number + 5 * variant) * (0.25 + low)
        h += fabric.drape(u, 0.13, 0.10, 0.0022, 31 + number + 5 * variant) * (0.5 + 0.5 * low)
        if name == "back":  # the small of the back gathers
            wander = fabric.noise(u[:, 0], u[:, 1], 0.12, 5 + variant)
            gathers = fabric.crease(u[:, 1] / np.float32(0.055) + 0.4 * wander)
            around = fabric.bump(y - np.float32(body.waist + 0.01), 0.07) * fabric.bump(c.at[chosen, 0], 0.09)
            h += 0.0035 * around * (gathers - 0.5)
        height[chosen] = h
    for side in ("Left", "Right"):
        chosen = c.on("sleeve" + side)
        s, along, angle = c.sleeve(chosen)
        u = c.place[chosen]
        under = 0.6 - 0.4 * np.cos(angle)
        h = fabric.stacked(along, angle, 0.06 * k, 0.07, 0.034, 0.0045, 0.5, 3 + variant)
        h *= under
        h += fabric.drape(u, 0.06, 0.12, 0.0017, 41 + variant)
        if fit.sleeve > 1.2:
            shoulder, elbow, wrist = body.arms[side]
            upper, lower = float(np.linalg.norm(elbow - shoulder)), float(np.linalg.norm(wrist - elbow))
            inner = 0.55 + 0.45 * np.sin(angle)
            h += fabric.stacked(along, angle, upper, 0.075, 0.032, 0.0062, 0.35, 11 + variant) * inner
            h += fabric.stacked(along, angle, upper + lower * 0.74, 0.075, 0.028, 0.0045, 0.30, 13 + variant)
        else:
            h += fabric.drape(u, 0.035, 0.16, 0.0013, 51 + variant) * fabric.ramp(0.1, fit.sleeve, s)
        height[chosen] = h
    panel = ~c.on("lip")
    hem, collar, cuff = _edges(c)
    height -= 0.0018 * _seams(c, panel)
    height -= 0.0016 * fabric.line(collar - np.float32(COLLAR * k), 0.0016)
    height += 0.0011 * fabric.ramp(COLLAR * k + 0.002, COLLAR * k - 0.002, collar)
    for edge in (hem, cuff):
        height += 0.0012 * fabric.ramp(CUFF + 0.0015, CUFF - 0.0015, edge)
    return height


def _ink(trim: Trim, c: Canvas) -> dict[str, F32]:
    panel = ~c.on("lip")
    k = c.body.scale
    hem, collar, cuff = _edges(c)
    seam = _seams(c, panel)
    dark = 0.28 * seam + 0.25 * fabric.line(collar - np.float32(COLLAR * k), 0.0013)
    for edge in (hem, cuff):
        for row in (0.0155, 0.0195):
            dark += 0.22 * fabric.stitches(c.place[:, 0] + c.place[:, 1], edge - np.float32(row), 0.005, 0.0008)
    inks = {"dark": fabric.clip_unit(dark), "rib": (collar < COLLAR * k).astype(np.float32)}
    inks["accent"] = _accent(trim, c, collar, cuff, panel)
    if trim is Trim.PLAIN:
        del inks["accent"]
    return inks


def _accent(trim: Trim, c: Canvas, collar: F32, cuff: F32, panel: NDArray[np.bool_]) -> F32:
    k = c.body.scale
    band = fabric.ramp(COLLAR * k + 0.0006, COLLAR * k - 0.0006, collar)
    sleeve = panel & (c.arm > 0.25) & (np.abs(c.at[:, 0]) > armhole(c.body))
    match trim:
        case Trim.BANDS:
            return np.maximum(band, fabric.ramp(CUFF + 0.0006, CUFF - 0.0006, cuff))
        case Trim.RAGLAN:
            return np.maximum(band, sleeve.astype(np.float32))
        case Trim.STRIPES:
            along = c.at[:, 1] / np.float32(STRIPE * k)
            _, distance, _ = c.sleeve(sleeve)
            along[sleeve] = distance / np.float32(STRIPE * k)
            wave = np.abs(along % 1 - 0.5) * 2
            return np.maximum(band, fabric.ramp(0.44, 0.48, wave) * panel)
        case Trim.PLAIN:
            return np.zeros(len(collar), np.float32)
