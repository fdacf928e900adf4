"""Paint the hair atlas: grey strands, their cover, and which of them take highlights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from avatar.human.figure import F64, U8
from avatar.human.hair.atlas import CLOSED, EDGELESS, HEIGHT, MARGIN, TILES, WIDTH
from avatar.human.hair.vectors import smoothstep

SEED = 5
FINE = 3  # the atlas is painted at three times its size
SOFT = 0.8  # texels of blur: where a smooth slope crosses the cutoff, the edge is a smooth line


class Canvas:
    """Grey, cover and streak of one tile in painted pixels."""

    def __init__(self, width: int, height: int, wraps: bool = False) -> None:
        self.width, self.height, self.wraps = width, height, wraps
        self.grey = np.full((height, width), 0.34)
        self.cover = np.zeros((height, width))
        self.streak = np.zeros((height, width))
        self.rows = np.arange(height)

    def hair(self, path: F64, thick: F64, tone: F64, live: NDArray[np.bool_], streak: float) -> None:
        """One strand: centre column, thickness (pixels), grey and whether it is there, for every row."""
        base = np.floor(path).astype(int)
        brush = int(np.ceil(thick.max() / 2)) + 1
        for o in range(-brush, brush + 1):
            column = base + o
            off = np.abs(column + 0.5 - path)
            ink = np.clip(thick * 0.5 + 0.5 - off, 0, 1) * live
            if self.wraps:
                column = column % self.width
            ok = (ink > 0.02) & (column >= 0) & (column < self.width)
            r, c, a = self.rows[ok], column[ok], ink[ok]
            shade = tone[ok] * (1 - 0.22 * off[ok] / np.maximum(thick[ok], 0.5))
            self.grey[r, c] = self.grey[r, c] * (1 - a) + shade * a
            self.streak[r, c] = self.streak[r, c] * (1 - a) + streak * a
            self.cover[r, c] = np.maximum(self.cover[r, c], a)


def wander(rng: np.random.Generator, count: int, smooth: float) -> F64:
    """(count,) a smooth random line of unit deviation."""
    line = ndimage.gaussian_filter1d(rng.normal(0, 1, count), smooth)
    scaled: F64 = line / line.std()
    return scaled


def strands(
    canvas: Canvas,
    count: int,
    rng: np.random.Generator,
    *,
    clumps: int = 5,
    end: tuple[float, float] = (0.80, 0.97),
    start: float = 0.06,
    thick: tuple[float, float] = (2.2, 4.5),
    converge: float = 0.6,
    spread: float = 0.45,
    core: float = 0.7,
    taper: float = 0.3,
    wave: float = 0.0,
    waves: float = 1.0,
    light: float = 0.25,
) -> None:
    """Strands of ``clumps`` locks that converge towards ragged tips, solid down to the fraction ``core``.

    ``light`` is the share of locks that take highlights. ``wave``: sideways swing as a share of the width.
    """
    width, height = canvas.width, canvas.height
    t = np.linspace(0, 1, height)
    place = (np.arange(clumps) + 0.5) / clumps + rng.normal(0, 0.2 / clumps, clumps)
    clump_end, clump_tone = rng.uniform(*end, clumps), rng.normal(0, 0.065, clumps)
    clump_light = (rng.permutation(clumps) < light * clumps) * rng.uniform(0.6, 1.0, clumps)
    phase = rng.uniform(0, 6.28, clumps) if waves <= 1.5 else rng.normal(0, 0.45, clumps)
    half = spread * width
    if core > 0:
        _solid(canvas, rng, t, half, core, taper, start, wave, waves, float(phase.mean()))
    home = rng.integers(0, clumps, count)
    depth = np.sort(rng.random(count))  # 0 behind and dark .. 1 in front and light
    for k in range(count):
        c = home[k]
        goal = place[c] * 2 - 1
        x0 = goal + rng.normal(0, 0.9 / clumps) if converge < 0.15 else rng.uniform(-1, 1)
        pull = converge * smoothstep(0.15, 1.0, t)
        path = (x0 * (1 - pull) + goal * 0.92 * pull + rng.normal(0, 0.04) * t) * half + width / 2
        turn = 6.283 * waves * t + phase[c] + rng.normal(0, 0.3)
        path = path + wave * width * np.sin(turn) * smoothstep(0, 0.12, t)
        t1, t0 = min(clump_end[c] + rng.normal(0, 0.03), 0.975), rng.uniform(0, start)
        slim = rng.uniform(*thick) * np.clip((t1 - t) / 0.16, 0.35, 1)
        tone = np.full(height, 0.35 + 0.33 * depth[k] + clump_tone[c] + rng.normal(0, 0.055))
        if waves > 1.5:  # ringlets: light where the strand turns to the front
            tone = tone * (0.80 + 0.34 * np.cos(turn))
        tone = tone * (1 + 0.05 * wander(rng, height, height / 9))
        gleam = clump_light[c] * (rng.random() < 0.75) + (rng.random() < 0.06) * 0.7
        canvas.hair(path, slim, tone, (t >= t0) & (t <= t1), min(gleam, 1.0))


def _solid(
    canvas: Canvas, rng: np.random.Generator, t: F64, half: float, core: float, taper: float, start: float,
    wave: float, waves: float, phase: float,
) -> None:  # fmt: skip
    """The closed part of a lock; its outline wanders, so that no card shows a straight edge."""
    width, height = canvas.width, canvas.height
    swing = wave * width * np.sin(6.283 * waves * t + phase) * smoothstep(0, 0.12, t)
    x = np.arange(width)[None] - width / 2 - swing[:, None]
    jag = ndimage.gaussian_filter1d(rng.normal(0, 1, width), 3) + 2 * ndimage.gaussian_filter1d(
        rng.normal(0, 1, width), 14
    )
    jag = jag / jag.std()
    last = np.clip(core * (1 + 0.09 * jag), 0.02, 0.97)[None]
    first = (start * np.clip(0.5 + 0.35 * rng.permutation(jag), 0, 1))[None]
    edge = half * (1 - taper * smoothstep(core * 0.3, core, t)) * 0.95
    left, right = (edge + wander(rng, height, height / 11) * 0.02 * width for _ in "lr")
    reach = np.where(x < 0, left[:, None], right[:, None])
    if half < width / 2:
        reach = np.minimum(reach, 0.485 * width)
    canvas.cover[(np.abs(x) < reach) & (t[:, None] < last) & (t[:, None] >= first)] = 1


def paint_cap(canvas: Canvas, rng: np.random.Generator) -> None:
    """Strands from the pole (top) to a rim (bottom) that thins out."""
    strands(
        canvas, 1900, rng, clumps=120, end=(0.88, 0.975), start=0.0, converge=0.02, core=0.80, spread=0.56,
        thick=(2.2, 4.5), taper=0.0,
    )  # fmt: skip
    rim = np.linspace(0, 1, canvas.height)[:, None]
    canvas.cover = np.maximum(canvas.cover * smoothstep(1.0, 0.88, rim), smoothstep(0.97, 0.82, rim))


def paint_buzz(canvas: Canvas, rng: np.random.Generator) -> None:
    """Fine stubble, dense except at the rim (bottom)."""
    shape = canvas.grey.shape
    fine = ndimage.gaussian_filter(rng.normal(0, 1, shape), (1.5, 0.9), mode="wrap")
    broad = ndimage.gaussian_filter(rng.normal(0, 1, shape), 20, mode="wrap")
    fine, broad = fine / fine.std(), broad / broad.std()
    fade = smoothstep(1.0, 0.60, np.linspace(0, 1, shape[0]))[:, None]
    canvas.cover = fade * (0.90 + 0.10 * fine) + fine * 0.22 * (1 - fade) * (fade > 0.02)
    canvas.grey = 0.48 + 0.11 * fine + 0.02 * broad
    canvas.streak = np.clip(broad * 0.3 + fine * 0.3, 0, 1)


def curls(canvas: Canvas, rng: np.random.Generator, count: int, radius: tuple[float, float]) -> None:
    """Tight coils, the later ones lighter and in front."""
    q = np.linspace(0, 6.283, 40)
    for depth in np.sort(rng.random(count)):
        r = rng.uniform(*radius)
        squash, tilt = rng.uniform(0.45, 1.0), rng.uniform(0, 6.28)
        a, b = r * np.cos(q), r * squash * np.sin(q)
        x = rng.uniform(0, canvas.width) + a * np.cos(tilt) - b * np.sin(tilt)
        y = rng.uniform(-5, canvas.height + 5) + a * np.sin(tilt) + b * np.cos(tilt)
        tone = (0.20 + 0.55 * depth) * (0.86 + 0.26 * np.cos(q + 0.8 - tilt))
        gleam = float(rng.random() < 0.22)
        for dx in (0.0, 1.0):
            for dy in (0.0, 1.0):
                column, row = np.floor(x + dx).astype(int), np.floor(y + dy).astype(int)
                if canvas.wraps:
                    column = column % canvas.width
                ok = (row >= 0) & (row < canvas.height) & (column >= 0) & (column < canvas.width)
                canvas.grey[row[ok], column[ok]] = tone[ok]
                canvas.streak[row[ok], column[ok]] = gleam
                canvas.cover[row[ok], column[ok]] = 1


def paint_coil(canvas: Canvas, rng: np.random.Generator) -> None:
    """Tight curls with small gaps, closed from the crown (top) to a rim that thins out."""
    curls(canvas, rng, 5200, (5.0, 10.0))
    rim = np.linspace(0, 1, canvas.height)[:, None]
    clouds = ndimage.gaussian_filter(rng.normal(0, 1, canvas.grey.shape), 5, mode="wrap")
    clouds = 0.5 + 0.28 * clouds / clouds.std()
    canvas.cover = smoothstep(0.0, 0.4, 0.62 * smoothstep(1.0, 0.72, rim) + 0.9 * clouds - 0.72)


def paint_puff(canvas: Canvas, rng: np.random.Generator) -> None:
    """A ragged cloud of coils, solid in the middle."""
    canvas.grey[:] = 0.3
    curls(canvas, rng, 900, (5.0, 10.0))
    h, w = canvas.grey.shape
    x = (np.arange(w)[None] - w / 2) / (w / 2)
    y = (np.arange(h)[:, None] - h / 2) / (h / 2)
    angle, radius = np.arctan2(y, x), np.hypot(x, y)
    ragged = 0.66 + sum(0.05 * np.sin(k * angle + rng.uniform(0, 6.28)) for k in (3, 5, 8, 13, 19))
    clouds = ndimage.gaussian_filter(rng.normal(0, 1, (h, w)), 4)
    clouds = clouds / clouds.std()
    canvas.cover = smoothstep(0.10, -0.10, radius - ragged + 0.07 * clouds) * (radius < 0.96)


def paint_tile(name: str, canvas: Canvas, rng: np.random.Generator) -> None:
    """One tile of the atlas."""
    kind = name.rstrip("0123456789")
    if kind == "cap":
        paint_cap(canvas, rng)
    elif kind == "buzz":
        paint_buzz(canvas, rng)
    elif kind == "coil":
        paint_coil(canvas, rng)
    elif kind == "puff":
        paint_puff(canvas, rng)
    elif kind == "sheet":
        strands(
            canvas, 420, rng, clumps=13, end=(0.76, 0.97), start=0.0, converge=0.22, spread=0.53, core=0.74, taper=0.0,
            light=0.25 if name == "sheet0" else 0.2,
        )  # fmt: skip
    elif kind == "dense":
        strands(canvas, 210, rng, clumps=6, start=0.05, core=0.80, light={"0": 0.5, "1": 0.15, "2": 0.34}[name[-1]])
    elif kind == "medium":
        strands(canvas, 130, rng, clumps=4, end=(0.76, 0.96), converge=0.8, core=0.62, taper=0.5, light=0.25)
    elif kind == "wisp":
        strands(canvas, 16, rng, clumps=3, end=(0.7, 0.97), converge=0.5, core=0.0, thick=(2.0, 3.6), light=0.34)
    elif kind == "curl":
        strands(
            canvas, 150, rng, clumps=3, end=(0.84, 0.97), converge=0.55, core=0.72, spread=0.33, taper=0.25,
            wave=0.12, waves=3.5 + 0.6 * int(name[-1]), light=0.34,
        )  # fmt: skip
    elif kind == "short":
        strands(canvas, 100, rng, clumps=5, end=(0.70, 0.95), start=0.2, converge=0.7, core=0.58, taper=0.45)
    elif kind == "tuft":
        strands(canvas, 90, rng, clumps=3, end=(0.70, 0.95), start=0.22, converge=0.8, core=0.50, taper=0.6, wave=0.04)
    else:  # beard
        canvas.grey[:] = 0.47
        strands(
            canvas, 70, rng, clumps=7, end=(0.66, 0.95), start=0.10, converge=0.5, core=0.45, taper=0.5, wave=0.04,
            thick=(2.0, 4.0), light=0.1,
        )  # fmt: skip
        fade = smoothstep(1.0, 0.35, np.linspace(0, 1, canvas.height))[:, None]  # whiskers melt into those below
        root = smoothstep(0.02, 0.20, np.linspace(0, 1, canvas.height))[:, None]
        canvas.cover = canvas.cover * (0.15 + 0.85 * fade) * root


def paint_atlas() -> tuple[U8, U8, U8]:
    """Luminance, alpha and streak of the whole atlas, each (HEIGHT, WIDTH).

    Colour is spread from the strands into the clear texels around them, so that mipmaps do not pull in a fringe.
    Few grey steps: finer ones are invisible in hair and would double the file.
    """
    grey, cover, streak = np.full((HEIGHT, WIDTH), 0.40), np.zeros((HEIGHT, WIDTH)), np.zeros((HEIGHT, WIDTH))
    for number, (name, tile) in enumerate(TILES.items()):
        rng = np.random.default_rng([SEED, number])
        wraps = name in CLOSED
        canvas = Canvas(FINE * tile.width, FINE * (tile.height - 2 * MARGIN), wraps)
        paint_tile(name, canvas, rng)
        cover_here = np.clip(canvas.cover, 0, 1)
        empty = cover_here < 0.05
        near = tuple(ndimage.distance_transform_edt(empty, return_distances=False, return_indices=True))
        around = np.where(empty, ndimage.gaussian_filter(canvas.grey[near], 4), canvas.grey)
        down = [_shrunk(a) for a in (around, cover_here, canvas.streak[near])]
        soft = down[1]
        if not wraps:
            # a sheet runs on at its sides; cards end inside their tile
            wide = np.pad(soft, ((0, 0), (4, 4)), mode="edge" if name in EDGELESS else "constant")
            soft = ndimage.gaussian_filter(wide, SOFT, mode="constant")[:, 4:-4]
            if name not in EDGELESS:
                soft[:, [0, -1]] = soft[-3:] = 0
        across = slice(tile.x, tile.x + tile.width)
        window = slice(tile.y, tile.y + tile.height), across
        ends = ((MARGIN, MARGIN), (0, 0))
        grey[window], streak[window] = (np.pad(a, ends, mode="edge") for a in (down[0], down[2]))
        cover[window] = np.pad(soft, ends)
        if (wraps and name != "coil") or name in EDGELESS:
            cover[tile.y : tile.y + MARGIN, across] = down[1][0]
        if name in EDGELESS and not wraps:
            cover[tile.y + MARGIN : tile.y + 2 * MARGIN, across] = 1
            cover[tile.y : tile.y + MARGIN, across] = 1
    return _levels(grey, 47), _levels(cover, 23), _levels(streak, 7)


def _shrunk(fine: F64) -> F64:
    h, w = fine.shape
    small: F64 = fine.reshape(h // FINE, FINE, w // FINE, FINE).mean((1, 3))
    return small


def _levels(values: F64, steps: int) -> U8:
    return (np.round(np.clip(values, 0, 1) * steps) * 255 / steps).round().astype(np.uint8)
