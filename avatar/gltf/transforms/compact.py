"""The final writing of a document: only what is reachable, vertices packed, morph targets sparse.

Nodes, materials, textures, images, skins, scenes and animations keep their numbers and names; what extensions say of
meshes by number is made true. An extension that nobody here knows may point at things that moved: it is left out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.gate.checks import KNOWN
from avatar.gltf.guests.meshopt import reorder
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import Packer, Raw, extremes, read_raw, read_rows
from avatar.gltf.model.document import Change, Document, Tree, without
from avatar.gltf.model.layout import geometry_only, image_bytes, with_images
from avatar.gltf.model.pose import I64, triangles
from avatar.gltf.model.references import renumbered
from avatar.gltf.transforms.reindex import Spot


@dataclass(frozen=True, slots=True)
class CompactOptions:
    """What counts as standing still in a morph target, and whether targets bend normals at all."""

    negligible: float = 5e-6  # of the primitive's extent: 2 um on a head of 40 cm
    bend: float = 1e-3  # change of a unit normal or tangent
    bends: bool = True  # keep what morph targets do to normals and tangents


DEFAULTS = CompactOptions()
_NEVER_OPTIONAL = frozenset({"KHR_mesh_quantization"})  # who does not know it reads other numbers


@dataclass(frozen=True, slots=True)
class Order:
    """A primitive's triangles (t, 3) on its new vertices, the old number of each of those (n,), and the new number of
    each old one: -1 for one that goes."""

    corners: NDArray[np.uint32]
    rows: I64
    places: I64


def compact(document: Document, sidecar: Sidecar, options: CompactOptions = DEFAULTS) -> Change:
    """Rewrite ``document`` without unused vertices, accessors, views and meshes; triangles in an order that suits the
    GPU's vertex cache and compresses well, vertices in the order of their use."""
    packer = Packer()
    notes: list[str] = []
    if not options.bends:
        document, bends = _without_bends(document)
        notes += [f"dropped the normals and tangents of {bends} morph targets"] if bends else []
    meshes, places = _meshes(document, packer, sidecar, options, notes)
    document = _with_mesh_numbers(document, places)
    parts: Tree = {
        "nodes": [_node(node, places) for node in document.list("nodes")],
        "meshes": meshes,
        "skins": copied_skins(document, packer),
        "animations": copied_animations(document, packer),
    }
    views, accessors, binary = packer.finish()
    made, dropped = _written(document, Document({**parts, "accessors": accessors, "bufferViews": views}, binary))
    if dropped:
        notes.append(f"left out extensions that may point at what moved: {', '.join(dropped)}")
    notes.append(f"binary data {len(document.binary):,} to {len(made.binary):,} bytes")
    return Change(made, tuple(notes))


def take_geometry(document: Document, kin: Document) -> Document:
    """``document`` with the geometry of ``kin``, a compacted document whose source had the same `fingerprint`.

    What `compact` would write, given the triangles that ``kin`` has left. Raises InvalidModel when the images of
    ``kin`` do not come last.
    """
    views, binary = geometry_only(kin)
    parts = {key: kin.list(key) for key in ("nodes", "meshes", "skins", "animations", "accessors")}
    pairs = zip(document.list("nodes"), kin.list("nodes"), strict=True)
    places = {old["mesh"]: new["mesh"] for old, new in pairs if "mesh" in old and "mesh" in new}
    document = _with_mesh_numbers(document, places)
    return _written(document, Document({**parts, "bufferViews": views}, binary))[0]


def _with_mesh_numbers(document: Document, places: Mapping[int, int]) -> Document:
    """``document`` whose extensions go by the new numbers of meshes already."""
    return Document(renumbered(document.tree, meshes=places), document.binary)


def _written(document: Document, geometry: Document) -> tuple[Document, list[str]]:
    """``document`` whose geometry is ``geometry`` and whose images come last; and the extensions that were left out."""
    tree = without(document.tree, "meshes", "accessors", "bufferViews", "buffers")
    images = document.list("images")
    first = len(geometry.list("bufferViews"))
    parts = {key: geometry.list(key) for key in ("nodes", "meshes", "skins", "animations")}
    parts["images"] = [{**image, "bufferView": first + at} for at, image in enumerate(images)]
    tree |= {key: value for key, value in parts.items() if value or key in tree}
    views, binary = with_images(geometry.list("bufferViews"), geometry.binary, image_bytes(document))
    tree |= {"bufferViews": views, "accessors": geometry.list("accessors"), "buffers": [{"byteLength": len(binary)}]}
    tree = {key: value for key, value in tree.items() if value not in ([], {})}  # the format has no empty arrays
    tree, dropped = _drop_unknown(tree)
    return Document(tree, binary), dropped


