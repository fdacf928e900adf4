"""From rings to triangles: the shells of a shoe with their texture coordinates, and what is sewn on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.shoes.last import AROUND, HALF, Loft, ShoeFit, dome

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
    row: F64  # (n,) running number of the ring
    bound: bool = True  # follows the skin below; else the sole


def pieces(loft: Loft) -> list[Piece]:
    """All shells of a shoe."""
    fit = loft.fit
    made = [
        _rings("upper", loft.upper, UPPER, _rises(loft.upper), bound=True),
        _rings("sole", loft.sole, WALL, np.array([0.0, 0.42, 1.0]), bound=False),
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
        np.vstack([half, half[:, ::-1] + count * columns]), np.tile(np.repeat(np.arange(count), columns), 2), bound,
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
    """(3,) the middle of the throat's rim."""
    return np.asarray(loft.upper[loft.rim, 0])


def _tongue(loft: Loft) -> Piece:
    """From under the laces over the throat's rim, and back down inside."""
    k, foot, fit = loft.foot.scale, loft.foot, loft.fit
    front = _front(loft)
    inside = loft.upper[-1, 0]
    lean = np.array([0.0, 0.90, -0.42])
    base = front + np.array([0.0, 0.0, 0.022]) * k
    base[1] = dome(foot, fit, base[None, 0], foot.t(base[None, 2]))[0] + 0.001 * k
    top = front + lean * fit.tongue * k
    line = [base, front + np.array([0.0, 0.0035, 0.002]) * k, top]
    line += [top + np.array([0.0, 0.001, -0.006]) * k, np.minimum(inside, front - [0, 0.004 * k, 0.008 * k])]
    across = np.array([-1.0, -0.5, 0.5, 1.0])
    half = np.array([0.016, 0.021, 0.024, 0.023, 0.018]) * k
    sag = np.array([0.002, 0.004, 0.007, 0.007, 0.007]) * k
    rows = []
    for middle, width, fall in zip(line, half, sag, strict=True):
        curve = np.abs(across)[:, None] ** 2 * np.array([0.0, -0.35, -0.9]) * fall
        rows.append(middle + np.array([1.0, 0.0, 0.0]) * (across * width)[:, None] + curve)
    return _grid("tongue", np.stack(rows), TONGUE)


def lace_place(loft: Loft, number: int) -> tuple[F64, float]:
    """Middle of a lace over the vamp and half its length."""
    k = loft.foot.scale
    low, step = EYELETS
    way = (low + step * (VAMP_LACES - 1 - number)) if loft.fit.shaft else (low + step * number)
    half = 0.0165 if loft.fit.shaft else 0.0180 - 0.0008 * number
    return _front(loft) + np.array([0.0, 0.0, way * k]), half * k


def _over(loft: Loft, place: F64) -> F64:
    """Points (n, 3) put onto the upper: the vamp in front of the rim, the shaft's front above it."""
    foot, fit = loft.foot, loft.fit
    out = place.copy()
    out[:, 1] = dome(foot, fit, place[:, 0], foot.t(place[:, 2]))
    front = _front(loft)
    # the vamp meets the rim where the fitted rim is, not where the plan has it
    gap = front[1] - dome(foot, fit, front[None, 0], foot.t(front[None, 2]))[0]
    out[:, 1] += gap * np.clip(1 - (place[:, 2] - front[2]) / (0.06 * foot.scale), 0, 1) ** 2
    return out


def _bar(loft: Loft, number: int) -> Piece:
    """One lace across the tongue: a flat roof of three by three points."""
    k = loft.foot.scale
    middle, half = lace_place(loft, number)
    slant = (0.0025 if number % 2 else -0.0025) * k
    if loft.fit.shaft and number >= VAMP_LACES:
        return _shaft_bar(loft, number, half, slant)
    across = np.array([-1.0, 0.0, 1.0])
    rows = []
    for along, lift in ((0.0042, 0.0002), (0.0, 0.0034), (-0.0042, 0.0002)):
        line = middle + np.stack([across * half, 0 * across, along * k + across * slant], 1)
        line = _over(loft, line)
        line[:, 1] += np.array([lift * 0.6 - 0.0002, lift + 0.0016, lift * 0.6 - 0.0002]) * k
        rows.append(line)
    return _grid("lace", np.stack(rows), LACE)


