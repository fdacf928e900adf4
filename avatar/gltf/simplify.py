"""Fewer triangles, the same vertices: skins, morphs and texture coordinates survive bit by bit.

All primitives are merged where the bind pose puts them and share one budget that follows the error, so triangles end
up where they show. What counts as error besides position: normals, the motion of morph targets, skin weights and
texture coordinates, each as columns that are linear on flat, evenly moving surface. The importance of a part is one
more group of columns, a scaled copy of its positions: their quadric is the part's own plane distance again, so it
raises the cost of a part without moving its vertices apart from a neighbour's along a seam.

Error quadrics: Garland and Heckbert 1998 ("Simplifying Surfaces with Color and Texture using Quadric Error Metrics");
the simplifier is meshoptimizer in the sidecar.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.spatial import cKDTree

from avatar.errors import InvalidModel
from avatar.gltf.accessors import read_floats
from avatar.gltf.document import Change, Document, Tree
from avatar.gltf.pose import (
    F64,
    I64,
    Placement,
    placed_vertices,
    placements,
    skin_weights,
    target_names,
    triangles,
    world_matrices,
)
from avatar.gltf.reindex import Spot, proper, with_triangles
from avatar.gltf.sidecar import Sidecar


@dataclass(frozen=True, slots=True)
class SimplifyOptions:
    """Weights of what counts as error, relative to position. Tuned on posed and morphed avatars (bench/lods.py)."""

    normals: float = 0.05  # a right angle costs as much as this part of the model's extent
    morphs: float = 1.0
    skin: float = 0.01  # metres that a vertex strays for a whole joint of wrong weight
    texture: float = 0.05
    components: int = 6  # principal components kept of morphs and of skin weights
    morphing: float = 2.0  # importance of parts that morph, where ``extras.importance`` says nothing
    floor: float = 0.3  # of its even share: what every part keeps at least
    least: int = 12  # triangles that a part keeps in any case
    contact: float = 0.002  # of the extent: lips and lids nearer than this touch


DEFAULTS = SimplifyOptions()
# Parts that few will miss from afar, first match wins: they are reduced on their own, to this part of an even share.
MINOR = (
    (re.compile(r"lash", re.I), 0.5),
    (re.compile(r"shadow|occlusion", re.I), 0.4),
    (re.compile(r"teeth|tongue|mouth", re.I), 0.6),
)
# Morphs in which two sides of the face meet or part: their edges must stay in step, or the mouth shows teeth at rest.
PARTING = ("jawOpen", "mouthOpen", "viseme_aa", "mouthFunnel")
CLOSING = ("eyeBlinkLeft", "eyeBlinkRight", "eyesClosed")
_MAX_MORPHS = 128  # a principal component analysis of more would take longer than the simplification


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive as the simplifier sees it: only the vertices its triangles use."""

    spot: Spot
    rows: I64  # (n,) vertex numbers in the primitive
    corners: I64  # (t, 3) into rows
    positions: F64  # (n, 3) in the bind pose
    columns: F64  # (n, k)
    locked: NDArray[np.bool_]  # (n,)
    copies: int  # how many nodes show it
    minor: float  # below 1: reduced on its own, by this factor


def simplify(document: Document, target: int, sidecar: Sidecar, options: SimplifyOptions = DEFAULTS) -> Change:
    """``document`` with at most ``target`` drawn triangles, all of them on original vertices.

    Takes indexed or plain triangle primitives (``weld`` first joins what belongs together). Raises ``InvalidModel``
    for geometry that is not finite, ``CodecFailed`` when the simplifier fails.
    """
    parts = _gather(document, target, options)
    before = sum(len(part.corners) * part.copies for part in parts)
    if before <= target:
        return Change(document, (f"kept all {before:,} triangles",))
    kept = _fit(parts, target, before, sidecar, options)
    after = sum(len(corners) * part.copies for part, corners in zip(parts, kept, strict=True))
    replaced = {part.spot: part.rows[corners] for part, corners in zip(parts, kept, strict=True)}
    locked = sum(int(part.locked.sum()) for part in parts)
    note = (
        f"simplified {before:,} to {after:,} triangles in {len(parts)} primitives; locked {locked} lip and lid vertices"
    )
    return Change(with_triangles(document, replaced), (note,))


