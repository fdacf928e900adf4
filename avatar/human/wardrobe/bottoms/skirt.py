"""A skirt: rows that hang free from the hip block, a little wider towards the hem, in soft folds."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from avatar.human.figure import F64
from avatar.human.wardrobe.bottoms.hips import gap_of, hip_block, thigh_weights
from avatar.human.wardrobe.bottoms.legs import leg_hem
from avatar.human.wardrobe.drape import Draped, finish, relax
from avatar.human.wardrobe.frame import Dummy, trunk_polar
from avatar.human.wardrobe.garments import BottomFit
from avatar.human.wardrobe.mesh import smoothstep
from avatar.human.wardrobe.pattern import Cut
from avatar.human.wardrobe.surface import Surface

SKIRT_ROWS = 10
FOLDS = 8  # round the hem


def drape_skirt(dummy: Dummy, fit: BottomFit, cut: Cut, smooth: sp.csr_matrix, below: Surface) -> Draped:
    """A skirt on a figure, outside ``below``."""
    frame, k, gap = dummy.frame, dummy.frame.scale, gap_of(dummy, fit)
    q, weights = hip_block(dummy, fit, cut)
    start, own = q[cut.loop], weights[cut.loop]
    theta, radius, outward = trunk_polar(frame, start)
    depth = start[:, 2] - outward[:, 2] * radius
    hem = leg_hem(frame, fit)
    grid = dummy.hips.bridged(1.0).blurred(1.5, 2.0)
    rows, row_weights = [q], [weights]
    r, above = radius.copy(), start[:, 1].copy()
    for number in range(1, cut.rows + 1):
        v = number / cut.rows
        y = start[:, 1] + (hem - start[:, 1]) * v
        r = np.maximum(grid.sample(y, theta) + gap + fit.ease * k, r + fit.flare * (above - y))
        above = y
        wave = fit.waves * k * smoothstep(0.15, 1.0, v) * np.cos(FOLDS * theta + 0.9 * np.sin(2 * theta) + 0.4)
        row = np.stack([np.sin(theta) * (r + wave), y, depth + np.cos(theta) * (r + wave)], 1)
        rows.append(row)
        swing = float(smoothstep(0, 0.4, v))
        hanging = 0.20 * free_weights(dummy, row) + 0.80 * thigh_weights(dummy, _on_thigh(dummy, row), 0.06 * k)
        row_weights.append(own * (1 - swing) + hanging * swing)
    cloth = np.vstack(rows)
    loose = smoothstep(frame.crotch + 0.085 * k, hem, cloth[:, 1])[:, None]
    calm = relax(cloth, smooth, below, gap, 4, 0.4)
    cloth = below.push_out(calm + (cloth - calm) * loose, gap)
    edge = cut.edges["hem"]
    cloth[edge, 1] = cloth[edge, 1].mean()
    return finish(cloth, np.vstack(row_weights), cut, smooth)


def _on_thigh(dummy: Dummy, points: F64) -> F64:
    """Where to ask for weights: not below the lower thigh, so that a skirt never bends with the knee."""
    lowest = dummy.frame.knee + 0.10 * dummy.frame.scale
    return np.stack([points[:, 0], np.maximum(points[:, 1], lowest), points[:, 2]], 1)


def free_weights(dummy: Dummy, p: F64) -> F64:
    """Skin weights of cloth that hangs below the waist: hips, then both thighs by side."""
    frame, k = dummy.frame, dummy.frame.scale
    hip = frame.legs["Left"][1]
    leg = smoothstep(hip[1] + 0.07 * k, hip[1] - 0.12 * k, p[:, 1])
    half = abs(hip[0]) * 1.1
    left = smoothstep(-half, half, p[:, 0])
    weights = np.zeros((len(p), dummy.weights.shape[1]))
    weights[:, dummy.columns["LeftUpLeg"]] = leg * left
    weights[:, dummy.columns["RightUpLeg"]] = leg * (1 - left)
    weights[:, dummy.columns["Hips"]] = 1 - leg
    return weights
