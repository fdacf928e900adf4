"""Numbers in as few bits as show: positions on one grid, and morph targets on the same; what belongs to a vertex in
bytes; vertices in the order in which morph targets change least from one to the next.

Positions become whole numbers of steps (KHR_mesh_quantization). What turns them back into lengths stands where the
format lets it: in the inverse bind matrices of a skinned mesh, whose node does not count, and else in the node, if
nothing else hangs on it. All meshes bound in one space share one grid, so vertices of different parts at one place
stay at one place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import F32, Raw, Shelves, extremes, read_floats, read_raw, read_rows, to_floats
from avatar.gltf.model.document import Change, Document, Tree
from avatar.gltf.model.layout import image_bytes, with_images
from avatar.gltf.model.pose import F64, I64, quaternion_matrix
from avatar.gltf.model.references import Kind, mentioned
from avatar.gltf.model.slots import texture_infos

EXTENSION: Final = "KHR_mesh_quantization"


@dataclass(frozen=True, slots=True)
class QuantizeOptions:
    """Steps: a number is off by half a step at most."""

    position: float = 1 / 15_600  # of the extent of what shares a grid: a point of a person of 1.8 m is off by 0.1 mm
    texture: int = 12  # binary places of texture coordinates: an eighth of a pixel of 1024
    bend: float = 0.1  # changes of unit normals by morph targets: what is smaller is left out


DEFAULTS: Final = QuantizeOptions()
FAR: Final = QuantizeOptions(position=1 / 4500, texture=10)  # for 3,000 triangles: off by 0.35 mm, an eighth of a pixel

_CORNER = math.sqrt(3) / 2  # of a step: from the middle of a cube to a corner
_MAX_ORDERED = 10_000  # vertices: ordering takes their number squared
_COMPONENTS = 24  # principal components of morph targets by which vertices are ordered
_PLACE = 2.0  # how much place counts beside them, for the extent of the primitive
# How far a key may be from what its node says, of the larger of that and 1; a turn by a tenth of a degree.
_AT_REST = {"translation": 1e-4, "rotation": 8e-4, "scale": 1e-3}
_RESTS = {"translation": (0, 0, 0), "rotation": (0, 0, 0, 1), "scale": (1, 1, 1)}


@dataclass(frozen=True, slots=True)
class Grid:
    """Where position 0 lies and how far apart positions are, in the units of the mesh."""

    origin: F64  # (3,)
    step: float

    def matrix(self) -> F64:
        """(4, 4): from steps to lengths."""
        made = np.diag([self.step, self.step, self.step, 1.0])
        made[:3, 3] = self.origin
        return made


def quantize(document: Document, options: QuantizeOptions = DEFAULTS) -> Change:
    """A compacted document whose numbers take few bits; its images come last, as before.

    Weights of a vertex sum to exactly 255. Times, translations and what the format keeps as floats stay floats;
    texture coordinates, and positions that cannot be whole numbers, stay floats with few digits, which
    `compress_meshopt` stores as small as whole ones.
    """
    shelves = Shelves()
    grids, skins = shared_grids(document, options)
    # Decimals of nodes: their errors add up along a chain of joints and must stay below those of positions.
    places = max((math.ceil(-math.log10(grid.step)) + 2 for grid in grids.values()), default=None)
    meshes = [
        {
            **mesh,
            "primitives": [
                _Primitive(document, primitive, grids.get(number), options).shelved(shelves)
                for primitive in mesh["primitives"]
            ],
        }
        for number, mesh in enumerate(document.list("meshes"))
    ]
    parts: Tree = {
        "meshes": meshes,
        "nodes": [_node(node, grids, places) for node in document.list("nodes")],
        "skins": [_skin(document, skin, skins.get(at), shelves) for at, skin in enumerate(document.list("skins"))],
        "animations": [_animation(document, animation, shelves) for animation in document.list("animations")],
    }
    views, accessors, binary = shelves.finish()
    first = len(views)
    parts["images"] = [{**image, "bufferView": first + at} for at, image in enumerate(document.list("images"))]
    views, binary = with_images(views, binary, image_bytes(document))
    parts |= {"accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": len(binary)}]}
    tree = {**document.tree, **{key: value for key, value in parts.items() if value or key in document.tree}}
    if needs_quantization(tree):
        for key in ("extensionsUsed", "extensionsRequired"):
            tree[key] = sorted({*tree.get(key, ()), EXTENSION})
    made = Document(tree, binary)
    steps = sorted({grid.step for grid in grids.values()}, reverse=True)
    off = f"positions off by {steps[0] * _CORNER:.2g} at most" if steps else "positions stay floats"
    return Change(made, (f"quantised: {off}; binary data {len(document.binary):,} to {len(binary):,} bytes",))


# --- grids ------------------------------------------------------------------------------------------------------------


def shared_grids(document: Document, options: QuantizeOptions) -> tuple[dict[int, Grid], dict[int, Grid]]:
    """The grids of meshes and of skins, by number; meshes without one keep floats."""
    shown: dict[int, set[int | None]] = {}
    for node in document.list("nodes"):
        if "mesh" in node:
            shown.setdefault(node["mesh"], set()).add(node.get("skin"))
    grids: dict[int, Grid] = {}
    skins: dict[int, Grid] = {}
    for space in _spaces(document, shown):
        members = [mesh for mesh, found in shown.items() if found & space]
        grid = _grid(document, members, options)
        if grid is not None and all(None not in shown[mesh] for mesh in members):
            grids |= dict.fromkeys(members, grid)
            skins |= dict.fromkeys(space, grid)
    free = _free_nodes(document)
    for mesh, found in shown.items():
        if found == {None}:
            holders = {at for at, node in enumerate(document.list("nodes")) if node.get("mesh") == mesh}
            grid = _grid(document, [mesh], options) if holders <= free else None
            if grid is not None:
                grids[mesh] = grid
    return grids, skins


def _grid(document: Document, meshes: Iterable[int], options: QuantizeOptions) -> Grid | None:
    """One for all ``meshes``; None when a morph target goes farther than its whole numbers reach."""
    low, high, far = np.full(3, np.inf), np.full(3, -np.inf), 0.0
    for mesh in meshes:
        for primitive in document.tree["meshes"][mesh]["primitives"]:
            places = read_floats(document, primitive["attributes"]["POSITION"]).astype(float)
            least, largest = extremes(places)
            low, high = np.minimum(low, least), np.maximum(high, largest)
            for at in {target["POSITION"] for target in primitive.get("targets", ()) if "POSITION" in target}:
                far = max(far, _farthest(document, at))
    extent = float((high - low).max())
    step = float(np.float32(extent * options.position)) or 1.0
    return Grid(low, step) if math.isfinite(extent) and far / step < 32767 else None


def _farthest(document: Document, at: int) -> float:
    """The largest number of an accessor, whatever its sign."""
    _, stored = read_rows(document, at)
    values = to_floats(stored, bool(document.tree["accessors"][at].get("normalized")))
    return max(float(values.max()), -float(values.min()))


def _spaces(document: Document, shown: dict[int, set[int | None]]) -> list[set[int]]:
    """Skins that bind their meshes in one space: they share a mesh, or a joint that both bind alike."""
    leader = list(range(len(document.list("skins"))))

    def find(skin: int) -> int:
        while leader[skin] != skin:
            skin = leader[skin]
        return skin

    for found in shown.values():
        together = sorted(skin for skin in found if skin is not None)
        for other in together[1:]:
            leader[find(other)] = find(together[0])
    bound: dict[int, list[tuple[int, F32]]] = {}  # joint -> skins that hold it, and all their matrices in its place
    for at, skin in enumerate(document.list("skins")):
        matrices = _inverse_binds(document, skin)
        for other in _alike(skin["joints"], matrices, bound):
            leader[find(at)] = find(other)
        for joint, matrix in zip(skin["joints"], matrices, strict=True):
            bound.setdefault(joint, []).append((at, matrix))
    used = {skin for found in shown.values() for skin in found if skin is not None}
    spaces: dict[int, set[int]] = {}
    for number in sorted(used):
        spaces.setdefault(find(number), set()).add(number)
    return list(spaces.values())


def _alike(joints: list[int], matrices: F32, bound: Mapping[int, list[tuple[int, F32]]]) -> list[int]:
    """The skins in ``bound`` that bind one of ``joints`` as ``matrices`` do, but for rounding."""
    pairs = [(at, *held) for at, joint in enumerate(joints) for held in bound.get(joint, ())]
    if not pairs:
        return []
    ours, theirs = matrices[[at for at, _, _ in pairs]], np.array([matrix for _, _, matrix in pairs])
    same = np.isclose(theirs, ours, 1e-4, 1e-6).all(axis=1)
    return sorted({other for (_, other, _), found in zip(pairs, same.tolist(), strict=True) if found})


def _inverse_binds(document: Document, skin: Tree) -> F32:
    """(joints, 16), columns first."""
    if "inverseBindMatrices" not in skin:
        return np.tile(np.eye(4, dtype=np.float32).reshape(16), (len(skin["joints"]), 1))
    return read_floats(document, skin["inverseBindMatrices"])[: len(skin["joints"])]


def _free_nodes(document: Document) -> set[int]:
    """Nodes that can be moved and scaled without anything but their mesh noticing."""
    tree = document.tree
    taken = {joint for skin in document.list("skins") for joint in skin["joints"]}
    taken |= {skin["skeleton"] for skin in document.list("skins") if "skeleton" in skin}
    taken |= {
        channel["target"].get("node", -1)
        for animation in document.list("animations")
        for channel in animation["channels"]
        if channel["target"]["path"] != "weights"
    }
    taken |= set(mentioned(tree, Kind.NODE))
    return {
        at
        for at, node in enumerate(document.list("nodes"))
        if at not in taken and not {"children", "camera", "extensions", "skin"} & node.keys()
    }


# --- what changes -----------------------------------------------------------------------------------------------------


def _skin(document: Document, skin: Tree, grid: Grid | None, shelves: Shelves) -> Tree:
    if grid is None and "inverseBindMatrices" not in skin:
        return skin
    matrices = _inverse_binds(document, skin)
    if grid is not None:
        whole = matrices.astype(float).reshape(-1, 4, 4).transpose(0, 2, 1) @ grid.matrix()
        matrices = whole.transpose(0, 2, 1).reshape(-1, 16).astype(np.float32)
    return {**skin, "inverseBindMatrices": shelves.values("bind", matrices, "MAT4")}


def _node(node: Tree, grids: dict[int, Grid], places: int | None) -> Tree:
    made = dict(node)
    grid = grids.get(node.get("mesh", -1)) if "skin" not in node else None
    if grid is not None:
        if "matrix" in node:
            matrix = np.array(node["matrix"], float).reshape(4, 4).T @ grid.matrix()
            return {**made, "matrix": matrix.T.reshape(16).tolist()}
        scale = np.array(node.get("scale", (1, 1, 1)), float)
        turned = quaternion_matrix(np.array(node.get("rotation", (0, 0, 0, 1)), float)) @ (scale * grid.origin)
        made["translation"] = (np.array(node.get("translation", (0, 0, 0)), float) + turned).tolist()
        made["scale"] = (scale * grid.step).tolist()
    for key, digits in (("translation", places), ("rotation", 7), ("scale", None)):
        if key in made:
            made[key] = [_short(value, digits) for value in made[key]]
    return made


def _short(value: float, places: int | None) -> float | int:
    """Few digits: as many decimals as said, at most those of a 32-bit number; whole ones without a point."""
    short = float(str(np.float32(value)))
    if places is not None:
        short = round(short, places)
    return int(short) if short.is_integer() and abs(short) < 2**24 else short


def _animation(document: Document, animation: Tree, shelves: Shelves) -> Tree:
    """Without channels that hold what their node does anyway; samplers that no channel reads go."""
    nodes = document.list("nodes")
    channels = animation["channels"]
    moving = [channel for channel in channels if not _at_rest(document, animation, channel, nodes)] or channels[:1]
    turning = {channel["sampler"] for channel in moving if channel["target"]["path"] == "rotation"}
    places: dict[int, int] = {}
    samplers: list[Tree] = []
    for at in dict.fromkeys(channel["sampler"] for channel in moving):
        sampler = animation["samplers"][at]
        times, output = read_raw(document, sampler["input"]), document.tree["accessors"][sampler["output"]]
        values, normalized = read_raw(document, sampler["output"]), bool(output.get("normalized"))
        # The tangents of cubic splines are no unit quaternions.
        if at in turning and values.dtype == np.float32 and sampler.get("interpolation") != "CUBICSPLINE":
            values, normalized = _whole(values, np.int16), True
        made = {
            "input": shelves.values("times", times, "SCALAR", bounds=True),
            "output": shelves.values("samples", values, output["type"], normalized=normalized),
        }
        places[at] = len(samplers)
        samplers.append({**sampler, **made})
    kept = [{**channel, "sampler": places[channel["sampler"]]} for channel in moving]
    return {**animation, "channels": kept, "samplers": samplers}


def _at_rest(document: Document, animation: Tree, channel: Tree, nodes: list[Tree]) -> bool:
    """True when every key is what the node says of itself, and so is all between them."""
    path, number = channel["target"]["path"], channel["target"].get("node")
    if number is None or path not in _RESTS or "matrix" in nodes[number]:
        return False
    sampler = animation["samplers"][channel["sampler"]]
    if sampler.get("interpolation") == "CUBICSPLINE":
        return False
    rest = np.array(nodes[number].get(path, _RESTS[path]), float)
    values = read_floats(document, sampler["output"]).astype(float)
    if path == "rotation":
        values *= np.sign(values @ rest)[:, None]  # a quaternion and its opposite are one turn
    return bool(np.abs(values - rest).max() <= _AT_REST[path] * max(1.0, float(np.abs(rest).max())))


def _whole(values: NDArray[np.floating[Any]], dtype: type[np.signedinteger[Any]]) -> Raw:
    """Numbers from -1 to 1 as normalised integers."""
    most = np.iinfo(dtype).max
    whole: Raw = np.rint(np.clip(values, -1, 1) * most).astype(dtype)
    return whole


@dataclass(frozen=True, slots=True)
class Stream:
    """A vertex attribute or what a morph target does to it, in its final numbers."""

    purpose: str
    values: Raw  # (n, components)
    kind: str
    normalized: bool = False
    bounds: bool = False

    def rows(self, numbers: I64) -> Stream:
        return replace(self, values=self.values.take(numbers, axis=0))


class _Primitive:
    """One primitive on its way to the shelves."""

    def __init__(self, document: Document, primitive: Tree, grid: Grid | None, options: QuantizeOptions) -> None:
        self._document, self._primitive, self._grid, self._options = document, primitive, grid, options
        self._places = read_floats(document, primitive["attributes"]["POSITION"]).astype(float)
        low, high = extremes(self._places)
        self._extent = float((high - low).max()) or 1.0
        # Without a grid: a power of two, for what is a multiple of one has few digits as a float.
        self._step = grid.step if grid else 2.0 ** math.floor(math.log2(self._extent * options.position))

    def shelved(self, shelves: Shelves) -> Tree:
        """The primitive's new tree: vertices that are equal now are one, and lie in the best order."""
        given = self._primitive
        streams = {name: self._attribute(name, at) for name, at in given["attributes"].items() if self._read(name)}
        influences = self._influences()
        known, moves = self._morphs()
        corners = read_raw(self._document, given["indices"])[:, 0].astype(np.int64) if "indices" in given else None
        everything = [*(stream.values for stream in streams.values()), *influences.values()]
        kept, places = _merged(everything, [stream.values for stream in known.values()], corners is not None)
        order = _morph_order(moves.take(kept, axis=1), self._unit, self._places[kept] / self._extent)
        if order is not None and corners is not None:
            kept, places = kept[order], np.argsort(order)[places]
        streams |= _slotted({name: values[kept] for name, values in influences.items()})
        made = dict(given)
        made["attributes"] = {
            name: _put(shelves, streams[name] if name in influences else streams[name].rows(kept))
            for name in given["attributes"]
            if name in streams
        }
        if corners is not None:
            made["indices"] = shelves.indices(places[corners])
        if "targets" in given:
            put = {at: _put(shelves, stream.rows(kept)) for at, stream in known.items()}
            made["targets"] = [{name: put[at] for name, at in target.items()} for target in given["targets"]]
        return made

    @property
    def _unit(self) -> float:
        """A step, in the numbers of streams."""
        return 1.0 if self._grid else self._step

    def _read(self, name: str) -> bool:
        """False for influences, which have streams of their own, and for what no texture reads."""
        if name.startswith(("JOINTS_", "WEIGHTS_")):
            return False
        tree = self._document.tree
        beyond = "VRM" in tree.get("extensions", {}) or "KHR_materials_variants" in self._primitive.get(
            "extensions", {}
        )
        if not name.startswith("TEXCOORD_") or beyond:
            return True
        material = tree["materials"][self._primitive["material"]] if "material" in self._primitive else {}
        return next(texture_infos(material), None) is not None

    def _attribute(self, name: str, at: int) -> Stream:
        stored = self._stored(name.rstrip("0123456789"), at)
        purpose, values, kind, normalized = stored.purpose, stored.values, stored.kind, stored.normalized
        if name == "POSITION":
            return Stream(purpose, self._positions(), kind, bounds=True)
        if name in ("NORMAL", "TANGENT"):
            return Stream(purpose, _whole(_units(to_floats(values, normalized)), np.int8), kind, normalized=True)
        if name.startswith("TEXCOORD_") and (normalized or values.dtype == np.float32):
            return Stream(purpose, _rounded(to_floats(values, normalized), 2.0**-self._options.texture), kind)
        if name.startswith("COLOR_") and values.dtype != np.uint8:
            shades = np.clip(to_floats(values, normalized), 0, 1)
            return Stream(purpose, np.rint(shades * 255).astype(np.uint8), kind, normalized=True)
        return stored

    def _positions(self) -> Raw:
        if self._grid is None:
            return _rounded(self._places, self._step)
        return np.rint((self._places - self._grid.origin) / self._step).astype(np.uint16)

    def _influences(self) -> dict[str, Raw]:
        """JOINTS_n and WEIGHTS_n, n from 0: bytes that sum to 255 over all sets of a vertex, joints rising."""
        given: Tree = self._primitive["attributes"]
        sets = sorted(name[7:] for name in given if name.startswith("JOINTS_") and f"WEIGHTS_{name[7:]}" in given)
        if not sets:
            return {}
        joints = np.concatenate([read_raw(self._document, given[f"JOINTS_{n}"]) for n in sets], axis=1)
        shares = byte_weights(
            np.concatenate([read_floats(self._document, given[f"WEIGHTS_{n}"]) for n in sets], axis=1)
        )
        idle = shares == 0
        rank = np.argsort(np.where(idle, 1 << 16, joints.astype(np.int64)), axis=1, kind="stable")
        joints = np.take_along_axis(np.where(idle, 0, joints.astype(np.int64)), rank, axis=1)
        shares = np.take_along_axis(shares, rank, axis=1)
        made: dict[str, Raw] = {}
        for at, number in enumerate(sets):
            made[f"JOINTS_{number}"] = joints[:, 4 * at : 4 * at + 4]
            made[f"WEIGHTS_{number}"] = shares[:, 4 * at : 4 * at + 4]
        return made

    def _morphs(self) -> tuple[dict[int, Stream], Raw]:
        """What morph targets do, by accessor; and how they move positions, in their final numbers (3 x targets, n)."""
        firsts: dict[int, str] = {}
        for target in self._primitive.get("targets", ()):
            for name, at in target.items():
                firsts.setdefault(at, name)
        moves: Raw = np.zeros((0, len(self._places)))
        made: dict[int, Stream] = {}
        for name in dict.fromkeys(firsts.values()):
            numbers = [at for at, first in firsts.items() if first == name]
            if name == "POSITION":
                changes = self._moves(numbers)
                moves = changes.reshape(-1, changes.shape[2])
                made |= zip(numbers, self._moving(changes), strict=True)
            elif name in ("NORMAL", "TANGENT"):
                made |= zip(numbers, self._bending(name, numbers), strict=True)
            else:
                made |= {at: self._stored(f"morph {name.rstrip('0123456789')}", at) for at in numbers}
        return {at: made[at] for at in firsts}, moves

    def _moves(self, numbers: Sequence[int]) -> Raw:
        """(accessors, 3, n)"""
        moves = np.empty((len(numbers), 3, len(self._places)), np.int16 if self._grid else np.float32)
        for move, at in zip(moves, numbers, strict=True):
            steps = np.rint(read_floats(self._document, at).T.astype(float) / self._step)
            move[:] = steps if self._grid else steps * self._step
        return moves

    def _moving(self, moves: Raw) -> Iterator[Stream]:
        farthest = np.maximum(moves.max(axis=(1, 2)), -moves.min(axis=(1, 2)))
        for move, reach in zip(moves, farthest, strict=True):
            narrow = np.int8 if self._grid and reach <= 127 else moves.dtype
            yield Stream("morph POSITION", move.T.astype(narrow, order="C"), "VEC3", bounds=True)

    def _bending(self, name: str, numbers: Sequence[int]) -> Iterator[Stream]:
        for at in numbers:
            bends = np.ascontiguousarray(read_floats(self._document, at).T)
            still = np.abs(bends).max(axis=0) < self._options.bend
            whole = np.ascontiguousarray(_whole(np.where(still, 0, bends), np.int8).T)
            yield Stream(f"morph {name}", whole, "VEC3", normalized=True)

    def _stored(self, purpose: str, at: int) -> Stream:
        accessor = self._document.tree["accessors"][at]
        values, normalized = read_raw(self._document, at), bool(accessor.get("normalized"))
        return Stream(purpose, values, accessor["type"], normalized)