# --- the budget -------------------------------------------------------------------------------------------------------


def _fit(parts: Sequence[Part], target: int, total: int, sidecar: Sidecar, options: SimplifyOptions) -> list[I64]:
    """Triangles of each part, together at most ``target``: minor parts and floors first, the rest shares the rest."""
    ratio = target / total
    share = [options.floor * ratio * len(part.corners) for part in parts]
    floors = [min(len(part.corners), max(options.least, int(each))) for part, each in zip(parts, share, strict=True)]
    drawn = sum(floor * part.copies for floor, part in zip(floors, parts, strict=True))
    if drawn > target / 2:  # hundreds of small parts: their floors must not eat the budget
        floors = [int(floor * target / 2 / drawn) for floor in floors]
    kept: dict[int, I64] = {}
    for at, part in enumerate(parts):
        if part.minor < 1:
            kept[at] = _alone(part, max(floors[at], int(part.minor * ratio * len(part.corners))), sidecar)
    slack = 0
    for flags in (("Prune",), ("Prune",), ("Prune",), ("Prune", "Permissive"), ("Prune", "Permissive")):
        shared = [at for at in range(len(parts)) if at not in kept]
        budget = target - slack - _drawn(parts, kept)
        result = _together([parts[at] for at in shared], budget, flags, sidecar) if shared and budget > 0 else []
        trial = {**kept, **dict(zip(shared, result, strict=False))}
        low = [at for at in shared if at in trial and len(trial[at]) < floors[at]]
        if low:
            kept.update({at: _alone(parts[at], floors[at], sidecar) for at in low})
            continue
        over = _drawn(parts, trial) - target
        if len(trial) == len(parts) and over <= 0:
            return [trial[at] for at in range(len(parts))]
        slack += max(over, 0)
    return _coarse(parts, target, sidecar)


def _drawn(parts: Sequence[Part], kept: dict[int, I64]) -> int:
    return sum(len(corners) * parts[at].copies for at, corners in kept.items())


def _alone(part: Part, target: int, sidecar: Sidecar) -> I64:
    return _together([part], target * part.copies, (), sidecar)[0]


def _together(parts: Sequence[Part], budget: int, flags: tuple[str, ...], sidecar: Sidecar) -> list[I64]:
    """One run of the simplifier over merged parts; ``budget`` counts drawn triangles."""
    starts = np.cumsum([0, *(len(part.rows) for part in parts)])
    corners = np.concatenate([part.corners + start for part, start in zip(parts, starts, strict=False)])
    positions = np.concatenate([part.positions for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    drawn = sum(len(part.corners) * part.copies for part in parts)
    share = int(budget * len(corners) / drawn)
    if share >= len(corners):
        return [part.corners for part in parts]
    found = sidecar.simplify(
        corners.astype(np.uint32),
        positions.astype(np.float32),
        columns.astype(np.float32),
        share,
        locked=np.concatenate([part.locked for part in parts]),
        flags=flags,
    ).astype(np.int64)
    owner = np.searchsorted(starts, found, side="right") - 1
    whole = (owner == owner[:, :1]).all(axis=1)  # permissive collapses can join parts along a seam
    return [found[whole & (owner[:, 0] == at)] - starts[at] for at in range(len(parts))]


def _coarse(parts: Sequence[Part], target: int, sidecar: Sidecar) -> list[I64]:
    """The last resort for surfaces that resist (triangle soups, meshes of islands): blind to topology, then the
    largest triangles only."""
    ratio = target / sum(len(part.corners) * part.copies for part in parts)
    kept: list[I64] = []
    for part in parts:
        budget = int(len(part.corners) * ratio)
        found = sidecar.simplify_sloppy(part.corners.astype(np.uint32), part.positions.astype(np.float32), budget)
        corners = found[proper(found)].astype(np.int64)
        if len(corners) == 0 or len(corners) > budget:
            corners = part.corners if len(corners) == 0 else corners
            sides = part.positions[corners]
            areas = np.linalg.norm(np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0]), axis=1)
            corners = corners[np.sort(np.argsort(-areas, kind="stable")[:budget])]
        kept.append(corners)
    return kept


# --- what counts as error ---------------------------------------------------------------------------------------------


