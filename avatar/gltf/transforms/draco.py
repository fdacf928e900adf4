"""Triangles and vertices as Google's Draco codec writes them (KHR_draco_mesh_compression).

Morph targets cannot be inside; they stay sparse accessors, of 16 bits where that is fine enough, and the vertices of
what morphs keep their order. What does not morph gets the order that the codec likes best. Not together with
`compress_meshopt`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.guests.draco import Given, encode
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import COMPONENT_TYPES, Packer, Raw, read_floats, read_raw
from avatar.gltf.model.document import Change, Document, Tree
from avatar.gltf.model.layout import image_bytes, with_images
from avatar.gltf.model.pose import triangles
from avatar.gltf.transforms.compact import copied_animations, copied_skins
from avatar.gltf.transforms.quantize import DEFAULTS as QUANTIZE
from avatar.gltf.transforms.quantize import EXTENSION as QUANTIZATION
from avatar.gltf.transforms.quantize import Grid, byte_weights, needs_quantization, shared_grids

EXTENSION: Final = "KHR_draco_mesh_compression"
_TRIANGLES: Final = 4
_POSITION_STEPS: Final = 32767  # to the unit


@dataclass(frozen=True, slots=True)
class DracoOptions:
    """Bits of each component; whole numbers (joints, weights as bytes) are kept exactly."""

    position: int = 14  # of the extent of what shares a grid: 0.11 mm on a person of 1.8 m
    normal: int = 8
    texture: int = 12
    colour: int = 8
    other: int = 12  # tangents


DEFAULTS: Final = DracoOptions()


def compress_draco(document: Document, sidecar: Sidecar, options: DracoOptions = DEFAULTS) -> Change:
    """A compacted document with its triangles in Draco's form; images come last, as before.

    Takes documents that are not quantised (`quantize`), for the codec does that itself; weights become bytes that
    sum to 255. Raises ``InvalidModel`` for indices out of range, ``CodecFailed`` when the encoder fails.
    """
    packer = Packer()
    grids, _ = shared_grids(document, QUANTIZE)
    coded = plain = 0
    meshes: list[Tree] = []
    for number, mesh in enumerate(document.list("meshes")):
        primitives: list[Tree] = []
        for primitive in mesh["primitives"]:
            if "indices" in primitive and primitive.get("mode", _TRIANGLES) == _TRIANGLES:
                made, size = _encoded(document, primitive, grids.get(number), packer, sidecar, options)
                coded += size
            else:
                made = _copied(document, primitive, packer)
                plain += 1
            primitives.append(made)
        meshes.append({**mesh, "primitives": primitives})
    parts: Tree = {
        "meshes": meshes,
        "skins": copied_skins(document, packer),
        "animations": copied_animations(document, packer),
    }
    views, accessors, binary = packer.finish()
    first = len(views)
    parts["images"] = [{**image, "bufferView": first + at} for at, image in enumerate(document.list("images"))]
    views, binary = with_images(views, binary, image_bytes(document))
    parts |= {"accessors": accessors, "bufferViews": views, "buffers": [{"byteLength": len(binary)}]}
    tree = {**document.tree, **{key: value for key, value in parts.items() if value or key in document.tree}}
    notes = [
        f"triangles and vertices in {coded:,} bytes; binary data {len(document.binary):,} to {len(binary):,} bytes"
    ]
    if plain:
        notes.append(f"{plain} primitives are no indexed triangles and stay as they are")
    needed = [name for name, holds in ((EXTENSION, coded), (QUANTIZATION, needs_quantization(tree))) if holds]
    for key in ("extensionsUsed", "extensionsRequired") if needed else ():
        tree[key] = sorted({*tree.get(key, ()), *needed})
    return Change(Document(tree, binary), tuple(notes))


def _encoded(
    document: Document, primitive: Tree, grid: Grid | None, packer: Packer, sidecar: Sidecar, options: DracoOptions
) -> tuple[Tree, int]:
    """The primitive's new tree, and the bytes of its payload."""
    names = list(primitive["attributes"])
    exact = _weights(document, primitive)
    given = [
        Given("GENERIC", exact[name])
        if name in exact
        else _given(name, read_raw(document, primitive["attributes"][name]), grid, options)
        for name in names
    ]
    morphs = bool(primitive.get("targets"))
    corners = triangles(document, primitive).astype(np.uint32)
    data = encode(sidecar, corners, given, keep_order=morphs)
    attributes: Tree = {}
    for name, item in zip(names, given, strict=True):
        source: Tree = document.tree["accessors"][primitive["attributes"][name]]
        normalized = bool(source.get("normalized")) or name in exact
        bounds = item.values if name == "POSITION" else None
        attributes[name] = _promise(packer, item.values.dtype, source["type"], data.points, normalized, bounds)
    index = np.dtype(np.uint16 if data.points < 65535 else np.uint32)
    claim = {"bufferView": packer.view(data.data), "attributes": dict(zip(names, data.ids, strict=True))}
    made: Tree = {**primitive, "attributes": attributes}
    made["indices"] = _promise(packer, index, "SCALAR", data.faces * 3, False, None)
    made["extensions"] = {**primitive.get("extensions", {}), EXTENSION: claim}
    if morphs:
        made["targets"] = _targets(document, primitive, grid, packer)
    return made, len(data.data)