def _put(shelves: Shelves, stream: Stream) -> int:
    return shelves.attribute(
        stream.purpose, stream.values, stream.kind, normalized=stream.normalized, bounds=stream.bounds
    )


def _merged(streams: list[Raw], more: list[Raw], wanted: bool) -> tuple[I64, I64]:
    """The vertices to keep, in order, and for each old one the place among them of that which equals it."""
    all_of_them = np.arange(len(streams[0]))
    if not wanted:
        return all_of_them, all_of_them
    _, firsts, group = np.unique(_rows_of(streams), return_index=True, return_inverse=True)
    if len(firsts) == len(all_of_them):
        return all_of_them, all_of_them
    if more:
        _, firsts, group = np.unique(_rows_of([*streams, *more]), return_index=True, return_inverse=True)
    kept = np.sort(firsts)
    return kept, np.searchsorted(kept, firsts)[group]


def _rows_of(streams: list[Raw]) -> NDArray[np.void]:
    """(n,) all numbers of a vertex as one."""
    parts = [np.ascontiguousarray(values).view(np.uint8).reshape(len(values), -1) for values in streams]
    rows = np.ascontiguousarray(np.concatenate(parts, axis=1))
    found: NDArray[np.void] = rows.view(np.dtype((np.void, rows.shape[1])))[:, 0]
    return found


