"""Numbers in as few bits as show: positions on one grid, and morph targets on the same; what belongs to a vertex in
bytes; vertices in the order in which morph targets change least from one to the next.

Positions become whole numbers of steps (KHR_mesh_quantization). What turns them back into lengths stands where the
format lets it: in the inverse bind matrices of a skinned mesh, whose node does not count, and else in the node, if
nothing else hangs on it. All meshes bound in one space share one grid, so vertices of different parts at one place
stay at one place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.accessors import F32, Raw, Shelves, read_floats, read_raw
from avatar.gltf.document import Change, Document, Tree
from avatar.gltf.layout import image_bytes, with_images
from avatar.gltf.pose import F64, I64, quaternion_matrix
from avatar.gltf.references import Kind, mentioned

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
                _Primitive(document, primitive, grids.get(number), shelves, options).made()
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
    if _needs_extension(tree):
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
            low, high = np.minimum(low, places.min(axis=0)), np.maximum(high, places.max(axis=0))
            for target in primitive.get("targets", ()):
                if "POSITION" in target:
                    far = max(far, float(np.abs(read_floats(document, target["POSITION"])).max()))
    extent = float((high - low).max())
    step = float(np.float32(extent * options.position)) or 1.0
    return Grid(low, step) if math.isfinite(extent) and far / step < 32767 else None


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
    bound: dict[int, list[tuple[int, F32]]] = {}
    for at, skin in enumerate(document.list("skins")):
        for joint, matrix in zip(skin["joints"], _inverse_binds(document, skin), strict=True):
            same = (other for other, theirs in bound.get(joint, ()) if np.allclose(theirs, matrix, 1e-4, 1e-6))
            for other in same:
                leader[find(at)] = find(other)
            bound.setdefault(joint, []).append((at, matrix))
    used = {skin for found in shown.values() for skin in found if skin is not None}
    spaces: dict[int, set[int]] = {}
    for number in sorted(used):
        spaces.setdefault(find(number), set()).add(number)
    return list(spaces.values())


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
    turning = {channel["sampler"] for channel in animation["channels"] if channel["target"]["path"] == "rotation"}
    samplers: list[Tree] = []
    for at, sampler in enumerate(animation["samplers"]):
        times, output = read_raw(document, sampler["input"]), document.tree["accessors"][sampler["output"]]
        values, normalized = read_raw(document, sampler["output"]), bool(output.get("normalized"))
        # The tangents of cubic splines are no unit quaternions.
        if at in turning and values.dtype == np.float32 and sampler.get("interpolation") != "CUBICSPLINE":
            values, normalized = _whole(values, np.int16), True
        made = {
            "input": shelves.values("times", times, "SCALAR", bounds=True),
            "output": shelves.values("samples", values, output["type"], normalized=normalized),
        }
        samplers.append({**sampler, **made})
    return {**animation, "samplers": samplers}


def _whole(values: NDArray[np.floating[Any]], dtype: type[np.signedinteger[Any]]) -> Raw:
    """Numbers from -1 to 1 as normalised integers."""
    most = np.iinfo(dtype).max
    whole: Raw = np.rint(np.clip(values, -1, 1) * most).astype(dtype)
    return whole


class _Primitive:
    """One primitive on its way to the shelves."""

    def __init__(
        self, document: Document, primitive: Tree, grid: Grid | None, shelves: Shelves, options: QuantizeOptions
    ) -> None:
        self._document, self._primitive, self._shelves, self._options = document, primitive, shelves, options
        self._grid = grid
        places = read_floats(document, primitive["attributes"]["POSITION"]).astype(float)
        extent = float(np.ptp(places, axis=0).max()) or 1.0
        # Without a grid: a power of two, for what is a multiple of one has few digits as a float.
        self._step = grid.step if grid else 2.0 ** math.floor(math.log2(extent * options.position))
        self._moves = [
            np.rint(read_floats(document, target["POSITION"]).astype(float) / self._step)
            for target in primitive.get("targets", ())
            if "POSITION" in target
        ]
        self._places = places
        self._rows = _morph_order(self._moves, places / extent)

    def made(self) -> Tree:
        """The primitive's new tree."""
        made = dict(self._primitive)
        made["attributes"] = self._attributes()
        if "indices" in made:
            indices = read_raw(self._document, made["indices"])[:, 0].astype(np.int64)
            if self._rows is not None:
                places = np.empty(len(self._rows), np.int64)
                places[self._rows] = np.arange(len(self._rows))
                indices = places[indices]
            made["indices"] = self._shelves.indices(indices)
        if "targets" in made:
            made["targets"] = [
                {name: self._delta(name, at) for name, at in target.items()} for target in made["targets"]
            ]
        return made

    def _ordered(self, values: Raw) -> Raw:
        return values if self._rows is None else values[self._rows]

    def _attributes(self) -> Tree:
        given: Tree = self._primitive["attributes"]
        made: Tree = {}
        skin = self._skinning()
        for name, at in given.items():
            if name in skin:
                values, normalized = skin[name]
                made[name] = self._shelves.attribute(name, values, "VEC4", normalized=normalized)
                continue
            accessor = self._document.tree["accessors"][at]
            kind, normalized = accessor["type"], bool(accessor.get("normalized"))
            values = self._ordered(read_raw(self._document, at))
            if name == "POSITION":
                values, normalized = self._positions(self._ordered(self._places)), False
            elif name in ("NORMAL", "TANGENT") and values.dtype == np.float32:
                values, normalized = _whole(_units(values), np.int8), True
            elif name.startswith("TEXCOORD_") and values.dtype == np.float32:
                values = _rounded(values, 2.0**-self._options.texture)
            elif name.startswith("COLOR_") and values.dtype != np.uint8:
                shades = self._ordered(read_floats(self._document, at))
                values, normalized = np.rint(np.clip(shades, 0, 1) * 255).astype(np.uint8), True
            purpose = name.rstrip("0123456789")
            made[name] = self._shelves.attribute(
                purpose, values, kind, normalized=normalized, bounds=name == "POSITION"
            )
        return made

    def _positions(self, places: F64) -> Raw:
        if self._grid is None:
            return _rounded(places, self._step)
        return np.rint((places - self._grid.origin) / self._step).astype(np.uint16)

    def _skinning(self) -> dict[str, tuple[Raw, bool]]:
        """JOINTS_n and WEIGHTS_n: bytes that sum to 255 over all sets of a vertex."""
        given: Tree = self._primitive["attributes"]
        sets = sorted(name[7:] for name in given if name.startswith("JOINTS_") and f"WEIGHTS_{name[7:]}" in given)
        if not sets:
            return {}
        joints = np.concatenate([read_raw(self._document, given[f"JOINTS_{n}"]) for n in sets], axis=1)
        weights = np.concatenate([read_floats(self._document, given[f"WEIGHTS_{n}"]) for n in sets], axis=1)
        joints, shares = _steady(self._ordered(joints), byte_weights(self._ordered(weights)))
        narrow = joints.astype(np.uint8 if int(joints.max(initial=0)) < 256 else np.uint16)
        made: dict[str, tuple[Raw, bool]] = {}
        for at, number in enumerate(sets):
            made[f"JOINTS_{number}"] = narrow[:, 4 * at : 4 * at + 4], False
            made[f"WEIGHTS_{number}"] = shares[:, 4 * at : 4 * at + 4], True
        return made

    def _delta(self, name: str, at: int) -> int:
        accessor = self._document.tree["accessors"][at]
        kind, normalized = accessor["type"], bool(accessor.get("normalized"))
        values = self._ordered(read_raw(self._document, at))
        if name == "POSITION":
            steps = np.rint(self._ordered(read_floats(self._document, at)).astype(float) / self._step)
            if self._grid is None:
                values = (steps * self._step).astype(np.float32)
            else:
                values = steps.astype(np.int8 if np.abs(steps).max() <= 127 else np.int16)
            normalized = False
        elif name in ("NORMAL", "TANGENT") and values.dtype == np.float32:
            still = np.abs(values).max(axis=1, keepdims=True) < self._options.bend
            values, normalized = _whole(np.where(still, 0, values), np.int8), True
        purpose = f"morph {name.rstrip('0123456789')}"
        return self._shelves.attribute(purpose, values, kind, normalized=normalized, bounds=name == "POSITION")


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
    held = [-1] * width
    made_joints, made_shares = np.zeros((count, width), np.int64), np.zeros((count, width), np.uint8)
    for at, (names, parts) in enumerate(zip(joints.tolist(), shares.tolist(), strict=True)):
        left: dict[int, int] = {}
        for name, part in zip(names, parts, strict=True):
            if part:
                left[name] = left.get(name, 0) + part
        slots = [slot for slot in range(width) if held[slot] not in left]
        for slot in range(width):
            part = left.pop(held[slot], 0)
            if part:
                made_joints[at, slot], made_shares[at, slot] = held[slot], part
        for slot, (name, part) in zip(slots, sorted(left.items(), key=lambda item: -item[1]), strict=False):
            held[slot] = name
            made_joints[at, slot], made_shares[at, slot] = name, part
    return made_joints, made_shares


