"""What each image of a document is for: it decides how the image may be scaled and encoded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from avatar.gltf.model.document import Document
from avatar.gltf.model.slots import source_image


class Use(IntEnum):
    """What an image is for; where it is used twice, the larger number rules."""

    DATA = 0  # roughness, metallic, occlusion: linear
    COLOUR = 1  # alpha is not looked at
    CUT_OUT = 2  # alpha decides against a cutoff
    BLENDED = 3  # alpha matters
    NORMAL = 4  # directions


@dataclass(frozen=True, slots=True)
class Role:
    """``srgb``: its red, green and blue are colours and no numbers."""

    use: Use
    cutoff: float = 0.5
    srgb: bool = False


UNUSED: Final = Role(Use.BLENDED, srgb=True)  # whatever an unused image is for, nothing of it is lost

# Slots of material extensions that hold colours; all others hold numbers.
_COLOURS: Final = frozenset(
    {
        *("specularColorTexture", "sheenColorTexture", "diffuseTransmissionColorTexture"),  # KHR_materials_*
        *("diffuseTexture", "specularGlossinessTexture"),  # KHR_materials_pbrSpecularGlossiness
        *("shadeMultiplyTexture", "matcapTexture", "rimMultiplyTexture"),  # VRMC_materials_mtoon
    }
)
# Slots of VRM 0.x that hold numbers; all others hold colours.
_OLD_NUMBERS: Final = frozenset(
    {"_OutlineWidthTexture", "_UvAnimMaskTexture", "_ReceiveShadowTexture", "_ShadingGradeTexture"}
)
_OLD_NORMALS: Final = "_BumpMap"


def image_roles(document: Document) -> dict[int, Role]:
    """The role of each image that a material uses, by its number."""
    roles: dict[int, Role] = {}
    for index, role in _uses(document):
        source = _image_of(document, index)
        if source is not None and (source not in roles or roles[source].use < role.use):
            roles[source] = role
    older: dict[int, Role] = {}
    for index, role in _old_uses(document):
        source = _image_of(document, index)
        if source is not None and source not in roles and (source not in older or older[source].use < role.use):
            older[source] = role
    return {**older, **roles}


def plain_images(document: Document) -> frozenset[int]:
    """Images that must stay PNG or JPEG whatever textures become: pictures of the whole avatar in VRM's metadata, and
    those that no texture shows."""
    extensions = document.tree.get("extensions", {})
    shown = {source_image(texture) for texture in document.list("textures")}
    plain = {at for at in range(len(document.list("images"))) if at not in shown}
    thumbnail = _member(extensions, "VRMC_vrm", "meta", "thumbnailImage")
    if isinstance(thumbnail, int):
        plain.add(thumbnail)
    source = _image_of(document, _member(extensions, "VRM", "meta", "texture"))
    return frozenset(plain if source is None else {*plain, source})


def _uses(document: Document) -> Iterator[tuple[Any, Role]]:
    for material in document.list("materials"):
        pbr = material.get("pbrMetallicRoughness", {})
        alpha = {"MASK": Use.CUT_OUT, "BLEND": Use.BLENDED}.get(material.get("alphaMode", "OPAQUE"), Use.COLOUR)
        base = Role(alpha, material.get("alphaCutoff", 0.5), srgb=True)
        yield _member(pbr, "baseColorTexture", "index"), base
        yield _member(pbr, "metallicRoughnessTexture", "index"), Role(Use.DATA)
        yield _member(material, "occlusionTexture", "index"), Role(Use.DATA)
        yield _member(material, "emissiveTexture", "index"), Role(Use.COLOUR, srgb=True)
        yield _member(material, "normalTexture", "index"), Role(Use.NORMAL)
        for extension in material.get("extensions", {}).values():
            for name, info in extension.items() if isinstance(extension, dict) else ():
                if name.endswith("NormalTexture"):
                    yield _member(info, "index"), Role(Use.NORMAL)
                elif name.endswith("Texture"):  # may read its alpha (specularTexture does)
                    yield _member(info, "index"), Role(Use.BLENDED, srgb=name in _COLOURS)


def _old_uses(document: Document) -> Iterator[tuple[Any, Role]]:
    """What only VRM 0.x tells of a texture."""
    entries = _member(document.tree.get("extensions", {}), "VRM", "materialProperties")
    for entry in entries if isinstance(entries, list) else ():
        named = _member(entry, "textureProperties")
        for name, index in named.items() if isinstance(named, dict) else ():
            numbers = name in _OLD_NUMBERS
            yield index, Role(Use.NORMAL) if name == _OLD_NORMALS else Role(Use.BLENDED, srgb=not numbers)


def _image_of(document: Document, index: Any) -> int | None:
    """The image of texture ``index``, which may be no texture's number."""
    textures = document.list("textures")
    return source_image(textures[index]) if isinstance(index, int) and 0 <= index < len(textures) else None


def _member(tree: Any, *path: str) -> Any:
    for name in path:
        tree = tree.get(name) if isinstance(tree, dict) else None
    return tree
