"""A primitive cut along the zero of a field of its vertices, and closed where it was cut."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import COMPONENT_DTYPES, Raw, read_floats, read_raw
from avatar.gltf.model.appended import Appended
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import F64, I64

INFLUENCES: Final = 4


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of a primitive of n vertices: m vertices more, each between two of the old ones or, in the middle
    of a lid, among many; the triangles go by the new numbers."""

    triangles: I64  # (t, 3)
    lids: I64  # (l, 3): close what the cut opened
    ends: I64  # (m, 2) old vertices
    shares: F64  # (m,) of the second end
    loops: tuple[I64, ...]  # new vertices (0 to m) round each lid, whose middle comes after all m


def cut(corners: I64, field: F64, places: I64) -> Cut:
    """The triangles ``corners`` (t, 3) where ``field`` (n,) is not negative, cut where it is zero. Vertices with equal
    ``places`` (n,) are at one spot, on two sides of a seam: what is cut there is still one rim."""
    inside = field >= 0
    count = inside[corners].sum(axis=1)
    whole, crossed = corners[count == 3], corners[(count == 1) | (count == 2)]
    numbers: dict[tuple[int, int], int] = {}
    first = len(field)

    def between(one: int, other: int) -> int:
        edge = (one, other) if one < other else (other, one)
        return first + numbers.setdefault(edge, len(numbers))

    made: list[tuple[int, int, int]] = []
    rims: list[tuple[int, int]] = []
    for triangle in crossed.tolist():
        alone = inside[triangle].tolist()
        at = alone.index(sum(alone) == 1)  # the one that is on a side of its own
        a, b, c = triangle[at], triangle[(at + 1) % 3], triangle[(at + 2) % 3]
        ab, ca = between(a, b), between(c, a)
        if alone[at]:
            made.append((a, ab, ca))
            rims.append((ca, ab))
        else:
            made += [(ab, b, c), (ab, c, ca)]
            rims.append((ab, ca))
    ends = np.array(list(numbers), np.int64).reshape(-1, 2)
    near, far = field[ends[:, 0]], field[ends[:, 1]]
    shares = near / np.where(near == far, 1.0, near - far)
    spots = [tuple(sorted(edge)) for edge in places[ends].tolist()]
    loops = tuple(np.array(loop, np.int64) for loop in _loops([(a - first, b - first) for a, b in rims], spots))
    lids: list[I64] = []
    for number, loop in enumerate(loops):
        middle = np.full(len(loop), first + len(ends) + number)
        lids.append(np.column_stack([loop + first, np.roll(loop, -1) + first, middle]))
    return Cut(
        np.concatenate([whole, np.array(made, np.int64).reshape(-1, 3)]),
        np.concatenate([np.zeros((0, 3), np.int64), *lids]),
        ends,
        shares,
        loops,
    )


def _loops(rims: list[tuple[int, int]], spots: list[tuple[int, ...]]) -> list[list[int]]:
    """Walks along directed edges between vertices that are at ``spots``, each as the vertices it starts from; what
    does not come back to its start, where another primitive goes on, is closed by the shortest way."""
    following = {spots[one]: (one, spots[other]) for one, other in rims}
    reached = {end for _, end in following.values()}
    found = []
    for start in [*(spot for spot in following if spot not in reached), *following]:
        loop, at = [], start
        while at in following:
            vertex, at = following.pop(at)
            loop.append(vertex)
        if len(loop) > 2:
            found.append(loop)
    return found


def with_cut(appended: Appended, document: Document, primitive: Tree, made: Cut) -> Tree:
    """``primitive`` after ``made``, with all it says of its new vertices. Lids get vertices of their own, for they are
    lit from another side."""
    rim = np.concatenate([np.zeros(0, np.int64), *made.loops])
    sizes = [len(loop) for loop in made.loops]
    old = document.tree["accessors"][primitive["attributes"]["POSITION"]]["count"]
    start = old + len(made.ends)  # of the lids' vertices: the rims, then the middles
    places = np.full(len(made.ends), -1)
    lids, offset = [], 0
    for number, loop in enumerate(made.loops):
        places[loop] = start + offset + np.arange(len(loop))
        offset += len(loop)
        following = np.roll(loop, -1)
        lids.append(np.column_stack([places[loop], places[following], np.full(len(loop), start + len(rim) + number)]))
    corners = np.concatenate([made.triangles, np.zeros((0, 3), np.int64), *lids])

    def spread(values: F64) -> F64:
        """(n, k) -> (n + m + rims + middles, k): what lies between, and the middles."""
        new = values[made.ends[:, 0]] * (1 - made.shares)[:, None] + values[made.ends[:, 1]] * made.shares[:, None]
        middles = [part.mean(axis=0, keepdims=True) for part in np.split(new[rim], np.cumsum(sizes)[:-1]) if len(part)]
        return np.concatenate([values, new, new[rim], *middles])

    attributes = {
        name: _added(appended, document, at, spread, unit=name in ("NORMAL", "TANGENT"), bounds=name == "POSITION")
        for name, at in primitive["attributes"].items()
        if not name.startswith(("JOINTS_", "WEIGHTS_"))
    }
    if "NORMAL" in attributes and made.loops:
        attributes["NORMAL"] = _facing(appended, document, primitive, spread, made, start, len(rim))
    attributes |= _held(appended, document, primitive, made, rim, sizes)
    out = {
        **primitive,
        "attributes": attributes,
        "indices": appended.values(corners.astype(np.uint32).reshape(-1, 1), "SCALAR"),
    }
    if primitive.get("targets"):
        shared: dict[int, int] = {}
        out["targets"] = [
            {name: _once(shared, at, appended, document, spread, name) for name, at in target.items()}
            for target in primitive["targets"]
        ]
    return out


