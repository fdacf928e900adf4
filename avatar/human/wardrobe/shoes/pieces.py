"""From rings to triangles: the shells of a shoe with their texture coordinates, and what is sewn on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.shoes.last import AROUND, HALF, Loft

# Patches of the texture, u and v from and to. Both halves of a shoe share the upper's patch.
UPPER, WALL, TREAD = (0.008, 0.992, 0.008, 0.60), (0.008, 0.992, 0.63, 0.735), (0.008, 0.50, 0.765, 0.99)
TONGUE, LACE = (0.54, 0.76, 0.765, 0.99), (0.80, 0.99, 0.765, 0.99)
EYELETS = (0.007, 0.0150)  # metres in front of the throat's rim: first lace, distance of the next
VAMP_LACES = 2  # of a boot; its others cross the shaft


@dataclass(frozen=True, slots=True)
class Piece:
    """One smooth shell. Vertices that share a point share a normal; pieces have hard edges between them."""

    name: str
    points: F64  # (p, 3) in the foot's axes
    source: I64  # (n,) point of each vertex
    uv: F64  # (n, 2) v down
    triangles: I64  # (t, 3) over the vertices, wound for the left foot
    row: F64  # (n,) running number of the ring; a sole counts from 0 to 2
    bound: bool = True  # follows the skin below; else the sole


def pieces(loft: Loft) -> list[Piece]:
    """All shells of a shoe."""
    fit = loft.fit
    made = [
        _rings("upper", loft.upper, UPPER, _rises(loft.upper), bound=True),
        _rings("sole", loft.sole, WALL, np.array([0.0, 1.0]), bound=False),
        _tread(loft),
    ]
    if fit.tongue:
        made.append(_tongue(loft))
    if fit.laces:
        made += [_bar(loft, number) for number in range(fit.laces)]
    if fit.bow:
        made += _bow(loft)
    return made


def _rises(rings: F64) -> F64:
    """v of the rows, by their mean distance."""
    step = np.linalg.norm(np.diff(rings, axis=0), axis=2).mean(1)
    length = np.r_[0.0, np.cumsum(np.maximum(step, 0.004))]
    return np.asarray(length / length[-1])


def _rings(name: str, rings: F64, patch: tuple[float, float, float, float], v: F64, *, bound: bool) -> Piece:
    """Two halves from toe to heel that mirror one another in the texture."""
    count, columns = len(rings), HALF + 1
    rows = np.arange(count) * (2.0 if count == 2 else 1.0)
    u0, u1, v0, v1 = patch
    grid = np.arange(count * columns).reshape(count, columns)
    quads = [grid[:-1, :-1], grid[:-1, 1:], grid[1:, 1:], grid[1:, :-1]]
    a, b, c, d = (q.ravel() for q in quads)
    # the diagonal that runs towards the toe on both sides keeps the shoe symmetrical
    half = np.concatenate([np.stack([a, b, c], 1), np.stack([a, c, d], 1)])
    u = np.tile(u0 + (u1 - u0) * np.linspace(0, 1, columns), count)
    down = np.repeat(v1 + (v0 - v1) * v, columns)
    columns_of = (np.arange(columns), (-np.arange(columns)) % AROUND)
    source = np.concatenate([(np.arange(count)[:, None] * AROUND + own[None]).ravel() for own in columns_of])
    return Piece(
        name, rings.reshape(-1, 3), source, np.tile(np.stack([u, down], 1), (2, 1)),
        np.vstack([half, half[:, ::-1] + count * columns]), np.tile(np.repeat(rows, columns), 2), bound,
    )  # fmt: skip


def _tread(loft: Loft) -> Piece:
    """The underside as a ladder between the two sides."""
    ring = loft.sole[0]
    left, right = np.arange(HALF + 1), (-np.arange(HALF + 1)) % AROUND
    faces = []
    for k in range(HALF):
        if k:
            faces.append([left[k], right[k], left[k + 1]])
        if k < HALF - 1:
            faces.append([right[k], right[k + 1], left[k + 1]])
    u0, u1, v0, v1 = TREAD
    foot = loft.foot
    t = foot.t(ring[:, 2])
    across = (ring[:, 0] - foot.middle(np.clip(t, 0, 1))) / (0.13 * foot.scale) + 0.5
    uv = np.stack([u0 + (u1 - u0) * t, v0 + (v1 - v0) * np.clip(across, 0, 1)], 1)
    return Piece("tread", ring, np.arange(AROUND), uv, np.array(faces, np.int64), np.full(AROUND, -1.0), bound=False)


def _grid(name: str, grid: F64, patch: tuple[float, float, float, float], *, bound: bool = True) -> Piece:
    """A sheet of (rows, columns, 3) points; its front is to the left of its columns."""
    rows, columns = grid.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    a, b, c, d = (q.ravel() for q in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    u0, u1, v0, v1 = patch
    u, v = np.meshgrid(np.linspace(u0, u1, columns), np.linspace(v1, v0, rows))
    return Piece(
        name, grid.reshape(-1, 3), np.arange(rows * columns), np.stack([u.ravel(), v.ravel()], 1),
        np.vstack([np.stack([a, b, c], 1), np.stack([a, c, d], 1)]), np.full(rows * columns, -2.0), bound,
    )  # fmt: skip


def _front(loft: Loft) -> F64:
    """(3,) the middle of the throat."""
    return np.asarray(loft.upper[loft.throat, 0])


def _across(loft: Loft, axis: int, value: float, x: F64) -> F64:
    """Points of the upper at offsets ``x`` (n,) from its middle, where z (axis 2) or y (axis 1) has a value: in front
    of the throat, or up a shaft."""
    rows = slice(1, loft.throat + 1) if axis == 2 else slice(loft.throat, loft.rim + 1)
    found = []
    for column in (-3, -2, -1, 0, 1, 2, 3):
        line = loft.upper[rows, column]
        line = line[np.argsort(line[:, axis], kind="stable")]
        found.append([np.interp(value, line[:, axis], line[:, other]) for other in (0, 3 - axis)])
    side, free = np.array(found).T
    middle = side[3]
    out = np.full((len(x), 3), value)
    out[:, 0] = middle + x
    out[:, 3 - axis] = np.interp(middle + x, side, free)
    return out


def _tongue(loft: Loft) -> Piece:
    """From under the laces over the throat's rim, and back down inside."""
    k, fit = loft.foot.scale, loft.fit
    front = _front(loft)
    inside = loft.upper[-1, 0]
    lean = np.array([0.0, 0.86, -0.50])
    base = _across(loft, 2, front[2] + 0.012 * k, np.zeros(1))[0] - [0.0, 0.001 * k, 0.0]
    top = front + lean * fit.tongue * k
    line = [base, front + np.array([0.0, 0.004, 0.003]) * k, top]
    line += [top + np.array([0.0, 0.0015, -0.007]) * k, np.minimum(inside, front - [0, 0.004 * k, 0.008 * k])]
    across = np.array([-1.0, -0.6, 0.6, 1.0])
    half = np.array([0.013, 0.0195, 0.0235, 0.0225, 0.018]) * k
    sag = np.array([0.001, 0.005, 0.009, 0.006, 0.004]) * k
    rows = []
    for middle, width, fall in zip(line, half, sag, strict=True):
        curve = np.abs(across)[:, None] ** 2.5 * np.array([0.0, -0.35, -0.9]) * fall
        rows.append(middle + np.array([1.0, 0.0, 0.0]) * (across * width)[:, None] + curve)
    return _grid("tongue", np.stack(rows), TONGUE)


