"""A model's primitives as the simplifier sees them: where their vertices lie, and what counts as error there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from avatar.errors import InvalidModel
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import (
    F64,
    I64,
    Influences,
    Placement,
    placed_influences,
    placements,
    posed_vertices,
    triangles,
    world_matrices,
)
from avatar.gltf.transforms.reindex import Spot, proper, used_rows
from avatar.gltf.transforms.simplify.columns import area, bends, lengths, linear_part, morph_motion, normals, texture
from avatar.gltf.transforms.simplify.contacts import Meetings, meetings
from avatar.gltf.transforms.simplify.options import APART, DEFAULTS, NAMED, Apart, SimplifyOptions
from avatar.gltf.transforms.simplify.strays import bent

SNAP = 2.0**-17  # of the extent, 14 um on a person: vertices nearer than this are at one place
Flags = NDArray[np.bool_]
F32 = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Shape:
    """Triangles, and only the vertices they use."""

    rows: I64  # (n,) vertex numbers in the primitive; where regions of other importance meet a row comes twice
    corners: I64  # (t, 3) into rows
    positions: F64  # (n, 3) in the bind pose
    bent: F64  # (n, 3) with every joint bent
    places: I64  # (n,) number of the place: equal for vertices of any part at the same position

    def taken(self, used: I64, corners: I64) -> Shape:
        """The vertices ``used``, under other triangles."""
        return Shape(self.rows[used], corners, self.positions[used], self.bent[used], self.places[used])


@dataclass(frozen=True, slots=True)
class Part:
    """One primitive as the simplifier sees it."""

    name: str
    placement: Placement  # where it is shown first
    shape: Shape
    columns: F32  # (n, k) what counts as error besides position
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
class Raw:
    """A primitive where the poses put it."""

    placement: Placement
    copies: int
    rows: I64  # as of a shape
    corners: I64
    influences: Influences | None
    poses: F64  # (2, n, 3) bound, and with every joint bent


@dataclass(frozen=True, slots=True)
class Draft:
    """A primitive before its regions are told apart, and before anybody knows how few triangles are asked for."""

    name: str
    placement: Placement
    shape: Shape
    area: float
    columns: F64  # (n, 3 + 2 + 2k) unit normals, then in metres texture coordinates, morph targets, bends of joints
    meetings: Meetings | None
    joined: Flags  # (n,)
    stirred: Flags  # (n,) where a morph moves it visibly
    importance: float
    apart: Apart | None
    copies: int


@dataclass(frozen=True, slots=True)
class Survey:
    """A model's primitives, for any number of triangles; made with the options that they are then asked for with."""

    drafts: tuple[Draft, ...]
    extent: float
    middle: F64 | None  # of the face

    def parts(self, target: int, options: SimplifyOptions) -> list[Part]:
        """What counts as error when ``target`` triangles are to stay."""
        count = sum(len(draft.shape.corners) for draft in self.drafts)
        return [
            self._part(draft, min(1.0, target / count), int(options.locks * target), options) for draft in self.drafts
        ]

    def _part(self, draft: Draft, ratio: float, locks: int, options: SimplifyOptions) -> Part:
        # A simplifier multiplies the error of a column by the length of the edge that goes: in edges of the result,
        # metres count as metres.
        step = float(np.sqrt(2 * draft.area / (ratio * len(draft.shape.corners)))) or self.extent
        locked = draft.meetings.locks(locks) if draft.meetings else np.zeros(len(draft.shape.rows), np.bool_)
        taken: list[I64] = []
        lists: list[I64] = []
        columns: list[F32] = []
        start = 0
        for members, importance, bend in self._regions(draft, options):
            used, dense = used_rows(draft.shape.corners[members])
            taken.append(used)
            lists.append(dense + start)
            columns.append(_weighted(draft, used, importance, bend, step, options))
            start += len(used)
        used = np.concatenate(taken)
        return Part(
            draft.name,
            draft.placement,
            draft.shape.taken(used, np.concatenate(lists)),
            np.concatenate(columns),
            locked[used],
            draft.joined[used],
            draft.copies,
            draft.apart,
        )

    def _regions(self, draft: Draft, options: SimplifyOptions) -> Iterator[tuple[Flags, float, float]]:
        """The face, what surrounds it, and the rest: triangles (t,), how important they are, how much normals count.

        Each region gets vertices of its own. They keep the same ones along their seams, so they fit together again.
        """
        corners, positions = draft.shape.corners, draft.shape.positions
        if draft.apart is not None or self.middle is None:
            yield np.ones(len(corners), np.bool_), draft.importance, options.normals
            return
        first, second, third = corners.T
        face = draft.stirred[first] | draft.stirred[second] | draft.stirred[third]
        centres = (positions[first] + positions[second] + positions[third]) / 3
        near = ~face & (lengths(centres - self.middle) < options.reach * self.extent)
        rest = 1.0 if face.any() else draft.importance  # a head's importance is its face's
        regions = (
            (~face & ~near, rest, options.normals),
            (near, rest * options.near, options.normals),
            (face, draft.importance * options.face, options.face_normals),
        )
        yield from (region for region in regions if region[0].any())


