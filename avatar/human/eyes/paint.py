"""The eye as a picture seen from the front: white with veins, an iris after its pattern, the pupil."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFilter
from scipy.ndimage import gaussian_filter1d, map_coordinates

from avatar.character import IrisPattern
from avatar.human.eyes.look import EyeLook
from avatar.human.figure import F64, U8

IRIS_UV = 0.62  # radius of the iris in the texture, of half the image
SIZE = 512
BLACK = np.array([0.012, 0.010, 0.010])
NOISE = 1440  # samples of angular noise around the iris


def step(low: F64 | float, high: F64 | float, x: F64) -> F64:
    """0 below ``low``, 1 above ``high``, cubic between; the limits may fall."""
    t = np.clip((x - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


@dataclass(frozen=True, slots=True)
class Disc:
    """Polar coordinates of the pixels around the iris: radius 1 at its rim, turn in radians, height 1 at its top."""

    r: F64
    turn: F64
    up: F64

    def noise(self, rng: np.random.Generator, sigma: float, warp: F64 | float = 0.0) -> F64:
        """Noise that changes along the turn only: unit deviation, as fine as ``sigma`` 1440ths of a turn."""
        table = gaussian_filter1d(rng.standard_normal(NOISE), sigma, mode="wrap")
        at = (self.turn / (2 * np.pi) % 1) * NOISE + warp
        return np.asarray(map_coordinates(table / table.std(), [at], order=1, mode="grid-wrap"))


def paint_eye(look: EyeLook) -> U8:
    """(512, 512, 3) sRGB: the pupil in the middle, the iris edge at ``IRIS_UV``."""
    rng = np.random.default_rng([look.seed, 3])
    y, x = (np.mgrid[0:SIZE, 0:SIZE] + 0.5) / SIZE * 2 - 1
    out = _white(look, np.hypot(x, y) / IRIS_UV, rng)
    wide, high = look.tall
    reach = int(SIZE * (0.5 + 0.5 * IRIS_UV * max(look.tall) * 1.08)) + 1
    box = (slice(SIZE - reach, reach), slice(SIZE - reach, reach))
    u, v = x[box] / IRIS_UV / wide, -y[box] / IRIS_UV / high
    disc = Disc(np.hypot(u, v), np.arctan2(v, u), v)
    paint: Callable[[EyeLook, Disc, np.random.Generator], F64] = _drawn if look.drawn else _iris
    iris = paint(look, disc, rng)
    soft = 0.02 + 0.015 * min(look.detail, 1.0)
    inside = step(1.0 + soft * 1.6, 1.0 - soft * 1.2, disc.r)[..., None]
    # the limbus is no line: the white is shaded a little around it
    shade = 1 - 0.16 * (not look.drawn) * np.exp(-(((disc.r - 1.02) / 0.07) ** 2))[..., None]
    out[box] = out[box] * shade * (1 - inside) + iris * inside
    spot = step(1.25, 0.75, np.hypot((u + 0.30) / 0.13, (v - 0.36) / 0.15))[..., None] * look.highlight
    out[box] = out[box] * (1 - spot) + spot
    return np.asarray(np.round(np.clip(out, 0, 1) * 255), np.uint8)


def _white(look: EyeLook, r: F64, rng: np.random.Generator) -> F64:
    """The white, pinker and darker towards the back, (512, 512, 3)."""
    white = look.sclera * (1 - step(1.12, 1.62, r)[..., None] * np.array([0.10, 0.19, 0.20]))
    if look.veins > 0:
        veins = _veins(look, rng)[..., None] * 0.70 * look.veins
        white = white * (1 - veins) + np.array([0.66, 0.22, 0.19]) * veins
    return np.asarray(white)


def _veins(look: EyeLook, rng: np.random.Generator) -> F64:
    """Opacity of fine blood vessels creeping in from the rim of the texture, (SIZE, SIZE)."""
    image = Image.new("L", (SIZE * 2, SIZE * 2), 0)
    draw = ImageDraw.Draw(image)
    for _ in range(int(52 * look.veins) + 6):
        turn = rng.uniform(0, 2 * np.pi)
        at = np.array([np.cos(turn), np.sin(turn)]) * rng.uniform(0.96, 1.0)
        stride, drift, shade = rng.uniform(0.008, 0.014), rng.normal(0, 0.35), rng.uniform(50, 190)
        heading = turn + np.pi + rng.normal(0, 0.3)
        for k in range(int(rng.integers(12, 34))):
            heading += rng.normal(0, 0.38) + drift * 0.05
            to = at + stride * np.array([np.cos(heading), np.sin(heading)])
            if np.hypot(to[0], to[1]) < IRIS_UV * 1.08:
                break
            line = [*((at + 1) * SIZE).tolist(), *((to + 1) * SIZE).tolist()]
            draw.line(line, fill=int(shade * (1 - k / 36)), width=2 if k < 10 else 1)
            at = to
    blurred = image.filter(ImageFilter.GaussianBlur(1.3)).resize((SIZE, SIZE), Image.Resampling.BOX)
    return np.asarray(blurred, np.float64) / 255


# ----------------------------------------------------------------------------------------------------- a painted iris
def _iris(look: EyeLook, disc: Disc, rng: np.random.Generator) -> F64:
    """Fibres over two colours that meet at the collarette, then what the pattern adds, then light."""
    r = disc.r
    swirl = Disc(r, disc.turn + 0.025 * np.sin(r * 7 + 3 * np.sin(disc.turn * 3)), disc.up)
    fine, middle, wide = swirl.noise(rng, 1.6), swirl.noise(rng, 5, 3 * np.sin(r * 5)), swirl.noise(rng, 16)
    ringed = look.pattern is IrisPattern.RINGED
    collarette = (0.62 + 0.055 * wide + 0.03 * middle) if ringed else (0.54 + 0.035 * wide)
    t = step(collarette - 0.10, collarette + 0.16, r)[..., None]
    inner = look.accent * 0.85 + look.inner * 0.15 if ringed else look.inner
    iris = inner * (1 - t) + look.outer * t
    ring = np.exp(-(((r - collarette - 0.04) / 0.05) ** 2))
    light = 1 + look.detail * (0.20 * fine * step(0.3, 0.55, r) + 0.15 * middle + 0.20 * ring)
    holes = 1.0 if look.pattern is IrisPattern.CRYPTS else 0.28
    light *= 1 - holes * min(1.0, look.detail + 0.3) * _crypts(disc, middle, wide, rng)
    iris = iris * light[..., None]
    if look.pattern is IrisPattern.SPECKLED:
        spots = _speckles(disc, rng)[..., None]
        iris = iris * (1 - spots) + look.accent * 0.75 * spots
    # light enters from above, is dimmed by the lid there and gathers on the far side, as in a bowl
    glow = np.exp(-(((r - 0.70) / 0.24) ** 2)) * step(-0.05, 0.75, -disc.up)
    iris *= (1 + 0.50 * glow - 0.42 * step(0.05, 0.95, disc.up))[..., None]
    iris *= 1 - (step(0.76, 1.0, r) * look.limbal)[..., None] * np.array([0.84, 0.79, 0.72])
    soft = 0.02 + 0.015 * look.detail
    edge = r * (1 + 0.012 * fine * look.detail)
    iris *= 1 - 0.35 * step(look.pupil + 0.12, look.pupil, edge)[..., None]  # the iris slopes into the pupil
    pupil = step(look.pupil + soft, look.pupil - soft, edge)[..., None]
    return np.asarray(iris * (1 - pupil) + BLACK * pupil)


def _crypts(disc: Disc, middle: F64, wide: F64, rng: np.random.Generator) -> F64:
    """Darkness of the gaps between bundles of fibres: almonds around the collarette, 0..0.6."""
    out = np.clip(-middle - 0.7, 0, 1) * np.exp(-(((disc.r - 0.66) / 0.12) ** 2)) * 0.5
    count = 17
    seats = (np.arange(count) + rng.uniform(-0.3, 0.3, count)) / count * 2 * np.pi
    for seat, at, size in zip(seats, rng.uniform(0.56, 0.76, count), rng.uniform(0.6, 1.3, count), strict=True):
        turned = np.abs((disc.turn - seat + np.pi) % (2 * np.pi) - np.pi) / (0.10 * size)
        along = np.abs(disc.r - at) / (0.125 * size)
        almond = turned / np.maximum(1 - along**1.6, 0.05) ** 1.2
        out = np.maximum(out, 0.62 * step(1.35, 0.15, almond) * (along < 1))
    return np.asarray(out * (1 - 0.15 * wide.clip(-1, 1)))


def _speckles(disc: Disc, rng: np.random.Generator) -> F64:
    """Opacity of brown flecks strewn over the iris, denser inside."""
    x, y = disc.r * np.cos(disc.turn), disc.r * np.sin(disc.turn)
    out = np.zeros_like(x)
    for _ in range(64):
        turn, at, size = rng.uniform(0, 2 * np.pi), rng.uniform(0.42, 0.94), rng.uniform(0.018, 0.068)
        away = np.hypot(x - at * np.cos(turn), (y - at * np.sin(turn)) * rng.uniform(0.8, 1.25))
        out = np.maximum(out, rng.uniform(0.4, 0.85) * step(size, 0.15 * size, away))
    return out


# ------------------------------------------------------------------------------------------------------- a drawn iris
def _drawn(look: EyeLook, disc: Disc, rng: np.random.Generator) -> F64:
    """An iris as animators draw it: dark at the top, glowing below, a firm outline and a tall pupil."""
    r, up = disc.r, disc.up
    deep = look.outer**1.5 * 0.42
    peak = max(float(look.outer.max()), 0.05)
    bright = look.outer / peak * min(1.0, 1.45 * peak + 0.12) * 0.86 + 0.14
    t = step(0.55, -0.75, up + 0.05 * disc.noise(rng, 30))[..., None]
    iris = deep * (1 - t) + bright * t
    streaks = disc.noise(rng, 9)
    iris *= (1 + 0.10 * look.detail * streaks * step(0.35, 0.8, r))[..., None]
    if look.pattern is IrisPattern.RINGED:
        band = np.exp(-(((r - 0.56) / 0.10) ** 2))[..., None] * 0.75
        iris = iris * (1 - band) + look.accent * band
    elif look.pattern is IrisPattern.CRYPTS:
        iris *= 1 - 0.8 * _crypts(disc, streaks, streaks, rng)[..., None]
    elif look.pattern is IrisPattern.SPECKLED:
        spots = 0.8 * _speckles(disc, rng)[..., None]
        iris = iris * (1 - spots) + look.accent * spots
    crescent = step(0.96, 0.80, r) * step(0.42, 0.66, np.hypot(r * np.cos(disc.turn), up - 0.22) * 0.84)
    crescent = crescent * step(-0.1, -0.6, up)
    iris = iris + (1 - iris) * 0.42 * crescent[..., None]
    pupil = step(1.12, 0.88, np.hypot(r * np.cos(disc.turn) / 0.38, (up - 0.02) / 0.46))[..., None]
    iris = iris * (1 - pupil) + (deep * 0.28) * pupil
    rim = step(0.84, 0.92, r)[..., None] * look.limbal
    return np.asarray(iris * (1 - rim) + deep * 0.30 * rim)