def _slotted(influences: dict[str, Raw]) -> dict[str, Stream]:
    """Streams of JOINTS_n and WEIGHTS_n, in steady slots."""
    names = [name for name in influences if name.startswith("JOINTS_")]
    if not names:
        return {}
    joints = np.concatenate([influences[name] for name in names], axis=1)
    shares = np.concatenate([influences[name.replace("JOINTS", "WEIGHTS")] for name in names], axis=1)
    joints, shares = _steady(joints, shares)
    narrow = joints.astype(np.uint8 if int(joints.max(initial=0)) < 256 else np.uint16)
    made: dict[str, Stream] = {}
    for at, name in enumerate(names):
        columns = slice(4 * at, 4 * at + 4)
        made[name] = Stream("JOINTS_", narrow[:, columns], "VEC4")
        other = name.replace("JOINTS", "WEIGHTS")
        made[other] = Stream("WEIGHTS_", shares[:, columns], "VEC4", normalized=True)
    return made


def _units(values: Raw) -> Raw:
    """Directions of length 1, whatever stands behind them (the side of a tangent) as it is; (0, 0, 0) stays."""
    made = values.astype(float)
    lengths = np.linalg.norm(made[:, :3], axis=1, keepdims=True)
    made[:, :3] /= np.where(lengths == 0, 1, lengths)
    return made


