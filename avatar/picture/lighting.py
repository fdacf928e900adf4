"""Soft flattering light: a key, a fill, a rim, and a painted studio around them.

Everything is given for a camera that looks along -Z; the rig turns with the camera, so each view is lit alike.
Intensities are lux at the renderer's default exposure (EV 15).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

ENVIRONMENT_SIZE = (64, 128)
ENVIRONMENT_LUX = 21_000.0
TONE_MAPPING = "pbr_neutral"


@dataclass(frozen=True, slots=True)
class Lamp:
    """A directional light. ``direction`` is where its rays go, in camera axes (right, up, towards the viewer)."""

    direction: tuple[float, float, float]
    lux: float
    colour: tuple[float, float, float]
    shadow: bool = False


KEY = Lamp((0.62, -0.66, -0.90), 46_000.0, (1.0, 0.955, 0.90), shadow=True)
FILL = Lamp((-0.85, -0.10, -0.75), 11_000.0, (0.90, 0.95, 1.0))
RIM = Lamp((-0.55, -0.55, 0.90), 34_000.0, (0.95, 0.97, 1.0))
LAMPS = (KEY, FILL, RIM)


def studio_panorama() -> NDArray[np.float32]:
    """(64, 128, 3) linear equirectangular radiance: grey walls, a bright ceiling, two soft boxes for the eyes."""
    height, width = ENVIRONMENT_SIZE
    elevation = (0.5 - (np.arange(height) + 0.5) / height)[:, None] * np.pi
    azimuth = ((np.arange(width) + 0.5) / width - 0.5)[None, :] * 2 * np.pi  # 0 is the middle of the panorama
    walls = 0.62 + 0.38 * np.sin(elevation) + 0 * azimuth
    warm, cool = np.array([1.0, 0.98, 0.955]), np.array([0.955, 0.98, 1.0])
    image = walls[..., None] * np.array([0.99, 1.0, 1.01])
    image += soft_box(elevation, azimuth, 35, -42, 22, 26)[..., None] * 4.2 * warm
    image += soft_box(elevation, azimuth, 12, 62, 30, 16)[..., None] * 1.3 * cool
    return np.asarray(np.maximum(image, 0.04), np.float32)


def soft_box(
    elevation: NDArray[np.float64], azimuth: NDArray[np.float64], up: float, right: float, tall: float, wide: float
) -> NDArray[np.float64]:
    """A lamp with blurred edges, centred ``up`` and ``right`` degrees, with half sizes in degrees."""
    vertical = np.clip((tall - np.abs(np.degrees(elevation) - up)) / 8, 0, 1)
    horizontal = np.clip((wide - np.abs(np.degrees(azimuth) - right)) / 8, 0, 1)
    smooth = vertical * horizontal
    return np.asarray(smooth * smooth * (3 - 2 * smooth))
