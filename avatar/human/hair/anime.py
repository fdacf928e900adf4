"""Drawn hair: an inflated cap and hand-placed rings of tapered solid locks, with one ring of sheen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from avatar.character import HairStyle
from avatar.human.figure import F64, U8
from avatar.human.hair.cap import cap
from avatar.human.hair.falls import MAX_SIDE
from avatar.human.hair.hairline import Hairline, Roots, dome
from avatar.human.hair.mesh import HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Flow, Layer, grow, without_strays
from avatar.human.hair.vectors import resample, smoothstep, triangle_normals, unit

TEXTURE = 256


@dataclass(frozen=True, slots=True)
class Drawn:
    """Lengths in metres at adult head size; ``chaos`` of direction."""

    crown: float
    back: float
    side: float
    bangs: float
    lift: float
    chaos: float

    @property
    def long(self) -> bool:
        """Whether it falls over the back."""
        return self.crown > 0.3


DRAWN: dict[HairStyle, Drawn] = {
    HairStyle.CROP: Drawn(crown=0.125, back=0.065, side=0.085, bangs=0.125, lift=0.6, chaos=0.14),
    HairStyle.SIDE_PART: Drawn(crown=0.15, back=0.085, side=0.12, bangs=0.15, lift=0.55, chaos=0.11),
    HairStyle.BOB: Drawn(crown=0.21, back=0.135, side=0.165, bangs=0.16, lift=0.45, chaos=0.06),
    HairStyle.LONG_STRAIGHT: Drawn(crown=0.40, back=0.32, side=0.27, bangs=0.165, lift=0.4, chaos=0.04),
}


def paint(colour: F64, seed: int) -> U8:
    """(256, 256, 3) gradient of an sRGB colour: dark root, light tip, zig-zag sheen, painted edge and strand lines."""
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 1, TEXTURE)[:, None]
    s = np.linspace(0, 1, TEXTURE)[None]
    dark = np.clip(colour * np.array([0.80, 0.75, 0.85]), 0, 1)
    light = np.clip(colour * 1.12 + 0.05, 0, 1)
    k = np.broadcast_to(smoothstep(0.0, 0.85, t), (TEXTURE, TEXTURE))[..., None]
    image = dark * (1 - k) + (colour * (1 - k) + light * k) * k
    zig = ndimage.gaussian_filter1d(rng.normal(0, 1, TEXTURE), 5, mode="wrap")
    zig = zig / zig.std() * 0.018
    band = smoothstep(0.050, 0.030, np.abs(t - 0.27 - zig[None])) * smoothstep(0.5, 0.40, np.abs(s - 0.5))
    image = image + (np.clip(light * 1.15 + 0.12, 0, 1) - image) * (0.75 * band)[..., None]
    for _ in range(7):
        x = rng.uniform(0.08, 0.92)
        line = np.exp(-(((s - x - 0.02 * np.sin(t * 5 + x * 9)) / 0.008) ** 2)) * smoothstep(0.05, 0.3, t)
        image = image * (1 - line[..., None] * rng.uniform(0.09, 0.2))
    image = image * (1 - (smoothstep(0.06, 0.0, np.minimum(s, 1 - s)) * 0.45)[..., None])
    painted: U8 = (np.clip(image, 0, 1) * 255 + 0.5).astype(np.uint8)
    return painted


def locks(lines: F64, width: F64, head: HeadModel, depth: float, rings: int, rng: np.random.Generator) -> HairMesh:
    """Solid tapered locks on guides (n, k, 3): a lens swept along each, ending in a sharp tip."""
    n = len(lines)
    t = np.linspace(0, 1, rings + 1)
    g = resample(lines, t)
    tangent = unit(np.gradient(g, axis=1))
    _, field_normal = head.collision(g)
    soft = head.volume_normal(g)
    out = unit(soft * 0.7 + field_normal * 0.3)
    across = unit(np.cross(out, tangent))
    out = np.cross(tangent, across)
    roll = rng.normal(0, 0.18, (n, 1, 1)) * t[None, :, None]
    across, out = across * np.cos(roll) + out * np.sin(roll), out * np.cos(roll) - across * np.sin(roll)
    profile = np.interp(t, [0, 0.225, 0.45, 0.8, 1], [0.55, 0.92, 1.0, 0.55, 0.0])
    half = (width[:, None] * 0.5 * profile)[..., None]
    thick = half * depth
    ring = np.stack([g - across * half, g + out * thick * 1.1, g + across * half, g - out * thick * 0.7], 2)
    normal = np.stack([unit(soft - across * 0.9), unit(soft + out * 0.3), unit(soft + across * 0.9), -out], 2)
    shade = np.broadcast_to(np.array([0.92, 1.0, 0.92, 0.55]), ring.shape[:3]).ravel()
    s = np.broadcast_to(np.array([0.02, 0.5, 0.98, 0.5]), ring.shape[:3]).ravel()
    base = (np.arange(n * (rings + 1)).reshape(n, -1)[:, :-1].reshape(-1) * 4)[:, None]
    faces = []
    for j in range(4):
        a, b = j, (j + 1) % 4
        faces += [np.hstack([base + b, base + a, base + 4 + a]), np.hstack([base + b, base + 4 + a, base + 4 + b])]
    triangles = np.concatenate(faces)
    p = ring.reshape(-1, 3)
    area = triangle_normals(p, triangles)
    if (area * normal.reshape(-1, 3)[triangles].mean(1)).sum() < 0:
        triangles, area = triangles[:, ::-1], -area
    triangles = triangles[np.linalg.norm(area, axis=1) > 1e-9]
    return HairMesh(p, normal.reshape(-1, 3), np.stack([s, 0 * s], 1), shade, triangles)


def build(style: HairStyle, head: HeadModel, rng: np.random.Generator) -> HairMesh:
    """Cap and locks of a drawn style; texture v follows the height on the head, so the sheen closes to a ring."""
    drawn = DRAWN[style]
    patch = dome(head, Hairline(irregular=0))

    def puff(az: F64, el: F64, v: F64) -> F64:
        return 0.016 * head.scale * (1 - np.clip(v, 0, 1) ** 5)

    parts = [cap(head, patch, "cap", 0.003, 36, 6, 0.85, puff)]

    def ring(
        azimuths: F64,
        v: F64 | float,
        length: float | Callable[[Roots], F64],
        width: float,
        rings: int = 6,
        depth: float = 0.34,
        wobble: float = 3.0,
        flow: Flow = Flow.WHORL,
        lift: float = drawn.lift,
        gravity: float = 1.0,
        comb_length: float = 0.10,
        adhesion: float = 0.35,
        clearance: tuple[float, float] = (0.020, 0.026),
        chaos: float = drawn.chaos,
        face_guard: float = 0.0,
        max_side: float = 0.0,
    ) -> None:
        roots = patch.ring(azimuths, v, rng, wobble)
        layer = Layer(
            len(roots), length, lambda r: np.ones(len(r), bool), flow, lift=lift, flow_weight=1.0, gravity=gravity,
            comb_length=comb_length, bend_length=0.028, adhesion=adhesion, clearance=clearance, chaos=chaos,
            jitter=0.14, face_guard=face_guard, max_side=max_side,
        )  # fmt: skip
        lines, _ = without_strays(layer, head, *grow(layer, head, roots, rng))
        widths = width * head.scale * rng.uniform(0.85, 1.15, len(lines))
        parts.append(locks(lines, widths, head, depth, rings, rng))

    side = MAX_SIDE if drawn.long else 0.0
    behind = np.linspace(72, 288, 11)
    low = np.linspace(84, 276, 10)
    ring(np.where(low > 180, low - 360, low), 0.72, drawn.back, 0.056, rings=7 if drawn.long else 5, flow=Flow.DOWN,
         lift=0.2, clearance=(0.012, 0.017), max_side=side)  # fmt: skip
    ring(np.where(behind > 180, behind - 360, behind), 0.22, drawn.crown, 0.074, rings=8 if drawn.long else 7,
         clearance=(0.021, 0.027), max_side=side)  # fmt: skip
    ring(np.array([-58.0, 58.0]), 0.45, drawn.side * 1.3, 0.056, rings=7, flow=Flow.DOWN, clearance=(0.019, 0.024),
         face_guard=60)  # fmt: skip
    ring(np.array([-47.0, 47.0]), 0.72, drawn.side * 1.15, 0.030, rings=7, flow=Flow.DOWN, lift=0.3,
         clearance=(0.014, 0.017), face_guard=56, chaos=0.03)  # fmt: skip
    bangs = np.array([-46.0, -34.0, -21.0, -8.0, 6.0, 19.0, 32.0, 45.0])
    ring(bangs, 0.42 + 0.05 * np.cos(np.arange(8) * 3.1), lambda r: drawn.bangs * (1 + 0.10 * np.sin(r.azimuth * 0.16)),
         0.042, rings=7, depth=0.28, flow=Flow.FRINGE, lift=0.6 + 0.3 * drawn.lift, comb_length=0.06, adhesion=0.6,
         chaos=0.04)  # fmt: skip
    ring(np.array([-75.0, -35.0, 0.0, 35.0, 75.0, 180.0]), 0.10, 0.15, 0.058, clearance=(0.026, 0.032))
    mesh = join(parts)
    span = (head.top + 0.03) - (head.chin - 0.02)
    h = ((head.top + 0.03) - mesh.position[:, 1]) / span
    v = np.clip(np.where(h < 1, 0.08 + h * 0.82, 0.90 + (h - 1) * 0.10), 0.005, 0.995)
    u = mesh.uv[:, 0].copy()
    u[: len(parts[0].position)] = 0.5
    return HairMesh(mesh.position, mesh.normal, np.stack([u, v], 1), mesh.tint, mesh.triangles)
