"""The budget: what stands apart and floors first, then the rest together, twice: to see what strays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.simplifier import LOCKED, PROTECTED, simplify_sloppy, simplify_with_attributes
from avatar.gltf.model.document import Change, Document
from avatar.gltf.model.pose import I64
from avatar.gltf.transforms.reindex import Spot, proper, with_triangles
from avatar.gltf.transforms.simplify.options import DEFAULTS, SimplifyOptions
from avatar.gltf.transforms.simplify.parts import Flags, Part, Survey, places_of, survey
from avatar.gltf.transforms.simplify.strays import piece_numbers, strays

# Texture seams may move (Permissive), or a model of many islands could not shrink; even triangles bend better.
_FREE = ("Permissive", "RegularizeLight")
_ATTEMPTS = 6
_NEAR = 0.99  # of the target: with fewer triangles than this another attempt is made


def simplify(
    document: Document,
    target: int,
    sidecar: Sidecar,
    options: SimplifyOptions = DEFAULTS,
    surveyed: Survey | None = None,
) -> Change:
    """``document`` with at most ``target`` drawn triangles, all of them on original vertices.

    Takes indexed or plain triangle primitives (``weld`` first joins what belongs together); ``surveyed`` is what
    ``survey`` made of it with the same options, if it is known. Raises ``InvalidModel`` for geometry that is not
    finite, ``CodecFailed`` when the simplifier fails.
    """
    parts = (surveyed or survey(document, options)).parts(target, options)
    before = sum(part.drawn for part in parts)
    if before <= target:
        return Change(document, (f"kept all {before:,} triangles",))
    kept = _fit(parts, target, sidecar, options)
    after = sum(len(corners) * part.copies for part, corners in zip(parts, kept, strict=True))
    replaced: dict[Spot, I64] = {part.spot: part.shape.rows[corners] for part, corners in zip(parts, kept, strict=True)}
    locked = sum(int(part.locked.sum()) for part in parts)
    note = (
        f"simplified {before:,} to {after:,} triangles in {len(parts)} primitives; locked {locked} lip and lid vertices"
    )
    dropped = (
        f"dropped {part.name} whole: too few triangles are left for it"
        for part, corners in zip(parts, kept, strict=True)
        if len(corners) == 0
    )
    return Change(with_triangles(document, replaced), (note, *dropped))


def _fit(parts: Sequence[Part], target: int, sidecar: Sidecar, options: SimplifyOptions) -> list[I64]:
    """Triangles of each part, together at most ``target``."""
    floors = _floors(parts, target, options)
    kept = _apart(parts, floors, target, sidecar)
    locks: dict[int, Flags] = {}
    best: dict[int, I64] | None = None
    slack, measured = 0, options.strays <= 0
    for _ in range(_ATTEMPTS):
        shared = [at for at in range(len(parts)) if at not in kept]
        budget = target - slack - _drawn(parts, kept)
        if not shared or budget <= 0:
            break
        seams = places_of(parts[at] for at in kept)
        held = [locks[at] for at in shared] if locks else []  # a part may have left since they were found
        result = _together([parts[at] for at in shared], seams, budget, ("Prune", *_FREE), sidecar, held)
        trial = {**kept, **dict(zip(shared, result, strict=True))}
        low = [at for at in shared if len(trial[at]) < floors[at]]
        if low:
            kept.update({at: _alone(parts, at, floors[at], sidecar) for at in low})
            continue
        drawn = _drawn(parts, trial)
        if drawn <= target and not measured:
            measured, best = True, trial
            locks = _behind(parts, shared, trial, 8 + int(options.strays * target))
            if locks:
                if drawn < _NEAR * target:
                    slack += drawn - target  # what one attempt fell short of, the next will too
                continue
        if drawn <= target and (best is None or locks or drawn > _drawn(parts, best)):
            best = trial
        if _NEAR * target <= drawn <= target:
            break
        slack += drawn - target if drawn > target else (drawn - target) // 2
    if best is None:
        whole = dict(kept) if len(kept) == len(parts) and _drawn(parts, kept) <= target else None
        return [whole[at] for at in range(len(parts))] if whole else _coarse(parts, target, sidecar)
    return [best[at] for at in range(len(parts))]


def _floors(parts: Sequence[Part], target: int, options: SimplifyOptions) -> list[int]:
    """Triangles that each part keeps at least."""
    ratio = target / sum(part.drawn for part in parts)
    counts = [len(part.shape.corners) for part in parts]
    floors = [min(count, max(options.least, int(options.floor * ratio * count))) for count in counts]
    drawn = sum(floor * part.copies for floor, part in zip(floors, parts, strict=True))
    if drawn > target / 2:  # hundreds of small parts: their floors must not eat the budget
        floors = [int(floor * target / 2 / drawn) for floor in floors]
    return floors


def _apart(parts: Sequence[Part], floors: Sequence[int], target: int, sidecar: Sidecar) -> dict[int, I64]:
    """What is reduced on its own."""
    ratio = target / sum(part.drawn for part in parts)
    kept: dict[int, I64] = {}
    for at, part in enumerate(parts):
        if part.apart is None:
            continue
        count = len(part.shape.corners)
        own = int(min(part.apart.share * ratio * count, part.apart.most * target))
        if own < part.apart.worth * count:
            kept[at] = part.shape.corners[:0]
        else:
            kept[at] = _alone(parts, at, max(floors[at], own), sidecar)
    return kept


def _behind(parts: Sequence[Part], shared: Sequence[int], trial: dict[int, I64], most: int) -> dict[int, Flags]:
    """Part number -> vertices to lock, of ``shared`` parts."""
    starts = np.cumsum([0, *(len(parts[at].shape.rows) for at in shared)])
    shapes = [
        np.concatenate([parts[at].shape.positions for at in shared]),
        np.concatenate([parts[at].shape.bent for at in shared]),
    ]
    corners = np.concatenate([trial[at] + start for at, start in zip(shared, starts, strict=False)])
    whole = np.concatenate([parts[at].shape.corners + start for at, start in zip(shared, starts, strict=False)])
    places = np.concatenate([parts[at].shape.places for at in shared])
    found = strays(shapes, places, corners, whole, most)
    if not found.any():
        return {}
    found = np.isin(places, places[found])
    return {at: found[start : start + len(parts[at].shape.rows)] for at, start in zip(shared, starts, strict=False)}


def _drawn(parts: Sequence[Part], kept: dict[int, I64]) -> int:
    return sum(len(corners) * parts[at].copies for at, corners in kept.items())


def _alone(parts: Sequence[Part], at: int, target: int, sidecar: Sidecar) -> I64:
    part = parts[at]
    seams = places_of(other for number, other in enumerate(parts) if number != at)
    if part.apart is None:
        return _together([part], seams, target * part.copies, ("Prune", *_FREE), sidecar)[0]
    found = _together([part], seams, target * part.copies, _FREE, sidecar)[0]
    if not part.apart.rigid:
        return found
    pieces = piece_numbers(part.shape.corners, part.shape.places)
    whole = len(np.unique(pieces[found])) == len(np.unique(pieces[part.shape.corners]))
    return found if whole else part.shape.corners[:0]


def _together(
    parts: Sequence[Part],
    seams: I64,
    budget: int,
    flags: tuple[str, ...],
    sidecar: Sidecar,
    locks: Sequence[Flags] = (),
) -> list[I64]:
    """One run of the simplifier over merged parts; ``budget`` counts drawn triangles. Vertices in ``seams``, places
    that parts outside this run have too, stay, or the surface would crack there."""
    starts = np.cumsum([0, *(len(part.shape.rows) for part in parts)])
    corners = np.concatenate([part.shape.corners + start for part, start in zip(parts, starts, strict=False)])
    positions = np.concatenate([part.shape.positions for part in parts])
    columns = np.concatenate([part.columns for part in parts])
    places = np.concatenate([part.shape.places for part in parts])
    share = int(budget * len(corners) / sum(part.drawn for part in parts))
    if share >= len(corners):
        return [part.shape.corners for part in parts]
    locked = np.concatenate([part.locked for part in parts]) | np.isin(places, seams)
    if locks:
        locked |= np.concatenate(locks)
    joined = np.concatenate([part.joined for part in parts]) | _shared(parts)[places]
    found = simplify_with_attributes(
        sidecar,
        corners.astype(np.uint32),
        positions.astype(np.float32),
        columns[:, columns.any(axis=0)],  # what is zero everywhere would only take time
        share,
        held=np.where(locked, LOCKED, np.where(joined, PROTECTED, 0)).astype(np.uint8),
        flags=flags,
    ).astype(np.int64)
    first, second, third = np.repeat(np.arange(len(parts)), np.diff(starts))[found.T]  # whose the corners are
    whole = (first == second) & (second == third)  # a collapse can still join two parts that touch
    return [found[whole & (first == at)] - starts[at] for at in range(len(parts))]


def _shared(parts: Sequence[Part]) -> Flags:
    """For each place: whether several parts have a vertex there."""
    count = max(int(part.shape.places.max()) for part in parts) + 1
    several: Flags = np.zeros(count, np.bool_)
    last = np.full(count, -1)
    for at, part in enumerate(parts):
        places = part.shape.places
        several[places] |= (last[places] >= 0) & (last[places] != at)
        last[places] = at
    return several


def _coarse(parts: Sequence[Part], target: int, sidecar: Sidecar) -> list[I64]:
    """The last resort for surfaces that resist (triangle soups, meshes of islands): blind to topology, then the
    largest triangles only."""
    ratio = target / sum(part.drawn for part in parts)
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
