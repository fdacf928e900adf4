"""The texture slots of materials: where they stand, which image and which coordinates they read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.document import Tree
from avatar.gltf.model.references import TEXTURE_SOURCES

F64 = NDArray[np.float64]

CORE_SLOTS: Final = ("normalTexture", "occlusionTexture", "emissiveTexture")  # of a material
PBR_SLOTS: Final = ("baseColorTexture", "metallicRoughnessTexture")  # of its pbrMetallicRoughness
REPEAT: Final = 10497


def core_infos(material: Tree) -> Iterator[tuple[str, Tree]]:
    """The texture infos of a material by slot, without those of its extensions."""
    pbr = material.get("pbrMetallicRoughness", {})
    yield from ((slot, pbr[slot]) for slot in PBR_SLOTS if slot in pbr)
    yield from ((slot, material[slot]) for slot in CORE_SLOTS if slot in material)


def texture_infos(material: Tree) -> Iterator[tuple[str, Tree]]:
    """All texture infos of a material by where they stand: "normalTexture", "KHR_materials_sheen/sheenColorTexture"."""
    yield from core_infos(material)
    for name, extension in material.get("extensions", {}).items():
        for slot, info in extension.items() if isinstance(extension, dict) else ():
            if slot.endswith("Texture") and isinstance(info, dict) and isinstance(info.get("index"), int):
                yield f"{name}/{slot}", info


def coordinate_set(info: Tree) -> int:
    """Which set of texture coordinates (TEXCOORD_n) a texture info reads."""
    found = _transform(info).get("texCoord", info.get("texCoord", 0))
    return found if isinstance(found, int) else 0


def coordinate_matrix(info: Tree) -> F64:
    """(2, 3): what KHR_texture_transform does to coordinates before the image is read; identity without it."""
    transform = _transform(info)
    offset, scale = _pair(transform.get("offset"), 0.0), _pair(transform.get("scale"), 1.0)
    angle = transform.get("rotation", 0.0)
    turn = float(angle) if isinstance(angle, int | float) else 0.0
    cosine, sine = np.cos(turn), np.sin(turn)
    rotation = np.array([[cosine, sine], [-sine, cosine]])
    return np.column_stack([rotation * scale, offset])


def source_image(texture: Tree) -> int | None:
    """The image that a texture shows, also when an extension names it."""
    for name in TEXTURE_SOURCES:
        extension = texture.get("extensions", {}).get(name)
        if isinstance(extension, dict) and isinstance(extension.get("source"), int):
            return int(extension["source"])
    source: int | None = texture.get("source")
    return source


def wrapping(tree: Tree, texture: Tree) -> tuple[int, int]:
    """wrapS and wrapT of a texture's sampler."""
    sampler = tree["samplers"][texture["sampler"]] if "sampler" in texture else {}
    return int(sampler.get("wrapS", REPEAT)), int(sampler.get("wrapT", REPEAT))


def _transform(info: Tree) -> Tree:
    found = info.get("extensions", {}).get("KHR_texture_transform", {})
    return found if isinstance(found, dict) else {}


def _pair(value: Any, default: float) -> F64:
    fits = isinstance(value, list) and len(value) == 2 and all(isinstance(item, int | float) for item in value)
    return np.array(value if fits else (default, default), float)
