"""A tongue swept along a spine; its poses are other spines, so the morphs of speech come for free."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from avatar.human.figure import F64
from avatar.human.mouth.shape import ARCH_ROWS, HEIGHT, TONGUE_ROWS, Shape, grid

RINGS, AROUND = 11, 10
# (y, z) control points from root to tip, metres on the un-morphed base. Where the tip is held (`visemes.HELD`), its
# place is that beside the skull; elsewhere it goes with the jaw.
SPINES: Mapping[str, tuple[tuple[float, float], ...]] = {
    "rest": ((0.6400, 0.078), (0.6500, 0.098), (0.6500, 0.119), (0.6465, 0.1380)),
    "low": ((0.6400, 0.078), (0.6490, 0.098), (0.6470, 0.119), (0.6445, 0.1375)),
    "out": ((0.6420, 0.080), (0.6550, 0.105), (0.6615, 0.1330), (0.6602, 0.1580), (0.6488, 0.1790)),
    "between": ((0.6400, 0.080), (0.6525, 0.104), (0.6549, 0.131), (0.6526, 0.1564)),
    "ridge": ((0.6400, 0.078), (0.6510, 0.098), (0.6550, 0.119), (0.6600, 0.1385)),
    "curl": ((0.6400, 0.078), (0.6500, 0.100), (0.6540, 0.120), (0.6610, 0.1290)),
    "back": ((0.6420, 0.078), (0.6630, 0.096), (0.6560, 0.118), (0.6465, 0.1365)),
    "front": ((0.6420, 0.080), (0.6570, 0.102), (0.6570, 0.122), (0.6495, 0.1375)),
}
FRONT, LIPS = 0.1462, 0.0072  # the upper incisors' face, and how far before it the lips are where poses are as given
_NARROW = {"out": (0.80, 0.86), "between": (0.84, 0.72)}  # widths amid and at the tip, to pass between the teeth


def along() -> F64:
    """0 at the root .. 1 at the tip, for each ring; denser at the tip, whose outline is round."""
    return np.asarray(1 - (1 - np.linspace(0, 1, RINGS)) ** 1.25)


def tongue_points(pose: str, reach: float = LIPS) -> F64:
    """(RINGS * AROUND, 3): a flat ellipse swept along one of ``SPINES``, with a groove on top.

    ``reach`` is how far the lips lie before the teeth, in metres of the un-morphed base: a tongue that comes out goes
    as far beyond them on every face.
    """
    t = along()
    blade = np.sqrt(np.clip(1 - (np.clip(t - 0.72, 0, 1) / 0.285) ** 2.2, 0.02, 1))
    half_width = np.interp(t, [0, 0.3, 0.7, 1], [0.0160, 0.0178, 0.0160, 0.0140]) * blade
    thick = np.interp(t, [0, 0.4, 0.8, 1], [0.0080, 0.0064, 0.0034, 0.0018]) * (0.35 + 0.65 * blade)
    if pose in _NARROW:
        half_width = half_width * np.interp(t, [0, 0.5, 1], [1, *_NARROW[pose]])
    spine = np.array(SPINES[pose])
    beyond = np.clip(spine[:, 1] - FRONT, 0, None)
    spine[:, 1] += np.minimum(beyond, LIPS) * (reach / LIPS - 1)
    yz = CubicSpline(np.linspace(0, 1, len(spine)), spine)(t)
    tangent = np.gradient(yz, t, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.c_[tangent[:, 1], -tangent[:, 0]]
    turn = np.arange(AROUND) / AROUND * 2 * np.pi + np.pi / 2
    c, s = np.cos(turn), np.sin(turn)
    groove = -0.0009 * np.exp(-((c / 0.30) ** 2)) * (s > 0) * np.sin(np.pi * np.clip(t * 1.1, 0, 1))[:, None]
    off = thick[:, None] * s * np.where(s > 0, 1, 0.8) + groove
    x = half_width[:, None] * c
    y = yz[:, :1] + normal[:, :1] * off
    z = yz[:, 1:] + normal[:, 1:] * off
    return np.stack([x, y, z], -1).reshape(-1, 3)


@lru_cache(maxsize=1)
def tongue() -> Shape:
    """The tongue at rest, 208 triangles."""
    positions = tongue_points("rest")
    t = np.repeat(along(), AROUND)
    # mirrored around the ring, so that no seam runs along the tongue: 1 is the middle of its back
    around = np.tile(1 - np.abs(((np.arange(AROUND) / AROUND + 0.5) % 1) * 2 - 1), RINGS)
    v = (2 * ARCH_ROWS + 0.5 + t * (TONGUE_ROWS - 1)) / HEIGHT
    triangles = grid(RINGS, AROUND, True)[:, ::-1]
    tip = len(positions) - AROUND
    cap = np.array([[tip, tip + k, tip + k + 1] for k in range(1, AROUND - 1)])
    return Shape(positions, np.c_[0.02 + 0.96 * (1 - around), v], np.concatenate([triangles, cap]))