def _gather(document: Document, target: int, options: SimplifyOptions) -> list[Part]:
    worlds = world_matrices(document)
    shown: dict[Spot, list[Placement]] = {}
    for placement in placements(document):
        shown.setdefault((placement.mesh, placement.primitive), []).append(placement)
    raw: list[tuple[Placement, I64, I64, F64]] = []
    for places in shown.values():
        every = triangles(document, places[0].tree(document))
        every = every[proper(every)]
        if len(every):
            rows, corners = np.unique(every, return_inverse=True)
            placed = placed_vertices(document, places[0], worlds, rows=rows)
            if not np.isfinite(placed).all():
                raise InvalidModel("the bind pose reaches to infinity", where="/nodes", mend="Check its node scales")
            raw.append((places[0], rows, corners.reshape(-1, 3), placed))
    if not raw:
        return []
    everything = np.concatenate([placed for _, _, _, placed in raw])
    extent = float(np.ptp(everything, axis=0).max()) or 1.0
    ratio = min(1.0, target / sum(len(corners) for _, _, corners, _ in raw))
    parts = []
    for placement, rows, corners, placed in raw:
        copies = len(shown[placement.mesh, placement.primitive])
        parts.append(_part(document, placement, worlds, rows, corners, placed, copies, extent, ratio, options))
    return parts


def _part(
    document: Document,
    placement: Placement,
    worlds: F64,
    rows: I64,
    corners: I64,
    placed: F64,
    copies: int,
    extent: float,
    ratio: float,
    options: SimplifyOptions,
) -> Part:
    primitive = placement.tree(document)
    deltas = _morph_deltas(document, placement, worlds, rows, placed)
    importance, minor = _importance(document, placement, bool(deltas), options)
    motion = np.concatenate([*deltas.values()] or [placed[:, :0]], axis=1)
    step = float(np.sqrt(2 * _area(placed, corners) / (ratio * len(corners)))) or extent
    columns = np.concatenate(
        [
            np.sqrt(importance**2 - 1) * (placed - placed.mean(axis=0)) / step,
            importance * options.normals * _normals(document, placement, worlds, rows),
            importance * options.texture / step * _texture(document, primitive, rows, corners, placed),
            importance * options.morphs / step * _principal(motion, options),
            importance * options.skin / step * _skin_columns(document, primitive, rows, options),
        ],
        axis=1,
    )
    spot = (placement.mesh, placement.primitive)
    locked = _contacts(placed, deltas, options.contact * extent)
    return Part(spot, rows, corners, placed, columns, locked, copies, minor)


def _importance(
    document: Document, placement: Placement, morphs: bool, options: SimplifyOptions
) -> tuple[float, float]:
    """Importance (at least 1) and, for minor parts, their factor (else 1). ``extras.importance`` overrules both."""
    primitive, mesh = placement.tree(document), document.tree["meshes"][placement.mesh]
    for owner in (primitive, mesh):
        extras = owner.get("extras")
        given = extras.get("importance") if isinstance(extras, dict) else None
        if isinstance(given, int | float) and given > 0:
            return max(1.0, float(given)), min(1.0, float(given))
    material = document.tree["materials"][primitive["material"]] if "material" in primitive else {}
    names = (document.tree["nodes"][placement.node].get("name"), mesh.get("name"), material.get("name"))
    for pattern, factor in MINOR:
        if any(pattern.search(name) for name in names if name):
            return 1.0, factor
    return (options.morphing if morphs else 1.0), 1.0


def _linear_part(document: Document, placement: Placement, worlds: F64) -> F64:
    """(3, 3) from mesh space to world space, for directions. Skinned vertices follow the skin's first joint, which
    holds the scale and turn of the whole rig."""
    node = document.tree["nodes"][placement.node]
    if "skin" not in node:
        rigid: F64 = worlds[placement.node][:3, :3]
        return rigid
    skin = document.tree["skins"][node["skin"]]
    matrix = worlds[skin["joints"][0]]
    if "inverseBindMatrices" in skin:
        matrix = matrix @ read_floats(document, skin["inverseBindMatrices"])[0].astype(float).reshape(4, 4).T
    linear: F64 = matrix[:3, :3]
    return linear


