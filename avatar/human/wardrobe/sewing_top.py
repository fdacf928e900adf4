"""How tops are sewn: seams, bands, plackets, pockets, buttons. One look at a canvas gives relief and ink alike."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F32
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.canvas import Canvas
from avatar.human.wardrobe.frame import Frame, armhole
from avatar.human.wardrobe.garments import Neck, TopFit, Weave
from avatar.human.wardrobe.necklines import lapel_bottom

RIB = 0.020  # metres: the band round a crew neck
HEM_STITCH = 0.019  # of a turned hem over its edge
_PITCH, _WIDTH = 0.0052, 0.0008  # of stitches
_SEAM = 0.0019


@dataclass(slots=True)
class Sewn:
    """What sewing leaves on n texels; painters add to it."""

    height: F32  # metres
    dark: F32  # 0..1 shadow of seams
    rib: F32  # 0..1 knitted in ribs
    flat: F32  # 0..1 what is left of the folds
    trim: F32  # 0..1 in the second colour when the cloth is plain
    button: F32  # 0..1
    shirt: F32  # 0..1 of the shirt under a jacket
    pearl: F32  # 0..1 that shirt's buttons

    def seam(self, distance: F32, where: NDArray[np.bool_] | F32, strength: float = 0.30, width: float = _SEAM) -> None:
        """A sewn line: a groove and its shadow."""
        drawn = fabric.line(distance, width) * where
        self.height -= np.float32(0.0017) * drawn
        self.dark += np.float32(strength) * drawn

    def stitched(self, along: F32, distance: F32, where: NDArray[np.bool_] | F32, strength: float = 0.24) -> None:
        self.dark += np.float32(strength) * fabric.stitches(along, distance, _PITCH, _WIDTH) * where

    def raised(self, inside: F32, where: NDArray[np.bool_] | F32, by: float) -> F32:
        """Something lies on the cloth where ``inside`` (metres) is positive; returns how much, 0..1."""
        on = fabric.ramp(-0.0012, 0.0012, inside) * where
        self.height += np.float32(by) * on
        return np.asarray(on, np.float32)


def sew(fit: TopFit, c: Canvas, *, raglan: bool = False) -> Sewn:
    """Everything that is sewn on a top, at the points of a canvas."""
    made = Sewn(*(np.zeros(len(c.at), np.float32) for _ in range(8)))
    made.flat[:] = 1
    panel = c.on("front", "back", "sleeve")
    trunk = c.on("front", "back")
    _seams(made, c, panel, trunk, raglan=raglan)
    hem, cuff = _edges(c, trunk)
    _neckband(fit, made, c, trunk)
    _lower_edges(fit, made, c, hem, cuff, trunk)
    if fit.placket:
        _placket(fit, made, c)
    match fit.pattern:
        case "polo":
            own = c.on("collar")
            made.trim += own * (fabric.ramp(0.0068, 0.0060, c.place[:, 1]) - fabric.ramp(0.0030, 0.0022, c.place[:, 1]))
        case "shirt":
            _shirt(made, c)
        case "hoodie":
            _hoodie(fit, made, c)
        case "blazer":
            _blazer(fit, made, c, cuff)
        case "dress":
            _dress(made, c, trunk)
    made.dark = fabric.clip_unit(made.dark)
    return made


def _edges(c: Canvas, trunk: NDArray[np.bool_]) -> tuple[F32, F32]:
    """Metres from hem and cuffs; 9 far from them."""
    cuff = np.full(len(c.at), 9.0, np.float32)
    for side in ("Left", "Right"):
        cuff = np.minimum(cuff, c.from_edge("cuff" + side, c.on("sleeve" + side)))
    return c.from_edge("hem", trunk & (c.at[:, 1] < c.body.crotch + 0.14 * c.body.scale)), cuff


def _seams(made: Sewn, c: Canvas, panel: NDArray[np.bool_], trunk: NDArray[np.bool_], *, raglan: bool) -> None:
    """Armholes, sides, shoulders."""
    k = c.body.scale
    hole = (c.arm > 0.12) & (c.at[:, 1] > c.body.armpit - 0.03 * k) & panel
    if raglan:
        made.seam(raglan_line(c.body, c.at[:, 0], c.at[:, 1]), trunk & (c.at[:, 1] > c.body.armpit - 0.02 * k))
    else:
        made.seam(np.abs(c.at[:, 0]) - np.float32(armhole(c.body)), hole)
    angle, radius = c.trunk(trunk)
    side = np.full(len(c.at), 9.0, np.float32)
    side[trunk] = (np.abs(angle) - np.float32(np.pi / 2)) * radius
    made.seam(side, trunk & (np.abs(c.at[:, 0]) > 0.05 * k), 0.24, 0.0016)


def raglan_line(body: Frame, x: F32, y: F32) -> F32:
    """Metres outside a raglan seam, which runs from the neckline to the armpit."""
    k = body.scale
    down = np.clip((body.neck[1] + 0.01 * k - y) / (body.neck[1] - body.armpit + 0.05 * k), 0, 1.2)
    edge = (0.060 + 0.108 * down ** np.float32(1.25)) * k
    return np.asarray(np.abs(x) - edge, np.float32)


def _neckband(fit: TopFit, made: Sewn, c: Canvas, trunk: NDArray[np.bool_]) -> None:
    k = c.body.scale
    if fit.neck is Neck.COLLAR:  # what lies under the collar is in its shadow
        away = c.from_edge("neck", trunk & (c.at[:, 1] > c.body.neck[1] - 0.15 * k))
        made.dark += np.float32(0.24) * fabric.ramp(0.062 * k, 0.036 * k, away)
    if fit.neck not in (Neck.CREW, Neck.SCOOP):
        return
    near = trunk & (c.at[:, 1] > c.body.neck[1] - 0.24 * k) & (np.abs(c.at[:, 0]) < 0.16 * k)
    away = c.from_edge("neck", near)
    width = (RIB if fit.neck is Neck.CREW else 0.009) * k
    band = made.raised(np.float32(width) - away, near, 0.0015)
    made.trim += band
    made.flat *= 1 - 0.85 * band
    made.seam(away - np.float32(width + 0.0012), near, 0.34, 0.0015)
    if fit.neck is Neck.CREW:
        made.rib += band
    made.stitched(c.place[:, 0] + c.place[:, 1], away - np.float32(width + 0.005), near, 0.16)


def _lower_edges(fit: TopFit, made: Sewn, c: Canvas, hem: F32, cuff: F32, trunk: NDArray[np.bool_]) -> None:
    k = c.body.scale
    sleeve = c.on("sleeve")
    along = c.place[:, 0] + c.place[:, 1] * np.float32(0.3)
    knitted = fit.weave in (Weave.JERSEY, Weave.FLEECE)
    if fit.cinch:
        _ribbed(made, hem, fit.cinch * k, trunk)
    elif fit.weave is not Weave.WOOL:
        edge = 0.012 if fit.weave is Weave.POPLIN else HEM_STITCH
        made.raised(np.float32(edge) - hem, trunk, 0.0010)
        for row in (edge, edge - 0.004) if knitted or fit.weave is Weave.PIQUE else (edge,):
            made.stitched(along, hem - np.float32(row), trunk)
    if fit.sleeve > 1.5 and knitted:
        made.trim += _ribbed(made, cuff, (0.068 if fit.cinch else 0.050) * k, sleeve) * (not fit.cinch)
    elif fit.sleeve > 1.5 and fit.weave is Weave.POPLIN:
        band = made.raised(np.float32(0.060 * k) - cuff, sleeve, 0.0014)
        made.flat *= 1 - 0.75 * band
        made.trim += band
        made.seam(cuff - np.float32(0.060 * k), sleeve)
        for row in (0.005, 0.055 * k):
            made.stitched(along, cuff - np.float32(row), sleeve, 0.18)
    elif fit.weave is Weave.PIQUE:
        made.trim += _ribbed(made, cuff, 0.022 * k, sleeve)
    elif fit.weave is not Weave.WOOL:
        made.trim += made.raised(np.float32(HEM_STITCH) - cuff, sleeve, 0.0010)
        for row in (HEM_STITCH, HEM_STITCH - 0.004):
            made.stitched(along, cuff - np.float32(row), sleeve)


def _ribbed(made: Sewn, away: F32, width: float, where: NDArray[np.bool_]) -> F32:
    """A knitted band along an edge; the cloth is gathered into it. Returns where it is."""
    band = fabric.ramp(width + 0.0008, width - 0.0008, away) * where
    made.rib += band
    made.flat *= 1 - 0.8 * band
    made.seam(away - np.float32(width), where, 0.40, 0.0022)
    made.height += np.float32(0.0012) * fabric.bump(away - np.float32(width + 0.009), 0.007) * where
    return np.asarray(band, np.float32)


def _buttons(
    made: Sewn, c: Canvas, centres: list[tuple[float, float]], radius: float, where: NDArray[np.bool_]
) -> None:
    """Domed discs with four holes at (x, y) in body metres."""
    x, y = c.at[:, 0], c.at[:, 1]
    for cx, cy in centres:
        near = np.flatnonzero((np.abs(x - cx) < 3 * radius) & (np.abs(y - cy) < 3 * radius) & where)
        dx, dy = x[near] - np.float32(cx), y[near] - np.float32(cy)
        r = np.hypot(dx, dy)
        disc = fabric.ramp(radius + 0.0006, radius - 0.0006, r)
        holes = fabric.bump(np.hypot(np.abs(dx) - 0.27 * radius, np.abs(dy) - 0.27 * radius), 0.17 * radius) * disc
        made.button[near] = np.maximum(made.button[near], disc * (1 - 0.75 * holes))
        made.dark[near] += 0.5 * fabric.line(r - np.float32(radius + 0.0008), 0.0012)
        made.dark[near] *= 1 - disc
        made.height[near] += 0.0022 * disc - 0.0009 * fabric.line(r - np.float32(radius * 0.62), 0.0009) * disc
        made.flat[near] *= 1 - disc


def _placket(fit: TopFit, made: Sewn, c: Canvas) -> None:
    """The overlapping front edge, with its buttons."""
    k, body = c.body.scale, c.body
    front = c.on("front")
    x, y = c.at[:, 0], c.at[:, 1]
    top = body.neck[1] - 0.045 * k
    bottom = max(top - fit.placket * k, body.crotch + fit.hem * k)
    whole = fit.placket > 1
    half = 0.0165 * k
    down = np.float32(9) if whole else y - np.float32(bottom)
    inside = np.minimum(half - np.abs(x), down).astype(np.float32)
    strip = made.raised(inside, front, 0.0013)
    made.flat *= 1 - 0.6 * strip
    made.seam(inside, front, 0.34, 0.0012)
    made.stitched(y + x, inside - np.float32(0.004), front, 0.20)
    if whole:
        heights = np.arange(top - 0.030 * k, bottom + 0.05 * k, -0.088 * k)
    else:
        made.seam(np.where(np.abs(x) < half, y - np.float32(bottom + 0.022 * k), 9).astype(np.float32), front, 0.18)
        heights = np.array([top - 0.022 * k, top - 0.068 * k])
    _buttons(made, c, [(0.0, float(h)) for h in heights], 0.0056 * k, front)


def _collar_edge(c: Canvas, panel: str) -> tuple[NDArray[np.bool_], F32]:
    """Texels of a sewn-on panel, and metres from its open sides."""
    own = c.on(panel)
    out = np.full(len(c.at), 9.0, np.float32)
    if own.any():
        u = c.place[own]
        high, wide = u[:, 1], u[:, 0]
        out[own] = np.minimum(np.minimum(wide, wide.max() - wide), np.minimum(high, high.max() - high))
    return own, out


def _shirt(made: Sewn, c: Canvas) -> None:
    """A breast pocket, a yoke with a pleat, collar stitching."""
    k, body = c.body.scale, c.body
    front, back = c.on("front"), c.on("back")
    x, y = c.at[:, 0], c.at[:, 1]
    px, py = x - np.float32(0.083 * k), y - np.float32(body.bust + 0.012 * k)
    pocket = np.minimum(0.050 * k - np.abs(px), np.minimum(0.046 * k - py, py + 0.066 * k - 0.28 * np.abs(px)))
    pocket = pocket.astype(np.float32)
    lying = made.raised(pocket, front, 0.0013)
    made.flat *= 1 - 0.4 * lying
    made.seam(pocket, front, 0.32, 0.0011)
    made.stitched(x + y, pocket - np.float32(0.004), front, 0.20)
    made.seam(np.where(pocket > 0.0, py - np.float32(0.028 * k), 9).astype(np.float32), front, 0.16, 0.0010)
    yoke = y - np.float32(body.shoulder - 0.035 * k)
    made.seam(yoke, back, 0.30, 0.0013)
    made.stitched(x, yoke - np.float32(0.004), back, 0.18)
    pleat = np.abs(np.abs(x) - np.float32(0.014 * k)) + np.where(yoke < 0, np.float32(0), np.float32(9))
    fades = fabric.ramp(body.waist, body.armpit, y)
    made.dark += 0.22 * fabric.line(pleat, 0.0014) * back * fades
    made.height += 0.0020 * fabric.ramp(0.016 * k, 0.012 * k, np.abs(x)) * back * (yoke < 0) * fades
    own, away = _collar_edge(c, "collar")
    made.trim += own
    made.stitched(c.place[:, 0], away - np.float32(0.005), own, 0.22)


def _hoodie(fit: TopFit, made: Sewn, c: Canvas) -> None:
    """A pouch with slanted openings, a seam down the hood, cords in the second colour."""
    k, body = c.body.scale, c.body
    front = c.on("front")
    x, y = np.abs(c.at[:, 0]) / np.float32(k), (c.at[:, 1] - np.float32(body.crotch + fit.hem * k)) / np.float32(k)
    slant = np.where(y > 0.105, 0.145 - 0.55 * (y - 0.105) - x, 0.145 - x)
    pouch = (np.minimum(np.minimum(0.245 - y, y - 0.060), slant) * np.float32(k)).astype(np.float32)
    lying = made.raised(pouch, front, 0.0030)
    made.flat *= 1 - 0.35 * lying
    made.seam(pouch, front, 0.46, 0.0020)
    made.stitched(c.at[:, 0] + c.at[:, 1], pouch - np.float32(0.008), front, 0.24)
    opening = (slant * np.float32(k)).astype(np.float32)
    mouth = front & (y > 0.112) & (y < 0.238)
    made.dark += 0.55 * fabric.bump(np.minimum(opening, 0), 0.006) * mouth * (opening < 0.001)
    hood = c.on("hood")
    away = np.full(len(c.at), 9.0, np.float32)
    u = c.place[hood]
    away[hood] = u[:, 0] - u[:, 0].max() / 2
    made.seam(away, hood, 0.36, 0.0022)
    for inset in (0.006, -0.006):
        made.stitched(c.place[:, 1], away - np.float32(inset), hood, 0.2)
    made.trim += c.on("cord")
    made.dark += 0.25 * c.on("cord") * (((c.place[:, 1] / np.float32(0.004)) % 1) < 0.4)
    made.trim[hood] += fabric.ramp(0.046, 0.043, u[:, 1].max() - u[:, 1])  # the lining, seen inside the roll


def _blazer(fit: TopFit, made: Sewn, c: Canvas, cuff: F32) -> None:
    """Pockets, darts, a closed front with two buttons, and the shirt below."""
    k, body = c.body.scale, c.body
    front, back, sleeve = c.on("front"), c.on("back"), c.on("sleeve")
    x, y = c.at[:, 0], c.at[:, 1]
    low = lapel_bottom(body)
    across = np.abs(x) - np.float32(0.108 * k)
    flap_y = y - np.float32(body.belt - 0.045 * k) + np.float32(0.10) * across
    flap = np.minimum(0.072 * k - np.abs(across), 0.026 * k - np.abs(flap_y)).astype(np.float32)
    made.raised(flap, front, 0.0026)
    made.seam(flap, front, 0.50, 0.0015)
    made.stitched(x, flap - np.float32(0.005), front, 0.16)
    wx = x - np.float32(0.098 * k)
    welt_y = y - np.float32(body.bust + 0.028 * k) - np.float32(0.16) * wx
    welt = np.minimum(0.048 * k - np.abs(wx), 0.0115 * k - np.abs(welt_y)).astype(np.float32)
    made.raised(welt, front, 0.0018)
    made.seam(welt, front, 0.45, 0.0013)
    dart = np.where((y > body.belt - 0.015 * k) & (y < body.bust - 0.045 * k), np.abs(x) - np.float32(0.092 * k), 9)
    made.seam(dart.astype(np.float32), front, 0.16, 0.0011)
    closing = front & (y < low)
    edge = x + np.float32(0.012 * k) + np.float32(0.10) * np.minimum(y - np.float32(body.belt), 0)
    made.seam(edge.astype(np.float32), closing, 0.55, 0.0016)
    _buttons(made, c, [(0.006 * k, low - 0.012 * k), (0.006 * k, low - 0.112 * k)], 0.0098 * k, front)
    made.seam(x, back & (y < body.shoulder + 0.08 * k), 0.16, 0.0012)
    vent = back & (y < body.crotch + 0.10 * k)
    made.seam(x - np.float32(0.003), vent, 0.5, 0.0018)
    _, _, angle = c.sleeve(sleeve)
    linked = 0.013 * k  # the shirt's cuff looks out of the sleeve
    showing = fabric.ramp(linked + 0.0006, linked - 0.0006, cuff) * sleeve
    made.shirt += showing
    made.height -= np.float32(0.0022) * showing
    made.seam(cuff - np.float32(linked), sleeve, 0.55, 0.0016)
    outer = np.abs(np.abs(angle) - np.float32(1.9)) < 0.09
    for row in range(4):
        spot = np.zeros(len(c.at), np.float32)
        near = fabric.bump(cuff[sleeve] - np.float32((0.036 + 0.015 * row) * k), 0.0052 * k) * outer
        spot[sleeve] = (near > 0.45) & (angle < 0)
        made.button = np.maximum(made.button, spot)
    for panel in ("lapel", "backCollar"):
        own, away = _collar_edge(c, panel)
        made.dark += 0.45 * fabric.line(away, 0.0022) * own
        made.stitched(c.place[:, 0], away - np.float32(0.005), own, 0.14)
    inner = c.on("inner")
    own, away = _collar_edge(c, "collar")
    made.shirt += (inner | own).astype(np.float32)
    made.stitched(c.place[:, 0], away - np.float32(0.005), own, 0.20)
    strip = (np.float32(0.0165 * k) - np.abs(x)).astype(np.float32)
    made.raised(strip, inner, 0.0011)
    made.seam(strip, inner, 0.28, 0.0011)
    jacket = made.button
    made.button = np.zeros_like(jacket)
    _buttons(made, c, [(0.0, body.neck[1] - (0.085 + 0.085 * n) * k) for n in range(4)], 0.0054 * k, inner)
    made.pearl, made.button = made.button, jacket


def _dress(made: Sewn, c: Canvas, trunk: NDArray[np.bool_]) -> None:
    """A belt at the waist, darts above it, gathers below."""
    k, body = c.body.scale, c.body
    x, y = c.at[:, 0], c.at[:, 1]
    belt = (np.float32(0.017 * k) - np.abs(y - np.float32(body.waist + 0.004 * k))).astype(np.float32)
    on = made.raised(belt, trunk, 0.0022)
    made.trim += on
    made.flat *= 1 - 0.9 * on
    made.seam(belt, trunk, 0.40, 0.0015)
    made.stitched(x, belt - np.float32(0.004), trunk, 0.2)
    front = c.on("front")
    dart = np.where((y > body.waist) & (y < body.bust - 0.03 * k), np.abs(x) - np.float32(0.078 * k), 9)
    made.seam(dart.astype(np.float32), front, 0.16, 0.0011)
    below = np.maximum(body.waist - y, 0)
    gathers = fabric.noise(c.place[:, 0] / np.float32(0.022), y / np.float32(0.5), 1.0, 91)
    gathered = fabric.bump(below - np.float32(0.015), 0.05) * trunk * (y < body.waist - 0.014 * k)
    made.height += np.float32(0.0016) * gathers * gathered
