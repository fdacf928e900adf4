"""What is where on a kind of shoe: leather, seams, holes of laces, soles."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from avatar.character import FootwearKind
from avatar.human.figure import F32
from avatar.human.wardrobe import fabric
from avatar.human.wardrobe.shoes.bench import LENGTH, Bench
from avatar.human.wardrobe.shoes.last import HALF
from avatar.human.wardrobe.shoes.pieces import UPPER, pieces


def common(b: Bench) -> None:
    """Sole, tread, lining, and the shadow where upper and sole meet."""
    upper, sole = b.piece["upper"], b.piece["sole"]
    b.add("sole", sole)
    b.add("tread", b.piece["tread"])
    b.dark += 0.35 * b.piece["tread"] * (0.5 + 0.5 * np.sign(np.sin(b.u * 300)))
    b.dark += 0.42 * fabric.bump(b.row - np.float32(0.10), 0.40) * upper
    last = b.loft.rim
    b.add("inside", fabric.ramp(last + 0.75, last + 1.1, b.row) * upper)
    b.dark += 0.55 * fabric.ramp(last + 1.05, last + 1.9, b.row) * upper
    b.rough[sole + b.piece["tread"] > 0] = 0.82
    if "lace" in b.piece:
        lace = b.piece["lace"]
        b.add("lace", lace)
        b.rough[lace > 0] = 0.9
        b.height += 0.0004 * np.sin(b.u * np.float32(420) + b.v * 300) * lace
    if "tongue" in b.piece:
        tongue = b.piece["tongue"]
        b.add("tongue", tongue)
        low, high = b.v[tongue > 0].min(), b.v[tongue > 0].max()
        way = (b.v - low) / (high - low)
        b.seam((way - 0.52) * np.float32(0.05), tongue * (way < 0.9), stitch=0.0022)
        b.rough[tongue > 0] = 0.8


def _grain(b: Bench, depth: float, size: float, where: F32) -> None:
    """Leather: pebbles of a size."""
    pebbles = np.abs(fabric.noise(b.z, b.x + b.y, size, 5)) + 0.5 * np.abs(fabric.noise(b.z, b.x + b.y, size / 2, 9))
    b.height -= np.float32(depth) * (1 - np.clip(pebbles, 0, 1)) * where
    cloud = fabric.noise(b.z, b.x + b.y, 0.03, 4)
    b.dark -= np.float32(0.03) * cloud * where


def _flex(b: Bench, depth: float, at: float = 0.70) -> None:
    """Creases where the toes bend."""
    phase = b.z / np.float32(0.0105) + 0.25 * np.sin(b.x * 90) + 0.2 * fabric.noise(b.z, b.x, 0.03, 3)
    fold = (fabric.crease(phase) - 0.5) * fabric.bump(b.t - np.float32(at), 0.050) * b.piece["upper"]
    b.height += np.float32(depth) * fold
    b.dark += np.float32(0.10) * np.clip(-fold, 0, 1)


def _lacing(b: Bench, until: float) -> tuple[F32, F32]:
    """The slot under the laces as a signed distance (positive inside) and its mask on the vamp."""
    front = b.loft.foot.t(b.loft.upper[b.loft.throat, 0, 2:3])[0]
    end = np.float32(until * LENGTH)
    half = np.float32(0.0125) - 0.05 * np.clip(b.z - np.float32(front * LENGTH), 0, 1)
    inside = np.minimum(half - b.x, end - b.z - np.square(b.x) * 40)
    vamp = b.piece["upper"] * (b.row > 2.5) * (b.row < b.loft.throat + 0.4) * (b.t > front - 0.12)
    return inside.astype(np.float32), vamp.astype(np.float32)


def _laces_shadow(b: Bench, holes: str) -> None:
    """Shadows of the laces on what they cross, and the holes they come from."""
    foot = b.loft.foot
    for bar in (piece for piece in pieces(b.loft) if piece.name == "lace"):
        if len(bar.points) != 9:
            continue
        ends, middle = bar.points[[3, 5]], bar.points[4]
        end = ends[int(np.argmax(ends[:, 0]))]
        x1 = abs(end[0] - middle[0])
        share = np.clip(b.x / np.float32(x1), 0, 1.1)
        place = b.t * np.float32(foot.length) + np.float32(foot.heel)
        along = place - (middle[2] + (end[2] - middle[2]) * share)
        rise = b.y - (middle[1] + (end[1] - middle[1]) * share)
        near = np.hypot(along, rise) if b.fit.shaft else np.abs(along)
        b.dark += (
            0.42 * fabric.bump(near.astype(np.float32), 0.0050) * (b.x < x1 + 0.003) * b.piece["upper"] * (b.row > 2)
        )
        spot = np.hypot(b.x - np.float32(x1 + 0.0008), np.hypot(place - end[2], b.y - end[1]) * 0.8)
        ring = fabric.ramp(0.0046, 0.0040, spot) * b.piece["upper"]
        b.add(holes, ring)
        b.dark += 0.75 * fabric.ramp(0.0028, 0.0022, spot) * b.piece["upper"]
        b.height += 0.0005 * fabric.bump(spot - 0.0035, 0.001) * b.piece["upper"]


def _f32(values: ArrayLike) -> F32:
    return np.asarray(values, np.float32)


def _sneaker(b: Bench) -> None:
    upper = b.piece["upper"] * (b.row < b.loft.rim + 0.6)
    low = (b.row > 0.3).astype(np.float32) * upper
    slot, vamp = _lacing(b, 0.795)
    # toe cap: a bow over the toes
    cap = _f32(b.z - np.float32(0.245) + np.square(b.x) * np.float32(9))
    b.add("second", fabric.ramp(-0.0006, 0.0006, cap) * low)
    b.seam(cap, low, stitch=0.0024)
    b.height += 0.0007 * fabric.ramp(-0.0008, 0.0008, cap) * low
    # eyestay: leather beside the slot
    stay = np.minimum(slot + np.float32(0.0135), np.float32(0.225) - b.z)
    b.add("second", fabric.ramp(-0.0005, 0.0005, stay) * vamp)
    b.seam(stay, vamp * (b.t > 0.47), stitch=0.0020)
    b.height += 0.0008 * fabric.ramp(-0.0008, 0.0008, stay) * vamp
    b.add("tongue", fabric.ramp(-0.0006, 0.0006, slot) * vamp)
    b.dark += 0.35 * fabric.ramp(0.0, 0.004, slot) * vamp + 0.6 * fabric.line(slot, 0.0010) * vamp
    b.height -= 0.0016 * fabric.ramp(-0.0006, 0.0008, slot) * vamp
    # heel counter and tab
    counter = np.float32(0.075) - b.z - 0.55 * (b.y - 0.035)
    counter = np.where(b.t < 0.45, counter, -9).astype(np.float32)
    b.add("second", fabric.ramp(-0.0006, 0.0006, counter) * low)
    b.seam(counter, low, stitch=0.0022)
    b.height += 0.0007 * fabric.ramp(-0.0008, 0.0008, counter) * low
    tab = np.minimum(np.float32(0.016) - b.x, b.y - np.float32(0.056))
    tab = np.where(b.t < 0.2, tab, -9).astype(np.float32)
    b.add("accent", fabric.ramp(-0.0006, 0.0006, tab) * low)
    b.seam(tab, low)
    b.height += 0.0008 * fabric.ramp(-0.0008, 0.0008, tab) * low
    # two slanting stripes on the quarter, straight on the cloth and not in space: feet differ
    column = b.u * np.float32(HALF)
    up = (np.float32(UPPER[3]) - b.v) / np.float32(UPPER[3] - UPPER[2])
    side = low * fabric.ramp(0.0005, -0.0005, stay) * fabric.ramp(0.0, -0.001, counter)
    for at in (5.30, 5.92):
        stripe = (np.float32(0.20) - np.abs(column - np.float32(at) + (up - np.float32(0.20)) * 1.5)) * np.float32(
            0.030
        )
        stripe = stripe.astype(np.float32)
        b.add("accent", fabric.ramp(-0.0005, 0.0005, stripe) * side)
        b.height += 0.0006 * fabric.ramp(-0.0006, 0.0006, stripe) * side
        b.dark += 0.30 * fabric.line(stripe, 0.0006) * side
    sole = b.piece["sole"]
    b.add("edge", fabric.ramp(0.14, 0.06, np.abs(b.row - np.float32(1.70))) * sole)
    b.dark += 0.30 * fabric.line(b.row - np.float32(0.95), 0.03) * sole
    b.height += 0.0005 * np.sin(b.z * np.float32(2 * np.pi / 0.006)) * sole * (b.row < 0.85)
    # knit of the vamp and quarters
    plain = upper * fabric.ramp(0.0, -0.001, cap) * fabric.ramp(0.0, -0.001, stay) * fabric.ramp(0.0, -0.001, counter)
    knit = np.sin(b.z * np.float32(2 * np.pi / 0.0026)) * np.sin((b.y + b.x) * np.float32(2 * np.pi / 0.0026))
    b.height += 0.00022 * knit * plain
    b.dark -= 0.04 * knit * plain
    _grain(b, 0.00018, 0.004, upper - plain)
    _flex(b, 0.0014)
    rim = np.float32(b.loft.rim)
    b.dark += 0.4 * fabric.line(b.row - rim + np.float32(0.55), 0.07) * (b.t < 0.5) * upper
    b.add("inside", fabric.ramp(-0.02, 0.02, b.row - rim + np.float32(0.5)) * b.piece["upper"] * (b.t < 0.46))
    b.rough[:] = np.where(plain > 0.5, 0.85, b.rough)
    _laces_shadow(b, "second")


def _boot(b: Bench) -> None:
    upper = b.piece["upper"] * (b.row < b.loft.rim + 0.6)
    slot, vamp = _lacing(b, 0.70)
    front = np.float32(b.loft.foot.t(b.loft.upper[b.loft.throat, 0, 2:3])[0] * LENGTH)
    shaft = upper * (b.y > 0.098)
    gap = np.where(b.y > 0.098, np.float32(0.0125) - b.x - 9 * (b.z < front - 0.045), slot).astype(np.float32)
    where = np.maximum(vamp, shaft)
    b.add("tongue", fabric.ramp(-0.0006, 0.0006, gap) * where)
    b.dark += 0.35 * fabric.ramp(0.0, 0.004, gap) * where + 0.6 * fabric.line(gap, 0.0010) * where
    b.height -= 0.0018 * fabric.ramp(-0.0006, 0.0008, gap) * where
    stay = gap + np.float32(0.0125)
    b.seam(stay, where, stitch=0.0022)
    cap = _f32(b.z - np.float32(0.212) + np.square(b.x) * np.float32(6))
    low = (b.row > 0.3).astype(np.float32) * upper
    b.add("second", fabric.ramp(-0.0006, 0.0006, cap) * low)
    b.seam(cap, low, stitch=0.0024)
    b.height += 0.0010 * fabric.ramp(-0.0008, 0.0008, cap) * low
    counter = np.float32(0.092) - b.z - 0.35 * (b.y - 0.040)
    counter = np.minimum(counter, np.float32(0.092) - b.y)
    counter = np.where(b.t < 0.5, counter, -9).astype(np.float32)
    b.add("second", fabric.ramp(-0.0006, 0.0006, counter) * low)
    b.seam(counter, low, stitch=0.0024)
    b.height += 0.0008 * fabric.ramp(-0.0008, 0.0008, counter) * low
    rim = np.float32(b.loft.rim)
    collar = b.row - rim + np.float32(0.55)
    b.add("panel", fabric.ramp(-0.02, 0.02, collar) * upper)
    b.dark += 0.4 * fabric.line(collar, 0.05) * upper
    pull = np.minimum(np.float32(0.011) - b.x, b.y - np.float32(0.150)) * (b.t < 0.25) - 9 * (b.t >= 0.25)
    b.add("panel", fabric.ramp(-0.0005, 0.0005, pull.astype(np.float32)) * upper)
    sole = b.piece["sole"]
    welt = fabric.stitches(b.z + b.x, (b.row - np.float32(1.90)) * 0.013, 0.006, 0.0009) * sole
    b.add("thread", welt)
    b.dark += 0.35 * fabric.line(b.row - np.float32(1.72), 0.05) * sole
    lug = (np.sin(b.z * np.float32(2 * np.pi / 0.018)) > 0.75) * (b.row < 0.8) * sole
    b.height -= 0.0025 * lug.astype(np.float32)
    b.dark += 0.45 * lug.astype(np.float32)
    _grain(b, 0.00035, 0.0045, upper)
    _flex(b, 0.0022, 0.72)
    bend = fabric.crease(_f32(b.y / np.float32(0.017) + np.float32(0.3) * np.sin(b.z * 60))) - 0.5
    b.height += 0.0020 * bend * fabric.bump(b.y - np.float32(0.105), 0.030) * fabric.ramp(0.02, 0.035, b.x) * upper
    b.rough[:] = np.where(upper > 0, np.float32(0.48) + 0.1 * fabric.noise(b.z, b.y, 0.02, 8), b.rough)
    _laces_shadow(b, "metal")


def _loafer(b: Bench) -> None:
    upper = b.piece["upper"] * (b.row < b.loft.rim + 0.6)
    vamp = upper * (b.row > 1.5) * (b.t > 0.52)
    # the apron: a raised seam round the toes
    reach = np.float32(0.030) * np.sqrt(np.clip(1 - np.square(np.clip((b.z - 0.165) / 0.082, 0, 1)), 0, 1))
    apron = np.where(b.z > 0.165, reach - b.x, np.float32(0.030) - b.x).astype(np.float32)
    apron = np.where(b.z > 0.2465, -b.x - (b.z - np.float32(0.2465)), apron).astype(np.float32)
    b.height += 0.0016 * fabric.bump(apron + np.float32(0.0012), 0.0016) * vamp
    b.dark += 0.55 * fabric.line(apron, 0.0009) * vamp
    pucker = fabric.stitches(b.z - b.x, apron + np.float32(0.0022), 0.0046, 0.0013) * vamp
    b.height += 0.0006 * pucker
    b.dark += 0.12 * pucker
    # strap with its slot
    strap = np.float32(0.0125) - np.abs(b.z - np.float32(0.168) - np.square(b.x) * 2.5)
    strap = np.where(vamp > 0, strap, -9).astype(np.float32)
    b.add("second", fabric.ramp(-0.0005, 0.0005, strap) * vamp)
    b.seam(strap, vamp, stitch=0.0020)
    b.height += 0.0013 * fabric.ramp(-0.0008, 0.0008, strap) * vamp
    slot = np.minimum(np.float32(0.013) - b.x, np.float32(0.0022) - np.abs(b.z - np.float32(0.168)) + b.x * 0.10)
    b.dark += 0.7 * fabric.ramp(-0.0004, 0.0006, slot) * vamp
    b.height -= 0.0012 * fabric.ramp(-0.0004, 0.0006, slot) * vamp
    back = np.where(b.t < 0.3, b.x - np.float32(0.007), 9).astype(np.float32)
    b.seam(back, upper)
    rim = np.float32(b.loft.rim)
    b.add("panel", fabric.ramp(-0.03, 0.03, b.row - rim + np.float32(0.42)) * upper)
    b.dark += 0.35 * fabric.line(b.row - rim + np.float32(0.42), 0.06) * upper
    sole = b.piece["sole"]
    b.add("thread", fabric.stitches(b.z + b.x, (b.row - np.float32(1.88)) * 0.010, 0.005, 0.0007) * sole * 0.7)
    b.dark += 0.3 * fabric.line(b.row - np.float32(1.70), 0.05) * sole
    for level in (0.45, 0.85, 1.25):
        b.dark += 0.25 * fabric.line(b.row - np.float32(level), 0.04) * sole * (b.t < 0.3)
    _grain(b, 0.00012, 0.003, upper)
    _flex(b, 0.0010, 0.74)
    b.rough[:] = np.where(upper > 0, np.float32(0.33) + 0.06 * fabric.noise(b.z, b.y, 0.03, 8), b.rough)


def _flat(b: Bench) -> None:
    upper = b.piece["upper"] * (b.row < b.loft.rim + 0.6)
    rim = np.float32(b.loft.rim)
    band = b.row - rim + np.float32(0.45)
    b.add("panel", fabric.ramp(-0.04, 0.04, band) * upper)
    b.dark += 0.35 * fabric.line(band, 0.07) * upper
    b.height += 0.0008 * fabric.ramp(-0.06, 0.06, band) * upper
    back = np.where(b.t < 0.3, b.x - np.float32(0.004), 9).astype(np.float32)
    b.seam(back, upper)
    _grain(b, 0.00012, 0.003, upper)
    _flex(b, 0.0006, 0.80)
    b.rough[:] = np.where(upper > 0, np.float32(0.38) + 0.05 * fabric.noise(b.z, b.y, 0.03, 8), b.rough)


PAINTERS: dict[FootwearKind, Callable[[Bench], None]] = {
    FootwearKind.SNEAKERS: _sneaker,
    FootwearKind.BOOTS: _boot,
    FootwearKind.LOAFERS: _loafer,
    FootwearKind.FLATS: _flat,
}
