"""How a top falls: from the shoulders, over the chest, down to a hem that may hang free below the fork of the legs."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.spatial import cKDTree

from avatar.human.figure import F64
from avatar.human.wardrobe.drape import INNER_GAP, Bare, Draped, arm_joints_of, finish, lay, relax
from avatar.human.wardrobe.frame import Dummy, Frame, arm_coordinates, trunk_polar
from avatar.human.wardrobe.garments import FORK, Neck, TopFit
from avatar.human.wardrobe.mesh import four_strongest, smoothstep
from avatar.human.wardrobe.pattern import Cut
from avatar.human.wardrobe.radial import RadialGrid
from avatar.human.wardrobe.surface import Surface

TENT = 0.40  # metres per metre: how steeply cloth may widen towards a bulge below it
HEM_ROW = 0.04  # metres between the rows of a free-hanging hem
CUTAWAY = 0.34  # radians by which the fronts of an open jacket part at the hem


def drape_top(
    dummy: Dummy, fit: TopFit, cut: Cut, smooth: sp.csr_matrix, below: Surface, worn: F64 | None = None
) -> Draped:
    """A top on a figure, outside ``below`` by at least the fit's gap (times the figure's scale).

    worn: (m, 3) points of cloth that is already on the trunk; the top hangs over them without a step.
    """
    frame, k = dummy.frame, dummy.frame.scale
    bare = lay(dummy, cut, arm_joints_of(dummy))
    p, n = bare.positions, bare.normals
    scaled = 0.4 + 0.6 * k
    gap = np.full(len(p), fit.gap * scaled)
    inner = np.zeros(len(p), bool)
    inner[len(p) - cut.inner :] = True
    gap[inner] = INNER_GAP * scaled
    on_arm = smoothstep(0.2, 0.7, bare.arm)
    q = p + n * ((gap + _sleeve_ease(frame, fit, p, n)) * on_arm + (gap + fit.ease * 0.3 * k) * (1 - on_arm))[:, None]

    grid = _hung(dummy, fit, worn, gap[0])
    theta, radius, outward = trunk_polar(frame, p)
    target = np.maximum(radius + gap, grid.sample(p[:, 1], theta) + _ease(frame, fit, p[:, 1], theta))
    free = smoothstep(frame.armpit + 0.03 * k, frame.armpit - 0.07 * k, p[:, 1]) * (1 - smoothstep(0.15, 0.5, bare.arm))
    q += (p + outward * (target - radius)[:, None] - q) * free[:, None]
    if cut.inner:
        q[inner] = _inner(dummy, bare, inner, gap)

    weights = bare.weights
    if cut.rows:
        q, weights = _hang_hem(dummy, fit, cut, q, weights, below, float(gap[0]))
        extra = len(q) - len(gap)
        gap, inner = np.r_[gap, np.full(extra, gap[0])], np.r_[inner, np.zeros(extra, bool)]
    q = relax(q, smooth, below, gap, 8, 0.5)
    if fit.neck is not Neck.LAPELS:
        q = below.push_out(_level_collar(frame, cut, q), gap)
    distance, direction = below.distance(q)
    lies = smoothstep(frame.shoulder - 0.03 * k, frame.shoulder + 0.03 * k, q[:, 1])
    lies *= smoothstep(0.17 * k, 0.13 * k, np.abs(q[:, 0])) * ~inner
    q -= direction * (np.maximum(distance - gap * 0.8 - 0.001, 0) * lies)[:, None]
    for edge in cut.edges.keys() & {"neck", "innerNeck"}:
        q[cut.edges[edge]] = _rounded(q[cut.edges[edge]])
    if cut.rows and cut.loop[0] != cut.loop[-1]:
        loop = cut.edges["hem"]
        q[loop, 1] = q[loop, 1].mean()
        if fit.tail:
            around = trunk_polar(frame, q[loop])[0]
            q[loop, 1] += fit.tail * k * (0.5 - np.cos(2 * around) * 0.5 - 0.35)
    draped = finish(q, weights, cut, smooth)
    near = lies[:, None]  # what lies on the shoulders moves as they do
    return Draped(q, draped.normals, four_strongest(draped.weights * (1 - near) + weights * near))


def _hung(dummy: Dummy, fit: TopFit, worn: F64 | None, gap: float) -> RadialGrid:
    """The outline of the trunk as this cloth makes it."""
    frame, k = dummy.frame, dummy.frame.scale
    grid = dummy.trunk
    if worn is not None:
        around, reach, _ = trunk_polar(frame, worn)
        grid = grid.raised(worn[:, 1], around, reach + 0.5 * gap)
    grid = grid.bridged(0.9)
    slope = np.broadcast_to(fit.slope * (1 + 0.5 * np.abs(np.sin(grid.theta))), grid.radius.shape)
    if fit.flare:  # fitted to the waist, flaring below it
        below = smoothstep(frame.waist + 0.01 * k, frame.waist - 0.06 * k, grid.heights)[:, None]
        slope = slope * (1 - below) - fit.flare * 0.6 * below
    return grid.hanging(slope).tented(TENT).smoothed()


def _ease(frame: Frame, fit: TopFit, y: F64, theta: F64) -> F64:
    """Looseness of the trunk in metres; an elastic hem holds it close and lets it bulge above."""
    k = frame.scale
    down = smoothstep(frame.armpit - 0.02 * k, frame.crotch, y)
    ease = (fit.ease + (fit.ease_hem - fit.ease) * down) * k + 0.002 * k * np.sin(theta * 5 + 1.3) * down
    if fit.cinch:
        top = frame.crotch + (fit.hem + fit.cinch) * k
        held = smoothstep(top + 0.016 * k, top - 0.010 * k, y)
        ease = ease * (1 - 0.80 * held) + 0.008 * k * np.exp(-(((y - top - 0.030 * k) / (0.03 * k)) ** 2))
    return np.asarray(ease)


def _inner(dummy: Dummy, bare: Bare, inner: F64, gap: F64) -> F64:
    """What is seen in an opening: near the body, spanning the hollow of the chest."""
    p = bare.positions[inner]
    theta, radius, outward = trunk_polar(dummy.frame, p)
    bridged = dummy.trunk.bridged(0.9).blurred(1.5, 1.0).sample(p[:, 1], theta)
    low = smoothstep(dummy.frame.armpit + 0.05 * dummy.frame.scale, dummy.frame.armpit - 0.03, p[:, 1])
    lift = np.maximum(bridged - radius, 0) * low
    return np.asarray(p + bare.normals[inner] * gap[inner][:, None] + outward * lift[:, None])


def _level_collar(frame: Frame, cut: Cut, q: F64) -> F64:
    """The neckline as one smooth line, whatever the shoulders do below it: four harmonics of its height and reach."""
    k, loop = frame.scale, cut.edges["neck"]
    line = q[loop]
    middle = line.mean(0)
    angle, reach = np.arctan2(line[:, 0], line[:, 2] - middle[2]), np.hypot(line[:, 0], line[:, 2] - middle[2])
    shapes = np.stack([np.cos(order * angle) for order in range(5)], 1)
    ridge = np.vstack([shapes, np.diag([0, 0, 0.3, 0.6, 1.0])])  # gaps between the points must not ring
    height, radius = (
        shapes @ np.linalg.lstsq(ridge, np.r_[values, np.zeros(5)], rcond=None)[0] for values in (line[:, 1], reach)
    )
    smooth = np.stack([np.sin(angle) * radius, height, middle[2] + np.cos(angle) * radius], 1)
    gap, nearest = cKDTree(line).query(q)
    return q + (smooth - line)[nearest] * np.exp(-((gap / (0.03 * k)) ** 2))[:, None]


def _rounded(line: F64) -> F64:
    """A closed line (n, 3) without jitter, as long as before."""
    for strength in (0.5, -0.52, 0.5, -0.52):
        line = line + strength * ((np.roll(line, 1, 0) + np.roll(line, -1, 0)) / 2 - line)
    return line


def _sleeve_ease(frame: Frame, fit: TopFit, p: F64, n: F64) -> F64:
    """Looseness of a sleeve: grows towards the elbow, hangs below the arm, gathers at a cuff."""
    s, _, _ = arm_coordinates(frame, p)
    ease = fit.sleeve_ease * frame.scale * (0.50 + 0.50 * smoothstep(0.1, 0.6, s))
    if fit.gather:
        ease *= 1 - fit.gather * smoothstep(fit.sleeve - 0.20, fit.sleeve - 0.10, s)
        ease *= 1 + 0.55 * np.exp(-(((s - (fit.sleeve - 0.30)) / 0.12) ** 2))
    return np.asarray(ease * (np.clip(-n[:, 1], -0.6, 1) * 0.6 + 0.75))


def _free_weights(dummy: Dummy, p: F64) -> F64:
    """Skin weights of cloth that hangs below the waist: hips, then both thighs by side."""
    frame, k = dummy.frame, dummy.frame.scale
    hip = frame.legs["Left"][1]
    leg = smoothstep(hip[1] + 0.07 * k, hip[1] - 0.12 * k, p[:, 1]) * 0.96
    half = abs(hip[0]) * 1.1
    left = smoothstep(-half, half, p[:, 0])
    weights = np.zeros((len(p), dummy.weights.shape[1]))
    weights[:, dummy.columns["LeftUpLeg"]] = leg * left
    weights[:, dummy.columns["RightUpLeg"]] = leg * (1 - left)
    weights[:, dummy.columns["Hips"]] = 1 - leg
    return weights


def _thigh_weights(dummy: Dummy, p: F64) -> F64:
    """Skin weights of the nearest part of the legs, a hand's width averaged; a knee does not bend a skirt."""
    legs = (dummy.weights @ arm_joints_of(dummy)) < 0.2
    own = dummy.weights[legs].copy()
    for side in ("Left", "Right"):
        own[:, dummy.columns[f"{side}UpLeg"]] += own[:, dummy.columns[f"{side}Leg"]]
        own[:, dummy.columns[f"{side}Leg"]] = 0
    near, index = cKDTree(dummy.positions[legs]).query(p, 12)
    share = np.exp(-((near / (0.06 * dummy.frame.scale)) ** 2)) + 1e-6
    return np.asarray(np.einsum("nk,nkj->nj", share / share.sum(1, keepdims=True), own[index]))


