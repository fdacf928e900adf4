"""Trimmings as strips: grids of points that are sewn to the cloth and move with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.drape import Draped
from avatar.human.wardrobe.frame import Frame
from avatar.human.wardrobe.mesh import unit, vertex_normals
from avatar.human.wardrobe.surface import Surface


@dataclass(frozen=True, slots=True)
class Trimming:
    """A collar, a hood, a lapel: its own panel of the texture."""

    panel: str
    positions: F64  # (m, 3)
    normals: F64  # (m, 3) unit
    weights: F64  # (m, joints)
    triangles: I64  # (t, 3) over its own vertices, the same on every figure
    place: F64  # (m, 2) metres along and across, upright in the texture


Sewing = Callable[[Draped, Mapping[str, I64]], tuple[Trimming, ...]]  # from the cloth and its open edges


def strip(panel: str, rows: F64, weights: F64, *, turned: bool = False) -> Trimming:
    """A grid of points (rows, columns, 3); weights (columns, joints) or (rows * columns, joints).

    Seen from outside its columns run to the right and its rows upwards; ``turned`` when they run downwards.
    """
    m, n = rows.shape[:2]
    index = np.arange(m * n).reshape(m, n)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    triangles = np.concatenate([np.stack(t, -1).reshape(-1, 3) for t in ((a, b, c), (a, c, d))])
    along = np.linalg.norm(np.diff(rows, axis=1), axis=2).mean(0).cumsum()
    across = np.linalg.norm(np.diff(rows, axis=0), axis=2).mean(1).cumsum()
    place = np.stack(np.meshgrid(np.r_[0, along], np.r_[0, across]), -1).reshape(-1, 2)
    if turned:
        triangles, place[:, 1] = triangles[:, ::-1], -place[:, 1]
    positions = rows.reshape(-1, 3)
    own = np.tile(weights, (m, 1)) if len(weights) == n else weights
    return Trimming(panel, positions, vertex_normals(positions, triangles), own, triangles, place)


def sewn(cloth: Draped, surface: Surface, points: F64) -> F64:
    """Skin weights of cloth at points (n, 3): what is sewn on moves as what it is sewn to.

    surface: over the vertices of the cloth, in their order.
    """
    gap, index = surface.tree.query(points, 3)
    share = 1 / (np.asarray(gap) + 1e-3)
    share /= share.sum(1, keepdims=True)
    return np.asarray(np.einsum("nk,nkj->nj", share, cloth.weights[index]))


def laid_on(surface: Surface, points: F64, gap: float | F64) -> F64:
    """Points (n, 3) moved to ``gap`` metres over a surface, from wherever they are."""
    for _ in range(3):
        signed, direction = surface.distance(points, 4)
        points = points + direction * (gap - signed)[:, None]
    return points


def ring(edge: F64, weights: F64, frame: Frame, columns: int, opening: float) -> tuple[F64, F64, F64]:
    """An edge round the neck, resampled by angle: from ``opening`` radians left of the front, backwards, to the right.

    edge (m, 3) and its weights (m, joints); returns points (columns, 3), weights and angles (0 front, pi back).
    """
    angle = np.arctan2(edge[:, 0], edge[:, 2] - frame.neck[2] - 0.01 * frame.scale)
    order = np.argsort(angle)
    even = np.linspace(-1, 1, columns)
    at = np.pi + (np.pi - opening) * (0.5 * even + 0.5 * np.sin(even * np.pi / 2))  # denser in front
    turns = np.concatenate([angle[order] + turn for turn in (-2 * np.pi, 0, 2 * np.pi)])

    def resampled(values: F64) -> F64:
        tripled = np.tile(values[order], (3, 1))
        moving = np.flatnonzero(tripled.any(0))
        out = np.zeros((columns, values.shape[1]))
        for column in moving.tolist():
            out[:, column] = np.interp(at, turns, tripled[:, column])
        return out

    points = resampled(edge)
    points[1:-1] = (points[:-2] + 2 * points[1:-1] + points[2:]) / 4
    return points, resampled(weights), at


def outward(points: F64) -> F64:
    """Horizontal directions away from the middle of a ring."""
    away = points - points.mean(0)
    away[:, 1] = 0
    return unit(away)
