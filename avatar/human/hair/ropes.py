"""Solid pieces of tied hair: cores of tails, ties, wound ropes, plaits."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from avatar.human.figure import F64
from avatar.human.hair.atlas import tile_uv
from avatar.human.hair.mesh import HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.vectors import (
    grid_quads,
    quads_to_triangles,
    resample,
    smoothstep,
    triangle_normals,
    unit,
)

TILTED: F64 = np.array([0.01, 1.0, 0.0])  # no axis of a tie is parallel to it


def core(head: HeadModel, path: F64, radius: float) -> HairMesh:
    """The solid inside of a tail along ``path`` (k, 3)."""
    t = np.linspace(0, 0.84, 10)
    line = resample(path[None], t)[0]
    wide = np.interp(t, [0, 0.12, 0.45, 0.84], [0.45, 0.85, 1.15, 0.5]) * radius * head.scale
    out = head.volume_normal(line)
    tangent = unit(np.gradient(line, axis=0))
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    angle = np.linspace(0, 6.2832, 9)
    normal = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * out[:, None]
    p = line[:, None] + normal * wide[:, None, None]
    dist, field = head.collision(p)
    p = p + field * np.clip(0.004 - dist, 0, 0.03)[..., None]
    s = np.broadcast_to(np.abs(np.linspace(-1, 1, 9)), p.shape[:2])
    return grid_mesh(p, normal, s, np.broadcast_to(0.8 * t[:, None], p.shape[:2]), "sheet1", 0.78)


def band(head: HeadModel, centre: F64, axis: F64, radius: float, thickness: float = 0.0045) -> HairMesh:
    """A hair tie: a small dark torus."""
    sides, round_ = 9, 4
    e1 = unit(np.cross(axis, TILTED))
    e2 = np.cross(axis, e1)
    a = np.linspace(0, 6.2832, sides + 1)
    b = np.linspace(0, 6.2832, round_ + 1)
    ring = np.cos(a)[:, None] * e1 + np.sin(a)[:, None] * e2
    normal = np.cos(b)[None, :, None] * ring[:, None] + np.sin(b)[None, :, None] * axis
    p = centre + (ring[:, None] * radius + normal * thickness) * head.scale
    return grid_mesh(p, normal, np.full(p.shape[:2], 0.5), np.full(p.shape[:2], 0.3), "dense2", 0.25)


def grid_mesh(p: F64, normal: F64, s: F64, t: F64, tile: str, tint: float | F64) -> HairMesh:
    """A grid of points (a, b, 3) as a mesh that faces along its normals."""
    triangles = quads_to_triangles(grid_quads(p.shape[0] - 1, p.shape[1] - 1))
    flat, facing = p.reshape(-1, 3), normal.reshape(-1, 3)
    area = triangle_normals(flat, triangles)
    triangles = triangles[np.linalg.norm(area, axis=1) > 1e-10]
    if (triangle_normals(flat, triangles) * facing[triangles[:, 0]]).sum() < 0:
        triangles = triangles[:, ::-1]
    shade = np.broadcast_to(tint, p.shape[:2]).astype(np.float64).ravel()
    return HairMesh(flat, facing, tile_uv(tile, s, t).reshape(-1, 2), shade, triangles)


def tube(path: F64, middle: F64, radius: F64, sides: int, tint: float = 0.95) -> HairMesh:
    """A rope of hair along ``path`` (k, 3) wound about ``middle``; strands run along it."""
    tangent = unit(np.gradient(path, axis=0))
    out = unit(path - middle)
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    angle = np.linspace(0, 6.2832, sides + 1)
    normal = np.cos(angle)[None, :, None] * across[:, None] + np.sin(angle)[None, :, None] * out[:, None]
    p = path[:, None] + normal * radius[:, None, None]
    s = np.broadcast_to(0.5 - 0.45 * np.cos(angle), p.shape[:2])
    along = np.linspace(0, 3, len(path))
    t = np.broadcast_to((0.15 + 0.5 * np.abs(along % 2 - 1))[:, None], p.shape[:2])
    shade = tint * (0.55 + 0.45 * smoothstep(-0.6, 0.8, np.sin(angle)))[None]
    return grid_mesh(p, normal, s, t, "dense1", np.broadcast_to(shade, p.shape[:2]))


def plait(
    head: HeadModel, path: F64, outward: F64, width: float = 0.030, depth: float = 0.018, period: float = 0.052,
    strand: float = 0.0108, sides: int = 5, each: float = 4.5,
) -> HairMesh:  # fmt: skip
    """Three strands woven along ``path``, each ``strand`` metres in radius, with ``each`` rings a turn."""
    k, period = head.scale, period * head.scale
    step = np.linalg.norm(np.diff(path, axis=0), axis=1)
    arc = np.concatenate([[0.0], np.cumsum(step)])
    total = arc[-1]
    rings = int(total / period * each) + 1
    at = np.linspace(0, total, rings)
    middle = np.stack([np.interp(at, arc, path[:, c]) for c in range(3)], 1)
    middle = ndimage.gaussian_filter1d(middle, 1.5, axis=0, mode="nearest")
    out = np.stack([np.interp(at, arc, outward[:, c]) for c in range(3)], 1)
    tangent = unit(np.gradient(middle, axis=0))
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    taper = (1.05 - 0.45 * at / total)[:, None] * k
    angle = np.linspace(0, 6.2832, sides + 1)
    parts = []
    for number in range(3):
        phase = 6.2832 * at / period + number * 2.0944
        x = np.sin(phase)[:, None] * width * 0.5 * taper
        z = np.sin(2 * phase)[:, None] * depth * 0.5 * taper
        line = middle + across * x + out * z
        along = unit(np.gradient(line, axis=0))
        aside = unit(np.cross(out, along))
        front = np.cross(along, aside)
        normal = np.cos(angle)[None, :, None] * aside[:, None] + np.sin(angle)[None, :, None] * front[:, None]
        flat = np.where(np.abs(np.cos(angle)) > 0.5, 1.0, 0.85)
        p = line[:, None] + normal * strand * taper[:, None] * flat[None, :, None]
        s = np.broadcast_to(0.5 - 0.42 * np.cos(angle), p.shape[:2])
        t = np.broadcast_to((0.14 + 0.45 * at / total)[:, None], p.shape[:2])
        shade = 0.60 + 0.40 * smoothstep(-0.6, 0.9, z / (depth * 0.5 * k) + np.sin(angle)[None] * 0.8)
        parts.append(grid_mesh(p, normal, s, t, f"dense{number}", shade))
    return join(parts)
