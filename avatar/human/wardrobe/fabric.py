"""Cloth as numbers: tileable noise and weaves, fold shapes in metres, seams and stitches as masks."""

from __future__ import annotations

import functools

import numpy as np
from numpy.typing import ArrayLike
from scipy.ndimage import gaussian_filter

from avatar.human.figure import F32, U8
from avatar.human.wardrobe.garments import Weave

_TILE = 512
_SIGMA = 6.0
CONTRAST = {  # of a weave in the colour
    Weave.JERSEY: 0.030, Weave.RIB: 0.07, Weave.DENIM: 0.11, Weave.TWILL: 0.045, Weave.PIQUE: 0.034,
    Weave.POPLIN: 0.022, Weave.FLEECE: 0.045, Weave.WOOL: 0.060, Weave.CREPE: 0.028,
}  # fmt: skip
ROUGHNESS = {
    Weave.JERSEY: 0.88, Weave.RIB: 0.9, Weave.DENIM: 0.86, Weave.TWILL: 0.82, Weave.PIQUE: 0.88,
    Weave.POPLIN: 0.76, Weave.FLEECE: 0.95, Weave.WOOL: 0.90, Weave.CREPE: 0.72,
}  # fmt: skip
BUTTON = 0.32  # roughness of buttons
RIB_HEIGHT = 0.0007  # metres


@functools.cache
def noise_tile(seed: int, sigma: float, size: int = _TILE) -> F32:
    """(size, size) smooth noise that wraps, with variance 1."""
    raw = np.random.default_rng(seed).standard_normal((size, size)).astype(np.float32)
    smooth = gaussian_filter(raw, sigma, mode="wrap")
    return np.asarray(smooth / smooth.std(), np.float32)


def noise(x: F32, y: F32, wavelength: float, seed: int) -> F32:
    """Smooth noise of variance 1 at metric coordinates; ``wavelength`` is the size of its features.

    All seeds look at one tile, from different corners: a tile per seed costs more than the painting.
    """
    tile = noise_tile(1, _SIGMA)
    scale = np.float32(_SIGMA * 4 / wavelength)
    across = x * scale + np.float32(seed * 197.3 % _TILE)
    down = y * scale + np.float32(seed * 331.7 % _TILE)
    column, row = np.floor(across), np.floor(down)
    fx, fy = across - column, down - row
    i, j = row.astype(np.int32) % _TILE, column.astype(np.int32) % _TILE
    i1, j1 = (i + 1) % _TILE, (j + 1) % _TILE
    upper = tile[i, j] * (1 - fx) + tile[i, j1] * fx
    lower = tile[i1, j] * (1 - fx) + tile[i1, j1] * fx
    return np.asarray(upper * (1 - fy) + lower * fy)


@functools.cache
def weave_tile(weave: Weave) -> F32:
    """(256, 256) brightness of a weave, about -1..1, one texel a pixel; yarns are drawn a little too big on purpose."""
    size = 256
    y, x = np.mgrid[0:size, 0:size].astype(np.float32)
    grain = noise_tile(3, 0.8, size)
    match weave:
        case Weave.DENIM:
            slub = gaussian_filter(np.random.default_rng(9).standard_normal((size, size)), (6, 0.5), mode="wrap")
            tile = np.sin((x + y) * 2 * np.pi / 4) * 0.45 + noise_tile(5, 1.2, size) * 0.35 + slub * 1.2
        case Weave.TWILL:
            tile = np.sin((x + y) * 2 * np.pi / 4) * 0.6 + grain * 0.35
        case Weave.RIB:
            tile = np.cos(x * 2 * np.pi / 8)
        case Weave.PIQUE:  # a honeycomb
            tile = np.cos(x * np.pi / 2) * np.cos(y * np.pi / 2) + 0.35 * np.cos(x * np.pi / 4 + y * np.pi / 4)
        case Weave.POPLIN:
            tile = np.sin(x * np.pi / 1.0 + 0.5) * 0.4 + np.sin(y * np.pi) * 0.3 + grain * 0.5
        case Weave.FLEECE:
            tile = noise_tile(7, 1.6, size) * 0.55 + grain * 0.35
        case Weave.WOOL:  # flecks over a fine twill
            tile = np.sin((x - y) * 2 * np.pi / 4) * 0.30 + noise_tile(5, 1.0, size) * 0.55 + grain * 0.25
        case Weave.CREPE:
            tile = noise_tile(11, 1.0, size) * 0.6
        case Weave.JERSEY:
            tile = np.sin(x * np.pi / 2) * np.cos(y * np.pi / 2) * 0.5 + grain * 0.4
    return np.asarray(np.clip(tile, -1.5, 1.5), np.float32)