def _without_bends(document: Document) -> tuple[Document, int]:
    """``document`` whose morph targets move positions (and what is not geometry) only, and how many lost something."""
    lost = 0
    meshes: list[Tree] = []
    for mesh in document.list("meshes"):
        primitives: list[Tree] = []
        for primitive in mesh["primitives"]:
            targets = primitive.get("targets", [])
            kept = [without(target, "NORMAL", "TANGENT") if "POSITION" in target else target for target in targets]
            lost += sum(len(new) < len(old) for new, old in zip(kept, targets, strict=True))
            primitives.append({**primitive, "targets": kept} if targets else primitive)
        meshes.append({**mesh, "primitives": primitives})
    return (Document({**document.tree, "meshes": meshes}, document.binary), lost) if lost else (document, 0)


def _meshes(
    document: Document, packer: Packer, sidecar: Sidecar, options: CompactOptions, notes: list[str]
) -> tuple[list[Tree], dict[int, int]]:
    """The meshes that nodes show and that have triangles, and their new numbers."""
    shown = {node["mesh"] for node in document.list("nodes") if "mesh" in node}
    orders = _orders(document, shown, sidecar)
    made: list[Tree] = []
    places: dict[int, int] = {}
    for number, mesh in enumerate(document.list("meshes")):
        primitives = [
            _primitive(document, primitive, orders[number, at], packer, options)
            for at, primitive in enumerate(mesh["primitives"])
            if (number, at) in orders
        ]
        if primitives:
            places[number] = len(made)
            made.append({**mesh, "primitives": primitives})
        else:
            notes.append(f"left out mesh {mesh.get('name', number)!r}: no node shows triangles of it")
    return made, places


def _orders(document: Document, shown: set[int], sidecar: Sidecar) -> dict[Spot, Order]:
    """The triangles and vertices of each primitive that is shown and has any, as they will lie. Blended triangles stay
    in their order, in which the layers of hair lie over each other."""
    materials = document.list("materials")
    used: dict[Spot, I64] = {}
    blended: list[bool] = []
    dense: list[NDArray[np.uint32]] = []
    for number in sorted(shown):
        for at, primitive in enumerate(document.tree["meshes"][number]["primitives"]):
            corners = triangles(document, primitive)
            if len(corners):
                places = np.zeros(int(corners.max()) + 1, np.uint32)
                places[corners] = 1
                used[number, at] = np.flatnonzero(places)
                places[used[number, at]] = np.arange(len(used[number, at]))
                dense.append(places[corners])
                material = materials[primitive["material"]] if "material" in primitive else {}
                blended.append(material.get("alphaMode") == "BLEND")
    free = iter(reorder(sidecar, [corners for corners, fixed in zip(dense, blended, strict=True) if not fixed]))
    ordered = (_as_first_used(corners) if fixed else next(free) for corners, fixed in zip(dense, blended, strict=True))
    return {
        (mesh, at): _order(document, document.tree["meshes"][mesh]["primitives"][at], corners, rows[fetch])
        for ((mesh, at), rows), (corners, fetch) in zip(used.items(), ordered, strict=True)
    }


def _as_first_used(corners: NDArray[np.uint32]) -> tuple[NDArray[np.uint32], I64]:
    """The same triangles in the same order, on vertices in the order of their first use; the old number of each."""
    found, firsts = np.unique(corners, return_index=True)
    fetch = found[np.argsort(firsts)].astype(np.int64)
    new = np.empty(len(fetch), np.uint32)
    new[fetch] = np.arange(len(fetch))
    return new[corners], fetch


def _order(document: Document, primitive: Tree, corners: NDArray[np.uint32], rows: I64) -> Order:
    places = np.full(document.tree["accessors"][primitive["attributes"]["POSITION"]]["count"], -1)
    places[rows] = np.arange(len(rows))
    return Order(corners, rows, places)


def _node(node: Tree, places: dict[int, int]) -> Tree:
    if "mesh" not in node:
        return without(node, "children") if node.get("children") == [] else node
    if node["mesh"] not in places:
        return without(node, "mesh", "skin", "weights")
    return {**node, "mesh": places[node["mesh"]]}


def _primitive(document: Document, primitive: Tree, order: Order, packer: Packer, options: CompactOptions) -> Tree:
    rows = order.rows
    accessors = document.tree["accessors"]
    attributes: Tree = {}
    for name, at in primitive["attributes"].items():
        values = read_raw(document, at).take(rows, axis=0)
        if name.startswith("JOINTS_") and int(values.max(initial=0)) < 256:
            values = values.astype(np.uint8)
        attributes[name] = packer.attribute(
            values,
            accessors[at]["type"],
            normalized=bool(accessors[at].get("normalized")),
            bounds=name == "POSITION",
        )
    position = read_raw(document, primitive["attributes"]["POSITION"]).take(rows, axis=0)
    made: Tree = {**without(primitive, "mode"), "attributes": attributes}
    made["indices"] = packer.indices(order.corners.reshape(-1))
    if primitive.get("targets"):
        low, high = extremes(position)
        extent = float((high.astype(float) - low).max())
        made["targets"] = _targets(document, primitive["targets"], order, packer, extent, options)
    return made


