"""Only the texture channels that a client asked for, as Ready Player Me's ``textureChannels`` meant it.

A texture multiplies a factor of its material. When it goes, the factor takes over what it was on average where the
surface shows it, so that skin without its texture is skin-coloured and not white.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Change, Document, Tree, without
from avatar.gltf.model.pose import triangles
from avatar.gltf.model.slots import CORE_SLOTS, PBR_SLOTS, coordinate_matrix, coordinate_set, source_image, wrapping
from avatar.gltf.transforms.atlas.pictures import F64, U8, png, read_pixels, sampled, to_linear
from avatar.gltf.transforms.dedup import without_unused
from avatar.variant import Channel


@dataclass(frozen=True, slots=True)
class Slot:
    """A texture slot: to which channel it belongs, which factor it multiplies and with which of its components.

    ``initial`` is the factor that the format assumes. Colours are sRGB, single components numbers.
    """

    channel: Channel
    factor: str | None
    components: str = "rgb"
    initial: float | tuple[float, ...] = 1.0


_WHITE, _BLACK = (1.0, 1.0, 1.0), (0.0, 0.0, 0.0)
_BASE, _NUMBERS = Channel.BASE_COLOR, Channel.METALLIC_ROUGHNESS

# The core of a material.
_SLOTS: Final[dict[str, tuple[Slot, ...]]] = {
    "baseColorTexture": (Slot(_BASE, "baseColorFactor", initial=(*_WHITE, 1.0)),),
    "metallicRoughnessTexture": (
        Slot(_NUMBERS, "roughnessFactor", "g"),
        Slot(_NUMBERS, "metallicFactor", "b"),
    ),
    "emissiveTexture": (Slot(Channel.EMISSIVE, "emissiveFactor", initial=_BLACK),),
    "normalTexture": (Slot(Channel.NORMAL, None),),
    "occlusionTexture": (Slot(Channel.OCCLUSION, None),),
}
# Extensions, by what their textures are in Ready Player Me's terms: which colour a layer has goes with the base colour;
# how much, how rough, how thick it is goes with roughness and metalness; what bends its normals goes with the normals.
_EXTENSION_SLOTS: Final[dict[str, dict[str, Slot]]] = {
    "KHR_materials_pbrSpecularGlossiness": {
        "diffuseTexture": Slot(_BASE, "diffuseFactor", initial=(*_WHITE, 1.0)),
        "specularGlossinessTexture": Slot(_NUMBERS, "specularFactor", initial=_WHITE),
    },
    "KHR_materials_specular": {
        "specularTexture": Slot(_NUMBERS, "specularFactor", "a"),
        "specularColorTexture": Slot(_BASE, "specularColorFactor", initial=_WHITE),
    },
    "KHR_materials_sheen": {
        "sheenColorTexture": Slot(_BASE, "sheenColorFactor", initial=_BLACK),
        "sheenRoughnessTexture": Slot(_NUMBERS, "sheenRoughnessFactor", "a", 0.0),
    },
    "KHR_materials_clearcoat": {
        "clearcoatTexture": Slot(_NUMBERS, "clearcoatFactor", "r", 0.0),
        "clearcoatRoughnessTexture": Slot(_NUMBERS, "clearcoatRoughnessFactor", "g", 0.0),
        "clearcoatNormalTexture": Slot(Channel.NORMAL, None),
    },
    "KHR_materials_anisotropy": {"anisotropyTexture": Slot(_NUMBERS, "anisotropyStrength", "b", 0.0)},
    "KHR_materials_iridescence": {
        "iridescenceTexture": Slot(_NUMBERS, "iridescenceFactor", "r", 0.0),
        "iridescenceThicknessTexture": Slot(_NUMBERS, "iridescenceThicknessMaximum", "g", 400.0),
    },
    "KHR_materials_transmission": {"transmissionTexture": Slot(_NUMBERS, "transmissionFactor", "r", 0.0)},
    "KHR_materials_volume": {"thicknessTexture": Slot(_NUMBERS, "thicknessFactor", "g", 0.0)},
    "KHR_materials_diffuse_transmission": {
        "diffuseTransmissionTexture": Slot(_NUMBERS, "diffuseTransmissionFactor", "a", 0.0),
        "diffuseTransmissionColorTexture": Slot(_BASE, "diffuseTransmissionColorFactor", initial=_WHITE),
    },
}


def choose_channels(document: Document, channels: Collection[Channel]) -> Change:
    """``document`` with textures in these channels only.

    Factors take over the average of the texture that goes, in linear light, over the surface that shows it. Materials
    that cut out or blend keep the alpha of their base colour texture, in white: without it a card of hair would be a
    solid card. Toon materials (VRMC_materials_mtoon, VRM 0.x materialProperties) keep what they list themselves.
    Raises ``InvalidModel`` for an image that does not decode.
    """
    if set(channels) == set(Channel):
        return Change(document)
    worker = _Worker(document, frozenset(channels))
    materials = [worker.material(at, material) for at, material in enumerate(document.list("materials"))]
    if not worker.removed and not worker.masks:
        return Change(document)
    made = without_unused(worker.finished(materials))
    gone = ", ".join(f"{worker.removed[channel]} {channel}" for channel in Channel if channel in worker.removed)
    notes = [f"removed textures: {gone}; {len(made.list('images'))} of {len(document.list('images'))} images are left"]
    if worker.masks:
        notes.append(f"kept the alpha of {worker.masks} base colour textures, in white")
    return Change(made, tuple(notes))


class _Worker:
    """Materials one after another, the images they need, and the images made for them."""

    def __init__(self, document: Document, wanted: frozenset[Channel]) -> None:
        self._document, self._wanted = document, wanted
        self.removed: dict[Channel, int] = {}
        self.masks = 0
        self._pixels: dict[int, U8] = {}
        self._views, self._images = list(document.list("bufferViews")), list(document.list("images"))
        self._textures = list(document.list("textures"))
        self._chunks, self._size = [document.binary], len(document.binary)
        self._shown: dict[int, list[Tree]] = {}
        for mesh in document.list("meshes"):
            for primitive in mesh["primitives"]:
                if "material" in primitive:
                    self._shown.setdefault(primitive["material"], []).append(primitive)

    def material(self, at: int, material: Tree) -> Tree:
        pbr = self._core(at, material, material.get("pbrMetallicRoughness", {}), PBR_SLOTS)
        made = self._core(at, material, material, CORE_SLOTS)
        if pbr or "pbrMetallicRoughness" in made:
            made = {**made, "pbrMetallicRoughness": pbr}
        extensions = dict(material.get("extensions", {}))
        for name in extensions.keys() & _EXTENSION_SLOTS.keys():
            for slot, rule in _EXTENSION_SLOTS[name].items():
                if slot in extensions[name] and rule.channel not in self._wanted:
                    extensions[name] = self._without(at, material, extensions[name], slot, (rule,))
        return {**made, "extensions": extensions} if extensions else made

    def _core(self, at: int, material: Tree, owner: Tree, slots: tuple[str, ...]) -> Tree:
        for slot in slots:
            rules = _SLOTS[slot]
            if slot in owner and rules[0].channel not in self._wanted:
                owner = self._without(at, material, owner, slot, rules)
        return owner

    def _without(self, at: int, material: Tree, owner: Tree, slot: str, rules: tuple[Slot, ...]) -> Tree:
        """``owner`` without the texture in ``slot``, its factors times what that was on average."""
        info = owner[slot]
        made = without(owner, slot)
        texture = self._document.tree["textures"][info["index"]]
        image = source_image(texture)
        if image is not None and any(rule.factor is not None for rule in rules):
            colours = self._seen(at, info, image, texture)
            for rule in rules:
                if rule.factor is not None:
                    made[rule.factor] = _scaled(made.get(rule.factor, rule.initial), _average(colours, rule.components))
            see_through = material.get("alphaMode", "OPAQUE") != "OPAQUE"
            if rules[0].channel is _BASE and see_through and rules[0].initial == (*_WHITE, 1.0):
                pixels = self._decoded(image)
                if pixels.shape[2] == 4 and int(pixels[..., 3].min()) < 255:
                    made[slot] = {**info, "index": self._mask(pixels, texture)}
                    self.masks += 1
                    return made
        self.removed[rules[0].channel] = self.removed.get(rules[0].channel, 0) + 1
        return made

    def _seen(self, at: int, info: Tree, image: int, texture: Tree) -> tuple[U8, F64]:
        """(n, 3|4) what the surface shows of an image, and (n,) how much of the surface shows it."""
        pixels = self._decoded(image)
        matrix, name = coordinate_matrix(info), f"TEXCOORD_{coordinate_set(info)}"
        spots: list[F64] = [np.zeros((0, 2))]
        areas: list[F64] = [np.zeros(0)]
        for primitive in self._shown.get(at, ()):
            if name in primitive["attributes"]:
                corners = triangles(self._document, primitive)
                where = read_floats(self._document, primitive["attributes"][name])[corners].astype(float)
                edges = read_floats(self._document, primitive["attributes"]["POSITION"])[corners].astype(float)
                area = np.linalg.norm(np.cross(edges[:, 1] - edges[:, 0], edges[:, 2] - edges[:, 0]), axis=1)
                for mix in _MIXES:
                    spots.append(np.einsum("c,tcx->tx", mix, where) @ matrix[:, :2].T + matrix[:, 2])
                    areas.append(area)
        weights = np.concatenate(areas)
        if not weights.sum() > 0:
            flat = pixels.reshape(-1, pixels.shape[2])
            return flat, np.ones(len(flat))
        return sampled(pixels, np.concatenate(spots), wrapping(self._document.tree, texture)), weights

    def _decoded(self, image: int) -> U8:
        if image not in self._pixels:
            self._pixels = {image: read_pixels(self._document, image)}  # one at a time: they are large
        return self._pixels[image]

    def _mask(self, pixels: U8, texture: Tree) -> int:
        """The number of a new texture: white, with the alpha of ``pixels``."""
        white = np.full_like(pixels, 255)
        white[..., 3] = pixels[..., 3]
        data = png(white)
        padding = -self._size % 4
        self._views.append({"buffer": 0, "byteOffset": self._size + padding, "byteLength": len(data)})
        self._chunks += [b"\0" * padding, data]
        self._size += padding + len(data)
        self._images.append({"bufferView": len(self._views) - 1, "mimeType": "image/png"})
        self._textures.append({**without(texture, "extensions"), "source": len(self._images) - 1})
        return len(self._textures) - 1

    def finished(self, materials: list[Tree]) -> Document:
        parts: dict[str, Any] = {
            "materials": materials,
            "textures": self._textures,
            "images": self._images,
            "bufferViews": self._views,
            "buffers": [{"byteLength": self._size}],
        }
        return Document({**self._document.tree, **parts}, b"".join(self._chunks))


# Barycentric coordinates of where a triangle is looked at: its middle and half-way to its corners.
_MIXES: Final[tuple[NDArray[np.float64], ...]] = tuple(
    np.array(mix)
    for mix in ((1 / 3, 1 / 3, 1 / 3), (2 / 3, 1 / 6, 1 / 6), (1 / 6, 2 / 3, 1 / 6), (1 / 6, 1 / 6, 2 / 3))
)


def _average(seen: tuple[U8, F64], components: str) -> F64:
    """The mean of what is seen: of colours in linear light, weighted by their alpha; of one component as it is.

    Of colours the brightest and the darkest quarter do not count: lips, brows and the scalp are not what skin is like.
    """
    colours, weights = seen
    if components == "rgb":
        if colours.shape[1] == 4:
            weights = weights * (colours[:, 3] / 255 + 1e-6)
        light = to_linear(colours[:, :3])
        order = np.argsort(light @ (0.2126, 0.7152, 0.0722), kind="stable")
        share = np.concatenate([[0.0], np.cumsum(weights[order])])
        middle = np.diff(np.clip(share / share[-1], 0.25, 0.75))
        return np.average(light[order], axis=0, weights=middle)
    column = "rgba".index(components)
    if column >= colours.shape[1]:  # an image without alpha
        return np.ones(1)
    return np.array([np.average(colours[:, column] / 255, weights=weights)])


def _scaled(factor: Any, mean: F64) -> Any:
    if not isinstance(factor, list | tuple):
        return round(float(factor) * float(mean[0]), 6)
    scale = [*mean, 1.0][: len(factor)]  # a fourth component is alpha: it stays
    return [round(float(value) * float(share), 6) for value, share in zip(factor, scale, strict=True)]
