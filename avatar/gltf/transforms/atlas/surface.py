"""What a material paints: its layers, each an image and where it is read, over one set of texture coordinates."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.gltf.model.accessors import view_bytes
from avatar.gltf.model.document import Document, Tree, without
from avatar.gltf.model.images import read_header
from avatar.gltf.model.slots import coordinate_matrix, coordinate_set, core_infos, source_image, wrapping
from avatar.gltf.transforms.atlas.pictures import F64, U8, read_pixels, to_linear

LAYERS: Final = (
    "baseColorTexture",
    "normalTexture",
    "metallicRoughnessTexture",
    "emissiveTexture",
    "occlusionTexture",
)
SWATCH = 16  # pixels a side: an image no larger and of one colour counts as a factor
# What bends light through the surface cannot share a material with what does not.
UNMERGEABLE: Final = (
    "KHR_materials_transmission",
    "KHR_materials_volume",
    "KHR_materials_diffuse_transmission",
    "KHR_materials_pbrSpecularGlossiness",
)


@dataclass(frozen=True, slots=True)
class Layer:
    """An image and the (2, 3) matrix from the surface's coordinates to its own."""

    image: int
    matrix: F64
    wrap: tuple[int, int]
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Surface:
    """A material as it is painted. Factors are linear; ``layers`` by slot."""

    material: Tree
    coordinates: int | None  # which TEXCOORD; None when nothing is read
    matrix: F64  # (2, 3) from TEXCOORD to the surface's coordinates
    layers: dict[str, Layer]
    base: F64  # (4,)
    roughness: float
    metallic: float
    emissive: F64  # (3,), its strength included
    occlusion: float = 1.0
    normal_scale: float = 1.0
    key: str = ""

    @property
    def native(self) -> tuple[float, float]:
        """Pixels of the finest layer along one unit of the surface's coordinates, across and down."""
        across = [layer.width * float(np.hypot(*layer.matrix[:, 0])) for layer in self.layers.values()]
        down = [layer.height * float(np.hypot(*layer.matrix[:, 1])) for layer in self.layers.values()]
        return max(across, default=1.0), max(down, default=1.0)

    @property
    def wrap(self) -> tuple[int, int]:
        """How the leading layer goes on outside its image."""
        return next(iter(self.layers.values())).wrap


def read_surface(document: Document, material: Tree) -> Surface | str:
    """The surface of a material, or why it cannot be painted into an atlas."""
    extensions = material.get("extensions", {})
    for name in UNMERGEABLE:
        if name in extensions:
            return f"{name} has no place in a shared material"
    infos = dict(core_infos(material))
    pbr = material.get("pbrMetallicRoughness", {})
    base = np.array(pbr.get("baseColorFactor", (1, 1, 1, 1)), float)
    strength = extensions.get("KHR_materials_emissive_strength", {}).get("emissiveStrength", 1.0)
    emissive = np.array(material.get("emissiveFactor", (0, 0, 0)), float) * float(strength)
    numbers = [float(pbr.get("roughnessFactor", 1.0)), float(pbr.get("metallicFactor", 1.0))]
    lead: tuple[int, F64] | None = None
    layers: dict[str, Layer] = {}
    for slot in LAYERS:
        texture = document.tree["textures"][infos[slot]["index"]] if slot in infos else {}
        image = source_image(texture)
        if image is None or (slot == "emissiveTexture" and not emissive.any()):
            continue
        header = read_header(view_bytes(document, document.tree["images"][image]["bufferView"]))
        if header is None:
            return "an image of it is no PNG, JPEG or WebP"
        flat = _one_colour(document, image) if max(header.width, header.height) <= SWATCH else None
        if flat is not None and slot in ("baseColorTexture", "emissiveTexture", "metallicRoughnessTexture"):
            if slot == "baseColorTexture":
                base = base * [*to_linear(flat[:3]), flat[3] / 255]
            elif slot == "emissiveTexture":
                emissive = emissive * to_linear(flat[:3])
            else:
                numbers = [numbers[0] * flat[1] / 255, numbers[1] * flat[2] / 255]
            continue
        info = infos[slot]
        where, matrix = coordinate_set(info), coordinate_matrix(info)
        if lead is None:
            if abs(np.linalg.det(matrix[:, :2])) < 1e-9:
                return "its texture transform is flat"
            lead = (where, matrix)
        if where != lead[0]:
            return "its textures read different sets of texture coordinates"
        relative = _relative(matrix, lead[1])
        layers[slot] = Layer(image, relative, wrapping(document.tree, texture), header.width, header.height)
    return Surface(
        material=material,
        coordinates=lead[0] if lead else None,
        matrix=lead[1] if lead else np.eye(2, 3),
        layers=layers,
        base=base,
        roughness=numbers[0],
        metallic=numbers[1],
        emissive=emissive,
        occlusion=float(infos.get("occlusionTexture", {}).get("strength", 1.0)),
        normal_scale=float(infos.get("normalTexture", {}).get("scale", 1.0)),
        key=_key(material, infos),
    )


def _key(material: Tree, infos: dict[str, Tree]) -> str:
    """Equal for materials that paint the same."""
    said = without(material, "name", "extras", "doubleSided", "extensions")
    strength = material.get("extensions", {}).get("KHR_materials_emissive_strength")
    return json.dumps([said, infos, strength], sort_keys=True)


def _relative(matrix: F64, lead: F64) -> F64:
    """From coordinates that ``lead`` made to those that ``matrix`` makes of the same."""
    full = np.vstack([matrix, [0, 0, 1]]) @ np.linalg.inv(np.vstack([lead, [0, 0, 1]]))
    return full[:2]


def _one_colour(document: Document, image: int) -> U8 | None:
    """The colour (4,) of an image that has only one."""
    pixels = read_pixels(document, image)
    if int(np.ptp(pixels.astype(np.int64), axis=(0, 1)).max()) > 3:
        return None
    mean = np.round(pixels.mean(axis=(0, 1))).astype(np.uint8)
    return mean if len(mean) == 4 else np.append(mean, np.uint8(255))
