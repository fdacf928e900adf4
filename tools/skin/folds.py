"""Lines and folds of a face: what every adult has, and what the years add."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from tools.skin.base import EYE_CENTRE, F64
from tools.skin.shapes import mirrored, smoothstep, solid_noise, strip_coordinates
from tools.skin.texels import Texels

Line = tuple[tuple[tuple[float, float], ...], float, float]  # (x, y) in mm, y from .6 m; half width in mm; strength

FOLDS: tuple[Line, ...] = (  # there from youth, deeper with the years
    (((17, 96), (20, 88), (25, 80), (29.5, 71), (32, 63)), 1.5, 1.0),  # nasolabial
    (((28.5, 56), (31, 48), (31.5, 40)), 1.2, 0.7),  # marionette
    (((15.5, 121.5), (20, 116), (27, 112.5), (36, 112.5), (44, 116)), 1.1, 0.8),  # under the eye
    (((19, 116), (25, 109), (33, 104), (42, 103)), 1.6, 0.5),  # tear trough, to the cheek
    (((0, 45.5), (9, 46.5), (17, 49)), 1.3, 0.45),  # under the lower lip
)
WRINKLES: tuple[Line, ...] = (
    (((0, 163.5), (15, 165), (30, 164), (44, 159)), 0.55, 0.6),
    (((0, 170), (17, 172.5), (33, 171), (46, 165)), 0.5, 0.4),
    (((0, 175.5), (16, 178), (34, 176.5), (47, 170)), 0.6, 0.75),
    (((0, 181.5), (13, 183.5), (30, 182)), 0.5, 0.35),
    (((0, 187), (14, 189), (30, 187.5), (43, 181)), 0.55, 0.6),
    (((0, 195), (14, 196), (28, 194)), 0.5, 0.4),
    (((4.5, 142), (5.8, 150), (5.0, 158)), 0.7, 0.8),  # between the brows
    (((8.2, 144), (9.4, 150), (9.2, 155)), 0.5, 0.4),
    (((4.0, 131.5), (9, 134), (12, 138)), 0.55, 0.35),  # across the root of the nose
    (((12.5, 112), (11, 118), (13, 124)), 0.45, 0.35),
    (((51.5, 130), (57, 134), (63, 140)), 0.55, 0.7),  # crow's feet
    (((52.5, 128), (58.5, 129.5), (65, 133)), 0.55, 0.8),
    (((52.5, 125), (59, 124), (66, 124)), 0.55, 0.8),
    (((51.5, 122.5), (57, 118.5), (63, 114)), 0.55, 0.7),
    (((49.5, 120), (54, 114.5), (58, 107)), 0.5, 0.5),
    (((21, 118.5), (28, 115.5), (37, 115.8), (44, 119)), 0.4, 0.6),  # fine lines of the lower lid
    (((24, 110), (32, 108), (42, 110)), 0.45, 0.4),
    (((33, 93), (37, 84), (39, 74), (39.5, 64)), 0.8, 0.45),  # beside the mouth, on the cheek
    (((41, 88), (45, 78), (46, 66), (44, 55)), 0.8, 0.35),
    (((33, 60), (36, 51), (35.5, 42)), 0.7, 0.4),
    (((48, 75), (52, 64), (52, 52)), 0.8, 0.3),
    *(
        (((x, 72.0 + 0.05 * x), (x * 1.06 + 0.3, 77.5), (x * 1.1 + 0.6, 82)), 0.42, 0.5)  # above the upper lip
        for x in (3.6, 7.2, 10.8, 14.6, 18.4, 22.0)
    ),
    *((((x, 52.5), (x * 1.02, 48)), 0.4, 0.35) for x in (4.5, 9.5, 14.5)),
)
NECK_LINES: tuple[tuple[float, float], ...] = ((0.592, 0.75), (0.574, 1.0), (0.556, 0.7))  # height in front, strength


def front_depth(tex: Texels, xy: ArrayLike) -> F64:
    """Give (x, y) points on the front of the face the z of the skin there."""
    ok = tex.covered & (tex.part["mouth"] < 0.5) & (tex.part["socket"] < 0.5) & (tex.position[..., 2] > 0.04)
    p = tex.position[ok]
    points = np.asarray(xy, float)
    z = np.full(len(points), np.nan)
    for k, (x, y) in enumerate(points):
        near = p[(np.abs(p[:, 0] - x) < 0.0012) & (np.abs(p[:, 1] - y) < 0.0012)]
        if len(near):
            z[k] = near[:, 2].max()
    bad = np.isnan(z)
    z[bad] = np.interp(np.flatnonzero(bad), np.flatnonzero(~bad), z[~bad])
    return np.asarray(np.c_[points, z])


def engraved(tex: Texels, lines: Sequence[Line], seed: int) -> F64:
    """The lines as relief, -1 in the deepest valley and up to .4 on the skin that is pushed up beside it.

    Each side of the face wanders in its own way.
    """
    face = tex.covered & (tex.position[..., 2] > 0.06) & (tex.part["mouth"] < 0.5) & (tex.part["socket"] < 0.5)
    p = tex.position
    drift = np.stack(
        [solid_noise(p, 0.009, seed + k) + 0.4 * solid_noise(p, 0.003, seed + 3 + k) for k in range(3)], -1
    )
    q = mirrored(p) + 0.0007 * drift
    strength_noise = np.clip(0.85 + 0.7 * solid_noise(p, 0.011, seed + 7), 0.08, 1.5)
    relief = np.zeros(face.shape)
    for points, width_mm, strength in lines:
        width = width_mm / 1000
        curve = front_depth(tex, np.array(points) / 1000 + [0, 0.6])
        low, high = curve.min(0) - 6 * width - 0.003, curve.max(0) + 6 * width + 0.003
        region = face & ((q > low) & (q < high)).all(-1)
        u, v, ok = strip_coordinates(q[region], curve, width * 5)
        t = np.abs(v) / width
        ends = np.clip(np.minimum(u if points[0][0] != 0 else 1.0, 1 - u) * 4, 0, 1)
        ends = ends * ends * (3 - 2 * ends)
        profile = 0.42 * np.exp(-(((t - 2.1) / 1.1) ** 2)) - np.exp(-(t**2))
        relief[region] += np.where(ok, strength * ends * strength_noise[region] * profile, 0)
    return np.asarray(np.clip(relief, -1.2, 0.8))


def crepe(tex: Texels) -> F64:
    """The many shallow lines of old skin as relief: across the forehead, fanning out from the eyes, down the cheeks."""
    p = tex.position
    q = mirrored(p)
    wander = 0.0012 * solid_noise(p, 0.011, 81)
    away = np.hypot(q[..., 0] - EYE_CENTRE[0], 1.25 * (q[..., 1] - EYE_CENTRE[1]))
    turn = np.arctan2(1.25 * (q[..., 1] - EYE_CENTRE[1]), q[..., 0] - EYE_CENTRE[0])

    side = np.sign(p[..., 0]) * 0.05

    def ridged(along: F64, across: F64, apart: F64, seed: int) -> F64:
        """Lines that run along one coordinate; ``apart`` keeps the sides of a face different."""
        flat = np.stack([along, across + wander, apart], -1)
        return np.asarray(-np.clip(1 - 2.2 * np.abs(solid_noise(flat, [0.022, 0.0042, 0.05], seed)), 0, 1))

    forehead = (
        smoothstep(0.755, 0.765, p[..., 1]) * smoothstep(0.803, 0.793, p[..., 1]) * smoothstep(0.06, 0.045, q[..., 0])
    )
    outer = smoothstep(0.018, 0.024, away) * smoothstep(0.040, 0.030, away) * smoothstep(1.25, 0.85, np.abs(turn))
    cheek = (
        smoothstep(0.030, 0.038, q[..., 0]) * smoothstep(0.640, 0.655, p[..., 1]) * smoothstep(0.712, 0.700, p[..., 1])
    )
    face = (p[..., 2] > 0.06) & tex.covered
    lines = 0.38 * forehead * ridged(p[..., 0], p[..., 1], np.zeros_like(side), 82)
    lines += 0.5 * outer * ridged(away, 0.02 * turn, side, 83)
    lines += 0.30 * cheek * ridged(p[..., 1], q[..., 0] + 0.25 * p[..., 1], side, 84)
    return np.asarray(np.where(face, lines, 0))


def neck_rings(tex: Texels) -> F64:
    """The lines around a neck as relief, on head and body alike: they hang on the place alone."""
    p = tex.position
    front = smoothstep(0.0, 0.04, p[..., 2]) * (np.abs(p[..., 0]) < 0.075)
    drift = 0.0022 * solid_noise(p, 0.025, 91) + 0.0006 * solid_noise(p, 0.006, 92)
    relief = np.zeros(p.shape[:-1])
    for height, strength in NECK_LINES:
        across = p[..., 1] - height - 0.35 * np.abs(p[..., 0]) + 1.2 * p[..., 0] ** 2 / 0.1 * 0.35 + drift
        t = np.abs(across) / 0.0014
        profile = 0.35 * np.exp(-(((t - 2.2) / 1.1) ** 2)) - np.exp(-(t**2))
        relief += strength * front * np.clip(1 + 0.5 * solid_noise(p, 0.03, 95), 0.3, 1.5) * profile
    return np.asarray(np.clip(relief, -1.2, 0.8)) * smoothstep(0.5, 0.53, p[..., 1]) * smoothstep(0.61, 0.6, p[..., 1])
