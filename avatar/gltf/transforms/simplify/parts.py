"""A model's primitives as the simplifier sees them: where their vertices lie, and what counts as error there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InvalidModel
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import F64, I64, Placement, placed_vertices, placements, triangles, world_matrices
from avatar.gltf.transforms.reindex import Spot, proper, used_rows
from avatar.gltf.transforms.simplify.columns import area, bends, morph_deltas, normals, principal, texture
from avatar.gltf.transforms.simplify.contacts import contacts
from avatar.gltf.transforms.simplify.options import APART, NAMED, Apart, SimplifyOptions

SNAP = 2.0**-17  # of the extent, 14 um on a person: vertices nearer than this are at one place
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Shape:
    """Triangles, and only the vertices they use."""

    rows: I64  # (n,) vertex numbers in the primitive; where regions of other importance meet a row comes twice
    corners: I64  # (t, 3) into rows
    positions: F64  # (n, 3) in the bind pose
    places: I64  # (n,) number of the place: equal for vertices of any part at the same position


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive as the simplifier sees it."""

    name: str
    placement: Placement  # where it is shown first
    shape: Shape
    columns: F64  # (n, k) what counts as error besides position
    locked: Flags  # (n,) must stay
    joined: Flags  # (n,) on a texture seam that must not open
    copies: int  # how many nodes show it
    apart: Apart | None

    @property
    def spot(self) -> Spot:
        """Which primitive it is."""
        return self.placement.mesh, self.placement.primitive

    @property
    def drawn(self) -> int:
        """Triangles, as often as they are shown."""
        return len(self.shape.corners) * self.copies


@dataclass(frozen=True, slots=True)
class Draft:
    """A primitive before its regions are told apart."""

    name: str
    placement: Placement
    shape: Shape
    anchors: F64  # (n, 3) positions in steps: the columns of importance
    normals: F64  # (n, 3) of unit length
    columns: F64  # (n, k) what else counts as error, at importance 1
    locked: Flags  # (n,)
    joined: Flags  # (n,)
    stirred: Flags  # (n,) where a morph moves it visibly
    importance: float
    apart: Apart | None


def gather(document: Document, target: int, options: SimplifyOptions) -> list[Part]:
    """Every shown primitive of triangles. Raises ``InvalidModel`` when the bind pose is not finite."""
    worlds = world_matrices(document)
    shown: dict[Spot, list[Placement]] = {}
    for placement in placements(document):
        shown.setdefault((placement.mesh, placement.primitive), []).append(placement)
    raw: list[tuple[Placement, I64, I64, F64]] = []
    for first, *_ in shown.values():
        every = triangles(document, first.tree(document))
        every = every[proper(every)]
        if len(every):
            rows, corners = used_rows(every)
            placed = placed_vertices(document, first, worlds, rows=rows)
            if not np.isfinite(placed).all():
                raise InvalidModel("the bind pose reaches to infinity", where="/nodes", mend="Check its node scales")
            raw.append((first, rows, corners, placed))
    if not raw:
        return []
    everything = np.concatenate([placed for _, _, _, placed in raw])
    extent = float(np.ptp(everything, axis=0).max()) or 1.0
    # Skinning rounds differently on the two sides of a seam; only sides that are equal bit by bit stay together.
    steps = np.round(everything / (extent * SNAP)).astype(np.int64)
    snapped = steps.astype(np.float64) * (extent * SNAP)
    places = _numbered(steps)
    ratio = min(1.0, target / sum(len(corners) for _, _, corners, _ in raw))
    start = 0
    drafts = []
    for placement, rows, corners, _ in raw:
        span = slice(start, start + len(rows))
        start += len(rows)
        here = Shape(rows, corners, snapped[span], places[span])
        drafts.append(_draft(document, placement, worlds, here, extent, ratio, target, options))
    faces = [draft.shape.positions[draft.stirred] for draft in drafts if draft.apart is None and draft.stirred.any()]
    middle = max(faces, key=len).mean(axis=0) if faces else None
    return [
        _part(
            draft, len(shown[draft.placement.mesh, draft.placement.primitive]), middle, options.reach * extent, options
        )
        for draft in drafts
    ]


def _numbered(steps: NDArray[np.int64]) -> I64:
    """(n,) the same number for equal rows of (n, 3)."""
    low = steps.min(axis=0)
    span = (steps.max(axis=0) - low + 1).tolist()
    keys = ((steps[:, 0] - low[0]) * span[1] + steps[:, 1] - low[1]) * span[2] + steps[:, 2] - low[2]
    return np.unique(keys, return_inverse=True)[1].reshape(-1).astype(np.int64)


