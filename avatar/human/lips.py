"""What lips do on a shaped face: close at rest, open round, press together, and take the shapes of speech."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from avatar.human import landmarks
from avatar.human.bundle import VERTEX_COUNT, bundle
from avatar.human.figure import F64, I64, Delta
from avatar.human.landmarks import smoothstep
from avatar.human.visemes import LipShape

_NOTICEABLE = 1e-5  # metres; smaller displacements are dropped

_OVERLAP = 0.0004  # metres that closed lips press into each other
_ROUNDNESS = 0.6  # exponent of the opening's outline: 0.5 is an ellipse, 1 a parabola
_LIFTED = 0.08  # share of an opening that its deepest point gives up to the sides
_OPEN = (0.0035, 0.010)  # metres between the lips, adult: from here on an opening is rounded, from there wholly

_FADE = (1.0, 1.0, 1.0, 0.85, 0.62, 0.4, 0.22, 0.1)  # weight by edge loops outwards from the mouth line
_CAVITY_FADE = (0.7, 0.35)  # and inwards
_KEPT_OPEN = 0.8  # share of the opening that the lower lip makes up for an upper one held down over the teeth
_SAMPLES = 41  # places across the mouth

INCISORS = (0.0, 0.6565, 0.1462)  # middle of the upper incisors' edge on the un-morphed base, metres
UPPER_ARCH = (0.0226, 0.0455)  # half width and depth of the ellipse on which the upper teeth stand
_TOOTH_CLEARANCE = 0.0026  # metres that lips stay before it; teeth bulge from it by 1.2 mm


@functools.cache
def lip_sides() -> tuple[I64, F64, NDArray[np.bool_]]:
    """Vertices near the mouth line with their weight in moving it and whether they belong to the upper lip."""
    rings = landmarks.lips()
    upper = {int(v) for ring in rings.upper for v in ring}
    side = {v: v in upper for ring in (*rings.upper, *rings.lower) for v in map(int, ring)}
    weight = dict.fromkeys(side, 1.0)
    cavity = set(landmarks.mouth_vertices().tolist())
    seam = {int(v) for v in (*rings.upper[0], *rings.lower[0])}

    def spread(start: set[int], fade: tuple[float, ...], allowed_inside: bool) -> None:
        front = start
        for value in fade:
            reached = {n for v in front for n in landmarks.neighbours(v)} - set(side)
            reached = {n for n in reached if (n in cavity) == allowed_inside}
            for n in reached:
                known = [side[m] for m in landmarks.neighbours(n) if m in side]
                weight[n] = value
                side[n] = sum(known) * 2 > len(known)
            front = reached

    spread({int(v) for ring in (rings.upper[-1], rings.lower[-1]) for v in ring}, _FADE[len(rings.upper) :], False)
    spread(seam, _CAVITY_FADE, True)
    ids = np.array(sorted(weight))
    return ids, np.array([weight[v] for v in ids.tolist()]), np.array([side[v] for v in ids.tolist()])


@functools.cache
def _average() -> csr_array:
    """(k, 19158): the mean of the neighbours of each vertex near the mouth line."""
    rows = [landmarks.neighbours(v) for v in lip_sides()[0].tolist()]
    starts = np.cumsum([0, *map(len, rows)])
    shares = np.concatenate([np.full(len(row), 1 / len(row)) for row in rows])
    return csr_array((shares, np.concatenate(rows), starts), shape=(len(rows), VERTEX_COUNT))


def close_lips(vertices: F64, passes: int = 3) -> F64:
    """The same (19158, 3) figure with its lips just touching along the whole mouth line; teeth and tongue stay."""
    out = vertices.copy()
    ids, weight, upper = lip_sides()
    for _ in range(passes):
        out[ids, 1] += weight * _closing(out, ids, upper)
    return out


def _closing(vertices: F64, ids: I64, upper: NDArray[np.bool_]) -> F64:
    """Vertical move of each listed vertex that would bring the lips together at full weight."""
    x, upper_edge, lower_edge = landmarks.lip_gap(vertices, _SAMPLES)
    half = float(x[-1]) / 0.9
    across = np.abs(vertices[ids, 0])
    gap = np.interp(vertices[ids, 0], x, upper_edge - lower_edge + _OVERLAP)
    gap *= smoothstep(1.12 * half, 0.95 * half, across)
    out: F64 = np.where(upper, -0.5, 0.5) * gap
    return out


def rounded(vertices: F64, unit: Delta) -> Delta:
    """The same unit with the opening it makes between the lips round: the source's ends in a V at the lower lip."""
    moves = dense(unit)
    ids, weight, upper = lip_sides()
    for _ in range(2):
        moved = vertices + moves
        x, above, below = landmarks.lip_gap(moved, _SAMPLES)
        middle = len(x) // 2
        low, high = (landmarks.head_scale(vertices) * limit for limit in _OPEN)
        open_share = float(smoothstep(low, high, above[middle : middle + 1] - below[middle : middle + 1])[0])
        if open_share == 0:
            break
        seam = landmarks.lips().upper[0]
        corner = float(moved[seam[[0, -1]], 1].mean())
        outline = (1 - (x * 0.9 / x[-1]) ** 2) ** _ROUNDNESS
        depth = (corner - below[middle]) * (1 - _LIFTED)
        down = corner - depth * outline - below
        up = np.maximum(corner + (above[middle] - corner) * outline - above, 0.0) * (above[middle] > corner)
        across = np.abs(moved[ids, 0])
        inside = smoothstep(x[-1] / 0.9, 0.85 * x[-1], across)
        move = np.where(upper, np.interp(moved[ids, 0], x, up), np.interp(moved[ids, 0], x, down))
        moves[ids, 1] += open_share * weight * inside * move
    return sparse(moves)