def _bar(loft: Loft, number: int) -> Piece:
    """One lace across the tongue: a flat roof of three by three points."""
    k, front = loft.foot.scale, _front(loft)
    first, step = EYELETS
    up = loft.fit.shaft and number >= VAMP_LACES
    if up:
        share = (number - VAMP_LACES + 0.75) / (loft.fit.laces - VAMP_LACES + 0.45)
        centre = float(front[1] + (loft.upper[loft.rim, 0, 1] - front[1]) * share)
    else:
        order = VAMP_LACES - 1 - number if loft.fit.shaft else number
        centre = float(front[2] + (first + step * order) * k)
    half = (0.0150 if up else 0.0175 - 0.0008 * number) * k
    axis, sign = (1, 1.0) if up else (2, -1.0)
    slant = (0.0018 if number % 2 else -0.0018) * k
    rows = []
    for along, lift in ((-0.0036, 0.0003), (0.0, 0.0030), (0.0036, 0.0003)):
        line = [
            _across(loft, axis, centre + sign * along * k + sign * turn * slant, np.array([turn * half]))[0]
            for turn in (-1.0, 0.0, 1.0)
        ]
        raised = np.array([-0.0004, lift + 0.0006, -0.0004])[:, None] + np.array([[lift * 0.5], [0.0], [lift * 0.5]])
        rows.append(np.stack(line) + raised * np.array([0.0, 0.25, 1.0] if up else [0.0, 1.0, 0.45]) * k)
    return _grid("lace", np.stack(rows), LACE)


def _bow(loft: Loft) -> list[Piece]:
    """A knot with two loops and, on laces, two ends."""
    k = loft.foot.scale
    flat = not loft.fit.laces
    front = _front(loft)
    knot = _across(loft, 2, float(front[2]) + (0.006 if flat else 0.003) * k, np.zeros(1))[0]
    knot = knot + np.array([0.0, 0.0025 if flat else 0.0055, 0.002]) * k
    size, width = (0.012, 0.0034) if flat else (0.026, 0.0024)
    out = []
    turn = np.linspace(0, 2 * np.pi, 6)
    reach = (1 - np.cos(turn)) / 2
    for side in (1.0, -1.0):
        down = (0.10 if flat else 0.42) * reach**2
        ahead = 0.15 * reach + (0.30 if flat else 0.24) * np.sin(turn)
        centre = np.stack([side * reach, 0.10 * np.sin(turn) - down, ahead], 1) * size
        breadth = np.array([0.0, 1.0, 0.45]) * width * (0.45 + 0.55 * reach)[:, None]
        out.append(_ribbon(knot, centre * k, breadth * k, side))
        if not flat:
            t = np.linspace(0, 1, 3)[:, None]
            hang = np.array([side * 0.013, -0.004, 0.022]) * t + np.array([side * 0.004, -0.010, 0.0]) * t**2
            out.append(_ribbon(knot, hang * k, np.tile([0.0, 0.5, 0.5], (3, 1)) * width * 0.9 * k, side))
    return out


def _ribbon(knot: F64, line: F64, breadth: F64, side: float) -> Piece:
    sheet = knot + np.stack([line + breadth, line - breadth])
    return _grid("lace", sheet if side < 0 else sheet[::-1], LACE)