def _shaft_bar(loft: Loft, number: int, half: float, slant: float) -> Piece:
    """A lace across the front of a shaft."""
    k, front = loft.foot.scale, loft.upper[loft.rim - 3 : loft.rim + 1]
    middle, left, right = front[:, 0], front[:, 1], front[:, -1]
    share = (number - VAMP_LACES + 0.6) / (loft.fit.laces - VAMP_LACES)
    at = np.linspace(0, 1, len(front))
    centre = np.array([np.interp(share, at, middle[:, axis]) for axis in range(3)])
    ends = [np.array([np.interp(share, at, side[:, axis]) for axis in range(3)]) for side in (right, left)]
    spread = [half / max(abs(float((end - centre)[0])), 1e-6) for end in ends]
    ends = [centre + (end - centre) * min(reach, 1.0) for end, reach in zip(ends, spread, strict=True)]
    rows = []
    for rise, lift in ((-0.0038, 0.0005), (0.0, 0.0036), (0.0038, 0.0005)):
        line = np.stack([ends[0], centre, ends[1]]) + np.array([0.0, rise * k, lift * k])
        line[:, 1] += np.array([-slant, 0.0, slant])
        rows.append(line)
    return _grid("lace", np.stack(rows), LACE)


def _bow(loft: Loft) -> list[Piece]:
    """A knot with two loops and, on laces, two ends."""
    k = loft.foot.scale
    flat = not loft.fit.laces
    knot = _front(loft) + np.array([0.0, 0.001 if flat else 0.006, 0.006 if flat else 0.012]) * k
    if flat:
        knot = _over(loft, knot[None])[0] + np.array([0.0, 0.002, 0.0]) * k
    size, width = (0.011, 0.0032) if flat else (0.021, 0.0024)
    out = []
    for side in (1.0, -1.0):
        turn = np.linspace(0, 2 * np.pi, 6)
        reach = (1 - np.cos(turn)) / 2
        centre = np.stack(
            [
                side * reach * size,
                -0.35 * reach**2 * size + 0.22 * np.sin(turn) * size * (0.3 if flat else 1.0),
                (0.25 if flat else 0.35) * reach * size + (0.30 * np.sin(turn) * size if flat else 0 * turn),
            ],
            1,
        )
        breadth = np.array([0.0, 1.0 if flat else 0.2, 1.0]) * width * (0.5 + 0.5 * reach)[:, None]
        sheet = np.stack([knot + (centre + breadth) * [1, 1, 1] * k, knot + (centre - breadth) * k])
        out.append(_grid("lace", sheet if side < 0 else sheet[::-1], LACE))
        if not flat:
            t = np.linspace(0, 1, 3)[:, None]
            hang = np.array([side * 0.016, -0.010, 0.012]) * t + np.array([0.0, -0.006, 0.0]) * t**2
            edge = np.array([0.0, 0.6, 1.0]) * width
            sheet = np.stack([knot + (hang + edge) * k, knot + (hang - edge) * k])
            out.append(_grid("lace", sheet if side < 0 else sheet[::-1], LACE))
    if flat:
        cos, sin = np.cos(np.linspace(0, 2 * np.pi, 5)), np.sin(np.linspace(0, 2 * np.pi, 5))
        cone = np.stack([cos * 0.0034, 0 * cos, sin * 0.0044], 1)
        out.append(
            _grid(
                "lace", np.stack([knot + cone * k, np.tile(knot + [0, 0.0035 * k, 0], (5, 1)) + cone * 0.3 * k]), LACE
            )
        )
    return out


def triangles_of(fit: ShoeFit, made: list[Piece]) -> int:
    """Triangles of one shoe."""
    return sum(len(piece.triangles) for piece in made)
