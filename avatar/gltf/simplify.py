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
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from avatar.errors import InvalidModel
from avatar.gltf.accessors import read_floats
from avatar.gltf.document import Change, Document, Tree
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.simplifier import simplify_sloppy, simplify_with_attributes
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


@dataclass(frozen=True, slots=True)
class SimplifyOptions:
    """Weights of what counts as error, relative to position. Tuned on posed and morphed avatars (bench/lods.py)."""

    normals: float = 0.1  # a right angle costs as much as this part of the model's extent
    morphs: float = 1.0
    skin: float = 0.03  # metres that a vertex strays for a whole joint of wrong weight
    texture: float = 0.05
    components: int = 6  # principal components kept of morphs and of skin weights
    face: float = 3.0  # importance of surface that morphs, times what its part has
    near: float = 3.0  # importance of what surrounds the face: ears, neck, collar
    stirs: float = 6e-4  # of the extent: surface that a morph moves farther than this is face
    reach: float = 0.16  # of the extent: what is nearer to the middle of the face than this surrounds it
    floor: float = 0.2  # of its even share: what every part keeps at least
    least: int = 12  # triangles that a part keeps in any case
    contact: float = 0.002  # of the extent: lips and lids nearer than this touch
    locks: float = 0.04  # vertices locked on the edges of lips and lids, at most, for each triangle of the target


DEFAULTS = SimplifyOptions()


@dataclass(frozen=True, slots=True)
class Apart:
    """A part that is reduced on its own: to ``share`` times an even reduction and ``most`` of the whole target."""

    share: float
    most: float = 1.0
    worth: float = 0.0  # of its triangles: with fewer than this it is dropped whole
    rigid: bool = False  # made of pieces that must all stay: dropped whole when one does not


SNAP = 2.0**-17  # of the extent, 14 um on a person: vertices nearer than this are at one place

# Parts by the names of node, mesh and material, first match wins. Reduced on their own: what few will miss from afar,
# what is all edges and would outbid the face (cards of hair), and thin frames, whose small triangles all show.
# Nothing is pruned from these: each card and each piece of a frame stays as long as it has triangles.
APART = (
    (re.compile(r"lash", re.I), Apart(1.0, worth=0.2)),
    (re.compile(r"shadow|occlusion", re.I), Apart(0.4)),
    (re.compile(r"teeth|tongue", re.I), Apart(0.5)),
    (re.compile(r"glasses|eyewear|facewear|headset|headwear|earring", re.I), Apart(6.0, most=0.06, rigid=True)),
    (re.compile(r"(beard|brow)(?!.*_cap)", re.I), Apart(2.6, most=0.09)),
    (re.compile(r"hair(?!.*_cap)", re.I), Apart(1.7, most=0.2)),
    (re.compile(r"eye", re.I), Apart(1.2)),  # balls behind the lids: merged with the face they would be pruned away
)
# Importance: thin shells that the skin must not poke through.
NAMED = ((re.compile(r"outfit|shirt|cloth", re.I), 1.5),)
# Morphs in which two sides of the face meet or part: their edges must stay in step, or the mouth shows teeth at rest.
PARTING = ("jawOpen", "mouthOpen", "viseme_aa", "mouthFunnel")
CLOSING = ("eyeBlinkLeft", "eyeBlinkRight", "eyesClosed")
_MAX_MORPHS = 128  # a principal component analysis of more would take longer than the simplification