def _given(name: str, values: Raw, grid: Grid | None, options: DracoOptions) -> Given:
    """An attribute and how it is rounded; whole numbers are not."""
    values = np.ascontiguousarray(values)
    kinds = {"POSITION": ("POSITION", options.position), "NORMAL": ("NORMAL", options.normal)}
    kinds |= {"TEXCOORD": ("TEX_COORD", options.texture), "COLOR": ("COLOR", options.colour)}
    kinds |= {"TANGENT": ("GENERIC", options.other)}
    kind, bits = kinds.get(name.split("_")[0], ("GENERIC", 0))
    if values.dtype != np.float32:
        return Given(kind, values)
    if name == "POSITION" and grid is not None:
        origin = tuple(float(value) for value in grid.origin)
        return Given(kind, values, bits, origin, grid.step / QUANTIZE.position)
    return Given(kind, values, bits)


def _weights(document: Document, primitive: Tree) -> dict[str, NDArray[np.uint8]]:
    """WEIGHTS_n as bytes."""
    names = sorted(name for name in primitive["attributes"] if name.startswith("WEIGHTS_"))
    if not names:
        return {}
    found = [read_floats(document, primitive["attributes"][name]) for name in names]
    shares = byte_weights(np.concatenate(found, axis=1))
    return {name: np.ascontiguousarray(shares[:, 4 * at : 4 * at + 4]) for at, name in enumerate(names)}


def _promise(packer: Packer, dtype: np.dtype[Any], kind: str, count: int, normalized: bool, bounds: Raw | None) -> int:
    """An accessor that says what the codec will give; it has no data of its own."""
    accessor: Tree = {"componentType": COMPONENT_TYPES[dtype], "count": count, "type": kind}
    if normalized:
        accessor["normalized"] = True
    if bounds is not None:
        accessor["min"], accessor["max"] = bounds.min(axis=0).tolist(), bounds.max(axis=0).tolist()
    packer.accessors.append(accessor)
    return len(packer.accessors) - 1


def _targets(document: Document, primitive: Tree, grid: Grid | None, packer: Packer) -> list[Tree]:
    """Morph targets, sparse and rounded; those that shared an accessor still do."""
    finest = grid.step if grid else 0.0
    targets: list[Tree] = primitive["targets"]
    known: dict[int, int] = {}
    for target in targets:
        for name, at in target.items():
            if at not in known:
                accessor = document.tree["accessors"][at]
                raw = read_raw(document, at)
                values = _whole(name, raw, finest)
                known[at] = packer.delta(
                    values,
                    accessor["type"],
                    np.asarray(values.any(axis=1), np.bool_),
                    normalized=bool(accessor.get("normalized")) or values.dtype != raw.dtype,
                    bounds=name == "POSITION",
                )
    return [{name: known[at] for name, at in target.items()} for target in targets]


def _whole(name: str, values: Raw, finest: float) -> Raw:
    """Changes of at most 1 as normalised integers: 16 bits for positions where that is fine enough, 8 for normals."""
    if values.dtype != np.float32 or np.abs(values).max(initial=0) > 1:
        return values
    if name == "POSITION" and finest >= 1 / _POSITION_STEPS:
        return np.asarray(np.rint(values.astype(float) * _POSITION_STEPS), np.int16)
    return np.asarray(np.rint(values.astype(float) * 127), np.int8) if name in ("NORMAL", "TANGENT") else values


def _copied(document: Document, primitive: Tree, packer: Packer) -> Tree:
    """A primitive as it is."""

    def copy(name: str, at: int) -> int:
        accessor = document.tree["accessors"][at]
        normalized, bounds = bool(accessor.get("normalized")), name == "POSITION"
        return packer.attribute(read_raw(document, at), accessor["type"], normalized=normalized, bounds=bounds)

    made = {**primitive, "attributes": {name: copy(name, at) for name, at in primitive["attributes"].items()}}
    if "indices" in primitive:
        made["indices"] = packer.indices(read_raw(document, primitive["indices"])[:, 0])
    if primitive.get("targets"):
        made["targets"] = _targets(document, primitive, None, packer)
    return made
