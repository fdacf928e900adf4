"""The texture of lashes, lid shadows, glints and brows: opacity drawn hair by hair over a colour for each region."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from avatar.human.figure import F64, U8
from avatar.human.lashes.look import BrowLook, LashLook

WIDTH, HEIGHT = 1024, 512


@dataclass(frozen=True, slots=True)
class Region:
    """A rectangle of the texture, pixels."""

    left: int
    right: int
    top: int
    bottom: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.bottom - self.top, self.right - self.left

    @property
    def box(self) -> tuple[slice, slice]:
        return slice(self.top, self.bottom), slice(self.left, self.right)

    def uv(self, across: F64, down: F64) -> F64:
        """Texture coordinates (n, 2) of places 0..1 in the region, half a pixel inside its border."""
        u = self.left + 0.5 + np.clip(across, 0, 1) * (self.right - self.left - 1)
        v = self.top + 0.5 + np.clip(down, 0, 1) * (self.bottom - self.top - 1)
        return np.asarray(np.c_[u / WIDTH, v / HEIGHT])


UPPER = Region(0, WIDTH, 0, 128)  # roots at the bottom
LOWER = Region(0, WIDTH, 128, 192)
UPPER_SHADOW = Region(0, 384, 200, 256)  # the lid at the top
LOWER_SHADOW = Region(400, 784, 200, 256)
GLINTS = (Region(808, 864, 200, 256), Region(888, 944, 200, 256))
BROW = Region(0, WIDTH, 264, 512)  # inner end on the left, up is up

# What the brow's region shows of the curve coordinates that the skin's maps hold.
BROW_LENGTH_MM = 56.0
BROW_FLOOR_MM, BROW_CEILING_MM = -9.0, 13.0
_ARCH_AT = np.array([0, 0.151, 0.344, 0.538, 0.710, 0.892, 1.0])
_ARCH_MM = np.array([-0.6, 0, 0.5, 1.7, 2.2, 1.0, -1.0])
_SCALE = 2  # drawn larger, then averaged


def paint_lashes(look: LashLook) -> U8:
    """(512, 1024, 4) sRGB and opacity: every region above."""
    rng = np.random.default_rng([look.seed, 5])
    alpha = np.zeros((HEIGHT, WIDTH))
    alpha[UPPER.box] = _lashes(look, UPPER, look.count, 1.0, rng)
    alpha[LOWER.box] = _lashes(look, LOWER, look.count * 3 // 5, 0.6 * (1 - 0.5 * look.drawn), rng)
    fade = _shade(UPPER_SHADOW)
    alpha[UPPER_SHADOW.box] = look.shadow * fade
    alpha[LOWER_SHADOW.box] = 0.8 * look.shadow * fade
    for region, glint in zip(GLINTS, look.glints, strict=True):
        alpha[region.box] = look.glint_opacity * _disc(region, glint.soft)
    alpha[BROW.box] = paint_brow(look.brow, look.seed)
    out = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    out[..., :3] = np.round(look.colour * 255)
    out[196:260, :, :3] = np.round(look.shadow_colour * 255)
    out[196:260, 796:, :3] = 255
    out[260:, :, :3] = np.round(look.brow_colour * 255)
    _wet(look, out, alpha)
    _stroke(look, out, alpha)
    out[..., 3] = np.round(np.clip(alpha, 0, 1) * 255)
    return out


def _wet(look: LashLook, out: U8, alpha: F64) -> None:
    """The tear line: a thin light edge between the lower lid and the ball."""
    if not look.wet:
        return
    rows, columns = LOWER_SHADOW.box
    depth = (np.arange(LOWER_SHADOW.shape[0]) + 0.5)[:, None] / LOWER_SHADOW.shape[0]
    along = np.linspace(-1, 1, LOWER_SHADOW.shape[1])[None]
    light = np.exp(-(((depth - 0.34) / 0.10) ** 2)) * np.clip(1.3 - np.abs(along) ** 3 * 1.3, 0, 1) * look.wet
    dark = alpha[rows, columns]
    total = light + dark * (1 - light)
    share = (light / np.maximum(total, 1e-6))[..., None]
    ground = out[rows, columns, :3].astype(np.float64)
    out[rows, columns, :3] = np.round(ground + (np.array([255, 246, 242]) - ground) * share)
    alpha[rows, columns] = total


def _stroke(look: LashLook, out: U8, alpha: F64) -> None:
    """The line that animators draw along the upper lid, on the eye itself: heavier outwards."""
    if not look.drawn:
        return
    rows, columns = UPPER_SHADOW.box
    along = np.linspace(0, 1, UPPER_SHADOW.shape[1])[None]
    depth = (np.arange(UPPER_SHADOW.shape[0]) + 0.5)[:, None] / UPPER_SHADOW.shape[0]
    heavy = look.stroke * np.interp(along, [0, 0.25, 0.8, 1], [0.45, 0.75, 1.1, 1.3])
    line = look.drawn * _step(heavy + 0.05, heavy - 0.02, depth)
    ground = out[rows, columns, :3].astype(np.float64)
    out[rows, columns, :3] = np.round(ground + (look.colour * 255 - ground) * line[..., None])
    alpha[rows, columns] = np.maximum(alpha[rows, columns], line)


def _shade(region: Region) -> F64:
    """A shadow that is deepest at the lid and dies out towards the middle of the eye and its corners."""
    height, width = region.shape
    depth = (np.arange(height) + 0.5)[:, None] / height
    fade = ((1 - depth) ** 2 * (1 + 2 * depth)) ** 1.4
    return np.asarray(fade * np.clip(np.sin(np.pi * np.linspace(0, 1, width)) * 6, 0, 1))


def _disc(region: Region, soft: float) -> F64:
    height, width = region.shape
    y, x = (np.mgrid[0:height, 0:width] + 0.5) / height * 2 - 1
    t = np.clip((0.92 - np.hypot(x, y * height / width)) / max(0.92 * soft, 0.05), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


def strands(shape: tuple[int, int], lines: F64, widths: F64, shades: NDArray[np.int64]) -> F64:
    """Opacity of tapered hairs: ``lines`` (n, k, 2) points x, y in pixels from root to tip, ``widths`` (n,) pixels at
    the root, ``shades`` (n,) 0..255."""
    height, width = shape
    image = Image.new("L", (width * _SCALE, height * _SCALE), 0)
    draw = ImageDraw.Draw(image)
    points = lines * _SCALE
    along = np.gradient(points, axis=1)
    normal = np.stack([-along[..., 1], along[..., 0]], -1)
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
    taper = np.linspace(1, 0.12, lines.shape[1])[None, :, None] * widths[:, None, None] * _SCALE / 2
    ring = np.concatenate([points + normal * taper, (points - normal * taper)[:, ::-1]], axis=1)
    for outline, shade in zip(ring.reshape(len(ring), -1).tolist(), shades.tolist(), strict=True):
        draw.polygon(outline, fill=shade)
    return np.asarray(image.resize((width, height), Image.Resampling.BOX), np.float64) / 255


def _lashes(look: LashLook, region: Region, count: int, weight: float, rng: np.random.Generator) -> F64:
    """A row of lashes in tufts whose tips draw together, over a solid line at the roots."""
    height, width = region.shape
    u = (np.arange(count) + rng.uniform(0.2, 0.8, count)) / count
    tuft = np.floor(u * count / 4.0 + rng.uniform(0, 1))
    heads = {t: rng.normal(0, 0.25) + 0.5 for t in np.unique(tuft).tolist()}
    centre = np.array([(t + heads[t]) * 4.0 / count for t in tuft.tolist()])
    length = height * rng.uniform(0.55, 0.97, count) * (1 - 0.28 * rng.random(count) ** 3)
    length *= 1 - look.drawn * np.interp(u, [0, 0.45, 0.72, 1], [0.75, 0.62, 0.25, 0])  # tips at the outer corner only
    lean = (u - 0.42) * 60 + (centre - u) * width * rng.uniform(0.25, 0.7, count)
    f = np.linspace(0, 1, 7)[None]
    x = u[:, None] * width + lean[:, None] * f**1.6
    y = height - length[:, None] * f
    widths = 9.0 * look.thick * weight * rng.uniform(0.75, 1.15, count)
    hairs = strands(region.shape, np.stack([x, y], -1), widths, rng.integers(205, 256, count))
    rows = (np.arange(height) + 0.5)[:, None] / height
    root = np.clip((rows - (1 - look.root)) / ((0.5 - 0.3 * look.drawn) * look.root), 0, 1) * (
        1.0 if region is UPPER else 0.4
    )
    across = np.linspace(0, 1, width)
    thin = np.interp(across, [0, 0.5, 0.85, 1], [0.5, 0.28, 0.02, 0.0])  # a stroke swells outwards
    root = root * (1 - look.drawn * _step(0.0, 0.03, thin - (rows - (1 - look.root)) / look.root))
    return np.asarray(np.maximum(hairs, root) * np.clip(np.minimum(across * 9, (1 - across) * 22), 0, 1))


# --------------------------------------------------------------------------------------------------------------- brows
def brow_shift(brow: BrowLook, along: F64) -> F64:
    """Millimetres that the eyebrow's middle lies above the brow line, 0 at the inner end .. 1 at the outer."""
    shift = brow.lift + np.interp(along, _ARCH_AT, _ARCH_MM) * (brow.arch - 0.5) * 2
    return np.asarray(shift + brow.slant * np.clip(1 - along / 0.75, 0, 1) ** 1.3)