def _morph_order(moves: list[F64], places: F64) -> I64 | None:
    """Vertices such that each is near its predecessor in what morph targets do to it; None to keep the order.

    From each vertex to the nearest that is left, by the principal components of all movements, which count by their
    number of digits, and by place where nothing moves.
    """
    count = len(places)
    if not moves or count > _MAX_ORDERED or not any(move.any() for move in moves):
        return None
    columns = np.concatenate(moves, axis=1)
    columns = columns[:, columns.any(axis=0)]
    digits = np.sign(columns) * np.log1p(np.abs(columns))
    digits -= digits.mean(axis=0)
    _, axes = np.linalg.eigh(digits.T @ digits)
    features = np.column_stack([digits @ axes[:, -_COMPONENTS:], places * _PLACE]).astype(np.float32)
    return _chain(features, int(np.square(columns).sum(axis=1).argmin()))


def _chain(features: F32, start: int) -> I64:
    """From row ``start`` always to the nearest row that is left."""
    count = len(features)
    rows, numbers, at = features.copy(), np.arange(count), start
    order = np.empty(count, np.int64)
    for found in range(count):
        order[found] = numbers[at]
        here = rows[at].copy()
        last = count - found - 1
        rows[at], numbers[at] = rows[last], numbers[last]  # what is left stays together in front
        if last:
            at = int(np.square(rows[:last] - here).sum(axis=1).argmin())
    return order


def _needs_extension(tree: Tree) -> bool:
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
