"""From pattern to part: drape on the figure, turn the edges, drop what another garment covers, put on the paint."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F64, I64, Material, Part
from avatar.human.wardrobe.drape import Draped, clear
from avatar.human.wardrobe.frame import Dummy
from avatar.human.wardrobe.lips import lip_mesh
from avatar.human.wardrobe.pattern import Pattern
from avatar.human.wardrobe.strips import Sewing
from avatar.human.wardrobe.surface import Surface, with_layer


@dataclass(frozen=True, slots=True)
class Worn:
    """A garment on a figure before it becomes a part."""

    pattern: Pattern
    draped: Draped  # cloth; positions already clear of what is below
    positions: F64  # cloth, then inner lip vertices, then trimmings
    normals: F64
    weights: F64


def put_on(
    dummy: Dummy, pattern: Pattern, draped: Draped, below: Surface, gap: float | F64, frozen: NDArray[np.bool_],
    sewing: Sewing | None = None,
) -> Worn:  # fmt: skip
    """Clear the simplified cloth of the layer below, turn its edges, sew on what belongs to it.

    gap: metres, one or (n,); frozen: (n,) cloth vertices that stay where they are.
    """
    placed = Draped(clear(draped, pattern.shell, below, gap, frozen), draped.normals, draped.weights)
    lips = tuple(pattern.open_edges[edge] for edge in pattern.turned)
    positions, normals, weights, _ = lip_mesh(placed, pattern.shell, lips, dummy.frame.scale)
    sewn = sewing(placed, pattern.open_edges) if sewing else ()
    return Worn(
        pattern,
        placed,
        np.vstack([positions, *(trimming.positions for trimming in sewn)]),
        np.vstack([normals, *(trimming.normals for trimming in sewn)]),
        np.vstack([weights, *(trimming.weights for trimming in sewn)]),
    )


def over(worn: Worn, below: Surface) -> Surface:
    """What the next garment has to stay outside of."""
    return with_layer(below, worn.draped.positions, worn.draped.normals, worn.pattern.shell)


def as_part(worn: Worn, node: str, material: Material, dropped: NDArray[np.bool_] | None = None) -> Part:
    """The drawn mesh. Triangles whose three cloth vertices are all ``dropped`` (n,) are left out."""
    source, triangles = worn.pattern.source, worn.pattern.triangles
    if dropped is not None:
        gone = np.zeros(len(worn.positions), bool)
        gone[: len(dropped)] = dropped
        triangles = triangles[~gone[source[triangles]].all(1)]
    used, inverse = np.unique(triangles, return_inverse=True)
    vertices = source[used]
    return Part(
        node=node,
        material=material,
        positions=worn.positions[vertices],
        normals=worn.normals[vertices],
        uv=worn.pattern.uv[used],
        triangles=_indices(inverse),
        weights=worn.weights[vertices].astype(np.float32),
    )


def _indices(inverse: NDArray[np.intp]) -> I64:
    return inverse.reshape(-1, 3).astype(np.int64)