def brow_half(brow: BrowLook, along: F64) -> F64:
    """Millimetres from the eyebrow's middle to its edge."""
    return np.asarray(
        3.1 * brow.thick * np.interp(along, [0, 0.06, 0.3, 0.62, 0.85, 1], [0.60, 0.9, 1, 0.78, 0.42, 0.1])
    )


def paint_brow(brow: BrowLook, seed: int) -> F64:
    """(248, 1024) opacity of one eyebrow: hairs that rise at its head, lie down along it and meet in its middle."""
    rng = np.random.default_rng([seed, 12])
    height, width = BROW.shape
    px, py = width / BROW_LENGTH_MM, height / (BROW_CEILING_MM - BROW_FLOOR_MM)
    count = brow.hairs
    u = rng.random(count) ** 0.92 * 0.93
    half = brow_half(brow, u)
    v = rng.uniform(-1, 0.8, count) * half
    angle = np.interp(u, [0, 0.10, 0.3, 0.6, 1], [1.30, 0.95, 0.55, 0.20, -0.10])
    angle += rng.normal(0, 0.11 * brow.disorder, count)
    angle -= 0.55 * (v / np.maximum(half, 0.3)) * np.interp(u, [0, 0.2, 1], [0.2, 0.8, 0.6])
    length = rng.uniform(4.0, 7.2, count) * np.interp(u, [0, 0.15, 0.7, 1], [0.75, 1, 0.95, 0.6]) * brow.length
    bend = rng.normal(-0.28, 0.16 * brow.disorder, count)
    steps = np.linspace(0, 1, 6)
    turned = angle[:, None] + bend[:, None] * steps
    stride = (length / 5)[:, None]
    x = u[:, None] * BROW_LENGTH_MM + np.cumsum(np.cos(turned) * stride, 1) - np.cos(turned[:, :1]) * stride
    y = (v + brow_shift(brow, u))[:, None] + np.cumsum(np.sin(turned) * stride, 1) - np.sin(turned[:, :1]) * stride
    lines = np.stack([x * px, (BROW_CEILING_MM - y) * py], -1)
    hairs = strands(BROW.shape, lines, rng.uniform(2.2, 3.8, count), rng.integers(120, 256, count))
    along = (np.arange(width) + 0.5)[None] / width
    across = (BROW_CEILING_MM - (np.arange(height) + 0.5) / py)[:, None] - brow_shift(brow, along)
    t = np.maximum(brow_half(brow, along), 0.2)
    ends = _step(0, 0.10, along) * _step(1.0, 0.88, along)
    soft = np.exp(-(((across - 0.15 * t) / t) ** 2) * 1.2) * ends
    natural = hairs + (1 - hairs) * soft * brow.fill
    # a drawn one: a rounded head, a tail to a point, and at its rim the hairs of which it might be made
    head = np.sqrt(np.clip(along / 0.07, 0, 1) * np.clip(2 - along / 0.07, 0, 1)) * (along < 0.07) + (along >= 0.07)
    rim = np.abs(across - 0.1 * t) / np.maximum(t * head, 0.05) - 0.25 * (hairs - 0.3) * (1 - brow.drawn**4)
    clean = _step(1.2, 0.9, rim) * _step(1.0, 0.95, along) * (0.62 + 0.33 * brow.drawn)
    clean = clean * (1 - 0.35 * (1 - hairs) * (1 - brow.drawn**4))
    border = np.clip((1 - np.abs(np.linspace(-1, 1, height))) * 14, 0, 1)[:, None]
    return np.asarray((natural * (1 - brow.drawn) + clean * brow.drawn) * border)


def _step(low: float | F64, high: float | F64, x: F64) -> F64:
    t = np.clip((x - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))
