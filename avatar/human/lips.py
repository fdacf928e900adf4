"""What lips do on a shaped face: close at rest, open round, press together, and take the shapes of speech."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import NDArray

from avatar.human import landmarks
from avatar.human.bundle import VERTEX_COUNT
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
_SAMPLES = 41  # places across the mouth


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

    The mouth line at rest is what lips are raised and dropped from, so that a shape shows as much of the teeth on
    full lips as on thin ones.
    """
    size = landmarks.head_scale(vertices)
    moves = dense(unit)
    ids, weight, upper = lip_sides()
    seam = np.concatenate([landmarks.lips().upper[0], landmarks.lips().lower[0]])
    corners = landmarks.lips().upper[0][[0, -1]]
    rest = float(np.abs(vertices[seam, 0]).max())
    rest_x, rest_above, rest_below = landmarks.lip_gap(vertices, _SAMPLES)
    line = (rest_above + rest_below) / 2
    forward = np.where(upper, shape.upper_forward, shape.lower_forward) * 1e-3 * size
    middle = np.clip(1 - (vertices[ids, 0] / (0.95 * rest)) ** 2, 0, 1) ** 0.5
    moves[ids, 2] += weight * middle * forward
    for _ in range(3):
        moved = vertices + moves
        half = float(np.abs(moved[seam, 0]).max())
        moves[ids, 0] += weight * moved[ids, 0] * (shape.width * rest / half - 1)
        moved = vertices + moves
        x, above, below = landmarks.lip_gap(moved, _SAMPLES)
        across = x * 0.9 / x[-1]
        sunk = float((moved - vertices)[corners, 1].mean()) + shape.corners * 1e-3 * size
        ground = np.interp(across * 0.9 * rest, rest_x, line) + sunk * across**2
        outline = (1 - across**2) ** shape.outline
        up = ground + shape.lift * 1e-3 * size * outline - above
        down = ground - shape.drop * 1e-3 * size * outline - below
        inside = smoothstep(x[-1] / 0.9, 0.85 * x[-1], np.abs(moved[ids, 0]))
        move = np.where(upper, np.interp(moved[ids, 0], x, up), np.interp(moved[ids, 0], x, down))
        moves[ids, 1] += weight * inside * move
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