def _weighted(draft: Draft, used: I64, importance: float, bend: float, step: float, options: SimplifyOptions) -> F32:
    """(len(used), k) what counts as error at the vertices ``used``."""
    most = options.components
    counts = np.repeat((bend, options.texture / step, options.morphs / step, options.bends / step), (3, 2, most, most))
    columns = np.zeros((len(used), 3 + draft.columns.shape[1]), np.float32)
    columns[:, 3:] = importance * (counts * draft.columns[used])
    if importance > 1:
        positions = draft.shape.positions
        columns[:, :3] = np.sqrt(importance**2 - 1) * ((positions - positions.mean(axis=0)) / step)[used]
    return columns


def survey(document: Document, options: SimplifyOptions = DEFAULTS) -> Survey:
    """Every shown primitive of triangles. Raises ``InvalidModel`` when the bind pose is not finite."""
    worlds = np.stack([world_matrices(document), world_matrices(document, bent(document))])
    shown: dict[Spot, list[Placement]] = {}
    for placement in placements(document):
        shown.setdefault((placement.mesh, placement.primitive), []).append(placement)
    raw = [found for first, *more in shown.values() if (found := _raw(document, first, 1 + len(more), worlds))]
    if not raw:
        return Survey((), 1.0, None)
    everything = np.concatenate([each.poses[0] for each in raw])
    if not np.isfinite(everything).all():
        raise InvalidModel("the bind pose reaches to infinity", where="/nodes", mend="Check its node scales")
    extent = float(np.ptp(everything, axis=0).max()) or 1.0
    # Skinning rounds differently on the two sides of a seam; only sides that are equal bit by bit stay together.
    steps = np.round(everything / (extent * SNAP)).astype(np.int64)
    snapped = steps.astype(np.float64) * (extent * SNAP)
    places = _numbered(steps)
    start = 0
    drafts: list[Draft] = []
    for each in raw:
        span = slice(start, start + len(each.rows))
        start += len(each.rows)
        here = Shape(each.rows, each.corners, snapped[span], each.poses[1], places[span])
        drafts.append(_draft(document, each, worlds[0], here, extent, options))
    faces = [draft.shape.positions[draft.stirred] for draft in drafts if draft.apart is None and draft.stirred.any()]
    middle = max(faces, key=len).mean(axis=0) if faces else None
    return Survey(tuple(drafts), extent, middle)


def _raw(document: Document, placement: Placement, copies: int, worlds: F64) -> Raw | None:
    primitive = placement.tree(document)
    every = triangles(document, primitive)
    every = every[proper(every)]
    if len(every) == 0:
        return None
    rows, corners = used_rows(every)
    influences = placed_influences(document, placement, rows)
    positions = read_floats(document, primitive["attributes"]["POSITION"])[rows].astype(float)
    poses = posed_vertices(document, placement, positions, influences, worlds)
    return Raw(placement, copies, rows, corners, influences, poses)


def _numbered(steps: NDArray[np.int64]) -> I64:
    """(n,) the same number for equal rows of (n, 3)."""
    low = steps.min(axis=0)
    span = (steps.max(axis=0) - low + 1).tolist()
    keys = ((steps[:, 0] - low[0]) * span[1] + steps[:, 1] - low[1]) * span[2] + steps[:, 2] - low[2]
    return np.unique(keys, return_inverse=True)[1].reshape(-1).astype(np.int64)


def places_of(parts: Iterable[Part]) -> I64:
    """Every place at which one of ``parts`` has a vertex."""
    return used_rows(np.concatenate([np.zeros(0, np.int64), *(part.shape.places for part in parts)]))[0]


def _draft(document: Document, raw: Raw, worlds: F64, shape: Shape, extent: float, options: SimplifyOptions) -> Draft:
    placement, primitive = raw.placement, raw.placement.tree(document)
    rows, corners, placed = shape.rows, shape.corners, shape.positions
    linear = linear_part(document, placement, worlds)
    motion = morph_motion(document, placement, linear, rows)
    name, importance, apart = _importance(document, placement)
    stirred = motion.farthest() > (options.stirs * extent) ** 2
    surface = area(placed, corners)
    coordinates = texture(document, primitive, rows, corners, surface)
    shading = normals(document, primitive, linear, rows)
    bending = np.zeros((len(rows), options.components))
    if raw.influences is not None:
        skin = document.tree["nodes"][placement.node]["skin"]
        bending = bends(document, skin, raw.influences, worlds, placed, options.components)
    torn = stirred.any() and _textured(document, primitive)
    return Draft(
        name=name,
        placement=placement,
        shape=shape,
        area=surface,
        columns=np.concatenate([shading, coordinates, motion.principal(options.components), bending], axis=1),
        meetings=meetings(placed, motion, options.contact * extent) if apart is None else None,
        joined=stirred & _torn(coordinates, shape.places) if torn else np.zeros_like(stirred),
        stirred=stirred,
        importance=importance,
        apart=apart,
        copies=raw.copies,
    )


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
