"""Eyebrows: single hairs drawn into a strip, laid over the brow bone by baked curve coordinates."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw
from scipy.ndimage import map_coordinates

from avatar.human.figure import F32, F64
from avatar.human.skin.maps import FINE, brow_windows
from avatar.human.skin.palette import SkinLook

WIDTH, HEIGHT = 1024, 256
LENGTH_MM, BREADTH_MM = 56.0, 20.0
_AT = np.array([0, 0.151, 0.344, 0.538, 0.710, 0.892, 1.0])  # where along the line the arch below is given
_ARCH_MM = np.array([-0.6, 0, 0.5, 1.7, 2.2, 1.0, -1.0])

# The fields of a look that eyebrows come from.
BROWS = ("seed", "smooth", "flat", "brow_thickness", "brow_arch", "brow_opacity", "brow_lift", "brow_slant")


def _step(low: float, high: float, x: F64) -> F64:
    t = np.clip((x - low) / (high - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def brow_strip(look: SkinLook) -> F32:
    """One eyebrow, (256, 1024) opacity: 56 mm along, 20 mm across (up is row 0)."""
    rng = np.random.default_rng([look.seed, 11])
    scale = 2
    image = Image.new("L", (WIDTH * scale, HEIGHT * scale), 0)
    draw = ImageDraw.Draw(image)
    sx, sy = WIDTH * scale / LENGTH_MM, HEIGHT * scale / BREADTH_MM
    thick = look.brow_thickness

    def half(u: F64) -> F64:
        return 3.3 * thick * np.interp(u, [0, 0.06, 0.3, 0.62, 0.85, 1], [0.62, 0.9, 1, 0.78, 0.42, 0.1])

    count, steps = int(330 * thick**0.7), 6
    u = rng.random(count) ** 0.92 * 0.93
    reach = half(u)
    v = rng.uniform(-1, 0.75, count) * reach
    angle = np.interp(u, [0, 0.10, 0.3, 0.6, 1], [1.35, 0.95, 0.52, 0.18, -0.05]) + rng.normal(0, 0.13, count)
    angle -= 0.55 * (v / np.maximum(reach, 0.3)) * np.interp(u, [0, 0.2, 1], [0.2, 0.8, 0.6])
    length = rng.uniform(4.2, 7.5, count) * np.interp(u, [0, 0.15, 0.7, 1], [0.72, 1, 0.95, 0.6]) * min(1.2, thick**0.5)
    bend = rng.normal(-0.25, 0.15, count)
    shade = rng.uniform(120, 255, count)
    x, y = u * LENGTH_MM, v.copy()
    for s in range(steps):
        turned = angle + bend * s / steps
        nx, ny = x + np.cos(turned) * length / steps, y + np.sin(turned) * length / steps
        width = max(1, round(scale * 2.6 * (1 - 0.8 * s / steps)))
        middle = HEIGHT * scale / 2
        segments = np.c_[x * sx, middle - y * sy, nx * sx, middle - ny * sy].tolist()
        for segment, value in zip(segments, (shade * (1 - 0.5 * s / steps)).astype(int).tolist(), strict=True):
            draw.line(segment, fill=value, width=width)
        x, y = nx, ny
    hairs = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX), np.float64) / 255
    along = np.linspace(0, 1, WIDTH)[None]
    across = np.linspace(BREADTH_MM / 2, -BREADTH_MM / 2, HEIGHT)[:, None]
    t = np.maximum(half(along), 0.2)
    soft = np.exp(-(((across - 0.15 * t) / t) ** 2) * 1.1) * _step(0, 0.12, along) * _step(1.0, 0.86, along)
    natural = hairs + soft * (0.55 + 0.2 * look.brow_opacity)
    shape = _step(1.25, 0.8, np.abs(across - 0.1 * t) / t) * _step(0, 0.05, along) * _step(1.0, 0.93, along)
    clean = shape * 0.85 + (0.0 if look.flat else 0.2) * hairs
    return np.clip(natural * (1 - look.smooth) + clean * look.smooth, 0, 1).astype(np.float32)


def paint_brows(look: SkinLook) -> F32:
    """Opacity of both eyebrows on the fine head map, (1024, 1024)."""
    out = np.zeros((FINE, FINE), np.float32)
    strip = brow_strip(look)
    for window in brow_windows():
        u = window.along
        shift = look.brow_lift + np.interp(u, _AT, _ARCH_MM) * (look.brow_arch - 0.5) * 2
        shift += look.brow_slant * np.clip(1 - u / 0.75, 0, 1) ** 1.3
        rows = (0.5 - (window.across - shift) / BREADTH_MM) * HEIGHT - 0.5
        alpha = map_coordinates(strip, [rows, u * WIDTH - 0.5], order=1, mode="constant")
        alpha = np.where((u > 0) & (u < 1), alpha, 0)
        h, w = alpha.shape
        out[window.row : window.row + h, window.column : window.column + w] = alpha
    return out
