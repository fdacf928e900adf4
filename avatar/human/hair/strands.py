"""Guide strands: combed, bent by gravity, kept off the skin, cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F64
from avatar.human.hair.hairline import Region, Roots
from avatar.human.hair.scalp import HeadModel, above_eyes
from avatar.human.hair.vectors import UP, resample, smoothstep, unit

STEP = 0.006  # metres between the points of a guide
MAX_STEPS = 64


class Flow(StrEnum):
    """How hair is combed."""

    DOWN = "down"
    FRINGE = "fringe"
    BEARD = "beard"
    MOUSTACHE = "moustache"  # from the middle to the corners of the mouth


PerRoot = float | Callable[[Roots], F64]


@dataclass(frozen=True, slots=True)
class Layer:
    """One set of strands: where they root, how they grow and how their cards look. Metres at adult head size."""

    count: int
    length: PerRoot
    region: Region
    flow: Flow
    part: float = 0.0  # x of the parting
    lift: float = 0.35  # how much the root stands off the scalp
    flow_weight: float = 0.5
    comb_length: float = 0.10  # over which combing gives way to gravity
    gravity: float = 0.3
    bend_length: float = 0.025  # that a strand needs to turn: stiffness
    adhesion: float = 0.5  # how strongly hair keeps to its clearance
    clearance: tuple[float, float] = (0.006, 0.016)  # off the skin, drawn per strand: layering
    cut: Callable[[F64], NDArray[np.bool_]] | None = None  # points (n, k, 3) -> True where hair is cut off
    face_guard: float = 0.0  # degrees of azimuth in front kept free of hair
    jitter: float = 0.12  # of the length
    chaos: float = 0.10  # of the direction
    width: float = 0.024
    root_width: float = 0.42  # relative
    tip_width: float = 0.7
    tiles: tuple[str, ...] = ("dense0", "dense1", "dense2")
    segments: int = 5
    twist: float = 0.2  # random roll about the strand, radians
    shade: tuple[float, float] = (0.70, 1.0)  # tint of the lowest and of the highest card
    round: float = 0.45  # spread of normals over a card: makes it look like a lock
    root_shade: float = 0.80  # tint of the roots, relative
    spacing: float = 1.25  # above 1, segments crowd near the root, where hair bends over the skull
    tip: float = 1.0  # how far down its tile a card reaches: below 1 the cut is blunt


def combing(layer: Layer, head: HeadModel, points: F64, roots: Roots) -> F64:
    """Direction (n, 3) in which hair at ``points`` is combed; neither unit nor tangent to the head."""
    rel = points - head.centre
    if layer.flow is Flow.DOWN:
        return -UP + 0.15 * unit(rel * [1, 0, 1])
    if layer.flow is Flow.FRINGE:
        return np.array([0.0, -0.35, 1.0]) + np.clip(rel * [6, 0, 0], -0.5, 0.5)
    outward = unit(rel * [1, 0, 1])
    if layer.flow is Flow.MOUSTACHE:
        return np.sign(roots.position[:, :1]) * [1.0, 0, 0] - 0.5 * UP + 0.15 * outward
    return -UP + 0.35 * outward  # a beard: down, following the jaw, slightly out


def falls_in_front(head: HeadModel, roots: Roots) -> F64:
    """(n,) 1 for strands that fall over the chest, -1 for those that fall over the back."""
    return np.where(roots.position[:, 2] > head.centre[2] + 0.018 * head.scale, 1.0, -1.0)


def shoulder_height(head: HeadModel) -> float:
    """Where hair meets the shoulders; below the chin even on a head that sits deep between them."""
    return min(float(head.neck[1]) + 0.03, head.chin - 0.02 * head.scale)


def aside(head: HeadModel, normal: F64, points: F64, front: F64) -> F64:
    """Where the skin pushes hair: along its normal (n, 3), but on the shoulders forwards or backwards, not outwards."""
    low = smoothstep(head.chin, shoulder_height(head), points[:, 1])
    outward = np.maximum(normal[:, 0] * np.sign(points[:, 0]), 0) * low
    turned = normal.copy()
    turned[:, 0] -= outward * np.sign(points[:, 0])
    turned[:, 2] += outward * front
    return unit(turned)


def shoulder_drape(head: HeadModel, points: F64, roots: Roots) -> F64:
    """Steer long hair off the shoulders: to the back, or to the chest for strands rooted in front."""
    low = smoothstep(head.chin + 0.07 * head.scale, shoulder_height(head), points[:, 1])[:, None]
    wide = np.clip(np.abs(points[:, 0]) - 0.06 * head.scale, 0, 0.08)[:, None] / 0.035
    front = falls_in_front(head, roots)[:, None]
    shoulder = np.clip(1.3 - np.abs(points[:, 2:3] - head.neck[2]) / 0.09, 0, 1)
    steer: F64 = low * (-np.sign(points[:, :1]) * wide * [1, 0, 0] + front * shoulder * [0, 0, 1.6])
    return steer


def guard_face(layer: Layer, head: HeadModel, points: F64, side: F64) -> F64:
    """Turn points that would lie before the face towards the side (n,) their strand belongs to."""
    brow, forehead = head.eye_level + 0.03 * head.scale, head.eye_level + 0.085 * head.scale
    rel = points - head.centre
    azimuth = np.degrees(np.arctan2(rel[:, 0], rel[:, 2]))
    radius = np.hypot(rel[:, 0], rel[:, 2])
    guard = layer.face_guard * smoothstep(forehead, brow, points[:, 1])
    missing = np.clip(guard - azimuth * side, 0, 90) * (azimuth * side > -60)
    turned = np.radians(azimuth + side * missing * 0.5)
    x, z = np.sin(turned) * radius + head.centre[0], np.cos(turned) * radius + head.centre[2]
    return np.where((missing > 0)[:, None], np.stack([x, points[:, 1], z], 1), points)


def grow(
    layer: Layer, head: HeadModel, roots: Roots, rng: np.random.Generator, step: float = STEP, clear: F64 | None = None
) -> tuple[F64, F64]:
    """Grow guides from ``roots``: (n, k, 3) points and the clearance (n,) each keeps, drawn when not given."""
    n = len(roots)
    length = layer.length(roots) if callable(layer.length) else np.full(n, layer.length)
    length = length * (1 + layer.jitter * rng.uniform(-1, 1, n)) * head.scale
    steps = int(np.clip(np.ceil(length.max() / step), 4, MAX_STEPS))
    stride = (length / steps)[:, None]
    if clear is None:
        clear = rng.uniform(*layer.clearance, n) * head.scale
    p = roots.position + roots.normal * 0.0005
    flow = combing(layer, head, p, roots)
    tangent = flow - roots.normal * (flow * roots.normal).sum(1, keepdims=True)
    d = unit(unit(tangent) + layer.lift * roots.normal + layer.chaos * rng.normal(0, 1, (n, 3)))
    drift = layer.chaos * 0.25 * rng.normal(0, 1, (n, 3))
    side = np.where(roots.position[:, 0] >= layer.part, 1.0, -1.0)
    front = falls_in_front(head, roots)
    turn = 1 - np.exp(-stride / layer.bend_length)
    points = [p]
    dist, normal = head.collision(p)
    for k in range(steps):
        travelled = (k + 1) * stride
        fade = np.exp(-travelled / layer.comb_length)
        goal = combing(layer, head, p, roots) * layer.flow_weight * fade - UP * layer.gravity * (1 - 0.6 * fade) + drift
        if p[:, 1].min() < head.chin + 0.07 * head.scale:
            goal = goal + shoulder_drape(head, p, roots)
        d = unit(d + (unit(goal) - d) * turn)
        excess = np.clip(dist - clear, 0, 0.04) * (dist < 0.06) * above_eyes(head, p)
        d = unit(d - normal * (excess * layer.adhesion / 0.02)[:, None])
        q = p + d * stride
        if layer.face_guard:
            q = guard_face(layer, head, q, side)
        dist, normal = head.collision(q)
        crown = 1 - 0.4 * smoothstep(head.centre[1] + 0.03, head.top, q[:, 1])  # layers lie closer there
        want = clear * crown * smoothstep(0, np.minimum(0.05, length), travelled[:, 0]) + 0.001
        push = np.clip(want - dist, 0, 0.03)
        loose = np.clip(dist - want - 0.004, 0, 0.03) * layer.adhesion * 0.6
        loose = loose * smoothstep(head.eye_level, head.eye_level + 0.05, q[:, 1])  # no loops standing off the skull
        q = q + aside(head, normal, q, front) * (push - loose)[:, None]
        dist = dist + push - loose
        inward = np.minimum((d * normal).sum(1, keepdims=True), 0) * (push > 0)[:, None]
        d = unit(d - inward * normal * 0.9)
        points.append(q)
        p = q
    lines = np.stack(points, 1)
    for _ in range(2):  # soften kinks left by the collision
        lines[:, 1:-1] = 0.5 * lines[:, 1:-1] + 0.25 * (lines[:, :-2] + lines[:, 2:])
    if layer.cut is not None:
        lines = cut_at(lines, layer.cut(lines), 0.05 * rng.random(n))
    return lines, clear


def cut_at(lines: F64, dead: NDArray[np.bool_], shorter: F64) -> F64:
    """Guides (n, k, 3) up to the first ``dead`` point (n, k), and a share (n,) ``shorter``."""
    steps = lines.shape[1] - 1
    dead = dead.copy()
    dead[:, :3] = False
    first = np.where(dead.any(1), dead.argmax(1), steps)
    step = np.linalg.norm(np.diff(lines, axis=1), axis=2)
    arc = np.concatenate([np.zeros((len(lines), 1)), np.cumsum(step, 1)], 1)
    share = arc[np.arange(len(lines)), first] / arc[:, -1]
    return resample(lines, np.linspace(0, 1, steps + 1), np.clip(share * (1 - shorter), 0.15, 1))