def ramp(low: float, high: float, x: F32) -> F32:
    """Smoothstep in single precision: 0 at ``low``, 1 at ``high``."""
    t = np.clip((x - np.float32(low)) / np.float32(high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def bump(x: F32, width: float) -> F32:
    """Gaussian of ``x`` with 1/e half-width ``width``."""
    return np.asarray(np.exp(-np.square(x / np.float32(width))))


def line(distance: F32, width: float) -> F32:
    """1 on a line, 0 away from it; sparse, so that whole textures stay cheap."""
    near = np.flatnonzero(np.abs(distance) < 3 * width)
    out = np.zeros(distance.shape, np.float32)
    out[near] = bump(distance[near], width)
    return out


def stitches(along: F32, distance: F32, pitch: float, width: float) -> F32:
    """A dashed line: stitches of 62 % of the pitch."""
    drawn = line(distance, width)
    near = np.flatnonzero(drawn)
    drawn[near] *= ((along[near] / np.float32(pitch)) % 1) < 0.62
    return drawn


def crease(phase: F32) -> F32:
    """The profile of a fold: round crest, sharper valley; period 1, about 0..1."""
    return np.asarray(0.5 + 0.5 * np.cos(2 * np.pi * phase) + 0.18 * np.cos(4 * np.pi * phase + 0.6), np.float32)


def tension(
    u: F32, centre: F32, direction: float, spread: float, count: float, reach: float, height: float, seed: int
) -> F32:
    """Folds that radiate from a point of pull (armpit, crotch). u (n, 2), centre (2,) in chart metres; metres out."""
    d = u - centre
    r = np.hypot(d[:, 0], d[:, 1])
    turn = (np.arctan2(d[:, 1], d[:, 0]) - np.float32(direction) + np.pi) % (2 * np.pi) - np.pi
    turn = turn / np.float32(spread)
    near = np.flatnonzero((np.abs(turn) < 2) & (r < 2 * reach))
    out = np.zeros(len(u), np.float32)
    turn, r, x, y = turn[near], r[near], u[near, 0], u[near, 1]
    envelope = np.exp(-1.2 * turn**2 - 1.4 * (r / np.float32(reach)) ** 2) * np.clip((r - 0.015) / 0.05, 0, 1)
    broken = np.clip(0.55 + 0.6 * noise(x - seed, y + 3, 0.11, seed + 1), 0, 1.2)
    phase = turn * np.float32(count / 2) + 0.35 * noise(x + seed, y, 0.14, seed) + np.float32(seed * 0.37)
    out[near] = height * envelope * broken * (crease(phase) - 0.5)
    return out


def stacked(
    along: F32, around: F32, centre: float, width: float, wavelength: float, height: float, zigzag: float, seed: int
) -> F32:
    """Folds stacked along a limb (elbow, knee, ankle). along in metres, around in radians; metres out."""
    near = np.flatnonzero(np.abs(along - np.float32(centre)) < 2.2 * width)
    out = np.zeros(len(along), np.float32)
    t, angle = along[near], around[near]
    wander = zigzag * np.sin(2 * angle + seed) + 0.3 * noise(angle * 0.06 + seed, t, 0.09, seed)
    phase = t / np.float32(wavelength) + wander
    broken = np.clip(0.5 + 0.6 * noise(angle * 0.05, t + seed, 0.07, seed + 2), 0, 1.2)
    out[near] = height * bump(t - np.float32(centre), width) * broken * (crease(phase) - 0.5)
    return out


def drape(u: F32, across: float, down: float, height: float, seed: int) -> F32:
    """Broad, soft unevenness of hanging cloth; feature sizes in metres across and down."""
    return np.float32(height) * noise(u[:, 0] / np.float32(across), u[:, 1] / np.float32(down), 1.0, seed)


def normal_map(height: F32, metres_per_pixel: tuple[float, float]) -> U8:
    """(h, w, 3) OpenGL tangent-space normals (+Y up) of a height image in metres; pixel sizes are across and down."""
    down, right = np.gradient(height, metres_per_pixel[1], metres_per_pixel[0])
    scale = 127.5 / np.sqrt(right * right + down * down + 1)
    return np.stack([127.5 - right * scale, 127.5 + down * scale, 127.5 + scale], -1).astype(np.uint8)


def cavity(height: F32, metres_per_pixel: tuple[float, float], radius: float = 0.012) -> F32:
    """How open the relief is at each texel: below 1 in creases, a little above on crests."""
    relief = height - gaussian_filter(height, (radius / metres_per_pixel[1], radius / metres_per_pixel[0]))
    return np.asarray(np.clip(1 + relief / 0.006 * 0.55, 0.45, 1.12), np.float32)


def srgb(colour: str) -> F32:
    """(3,) display values 0..1 of a hex colour."""
    return np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)], np.float32)


def clip_unit(values: ArrayLike) -> F32:
    """Values held to 0..1."""
    return np.clip(np.asarray(values, np.float32), 0, 1)