def _targets(
    document: Document, targets: list[Tree], order: Order, packer: Packer, extent: float, options: CompactOptions
) -> list[Tree]:
    still: dict[tuple[str, Any], int] = {}  # targets that move nothing share one accessor
    idle: dict[tuple[str, int], int] = {}  # and most of them did before
    made: list[Tree] = []
    for target in targets:
        streams: Tree = {}
        for name, at in target.items():
            if (name, at) in idle:
                streams[name] = idle[name, at]
                continue
            accessor = document.tree["accessors"][at]
            limit = options.negligible * extent if name == "POSITION" else options.bend
            rows, values = _moving(document, at, order, limit)
            key = (name, values.dtype)
            if len(rows) == 0 and key in still:
                streams[name] = idle[name, at] = still[key]
                continue
            streams[name] = packer.changes(
                len(order.rows),
                rows,
                values,
                accessor["type"],
                normalized=bool(accessor.get("normalized")),
                bounds=name == "POSITION",
            )
            if len(rows) == 0:
                still[key] = idle[name, at] = streams[name]
        made.append(streams)
    return made


def _moving(document: Document, at: int, order: Order, limit: float) -> tuple[I64, Raw]:
    """The new numbers of the vertices that accessor ``at`` moves by more than ``limit``, rising, and how it does."""
    listed, values = read_rows(document, at)
    limit = limit if values.dtype == np.float32 else 0.0
    if listed is None:
        values = values.take(order.rows, axis=0)
        moved = np.flatnonzero(_moved(values, limit))
        return moved, values[moved]
    places = order.places[listed]
    kept = np.flatnonzero(_moved(values, limit) & (places >= 0))
    kept = kept[np.argsort(places[kept])]
    return places[kept], values[kept]


def _moved(values: Raw, limit: float) -> NDArray[np.bool_]:
    """(n,) True where any component exceeds ``limit``."""
    most = values.dtype.type(limit)
    if float(most) > limit:
        most = np.nextafter(most, most.dtype.type(0))  # no number lies between it and ``limit``
    above = (values > most) | (values < -most)
    return np.asarray(reduce(np.logical_or, above.T), np.bool_)  # far faster than ``any`` along so short an axis


def copied_skins(document: Document, packer: Packer) -> list[Tree]:
    """The skins, whose matrices ``packer`` holds now."""
    key = "inverseBindMatrices"
    return [
        {**skin, key: _copy(document, packer, skin[key], bounds=False)} if key in skin else skin
        for skin in document.list("skins")
    ]


def _copy(document: Document, packer: Packer, at: int, *, bounds: bool) -> int:
    accessor = document.tree["accessors"][at]
    values = read_raw(document, at)
    return packer.values(values, accessor["type"], normalized=bool(accessor.get("normalized")), bounds=bounds)


def copied_animations(document: Document, packer: Packer) -> list[Tree]:
    """The animations, whose samples ``packer`` holds now; without those that move nothing."""
    times: dict[int, int] = {}  # samplers share key times: written once
    made: list[Tree] = []
    for animation in document.list("animations"):
        samplers: list[Tree] = []
        for sampler in animation["samplers"]:
            at = sampler["input"]
            if at not in times:
                times[at] = _copy(document, packer, at, bounds=True)
            output = _copy(document, packer, sampler["output"], bounds=False)
            samplers.append({**sampler, "input": times[at], "output": output})
        if samplers and animation["channels"]:
            made.append({**animation, "samplers": samplers})
    return made


def _drop_unknown(tree: Tree) -> tuple[Tree, list[str]]:
    """``tree`` without extensions outside ``KNOWN``, and the names of those that stood in it.

    Readers skip extensions that are not declared, so those that stand in it are.
    """
    dropped: set[str] = set()
    found: set[str] = set()

    def clean(value: Any) -> Any:
        if isinstance(value, list):
            return [clean(item) for item in value]
        if not isinstance(value, dict):
            return value
        cleaned = {key: clean(item) for key, item in value.items() if key not in ("extensions", "extras")}
        if "extras" in value:
            cleaned["extras"] = value["extras"]
        extensions = value.get("extensions")
        if isinstance(extensions, dict):
            dropped.update(extensions.keys() - KNOWN)
            known = {name: clean(item) for name, item in extensions.items() if name in KNOWN}
            found.update(known)
            if known:
                cleaned["extensions"] = known
        return cleaned

    # These three were written above and hold no extensions; they are also most of the tree.
    kept = {key: tree[key] for key in ("accessors", "bufferViews", "buffers") if key in tree}
    cleaned = {**kept, **clean(without(tree, *kept))}
    said = {
        key: [name for name in dict.fromkeys(tree.get(key, ())) if name in KNOWN]
        for key in ("extensionsUsed", "extensionsRequired")
    }
    used, required = said.values()
    used += sorted((found | set(required)).difference(used))
    required += [name for name in used if name in _NEVER_OPTIONAL and name not in required]
    for key, names in said.items():
        cleaned.pop(key, None)
        if names:
            cleaned[key] = names
    return cleaned, sorted(dropped)
