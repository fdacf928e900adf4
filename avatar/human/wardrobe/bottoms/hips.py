"""The block round the hips of every bottom, and the weights of what hangs below it."""

from __future__ import annotations

import numpy as np
from scipy.spatial import cKDTree

from avatar.human.figure import F64
from avatar.human.wardrobe.drape import arm_joints_of, lay
from avatar.human.wardrobe.frame import SIDES, Dummy, leg_polar, trunk_polar
from avatar.human.wardrobe.garments import BottomFit
from avatar.human.wardrobe.mesh import smoothstep
from avatar.human.wardrobe.pattern import Cut

SPLIT = 0.10  # metres under the crotch where the block ends and legs begin
FORK = 0.085  # metres over the crotch where it ends above a skirt


def gap_of(dummy: Dummy, fit: BottomFit) -> float:
    """Nearest that cloth comes to the skin, metres."""
    return fit.gap * (0.4 + 0.6 * dummy.frame.scale)


def hip_block(dummy: Dummy, fit: BottomFit, cut: Cut) -> tuple[F64, F64]:
    """Cloth and skin weights of the block: loosened, the seat bridged, the tops of the legs already tubes."""
    frame, k, gap = dummy.frame, dummy.frame.scale, gap_of(dummy, fit)
    bare = lay(dummy, cut, arm_joints_of(dummy))
    p = bare.positions
    y = p[:, 1]
    waist = float(p[cut.edges["waist"], 1].mean())
    down = smoothstep(waist - 0.04 * k, waist - 0.16 * k, y)
    q = p + bare.normals * (gap * (0.75 + 0.25 * down) + fit.ease * 0.5 * k * down)[:, None]
    for side, sign in SIDES:
        own = (p[:, 0] * sign >= 0) & (y < frame.crotch + 0.03 * k)
        if not own.any():
            continue
        theta, radius, outward = leg_polar(frame, p[own], side)
        hang = dummy.legs[side].bridged(0.8).hanging(fit.slope).blurred(2.0, 2.0).sample(y[own], theta)
        tube = p[own] + outward * (np.maximum(radius + gap, hang + fit.ease * k) - radius)[:, None]
        tube[:, 0] = sign * np.maximum(tube[:, 0] * sign, 0.0025)  # each leg stays on its own side
        share = smoothstep(frame.crotch + 0.03 * k, frame.crotch - 0.09 * k, y[own])[:, None]
        q[own] += (tube - q[own]) * share
    theta, radius, outward = trunk_polar(frame, p)
    seat = smoothstep(frame.crotch + 0.02 * k, frame.crotch + 0.08 * k, y) * smoothstep(waist, waist - 0.05 * k, y)
    target = np.maximum(radius, dummy.trunk.bridged(0.8).blurred(1.0, 1.0).sample(y, theta)) + gap
    reached = radius + ((q - p) * outward).sum(1)
    q += outward * (np.maximum(target - reached, 0) * seat)[:, None]
    return q, bare.weights


def thigh_weights(dummy: Dummy, points: F64, reach: float, side: float = 0.0) -> F64:
    """(n, joints) what the shell near ``points`` (n, 3) follows, blended over ``reach`` metres; side: only that one."""
    legs = (dummy.weights @ arm_joints_of(dummy)) < 0.2
    if side:
        legs &= dummy.positions[:, 0] * side > -0.01
    gap, index = cKDTree(dummy.positions[legs]).query(points, 12)
    share = np.exp(-((gap / reach) ** 2)) + 1e-6
    return np.asarray(np.einsum("nk,nkj->nj", share / share.sum(1, keepdims=True), dummy.weights[legs][index]))
