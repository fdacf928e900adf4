"""The texture of the mouth: enamel and gums of both arches, the tongue."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.ndimage import gaussian_filter

from avatar.human.figure import F64, U8
from avatar.human.mouth.shape import ARCH_ROWS, TONGUE_ROWS, WIDTH, step
from avatar.human.mouth.teeth import CROWDING, LOWER_WIDTHS, UPPER_WIDTHS

LOWER_SHADE = 0.72  # the upper lip shades the upper teeth; the lower ones, full in the light, must not outshine them
GUM = np.array([0.80, 0.47, 0.45])
BODY, EDGE = np.array([0.97, 0.89, 0.78]), np.array([1.0, 0.965, 0.90])
PLAIN = np.array([0.99, 0.98, 0.96])
TONGUE = np.array([0.83, 0.41, 0.39])


@lru_cache(maxsize=8)
def paint_mouth(age: int, drawn: bool) -> U8:
    """(256, 512, 3) sRGB: upper arch, lower arch, tongue. ``age`` in decades yellows the enamel, ``drawn`` evens it."""
    images = [
        _arch(UPPER_WIDTHS, age, drawn, 31),
        _arch(LOWER_WIDTHS, age, drawn, 32) * LOWER_SHADE,
        _tongue(drawn),
    ]
    return np.asarray(np.round(np.clip(np.concatenate(images), 0, 1) * 255), np.uint8)


@lru_cache(maxsize=1)
def mouth_gloss() -> U8:
    """(128, 256, 3) occlusion, roughness, metal: wet enamel, duller flesh, hardly any sky in the depth of the mouth."""
    v, u = (np.mgrid[0:ARCH_ROWS, 0:WIDTH] + 0.5) / np.array([ARCH_ROWS, WIDTH])[:, None, None]
    deep = step(0.30, 0.95, np.abs(u * 2 - 1) ** (1 / CROWDING))
    front = step(0.16, 0.34, v) * step(0.88, 0.80, v)
    arch = np.stack(
        [(0.70 + 0.25 * np.maximum(front, v > 0.82)) * (1 - 0.45 * deep), 0.62 - 0.32 * front, np.zeros_like(v)], -1
    )
    y, x = (np.mgrid[0:TONGUE_ROWS, 0:WIDTH] + 0.5) / np.array([TONGUE_ROWS, WIDTH])[:, None, None]
    tongue = np.stack([0.18 + 0.67 * step(0.35, 0.9, y), np.full_like(x, 0.68), np.zeros_like(x)], -1)
    image = np.concatenate([arch, arch, tongue])[::2, ::2]
    return np.asarray(np.round(image * 255), np.uint8)


def _arch(widths: F64, age: int, drawn: bool, seed: int) -> F64:
    """One arch, gum at the top, edge and back below, (ARCH_ROWS, WIDTH, 3)."""
    rng = np.random.default_rng(seed)
    shade = float(np.clip((age - 2) / 6, 0, 1))
    v = np.linspace(0, 1, ARCH_ROWS)[:, None]
    u = np.abs(np.linspace(-1, 1, WIDTH)) ** (1 / CROWDING)
    bounds = np.concatenate([[0.0], np.cumsum(widths)]) / widths.sum()
    place = np.interp(u, bounds, np.arange(len(bounds)))
    tooth, within = np.minimum(place.astype(int), len(widths) - 1), place % 1
    gap = np.minimum(within, 1 - within)
    t = step(0.24, 0.74, v)[..., None]
    enamel = BODY * (1 - t) + EDGE * t
    if drawn:
        enamel = np.broadcast_to(PLAIN, (ARCH_ROWS, WIDTH, 3)).copy()
    else:
        own = 1 + rng.normal(0, 0.014, (2, len(widths)))[(np.linspace(-1, 1, WIDTH) > 0).astype(int), tooth]
        canine = np.where(tooth == 2, 0.965, 1.0)
        enamel = enamel * (own * canine)[None, :, None]
        enamel = enamel * np.array([1, 0.99 - 0.05 * shade, 0.98 - 0.13 * shade]) * (1 - 0.04 * shade)
        enamel *= 1 - np.array([0.10, 0.06, 0.02]) * step(0.70, 0.80, v)[..., None]  # the edge is translucent
        relief = gaussian_filter(rng.standard_normal((ARCH_ROWS, WIDTH)), (9, 2))
        enamel *= (1 + 0.012 * relief / relief.std())[..., None]
    line = np.exp(-((gap / (0.02 if drawn else 0.030)) ** 2)) * (0.10 if drawn else 0.55)
    line = line + (0.0 if drawn else 0.16) * np.exp(-((gap / 0.11) ** 2))
    enamel = enamel * (1 - line[None, :, None] * np.array([0.52, 0.68, 0.76]))
    scallop = 0.25 + 0.12 * np.exp(-((gap / 0.17) ** 2))[None]
    gum = GUM * (0.72 + 0.28 * step(0, 0.2, v))[..., None] * np.ones((1, WIDTH, 1))
    mask = step(scallop - 0.025, scallop + 0.025, v)[..., None]
    image = gum * (1 - mask) + enamel * mask
    image *= (1 - 0.20 * np.exp(-(((v - scallop) / 0.05) ** 2)))[..., None]
    behind = step(0.82, 0.88, v)[..., None]  # the side of the tongue: short teeth, much gum
    image = image * (1 - behind) + (0.25 * image + 0.70 * GUM * [1.0, 0.80, 0.78]) * behind
    image *= (1 - 0.52 * step(0.28, 0.95, u) ** 1.2)[None, :, None]  # darker into the cheek
    return np.asarray(image)


def _tongue(drawn: bool) -> F64:
    """Root at the top, tip at the bottom; the middle of its back on the left, its underside on the right."""
    y, x = np.mgrid[0:TONGUE_ROWS, 0:WIDTH] / np.array([TONGUE_ROWS - 1, WIDTH - 1])[:, None, None]
    grain = gaussian_filter(np.random.default_rng(2).standard_normal((TONGUE_ROWS, WIDTH)), (0.8, 3.0))
    papillae = 1 + (0.0 if drawn else 0.035) * grain / grain.std()
    image = TONGUE * ((0.42 + 0.58 * step(0.10, 0.75, y)) * papillae)[..., None]
    pale = (0.20 * step(0.5, 0.85, y) * step(0.55, 0.15, x))[..., None]
    image = image * (1 - pale) + np.array([0.93, 0.60, 0.57]) * pale
    image *= (1 - 0.15 * np.exp(-((x / 0.05) ** 2)) * step(1.0, 0.8, y) - 0.12 * step(0.6, 1.0, x))[..., None]
    return np.asarray(image)
