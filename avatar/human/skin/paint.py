"""Painting operations that head and body share. Colour fields are float32 planes (3, h, w)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avatar.human.figure import F32, F64, U8
from avatar.human.skin.maps import COARSE, FINE, Surface

Term = tuple[F32, Sequence[float]]
BAND = 128  # rows painted at a time: the working set stays in the cache


def smoothstep(low: float, high: float, x: F32) -> F32:
    """Hermite step from 0 at ``low`` to 1 at ``high``."""
    t = np.clip((x - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def plain(colour: F64, size: int = COARSE) -> F32:
    """A field of one colour."""
    out = np.empty((3, size, size), np.float32)
    out[:] = colour.astype(np.float32)[:, None, None]
    return out


def add(field: F32, terms: Sequence[Term]) -> None:
    """``field += mask * offset`` for every (mask, offset), in place."""
    for mask, offset in terms:
        for plane, amount in zip(field, offset, strict=True):
            if amount:
                plane += mask * np.float32(amount)


def mix(field: F32, mask: F32, colour: F64) -> None:
    """Blend one colour in by a mask 0..1, in place."""
    for plane, amount in zip(field, colour, strict=True):
        plane += mask * (np.float32(amount) - plane)


def valley(stored: U8) -> F32:
    """How deep a stored relief lies under the skin, 0..1."""
    return np.asarray(_VALLEY[stored], np.float32)


_VALLEY = np.clip((128 - np.arange(256)) / 64, 0, 1).astype(np.float32)


def double(field: F32) -> F32:
    """(..., h, w) -> (..., 2h, 2w) by bilinear interpolation between texel centres."""
    out = field
    for axis in (-1, -2):
        before = np.take(out, np.r_[0, : out.shape[axis] - 1], axis)
        after = np.take(out, np.r_[1 : out.shape[axis], out.shape[axis] - 1], axis)
        shape = list(out.shape)
        shape[axis] *= 2
        wide = np.empty(shape, np.float32)
        even, odd = [slice(None)] * len(shape), [slice(None)] * len(shape)
        even[axis], odd[axis] = slice(0, None, 2), slice(1, None, 2)
        kept = out * np.float32(0.75)
        wide[tuple(even)] = kept + before * np.float32(0.25)
        wide[tuple(odd)] = kept + after * np.float32(0.25)
        out = wide
    return out


def halve(field: F32) -> F32:
    """(2h, 2w) -> (h, w) by averaging."""
    h, w = field.shape
    return np.asarray(field.reshape(h // 2, 2, w // 2, 2).mean((1, 3)), np.float32)


def scatter(
    surface: Surface, zone: F32, count: int, radius: tuple[float, float], strength: tuple[float, float], seed: int
) -> F32 | None:
    """Small soft spots (freckles, moles) on the fine map, more small than large ones.

    ``zone`` (512, 512) is how likely a spot is per area of skin, ``radius`` in metres. None when there are none.
    """
    if count <= 0:
        return None
    rng = np.random.default_rng(seed)
    metric = np.repeat(np.repeat(surface.metric, 2, 0), 2, 1)
    area = metric[..., 0] * metric[..., 1] * (surface.coarse["covered"] > 250)
    weight = (zone * area).ravel().cumsum(dtype=np.float64)
    out = np.zeros((FINE, FINE), np.float32)
    if weight[-1] <= 0:
        return None
    rows, columns = np.divmod(np.searchsorted(weight, rng.random(count) * weight[-1]), COARSE)
    at = np.c_[rows, columns] * 2 + rng.random((count, 2)) * 2
    radii = radius[0] + (radius[1] - radius[0]) * rng.random(count) ** 1.7
    strengths = rng.uniform(*strength, count)
    wobble = rng.uniform(0, 2 * np.pi, (count, 2))
    for (r, c), size, power, (phase, lobe) in zip(at, radii, strengths, wobble, strict=True):
        du, dv = surface.metric[min(int(r) // 4, 255), min(int(c) // 4, 255)]
        reach_r, reach_c = min(int(2.2 * size / dv) + 2, 40), min(int(2.2 * size / du) + 2, 40)
        r0, r1 = max(int(r) - reach_r, 0), min(int(r) + reach_r + 1, FINE)
        c0, c1 = max(int(c) - reach_c, 0), min(int(c) + reach_c + 1, FINE)
        y = (np.arange(r0, r1) + 0.5 - r)[:, None] * (dv / size)
        x = (np.arange(c0, c1) + 0.5 - c)[None] * (du / size)
        turn = np.arctan2(y, x)
        d2 = (x * x + y * y) * (1 + 0.35 * np.sin(2 * turn + phase) + 0.2 * np.sin(3 * turn + lobe))
        window = out[r0:r1, c0:c1]
        np.maximum(window, (power * np.exp(-(d2**1.5))).astype(np.float32), out=window)
    return out


def occlusion_tables(dark: float, smooth: float, warmth: float = 1.0) -> list[F32]:
    """For red, green and blue: 8-bit openness -> colour factor.

    Red keeps more light than green and blue, as light that scatters under the skin fills cavities with red; less so on
    deep skin. Renderers darken cavities once more by the occlusion map, so this is half of the shade.
    """
    openness = np.clip(np.arange(256) / 255, 0.12, 1) ** (1 - 0.5 * smooth)
    powers = (0.30 + 0.22 * dark, 0.62 * warmth, 0.70 * warmth)
    return [(openness**power).astype(np.float32) for power in powers]


def pack_orm(openness: F32, roughness: F32) -> U8:
    """Occlusion, roughness and (no) metal in one image."""
    out = np.zeros((*openness.shape, 3), np.uint8)
    out[..., 0] = np.clip(openness * 255, 0, 255)
    out[..., 1] = np.clip(roughness, 0.12, 0.95) * 255
    return out
