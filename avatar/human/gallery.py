"""Materials and their images as a GLB holds them: each image encoded once, stored once, known by its paint's key."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.layout import with_images
from avatar.human.coat import Coat, Slot
from avatar.human.figure import U8, AlphaMode, Material
from avatar.profile import AvatarStyle

COLOUR_QUALITY = 84
CLOTH_QUALITY = 77  # weave hides what a lower quality does, and costs most bytes
CLOTH = "Wolf3D_Outfit"
DATA_QUALITY = 79  # normal and occlusion-roughness-metallic maps
SHARP = "Wolf3D_Skin"  # the head: chroma of half the size would blur the edge of the lips
DRAWN_GLOW = 0.6  # drawn people keep nearly the colours that are painted, whatever the light
SAMPLER = {"magFilter": 9729, "minFilter": 9987, "wrapS": 10497, "wrapT": 10497}
PNG, JPEG = "image/png", "image/jpeg"

Json = dict[str, Any]


def glow_of(style: AvatarStyle) -> float:
    """The share of its colours that shines by itself in a style."""
    return DRAWN_GLOW if style is AvatarStyle.ANIME else 0.0


@dataclass(frozen=True, slots=True)
class Encoded:
    """An image as bytes of a media type; ``key`` is its paint's, where it has one."""

    data: bytes
    kind: str
    key: str | None = None


@dataclass(slots=True)
class Gallery:
    """The materials of one file in the order of first use, with their textures and images.

    ``known`` are images that need not be painted or encoded any more, by the key of their paint or, where that has
    none, by the hash of their pixels. ``glow`` is the share of each colour that shines by itself.
    """

    glow: float = 0.0
    known: dict[str, Encoded] = field(default_factory=dict)
    materials: list[Json] = field(default_factory=list)
    textures: list[Json] = field(default_factory=list)
    images: list[Encoded] = field(default_factory=list)
    _same_materials: dict[str, int] = field(default_factory=dict)
    _same_images: dict[tuple[str, bytes], int] = field(default_factory=dict)

    def add(self, material: Material) -> int:
        """The number of a painted material; equal ones share it."""
        images = {}
        for slot in Slot:
            pixels: U8 | None = getattr(material, slot.value)
            if pixels is not None:
                images[slot] = self._encoded(material, slot, pixels, material.keys.get(slot.value))
        return self._place(material, images)

    def add_coat(self, coat: Coat) -> int:
        """The number of a material, of whose images only those are painted that are not known."""
        images = {}
        for slot, paint in coat.paints.items():
            known = self.known.get(paint.key)
            images[slot] = known or self._encoded(coat.material, slot, paint.pixels(), paint.key)
        return self._place(coat.material, images)

    def _encoded(self, material: Material, slot: Slot, pixels: U8, key: str | None) -> Encoded:
        """PNG where alpha matters, else JPEG."""
        lossless = slot is Slot.COLOUR and material.alpha is not AlphaMode.OPAQUE and pixels.shape[2] == 4
        quality = CLOTH_QUALITY if material.name.startswith(CLOTH) else COLOUR_QUALITY
        if slot is not Slot.COLOUR:
            quality = DATA_QUALITY
        sharp = slot is not Slot.COLOUR or material.name == SHARP
        same = key or f"{hashlib.sha256(pixels.tobytes()).hexdigest()} {pixels.shape} {lossless or (quality, sharp)}"
        if same not in self.known:
            data = png(pixels) if lossless else jpeg(pixels, quality, sharp=sharp)
            self.known[same] = Encoded(data, PNG if lossless else JPEG, key)
        return self.known[same]

    def _place(self, material: Material, images: Mapping[Slot, Encoded]) -> int:
        textures = {slot: {"index": self._texture(image)} for slot, image in images.items()}
        pbr: Json = {"metallicFactor": material.metallic, "roughnessFactor": material.roughness}
        out: Json = {"name": material.name, "pbrMetallicRoughness": pbr}
        *factor, opacity = material.base_factor
        if self.glow:
            out["emissiveFactor"] = [round(value * self.glow, 4) for value in factor]
            factor = [round(value * (1 - self.glow), 4) for value in factor]
        if [*factor, opacity] != [1.0, 1.0, 1.0, 1.0]:
            pbr["baseColorFactor"] = [*factor, opacity]
        if Slot.COLOUR in textures:
            pbr["baseColorTexture"] = textures[Slot.COLOUR]
            if self.glow:
                out["emissiveTexture"] = dict(textures[Slot.COLOUR])
        if Slot.PACKED in textures:
            pbr["metallicRoughnessTexture"] = textures[Slot.PACKED]
            out["occlusionTexture"] = dict(textures[Slot.PACKED])
        if Slot.NORMAL in textures:
            out["normalTexture"] = textures[Slot.NORMAL]
        if material.alpha is not AlphaMode.OPAQUE:
            out["alphaMode"] = material.alpha.value
        if material.alpha is AlphaMode.MASK:
            out["alphaCutoff"] = material.cutoff
        if material.double_sided:
            out["doubleSided"] = True
        if material.specular is not None:
            out["extensions"] = {"KHR_materials_specular": {"specularFactor": material.specular}}
        if material.extras:
            out["extras"] = dict(material.extras)
        same = repr(out)
        if same not in self._same_materials:
            self._same_materials[same] = len(self.materials)
            self.materials.append(out)
        return self._same_materials[same]

    def _texture(self, image: Encoded) -> int:
        """A texture of the image, which has the same number."""
        same = (image.kind, hashlib.sha256(image.data).digest())
        if same not in self._same_images:
            self._same_images[same] = len(self.images)
            self.images.append(image)
            self.textures.append({"sampler": 0, "source": len(self.images) - 1})
        return self._same_images[same]


def bound(asset: Json, geometry: Mapping[str, list[Json]], chunk: bytes, gallery: Gallery) -> bytes:
    """The GLB of ``geometry`` (lists by name), whose numbers are in ``chunk``, and the materials of ``gallery``."""
    views, binary = with_images(geometry["bufferViews"], chunk, (image.data for image in gallery.images))
    images: list[Json] = []
    for number, image in enumerate(gallery.images, len(geometry["bufferViews"])):
        extras: Json = {"extras": {"paint": image.key}} if image.key else {}
        images.append({"bufferView": number, "mimeType": image.kind} | extras)
    tree: Json = {"asset": asset, "scene": 0, "scenes": [{"nodes": [0]}], "buffers": [{}]}
    if gallery.textures:
        tree["samplers"] = [SAMPLER]
    used = sorted({name for material in gallery.materials for name in material.get("extensions", {})})
    if used:
        tree["extensionsUsed"] = used
    lists = {**geometry, "bufferViews": views}
    lists |= {"materials": gallery.materials, "textures": gallery.textures, "images": images}
    tree |= {kind: entries for kind, entries in lists.items() if entries}
    return write_glb(Document(tree, binary))


def png(pixels: U8) -> bytes:
    """Lossless."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=4)
    return out.getvalue()


def jpeg(pixels: U8, quality: int, *, sharp: bool) -> bytes:
    """``sharp``: no chroma subsampling, so that lips and normals keep their edges and packed channels stay apart."""
    out = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(pixels[..., :3]))
    picture.save(out, "JPEG", quality=quality, subsampling=0 if sharp else 2, optimize=True)
    return out.getvalue()
