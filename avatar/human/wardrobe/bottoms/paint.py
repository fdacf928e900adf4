"""Folds, seams, pockets and wash of trousers and shorts."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.character import Pattern
from avatar.human.figure import F32, U8
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.bottoms.motif import accent
from avatar.human.wardrobe.canvas import COLOUR_SIZE, Canvas, Layers, canvas, mask_image, paint
from avatar.human.wardrobe.frame import SIDES
from avatar.human.wardrobe.garments import BottomFit, Weave

WAISTBAND = 0.040  # metres
_PITCH, _WIDTH = 0.007, 0.0011  # of stitches, metres


@functools.lru_cache(maxsize=6)
def layers(fit: BottomFit, variant: int, depth: float) -> Layers:
    """The colourless layers of a bottom. variant: which of the fold patterns; depth: see :func:`canvas.paint`."""
    ink, relief = (_skirt_ink, _skirt_relief) if fit.skirt else (_ink, _relief)
    return paint(
        fit.pattern, fit.weave, functools.partial(relief, fit, variant), functools.partial(ink, fit, variant), depth
    )


@functools.lru_cache(maxsize=4)
def motif_mask(fit: BottomFit, motif: Pattern) -> U8:
    """(1024, 1024) where the second colour shows."""
    fine = canvas(fit.pattern, COLOUR_SIZE)
    return mask_image(fine.texels, accent(motif, fit, fine))


@dataclass(frozen=True, slots=True)
class _Lines:
    """Signed distances in metres to everything that is sewn."""

    out: F32  # side and inside-leg seams
    middle: F32  # centre seams
    belt: F32  # depth below the upper edge
    hem: F32  # height over the lower edge
    pocket: F32  # inside a front pocket's opening
    back: F32  # inside a back pocket (or its welt)
    yoke: F32
    front: NDArray[np.bool_]
    rear: NDArray[np.bool_]


def _lines(fit: BottomFit, c: Canvas) -> _Lines:
    k, body = c.body.scale, c.body
    x, y, z = c.at.T
    real = ~c.on("lip")
    front = c.on("front")
    angle, radius = c.trunk(np.ones(len(x), bool))
    for side, sign in SIDES:
        low = (x * sign >= 0) & (y <= body.crotch)
        angle[low], radius[low] = c.leg(low, side)
    far = np.where(real, np.float32(0), np.float32(9))
    belt = (np.float32(body.belt) - y - np.float32(0.012 * k) * fabric.ramp(0, 0.1, z)).astype(np.float32)
    across, down = np.abs(x) / np.float32(k), belt / np.float32(k)
    denim = fit.weave is Weave.DENIM
    if denim:
        pocket = (np.hypot((across - 0.165) / 0.085, (down - 0.03) / 0.085) - 1) * np.float32(0.085 * k)
    else:
        pocket = (0.115 + 0.45 * (down - 0.04) - across) * np.float32(k)  # slants outward on its way down
    px, py = np.abs(x) - np.float32(0.085 * k), y - np.float32(body.crotch + 0.115 * k)
    if denim:
        point = np.minimum(0.065 * k - py, py + 0.082 * k - 0.35 * np.abs(px))
        back = np.minimum(0.066 * k - np.abs(px) - 0.12 * np.maximum(-py, 0), point)
    else:
        back = np.minimum(0.062 * k - np.abs(px), 0.006 * k - np.abs(py - 0.05 * k))
    rear = real & ~front
    reach = 0.125 if denim else 0.18
    return _Lines(
        out=(np.abs(angle) - np.float32(np.pi / 2)) * radius + far,
        middle=np.abs(x) + np.where(y < body.crotch - 0.02, np.float32(9), np.float32(0)) + far,
        belt=belt,
        hem=_above_hem(c),
        pocket=np.where(front & (belt > 0.04 * k) & (belt < reach * k), pocket, -9).astype(np.float32),
        back=np.where(rear, back, -9).astype(np.float32),
        yoke=np.where(rear, belt - (0.075 * k + 0.22 * (0.12 * k - np.abs(x))), 9).astype(np.float32),
        front=front,
        rear=rear,
    )


def _above_hem(c: Canvas) -> F32:
    own = ~c.on("lip")
    out = np.full(len(c.at), 9.0, np.float32)
    for side, sign in SIDES:
        leg = own & (c.at[:, 0] * sign > 0) & (c.at[:, 1] < c.body.crotch - 0.1)
        out = np.minimum(out, c.from_edge("hem" + side, leg))
    return out


def _relief(fit: BottomFit, variant: int, c: Canvas) -> F32:
    """Height in metres."""
    k, body = c.body.scale, c.body
    denim = fit.weave is Weave.DENIM
    stiff = 1.0 if denim else 0.85
    height = np.zeros(len(c.at), np.float32)
    hem = float(c.at[~c.on("lip"), 1].min())
    for number, name in enumerate(("frontLeft", "frontRight", "backLeft", "backRight")):
        chosen = c.on(name)
        front, left = name.startswith("front"), name.endswith("Left")
        u, y = c.place[chosen], c.at[chosen, 1]
        angle, _ = c.leg(chosen, "Left" if left else "Right")
        along_u = left == front
        source = c.place_of(name, np.array([0.0, body.crotch + 0.02 * k, 0.05 if front else -0.08]))
        tilt = 0.35 if front else -0.35
        seed = 2 + number + 13 * variant
        h = fabric.tension(
            u, source, tilt if along_u else np.pi - tilt, 0.62, 5 if front else 4, 0.16 * k, 0.0060 * stiff, seed
        )
        if fit.length > 1.1:
            behind = 0.30 + 0.70 * (0.5 - 0.5 * np.cos(angle))
            knee = fabric.stacked(-y, angle, -(body.knee + 0.01), 0.075, 0.036, 0.0068 * stiff, 0.3, 7 + left + variant)
            h += knee * behind
            h += fabric.stacked(-y, angle, -(hem + 0.045 * k), 0.06, 0.030, 0.0085 * stiff, 0.35, 17 + left + variant)
            h += fabric.stacked(-y, angle, -(hem + 0.15 * k), 0.07, 0.045, 0.0035 * stiff, 0.6, 27 + left + variant)
        h += fabric.drape(u, 0.09, 0.22, 0.0020 * stiff, 33 + number + 5 * variant)
        if not denim:  # pressed crease
            middle = angle if front else np.abs(angle) - np.float32(np.pi)
            h += 0.0016 * fabric.bump(middle, 0.05) * fabric.ramp(body.crotch, body.crotch - 0.15, y)
        height[chosen] = h
    at = _lines(fit, c)
    for seam in (at.out, at.middle, at.belt - np.float32(WAISTBAND * k), *((at.yoke,) if denim else ())):
        height -= 0.0022 * fabric.line(seam, 0.0022)
    opening = fabric.ramp(-0.0015, 0.0015, at.pocket) * fabric.bump(np.maximum(at.pocket, 0), 0.02)
    height += 0.0022 * opening * (at.pocket > -8)
    height += (0.0020 if denim else -0.0015) * fabric.ramp(-0.0015, 0.0015, at.back) * at.rear
    height += 0.0012 * fabric.ramp(0.017, 0.015, at.hem)
    return height


def _ink(fit: BottomFit, variant: int, c: Canvas) -> dict[str, F32]:
    k = c.body.scale
    denim = fit.weave is Weave.DENIM
    at = _lines(fit, c)
    x, y, z = c.at.T
    along = x + y
    dark = 0.35 * fabric.line(at.out, 0.0018) + 0.35 * fabric.line(at.middle, 0.0018)
    dark += 0.35 * fabric.line(at.belt - np.float32(WAISTBAND * k), 0.0018)
    dark += 0.45 * fabric.line(at.pocket, 0.0016) + 0.35 * fabric.line(at.back, 0.0014)
    thread = fabric.stitches(x * 1.3, at.belt - 0.005, _PITCH, _WIDTH)
    thread += fabric.stitches(along, at.pocket - 0.006, _PITCH, _WIDTH)
    thread += fabric.stitches(x + z, at.hem - 0.014, _PITCH, _WIDTH)
    fly = np.where(at.belt < 0.12 * k, x + 0.032 * k, np.hypot(x, at.belt - 0.12 * k) - 0.032 * k + 9 * (x > 0))
    fly = np.where(at.front & (at.belt > WAISTBAND * k) & (at.belt < 0.155 * k), fly, 9).astype(np.float32)
    thread += fabric.stitches(y, fly, _PITCH, _WIDTH)
    button = np.where(at.front, np.hypot(x - 0.004, at.belt - 0.02 * k), 9).astype(np.float32)
    inks = {"metal": fabric.ramp(0.0092, 0.0085, button)}
    if denim:
        dark += 0.35 * fabric.line(at.yoke, 0.0018)
        thread += fabric.stitches(along, at.pocket - np.float32(0.012), _PITCH, _WIDTH)
        thread += fabric.stitches(y, fly - np.float32(0.006), _PITCH, _WIDTH)
        for inset in (0.006, 0.012):
            thread += fabric.stitches(along, at.out - np.float32(inset), _PITCH, _WIDTH) * (y < c.body.belt)
            thread += fabric.stitches(along, at.yoke - np.float32(inset), _PITCH, _WIDTH)
        for inset in (0.005, 0.011):
            thread += fabric.stitches(along, at.back - np.float32(inset), _PITCH, _WIDTH)
        inks["fade"] = _wash(variant, c)
    else:
        thread *= 0.5
    return inks | {"dark": fabric.clip_unit(dark), "thread": fabric.clip_unit(thread)}


def _wash(variant: int, c: Canvas) -> F32:
    """Where denim has paled: fronts of the thighs, knees, seat."""
    k, body = c.body.scale, c.body
    out = np.zeros(len(c.at), np.float32)
    for side, sign in SIDES:
        own = (c.at[:, 0] * sign >= 0) & c.on("front")
        angle, _ = c.leg(own, side)
        y, u = c.at[own, 1], c.place[own]
        worn = fabric.bump(y - np.float32(body.crotch - 0.15 * k), 0.19 * k) * fabric.bump(angle, 0.75)
        worn += 0.75 * fabric.bump(y - np.float32(body.knee), 0.10 * k) * fabric.bump(angle, 0.7)
        out[own] = worn * (0.85 + 0.08 * fabric.noise(u[:, 0], u[:, 1], 0.03, 3 + variant))
    seat = c.on("back")
    y, x = c.at[seat, 1], c.at[seat, 0]
    out[seat] = (
        0.55
        * fabric.bump(y - np.float32(body.crotch + 0.05 * k), 0.10 * k)
        * fabric.bump(np.abs(x) - np.float32(0.085 * k), 0.06)
    )
    return fabric.clip_unit(out * 0.42)


def _skirt_relief(fit: BottomFit, variant: int, c: Canvas) -> F32:
    """Height in metres: soft vertical folds, a waistband, a zip behind."""
    height = np.zeros(len(c.at), np.float32)
    hem = float(c.at[~c.on("lip"), 1].min())
    for number, name in enumerate(("front", "back")):
        chosen = c.on(name)
        u, y = c.place[chosen], c.at[chosen, 1]
        low = fabric.ramp(c.body.belt - 0.06, hem, y)
        h = fabric.drape(u, 0.045, 0.60, 0.0030, 21 + number + 5 * variant) * (0.15 + low)
        h += fabric.drape(u, 0.11, 0.14, 0.0016, 31 + number + 5 * variant)
        height[chosen] = h
    at = _skirt_lines(c)
    height -= 0.0020 * fabric.line(at.belt - np.float32(WAISTBAND * c.body.scale), 0.0020)
    height -= 0.0018 * fabric.line(at.out, 0.0018) + 0.0014 * fabric.line(at.middle, 0.0014)
    height += 0.0012 * fabric.ramp(0.027, 0.025, at.hem)
    return height


def _skirt_lines(c: Canvas) -> _Lines:
    k = c.body.scale
    real = ~c.on("lip")
    angle, radius = c.trunk(np.ones(len(c.at), bool))
    far = np.where(real, np.float32(0), np.float32(9))
    never = np.full(len(c.at), -9, np.float32)
    x, y, z = c.at.T
    belt = (np.float32(c.body.belt) - y - np.float32(0.012 * k) * fabric.ramp(0, 0.1, z)).astype(np.float32)
    rear = real & c.on("back")
    return _Lines(
        out=(np.abs(angle) - np.float32(np.pi / 2)) * radius + far,
        middle=np.where(rear & (belt < 0.20 * k), np.abs(x), np.float32(9)) + far,
        belt=belt, hem=c.from_edge("hem", real & (y < c.body.crotch)), pocket=never, back=never, yoke=-never,
        front=c.on("front"), rear=rear,
    )  # fmt: skip


def _skirt_ink(fit: BottomFit, variant: int, c: Canvas) -> dict[str, F32]:
    at = _skirt_lines(c)
    band = np.float32(WAISTBAND * c.body.scale)
    dark = 0.32 * fabric.line(at.out, 0.0016) + 0.30 * fabric.line(at.belt - band, 0.0018)
    dark += 0.30 * fabric.line(at.middle, 0.0013) + 0.14 * fabric.line(at.hem - np.float32(0.026), 0.0012)
    return {"dark": fabric.clip_unit(dark)}
