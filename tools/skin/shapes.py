"""Noises and shapes in object space: seamless over every border of texture space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.ndimage import gaussian_filter, map_coordinates
from scipy.spatial import cKDTree

from tools.skin.base import B1, F64


def solid_noise(points: F64, wavelength: ArrayLike, seed: int) -> F64:
    """Tileable 3-D value noise (about -1..1), seamless over every UV border."""
    grid = gaussian_filter(np.random.default_rng(seed).standard_normal((64,) * 3), 0.75, mode="wrap")
    grid = np.asarray(grid / (grid.std() * 2))
    coords = (points / np.broadcast_to(np.asarray(wavelength, float), 3) * 2).reshape(-1, 3).T
    return np.asarray(map_coordinates(grid, coords, order=1, mode="grid-wrap")).reshape(points.shape[:-1])


def fractal_noise(points: F64, wavelength: float, seed: int, octaves: int = 3) -> F64:
    """Solid noises with halving wavelength and amplitude."""
    total = np.zeros(points.shape[:-1])
    for k in range(octaves):
        total += solid_noise(points, wavelength / 2**k, seed + k) / 2**k
    return total / 1.6


def blob(points: F64, centre: ArrayLike, radii: ArrayLike, mirror: bool = True) -> F64:
    """Gaussian ellipsoid 0..1, on both sides when ``mirror``."""
    q = mirrored(points) if mirror else points
    out: F64 = np.exp(-(((q - np.asarray(centre, float)) / np.asarray(radii, float)) ** 2).sum(-1) * 0.5)
    return out


def smoothstep(low: ArrayLike, high: ArrayLike, x: ArrayLike) -> F64:
    """Hermite step from 0 at ``low`` to 1 at ``high``."""
    lo, hi = np.asarray(low, float), np.asarray(high, float)
    t = np.clip((np.asarray(x, float) - lo) / (hi - lo), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def mirrored(points: F64) -> F64:
    """Fold the right half onto the left."""
    out = points.copy()
    out[..., 0] = np.abs(out[..., 0])
    return out


def strip_coordinates(points: F64, curve: F64, reach: float) -> tuple[F64, F64, B1]:
    """Where points lie relative to a curve on the surface: (u along 0..1, v metres across, + up; within reach)."""
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(curve, axis=0), axis=1))])
    fine = np.linspace(0, length[-1], 400)
    dense = np.stack([np.interp(fine, length, curve[:, k]) for k in range(3)], 1)
    distance, near = cKDTree(dense).query(points, distance_upper_bound=reach)
    ok = np.isfinite(distance)
    near = np.minimum(near, 399)
    tangent = np.gradient(dense, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    away = points - dense[near]
    along = (away * tangent[near]).sum(1)
    across = np.sqrt(np.maximum((away**2).sum(1) - along**2, 0)) * np.where(away[:, 1] >= 0, 1.0, -1.0)
    return (fine[near] + along) / length[-1], across, ok


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a jittered grid near every point: how skin is tiled."""

    first: F64  # distance to the nearest centre, in cells
    second: F64  # to the next
    offset: F64  # (..., 3) from the nearest centre, in metres
    chance: F64  # 0..1 of the nearest centre


def cells(points: F64, size: float, seed: int) -> Cells:
    """Centres jittered in cubes of ``size`` metres that ``points`` (n, 3) pass through; the same on every chart."""
    cube = np.floor(points / size).astype(np.int64)
    steps = np.stack(np.meshgrid([-1, 0, 1], [-1, 0, 1], [-1, 0, 1]), -1).reshape(-1, 3)
    around = np.unique((np.unique(cube, axis=0)[:, None] + steps).reshape(-1, 3), axis=0)
    dice = _hashed(around, seed)
    centres = (around + dice[:, :3]) * size
    found = cKDTree(centres).query(points, k=2)
    distance, nearest = np.asarray(found[0]), np.asarray(found[1])
    return Cells(distance[:, 0] / size, distance[:, 1] / size, points - centres[nearest[:, 0]], dice[nearest[:, 0], 3])


def _hashed(cube: NDArray[np.int64], seed: int) -> F64:
    """(n, 4) numbers in 0..1 that hang on the cube alone."""
    out = np.empty((len(cube), 4))
    for k in range(4):
        h = (cube @ np.array([73856093, 19349663, 83492791]) + (seed * 4 + k) * 2654435761) & 0xFFFFFFFF
        for shift, factor in ((16, 0x45D9F3B), (15, 0x2C1B3C6D), (16, 0x297A2D39)):
            h = ((h ^ (h >> shift)) * factor) & 0xFFFFFFFF
        out[:, k] = (h ^ (h >> 16)) / 0xFFFFFFFF
    return out
