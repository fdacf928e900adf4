"""Moustache, goatee and beards: a painted shell on the skin and short cards, bound to the skin under them.

They move with the face.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from avatar.character import FacialHair
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

EDGE = 2.2  # degrees: whiskers nearer to the edge of a beard would stick out of its painted shell
ROUND = 25.0  # degrees of azimuth of a goatee
STILL = 5e-5  # a morph that moves the beard less than this (metres) is left out


@dataclass(frozen=True, slots=True)
class Beard:
    """One kind of facial hair: lengths in metres at adult head size."""

    cheek: float  # 0: none there
    chin: float
    lip: float
    shells: tuple[int, ...]  # what lies under it: -1 the cheeks' shell, else a row of ``mouth_grid_depth``
    tint: float = 0.95  # of the shell
    long: bool = False  # locks hang from the chin


BEARDS: dict[FacialHair, Beard] = {
    FacialHair.MOUSTACHE: Beard(0.0, 0.0, 0.0125, (0,)),
    FacialHair.GOATEE: Beard(0.0, 0.013, 0.0105, (1,)),
    FacialHair.SHORT_BEARD: Beard(0.0085, 0.010, 0.0085, (-1, 1)),
    FacialHair.BEARD: Beard(0.015, 0.031, 0.0115, (-1, 1), long=True),
}


def _everywhere(r: Roots) -> NDArray[np.bool_]:
    return np.ones(len(r), bool)


def each(lengths: F64) -> Callable[[Roots], F64]:
    """Lengths that are known for every root."""
    return lambda roots: lengths


CHEEK = Layer(
    0, 0.01, _everywhere, Flow.BEARD, lift=0.20, flow_weight=1.0, gravity=0.35, comb_length=1.0, bend_length=0.012,
    adhesion=0.0, chaos=0.10, clearance=(0.0015, 0.004), width=0.0165, tiles=("beard0", "beard1"), segments=2,
    shade=(0.90, 1.0), round=0.05, root_width=0.9, tip_width=0.8, jitter=0.2, root_shade=0.95, spacing=1.0, twist=0.1,
)  # fmt: skip
MOUSTACHE = replace(
    CHEEK, flow=Flow.MOUSTACHE, lift=0.16, width=0.0095, clearance=(0.0012, 0.003), tip_width=0.6, chaos=0.06,
)  # fmt: skip
LONG = replace(
    CHEEK, width=0.018, segments=3, lift=0.30, clearance=(0.003, 0.009), round=0.12, tip_width=0.55,
    tiles=("beard0", "beard1", "short0", "short1"),
)  # fmt: skip


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


def shell(figure: Figure, normals: F64, kind: Beard, row: int) -> HairMesh:
    """Painted stubble on the skin, fading out along the edge of the beard: of the cheeks (``row`` -1), or of what
    ``mouth_grid_depth`` has in that row."""
    data = store.load()
    if row < 0:
        grid, grid_weight, depth, soft = data.beard_grid, data.beard_grid_weight, data.beard_grid_depth, 7.0
    else:
        grid, grid_weight, depth, soft = data.mouth_grid, data.mouth_grid_weight, data.mouth_grid_depth[row], 3.0
    columns, rows = grid.shape[0] - 1, grid.shape[1] - 1
    index, weight, depth = grid.reshape(-1, 3), grid_weight.reshape(-1, 3), depth.ravel()
    normal = unit(carry(index, weight, normals))
    thick = 0.0010 + 0.0014 * smoothstep(0.0, soft, depth) + (0.0006 if row < 0 else 0.0)
    position = carry(index, weight, figure.vertices) + normal * thick[:, None]
    across = np.repeat(np.linspace(0.05, 0.95, columns + 1) * (1.0 if row < 0 else 0.4), rows + 1)
    uv = tile_uv("buzz", across, np.clip(0.98 - depth / soft * 0.5, 0.3, 0.999))
    triangles = quads_to_triangles(grid_quads(columns, rows))
    triangles = triangles[depth[triangles].max(1) > 0]
    if (triangle_normals(position, triangles) * normal[triangles[:, 0]]).sum() < 0:
        triangles = triangles[:, ::-1]
    return HairMesh(
        position,
        normal,
        uv,
        np.full(len(position), kind.tint),
        triangles,
        carried_weights(figure.weights, index, weight, 1),
        carried_morphs(figure.morphs, index, weight, 1),
    )


def build(figure: Figure, head: HeadModel, rng: np.random.Generator) -> HairMesh:
    """Shell and whiskers of the figure's beard, with its morphs and skin weights, all blended.

    The lower cards come first: those above lie over them.
    """
    kind = BEARDS[figure.character.hair.facial]
    data = store.load()
    normals = vertex_normals(figure.vertices, store.skin_triangles())
    shells = [shell(figure, normals, kind, row) for row in kind.shells]
    azimuth, elevation = data.beard_root_place.T
    cheek_layer = CHEEK
    chin_layer = LONG if kind.long else CHEEK
    if not kind.long:  # short whiskers are narrow, or their ends make bars
        cheek_layer, chin_layer = replace(CHEEK, width=0.0125), replace(CHEEK, width=0.0125)
    parts, heights, sizes = [], [], []
    for number, (layer, length) in enumerate(
        ((cheek_layer, kind.cheek), (chin_layer, kind.chin), (MOUSTACHE, kind.lip))
    ):
        inner = (data.beard_root_edge > EDGE) | (number == 2)
        inner &= (np.abs(azimuth) < ROUND) | (kind.cheek > 0) | (number == 2)
        chosen = np.nonzero((data.beard_root_kind == number) & inner)[0]
        if not length or not len(chosen):
            continue
        index, weight = data.beard_root[chosen], data.beard_root_weight[chosen]
        normal = unit(carry(index, weight, normals))
        position = carry(index, weight, figure.vertices)
        roots = Roots(position, normal, azimuth[chosen], elevation[chosen], np.zeros(len(index)))
        reach = length * (0.55 + 0.45 * smoothstep(0.5, 6.0, data.beard_root_edge[chosen]))  # shorter along the edge
        if kind.long and number < 2:
            low = smoothstep(-47, -56, elevation[chosen]) * smoothstep(52, 14, np.abs(azimuth[chosen]))
            reach = np.where(number == 1, np.maximum(reach * (0.45 + 0.55 * low), 0.010), reach)
        lines, clear = grow(replace(layer, length=each(reach)), head, roots, rng, step=0.004)
        ribbons = cards(lines, clear, layer, head, rng)
        per_card = (layer.segments + 1) * 2
        soft = unit(np.repeat(normal, per_card, 0) * 0.6 + ribbons.normal * 0.4)  # lit as the face: no scales
        parts.append(
            replace(
                ribbons,
                normal=soft,
                weights=carried_weights(figure.weights, index, weight, per_card),
                morphs=carried_morphs(figure.morphs, index, weight, per_card),
            )
        )
        heights.append(position[:, 1] + (0.05 if number == 2 else 0.0))
        sizes.append(layer.segments * 2)
    return join([*shells, upward(join(parts), np.concatenate(heights), sizes, [len(h) for h in heights])])


def upward(mesh: HairMesh, heights: F64, triangles_each: list[int], counts: list[int]) -> HairMesh:
    """The mesh with its cards in the order of ``heights``, lowest first."""
    each = np.repeat(triangles_each, counts)
    owner = np.repeat(np.arange(len(heights)), each)
    return replace(mesh, triangles=mesh.triangles[np.argsort(heights[owner], kind="stable")])
