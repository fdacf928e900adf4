"""Where a bottom shows its second colour."""

from __future__ import annotations

import numpy as np

from avatar.character import Pattern
from avatar.human.figure import F32
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.canvas import Canvas
from avatar.human.wardrobe.frame import SIDES
from avatar.human.wardrobe.garments import BottomFit

STRIPE, PIN, CHECK, DOT = 0.034, 0.020, 0.052, 0.030  # metres: periods
BAND, SIDE = 0.045, 0.014  # metres: width of a band, half width of a stripe along the side seam


def accent(motif: Pattern, fit: BottomFit, c: Canvas) -> F32:
    """(n,) share of the second colour. Stripes run down, bands lie at waist and hem, raglan is a stripe along the
    side seams; checks are two crossing bars and a thin line between."""
    k = np.float32(c.body.scale)
    u, v = c.place.T
    panel = ~c.on("lip")
    match motif:
        case Pattern.STRIPES:
            wave = np.abs(u / (STRIPE * k) % 1 - 0.5) * 2
            out = fabric.ramp(0.46, 0.54, wave)
        case Pattern.PINSTRIPES:
            off = (u / (PIN * k) + 0.5) % 1 - 0.5
            out = 0.75 * fabric.ramp(0.0013, 0.0006, (np.abs(off) * PIN * k).astype(np.float32))
        case Pattern.CHECKS:
            out = np.maximum(_bars(u, k), _bars(v, k)) * 0.55 + _bars(u, k) * _bars(v, k) * 0.45
            thin = np.maximum(_lines(u, k), _lines(v, k))
            out = np.maximum(out, 0.5 * thin)
        case Pattern.DOTS:
            row = np.floor(v / (DOT * k))
            du = ((u / (DOT * k) + 0.5 * (row % 2)) % 1 - 0.5) * DOT * k
            dv = (v / (DOT * k) % 1 - 0.5) * DOT * k
            out = fabric.ramp(0.0058, 0.0050, np.hypot(du, dv).astype(np.float32))
        case Pattern.BANDS:
            belt = np.float32(c.body.belt) - c.at[:, 1] - 0.012 * k * fabric.ramp(0, 0.1, c.at[:, 2])
            hem = _over_hem(fit, c, panel)
            out = np.maximum(
                fabric.ramp(0.0411, 0.0399, np.asarray(belt / k, np.float32)),
                fabric.ramp(BAND + 0.0006, BAND - 0.0006, hem),
            )
        case Pattern.RAGLAN:
            out = fabric.ramp(SIDE + 0.0006, SIDE - 0.0006, np.abs(_side_seam(fit, c)))
        case Pattern.PLAIN:
            out = np.zeros(len(u), np.float32)
    return np.asarray(out * panel, np.float32)


def _bars(along: F32, k: np.float32) -> F32:
    return fabric.ramp(0.26, 0.24, np.abs(along / (CHECK * k) % 1 - 0.5))


def _lines(along: F32, k: np.float32) -> F32:
    off = along / (CHECK * k) % 1
    return fabric.ramp(0.028, 0.016, np.minimum(off, 1 - off))


def _over_hem(fit: BottomFit, c: Canvas, panel: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> F32:
    low = panel & (c.at[:, 1] < c.body.crotch)
    if fit.skirt:
        return c.from_edge("hem", low)
    edges = [c.from_edge("hem" + side, low & (c.at[:, 0] * sign > 0)) for side, sign in SIDES]
    return np.minimum(*edges)


def _side_seam(fit: BottomFit, c: Canvas) -> F32:
    """Metres from the outer seam round the body."""
    angle, radius = c.trunk(np.ones(len(c.at), bool))
    if not fit.skirt:
        for side, sign in SIDES:
            low = (c.at[:, 0] * sign >= 0) & (c.at[:, 1] <= c.body.crotch)
            turn, radius[low] = c.leg(low, side)
            angle[low] = np.where(turn * sign > 0, np.abs(turn), np.float32(0))  # the inside of a leg has no stripe
    return (np.abs(angle) - np.float32(np.pi / 2)) * radius
