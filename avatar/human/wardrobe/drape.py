"""How cloth falls on a figure: what all garments share."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.frame import ARM_JOINTS, Dummy
from avatar.human.wardrobe.garments import BottomFit, TopFit
from avatar.human.wardrobe.mesh import four_strongest, unique_edges, unit, vertex_normals
from avatar.human.wardrobe.pattern import Cut
from avatar.human.wardrobe.refine import finer_positions, finer_values
from avatar.human.wardrobe.surface import Surface, samples

UNSHRINK = 0.8  # how much of the shrinking that comes with smoothing is taken back (Taubin 1995)
INNER_GAP = 0.0035  # metres to the skin of a shirt seen in the opening of a jacket


@dataclass(frozen=True, slots=True)
class Draped:
    """The cloth of one garment on one figure."""

    positions: F64  # (n, 3)
    normals: F64  # (n, 3) unit
    weights: F64  # (n, joints)


@dataclass(frozen=True, slots=True)
class Bare:
    """The cut as it lies on the shell, before any looseness."""

    positions: F64
    normals: F64
    weights: F64
    arm: F64  # (n,) share of arm joints


def lay(dummy: Dummy, cut: Cut, arm_joints: F64) -> Bare:
    def mix(values: F64) -> F64:
        return np.asarray(np.einsum("nk,nkc->nc", cut.share, values[cut.origin]))

    weights = mix(dummy.weights)
    return Bare(mix(dummy.positions), unit(mix(dummy.normals)), weights, weights @ arm_joints)


def arm_joints_of(dummy: Dummy) -> F64:
    marks = np.zeros(dummy.weights.shape[1])
    for name, column in dummy.columns.items():
        if name.startswith(ARM_JOINTS):
            marks[column] = 1.0
    return marks


def relax(positions: F64, smooth: sp.csr_matrix, below: Surface, gap: float | F64, rounds: int, strength: float) -> F64:
    """Umbrella smoothing that may never come nearer than ``gap`` to the layers below."""
    for number in range(rounds):
        positions = positions + strength * (smooth @ positions - positions)
        positions = positions - UNSHRINK * strength * (smooth @ positions - positions)
        if number % 2 or number == rounds - 1:
            positions = below.push_out(positions, gap)
    return positions


def finish(q: F64, weights: F64, cut: Cut, smooth: sp.csr_matrix) -> Draped:
    """Blur the skin weights, so that loose cloth bends softly, and take the normals of the full cloth."""
    used = np.flatnonzero(weights.any(0))
    soft = weights[:, used]
    for _ in range(4):
        soft = 0.5 * soft + 0.5 * (smooth @ soft)
    weights = np.zeros_like(weights)
    weights[:, used] = soft
    return Draped(q, vertex_normals(q, cut.triangles), four_strongest(weights))


def finer(draped: Draped, cut: Cut) -> Draped:
    """The cloth twice as fine, rounded between its vertices (`avatar.human.wardrobe.refine`)."""
    edges = unique_edges(cut.triangles)
    used = np.flatnonzero(draped.weights.any(0))
    weights = np.zeros((len(draped.positions) + len(edges), draped.weights.shape[1]))
    weights[:, used] = finer_values(draped.weights[:, used], edges)
    return Draped(
        finer_positions(draped.positions, draped.normals, edges),
        unit(finer_values(draped.normals, edges)),
        four_strongest(weights),
    )


def creased(draped: Draped, heights: F64) -> Draped:
    """Lifted by folds (n,), metres. The normals stay those of the smooth cloth: the normal map has the folds too."""
    return Draped(draped.positions + draped.normals * heights[:, None], draped.normals, draped.weights)


def clearance(fit: TopFit | BottomFit, cut: Cut, scale: float) -> F64:
    """(n,) metres that the vertices of the fine cloth keep from what is below."""
    return np.where(cut.is_inner(), INNER_GAP, fit.gap) * 0.8 * (0.4 + 0.6 * scale)


def clear(draped: Draped, triangles: I64, below: Surface, gap: float | F64, frozen: NDArray[np.bool_]) -> F64:
    """Vertices of the simplified garment moved outward until no edge or face dips into the layer below.

    gap: metres, one or (n,); frozen: (n,) True where nothing may move. Returns the positions (n, 3).
    """
    positions = draped.positions.copy()
    gap = np.broadcast_to(np.asarray(gap, np.float64), (len(positions),))
    for _ in range(3):
        points, _, owner = samples(positions, triangles)
        signed, _ = below.distance(points)
        need = np.zeros(len(positions))
        lack = np.maximum(gap[triangles[owner, 0]] - signed, 0.0)
        for corner in range(3):
            np.maximum.at(need, triangles[owner, corner], lack)
        used = np.zeros(len(positions), bool)
        used[triangles] = True
        signed, _ = below.distance(positions[used])
        need[used] = np.maximum(need[used], gap[used] - signed)
        need[frozen] = 0.0
        positions += draped.normals * np.minimum(need, 0.012)[:, None]
    return positions