def pressed(vertices: F64, unit: Delta) -> Delta:
    """A unit at whose end the lips meet all along the mouth, neither open nor through each other."""
    moves = dense(unit)
    ids, weight, upper = lip_sides()
    for _ in range(3):
        moves[ids, 1] += weight * _closing(vertices + moves, ids, upper)
    return sparse(moves)


def shaped(vertices: F64, unit: Delta, shape: LipShape) -> Delta:
    """The same unit with the lips brought to ``shape``: as wide, as far apart and as far forward as it says.

    The mouth line at rest is what lips are raised and dropped from, and the edge of the upper teeth is what the upper
    lip must not pass too far, so that a sound shows as much of the teeth on full lips as on thin ones.
    """
    size = landmarks.head_scale(vertices)
    moves = dense(unit)
    ids, weight, upper = lip_sides()
    seam = np.concatenate([landmarks.lips().upper[0], landmarks.lips().lower[0]])
    corners = landmarks.lips().upper[0][[0, -1]]
    rest = float(np.abs(vertices[seam, 0]).max())
    rest_x, rest_above, rest_below = landmarks.lip_gap(vertices, _SAMPLES)
    line = (rest_above + rest_below) / 2
    edge = float(incisors(vertices)[1]) - float(line[_SAMPLES // 2])
    lift = min(shape.lift * 1e-3 * size, edge + shape.shown * 1e-3 * size)
    drop = shape.drop * 1e-3 * size + _KEPT_OPEN * (shape.lift * 1e-3 * size - lift)
    if shape.bites:  # the upper teeth rest on the lower lip
        lift, drop = edge + shape.shown * 1e-3 * size, -edge + shape.drop * 1e-3 * size
    forward = np.where(upper, shape.upper_forward, shape.lower_forward) * 1e-3 * size
    moves[ids, 2] += weight * np.clip(1 - (vertices[ids, 0] / (0.95 * rest)) ** 2, 0, 1) ** 0.5 * forward
    for turn in range(4):
        if turn:  # creases of the source's units, and of what was done to them
            moves[ids] += 0.5 * weight[:, None] * (_average() @ moves - moves[ids])
        moved = vertices + moves
        half = float(np.abs(moved[seam, 0]).max())
        moves[ids, 0] += weight * moved[ids, 0] * (shape.width * rest / half - 1)
        moved = vertices + moves
        x, above, below = landmarks.lip_gap(moved, _SAMPLES)
        across = x * 0.9 / x[-1]
        sunk = float((moved - vertices)[corners, 1].mean()) + shape.corners * 1e-3 * size
        ground = np.interp(across * 0.9 * rest, rest_x, line) + sunk * across**2
        outline = (1 - across**2) ** shape.outline
        up = ground + lift * outline - above
        down = ground - drop * outline - below
        _level(moves, moved, ids, upper, x, below)
        half = float(x[-1]) / 0.9
        at = np.concatenate([[-half], x, [half]])
        inside = smoothstep(1.02 * half, 0.94 * half, np.abs(moved[ids, 0]))
        up, down = (np.interp(moved[ids, 0], at, np.pad(values, 1)) for values in (up, down))
        moves[ids, 1] += weight * inside * np.where(upper, up, down)
    return sparse(moves)


def _level(moves: F64, moved: F64, ids: I64, upper: NDArray[np.bool_], x: F64, below: F64) -> None:
    """Even out the lower lip's inner edge, in place: the source's runs to a point in the middle."""
    ring = landmarks.lips().lower[0]
    inner = ids[~upper & np.isin(ids, landmarks.mouth_vertices()) & ~np.isin(ids, ring)]
    for group in (ring, inner):
        across = moved[group, 0] / x[-1]
        under = moved[group, 1] - np.interp(moved[group, 0], x, below)
        amid = np.abs(across) < 0.9
        fit = np.polynomial.Polynomial.fit(across[amid] ** 2, under[amid], 2)
        moves[group[amid], 1] += (fit(across[amid] ** 2) - under[amid]) * (1 - across[amid] ** 4)


def incisors(vertices: F64) -> F64:
    """(3,) where the middle of the upper incisors' edge is on a shaped figure."""
    return np.asarray(np.array([*INCISORS, 1.0]) @ _upper_fit(vertices))


def _upper_fit(vertices: F64) -> F64:
    """(4, 3) map that takes the base's upper teeth to a figure's."""
    ids = bundle().vertices_of("helper-upper-teeth")
    return np.asarray(np.linalg.lstsq(np.c_[bundle().base[ids], np.ones(len(ids))], vertices[ids], rcond=None)[0])


def kept_off_teeth(vertices: F64, unit: Delta) -> Delta:
    """The same unit with the upper lip before the upper teeth, not behind them."""
    ids = np.concatenate(landmarks.lips().upper)
    moves = dense(unit)
    moved = vertices[ids] + moves[ids]
    fit, size = _upper_fit(vertices), landmarks.head_scale(vertices)
    back = float(np.array([0, INCISORS[1], INCISORS[2] - UPPER_ARCH[1], 1.0]) @ fit[:, 2])
    edge, front = incisors(vertices)[1:]
    half = UPPER_ARCH[0] * float(np.linalg.norm(fit[0])) + _TOOTH_CLEARANCE * size
    across = np.clip(np.abs(moved[:, 0]) / half, 0, 0.9)
    face = back + (front - back + _TOOTH_CLEARANCE * size) * np.sqrt(1 - across**2)
    push = np.where(moved[:, 1] > edge - 0.0005 * size, np.maximum(face - moved[:, 2], 0), 0)
    moves[ids, 2] += push
    return sparse(moves)


def dense(delta: Delta) -> F64:
    """A displacement of every base vertex."""
    out = np.zeros((VERTEX_COUNT, 3))
    out[delta.index] = delta.offset
    return out


def sparse(moves: F64) -> Delta:
    """What of it is noticeable."""
    index = np.flatnonzero(np.abs(moves).max(axis=1) > _NOTICEABLE)
    return Delta(index, moves[index])