def places_of(parts: Iterable[Part]) -> I64:
    """Every place at which one of ``parts`` has a vertex."""
    return used_rows(np.concatenate([np.zeros(0, np.int64), *(part.shape.places for part in parts)]))[0]


def _draft(
    document: Document,
    placement: Placement,
    worlds: F64,
    shape: Shape,
    extent: float,
    ratio: float,
    target: int,
    options: SimplifyOptions,
) -> Draft:
    primitive = placement.tree(document)
    rows, corners, placed = shape.rows, shape.corners, shape.positions
    deltas = morph_deltas(document, placement, worlds, rows)
    name, importance, apart = _importance(document, placement)
    farthest = np.zeros(len(rows))
    for delta in deltas.values():
        np.maximum(farthest, np.einsum("ij,ij->i", delta, delta), out=farthest)
    moved = np.flatnonzero(farthest)  # most of a body stands still
    motion = np.zeros((len(rows), options.components))
    if len(moved):
        motion[moved] = principal(
            np.concatenate([delta[moved] for delta in deltas.values()], axis=1), options.components
        )
    stirred = farthest > (options.stirs * extent) ** 2
    # A simplifier multiplies the error of a column by the length of the edge that goes: in edges of the result,
    # metres count as metres.
    step = float(np.sqrt(2 * area(placed, corners) / (ratio * len(corners)))) or extent
    coordinates = texture(document, primitive, rows, corners, placed)
    columns = np.concatenate(
        [
            options.texture / step * coordinates,
            options.morphs / step * motion,
            options.bends / step * bends(document, placement, worlds, rows, placed, options.components),
        ],
        axis=1,
    )
    locked = contacts(placed, deltas if apart is None else {}, options.contact * extent, int(options.locks * target))
    joined = stirred & _torn(coordinates, shape.places) if _textured(document, primitive) else np.zeros_like(stirred)
    anchors = (placed - placed.mean(axis=0)) / step
    shading = normals(document, placement, worlds, rows)
    return Draft(name, placement, shape, anchors, shading, columns, locked, joined, stirred, importance, apart)


def _textured(document: Document, primitive: Tree) -> bool:
    material = document.tree["materials"][primitive["material"]] if "material" in primitive else {}
    return "baseColorTexture" in material.get("pbrMetallicRoughness", {})


def _torn(coordinates: F64, places: I64) -> Flags:
    """(n,) True where vertices at one place have several texture coordinates."""
    count = int(places.max()) + 1
    low, high = np.full((count, 2), np.inf), np.full((count, 2), -np.inf)
    np.minimum.at(low, places, coordinates)
    np.maximum.at(high, places, coordinates)
    apart: Flags = (high[places] - low[places] > 1e-6).any(axis=1)
    return apart


def _part(draft: Draft, copies: int, middle: F64 | None, reach: float, options: SimplifyOptions) -> Part:
    """The face, what is within ``reach`` of its ``middle``, and the rest: regions of rising importance, each with
    vertices of its own. They keep the same ones along their seams, so they fit together again."""
    corners, positions = draft.shape.corners, draft.shape.positions
    face: Flags = np.zeros(len(corners), np.bool_)
    near: Flags = np.zeros(len(corners), np.bool_)
    if draft.apart is None and middle is not None:
        face |= draft.stirred[corners].any(axis=1)
        near |= ~face & (np.linalg.norm(positions[corners].mean(axis=1) - middle, axis=1) < reach)
    rest = 1.0 if face.any() else draft.importance  # a head's importance is its face's
    regions = (
        (~face & ~near, rest, options.normals),
        (near, rest * options.near, options.normals),
        (face, draft.importance * options.face, options.face_normals),
    )
    taken: list[I64] = []
    lists: list[I64] = []
    columns: list[F64] = []
    start = 0
    for members, importance, bend in regions:
        if not members.any():
            continue
        used, dense = used_rows(corners[members])
        taken.append(used)
        lists.append(dense + start)
        others = np.concatenate([bend * draft.normals[used], draft.columns[used]], axis=1)
        columns.append(np.concatenate([np.sqrt(importance**2 - 1) * draft.anchors[used], importance * others], axis=1))
        start += len(used)
    used = np.concatenate(taken)
    shape = Shape(draft.shape.rows[used], np.concatenate(lists), positions[used], draft.shape.places[used])
    return Part(
        draft.name,
        draft.placement,
        shape,
        np.concatenate(columns),
        draft.locked[used],
        draft.joined[used],
        copies,
        draft.apart,
    )


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