@dataclass(frozen=True, slots=True)
class Shape:
    """Triangles, and only the vertices they use."""

    rows: I64  # (n,) vertex numbers in the primitive
    corners: I64  # (t, 3) into rows
    positions: F64  # (n, 3) in the bind pose
    places: I64  # (n,) number of the place: equal for vertices of any part at the same position


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive, or a region of it, as the simplifier sees it."""

    name: str
    spot: Spot
    shape: Shape
    columns: F64  # (n, k) what counts as error besides position
    locked: NDArray[np.bool_]  # (n,)
    copies: int  # how many nodes show it
    apart: Apart | None


def simplify(document: Document, target: int, sidecar: Sidecar, options: SimplifyOptions = DEFAULTS) -> Change:
    """``document`` with at most ``target`` drawn triangles, all of them on original vertices.

    Takes indexed or plain triangle primitives (``weld`` first joins what belongs together). Raises ``InvalidModel``
    for geometry that is not finite, ``CodecFailed`` when the simplifier fails.
    """
    parts = _gather(document, target, options)
    before = sum(len(part.shape.corners) * part.copies for part in parts)
    if before <= target:
        return Change(document, (f"kept all {before:,} triangles",))
    kept = _fit(parts, target, before, sidecar, options)
    after = sum(len(corners) * part.copies for part, corners in zip(parts, kept, strict=True))
    lists: dict[Spot, list[I64]] = {}
    for part, corners in zip(parts, kept, strict=True):
        lists.setdefault(part.spot, []).append(part.shape.rows[corners])
    replaced = {spot: np.concatenate(found) for spot, found in lists.items()}
    locked = sum(int(part.locked.sum()) for part in parts)
    note = (
        f"simplified {before:,} to {after:,} triangles in {len(lists)} primitives; locked {locked} lip and lid vertices"
    )
    dropped = (
        f"dropped {part.name} whole: too few triangles are left for it"
        for part, corners in zip(parts, kept, strict=True)
        if len(corners) == 0
    )
    return Change(with_triangles(document, replaced), (note, *dropped))


# --- the budget -------------------------------------------------------------------------------------------------------


def _fit(parts: Sequence[Part], target: int, total: int, sidecar: Sidecar, options: SimplifyOptions) -> list[I64]:
    """Triangles of each part, together at most ``target``: what stands apart and floors first, then the rest."""
    ratio = target / total
    share = [options.floor * ratio * len(part.shape.corners) for part in parts]
    floors = [
        min(len(part.shape.corners), max(options.least, int(each))) for part, each in zip(parts, share, strict=True)
    ]
    drawn = sum(floor * part.copies for floor, part in zip(floors, parts, strict=True))
    if drawn > target / 2:  # hundreds of small parts: their floors must not eat the budget
        floors = [int(floor * target / 2 / drawn) for floor in floors]
    kept: dict[int, I64] = {}
    for at, part in enumerate(parts):
        if part.apart is not None:
            even = ratio * len(part.shape.corners)
            own = int(min(part.apart.share * even, part.apart.most * target))
            if own < part.apart.worth * len(part.shape.corners):
                kept[at] = part.shape.corners[:0]
            else:
                kept[at] = _alone(parts, at, max(floors[at], own), sidecar)
    slack = 0
    for flags in (("Prune",), ("Prune",), ("Prune",), ("Prune", "Permissive"), ("Prune", "Permissive")):
        shared = [at for at in range(len(parts)) if at not in kept]
        budget = target - slack - _drawn(parts, kept)
        seams = _places(parts[at] for at in kept)
        result = _together([parts[at] for at in shared], seams, budget, flags, sidecar) if shared and budget > 0 else []
        trial = {**kept, **dict(zip(shared, result, strict=False))}
        low = [at for at in shared if at in trial and len(trial[at]) < floors[at]]
        if low:
            kept.update({at: _alone(parts, at, floors[at], sidecar) for at in low})
            continue
        over = _drawn(parts, trial) - target
        if len(trial) == len(parts) and over <= 0:
            return [trial[at] for at in range(len(parts))]
        slack += max(over, 0)
    return _coarse(parts, target, sidecar)


def _drawn(parts: Sequence[Part], kept: dict[int, I64]) -> int:
    return sum(len(corners) * parts[at].copies for at, corners in kept.items())


def _places(parts: Iterable[Part]) -> I64:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *(part.shape.places for part in parts)]))


def _alone(parts: Sequence[Part], at: int, target: int, sidecar: Sidecar) -> I64:
    seams = _places(part for number, part in enumerate(parts) if number != at)
    part = parts[at]
    if part.apart is None:
        return _together([part], seams, target * part.copies, ("Prune",), sidecar)[0]
    found = _together([part], seams, target * part.copies, (), sidecar)[0]
    if not part.apart.rigid:
        return found
    whole = _pieces(found, part.shape.places) == _pieces(part.shape.corners, part.shape.places)
    return found if whole else part.shape.corners[:0]


def _pieces(corners: I64, places: I64) -> int:
    """How many pieces these triangles (t, 3) make that share no place."""
    used, dense = np.unique(places[corners], return_inverse=True)
    ends = dense.reshape(-1, 3)
    links = coo_array((np.ones(2 * len(ends)), (np.tile(ends[:, 0], 2), ends[:, 1:].T.reshape(-1))), (len(used),) * 2)
    count, _ = connected_components(links, directed=False)
    return int(count)


def _together(parts: Sequence[Part], seams: I64, budget: int, flags: tuple[str, ...], sidecar: Sidecar) -> list[I64]:
    """One run of the simplifier over merged parts; ``budget`` counts drawn triangles. Vertices in ``seams``, places
    that parts outside this run have too, stay, or the surface would crack there."""
    starts = np.cumsum([0, *(len(part.shape.rows) for part in parts)])
    corners = np.concatenate([part.shape.corners + start for part, start in zip(parts, starts, strict=False)])
    positions = np.concatenate([part.shape.positions for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    drawn = sum(len(part.shape.corners) * part.copies for part in parts)
    share = int(budget * len(corners) / drawn)
    if share >= len(corners):
        return [part.shape.corners for part in parts]
    found = simplify_with_attributes(
        sidecar,
        corners.astype(np.uint32),
        positions.astype(np.float32),
        columns.astype(np.float32),
        share,
        locked=np.concatenate([part.locked | np.isin(part.shape.places, seams) for part in parts]),
        flags=flags,
    ).astype(np.int64)
    owner = np.searchsorted(starts, found, side="right") - 1
    whole = (owner == owner[:, :1]).all(axis=1)  # permissive collapses can join parts along a seam
    return [found[whole & (owner[:, 0] == at)] - starts[at] for at in range(len(parts))]


def _coarse(parts: Sequence[Part], target: int, sidecar: Sidecar) -> list[I64]:
    """The last resort for surfaces that resist (triangle soups, meshes of islands): blind to topology, then the
    largest triangles only."""
    ratio = target / sum(len(part.shape.corners) * part.copies for part in parts)
    kept: list[I64] = []
    for part in parts:
        budget = int(len(part.shape.corners) * ratio)
        found = simplify_sloppy(
            sidecar, part.shape.corners.astype(np.uint32), part.shape.positions.astype(np.float32), budget
        )
        corners = found[proper(found)].astype(np.int64)
        if len(corners) == 0 or len(corners) > budget:
            corners = part.shape.corners if len(corners) == 0 else corners
            sides = part.shape.positions[corners]
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
    for first, *_ in shown.values():
        every = triangles(document, first.tree(document))
        every = every[proper(every)]
        if len(every):
            rows, corners = np.unique(every, return_inverse=True)
            placed = placed_vertices(document, first, worlds, rows=rows)
            if not np.isfinite(placed).all():
                raise InvalidModel("the bind pose reaches to infinity", where="/nodes", mend="Check its node scales")
            raw.append((first, rows, corners.reshape(-1, 3), placed))
    if not raw:
        return []
    everything = np.concatenate([placed for _, _, _, placed in raw])
    extent = float(np.ptp(everything, axis=0).max()) or 1.0
    # Skinning rounds differently on the two sides of a seam; only sides that are equal bit by bit stay together.
    steps = np.round(everything / (extent * SNAP)).astype(np.int64)
    snapped = steps.astype(np.float64) * (extent * SNAP)
    places = np.unique(steps, axis=0, return_inverse=True)[1].reshape(-1)
    start = 0
    ratio = min(1.0, target / sum(len(corners) for _, _, corners, _ in raw))
    most = int(options.locks * target)
    drafts = []
    for placement, rows, corners, _ in raw:
        span = slice(start, start + len(rows))
        start += len(rows)
        here = Shape(rows, corners, snapped[span], places[span])
        drafts.append(_draft(document, placement, worlds, here, extent, ratio, most, options))
    faces = [draft.shape.positions[draft.stirred] for draft in drafts if draft.apart is None and draft.stirred.any()]
    middle = max(faces, key=len).mean(axis=0) if faces else None
    parts: list[Part] = []
    for draft, (placement, *_) in zip(drafts, raw, strict=True):
        copies = len(shown[placement.mesh, placement.primitive])
        parts += _regions(draft, copies, middle, options.reach * extent, options)
    return parts


@dataclass(frozen=True, slots=True)
class Draft:
    """A primitive before its regions are told apart."""

    name: str
    spot: Spot
    shape: Shape
    anchors: F64  # (n, 3) positions in steps: the columns of importance
    columns: F64  # (n, k) what else counts as error, at importance 1
    locked: NDArray[np.bool_]  # (n,)
    stirred: NDArray[np.bool_]  # (n,) where a morph moves it visibly
    importance: float
    apart: Apart | None


def _draft(
    document: Document,
    placement: Placement,
    worlds: F64,
    shape: Shape,
    extent: float,
    ratio: float,
    most: int,
    options: SimplifyOptions,
) -> Draft:
    primitive = placement.tree(document)
    rows, corners, placed = shape.rows, shape.corners, shape.positions
    deltas = _morph_deltas(document, placement, worlds, rows, placed)
    name, importance, apart = _importance(document, placement)
    motion = np.concatenate([*deltas.values()] or [placed[:, :0]], axis=1)
    farthest = (motion.reshape(len(rows), -1, 3) ** 2).sum(axis=2).max(axis=1, initial=0.0)
    step = float(np.sqrt(2 * _area(placed, corners) / (ratio * len(corners)))) or extent
    columns = np.concatenate(
        [
            options.normals * _normals(document, placement, worlds, rows),
            options.texture / step * _texture(document, primitive, rows, corners, placed),
            options.morphs / step * _principal(motion, options),
            options.skin / step * _skin_columns(document, primitive, rows, options),
        ],
        axis=1,
    )
    return Draft(
        name,
        (placement.mesh, placement.primitive),
        shape,
        (placed - placed.mean(axis=0)) / step,
        columns,
        _contacts(placed, deltas if apart is None else {}, options.contact * extent, most),
        farthest > (options.stirs * extent) ** 2,
        importance,
        apart,
    )


def _regions(draft: Draft, copies: int, middle: F64 | None, reach: float, options: SimplifyOptions) -> list[Part]:
    """The face, what is within ``reach`` of its ``middle``, and the rest: parts of rising importance. Neighbours keep
    the same vertices along their seam, so they fit together again."""
    corners, positions = draft.shape.corners, draft.shape.positions
    weights = np.full(len(corners), draft.importance)
    if draft.apart is None and middle is not None:
        face = draft.stirred[corners].any(axis=1)
        near = np.linalg.norm(positions[corners].mean(axis=1) - middle, axis=1) < reach
        weights[~face] = 1.0 if face.any() else draft.importance  # a head's importance is its face's
        weights[near] *= options.near
        weights[face] = options.face * draft.importance
    parts: list[Part] = []
    for weight in np.unique(weights):
        used, dense = np.unique(corners[weights == weight], return_inverse=True)
        importance = float(weight)
        shape = Shape(draft.shape.rows[used], dense.reshape(-1, 3), positions[used], draft.shape.places[used])
        columns = [np.sqrt(importance**2 - 1) * draft.anchors[used], importance * draft.columns[used]]
        parts.append(
            Part(
                draft.name,
                draft.spot,
                shape,
                np.concatenate(columns, axis=1),
                draft.locked[used],
                copies,
                draft.apart,
            )
        )
    return parts


def _importance(document: Document, placement: Placement) -> tuple[str, float, Apart | None]:
    """The name to report, the importance (at least 1), and how a part that is reduced on its own is.

    ``extras.importance`` overrules the names unless it is 1, which generators write where they have nothing to say.
    """
    primitive, mesh = placement.tree(document), document.tree["meshes"][placement.mesh]
    material = document.tree["materials"][primitive["material"]] if "material" in primitive else {}
    owners = (document.tree["nodes"][placement.node], mesh, material)
    names = " ".join(owner.get("name", "") for owner in owners)
    label = next((owner["name"] for owner in reversed(owners) if owner.get("name")), f"mesh {placement.mesh}")
    for owner in (primitive, mesh):
        extras = owner.get("extras")
        given = extras.get("importance") if isinstance(extras, dict) else None
        if isinstance(given, int | float) and given > 0 and given != 1:
            return label, max(1.0, float(given)), Apart(float(given)) if given < 1 else None
    for pattern, apart in APART:
        if pattern.search(names):
            return label, 1.0, apart
    for pattern, importance in NAMED:
        if pattern.search(names):
            return label, importance, None
    return label, 1.0, None


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


def _contacts(placed: F64, deltas: dict[str, F64], reach: float, most: int) -> NDArray[np.bool_]:
    """(n,) True for up to ``most`` vertices on the edges of lips and lids, in facing pairs.

    A pair touches in one of rest and morph and clearly parts in the other. Where there are too many, those that lie
    farthest from the ones already taken go first, so that both edges keep the same corners all along.
    """
    pairs: list[I64] = []
    middles: list[F64] = []
    for name in (*PARTING, *CLOSING):
        if name not in deltas:
            continue
        moved = placed + deltas[name]
        touching, apart = (moved, placed) if name in CLOSING else (placed, moved)
        movers = np.flatnonzero(np.linalg.norm(deltas[name], axis=1) > 2 * reach)
        if len(movers) == 0:
            continue
        near = cKDTree(touching[movers]).sparse_distance_matrix(cKDTree(touching), reach, output_type="ndarray")
        found = np.column_stack([movers[near["i"]], near["j"]])
        found = found[np.linalg.norm(apart[found[:, 0]] - apart[found[:, 1]], axis=1) > 3 * reach]
        order = np.argsort(np.linalg.norm(touching[found[:, 0]] - touching[found[:, 1]], axis=1), kind="stable")
        _, firsts = np.unique(found[order, 0], return_index=True)  # the nearest opposite of each
        pairs.append(found[order][firsts])
        middles.append(touching[pairs[-1]].mean(axis=1))
    locked = np.zeros(len(placed), np.bool_)
    if not pairs:
        return locked
    every, spots = np.concatenate(pairs), np.concatenate(middles)
    distance = np.full(len(every), np.inf)
    at = 0
    while len(every) and locked.sum() + 2 <= most and distance[at] > 0:
        locked[every[at]] = True
        distance = np.minimum(distance, np.linalg.norm(spots - spots[at], axis=1))
        at = int(distance.argmax())
    return locked