def _rounded(values: NDArray[np.floating[Any]], step: float) -> Raw:
    """The nearest multiples of a power of two."""
    return (np.rint(values.astype(float) / step) * step).astype(np.float32)


def byte_weights(weights: F32) -> NDArray[np.uint8]:
    """Weights (n, k) as bytes; each row sums to 255, off by less than one from its true share."""
    sums = weights.sum(axis=1, keepdims=True, dtype=np.float64)
    exact = np.where(sums > 0, weights.astype(float), np.eye(1, weights.shape[1]))
    exact *= 255 / np.where(sums > 0, sums, 1)
    whole = np.floor(exact + 1e-9)
    missing = np.rint(255 - whole.sum(axis=1)).astype(np.int64)
    rank = np.argsort(np.argsort(whole - exact, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(whole + (rank < missing[:, None]), np.uint8)


def _steady(joints: Raw, shares: NDArray[np.uint8]) -> tuple[I64, NDArray[np.uint8]]:
    """The same influences in slots such that a joint keeps its slot from one vertex to the next."""
    count, width = joints.shape
    named = np.where(shares > 0, joints, -1)
    fresh = np.ones(count, np.bool_)  # what hangs on the same joints as its predecessor lies in the same slots
    fresh[1:] = (named[1:] != named[:-1]).any(axis=1)
    rows = np.flatnonzero(fresh)
    held: list[int | None] = [None] * width
    chosen: list[list[int]] = []
    for names, parts in zip(named[rows].tolist(), shares[rows].tolist(), strict=True):
        left: dict[int, int] = {}
        for name, part in zip(names, parts, strict=True):
            if part and name not in held:
                left[name] = left.get(name, 0) + part
        if left:
            free = [slot for slot, name in enumerate(held) if name not in names]
            for slot, (name, _) in zip(free, sorted(left.items(), key=_falling), strict=False):
                held[slot] = name
        chosen.append([held.index(name) if part else 0 for name, part in zip(names, parts, strict=True)])
    made_joints, made_shares = np.zeros((count, width), np.int64), np.zeros((count, width), np.uint8)
    if chosen:
        slots = np.array(chosen)[np.cumsum(fresh) - 1]
        for column in range(width):
            some = np.flatnonzero(shares[:, column])
            made_joints[some, slots[some, column]] = joints[some, column]
            made_shares[some, slots[some, column]] += shares[some, column]
    return made_joints, made_shares


def _falling(influence: tuple[int, int]) -> int:
    return -influence[1]


def _morph_order(moves: Raw, unit: float, places: F64) -> I64 | None:
    """Vertices such that each is near its predecessor in what morph targets do to it, ``moves`` (3 x targets, n) in
    steps of ``unit``; None to keep the order.

    First what no target moves, in its old order. Then from each vertex to the nearest that is left, by the principal
    components of all movements, which count by their number of digits, and by place.
    """
    stirred = moves.any(axis=0)
    rows = np.flatnonzero(stirred)
    if not 1 < len(rows) <= _MAX_ORDERED:
        return None
    moves = moves[moves.any(axis=1)].take(rows, axis=1)
    digits = _digits(moves, unit).T
    digits -= digits.mean(axis=0)
    start = np.random.default_rng(0).standard_normal((digits.shape[1], min(_COMPONENTS, digits.shape[1])))
    axes, _ = np.linalg.qr(digits.T @ (digits @ start))  # near enough to the components, and far cheaper
    features = np.column_stack([digits @ axes, places[rows] * _PLACE]).astype(np.float32)
    chain = _chain(features, int(np.square(moves / unit).sum(axis=0).argmin()))
    return np.concatenate([np.flatnonzero(~stirred), rows[chain]])


def _digits(moves: Raw, unit: float) -> F64:
    """How many digits numbers have, with their signs."""
    if moves.dtype == np.int16:  # few different ones: a table of logarithms is cheaper than so many of them
        most = max(int(moves.max()), -int(moves.min()))
        sizes = np.log1p(np.arange(most + 1.0))
        found: F64 = np.concatenate([-sizes[:0:-1], sizes]).take(moves.astype(np.intp) + most)
        return found
    steps = moves / unit
    return np.asarray(np.sign(steps) * np.log1p(np.abs(steps)))


def _chain(features: F32, start: int) -> I64:
    """From row ``start`` always to the nearest row that is left."""
    count = len(features)
    columns, numbers, at = np.ascontiguousarray(features.T), np.arange(count), start
    lengths = np.square(features).sum(axis=1) / 2
    order = np.empty(count, np.int64)
    for found in range(count):
        order[found] = numbers[at]
        here = columns[:, at].copy()
        last = count - found - 1
        for line in (columns, lengths, numbers):  # what is left stays together in front
            line[..., at] = line[..., last]
        if last:
            at = int((lengths[:last] - here @ columns[:, :last]).argmin())
    return order


def needs_quantization(tree: Tree) -> bool:
    """True when a vertex attribute has a type that glTF alone does not know."""
    accessors: list[Tree] = tree.get("accessors", [])
    for mesh in tree.get("meshes", ()):
        for primitive in mesh["primitives"]:
            streams = [primitive["attributes"], *primitive.get("targets", ())]
            for stream in streams:
                for name in ("POSITION", "NORMAL", "TANGENT"):
                    if name in stream and accessors[stream[name]]["componentType"] != 5126:
                        return True
    return False
