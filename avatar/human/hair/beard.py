"""A full beard: a painted shell on the skin and short cards, bound to the skin under them and moving with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from avatar.human.figure import F32, F64, I64, Delta, Figure
from avatar.human.hair import store
from avatar.human.hair.atlas import tile_uv
from avatar.human.hair.cards import cards
from avatar.human.hair.hairline import Roots
from avatar.human.hair.mesh import HairMesh, join
from avatar.human.hair.scalp import HeadModel
from avatar.human.hair.strands import Flow, Layer, grow
from avatar.human.hair.vectors import (
    grid_quads,
    quads_to_triangles,
    smoothstep,
    triangle_normals,
    unit,
    vertex_normals,
)

STILL = 5e-5  # a morph that moves the beard less than this (metres) is left out


def _length(r: Roots) -> F64:
    chin = smoothstep(-47, -56, r.elevation) * smoothstep(50, 12, np.abs(r.azimuth))
    return 0.012 + 0.020 * chin


def _everywhere(r: Roots) -> NDArray[np.bool_]:
    return np.ones(len(r), bool)


CHEEK = Layer(
    0, _length, _everywhere, Flow.BEARD, lift=0.16, flow_weight=1.0, gravity=0.35, comb_length=1.0, bend_length=0.012,
    adhesion=0.0, chaos=0.08, clearance=(0.002, 0.005), width=0.0135, tiles=("beard0", "beard1"), segments=2,
    shade=(0.86, 1.0), round=0.15, root_width=0.85, tip_width=0.85, jitter=0.2, root_shade=0.95, spacing=1.0,
)  # fmt: skip
MOUSTACHE = replace(
    CHEEK, length=0.0105, flow=Flow.MOUSTACHE, lift=0.12, width=0.0075, clearance=(0.0015, 0.0035), tip_width=0.6,
    chaos=0.05,
)  # fmt: skip
CHIN = replace(CHEEK, width=0.019, segments=3, lift=0.22, clearance=(0.003, 0.008), round=0.2)


def carry(index: I64, weight: F64, values: F64) -> F64:
    """Interpolate per-vertex ``values`` (19158, c) at bound points (..., 3) -> (..., c)."""
    mixed: F64 = np.einsum("...k,...kc->...c", weight, values[index])
    return mixed


def carried_morphs(morphs: Mapping[str, Delta], index: I64, weight: F64, repeat: int) -> dict[str, F64]:
    """The figure's morphs at bound points (n, 3), each point ``repeat`` vertices, without those that stand still."""
    used, inverse = np.unique(index, return_inverse=True)
    local = inverse.reshape(index.shape)
    out: dict[str, F64] = {}
    for name in sorted(morphs):
        delta = morphs[name]
        _, here, there = np.intersect1d(used, delta.index, assume_unique=True, return_indices=True)
        if not len(here):
            continue
        dense = np.zeros((len(used), 3))
        dense[here] = delta.offset[there]
        moved = carry(local, weight, dense)
        if np.abs(moved).max() > STILL:
            out[name] = np.repeat(moved, repeat, 0)
    return out


def carried_weights(weights: F32, index: I64, weight: F64, repeat: int) -> F32:
    """Skin weights of bound points: the four strongest of the corners' mix, renormalised."""
    mixed = carry(index, weight, weights.astype(np.float64))
    fourth = np.partition(mixed, -4, axis=1)[:, -4][:, None] if mixed.shape[1] > 4 else 0.0
    kept = np.where(mixed >= np.maximum(fourth, 1e-4), mixed, 0.0)
    return np.repeat((kept / kept.sum(1, keepdims=True)).astype(np.float32), repeat, 0)


def shell(figure: Figure, normals: F64) -> HairMesh:
    """Painted stubble on the skin, fading out along the edge of the beard."""
    data = store.load()
    columns, rows = data.beard_grid.shape[0] - 1, data.beard_grid.shape[1] - 1
    index, weight = data.beard_grid.reshape(-1, 3), data.beard_grid_weight.reshape(-1, 3)
    depth = data.beard_grid_depth.ravel()
    normal = unit(carry(index, weight, normals))
    position = carry(index, weight, figure.vertices) + normal * 0.0016
    across = np.repeat(np.linspace(0.05, 0.95, columns + 1), rows + 1)
    uv = tile_uv("buzz", across, np.clip(0.95 - depth / 7.0 * 0.5, 0.3, 0.999))
    triangles = quads_to_triangles(grid_quads(columns, rows))
    triangles = triangles[depth[triangles].max(1) > 0]
    if (triangle_normals(position, triangles) * normal[triangles[:, 0]]).sum() < 0:
        triangles = triangles[:, ::-1]
    return HairMesh(
        position,
        normal,
        uv,
        np.full(len(position), 0.9),
        triangles,
        carried_weights(figure.weights, index, weight, 1),
        carried_morphs(figure.morphs, index, weight, 1),
    )


def build(figure: Figure, head: HeadModel, rng: np.random.Generator) -> tuple[HairMesh, HairMesh]:
    """(shell, cards) of a full beard on this figure, with the figure's morphs and skin weights."""
    data = store.load()
    normals = vertex_normals(figure.vertices, store.skin_triangles())
    azimuth, elevation = data.beard_root_place.T
    parts = []
    for kind, layer in enumerate((CHEEK, CHIN, MOUSTACHE)):
        chosen = data.beard_root_kind == kind
        index, weight = data.beard_root[chosen], data.beard_root_weight[chosen]
        normal = unit(carry(index, weight, normals))
        position = carry(index, weight, figure.vertices)
        roots = Roots(position, normal, azimuth[chosen], elevation[chosen], np.zeros(len(index)))
        lines, clear = grow(layer, head, roots, rng, step=0.004)
        ribbons = cards(lines, clear, layer, head, rng)
        per_card = (layer.segments + 1) * 2
        parts.append(
            replace(
                ribbons,
                weights=carried_weights(figure.weights, index, weight, per_card),
                morphs=carried_morphs(figure.morphs, index, weight, per_card),
            )
        )
    return shell(figure, normals), join(parts)
