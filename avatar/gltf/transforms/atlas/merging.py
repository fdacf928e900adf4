"""Parts as one primitive: every attribute that any of them has, every morph target by name."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from avatar.gltf.model.accessors import Packer, Raw
from avatar.gltf.model.document import Document, Tree
from avatar.gltf.transforms.atlas.parts import F32, MORPHED, Part
from avatar.gltf.transforms.atlas.pictures import F64


def merged_primitive(
    parts: Sequence[Part], coordinates: Sequence[F64], names: Sequence[str], packer: Packer, *, relief: bool
) -> Tree:
    """The JSON of one primitive made of ``parts``, whose data went into ``packer``.

    ``coordinates`` are those of the atlas, (n, 2) for each part; ``names`` the morph targets it shall have, in order;
    ``relief`` says that it has a normal map.
    """
    positions = np.concatenate([part.positions for part in parts])
    starts = np.cumsum([0, *(len(part.positions) for part in parts)])
    attributes: Tree = {
        "POSITION": packer.attribute(positions, "VEC3", bounds=True),
        "NORMAL": packer.attribute(np.concatenate([part.normals for part in parts]), "VEC3"),
        "TEXCOORD_0": packer.attribute(np.concatenate(coordinates).astype(np.float32), "VEC2"),
    }
    tangents = _tangents(parts) if relief else None
    if tangents is not None:
        attributes["TANGENT"] = packer.attribute(tangents, "VEC4")
    if any(part.colours is not None for part in parts):
        colours = _colours(parts)
        attributes["COLOR_0"] = packer.attribute(colours, "VEC4", normalized=colours.dtype != np.float32)
    if any(part.joints is not None for part in parts):
        joints, weights = _influences(parts)
        for at in range(0, joints.shape[1], 4):
            attributes[f"JOINTS_{at // 4}"] = packer.attribute(joints[:, at : at + 4], "VEC4")
            attributes[f"WEIGHTS_{at // 4}"] = packer.attribute(
                weights[:, at : at + 4], "VEC4", normalized=weights.dtype != np.float32
            )
    corners = np.concatenate([part.corners + start for part, start in zip(parts, starts[:-1], strict=True)])
    made: Tree = {"attributes": attributes, "indices": packer.indices(corners.reshape(-1))}
    if names:
        bent = {name for part in parts for streams in part.targets.values() for name in streams}
        streams = [
            name for name in MORPHED if name in {"POSITION", *bent} and (name != "TANGENT" or tangents is not None)
        ]
        made["targets"] = [
            {stream: _target(parts, starts.tolist(), name, stream, packer) for stream in streams} for name in names
        ]
    return made


def _target(parts: Sequence[Part], starts: list[int], name: str, stream: str, packer: Packer) -> int:
    shift = np.zeros((starts[-1], 3), np.float32)
    for part, start in zip(parts, starts[:-1], strict=True):
        found = part.targets.get(name, {}).get(stream)
        if found is not None:
            shift[start : start + len(found)] = found
    moved = np.asarray(shift.any(axis=1), np.bool_)
    return packer.delta(shift, "VEC3", moved, normalized=False, bounds=stream == "POSITION")


def _tangents(parts: Sequence[Part]) -> F32 | None:
    """(n, 4) when every part whose normals a map bends has them; the others get some that fit their normals."""
    if any(part.tangents is None and "normalTexture" in part.surface.layers for part in parts):
        return None
    if all(part.tangents is None for part in parts):
        return None
    found: list[F32] = []
    for part in parts:
        if part.tangents is None:
            normals = part.normals.astype(float)
            axis = np.where(np.abs(normals[:, :1]) < 0.9, (1.0, 0.0, 0.0), (0.0, 1.0, 0.0))
            along = np.cross(axis, normals)
            along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-12)
            found.append(np.column_stack([along, np.ones(len(along))]).astype(np.float32))
        else:
            found.append(part.tangents)
    return np.concatenate(found)


def _colours(parts: Sequence[Part]) -> Raw:
    """(n, 4): as they are stored when all parts agree in that, else 16-bit."""
    kinds = {part.colours.dtype for part in parts if part.colours is not None}
    kind = kinds.pop() if len(kinds) == 1 else np.dtype(np.uint16)
    full = 1.0 if kind == np.float32 else np.iinfo(kind).max
    made: list[Raw] = []
    for part in parts:
        if part.colours is None:
            made.append(np.full((len(part.positions), 4), full, kind))
        elif part.colours.dtype == kind:
            made.append(part.colours)
        else:
            top = 1.0 if part.colours.dtype == np.float32 else np.iinfo(part.colours.dtype).max
            made.append(np.round(np.clip(part.colours / top, 0, 1) * full).astype(kind))
    return np.concatenate(made)


def _influences(parts: Sequence[Part]) -> tuple[Raw, Raw]:
    """Joints (n, 4 x sets) in the narrowest type and weights: bytes when all have bytes, else float32."""
    width = max(part.joints.shape[1] for part in parts if part.joints is not None)
    exact = all(part.weights is not None and part.weights.dtype == np.uint8 for part in parts)
    joints, weights = [], []
    for part in parts:
        assert part.joints is not None and part.weights is not None  # of one document: all or none
        spare = ((0, 0), (0, width - part.joints.shape[1]))
        own = part.weights
        if not exact and own.dtype == np.uint8:
            own = (own / np.float64(255)).astype(np.float32)
        joints.append(np.pad(part.joints, spare))
        weights.append(np.pad(own, spare))
    numbers = np.concatenate(joints)
    return numbers.astype(np.uint8 if numbers.max() < 256 else np.uint16), np.concatenate(weights)


def appended(document: Document, packer: Packer) -> tuple[Document, int]:
    """``document`` with what ``packer`` holds behind its own data, and by how much the accessor numbers grew."""
    views, accessors, data = packer.finish()
    own = document.list("accessors")
    first = len(document.list("bufferViews"))
    start = len(document.binary) + -len(document.binary) % 4
    moved = [{**view, "byteOffset": view["byteOffset"] + start} for view in views]
    renamed: list[Tree] = []
    for accessor in accessors:
        made = dict(accessor)
        if "bufferView" in made:
            made["bufferView"] += first
        if "sparse" in made:
            sparse = made["sparse"]
            made["sparse"] = {
                "count": sparse["count"],
                "indices": {**sparse["indices"], "bufferView": sparse["indices"]["bufferView"] + first},
                "values": {**sparse["values"], "bufferView": sparse["values"]["bufferView"] + first},
            }
        renamed.append(made)
    binary = b"".join([document.binary, b"\0" * (start - len(document.binary)), data])
    tree = {
        **document.tree,
        "bufferViews": [*document.list("bufferViews"), *moved],
        "accessors": [*own, *renamed],
        "buffers": [{"byteLength": len(binary)}],
    }
    return Document(tree, binary), len(own)