def _once(
    shared: dict[int, int], at: int, appended: Appended, document: Document, spread: Callable[[F64], F64], name: str
) -> int:
    if at not in shared:
        shared[at] = _added(appended, document, at, spread, unit=False, bounds=name == "POSITION")
    return shared[at]


def _added(
    appended: Appended, document: Document, at: int, spread: Callable[[F64], F64], *, unit: bool, bounds: bool
) -> int:
    """Accessor ``at`` with the values of the new vertices, stored as the old ones are."""
    accessor = document.tree["accessors"][at]
    values = spread(read_floats(document, at).astype(np.float64))
    if unit:
        values[:, :3] /= np.maximum(np.linalg.norm(values[:, :3], axis=1, keepdims=True), 1e-12)
        values[:, 3:] = np.sign(values[:, 3:])
    normalized = bool(accessor.get("normalized"))
    return _stored(appended, values, accessor["componentType"], accessor["type"], normalized, bounds)


def _stored(appended: Appended, values: F64, component: int, kind: str, normalized: bool, bounds: bool) -> int:
    dtype = COMPONENT_DTYPES[component]
    stored: Raw = values.astype(np.float32)
    if dtype.kind != "f":
        top = np.iinfo(dtype).max if normalized else 1
        stored = np.rint(values * top).clip(np.iinfo(dtype).min, np.iinfo(dtype).max).astype(dtype)
        if stored.itemsize * stored.shape[1] % 4:  # rows of vertices start at multiples of 4 bytes
            stored = values.astype(np.float32)
            normalized = False
    return appended.values(stored, kind, normalized=normalized, bounds=bounds)


def _facing(
    appended: Appended,
    document: Document,
    primitive: Tree,
    spread: Callable[[F64], F64],
    made: Cut,
    start: int,
    rims: int,
) -> int:
    """Normals; on each lid those of its own plane."""
    places = spread(read_floats(document, primitive["attributes"]["POSITION"]).astype(np.float64))
    normals = spread(read_floats(document, primitive["attributes"]["NORMAL"]).astype(np.float64))
    offset = start
    for number, loop in enumerate(made.loops):
        round_it = places[offset : offset + len(loop)]
        middle = places[start + rims + number]
        area = np.cross(round_it - middle, np.roll(round_it, -1, axis=0) - middle).sum(axis=0)
        facing = area / max(float(np.linalg.norm(area)), 1e-12)
        normals[offset : offset + len(loop)] = facing
        normals[start + rims + number] = facing
        offset += len(loop)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    return appended.values(normals.astype(np.float32), "VEC3")


def _held(
    appended: Appended, document: Document, primitive: Tree, made: Cut, rim: I64, sizes: list[int]
) -> dict[str, int]:
    """JOINTS and WEIGHTS: a new vertex hangs on the joints of its nearer end, a middle on those of its rim's first."""
    nearer = np.where(made.shares < 0.5, made.ends[:, 0], made.ends[:, 1])
    firsts = rim[np.cumsum([0, *sizes[:-1]])] if sizes else np.zeros(0, np.int64)
    taken = np.concatenate([nearer, nearer[rim], nearer[firsts]])

    def more(values: NDArray[Any]) -> NDArray[Any]:
        return np.concatenate([values, values[taken]])

    return {
        name: appended.values(
            more(read_raw(document, at)), "VEC4", normalized=bool(document.tree["accessors"][at].get("normalized"))
        )
        for name, at in primitive["attributes"].items()
        if name.startswith(("JOINTS_", "WEIGHTS_"))
    }