def _hang_hem(dummy: Dummy, fit: TopFit, cut: Cut, q: F64, weights: F64, below: Surface, gap: float) -> tuple[F64, F64]:
    """Rows of cloth from the fork of the shell down to the hem, over the outline of both thighs."""
    frame, k = dummy.frame, dummy.frame.scale
    start, own = q[cut.loop], weights[cut.loop]
    theta, radius, outward = trunk_polar(frame, start)
    depth = start[:, 2] - outward[:, 2] * radius
    hem = frame.crotch + fit.hem * k
    slope = -fit.flare * (0.62 + 0.38 * np.abs(np.sin(dummy.hips.theta))) if fit.flare else 0.06
    grid = dummy.hips.hanging(slope).blurred(1.5, 2.0)
    offset = radius - grid.sample(start[:, 1], theta)
    open_front = cut.loop[0] == cut.loop[-1]
    if open_front:
        side = np.sign(theta[1])
        theta[0], theta[-1] = side * 1e-3, -side * 1e-3
    swing_over = max((FORK - fit.hem) * k, 1e-3) if not fit.flare else 0.12 * k
    ease_hem: float | F64 = fit.ease_hem * k
    rows, row_weights = [q], [weights]
    for number in range(1, cut.rows + 1):
        v = number / cut.rows
        y = start[:, 1] + (hem - start[:, 1]) * v
        around = theta
        if open_front:
            around = theta + np.sign(theta) * CUTAWAY * v**1.7 * np.exp(-((theta / 0.42) ** 2))
            y = y + 0.022 * k * v * v * np.exp(-((theta / 0.32) ** 2))
        if fit.cinch:
            ease_hem = _ease(frame, fit, y, theta)
        r = grid.sample(y, around) + np.maximum(offset + (ease_hem - offset) * v, gap)
        row = below.push_out(np.stack([np.sin(around) * r, y, depth + np.cos(around) * r], 1), gap)
        swing = float(smoothstep(0, 1, v * (FORK - fit.hem) * k / swing_over)) * 0.85
        hanging = 0.25 * _free_weights(dummy, row) + 0.75 * _thigh_weights(dummy, row)
        rows.append(row)
        row_weights.append(own * (1 - swing) + hanging * swing)
    return np.vstack(rows), np.vstack(row_weights)