def _morph_deltas(document: Document, placement: Placement, worlds: F64, rows: I64, placed: F64) -> dict[str, F64]:
    """Name -> (n, 3) world displacement, of the targets that move something; the largest when there are too many."""
    primitive = placement.tree(document)
    linear = _linear_part(document, placement, worlds)
    deltas: dict[str, F64] = {}
    for name, target in zip(
        target_names(document.tree["meshes"][placement.mesh]), primitive.get("targets", ()), strict=False
    ):
        if "POSITION" not in target:
            continue
        offset = read_floats(document, target["POSITION"])[rows]
        if offset.any():
            deltas[name] = offset @ linear.T
    if len(deltas) <= _MAX_MORPHS:
        return deltas
    largest = sorted(deltas, key=lambda name: -float((deltas[name] ** 2).sum()))[:_MAX_MORPHS]
    return {name: deltas[name] for name in largest}


def _principal(values: F64, options: SimplifyOptions) -> F64:
    """(n, m) -> (n, components): the linear projection that keeps most of ``values`` (uncentred PCA)."""
    columns = np.zeros((len(values), options.components))
    width = values.shape[1]
    if width == 0:
        return columns
    take = min(options.components, width)
    _, axes = eigh(values.T @ values, subset_by_index=(width - take, width - 1))
    columns[:, :take] = values @ axes
    return columns


def _normals(document: Document, placement: Placement, worlds: F64, rows: I64) -> F64:
    primitive = placement.tree(document)
    if "NORMAL" not in primitive["attributes"]:
        return np.zeros((len(rows), 3))
    accessor = primitive["attributes"]["NORMAL"]
    normals = read_floats(document, accessor)[rows] @ _linear_part(document, placement, worlds).T
    unit: F64 = normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return unit


def _texture(document: Document, primitive: Tree, rows: I64, corners: I64, placed: F64) -> F64:
    """Texture coordinates in metres: scaled by the part's average length of one unit of u and v."""
    if "TEXCOORD_0" not in primitive["attributes"]:
        return np.zeros((len(rows), 2))
    uv = read_floats(document, primitive["attributes"]["TEXCOORD_0"])[rows].astype(float)
    first, second, third = (uv[corners[:, at]] for at in range(3))
    one, two = second - first, third - first
    flat = float(np.abs(one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]).sum())
    metres: F64 = uv * (np.sqrt(2 * _area(placed, corners) / flat) if flat > 1e-9 else 0.0)
    return metres


def _area(placed: F64, corners: I64) -> float:
    sides = placed[corners]
    return float(np.linalg.norm(np.cross(sides[:, 1] - sides[:, 0], sides[:, 2] - sides[:, 0]), axis=1).sum()) / 2


def _skin_columns(document: Document, primitive: Tree, rows: I64, options: SimplifyOptions) -> F64:
    influences = skin_weights(document, primitive)
    if influences is None:
        return np.zeros((len(rows), options.components))
    joints, weights = influences[0][rows], influences[1][rows]
    _, dense = np.unique(joints, return_inverse=True)
    table = np.zeros((len(rows), int(dense.max()) + 1))
    np.add.at(table, (np.arange(len(rows))[:, None], dense.reshape(joints.shape)), weights)
    return _principal(table, options)


def _contacts(placed: F64, deltas: dict[str, F64], reach: float) -> NDArray[np.bool_]:
    """(n,) True for vertices that touch another in one of rest and morph and clearly part from it in the other: the
    edges of lips and lids."""
    locked = np.zeros(len(placed), np.bool_)
    for names, together in ((PARTING, None), (CLOSING, True)):
        for name in names:
            if name not in deltas:
                continue
            moved = placed + deltas[name]
            touching, apart = (moved, placed) if together else (placed, moved)
            candidates = np.flatnonzero(np.linalg.norm(deltas[name], axis=1) > 2 * reach)
            if len(candidates) == 0:
                continue
            near = cKDTree(touching[candidates]).query_ball_tree(cKDTree(touching), reach)
            for at, others in zip(candidates, near, strict=True):
                far = np.linalg.norm(apart[others] - apart[at], axis=1) > 3 * reach
                if far.any():
                    locked[at] = True
                    locked[np.asarray(others)[far]] = True
    return locked
