"""Soft flattering light: a key, a fill, a rim, and a painted studio around them.

Everything is given for a camera that looks along -Z; the rig turns with the camera, so each view is lit alike.
Intensities are lux at the renderer's default exposure (EV 15).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

F64 = NDArray[np.float64]

ENVIRONMENT_LUX = 22_000.0
TONE_MAPPING = "linear"  # colours as painted: film curves pale the skin, the neutral one turns brown hair orange
CUBE_SIZES = (32, 16, 8, 4, 2)  # one mip a step of roughness
KTX_IDENTIFIER = bytes.fromhex("ab4b5458203131bb0d0a1a0a")
GL_HALF_FLOAT, GL_RGBA, GL_RGBA16F = 0x140B, 0x1908, 0x881A


@dataclass(frozen=True, slots=True)
class Lamp:
    """A directional light. ``direction`` is where its rays go, in camera axes (right, up, towards the viewer)."""

    direction: tuple[float, float, float]
    lux: float
    colour: tuple[float, float, float]
    shadow: bool = False


@dataclass(frozen=True, slots=True)
class SoftBox:
    """A blurred rectangle on the studio's wall; degrees up from the horizon and right of the camera's view."""

    up: float
    right: float
    tall: float
    wide: float
    radiance: tuple[float, float, float]


KEY = Lamp((0.62, -0.66, -0.90), 57_000.0, (1.0, 0.975, 0.94), shadow=True)
FILL = Lamp((-0.85, -0.10, -0.75), 11_000.0, (0.90, 0.95, 1.0))
RIM = Lamp((-0.55, -0.55, 0.90), 26_000.0, (0.95, 0.97, 1.0))
LAMPS = (KEY, FILL, RIM)
BOXES = (SoftBox(35, -42, 22, 26, (4.2, 4.1, 4.0)), SoftBox(12, 62, 30, 16, (1.25, 1.28, 1.3)))


def studio_radiance(directions: F64) -> F64:
    """(..., 3) linear radiance from unit directions (..., 3): grey walls, a bright ceiling, two soft boxes.

    The boxes stand behind the camera (at +Z), where eyes and glasses reflect them.
    """
    x, y, z = np.moveaxis(directions, -1, 0)
    elevation = np.degrees(np.arcsin(np.clip(y, -1, 1)))
    azimuth = np.degrees(np.arctan2(x, z))
    image = np.maximum(0.62 + 0.38 * y, 0.04)[..., None] * np.array([0.99, 1.0, 1.01])
    for box in BOXES:
        cover = np.clip((box.tall - np.abs(elevation - box.up)) / 8, 0, 1)
        cover = cover * np.clip((box.wide - np.abs(azimuth - box.right)) / 8, 0, 1)
        image = image + (cover * cover * (3 - 2 * cover))[..., None] * np.array(box.radiance)
    return np.asarray(image)


@cache
def studio_ktx() -> bytes:
    """The studio as a KTX 1 cube map that is filtered already, for the renderer's reflections and diffuse light.

    Level l holds GGX reflections of perceptual roughness 1 - sqrt(1 - l / last), and the metadata ``sh`` the
    irradiance over pi as nine polynomial coefficients: both as Filament's cmgen writes them. The renderer can
    filter a panorama itself, but takes six seconds for it without a GPU.
    """
    levels = len(CUBE_SIZES)
    source, solid = cube_directions(24)
    radiance = studio_radiance(source)
    faces = []
    for level, size in enumerate(CUBE_SIZES):
        directions, _ = cube_directions(size)
        if level == 0:
            image = studio_radiance(directions)
        else:
            roughness = (1 - np.sqrt(1 - level / (levels - 1))) ** 2
            toward = np.clip(directions @ source.T, 0, 1)
            alpha = roughness**2
            lobe = alpha / (((1 + toward) / 2) * (alpha - 1) + 1) ** 2  # GGX at the half vector when view = normal
            weights = lobe * toward * solid
            image = weights @ radiance / weights.sum(1, keepdims=True)
        texels = np.concatenate([image, np.ones((len(image), 1))], 1).astype("<f2")
        faces.append(struct.pack("<I", texels.nbytes // 6) + texels.tobytes())
    normals, _ = cube_directions(8)
    cosine = np.clip(normals @ source.T, 0, 1) * solid
    coefficients = np.linalg.lstsq(irradiance_basis(normals), cosine @ radiance / np.pi, rcond=None)[0]
    text = "\n".join(" ".join(f"{value:.6f}" for value in row) for row in coefficients)
    entry = b"sh\0" + text.encode() + b"\0"
    metadata = struct.pack("<I", len(entry)) + entry + b"\0" * (-len(entry) % 4)
    header = struct.pack(
        "<13I",
        0x04030201,
        GL_HALF_FLOAT,
        2,
        GL_RGBA,
        GL_RGBA16F,
        GL_RGBA,
        CUBE_SIZES[0],
        CUBE_SIZES[0],
        0,
        0,
        6,
        levels,
        len(metadata),
    )
    return KTX_IDENTIFIER + header + metadata + b"".join(faces)


def irradiance_basis(normals: F64) -> F64:
    """(n, 9) the polynomials whose sum Filament's shaders take as irradiance."""
    x, y, z = normals.T
    return np.column_stack([np.ones_like(x), y, z, x, y * x, y * z, 3 * z * z - 1, z * x, x * x - y * y])


def cube_directions(size: int) -> tuple[F64, F64]:
    """Unit directions (6 * size * size, 3) of a cube map's texels in OpenGL's face and row order, and solid angles."""
    steps = (np.arange(size) + 0.5) / size * 2 - 1
    t, s = np.meshgrid(steps, steps, indexing="ij")
    one = np.ones_like(s)
    faces = [(one, -t, -s), (-one, -t, s), (s, one, t), (s, -one, -t), (s, -t, one), (-s, -t, -one)]
    vectors = np.stack([np.stack(face, -1) for face in faces]).reshape(-1, 3)
    length = np.linalg.norm(vectors, axis=1)
    return vectors / length[:, None], (2 / size) ** 2 / length**3
