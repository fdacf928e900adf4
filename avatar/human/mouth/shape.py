"""Pieces of the mouth on the un-morphed base, and the affine maps that fit them into a figure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, I64

# Rows of the texture: upper arch, lower arch, tongue.
WIDTH, ARCH_ROWS, TONGUE_ROWS = 512, 96, 64
HEIGHT = 2 * ARCH_ROWS + TONGUE_ROWS


@dataclass(frozen=True, slots=True)
class Shape:
    """A piece on the un-morphed base."""

    positions: F64
    uv: F64
    triangles: I64


def fit_affine(source: F64, target: F64) -> F64:
    """Least-squares affine map (3, 4) that takes ``source`` (n, 3) to ``target`` (n, 3)."""
    return np.asarray(np.linalg.lstsq(np.c_[source, np.ones(len(source))], target, rcond=None)[0].T)


def apply_affine(matrix: F64, points: F64) -> F64:
    """``matrix`` (3, 4) on points (n, 3)."""
    return np.asarray(points @ matrix[:, :3].T + matrix[:, 3])


def grid(rows: int, columns: int, closed: bool) -> I64:
    """Triangles of a (rows, columns) grid whose columns may close to a ring."""
    c = np.arange(columns if closed else columns - 1)
    start = (np.arange(rows - 1) * columns)[:, None]
    a, b = (start + c).ravel(), (start + (c + 1) % columns).ravel()
    return np.concatenate([np.stack([a, a + columns, b + columns], -1), np.stack([a, b + columns, b], -1)])


def step(low: float | F64, high: float | F64, x: F64) -> F64:
    """0 below ``low``, 1 above ``high``, cubic between; the limits may fall."""
    t = np.clip((x - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
