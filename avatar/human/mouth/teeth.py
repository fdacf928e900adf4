"""Two dental arches with real tooth widths, as height fields swept along an ellipse."""

from __future__ import annotations

import itertools
from functools import lru_cache

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.lips import INCISORS, UPPER_ARCH
from avatar.human.mouth.shape import ARCH_ROWS, HEIGHT, Shape, grid

# millimetres from the middle outwards, six teeth a side (close to the adult means of Wheeler's Dental Anatomy)
UPPER_WIDTHS = np.array([8.6, 6.8, 7.6, 7.0, 6.8, 9.5])
LOWER_WIDTHS = np.array([5.4, 6.0, 6.9, 7.0, 7.1, 10.0])
UPPER_LENGTHS = np.array([9.8, 9.0, 10.0, 9.2, 8.8, 8.4])
LOWER_LENGTHS = np.array([8.0, 8.2, 8.8, 7.6, 7.0, 6.4])
# texture coordinates of the profile rows: gum, gum line, belly, edge, and on the side of the tongue edge again and back
PROFILE_V = (0.0, 0.26, 0.52, 0.80, 0.86, 1.0)
BEHIND = 4  # from this row on; the edge comes twice, so that the light on a tooth's face does not bend around it
SEEN = 4  # teeth a side that are seen: they get three columns each between the gaps, the others two
CROWDING = 0.8  # exponent of the texture's width along the arch: front teeth get more of it

LOWER_EDGE = 0.6590  # height of the lower incisors' edges on the un-morphed base, metres


def arch_u(along: F64) -> F64:
    """Texture coordinate 0..1 of places -1..1 along an arch."""
    return np.asarray(0.5 + 0.5 * np.sign(along) * np.abs(along) ** CROWDING)


def _on_arch(s: F64, half_width: float, depth: float, front: float) -> tuple[F64, F64, F64, F64]:
    """Point (x, z) and outward direction (x, z) at signed arc lengths ``s`` on an elliptical dental arch."""
    angle = np.linspace(0, np.pi / 2, 600)
    x, z = half_width * np.sin(angle), depth * np.cos(angle)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    a = np.interp(np.abs(s), arc, angle)
    side = np.sign(s)
    nx, nz = np.sin(a) / half_width * side, np.cos(a) / depth
    n = np.hypot(nx, nz)
    return half_width * np.sin(a) * side, front - depth + depth * np.cos(a), nx / n, nz / n


def _columns(widths: F64) -> tuple[F64, F64, I64]:
    """(arc length in metres, 1 on the face of a tooth and 0 in the gap, which tooth) from one end to the other."""
    bounds = np.concatenate([[0.0], np.cumsum(widths)]) / 1000
    half: list[tuple[float, float, int]] = []
    for k, (a, b) in enumerate(itertools.pairwise(bounds.tolist())):
        places = ((0.13, 0.86), (0.5, 1.0), (0.87, 0.86)) if k < SEEN else ((0.25, 1.0), (0.75, 1.0))
        half += [(a, 0.0, k), *((a + t * (b - a), full, k) for t, full in places)]
    half.append((float(bounds[-1]), 0.0, len(widths) - 1))
    table = np.array([(-s, full, k) for s, full, k in half[:0:-1]] + half)
    return table[:, 0], table[:, 1], table[:, 2].astype(int)


@lru_cache(maxsize=4)
def dental_arch(upper: bool, drawn: bool = False) -> Shape:
    """Twelve teeth with gums, six profile rows; 352 triangles. Drawn teeth are one even row."""
    widths, lengths = (UPPER_WIDTHS, UPPER_LENGTHS) if upper else (LOWER_WIDTHS, LOWER_LENGTHS)
    half_width, depth, front = (*UPPER_ARCH, INCISORS[2]) if upper else (0.0210, 0.0430, 0.1430)
    edge_y = INCISORS[1] if upper else LOWER_EDGE
    sign = 1.0 if upper else -1.0
    s, full, tooth = _columns(widths)
    if drawn:
        full = 1 - 0.2 * (1 - full)
    end = float(s[-1])
    length = lengths[tooth] / 1000
    px, pz, nx, nz = _on_arch(s, half_width, depth, front)
    smile = 0.0011 * (np.abs(s) / end) ** 2  # the curve of Spee
    canine = 0.0004 * (tooth == 2) * full - 0.0006 * (tooth == 1) * full
    round_off = 0.0010 * (1 - full) ** 0.8 * np.where(tooth == 2, 1.5, 1.0)
    edge = edge_y + sign * (smile - canine + round_off)
    gum = edge_y + sign * (length - 0.0020 * (1 - full) + smile)
    profile = (
        (gum + sign * 0.0055, np.full_like(s, -0.0020)),
        (gum, 0.0004 - 0.0007 * (1 - full)),
        (edge * 0.45 + gum * 0.55, 0.0012 - 0.0015 * (1 - full)),
        (edge, -0.0002 - 0.0010 * (1 - full)),
        (edge_y + sign * (length * 0.9 + smile), np.full_like(s, -0.0052)),
    )
    rows = [*profile[:BEHIND], *profile[BEHIND - 1 :]]
    positions = np.concatenate([np.c_[px + nx * out, y, pz + nz * out] for y, out in rows])
    first_row = 0 if upper else ARCH_ROWS
    v = [(first_row + 0.5 + t * (ARCH_ROWS - 1)) / HEIGHT for t in PROFILE_V]
    face, back = grid(BEHIND, len(s), False), grid(2, len(s), False) + BEHIND * len(s)
    triangles = np.concatenate([face, back])
    if upper:  # rows run downwards: turn the faces outward
        triangles = triangles[:, ::-1]
    uv = np.c_[np.tile(arch_u(s / end), len(rows)), np.repeat(v, len(s))]
    return Shape(positions, uv, _outward(positions, triangles, front))


def _outward(positions: F64, triangles: I64, front: float) -> I64:
    """Flip all faces if those in front look backwards."""
    corner = positions[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    near = corner.mean(1)[:, 2] > front - 0.001
    return triangles if normal[near][:, 2].sum() > 0 else triangles[:, ::-1]
