"""Teeth, gums and tongue: two dental arches with real tooth widths and a tongue swept along a spine, as one part."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.interpolate import CubicSpline

from avatar.character import CharacterDescription
from avatar.human.coat import Coat, Paint, Slot, paint_key
from avatar.human.eyes import surface_normals
from avatar.human.figure import F64, I64, U8, Figure, Material, Part
from avatar.human.skin.maps import landmarks
from avatar.human.visemes import EXTRAS, VISEMES
from avatar.profile import AvatarStyle

# millimetres from the middle outwards, six teeth a side (close to the adult means of Wheeler's Dental Anatomy)
UPPER_WIDTHS = np.array([8.6, 6.8, 7.6, 7.0, 6.8, 9.5])
LOWER_WIDTHS = np.array([5.4, 6.0, 6.9, 7.0, 7.1, 10.0])
UPPER_LENGTHS = np.array([9.8, 9.2, 10.2, 9.6, 9.2, 8.6])
LOWER_LENGTHS = np.array([8.0, 8.2, 8.8, 7.6, 7.0, 6.4])
PROFILE_V = (0.0, 0.26, 0.52, 0.80, 1.0)  # texture coordinate of the five profile rows: gum .. belly .. edge .. back

WIDTH, ARCH_ROWS, TONGUE_ROWS = 512, 96, 64
HEIGHT = 2 * ARCH_ROWS + TONGUE_ROWS

# tongue: (y, z) control points from root to tip, metres on the un-morphed base
SPINES = {
    "rest": ((0.6400, 0.078), (0.6500, 0.098), (0.6500, 0.119), (0.6470, 0.1385)),
    "out": ((0.6400, 0.082), (0.6530, 0.110), (0.6560, 0.142), (0.6430, 0.176)),
    "up": ((0.6400, 0.078), (0.6520, 0.098), (0.6580, 0.119), (0.6655, 0.1375)),
    "low": ((0.6400, 0.078), (0.6500, 0.098), (0.6485, 0.119), (0.6450, 0.1380)),
}
RINGS, AROUND = 10, 8

LOWER_SHADE = 0.64  # the upper lip shades the upper teeth; the lower ones, full in the light, must not outshine them
JAW_FOLLOW = 1.05  # lower teeth stay behind the lower lip, which drops further than the jaw that bears them


def fit_affine(source: F64, target: F64) -> F64:
    """Least-squares affine map (3, 4) that takes ``source`` (n, 3) to ``target`` (n, 3)."""
    return np.asarray(np.linalg.lstsq(np.c_[source, np.ones(len(source))], target, rcond=None)[0].T)


def apply_affine(matrix: F64, points: F64) -> F64:
    """``matrix`` (3, 4) on points (n, 3)."""
    return np.asarray(points @ matrix[:, :3].T + matrix[:, 3])


@dataclass(frozen=True, slots=True)
class Shape:
    """A piece on the un-morphed base."""

    positions: F64
    uv: F64
    triangles: I64


def _grid(rows: int, columns: int, closed: bool) -> I64:
    c = np.arange(columns if closed else columns - 1)
    start = (np.arange(rows - 1) * columns)[:, None]
    a, b = (start + c).ravel(), (start + (c + 1) % columns).ravel()
    return np.concatenate([np.stack([a, a + columns, b + columns], -1), np.stack([a, b + columns, b], -1)])


def _on_arch(s: F64, half_width: float, depth: float, front: float) -> tuple[F64, F64, F64, F64]:
    """Point (x, z) and outward direction (x, z) at signed arc lengths ``s`` on an elliptical dental arch."""
    angle = np.linspace(0, np.pi / 2, 600)
    x, z = half_width * np.sin(angle), depth * np.cos(angle)
    arc = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    a = np.interp(np.abs(s), arc, angle)
    side = np.sign(s)
    nx, nz = np.sin(a) / half_width * side, np.cos(a) / depth
    n = np.hypot(nx, nz)
    return half_width * np.sin(a) * side, front - depth + depth * np.cos(a), nx / n, nz / n


@lru_cache(maxsize=2)
def dental_arch(upper: bool) -> Shape:
    """Twelve teeth with gums: a height field swept along the arch, three columns a tooth, five rows; 288 triangles."""
    widths, lengths = (UPPER_WIDTHS, UPPER_LENGTHS) if upper else (LOWER_WIDTHS, LOWER_LENGTHS)
    half_width, depth, front = (0.0226, 0.0455, 0.1462) if upper else (0.0212, 0.0430, 0.1434)
    edge_y = 0.6565 if upper else 0.6602
    sign = 1.0 if upper else -1.0
    bounds = np.concatenate([[0.0], np.cumsum(widths)]) / 1000
    # (arc length, 1 on the tooth and 0 in the gap, tooth)
    columns = [
        c
        for k, (a, b) in enumerate(itertools.pairwise(bounds.tolist()))
        for c in ((a, 0.0, k), (a + 0.22 * (b - a), 1.0, k), (a + 0.78 * (b - a), 1.0, k))
    ]
    columns.append((bounds[-1], 0.0, len(widths) - 1))
    table = np.array([(-s, f, k) for s, f, k in columns[:0:-1]] + columns)
    s, full, tooth = table[:, 0], table[:, 1], table[:, 2].astype(int)
    length = lengths[tooth] / 1000
    px, pz, nx, nz = _on_arch(s, half_width, depth, front)
    smile = 0.0011 * (np.abs(s) / bounds[-1]) ** 2  # the curve of Spee
    canine = 0.0004 * (tooth == 2) * full - 0.0005 * (tooth == 1) * full
    edge = edge_y + sign * (smile - canine + 0.0006 * (1 - full))
    gum = edge_y + sign * (length - 0.0020 * (1 - full) + smile)
    rows = (
        (gum + sign * 0.0055, np.full_like(s, -0.0020)),
        (gum, 0.0004 - 0.0006 * (1 - full)),
        (edge * 0.45 + gum * 0.55, 0.0012 - 0.0013 * (1 - full)),
        (edge, -0.0002 - 0.0009 * (1 - full)),
        (edge_y + sign * (length * 0.9 + smile), np.full_like(s, -0.0052)),
    )
    positions = np.concatenate([np.c_[px + nx * out, y, pz + nz * out] for y, out in rows])
    u = s / bounds[-1] * 0.5 + 0.5
    first_row = 0 if upper else ARCH_ROWS
    v = [(first_row + 0.5 + t * (ARCH_ROWS - 1)) / HEIGHT for t in PROFILE_V]
    triangles = _grid(len(rows), len(s), False)
    if upper:  # rows run downwards: turn the faces outward
        triangles = triangles[:, ::-1]
    return Shape(positions, np.c_[np.tile(u, len(rows)), np.repeat(v, len(s))], _outward(positions, triangles, front))


def _outward(positions: F64, triangles: I64, front: float) -> I64:
    """Flip all faces if those in front look backwards."""
    corner = positions[triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    near = corner.mean(1)[:, 2] > front - 0.001
    return triangles if normal[near][:, 2].sum() > 0 else triangles[:, ::-1]


def _tongue_points(pose: str) -> F64:
    """(RINGS * AROUND, 3): an ellipse swept along one of ``SPINES``, with a groove on top."""
    t = np.linspace(0, 1, RINGS)
    half_width = np.interp(t, [0, 0.3, 0.7, 0.88, 1], [0.0165, 0.0185, 0.0155, 0.0110, 0.0035])
    thick = np.interp(t, [0, 0.4, 0.8, 1], [0.0080, 0.0068, 0.0042, 0.0016])
    if pose == "out":  # it narrows to pass between the corners of the mouth
        half_width = half_width * np.interp(t, [0, 0.5, 1], [1, 0.82, 0.9])
    spine = np.array(SPINES[pose])
    yz = CubicSpline(np.linspace(0, 1, len(spine)), spine)(t)
    tangent = np.gradient(yz, axis=0)
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    normal = np.c_[tangent[:, 1], -tangent[:, 0]]
    turn = np.arange(AROUND) / AROUND * 2 * np.pi
    c, s = np.cos(turn), np.sin(turn)
    groove = -0.0012 * np.exp(-((c / 0.35) ** 2)) * (s > 0) * np.sin(np.pi * t)[:, None]
    off = thick[:, None] * s * np.where(s > 0, 1, 0.8) + groove
    x = half_width[:, None] * c
    y = yz[:, :1] + normal[:, :1] * off
    z = yz[:, 1:] + normal[:, 1:] * off
    return np.stack([x, y, z], -1).reshape(-1, 3)


@lru_cache(maxsize=1)
def tongue() -> Shape:
    """The tongue at rest, 150 triangles."""
    positions = _tongue_points("rest")
    t = np.repeat(np.linspace(0, 1, RINGS), AROUND)
    # mirrored around the ring, so that no seam runs along the tongue
    around = np.tile(np.abs(((np.arange(AROUND) / AROUND - 0.25) % 1) * 2 - 1), RINGS)
    v = (2 * ARCH_ROWS + 0.5 + t * (TONGUE_ROWS - 1)) / HEIGHT
    triangles = _grid(RINGS, AROUND, True)[:, ::-1]
    tip = len(positions) - AROUND
    cap = np.array([[tip, tip + k, tip + k + 1] for k in range(1, AROUND - 1)])
    return Shape(positions, np.c_[0.02 + 0.96 * around, v], np.concatenate([triangles, cap]))


def _step(low: float | F64, high: float | F64, x: F64) -> F64:
    t = np.clip((x - low) / (np.asarray(high) - low), 0, 1)
    return np.asarray(t * t * (3 - 2 * t))


@lru_cache(maxsize=8)
def paint_mouth(age: int, drawn: bool) -> U8:
    """(256, 512, 3) sRGB: upper arch, lower arch, tongue. ``age`` in decades yellows the enamel, ``drawn`` evens it."""
    shade = float(np.clip((age - 2) / 6, 0, 1))
    v = np.linspace(0, 1, ARCH_ROWS)[:, None]
    images: list[F64] = []
    for widths, shaded in ((UPPER_WIDTHS, 1.0), (LOWER_WIDTHS, LOWER_SHADE)):
        u = np.abs(np.linspace(-1, 1, WIDTH))
        bounds = np.concatenate([[0.0], np.cumsum(widths)]) / widths.sum()
        within = np.interp(u, bounds, np.arange(len(bounds))) % 1
        gap = np.minimum(within, 1 - within)
        t = _step(0.26, 0.80, v)[..., None]
        enamel = np.array([0.86, 0.80, 0.68]) * (1 - t) + np.array([0.97, 0.95, 0.90]) * t
        enamel = enamel * np.array([1, 0.99 - 0.05 * shade, 0.97 - 0.12 * shade]) * (1 - 0.04 * shade)
        enamel = enamel * (1 - 0.05 * _step(0.70, 0.82, v))[..., None] * np.ones((1, WIDTH, 1))
        if drawn:
            enamel = np.ones((ARCH_ROWS, WIDTH, 3)) * np.array([0.98, 0.97, 0.95])
        line = np.exp(-((gap / (0.02 if drawn else 0.035)) ** 2)) * (0.12 if drawn else 0.62)
        enamel = enamel * (1 - line[None, :, None] * np.array([0.55, 0.75, 0.85]))
        scallop = 0.27 + 0.10 * np.exp(-((gap / 0.16) ** 2))[None]
        gum = np.array([0.80, 0.50, 0.48]) * (0.72 + 0.28 * _step(0, 0.2, v))[..., None] * np.ones((1, WIDTH, 1))
        m = _step(scallop - 0.025, scallop + 0.025, v)[..., None]
        image = gum * (1 - m) + enamel * m
        image *= (1 - 0.23 * np.exp(-(((v - scallop) / 0.05) ** 2)))[..., None]
        image *= (1 - 0.72 * _step(0.30, 1.0, u) ** 1.2)[None, :, None]  # darker into the cheek
        image *= np.where(v > 0.84, 0.55, 1.0)[..., None]
        images.append(image * shaded)
    y, x = np.mgrid[0:TONGUE_ROWS, 0:WIDTH] / np.array([TONGUE_ROWS - 1, WIDTH - 1])[:, None, None]
    papillae = 1 + 0.05 * np.random.default_rng(2).standard_normal((TONGUE_ROWS, WIDTH // 8, 1)).repeat(8, 1)
    # x = 1 is the middle of the back of the tongue, 0 its underside; y = 1 the tip
    tongue_image = np.array([0.86, 0.36, 0.32]) * (0.35 + 0.65 * _step(0.25, 1.0, y))[..., None] * papillae
    tongue_image *= (1 - 0.18 * np.exp(-(((x - 1) / 0.08) ** 2)) - 0.25 * _step(0.4, 0.0, x))[..., None]
    images.append(tongue_image)
    return np.asarray(np.round(np.clip(np.concatenate(images), 0, 1) * 255), np.uint8)


def tongue_poses(name: str) -> Sequence[tuple[str, float]]:
    """Which spines a morph pulls the tongue towards, and how far, on top of following the jaw."""
    if name == "tongueOut":
        return (("out", 1.0),)
    parts = VISEMES.get(name, {})
    poses = [("out", parts.get("tongueOut", 0.0)), ("up", parts.get("tongueUp", 0.0))]
    if name in ("jawOpen", "mouthOpen", "viseme_aa", "viseme_O", "viseme_E"):
        poses.append(("low", {"viseme_E": 0.5}.get(name, 1.0)))
    return [(pose, weight) for pose, weight in poses if weight]


def mouth_coat(character: CharacterDescription) -> Coat:
    """``Wolf3D_Teeth``, gums and tongue included."""
    decade, drawn = int(character.body.age // 10), character.style is not AvatarStyle.REALISTIC
    material = Material(name="Wolf3D_Teeth", roughness=0.60, double_sided=True, specular=0.4)
    return Coat(material, {Slot.COLOUR: Paint(paint_key("mouth", decade, drawn), lambda: paint_mouth(decade, drawn))})


def mouth_parts(figure: Figure) -> list[Part]:
    """``Wolf3D_Teeth``: both arches and the tongue, fitted to this mouth, wholly on the head joint (726 triangles).

    The lower arch and the tongue follow each morph as the figure's lower teeth do (an affine fit of their movement).
    """
    marks = landmarks()
    upper_fit = fit_affine(marks.upper_teeth_canonical, figure.vertices[marks.upper_teeth])
    lower_fit = fit_affine(marks.lower_teeth_canonical, figure.vertices[marks.lower_teeth])
    shapes = (dental_arch(True), dental_arch(False), tongue())
    fits = (upper_fit, lower_fit, lower_fit)
    guides = (marks.upper_teeth, marks.lower_teeth, marks.lower_teeth)
    placed = [apply_affine(fit, shape.positions) for fit, shape in zip(fits, shapes, strict=True)]
    positions = np.concatenate(placed)
    starts = np.cumsum([0, *(len(p) for p in placed)])
    tongue_rows = slice(starts[2], starts[3])
    poses = {pose: apply_affine(lower_fit, _tongue_points(pose)) - placed[2] for pose in SPINES}
    morphs: dict[str, F64] = {}
    field = np.zeros_like(figure.vertices)
    for name, delta in figure.morphs.items():
        field[:] = 0
        field[delta.index] = delta.offset
        moved = np.zeros_like(positions)
        opens = name == "jawOpen" or "jawOpen" in {**VISEMES, **EXTRAS}.get(name, {})
        follow_jaw = JAW_FOLLOW if opens else 1.0
        for guide, points, start in zip(guides, placed, starts, strict=False):
            if np.abs(field[guide]).max() > 1e-5:
                follow = fit_affine(figure.vertices[guide], field[guide])
                moved[start : start + len(points)] = follow_jaw * apply_affine(follow, points)
        for pose, weight in tongue_poses(name):
            moved[tongue_rows] += weight * poses[pose]
        if np.abs(moved).max() > 2e-6:
            morphs[name] = moved
    weights = np.zeros((len(positions), len(figure.joint_names)), np.float32)
    weights[:, figure.joint_names.index("Head")] = 1
    triangles = np.concatenate([s.triangles + start for s, start in zip(shapes, starts, strict=False)])
    return [
        Part(
            node="Wolf3D_Teeth",
            material=mouth_coat(figure.character).painted(),
            positions=positions,
            normals=surface_normals(positions, triangles),
            uv=np.concatenate([s.uv for s in shapes]),
            triangles=triangles,
            weights=weights,
            morphs=morphs,
        )
    ]
