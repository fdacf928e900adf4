"""The images of an atlas: each region of each surface, scaled into its place, factors painted in."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from PIL import Image

from avatar.gltf.model.document import Document
from avatar.gltf.transforms.atlas.groups import Look
from avatar.gltf.transforms.atlas.packing import Size
from avatar.gltf.transforms.atlas.pictures import F64, I64, U8, byte, read_pixels, to_linear, to_srgb, wrapped
from avatar.gltf.transforms.atlas.regions import Box, Place
from avatar.gltf.transforms.atlas.surface import Layer, Surface

CUTOFF: Final = 0.5  # of the shared material, whatever the cutoffs of its parts
FLAT: Final = (128, 128, 255)  # the normal map that bends nothing
_THIN: Final = 0.55  # alpha from which something blended is kept where it is cut out
_AXES: Final = 1e-9


@dataclass(frozen=True, slots=True)
class Patch:
    """One region of a surface and where it goes."""

    surface: Surface
    box: Box
    place: Place


@dataclass(frozen=True, slots=True)
class Finish:
    """What the material of the whole atlas says of alpha and light."""

    look: Look
    strength: float  # of what glows most: painted values are fractions of it


def needed(surfaces: Sequence[Surface]) -> tuple[str, ...]:
    """The images that an atlas of these surfaces has: a channel that is the same all over needs none."""
    made = ["baseColorTexture"]
    if any("normalTexture" in surface.layers for surface in surfaces):
        made.append("normalTexture")
    numbers = {(surface.roughness, surface.metallic) for surface in surfaces}
    shaded = any({"metallicRoughnessTexture", "occlusionTexture"} & surface.layers.keys() for surface in surfaces)
    if shaded or len(numbers) > 1:
        made.append("metallicRoughnessTexture")
    glows = {tuple(surface.emissive.tolist()) for surface in surfaces}
    if any("emissiveTexture" in surface.layers for surface in surfaces) or len(glows) > 1:
        made.append("emissiveTexture")
    return tuple(made)


def paint(document: Document, patches: Sequence[Patch], slot: str, size: Size, margin: int, finish: Finish) -> U8:
    """One image (h, w, 3|4) of the atlas: of ``size`` (w, h), or a half or a quarter of it when no layer has more.

    Every region is painted with the ``margin`` around it, from the pixels that lie there in its own image.
    """
    slots = (slot, "occlusionTexture") if slot == "metallicRoughnessTexture" else (slot,)
    shrink = _shrink(patches, slots)
    channels = 4 if slot == "baseColorTexture" and finish.look is not Look.OPAQUE else 3
    canvas = np.zeros((size[1] // shrink, size[0] // shrink, channels), np.uint8)
    canvas[:] = (*FLAT, 255)[:channels] if slot == "normalTexture" else 0
    filled = np.zeros(canvas.shape[:2], bool)
    images = sorted({layer.image for patch in patches for name in slots if (layer := patch.surface.layers.get(name))})
    order = sorted(range(len(patches)), key=lambda at: _first_image(patches[at], slots, images))
    decoded: dict[int, U8] = {}
    for at in order:
        patch = patches[at]
        spot = _Spot.of(patch, margin, shrink)
        layers = {name: patch.surface.layers[name] for name in slots if name in patch.surface.layers}
        for gone in decoded.keys() - {layer.image for layer in layers.values()}:
            del decoded[gone]  # patches come sorted by image: large ones are held one at a time
        found: dict[str, U8] = {}
        for name, layer in layers.items():
            if layer.image not in decoded:
                decoded[layer.image] = read_pixels(document, layer.image, _detail(patches, layer.image, shrink))
            found[name] = cut(decoded[layer.image], layer, spot.box, spot.size, normals=name == "normalTexture")
        pixels = _finished(patch.surface, slot, found, spot.size, channels, finish)
        rows, columns = slice(spot.top, spot.top + spot.size[1]), slice(spot.left, spot.left + spot.size[0])
        canvas[rows, columns] = pixels
        filled[rows, columns] = True
    if slot != "normalTexture" and filled.any() and not filled.all():
        rest = np.round(canvas[filled].mean(axis=0)).astype(np.uint8)  # what mips mix in from between the regions
        canvas[~filled] = (*rest[:3], 0)[:channels] if channels == 4 else rest
    return canvas


@dataclass(frozen=True, slots=True)
class _Spot:
    """Where a patch is painted, margin included, and which box of its coordinates that is."""

    left: int
    top: int
    size: tuple[int, int]  # width, height
    box: Box

    @classmethod
    def of(cls, patch: Patch, margin: int, shrink: int) -> _Spot:
        place, (x0, y0, x1, y1) = patch.place, patch.box
        left, top = (place.left - margin) // shrink, (place.top - margin) // shrink
        right = math.ceil((place.left + place.width + margin) / shrink)
        bottom = math.ceil((place.top + place.height + margin) / shrink)
        across, down = (x1 - x0) / place.width * shrink, (y1 - y0) / place.height * shrink
        start = (x0 + (left - place.left / shrink) * across, y0 + (top - place.top / shrink) * down)
        size = (right - left, bottom - top)
        return cls(left, top, size, (*start, start[0] + size[0] * across, start[1] + size[1] * down))


def _first_image(patch: Patch, slots: Sequence[str], images: list[int]) -> int:
    found = [images.index(patch.surface.layers[name].image) for name in slots if name in patch.surface.layers]
    return min(found, default=len(images))


def _shares(patches: Sequence[Patch], slots: Sequence[str]) -> list[float]:
    """For each layer that is painted: its pixels along one pixel of the atlas, the finer of both axes."""
    found = []
    for patch in patches:
        x0, y0, x1, y1 = patch.box
        for layer in (patch.surface.layers[name] for name in slots if name in patch.surface.layers):
            across = (x1 - x0) * layer.width * float(np.hypot(*layer.matrix[:, 0])) / patch.place.width
            down = (y1 - y0) * layer.height * float(np.hypot(*layer.matrix[:, 1])) / patch.place.height
            found.append(max(across, down))
    return found


def _shrink(patches: Sequence[Patch], slots: Sequence[str]) -> int:
    most = max(_shares(patches, slots), default=0.25)
    return 1 if most > 0.55 else 2 if most > 0.28 else 4


def _detail(patches: Sequence[Patch], image: int, shrink: int) -> int:
    """The pixels on its longer side at which ``image`` still has all that the atlas shows of it."""
    least = 1.0
    for patch in patches:
        for layer in patch.surface.layers.values():
            if layer.image == image:
                share = min(_shares([patch], [name for name, at in patch.surface.layers.items() if at is layer]))
                least = max(least, max(layer.width, layer.height) / max(share * shrink, 1.0))
    return math.ceil(least)


def cut(pixels: U8, layer: Layer, box: Box, size: tuple[int, int], *, normals: bool = False) -> U8:
    """(h, w, 3|4) what ``layer`` shows in ``box`` of the surface's coordinates, at ``size`` (w, h).

    The image goes on outside itself as its sampler says.
    """
    height, width = pixels.shape[:2]
    matrix = layer.matrix * np.array([[width], [height]])
    skewed = max(abs(matrix[0, 1]), abs(matrix[1, 0])) > _AXES * np.abs(matrix[:, :2]).max()
    if skewed or matrix[0, 0] <= 0 or matrix[1, 1] <= 0:
        return _turned(pixels, layer, matrix, box, size, normals=normals)
    x0, x1 = (matrix[0, 0] * x + matrix[0, 2] for x in (box[0], box[2]))
    y0, y1 = (matrix[1, 1] * y + matrix[1, 2] for y in (box[1], box[3]))
    columns, rows = _covering(x0, x1), _covering(y0, y1)
    across, down = wrapped(columns, width, layer.wrap[0]), wrapped(rows, height, layer.wrap[1])
    inside = np.array_equal(across, columns) and np.array_equal(down, rows)
    source = (
        pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] if inside else pixels[down[:, None], across[None]]
    )
    within = (x0 - float(columns[0]), y0 - float(rows[0]), x1 - float(columns[0]), y1 - float(rows[0]))
    return _scaled(source, size, within, normals=normals)


def _covering(low: float, high: float) -> I64:
    """The pixels that an interval touches."""
    return np.arange(math.floor(low), max(math.ceil(high), math.floor(low) + 1))


def _turned(pixels: U8, layer: Layer, matrix: F64, box: Box, size: tuple[int, int], *, normals: bool) -> U8:
    """The same for images that are turned or mirrored: sampled twice as finely, then scaled down."""
    wide, high = 2 * size[0], 2 * size[1]
    x = box[0] + (np.arange(wide) + 0.5) / wide * (box[2] - box[0])
    y = box[1] + (np.arange(high) + 0.5) / high * (box[3] - box[1])
    column = np.floor(matrix[0, 0] * x[None] + matrix[0, 1] * y[:, None] + matrix[0, 2]).astype(np.int64)
    row = np.floor(matrix[1, 0] * x[None] + matrix[1, 1] * y[:, None] + matrix[1, 2]).astype(np.int64)
    found = pixels[wrapped(row, pixels.shape[0], layer.wrap[1]), wrapped(column, pixels.shape[1], layer.wrap[0])]
    if normals:
        found = _realigned(found, matrix)
    return _scaled(found, size, (0.0, 0.0, float(wide), float(high)), normals=normals)


def _realigned(pixels: U8, matrix: F64) -> U8:
    """Normals relative to an image's axes, relative to the atlas' axes: the turn between the two undone."""
    turn = matrix[:, :2] / np.linalg.norm(matrix[:, :2], axis=1, keepdims=True)
    flat = pixels[..., :3].astype(np.float32) / 127.5 - 1
    # Tangents point along +u, bitangents along -v (the green channel points up).
    u, v = flat[..., 0].copy(), -flat[..., 1]
    flat[..., 0] = turn[0, 0] * u + turn[1, 0] * v
    flat[..., 1] = -(turn[0, 1] * u + turn[1, 1] * v)
    made: U8 = np.clip(np.round((flat + 1) * 127.5), 0, 255).astype(np.uint8)
    return made


def _scaled(source: U8, size: tuple[int, int], box: Box, *, normals: bool) -> U8:
    filter_ = Image.Resampling.LANCZOS
    small = max(box[2] - box[0], box[3] - box[1]) >= 2
    if not small:  # a pixel or two, drawn large: no ringing
        filter_ = Image.Resampling.BILINEAR
    box = (max(box[0], 0.0), max(box[1], 0.0), min(box[2], source.shape[1]), min(box[3], source.shape[0]))
    colour = np.array(Image.fromarray(np.ascontiguousarray(source[..., :3])).resize(size, filter_, box, 3.0))
    if normals or source.shape[2] == 3:
        return colour
    weighted = np.array(Image.fromarray(np.ascontiguousarray(source)).resize(size, filter_, box, 3.0))
    # Where nothing is visible the weighted colour is black, and bilinear filtering would draw it as a dark rim.
    unseen = weighted[..., 3] < 8
    weighted[unseen, :3] = colour[unseen]
    return weighted


# --- factors ----------------------------------------------------------------------------------------------------------


def _finished(
    surface: Surface,
    slot: str,
    found: Mapping[str, U8],
    size: tuple[int, int],
    channels: int,
    finish: Finish,
) -> U8:
    width, height = size
    made = np.full((height, width, channels), 255, np.uint8)
    picture = found.get(slot)
    if slot == "baseColorTexture":
        _colour(made, picture, surface.base[:3])
        if channels == 4:
            made[..., 3] = _alpha(surface, picture, size, finish)
    elif slot == "emissiveTexture":
        _colour(made, picture, surface.emissive / max(finish.strength, 1e-9))
    elif slot == "normalTexture":
        made[:] = FLAT if picture is None else _bent(picture, surface.normal_scale)
    else:
        occlusion = found.get("occlusionTexture")
        if occlusion is not None:
            made[..., 0] = np.round(255 + surface.occlusion * (occlusion[..., 0].astype(float) - 255))
        for channel, factor in ((1, surface.roughness), (2, surface.metallic)):
            made[..., channel] = (
                byte(factor) if picture is None else np.round(picture[..., channel] * np.clip(factor, 0, 1))
            )
    return made


def _colour(made: U8, picture: U8 | None, factor: F64) -> None:
    """Colours times a linear factor, by table."""
    if picture is None:
        made[..., :3] = to_srgb(factor)
    elif np.allclose(factor, 1, atol=1e-4):
        made[..., :3] = picture[..., :3]
    else:
        light = to_linear(np.arange(256, dtype=np.uint8))
        for channel in range(3):
            made[..., channel] = to_srgb(light * factor[channel])[picture[..., channel]]


def _alpha(surface: Surface, picture: U8 | None, size: tuple[int, int], finish: Finish) -> U8:
    """(h, w) alpha as the shared material reads it."""
    own = surface.material.get("alphaMode", "OPAQUE")
    width, height = size
    values = np.full((height, width), surface.base[3])
    if own == "OPAQUE":
        return np.full((height, width), 255, np.uint8)
    if picture is not None and picture.shape[2] == 4:
        values = picture[..., 3] / 255 * surface.base[3]
    if finish.look is Look.CUT:
        cutoff = max(float(surface.material.get("alphaCutoff", 0.5)), 1e-3) if own == "MASK" else _THIN
        values = values * (CUTOFF / cutoff)
    coded: U8 = np.clip(np.round(values * 255), 0, 255).astype(np.uint8)
    return coded


def _bent(picture: U8, scale: float) -> U8:
    """Normals with their slope times ``scale``, unit again after scaling."""
    vectors = picture[..., :3].astype(np.float32) / 127.5 - 1
    vectors[..., :2] *= scale
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    vectors = np.where(length < 1e-3, np.array([0, 0, 1], np.float32), vectors / np.maximum(length, 1e-3))
    coded: U8 = np.clip(np.round((vectors + 1) * 127.5), 0, 255).astype(np.uint8)
    return coded
