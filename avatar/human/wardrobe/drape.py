"""How cloth falls on a figure: loosened from the skin, bridged over hollows, hung from bulges, smoothed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.frame import ARM_JOINTS, Dummy, Frame, arm_coordinates, trunk_polar
from avatar.human.wardrobe.garments import TopFit
from avatar.human.wardrobe.mesh import four_strongest, smoothstep, unit, vertex_normals
from avatar.human.wardrobe.pattern import Cut
from avatar.human.wardrobe.surface import Surface, samples

TENT = 0.40  # metres per metre: how steeply cloth may widen towards a bulge below it
UNSHRINK = 0.8  # how much of the shrinking that comes with smoothing is taken back (Taubin 1995)
HEM_ROW = 0.04  # metres between the rows of a free-hanging hem


@dataclass(frozen=True, slots=True)
class Draped:
    """The cloth of one garment on one figure."""

    positions: F64  # (n, 3)
    normals: F64  # (n, 3) unit
    weights: F64  # (n, joints)


@dataclass(frozen=True, slots=True)
class _Bare:
    """The cut as it lies on the shell, before any looseness."""

    positions: F64
    normals: F64
    weights: F64
    arm: F64  # (n,) share of arm joints


def lay(dummy: Dummy, cut: Cut, arm_joints: F64) -> _Bare:
    def mix(values: F64) -> F64:
        return np.asarray(np.einsum("nk,nkc->nc", cut.share, values[cut.origin]))

    weights = mix(dummy.weights)
    return _Bare(mix(dummy.positions), unit(mix(dummy.normals)), weights, weights @ arm_joints)


def arm_joints_of(dummy: Dummy) -> F64:
    marks = np.zeros(dummy.weights.shape[1])
    for name, column in dummy.columns.items():
        if name.startswith(ARM_JOINTS):
            marks[column] = 1.0
    return marks


def relax(
    positions: F64, smooth: sp.csr_matrix, below: Surface, gap: float | F64, rounds: int, strength: float
) -> F64:
    """Umbrella smoothing that may never come nearer than ``gap`` to the layers below."""
    for number in range(rounds):
        positions = positions + strength * (smooth @ positions - positions)
        positions = positions - UNSHRINK * strength * (smooth @ positions - positions)
        if number % 2 or number == rounds - 1:
            positions = below.push_out(positions, gap)
    return positions


def drape_top(
    dummy: Dummy, fit: TopFit, cut: Cut, smooth: sp.csr_matrix, below: Surface, worn: F64 | None = None
) -> Draped:
    """A top on a figure, outside ``below`` by at least the fit's gap (times the figure's scale).

    worn: (m, 3) points of cloth that is already on the trunk; the top hangs over them without a step.
    """
    frame, k = dummy.frame, dummy.frame.scale
    bare = lay(dummy, cut, arm_joints_of(dummy))
    p, n = bare.positions, bare.normals
    gap = fit.gap * (0.4 + 0.6 * k)
    on_arm = smoothstep(0.2, 0.7, bare.arm)
    q = p + n * ((gap + _sleeve_ease(frame, fit, p, n)) * on_arm + (gap + fit.ease * 0.3 * k) * (1 - on_arm))[:, None]

    grid = dummy.trunk
    if worn is not None:
        around, reach, _ = trunk_polar(frame, worn)
        grid = grid.raised(worn[:, 1], around, reach + 0.5 * gap)
    grid = grid.bridged(0.9)
    grid = grid.hanging(fit.slope * (1 + 0.5 * np.abs(np.sin(grid.theta)))).tented(TENT).smoothed()
    theta, radius, outward = trunk_polar(frame, p)
    down = smoothstep(frame.armpit - 0.02 * k, frame.crotch, p[:, 1])
    ease = (fit.ease + (fit.ease_hem - fit.ease) * down) * k + 0.002 * k * np.sin(theta * 5 + 1.3) * down
    target = np.maximum(radius + gap, grid.sample(p[:, 1], theta) + ease)
    free = smoothstep(frame.armpit + 0.03 * k, frame.armpit - 0.07 * k, p[:, 1]) * (1 - smoothstep(0.15, 0.5, bare.arm))
    q += (p + outward * (target - radius)[:, None] - q) * free[:, None]

    weights = bare.weights
    if cut.rows:
        q, weights = _hang_hem(dummy, fit, cut, q, weights, below, gap)
    q = relax(q, smooth, below, gap, 8, 0.5)
    q = below.push_out(_level_collar(frame, cut, q), gap)
    distance, direction = below.distance(q)
    lies = smoothstep(frame.shoulder - 0.03 * k, frame.shoulder + 0.03 * k, q[:, 1])
    lies *= smoothstep(0.17 * k, 0.13 * k, np.abs(q[:, 0]))
    q -= direction * (np.maximum(distance - gap * 0.8 - 0.001, 0) * lies)[:, None]
    loop = cut.edges["hem"]
    q[loop, 1] = q[loop, 1].mean()
    return finish(q, weights, cut, smooth)


def _level_collar(frame: Frame, cut: Cut, q: F64) -> F64:
    """The collar as one smooth line, whatever the shoulders do below it: two harmonics of its height round the neck."""
    k, loop = frame.scale, cut.edges["neck"]
    line = q[loop]
    angle = np.arctan2(line[:, 0], line[:, 2] - frame.neck[2] - 0.01 * k)
    shapes = np.stack([np.ones_like(angle), np.cos(angle), np.cos(2 * angle)], 1)
    fitted = shapes @ np.linalg.lstsq(shapes, line[:, 1], rcond=None)[0]
    smooth = line.copy()
    smooth[:, 1] = fitted
    for _ in range(6):
        smooth = (np.roll(smooth, 1, 0) + 2 * smooth + np.roll(smooth, -1, 0)) / 4
    gap, nearest = cKDTree(line).query(q)
    return q + (smooth - line)[nearest] * np.exp(-((gap / (0.03 * k)) ** 2))[:, None]


def _sleeve_ease(frame: Frame, fit: TopFit, p: F64, n: F64) -> F64:
    """Looseness of a sleeve: grows towards the elbow, hangs below the arm, gathers at a cuff."""
    s, _, _ = arm_coordinates(frame, p)
    ease = fit.sleeve_ease * frame.scale * (0.55 + 0.45 * smoothstep(0.1, 0.6, s))
    if fit.gather:
        ease *= 1 - fit.gather * smoothstep(fit.sleeve - 0.22, fit.sleeve - 0.06, s)
        ease *= 1 + 0.45 * np.exp(-(((s - (fit.sleeve - 0.28)) / 0.12) ** 2))
    return np.asarray(ease * (np.clip(-n[:, 1], -0.6, 1) * 0.55 + 0.75))


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


def _hang_hem(dummy: Dummy, fit: TopFit, cut: Cut, q: F64, weights: F64, below: Surface, gap: float) -> tuple[F64, F64]:
    """Rows of cloth from the fork of the shell down to the hem, over the outline of both thighs."""
    frame, k = dummy.frame, dummy.frame.scale
    start, own = q[cut.loop], weights[cut.loop]
    theta, radius, outward = trunk_polar(frame, start)
    depth = start[:, 2] - outward[:, 2] * radius
    hem = frame.crotch + fit.hem * k
    grid = dummy.hips.hanging(0.10).blurred(1.5, 2.0)
    offset = radius - grid.sample(start[:, 1], theta)
    legs = (dummy.weights @ arm_joints_of(dummy)) < 0.2
    tree, leg_weights = cKDTree(dummy.positions[legs]), dummy.weights[legs]
    rows, row_weights = [q], [weights]
    for number in range(1, cut.rows + 1):
        v = number / cut.rows
        y = start[:, 1] + (hem - start[:, 1]) * v
        r = grid.sample(y, theta) + np.maximum(offset + (fit.ease_hem * k - offset) * v, gap)
        row = below.push_out(np.stack([np.sin(theta) * r, y, depth + np.cos(theta) * r], 1), gap)
        near, index = tree.query(row, 12)
        share = np.exp(-((near / (0.06 * k)) ** 2)) + 1e-6
        thigh = np.einsum("nk,nkj->nj", share / share.sum(1, keepdims=True), leg_weights[index])
        swing = float(smoothstep(0, 1, v)) * 0.85
        rows.append(row)
        row_weights.append(own * (1 - swing) + (0.25 * _free_weights(dummy, row) + 0.75 * thigh) * swing)
    return np.vstack(rows), np.vstack(row_weights)


def finish(q: F64, weights: F64, cut: Cut, smooth: sp.csr_matrix) -> Draped:
    """Blur the skin weights, so that loose cloth bends softly, and take the normals of the full cloth."""
    used = np.flatnonzero(weights.any(0))
    soft = weights[:, used]
    for _ in range(4):
        soft = 0.5 * soft + 0.5 * (smooth @ soft)
    weights = np.zeros_like(weights)
    weights[:, used] = soft
    return Draped(q, vertex_normals(q, cut.triangles), four_strongest(weights))


def clear(draped: Draped, triangles: I64, below: Surface, gap: float, frozen: NDArray[np.bool_]) -> F64:
    """Vertices of the simplified garment moved outward until no edge or face dips into the layer below.

    frozen: (n,) True where nothing may move. Returns the positions (n, 3).
    """
    positions = draped.positions.copy()
    for _ in range(3):
        points, _, owner = samples(positions, triangles)
        signed, _ = below.distance(points)
        need = np.zeros(len(positions))
        lack = np.maximum(gap - signed, 0.0)
        for corner in range(3):
            np.maximum.at(need, triangles[owner, corner], lack)
        used = np.zeros(len(positions), bool)
        used[triangles] = True
        signed, _ = below.distance(positions[used])
        need[used] = np.maximum(need[used], gap - signed)
        need[frozen] = 0.0
        positions += draped.normals * np.minimum(need, 0.012)[:, None]
    return positions
