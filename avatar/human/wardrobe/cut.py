"""Cutting a garment out of the shell along iso-lines. Runs only when the patterns are baked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from avatar.human.figure import F64, I64
from avatar.human.wardrobe.mesh import unique_edges

SNAP = 0.3  # share of an edge within which a vertex is slid onto the cut, so that no sliver appears


@dataclass(frozen=True, slots=True)
class Cloth:
    """A piece of the shell while it is being cut."""

    positions: F64  # (n, 3) on the template body
    triangles: I64  # (t, 3)
    origin: F64  # (n, s) each row: the shell vertices that a vertex is mixed from

    def compact(self) -> Cloth:
        """Without unused vertices."""
        used, inverse = np.unique(self.triangles, return_inverse=True)
        return Cloth(self.positions[used], inverse.reshape(-1, 3), self.origin[used])


def _slide(cloth: Cloth, values: F64) -> tuple[Cloth, F64]:
    """Vertices that are near the iso-line move onto it along the shortest crossing edge."""
    edges = unique_edges(cloth.triangles)
    first, second = values[edges[:, 0]], values[edges[:, 1]]
    crossing = (first >= 0) != (second >= 0)
    share = first[crossing] / (first[crossing] - second[crossing])
    nearest: dict[int, tuple[float, int]] = {}
    for (i, j), t in zip(edges[crossing].tolist(), share.tolist(), strict=True):
        for vertex, other, distance in ((i, j, t), (j, i, 1 - t)):
            if distance < SNAP and distance < nearest.get(vertex, (9.0, 0))[0]:
                nearest[vertex] = (distance, other)
    if not nearest:
        return cloth, values
    vertex = np.array(list(nearest))
    other = np.array([nearest[v][1] for v in vertex.tolist()])
    t_column = np.array([nearest[v][0] for v in vertex.tolist()])[:, None]
    positions, origin, moved = cloth.positions.copy(), cloth.origin.copy(), values.copy()
    positions[vertex] = cloth.positions[vertex] * (1 - t_column) + cloth.positions[other] * t_column
    origin[vertex] = cloth.origin[vertex] * (1 - t_column) + cloth.origin[other] * t_column
    moved[vertex] = 0.0
    return Cloth(positions, cloth.triangles, origin), moved


def clip(cloth: Cloth, values: F64) -> Cloth:
    """Keep the part where ``values`` (n,) is not negative; crossing triangles are split on the iso-line."""
    cloth, values = _slide(cloth, values)
    inside, strict = values >= 0, values > 0
    count = inside[cloth.triangles].sum(1)
    kept = [tuple(t) for t in cloth.triangles[(count == 3) & strict[cloth.triangles].any(1)].tolist()]
    made: dict[tuple[int, int], int] = {}

    def cut(i: int, j: int) -> int:
        return made.setdefault((min(i, j), max(i, j)), len(values) + len(made))

    for triangle in cloth.triangles[((count == 1) | (count == 2)) & strict[cloth.triangles].any(1)].tolist():
        outline: list[int] = []
        for k in range(3):
            p, q = triangle[k], triangle[(k + 1) % 3]
            if inside[p]:
                outline.append(p)
            if inside[p] != inside[q] and values[p] != 0 and values[q] != 0:
                outline.append(cut(p, q))
        kept += [(outline[0], outline[k], outline[k + 1]) for k in range(1, len(outline) - 1)]
    positions, origin = cloth.positions, cloth.origin
    if made:
        i, j = (np.array([pair[k] for pair in made]) for k in (0, 1))
        t = (values[i] / (values[i] - values[j]))[:, None]
        positions = np.vstack([positions, positions[i] * (1 - t) + positions[j] * t])
        origin = np.vstack([origin, origin[i] * (1 - t) + origin[j] * t])
    return Cloth(positions, np.array(kept, np.int64).reshape(-1, 3), origin).compact()
