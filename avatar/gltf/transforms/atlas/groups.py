"""Which parts can be drawn together, and as what: one opaque material, one that is seen through."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np

from avatar.gltf.model.document import Document, Tree
from avatar.gltf.model.pose import Placement, placements
from avatar.gltf.model.references import addressed_materials
from avatar.gltf.transforms.atlas.binding import Binding, SharedSkin
from avatar.gltf.transforms.atlas.parts import Part, read_part
from avatar.gltf.transforms.atlas.pictures import F64, U8, read_pixels, sampled
from avatar.gltf.transforms.atlas.regions import MOST_REPEATS, unrolled
from avatar.gltf.transforms.atlas.surface import Surface, read_surface
from avatar.gltf.transforms.reindex import Spot

_LEAST = 0.005  # of a surface: what is seen through by less than this is opaque
_CLEAR = 0.98  # alpha above this counts as opaque where it is blended
_LOSS = 0.2  # mean change of alpha by which a blended surface may be cut out
_MOST: Final = 50_000  # triangles that are looked at
_STEPS: Final = 8  # points looked at along an edge of each triangle
# Importance of what is looked at: lashes, eyes and hair by name, faces by what morphs move.
_EYES = re.compile(r"(?<![a-z])eye(?!wear|glass|lash|brow)|iris|cornea", re.I)
_LASHES = re.compile(r"lash|brow", re.I)
_HAIR = re.compile(r"hair|beard|moustache", re.I)
_MOUTH = re.compile(r"teeth|tongue|gum", re.I)
FACE: Final = 4.0
THIN: Final = 8.0  # single hairs, in small textures
_STIRS = 6e-4  # of the extent: surface that a morph moves farther than this is face


@dataclass(frozen=True, slots=True)
class Gathered:
    """The parts that will be merged, and why others will not (by reason)."""

    parts: tuple[Part, ...]
    apart: tuple[str, ...]  # in words, one for each primitive


def gather(document: Document, skin: SharedSkin, morphs: dict[int, list[str]]) -> Gathered:
    """The parts that can share a skin and a material. ``morphs`` are the names of each mesh's targets.

    A mesh with morph targets is taken whole or not at all, so that what names them by mesh stays true.
    """
    materials = document.list("materials")
    alone = addressed_materials(document.tree)
    surfaces: dict[int | None, Surface | str] = {}
    found = list(placements(document))
    reasons: dict[Spot, str] = {}
    bindings: dict[Placement, Binding] = {}
    for placement in found:
        primitive = placement.tree(document)
        at: int | None = primitive.get("material")
        if at not in surfaces:
            surfaces[at] = read_surface(document, materials[at] if at is not None else {})
        surface = surfaces[at]
        reason = _refused(primitive) or (surface if isinstance(surface, str) else None)
        if at in alone:
            reason = "an expression, a variant or an animation changes its material"
        if reason is None:
            binding = skin.bind(placement)
            if isinstance(binding, str):
                reason = binding
            else:
                bindings[placement] = binding
        if reason is not None:
            reasons.setdefault((placement.mesh, placement.primitive), reason)
    _keep_lit_apart(document, found, reasons)
    parts: dict[Placement, Part] = {}
    for placement in found:
        spot = (placement.mesh, placement.primitive)
        surface = surfaces[placement.tree(document).get("material")]
        if spot in reasons or isinstance(surface, str):
            continue
        names = morphs[placement.mesh]
        part = read_part(document, placement, bindings[placement], surface, names, skinned=skin.lead is not None)
        laid = _laid(part)
        if laid is None:
            reasons[spot] = "its texture repeats too often to be painted out"
        else:
            parts[placement] = laid
    for placement in found:
        whole = {(placement.mesh, number) for number in range(_count(document, placement.mesh))}
        refused = [reasons[spot] for spot in whole if spot in reasons]
        if morphs[placement.mesh] and refused:
            for spot in whole:
                reasons.setdefault(spot, "another part of its mesh stays apart")
    kept = [part for placement, part in parts.items() if (placement.mesh, placement.primitive) not in reasons]
    return Gathered(tuple(kept), tuple(f"{_said(document, spot)}: {reasons[spot]}" for spot in sorted(reasons)))


def _count(document: Document, mesh: int) -> int:
    return len(document.tree["meshes"][mesh]["primitives"])


def _said(document: Document, spot: Spot) -> str:
    mesh = document.tree["meshes"][spot[0]]
    return f"{mesh.get('name') or f'mesh {spot[0]}'} part {spot[1]}"


def _refused(primitive: Tree) -> str | None:
    if primitive.get("mode", 4) < 4:
        return "it is made of points or lines"
    if any(name.startswith("_") for name in primitive["attributes"]):
        return "it has attributes of its own"
    if primitive.get("extensions"):
        return "it has extensions of its own"
    return None


def _keep_lit_apart(document: Document, found: Sequence[Placement], reasons: dict[Spot, str]) -> None:
    """A material is lit or not: the fewer stay apart."""
    count = {True: 0, False: 0}
    kinds: dict[Spot, bool] = {}
    for placement in found:
        spot = (placement.mesh, placement.primitive)
        if spot not in reasons:
            primitive = placement.tree(document)
            material = document.tree["materials"][primitive["material"]] if "material" in primitive else {}
            kinds[spot] = "KHR_materials_unlit" in material.get("extensions", {})
            count[kinds[spot]] += document.tree["accessors"][primitive["attributes"]["POSITION"]]["count"]
    fewer = count[True] < count[False]
    for spot, unlit in kinds.items():
        if unlit == fewer and min(count.values()):
            reasons[spot] = "it is unlit and most is not" if unlit else "it is lit and most is not"


def _laid(part: Part) -> Part | None:
    """``part`` with its coordinates as near to the image as they come; None when they reach too far."""
    if not part.surface.layers or len(part.coordinates) == 0:
        return part
    where = unrolled(part.coordinates, part.corners, part.surface.wrap)
    if float(np.ptp(where, axis=0).max()) > MOST_REPEATS:
        return None
    values = {name: getattr(part, name) for name in Part.__slots__}
    return Part(**{**values, "coordinates": where})


def importance(part: Part, extent: float) -> F64:
    """(t,) how much sharper than plain cloth each triangle should be, 1 to ``THIN``."""
    count = len(part.corners)
    if _MOUTH.search(part.name):
        return np.ones(count)
    if _LASHES.search(part.name):
        return np.full(count, THIN)
    if _EYES.search(part.name) or _HAIR.search(part.name):
        return np.full(count, FACE)
    stirred = np.zeros(len(part.positions), np.bool_)
    for streams in part.targets.values():
        if "POSITION" in streams:
            stirred |= (np.abs(streams["POSITION"]) > _STIRS * extent).any(axis=1)
    return np.where(stirred[part.corners].any(axis=1), FACE, 1.0)


def joint_importance(worth: F64, area: F64) -> float:
    """One importance for triangles (t,) that share a region: a quarter of it may speak for all."""
    share = float(area[worth >= FACE].sum() / max(float(area.sum()), 1e-20))
    return float(1.0 + (worth.max(initial=1.0) - 1.0) * min(1.0, 4 * share))


class Look(StrEnum):
    """What alpha does to a part."""

    OPAQUE = "OPAQUE"
    CUT = "MASK"
    SOFT = "BLEND"


class Alpha:
    """Tells what alpha does to parts; holds one image at a time, for they are large."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._alpha: dict[int, U8] = {}

    def looks(self, parts: Sequence[Part]) -> list[Look]:
        """How each part is drawn. What is blended but hardly needs it is cut out where others are, for the sake of a
        draw call and of the order in which blended surfaces would have to be drawn."""
        by_image = sorted(range(len(parts)), key=lambda at: _colour_image(parts[at]))
        found = {at: self._look(parts[at]) for at in by_image}
        cuts = any(look is Look.CUT for look, _ in found.values())
        made: list[Look] = []
        for at in range(len(parts)):
            look, loss = found[at]
            made.append(Look.CUT if cuts and look is Look.SOFT and loss <= _LOSS else look)
        return made

    def _look(self, part: Part) -> tuple[Look, float]:
        """The look, and how much a cut would change the alpha of the surface, 0..1 on average."""
        material = part.surface.material
        mode = material.get("alphaMode", "OPAQUE")
        if mode == "OPAQUE":
            return Look.OPAQUE, 0.0
        own = Look(mode)
        limit = float(material.get("alphaCutoff", 0.5)) if own is Look.CUT else _CLEAR
        factor = float(part.surface.base[3])
        if part.colours is not None:
            full = 1.0 if part.colours.dtype == np.float32 else np.iinfo(part.colours.dtype).max
            factor *= float(part.colours[:, 3].min()) / full
        layer = part.surface.layers.get("baseColorTexture")
        alpha = self._read(layer.image) if layer is not None else np.full((1, 1, 1), 255, np.uint8)
        if layer is None or int(alpha.min()) == int(alpha.max()):
            value = factor * int(alpha.min()) / 255
            return (Look.OPAQUE if value >= limit else own), min(value, 1 - value)
        if int(alpha.min()) / 255 * factor >= limit:
            return Look.OPAQUE, 0.0
        step = 1 + len(part.corners) // _MOST  # all, but of models that nobody has simplified
        corners, areas = part.coordinates[part.corners[::step]], part.area[::step]
        where = np.einsum("mc,tcx->tmx", _mixes(), corners).reshape(-1, 2) @ layer.matrix[:, :2].T + layer.matrix[:, 2]
        seen = (sampled(alpha, where, layer.wrap)[:, 0] / 255 * factor).reshape(len(corners), -1)
        area = areas / max(float(areas.sum()), 1e-20)
        hidden = float(((seen < limit).mean(axis=1) * area).sum())
        loss = float((np.minimum(seen, 1 - seen).mean(axis=1) * area).sum())
        return (own if hidden > _LEAST else Look.OPAQUE), loss

    def _read(self, image: int) -> U8:
        if image not in self._alpha:
            pixels = read_pixels(self._document, image)
            opaque = np.full((1, 1, 1), 255, np.uint8)
            self._alpha = {image: pixels[..., 3:].copy() if pixels.shape[2] == 4 else opaque}
        return self._alpha[image]


def _colour_image(part: Part) -> int:
    layer = part.surface.layers.get("baseColorTexture")
    return -1 if layer is None else layer.image


def _mixes() -> F64:
    """(m, 3) barycentric coordinates of points all over the inside of a triangle."""
    first, second = np.meshgrid(np.arange(_STEPS), np.arange(_STEPS), indexing="ij")
    inside = first + second < _STEPS
    a, b = (first[inside] + 1 / 3) / _STEPS, (second[inside] + 1 / 3) / _STEPS
    return np.stack([a, b, 1 - a - b], axis=1)
