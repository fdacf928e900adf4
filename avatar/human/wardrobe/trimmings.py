"""What is sewn to a top: collars, hoods with cords, lapels. Built on every figure, always with the same vertices."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.drape import Draped
from avatar.human.wardrobe.frame import Dummy
from avatar.human.wardrobe.garments import Neck, TopFit, Weave
from avatar.human.wardrobe.mesh import smoothstep
from avatar.human.wardrobe.necklines import LAPEL_TOP, lapel_bottom
from avatar.human.wardrobe.strips import Trimming, laid_on, outward, ring, sewn, strip
from avatar.human.wardrobe.surface import Surface, surface


def trimmings(
    dummy: Dummy, fit: TopFit, cloth: Draped, inner: NDArray[np.bool_], edges: Mapping[str, I64]
) -> tuple[Trimming, ...]:
    """All that is sewn to a top. inner: (n,) cloth of another garment; edges: the open edges of the drawn cloth."""
    if fit.neck in (Neck.CREW, Neck.SCOOP):
        return ()
    outer = Draped(cloth.positions[~inner], cloth.normals[~inner], cloth.weights[~inner])
    under = surface(outer.positions, outer.normals)
    match fit.neck:
        case Neck.COLLAR:
            soft = fit.weave is Weave.PIQUE
            return (_collar(dummy, cloth, under, edges["neck"], soft=soft),)
        case Neck.HOOD:
            return (_hood(dummy, cloth, under, edges["neck"]), *_cords(dummy, outer, under))
        case Neck.LAPELS:
            lapels = _lapels(dummy, cloth, outer, under, edges["neck"])
            return (*lapels, _collar(dummy, cloth, under, edges["innerNeck"], soft=False, tucked=True))
    return ()


def _collar(
    dummy: Dummy, cloth: Draped, under: Surface, edge: I64, *, soft: bool, tucked: bool = False, columns: int = 27
) -> Trimming:
    """A stand and a fall; the fall ends in two points. ``tucked``: under lapels, so shorter."""
    k, skin = dummy.frame.scale, dummy.skin
    q, weights, at = ring(cloth.positions[edge], cloth.weights[edge], dummy.frame, columns, 0.06)
    out = outward(q)
    front = (np.cos(at) * 0.5 + 0.5)[:, None]
    up = np.array([0.0, 0.94, 0.33])  # necks lean forward
    down = np.array([0.0, -1.0, 0.0])
    height, fall, point = (0.034, 0.038, 0.5) if tucked else (0.026, 0.036, 0.45) if soft else (0.032, 0.042, 0.60)
    stand = height * k * (1 - 0.80 * smoothstep(0.45, 1.0, front))
    length = fall * k * (1 + point * smoothstep(0.86, 1.0, front))
    spread = 0.008 if tucked else 0.026
    sideways = np.sign(np.sin(at))[:, None] * np.array([1.0, 0.0, 0.0]) * smoothstep(0.50, 1.0, front) * spread * k
    inner = q + up * stand - out * 0.001
    inner = np.where(front < 0.93, _evened(skin.push_out(inner, 0.0045) - inner) + inner, inner)
    fold = inner + up * 0.003 * k + out * 0.0055 * k
    middle = fold + down * length * 0.5 + out * (0.005 if tucked else 0.008) * k + sideways * 0.45
    tip = fold + down * length + out * (0.004 if tucked else 0.010 + 0.010 * front) * k + sideways
    if not tucked:
        middle = _smoothed(under.push_out(skin.push_out(middle, 0.010), 0.0060))
        tip = _smoothed(laid_on(under, skin.push_out(tip, 0.010), 0.0070 * k))
    rows = np.stack([q + down * 0.004 * k, inner, fold, middle, tip])
    return strip("collar", rows, weights, turned=True)


def _smoothed(line: F64) -> F64:
    """A line without jitter whose ends stay."""
    for _ in range(4):
        line = np.vstack([line[:1], (line[:-2] + 2 * line[1:-1] + line[2:]) / 4, line[-1:]])
    return line


def _evened(moves: F64) -> F64:
    """Displacements along a ring without jitter: what pushes one point out takes its neighbours along."""
    for _ in range(3):
        padded = np.vstack([moves[:1], moves, moves[-1:]])
        moves = (padded[:-2] + 2 * padded[1:-1] + padded[2:]) / 4
    return moves


_HOOD = (  # out and up in metres, in front and behind
    ((0.002, -0.010), (0.000, -0.008)),
    ((-0.003, 0.008), (-0.002, 0.026)),
    ((0.003, 0.017), (0.012, 0.050)),
    ((0.012, 0.015), (0.044, 0.056)),
    ((0.019, 0.003), (0.070, 0.030)),
    ((0.018, -0.012), (0.076, -0.024)),
    ((0.013, -0.020), (0.062, -0.088)),
    ((0.005, -0.022), (0.030, -0.122)),
)


def _hood(dummy: Dummy, cloth: Draped, under: Surface, edge: I64, columns: int = 25) -> Trimming:
    """A hood that lies on the back: a rolled collar that grows towards the back and hangs down there."""
    k = dummy.frame.scale
    q, weights, at = ring(cloth.positions[edge], cloth.weights[edge], dummy.frame, columns, -0.09)
    out = outward(q)
    back = smoothstep(0.15, 1.0, 0.5 - 0.5 * np.cos(at))[:, None]
    up = np.array([0.0, 1.0, 0.12])
    rows = []
    for (out_front, up_front), (out_back, up_back) in _HOOD:
        reach = (out_front + (out_back - out_front) * back) * k
        rise = (up_front + (up_back - up_front) * back) * k
        rows.append(q + out * (reach + np.where(at < 0.1, 0.004 * k, 0)[:, None]) + up * rise)  # left over right
    grid = np.stack(rows)
    grid[5:, :, 0] *= 1 - np.array([0.10, 0.24, 0.34])[:, None] * back[:, 0] ** 3  # it narrows to a tip
    clear = under.push_out(grid[1:].reshape(-1, 3), 0.004).reshape(-1, columns, 3)
    grid[1:] = clear
    grid[1:5] = dummy.skin.push_out(grid[1:5].reshape(-1, 3), 0.008).reshape(-1, columns, 3)
    grid[-1] = laid_on(under, grid[-1], 0.004)
    return strip("hood", grid, weights, turned=True)


def _cords(dummy: Dummy, cloth: Draped, under: Surface, sides: int = 4, joints: int = 6) -> tuple[Trimming, ...]:
    """Two cords that hang from the hood."""
    frame, k = dummy.frame, dummy.frame.scale
    made = []
    for sign in (1.0, -1.0):
        step = np.arange(joints)[:, None]
        path = frame.neck + np.array([sign * 0.030, -0.052, 0.0]) * k + step * np.array([sign * 0.004, -0.028, 0]) * k
        path[:, 2] = frame.neck[2] + 0.10 * k
        path = laid_on(under, path, 0.0055)
        direction = np.gradient(path, axis=0)
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        side = np.cross(direction, np.array([0.0, 0.0, 1.0]))
        side /= np.linalg.norm(side, axis=1, keepdims=True)
        over = np.cross(direction, side)
        radius = 0.0030 * k * np.r_[np.ones(joints - 2), 1.25, 1.35][:, None]
        turn = np.arange(sides + 1) * 2 * np.pi / sides
        rows = np.stack([path + radius * (np.cos(t) * side + np.sin(t) * over) for t in turn])
        made.append(strip("cord", rows, sewn(cloth, under, path), turned=True))
    return tuple(made)


_LAPEL_AT = (0.0, 0.08, 0.60, 0.70, 0.735, 0.80, 1.0)  # up the edge, and how wide there: the notch
_LAPEL_WIDE = (0.04, 0.26, 1.0, 1.05, 0.66, 0.78, 0.52)


def _lapels(dummy: Dummy, cloth: Draped, outer: Draped, under: Surface, edge: I64) -> tuple[Trimming, ...]:
    """Two notched lapels that fold out over the chest, and the collar behind the neck."""
    frame, k = dummy.frame, dummy.frame.scale
    line, weights = cloth.positions[edge], cloth.weights[edge]
    low, high = lapel_bottom(frame) - 0.004 * k, frame.neck[1] + (LAPEL_TOP + 0.004) * k
    made = []
    for sign in (1.0, -1.0):
        own = (line[:, 0] * sign > -0.002) & (line[:, 2] > frame.neck[2] - 0.005 * k) & (line[:, 1] < high + 0.03 * k)
        order = np.flatnonzero(own)[np.argsort(line[own, 1])]
        at = np.linspace(max(low, line[order[0], 1]), min(high, line[order[-1], 1]), 13)
        q = np.stack([np.interp(at, line[order, 1], line[order, axis]) for axis in range(3)], 1)
        q[1:-1] = (q[:-2] + 2 * q[1:-1] + q[2:]) / 4
        wide = np.interp(np.linspace(0, 1, 13), _LAPEL_AT, _LAPEL_WIDE)[:, None] * 0.078 * k
        rows = []
        for share, gap in ((0.0, 0.0012), (0.10, 0.0075), (0.55, 0.0075), (1.0, 0.0050)):
            p = q + wide * share * np.array([sign, 0.10, 0.0])
            rows.append(laid_on(under, p, gap * (0.4 + 0.6 * k)))
        grid = np.stack(rows)
        made.append(strip("lapel", grid, sewn(outer, under, grid.reshape(-1, 3)), turned=sign > 0))
    q, own_weights, at = ring(line, weights, frame, 17, 0.95)
    out = outward(q)
    up = np.array([0.0, 1.0, 0.12])
    back = smoothstep(0.95, 1.7, np.minimum(at, 2 * np.pi - at))[:, None]
    fold = dummy.skin.push_out(q + up * (0.008 + 0.020 * back) * k, 0.009)
    lower = q + out * (0.018 + 0.006 * back) * k - up * (0.016 + 0.026 * back) * k
    grid = np.stack([q - up * 0.004, fold, fold + out * 0.006 * k, laid_on(under, lower, 0.0065)])
    made.append(strip("backCollar", grid, own_weights, turned=True))
    return tuple(made)
