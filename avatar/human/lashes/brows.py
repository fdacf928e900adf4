"""Eyebrows as two shells of cards over the skin, so that they have depth and an outline from the side.

A card follows the line of the brow and is wide enough for the heaviest one; how heavy it is, is paint. Its border dips
under the skin, so that cards cast no shadow where no hair grows.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from avatar.human.figure import F64, I64
from avatar.human.lashes.atlas import BROW, BROW_CEILING_MM, BROW_FLOOR_MM, BROW_LENGTH_MM, brow_shift
from avatar.human.lashes.look import BrowLook
from avatar.human.lashes.sheet import Places, Sheet, grid
from avatar.human.skin.maps import FINE, brow_windows, surface

COLUMNS = 11
ACROSS = np.array([1.0, 0.84, 0.3, -0.3, -0.84, -1.0])  # rows of a card, of its half width
ROWS = len(ACROSS)
LIFTS = (0.00035, 0.00095)  # metres of the two shells over the skin in their middle, on an adult's head
SUNK = 0.0004  # metres that their borders lie under it
SHIFT_MM = (0.9, 0.5)  # along and up: the outer shell shows other hairs over those of the inner one
HALF_MM = 7.2  # of the heaviest brow, hairs included
_WIDTH = ([0, 0.1, 0.35, 0.7, 1.0], [0.85, 1.0, 1.0, 0.85, 0.55])  # of the card, along the brow


@dataclass(frozen=True, slots=True)
class Ground:
    """One brow bone: which skin lies at which curve coordinates."""

    tree: cKDTree  # of the coordinates in mm
    seen: F64  # (n, 2) mm along and across, of each texel
    uv: F64  # (n, 2)
    triangles: I64  # (t, 3) base vertices near by
    corners: F64  # (t, 3, 2) their texture coordinates


@functools.lru_cache(maxsize=2)
def ground(side: int) -> Ground:
    """0 left, 1 right."""
    window, head = brow_windows()[side], surface("head")
    rows, columns = np.nonzero(window.along >= 0)
    along = window.along[rows, columns].astype(np.float64) * BROW_LENGTH_MM
    seen = np.c_[along, window.across[rows, columns].astype(np.float64)]
    uv = (np.c_[columns + window.column, rows + window.row] + 0.5) / FINE
    corners = head.uv[head.triangles]
    close = ((corners.max(1) >= uv.min(0)) & (corners.min(1) <= uv.max(0))).all(1)
    return Ground(cKDTree(seen), seen, uv, head.vertex[head.triangles[close]], corners[close])


def brow_places(side: int, brow: BrowLook, finer: int = 1) -> tuple[Places, F64]:
    """Where the grid of one brow lies on the skin, and its curve coordinates (n, 2) in mm; ``finer`` 2 adds the
    middles between its rows and columns."""
    bone = ground(side)
    along = np.linspace(0, 1, finer * (COLUMNS - 1) + 1)
    rows = np.interp(np.arange(finer * (ROWS - 1) + 1) / finer, np.arange(ROWS), ACROSS)
    half = HALF_MM * np.interp(along, *_WIDTH)
    across = brow_shift(brow, along) + rows[:, None] * half
    wanted = np.c_[np.tile(along * BROW_LENGTH_MM, len(rows)), across.ravel()]
    near = np.asarray(bone.tree.query(wanted)[1])
    a, b, c = bone.corners.transpose(1, 0, 2)
    ab, ac, ap = b - a, c - a, bone.uv[near][:, None] - a
    area = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    area = np.where(np.abs(area) < 1e-14, 1e-14, area)
    second = (ap[..., 0] * ac[:, 1] - ap[..., 1] * ac[:, 0]) / area
    third = (ab[:, 0] * ap[..., 1] - ab[:, 1] * ap[..., 0]) / area
    weights = np.stack([1 - second - third, second, third], -1)
    best = weights.min(2).argmax(1)
    chosen = np.clip(weights[np.arange(len(near)), best], 0, 1)
    chosen /= chosen.sum(1, keepdims=True)
    return Places(bone.triangles[best], chosen), bone.seen[near]


def brow_sheets(brow: BrowLook, vertices: F64, normals: F64, size: float, fields: Mapping[str, F64]) -> list[Sheet]:
    """Both brows; ``normals`` (19158, 3) of the skin, ``size`` of the head, ``fields`` displacements by morph."""
    ends = np.interp(np.linspace(0, 1, COLUMNS), [0, 0.12, 0.85, 1], [0.8, 1, 1, 0])
    bump = np.interp(np.abs(ACROSS), [0, 0.84, 1], [1, 0.75, 0])[:, None] * ends
    sheets = []
    for side in (0, 1):
        places, seen = brow_places(side, brow)
        skin, outward = places.take(vertices), places.take(normals)
        outward /= np.linalg.norm(outward, axis=1, keepdims=True)
        fine = brow_places(side, brow, 2)[0].take(vertices).reshape(2 * ROWS - 1, 2 * COLUMNS - 1, 3)
        curved = _bulge(fine, outward.reshape(ROWS, COLUMNS, 3)) * np.clip(bump * 2, 0, 1)
        moved = {name: places.take(field) for name, field in fields.items()}
        triangles = grid(ROWS, COLUMNS)
        corner = skin[triangles]
        facing = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        if (facing * outward[triangles[:, 0]]).sum() < 0:
            triangles = triangles[:, ::-1]
        for shell, lift in enumerate(LIFTS):
            along = (seen[:, 0] + shell * SHIFT_MM[0]) / BROW_LENGTH_MM
            down = (BROW_CEILING_MM - seen[:, 1] + shell * SHIFT_MM[1]) / (BROW_CEILING_MM - BROW_FLOOR_MM)
            height = ((lift + SUNK) * bump - SUNK) * size + curved
            card = skin + outward * height.reshape(-1, 1)
            sheets.append(Sheet(card, outward, BROW.uv(along, down), triangles, moved))
    return sheets


def _bulge(fine: F64, outward: F64) -> F64:
    """(ROWS, COLUMNS) metres by which the skin rises over the flat pieces between the points of a card, which takes
    every second of the ``fine`` ones."""
    flat = fine.copy()
    flat[1::2] = (fine[:-1:2] + fine[2::2]) / 2
    flat[:, 1::2] = (flat[:, :-1:2] + flat[:, 2::2]) / 2
    facing = np.repeat(np.repeat(outward, 2, 0), 2, 1)[: fine.shape[0], : fine.shape[1]]
    rise = np.pad(np.clip(((fine - flat) * facing).sum(-1), 0, 0.0015), 1)
    around = [rise[r : r + fine.shape[0], c : c + fine.shape[1]] for r in range(3) for c in range(3)]
    return np.asarray(np.max(around, axis=0)[::2, ::2])
