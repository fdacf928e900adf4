"""Solid locks of drawn hair, and the paint they share."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from avatar.human.figure import F64, U8
from avatar.human.hair.atlas import Dye
from avatar.human.hair.mesh import HairMesh
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import resample, smoothstep, triangle_normals, unit

TEXTURE = 256
COLUMNS = 4  # variants of a lock side by side: the last one takes the highlights
SIDES = 3


def locks(
    lines: F64, out: F64, width: F64, head: HeadModel, rng: np.random.Generator, *, rings: int = 7,
    depth: float = 0.36, blunt: float = 0.0, shade: float = 1.0,
) -> HairMesh:  # fmt: skip
    """A lens swept along each guide (n, k, 3) with ``out`` (n, k, 3) away from the head, ending in a point.

    ``width`` (n,) in metres; ``depth`` of the lens relative to it; ``blunt`` 0..1 keeps the width to the end.
    """
    n = len(lines)
    t = np.linspace(0, 1, rings + 1)
    g, out = resample(lines, t), unit(resample(out, t))
    tangent = unit(np.gradient(g, axis=1))
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    roll = rng.normal(0, 0.10, (n, 1, 1)) * t[None, :, None]
    across, out = across * np.cos(roll) + out * np.sin(roll), out * np.cos(roll) - across * np.sin(roll)
    tip = np.array([1.0, 0.80, 0.45, 0.0]) * (1 - blunt) + np.array([1.0, 1.0, 0.85, 0.0]) * blunt
    profile = np.interp(t, [0, 0.2, 0.45, 0.70, 0.88, 1], [0.55, 0.90, *tip])
    half = (width[:, None] * 0.5 * profile)[..., None]
    thick = half * depth
    ring = np.stack([g - across * half, g + out * thick * 1.3, g + across * half], 2)
    soft = head.volume_normal(g) * 0.5 + out * 0.5
    normal = np.stack([unit(soft - across * 0.8), unit(soft), unit(soft + across * 0.8)], 2)
    tint = np.broadcast_to(np.array([0.93, 1.0, 0.93]) * shade, ring.shape[:3]).ravel()
    variant = rng.integers(0, COLUMNS, n)[:, None, None]
    s = (variant + np.array([0.04, 0.5, 0.96])) / COLUMNS + np.zeros(ring.shape[:3])
    base = (np.arange(n * (rings + 1)).reshape(n, -1)[:, :-1].reshape(-1) * SIDES)[:, None]
    faces = []
    for a, b in ((0, 1), (1, 2), (2, 0)):
        faces.append(np.hstack([base + b, base + a, base + SIDES + a]))
        faces.append(np.hstack([base + b, base + SIDES + a, base + SIDES + b]))
    triangles = np.concatenate(faces)
    p = ring.reshape(-1, 3)
    area = triangle_normals(p, triangles)
    upper = len(triangles) * 2 // 3  # the underside faces the other way
    if (area[:upper] * normal.reshape(-1, 3)[triangles[:upper]].mean(1)).sum() < 0:
        triangles, area = triangles[:, ::-1], -area
    triangles = triangles[np.linalg.norm(area, axis=1) > 1e-9]
    s = s.ravel()
    return HairMesh(p, normal.reshape(-1, 3), np.stack([s, 0 * s], 1), tint, triangles)


def by_height(mesh: HairMesh, head: HeadModel) -> HairMesh:
    """The mesh with texture v by the height on the head, so that the sheen closes to a ring; flat colour stays."""
    span = (head.top + 0.03) - (head.chin - 0.02)
    h = ((head.top + 0.03) - mesh.position[:, 1]) / span
    v = np.clip(np.where(h < 1, 0.08 + h * 0.82, 0.90 + (h - 1) * 0.10), 0.005, 0.995)
    uv = np.stack([np.clip(mesh.uv[:, 0], 0, 1), np.where(mesh.uv[:, 1] < 0, 0.60, v)], 1)
    return HairMesh(mesh.position, mesh.normal, uv, mesh.tint, mesh.triangles)


def paint(dye: Dye, seed: int) -> U8:
    """(256, 256, 3) ``COLUMNS`` locks side by side: dark root, light tip, zig-zag sheen, painted strand lines."""
    rng = np.random.default_rng(seed)
    each = TEXTURE // COLUMNS
    columns = []
    for number in range(COLUMNS):
        last = number == COLUMNS - 1
        colour = dye.highlights if last and dye.highlights is not None else dye.base
        columns.append(_lock(colour, dye.roots, each, rng))
    image = np.concatenate(columns, 1)
    painted: U8 = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return painted


def _lock(colour: F64, roots: F64 | None, width: int, rng: np.random.Generator) -> F64:
    t = np.linspace(0, 1, TEXTURE)[:, None]
    s = np.linspace(0, 1, width)[None]
    dark = np.clip(colour * np.array([0.80, 0.74, 0.86]), 0, 1)
    light = np.clip(colour * 1.10 + 0.05, 0, 1)
    k = np.broadcast_to(smoothstep(0.0, 0.85, t), (TEXTURE, width))[..., None]
    image = dark * (1 - k) + (colour * (1 - k) + light * k) * k
    zig = ndimage.gaussian_filter1d(rng.normal(0, 1, width), 2.2)
    zig = zig / zig.std() * 0.016
    # a broad soft gleam with a narrow bright one in it
    wide = smoothstep(0.075, 0.02, np.abs(t - 0.285 - zig[None])) * smoothstep(0.5, 0.36, np.abs(s - 0.5))
    image = image + (np.clip(light * 1.12 + 0.10, 0, 1) - image) * (0.45 * wide)[..., None]
    band = smoothstep(0.034, 0.022, np.abs(t - 0.275 - 1.4 * zig[None])) * smoothstep(0.46, 0.36, np.abs(s - 0.5))
    image = image + (np.clip(light * 1.12 + 0.20, 0, 1) - image) * (0.75 * band)[..., None]
    for _ in range(3):
        x = rng.uniform(0.15, 0.85)
        line = np.exp(-(((s - x - 0.03 * np.sin(t * 5 + x * 9)) / 0.022) ** 2)) * smoothstep(0.32, 0.5, t)
        image = image * (1 - line[..., None] * rng.uniform(0.08, 0.16))
    image = image * (1 - (smoothstep(0.10, 0.0, np.minimum(s, 1 - s)) * 0.30)[..., None])
    if roots is not None:
        share = smoothstep(0.30, 0.12, t + 0.02 * zig[None] / 0.016)[..., None]
        image = image * (1 - share) + roots * (0.85 + 0.2 * t[..., None]) * share
    painted: F64 = image
    return painted
