"""Trouser legs: rings of cloth from the hip block down to the shoe, with the folds that show in the outline."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse as sp

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.bottoms.hips import gap_of, hip_block, thigh_weights
from avatar.human.wardrobe.drape import Draped, finish, relax
from avatar.human.wardrobe.frame import SIDES, Dummy, Frame, leg_polar
from avatar.human.wardrobe.garments import BottomFit
from avatar.human.wardrobe.mesh import smoothstep
from avatar.human.wardrobe.pattern import Cut
from avatar.human.wardrobe.shoes.pair import Pair
from avatar.human.wardrobe.surface import Surface

Clearance = Callable[[F64, F64], F64]  # height, angle -> radius that a leg needs there

# Rings of a long leg: shares from the block to the knee, then metres over the knee, shares to the hem's folds, metres
# over the hem. Beside each how much of a fold it is: crest 1, valley -1.
_THIGH = (0.36, 0.70)
_KNEE = ((0.046, 0.0), (0.023, 0.9), (0.0, -1.0), (-0.023, 1.0), (-0.046, -0.5))
_SHIN = (0.36, 0.74)
_HEM = ((0.122, 0.0), (0.098, 0.6), (0.077, -0.8), (0.058, 1.0), (0.039, -1.0), (0.020, 0.6), (0.0, 0.0))
LONG_ROWS = len(_THIGH) + len(_KNEE) + len(_SHIN) + len(_HEM)
SHORT_ROWS = 5
KNEE_FOLD, HEM_FOLD = 0.0042, 0.0048  # metres
_HEM_BACK, _HEM_FRONT = 0.034, 0.052  # metres over the ground: where a hem hangs behind and lies on the shoe
_TUCK = 0.030  # metres: how far a leg goes into a shaft
_STACK = 0.128  # metres over the hem where its folds end
SPREAD = 0.45  # metres per metre: how fast a leg may widen towards a shoe


def is_long(fit: BottomFit) -> bool:
    return fit.length > 1.5


def rows_of(fit: BottomFit) -> int:
    """How many rings hang from the hip block."""
    return LONG_ROWS if is_long(fit) else SHORT_ROWS


def leg_hem(frame: Frame, fit: BottomFit) -> float:
    """Height of the hem of a leg parameter: 1 knee, 2 ankle."""
    hip = float(frame.legs["Left"][1, 1])
    if fit.length <= 1:
        return hip + (frame.knee - hip) * fit.length
    return frame.knee + (frame.ankle - frame.knee) * (fit.length - 1)


def drape_legs(
    dummy: Dummy, fit: BottomFit, cut: Cut, smooth: sp.csr_matrix, below: Surface, shod: Pair | None
) -> Draped:
    """Trousers or shorts on a figure, outside ``below``. Long legs hang over the shoes or go into their shafts."""
    k, gap = dummy.frame.scale, gap_of(dummy, fit)
    q, weights = hip_block(dummy, fit, cut)
    count = len(q)
    rings = np.zeros((cut.rows, len(cut.loop), 3))
    bent = np.zeros((cut.rows, len(cut.loop), 3))
    ring_weights = np.zeros((cut.rows, len(cut.loop), weights.shape[1]))
    for side, sign in SIDES:
        own = np.flatnonzero(q[cut.loop, 0] * sign > 0)
        rings[:, own], bent[:, own] = _rings(dummy, fit, q[cut.loop[own]], side, sign, shod, cut.rows)
        ring_weights[:, own] = _ring_weights(dummy, fit, rings[:, own], side, sign, shod)
    cloth = np.vstack([q, rings.reshape(-1, 3)])
    foot = dummy.frame.ankle + 0.035 * k
    keep_out = np.where(cloth[:, 1] < foot, -1.0, gap) if is_long(fit) else np.full(len(cloth), gap)
    still = cloth[count:].copy()
    cloth = relax(cloth, smooth, below, keep_out, 6, 0.45)
    low = smoothstep(dummy.frame.knee, dummy.frame.ankle + 0.05 * k, still[:, 1])[:, None] if is_long(fit) else 0.0
    cloth[count:] += (still - cloth[count:]) * low + bent.reshape(-1, 3)
    if not is_long(fit):
        for side, _ in SIDES:
            edge = cut.edges["hem" + side]
            cloth[edge, 1] = cloth[edge, 1].mean()
    cloth = below.push_out(cloth, keep_out)
    return finish(cloth, np.vstack([weights, ring_weights.reshape(-1, weights.shape[1])]), cut, smooth)


def _rings(
    dummy: Dummy, fit: BottomFit, start: F64, side: str, sign: float, shod: Pair | None, rows: int
) -> tuple[F64, F64]:
    """(rows, n, 3) rings under the loop ``start`` (n, 3), and what folds add to them."""
    frame, k, gap = dummy.frame, dummy.frame.scale, gap_of(dummy, fit)
    tucked = shod is not None and bool(shod.shafts) and fit.tucks and is_long(fit)
    theta0, radius0, _ = leg_polar(frame, start, side)
    order = _even(theta0)
    grid = dummy.legs[side].bridged(0.8).hanging(fit.slope).blurred(2.0, 2.0)
    bare = dummy.legs[side]
    hem, clearance = _hem_line(dummy, fit, side, shod, order, tucked=tucked)
    heights, knee_fold, hem_fold = _heights(dummy, fit, float(start[:, 1].mean()), hem, rows, order, sign)
    off = radius0 - grid.sample(start[:, 1], theta0) - fit.ease * k
    turn = smoothstep(0, 4, np.arange(1.0, rows + 1))[:, None]
    theta = theta0 + _wrapped(order - theta0) * turn
    radius = np.zeros(theta.shape)
    for row, y in enumerate(heights):
        at = theta[row]
        way = smoothstep(frame.crotch, float(hem.mean()), y)
        r = grid.sample(y, at) + (fit.ease + (fit.ease_hem - fit.ease) * way) * k
        r = np.maximum(bare.sample(y, at) + gap, r) + off * np.exp(-(((start[:, 1] - y) / (0.09 * k)) ** 2))
        if is_long(fit):
            r = np.maximum(r, fit.hem_radius * k * smoothstep(frame.knee - 0.02 * k, frame.ankle + 0.10 * k, y))
        if tucked and shod is not None:
            inside = smoothstep(shod.top + 0.036 * k, shod.top + 0.014 * k, y)
            r += (bare.sample(y, at) + 0.0040 * k - r) * inside
            r = np.minimum(r, _in_shaft(frame, shod.shafts[side], side, y, at, shod.top) - 0.0035 * k)
        else:
            r = np.maximum(r, clearance(y, at))
        radius[row] = r
    if is_long(fit) and not tucked:
        for row in range(rows - 2, -1, -1):  # cloth leaves what holds it apart at a slope
            radius[row] = np.maximum(radius[row], radius[row + 1] - SPREAD * (heights[row] - heights[row + 1]))
    folds = KNEE_FOLD * knee_fold[:, None] * (0.30 + 0.70 * (0.5 - 0.5 * np.cos(theta)))
    folds = folds + HEM_FOLD * hem_fold[:, None] * (
        0.70 + 0.30 * np.cos(3 * theta + 0.7 * np.arange(rows)[:, None] + sign)
    )
    if not tucked:  # a valley may not sink into the shoe
        held = np.stack([clearance(y, at) for y, at in zip(heights, theta, strict=True)])
        folds = np.maximum(folds * fit.folds, np.minimum((held - radius) / k - 0.0015, 0.0))
    elif shod is not None:
        folds *= fit.folds * smoothstep(shod.top + 0.012 * k, shod.top + 0.030 * k, np.stack(heights))
    outward = np.stack([np.sin(theta), np.zeros_like(theta), np.cos(theta)], 2)
    out = np.stack([_axis(frame, side, y) for y in heights]) + outward * radius[..., None]
    out[..., 0] = sign * np.maximum(out[..., 0] * sign, 0.003)
    return out, outward * (folds * k)[..., None]


def _axis(frame: Frame, side: str, y: F64) -> F64:
    ankle, hip = frame.legs[side]
    share = np.clip((y - ankle[1]) / (hip[1] - ankle[1]), 0, 1)
    return np.stack([ankle[0] + (hip[0] - ankle[0]) * share, y, ankle[2] + (hip[2] - ankle[2]) * share], 1)


def _in_shaft(frame: Frame, rings: F64, side: str, y: F64, theta: F64, top: float) -> F64:
    """Radius of a shaft of two ``rings`` (2, n, 3) at heights and angles; large above it."""
    reach, height = [], []
    for ring in rings:
        angle, radius, _ = leg_polar(frame, ring, side)
        order = np.argsort(angle)
        reach.append(np.interp(theta, angle[order], radius[order], period=2 * np.pi))
        height.append(np.interp(theta, angle[order], ring[order, 1], period=2 * np.pi))
    share = np.clip((y - height[0]) / (height[1] - height[0]), 0, 1)
    return np.where(y < top + 0.004 * frame.scale, reach[0] + (reach[1] - reach[0]) * share, 9.0)


def _wrapped(angle: F64) -> F64:
    return (angle + np.pi) % (2 * np.pi) - np.pi


def _even(theta: F64) -> F64:
    """Evenly spread angles in the order and direction of ``theta``, as near to it as can be."""
    count = len(theta)
    way = np.sign(_wrapped(np.diff(theta)).sum())
    even = way * np.arange(count) * 2 * np.pi / count
    shift = np.angle(np.exp(1j * (theta - even)).mean())
    return _wrapped(even + shift)


def _hem_line(
    dummy: Dummy, fit: BottomFit, side: str, shod: Pair | None, theta: F64, *, tucked: bool
) -> tuple[F64, Clearance]:
    """Height of the hem at each column, and a function of height and angle that says how wide a shoe is there."""
    frame, k = dummy.frame, dummy.frame.scale

    def nothing(y: F64, angle: F64) -> F64:
        return np.zeros(len(angle))

    if not is_long(fit):
        return np.full(len(theta), leg_hem(frame, fit)), nothing
    drop = max(2.0 - fit.length, 0.0) * (frame.knee - frame.ankle)
    front = 0.5 + 0.5 * np.cos(theta)
    hem = (_HEM_BACK + (_HEM_FRONT - _HEM_BACK) * front) * k + drop
    if shod is None:
        return hem + 0.01 * k * front, nothing
    points = shod.outside[side]
    angle, radius, _ = leg_polar(frame, points, side)
    height = points[:, 1]
    columns = -np.pi + (np.arange(36) + 0.5) * 2 * np.pi / 36
    near = np.abs(_wrapped(columns[:, None] - angle[None])) < np.radians(14)
    steps = np.linspace(0.02 * k, max(shod.top, 0.16 * k) + 0.02 * k, 30)

    table = np.zeros((len(steps), 36))
    for number, y in enumerate(steps):
        there = near & (height[None] > y - 0.004 * k)
        table[number] = np.where(there, radius[None], 0).max(1)
    table = np.maximum(table, np.roll(table, 1, 1) * 0.94)
    table = np.maximum(table, np.roll(table, -1, 1) * 0.94)
    soft = table.copy()
    for _ in range(2):
        soft = np.maximum(table, (np.roll(soft, 1, 1) + 2 * soft + np.roll(soft, -1, 1)) / 4)

    def clearance(y: F64, at: F64) -> F64:
        row = np.clip((y - steps[0]) / (steps[1] - steps[0]), 0, len(steps) - 1)
        column = (at + np.pi) / (2 * np.pi) * 36 - 0.5
        low, left = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
        high = np.minimum(low + 1, len(steps) - 1)
        fy, fx = row - low, column - left
        lower = soft[low, left % 36] * (1 - fx) + soft[low, (left + 1) % 36] * fx
        upper = soft[high, left % 36] * (1 - fx) + soft[high, (left + 1) % 36] * fx
        found = lower * (1 - fy) + upper * fy
        return np.where(found > 0, found + 0.0045 * k, 0.0)

    widest = max(fit.hem_radius, 0.045) * k + 0.016 * k
    lifted = hem.copy()
    for _ in range(24):  # the hem climbs up the instep until the leg need not widen too much
        lifted = np.where((clearance(lifted, theta) > widest) & (front > 0.5), lifted + 0.004 * k, lifted)
    for _ in range(3):
        lifted = np.maximum((np.roll(lifted, 1) + 2 * lifted + np.roll(lifted, -1)) / 4, hem)
    if tucked:
        return np.full(len(theta), shod.top - _TUCK * k), clearance
    return np.minimum(lifted, hem + 0.075 * k), clearance


def _heights(
    dummy: Dummy, fit: BottomFit, top: float, hem: F64, rows: int, theta: F64, sign: float
) -> tuple[list[F64], F64, F64]:
    """Heights of the rings at each column, and how much of a fold each is at the knee and over the hem."""
    frame, k = dummy.frame, dummy.frame.scale
    if not is_long(fit):
        return [top + (hem - top) * (number + 1) / rows for number in range(rows)], np.zeros(rows), np.zeros(rows)
    heights = [np.full(len(hem), top + (frame.knee + 0.046 * k - top) * share) for share in _THIGH]
    zigzag = np.sin(2 * theta + 1.1 * sign)
    heights += [frame.knee + (over + 0.010 * abs(fold) * zigzag) * k for over, fold in _KNEE]
    low = frame.knee - 0.046 * k
    heights += [low + (hem + _STACK * k - low) * share for share in _SHIN]
    heights += [hem + (over + 0.007 * abs(fold) * zigzag) * k for over, fold in _HEM]
    knee, stack = np.zeros(rows), np.zeros(rows)
    knee[len(_THIGH) : len(_THIGH) + len(_KNEE)] = [fold for _, fold in _KNEE]
    stack[-len(_HEM) :] = [fold for _, fold in _HEM]
    return heights, knee, stack


def _ring_weights(dummy: Dummy, fit: BottomFit, rings: F64, side: str, sign: float, shod: Pair | None) -> F64:
    """(rows, n, joints) of a leg: as the skin inside; a hem over the shoe goes a little with the foot."""
    frame, k = dummy.frame, dummy.frame.scale
    points = rings.reshape(-1, 3).copy()
    points[:, 1] = np.maximum(points[:, 1], frame.ankle + 0.05 * k)
    weights = thigh_weights(dummy, points, 0.035 * k, sign)
    if is_long(fit):
        low = smoothstep(frame.ankle + 0.14 * k, frame.ankle + 0.05 * k, rings[..., 1]).reshape(-1)
        foot = 0.45 * smoothstep(frame.ankle + 0.045 * k, frame.ankle - 0.03 * k, rings[..., 1]).reshape(-1)
        if shod is not None and shod.shafts and fit.tucks:
            foot = foot * 0
        shin = np.zeros_like(weights)
        shin[:, dummy.columns[f"{side}Leg"]] = 1 - foot
        shin[:, dummy.columns[f"{side}Foot"]] = foot
        weights += (shin - weights) * low[:, None]
    return weights.reshape(*rings.shape[:2], -1)


def ring_triangles(
    loops: list[I64], count: int, rows: int, kept: I64 | None = None, columns: int = 0
) -> tuple[I64, list[I64]]:
    """Triangles of ``rows`` rings under closed loops of cloth vertices, and the last ring of each.

    count: vertices of the block; kept: cloth vertices of the loops that are left, all when None; columns: of the
    rings that are drawn, all when 0.
    """
    triangles, ends = [], []
    width = sum(len(loop) for loop in loops)
    start = 0
    for loop in loops:
        chosen = np.unique(np.round(np.linspace(0, len(loop), (columns or len(loop)) + 1)[:-1]).astype(np.int64))
        upper = np.arange(len(loop)) if kept is None else np.flatnonzero(np.isin(loop, kept))
        place = start + chosen
        triangles.append(_zipped(loop, upper, chosen, count + start))
        above = count + place
        for row in range(1, rows):
            below = count + row * width + place
            a, b, c, d = above, np.roll(above, -1), below, np.roll(below, -1)
            triangles += [np.stack([b, a, c], 1), np.stack([b, c, d], 1)]
            above = below
        ends.append(above)
        start += len(loop)
    return np.vstack(triangles), ends


def _zipped(loop: I64, upper: I64, lower: I64, first: int) -> I64:
    """Triangles between the places ``upper`` of a loop and ``lower`` of the ring under it, both closed and sorted."""
    size, faces = len(loop), []
    i = j = 0
    while i < len(upper) or j < len(lower):
        here, there = int(loop[upper[i % len(upper)]]), first + int(lower[j % len(lower)])
        up = int(upper[(i + 1) % len(upper)]) + size * ((i + 1) // len(upper))
        down = int(lower[(j + 1) % len(lower)]) + size * ((j + 1) // len(lower))
        if j >= len(lower) or (i < len(upper) and up <= down):
            faces.append((int(loop[up % size]), here, there))
            i += 1
        else:
            faces.append((here, there, first + down % size))
            j += 1
    return np.array(faces, np.int64)
