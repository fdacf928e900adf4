"""Coordinates along and across the lash lines and brows: make-up and soft shadows are laid out in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.skin.base import F64, Base
from tools.skin.folds import front_depth
from tools.skin.layout import Layout, lid_rings
from tools.skin.shapes import strip_coordinates
from tools.skin.texels import Texels

BROW_X_MM = (10.0, 17.0, 26.0, 35.0, 43.0, 51.5, 56.5)
BROW_Y_MM = (144.0, 146.4, 148.4, 150.2, 150.5, 148.0, 145.2)  # above .6 m
WING_MM = ((2.6, 1.2), (5.2, 3.0), (8.0, 5.4), (12.0, 9.2))  # from the outer corner, outwards and up
REACH = 0.018


def metres(curve: F64) -> float:
    return float(np.linalg.norm(np.diff(curve, axis=0), axis=1).sum())


def windows(tex: Texels, name: str, curve: F64, low: F64, high: F64, reach: float) -> dict[str, NDArray[np.generic]]:
    """Texel windows of both sides: millimetres along ``curve`` (given for the left) and across it, up being positive.

    ``along`` is -100 where the curve is out of reach.
    """
    out: dict[str, NDArray[np.generic]] = {}
    length = metres(curve) * 1000
    for side, sign in (("left", 1), ("right", -1)):
        p = tex.position * [sign, 1, 1]
        box = tex.covered & ((p > low) & (p < high)).all(-1) & (tex.part["socket"] < 0.5) & (tex.part["mouth"] < 0.5)
        rows, columns = np.flatnonzero(box.any(1)), np.flatnonzero(box.any(0))
        r, c = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
        along = np.full((r.stop - r.start, c.stop - c.start), -100.0)
        across = np.zeros_like(along)
        inside = box[r, c]
        u, v, ok = strip_coordinates(p[r, c][inside], curve, reach)
        along[inside] = np.where(ok, u * length, -100.0)
        across[inside] = np.where(ok, v * 1000, 0.0)
        out[f"{name}_{side}_origin"] = np.array([r.start, c.start], np.int64)
        out[f"{name}_{side}_along"] = along.astype(np.float16)
        out[f"{name}_{side}_across"] = across.astype(np.float16)
    return out


def brow_windows(tex: Texels) -> dict[str, NDArray[np.generic]]:
    """Around both brows."""
    curve = front_depth(tex, np.c_[BROW_X_MM, BROW_Y_MM] / np.array(1000.0) + [0, 0.6])
    low, high = np.array([0.004, 0.728, 0.08]), np.array([0.068, 0.775, 1.0])
    return windows(tex, "brow", curve, low, high, 0.013) | {"brow_length": np.array(metres(curve) * 1000)}


def lid_windows(base: Base, layout: Layout, tex: Texels) -> dict[str, NDArray[np.generic]]:
    """Around the lash lines: the upper one goes on beyond the outer corner as a liner's wing does."""
    rings = lid_rings(base, layout)
    upper, lower = (base.vertices[rings[f"left_{which}"][2]] for which in ("upper", "lower"))
    wing = front_depth(tex, upper[-1, :2] + np.array(WING_MM) / 1000)
    lined = np.concatenate([upper, wing])
    low, high = lined.min(0) - np.array([0.008, 0.016, 0.03]), lined.max(0) + np.array([0.008, 0.02, 0.03])
    out = windows(tex, "upper_lid", lined, low, high, REACH) | windows(tex, "lower_lid", lower, low, high, REACH / 2)
    return out | {
        "upper_lid_length": np.array(metres(upper) * 1000),
        "lower_lid_length": np.array(metres(lower) * 1000),
    }
