"""Many meshes and textures as one of each, as Ready Player Me's ``textureAtlas`` made them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from avatar.errors import InvalidInput
from avatar.gltf.model.accessors import Packer
from avatar.gltf.model.document import Change, Document, Tree
from avatar.gltf.model.pose import target_names
from avatar.gltf.model.slots import core_infos
from avatar.gltf.transforms.atlas.binding import SharedSkin
from avatar.gltf.transforms.atlas.groups import FACE, Alpha, Gathered, Look, gather, importance, joint_importance
from avatar.gltf.transforms.atlas.merging import appended, merged_primitive
from avatar.gltf.transforms.atlas.packing import Size
from avatar.gltf.transforms.atlas.painting import CUTOFF, Finish, Patch, needed, paint
from avatar.gltf.transforms.atlas.parts import Part
from avatar.gltf.transforms.atlas.pictures import CLAMP, F64, I64, png
from avatar.gltf.transforms.atlas.regions import Area, Box, Place, find_regions, lay_out
from avatar.gltf.transforms.atlas.scene import Merged, pack_additions, rearranged
from avatar.gltf.transforms.dedup import without_unused

OPAQUE, TRANSPARENT = "Wolf3D_Avatar", "Wolf3D_Avatar_Transparent"
CUT_OUT: Final = "Wolf3D_Avatar_Cutout"  # only where something is blended as well that cannot be cut out
_SAMPLER: Final[Tree] = {"magFilter": 9729, "minFilter": 9987, "wrapS": CLAMP, "wrapT": CLAMP}
_TOON: Final = "VRMC_materials_mtoon"
_SMALLEST: Final = 64  # pixels a side of an atlas


@dataclass(frozen=True, slots=True)
class _Sheet:
    """Parts that share a material, and where each of their vertices is in its atlas."""

    name: str
    parts: tuple[Part, ...]
    coordinates: tuple[F64, ...]  # of the atlas, (n, 2) for each part
    patches: tuple[Patch, ...]
    size: Size
    margin: int
    finish: Finish
    lead: Part  # whose material speaks for all in what cannot be painted


def make_atlas(document: Document, size: int) -> Change:
    """``document`` with its meshes merged into `Wolf3D_Avatar`, and `Wolf3D_Avatar_Transparent` where alpha hides or
    fades something; each with one material whose textures are at most ``size`` pixels a side.

    Factors are painted in; images are PNG, for ``limit_textures`` to encode. Triangles and morph names stay the same.
    What cannot be merged stays as it is and the notes say why. Raises ``InvalidModel`` for an image that does not
    decode.
    """
    skin = SharedSkin(document)
    morphs = _morph_names(document)
    gathered = gather(document, skin, morphs)
    if not gathered.parts:
        return Change(document, _left_out(gathered))
    split: dict[Look, list[Part]] = {}
    for part, look in zip(gathered.parts, Alpha(document).looks(gathered.parts), strict=True):
        split.setdefault(look, []).append(part)
    names = _united(morphs, gathered.parts)
    packer = Packer()
    sheets: list[_Sheet] = []
    merged: list[Merged] = []
    density = np.inf
    for look in Look:
        if look in split:
            parts = split[look]
            name = (
                OPAQUE if look is Look.OPAQUE else CUT_OUT if look is Look.CUT and Look.SOFT in split else TRANSPARENT
            )
            sheet, density = _sheet(name, look, parts, size, density)
            sheets.append(sheet)
            morphed = names if any(part.targets for part in parts) else []
            relief = any("normalTexture" in part.surface.layers for part in parts)
            primitive = merged_primitive(sheet.parts, sheet.coordinates, morphed, packer, relief=relief)
            merged.append(Merged(name, primitive, tuple(morphed), tuple(part.placement for part in sheet.parts)))
    additions = pack_additions(document, merged, skin, morphs, packer)
    pictures = [_pictures(document, sheet) for sheet in sheets]
    made, grown = appended(_with_materials(document, sheets, pictures), packer)
    first = len(document.list("materials"))
    made = rearranged(made, merged, skin, morphs, additions, first_accessor=grown, first_material=first)
    made = without_unused(made)
    return Change(made, (*_told(sheets, pictures), *_differences(sheets), *_left_out(gathered)))


# --- morph targets ----------------------------------------------------------------------------------------------------


def _morph_names(document: Document) -> dict[int, list[str]]:
    """The morph names of each mesh, unlike within it; numbers stand for names only where there is nothing to mix up."""
    meshes = document.list("meshes")
    named = {at: target_names(mesh) for at, mesh in enumerate(meshes)}
    several = sum(bool(names) for names in named.values()) > 1
    made: dict[int, list[str]] = {}
    for at, names in named.items():
        extras = meshes[at].get("extras")
        given = extras.get("targetNames") if isinstance(extras, dict) else None
        own = len(given) if isinstance(given, list) else 0
        seen: set[str] = set()
        made[at] = []
        for number, name in enumerate(names):
            unique = f"{meshes[at].get('name') or f'mesh {at}'}.{number}" if several and number >= own else name
            while unique in seen:
                unique += "_"
            seen.add(unique)
            made[at].append(unique)
    return made


def _united(morphs: dict[int, list[str]], parts: Sequence[Part]) -> list[str]:
    """All names of the merged meshes: those of the mesh that has most come first, in its order."""
    meshes = sorted({part.placement.mesh for part in parts}, key=lambda mesh: (-len(morphs[mesh]), mesh))
    return list(dict.fromkeys(name for mesh in meshes for name in morphs[mesh]))


# --- layout -----------------------------------------------------------------------------------------------------------


def _sheet(name: str, look: Look, parts: Sequence[Part], size: int, density: float) -> tuple[_Sheet, float]:
    """The layout of one atlas, at most as detailed as ``density`` pixels a unit of length; and its own density."""
    everything = np.concatenate([part.positions for part in parts])
    extent = float(np.ptp(everything, axis=0).max())
    tiles: dict[str, list[int]] = {}
    for at, part in enumerate(parts):
        tiles.setdefault(part.surface.key, []).append(at)
    areas: list[Area] = []
    boxes: list[tuple[int, Box]] = []  # part whose surface it is, box
    owners: list[I64] = [np.zeros(0, np.int64)] * len(parts)
    worth = {at: importance(part, extent) for at, part in enumerate(parts)}
    for members in tiles.values():
        surface = parts[members[0]].surface
        if not surface.layers:
            for at in members:
                owners[at] = np.full(len(parts[at].positions), len(boxes))
            boxes.append((members[0], (0.0, 0.0, 1.0, 1.0)))
            areas.append(Area(4.0, 4.0, np.inf))
            continue
        where = np.concatenate([parts[at].coordinates for at in members])
        starts = np.cumsum([0, *(len(parts[at].positions) for at in members)])
        corners = np.concatenate([parts[at].corners + start for at, start in zip(members, starts[:-1], strict=True)])
        found, owner = find_regions(where, corners)
        for at, start, end in zip(members, starts[:-1], starts[1:], strict=True):
            owners[at] = owner[start:end] + len(boxes)
        wide, high = surface.native
        spans = np.concatenate([parts[at].area for at in members])
        values = np.concatenate([worth[at] for at in members])
        region = owner[corners[:, 0]]
        for number, (left, top, right, bottom) in enumerate(found):
            right, bottom = max(right, left + 1 / wide), max(bottom, top + 1 / high)
            boxes.append((members[0], (left, top, right, bottom)))
            own = region == number
            pixel = _span(where, corners[own], spans[own], wide * high) * joint_importance(values[own], spans[own])
            areas.append(Area((right - left) * wide, (bottom - top) * high, pixel))
    margin, places, own = _fitted(areas, size, density)
    across, down = (
        _power(max(edge) + margin) for edge in zip(*((p.left + p.width, p.top + p.height) for p in places), strict=True)
    )
    coordinates: list[F64] = []
    for at, part in enumerate(parts):
        spot = part.coordinates if part.surface.layers else np.full((len(part.positions), 2), 0.5)
        frame = np.array([box for _, box in boxes])[owners[at]]
        place = np.array([(p.left, p.top, p.width, p.height) for p in places], float)[owners[at]]
        share = (spot - frame[:, :2]) / (frame[:, 2:] - frame[:, :2])
        coordinates.append((place[:, :2] + share * place[:, 2:]) / (across, down))
    patches = [Patch(parts[at].surface, box, place) for (at, box), place in zip(boxes, places, strict=True)]
    spoken = [
        (min(joint_importance(worth[at], part.area), FACE), float(part.area.sum())) for at, part in enumerate(parts)
    ]
    lead = max(range(len(parts)), key=lambda at: (*spoken[at], -at))
    sheet = _Sheet(
        name=name,
        parts=tuple(parts),
        coordinates=tuple(coordinates),
        patches=tuple(patches),
        size=(across, down),
        margin=margin,
        finish=Finish(look, max(1.0, *(float(part.surface.emissive.max()) for part in parts))),
        lead=parts[lead],
    )
    return sheet, own


def _span(where: F64, corners: I64, areas: F64, pixels: float) -> float:
    """What a pixel of the textures spans on these triangles, on average: a length. ``pixels`` are those of the unit
    square of coordinates."""
    spot = where[corners]
    first, second = spot[:, 1] - spot[:, 0], spot[:, 2] - spot[:, 0]
    covered = float(np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0]).sum()) / 2 * pixels
    return max(float(np.sqrt(areas.sum() / max(covered, 1.0))), 1e-9)


def _fitted(areas: Sequence[Area], size: int, density: float) -> tuple[int, list[Place], float]:
    """Margin, layout and its density: in the smallest square that holds all at the detail that ``size`` gives."""
    layout = lay_out(areas, size, _margin(size), density)
    if layout is None:  # more regions than a small atlas has room for
        raise InvalidInput(
            f"{len(areas)} separate regions of texture do not fit into {size} px",
            where="textureAtlas",
            mend="Ask for a larger atlas or for none",
        )
    side = size
    while side > _SMALLEST:
        smaller = lay_out(areas, side // 2, _margin(side // 2), layout[1])
        if smaller is None or smaller[1] < 0.98 * layout[1]:
            break
        side, layout = side // 2, smaller
    return _margin(side), *layout


def _margin(side: int) -> int:
    """Pixels around each region: enough for two halvings at 1024."""
    return max(2, side // 256)


def _power(pixels: int) -> int:
    """The smallest power of two that holds so many, at least 16."""
    return int(max(16, 2 ** math.ceil(math.log2(pixels))))


# --- materials --------------------------------------------------------------------------------------------------------


def _pictures(document: Document, sheet: _Sheet) -> dict[str, tuple[bytes, Size]]:
    """PNGs of the atlas by slot, and their width and height."""
    surfaces = [patch.surface for patch in sheet.patches]
    made: dict[str, tuple[bytes, Size]] = {}
    for slot in needed(surfaces):
        pixels = paint(document, sheet.patches, slot, sheet.size, sheet.margin, sheet.finish)
        made[slot] = (png(pixels), (pixels.shape[1], pixels.shape[0]))
    return made


def _with_materials(
    document: Document, sheets: Sequence[_Sheet], pictures: Sequence[dict[str, tuple[bytes, Size]]]
) -> Document:
    """``document`` with the images, textures and materials of the atlases behind its own."""
    tree = document.tree
    views, images = list(document.list("bufferViews")), list(document.list("images"))
    textures, materials = list(document.list("textures")), list(document.list("materials"))
    chunks, size = [document.binary], len(document.binary)
    sampler = len(document.list("samplers"))
    for sheet, made in zip(sheets, pictures, strict=True):
        numbers: dict[str, int] = {}
        for slot, (data, _) in made.items():
            padding = -size % 4
            views.append({"buffer": 0, "byteOffset": size + padding, "byteLength": len(data)})
            chunks += [b"\0" * padding, data]
            size += padding + len(data)
            label = f"{sheet.name}_{slot.removesuffix('Texture')}"
            images.append({"name": label, "bufferView": len(views) - 1, "mimeType": "image/png"})
            textures.append({"sampler": sampler, "source": len(images) - 1})
            numbers[slot] = len(textures) - 1
        materials.append(_material(sheet, numbers))
    parts: Tree = {
        "bufferViews": views,
        "images": images,
        "textures": textures,
        "samplers": [*document.list("samplers"), _SAMPLER],
        "materials": materials,
        "buffers": [{"byteLength": size}],
    }
    used = {*tree.get("extensionsUsed", ()), *(name for m in materials for name in m.get("extensions", {}))}
    if used:
        parts["extensionsUsed"] = sorted(used)
    return Document({**tree, **parts}, b"".join(chunks))


def _material(sheet: _Sheet, numbers: dict[str, int]) -> Tree:
    surfaces = [patch.surface for patch in sheet.patches]
    pbr: Tree = {"baseColorTexture": {"index": numbers["baseColorTexture"]}}
    made: Tree = {"name": sheet.name, "pbrMetallicRoughness": pbr}
    if "metallicRoughnessTexture" in numbers:
        pbr["metallicRoughnessTexture"] = {"index": numbers["metallicRoughnessTexture"]}
        if any("occlusionTexture" in surface.layers for surface in surfaces):
            made["occlusionTexture"] = {"index": numbers["metallicRoughnessTexture"]}
    else:
        pbr |= {"metallicFactor": surfaces[0].metallic, "roughnessFactor": surfaces[0].roughness}
    if "normalTexture" in numbers:
        made["normalTexture"] = {"index": numbers["normalTexture"]}
    if "emissiveTexture" in numbers:
        made |= {"emissiveTexture": {"index": numbers["emissiveTexture"]}, "emissiveFactor": [1.0, 1.0, 1.0]}
    elif surfaces[0].emissive.any():
        made["emissiveFactor"] = (surfaces[0].emissive / sheet.finish.strength).tolist()
    if sheet.finish.look is not Look.OPAQUE:
        made["alphaMode"] = sheet.finish.look.value
    if sheet.finish.look is Look.CUT:
        made["alphaCutoff"] = CUTOFF
    if any(part.surface.material.get("doubleSided") for part in sheet.parts):
        made["doubleSided"] = True
    extensions = _extensions(sheet.lead)
    if _TOON in extensions:
        extensions[_TOON] |= _toon_textures(sheet.lead, numbers["baseColorTexture"])
    if sheet.finish.strength > 1 and made.get("emissiveFactor"):
        extensions["KHR_materials_emissive_strength"] = {"emissiveStrength": sheet.finish.strength}
    if extensions:
        made["extensions"] = extensions
    return made


def _extensions(part: Part) -> Tree:
    """What the leading material says beyond the core, without the textures, which are laid out for its own mesh."""
    made: Tree = {}
    for name, extension in part.surface.material.get("extensions", {}).items():
        if name != "KHR_materials_emissive_strength" and isinstance(extension, dict):
            made[name] = {key: item for key, item in extension.items() if not key.endswith("Texture")}
    return made


def _toon_textures(part: Part, base: int) -> Tree:
    """The textures of a toon material that stay right: one that no coordinates read, and shade that is the base."""
    material = part.surface.material
    toon, slots = material["extensions"][_TOON], dict(core_infos(material))
    made = {"matcapTexture": toon["matcapTexture"]} if "matcapTexture" in toon else {}
    shade = toon.get("shadeMultiplyTexture", {}).get("index")
    if shade is not None and shade == slots.get("baseColorTexture", {}).get("index"):
        made["shadeMultiplyTexture"] = {"index": base}
    return made


# --- words ------------------------------------------------------------------------------------------------------------


def _told(sheets: Sequence[_Sheet], pictures: Sequence[dict[str, tuple[bytes, Size]]]) -> list[str]:
    notes = []
    for sheet, made in zip(sheets, pictures, strict=True):
        sizes = ", ".join(f"{slot.removesuffix('Texture')} {w} x {h} px" for slot, (_, (w, h)) in made.items())
        look = sheet.finish.look
        notes.append(
            f"merged {len(sheet.parts)} parts into {sheet.name} ({look}), {len(sheet.patches)} regions: {sizes}"
        )
        cut = sum(part.surface.material.get("alphaMode") == "BLEND" for part in sheet.parts) if look is Look.CUT else 0
        if cut:
            notes.append(f"{sheet.name}: {cut} parts that were blended are cut out, to save a draw call")
    if len(sheets) > 2:
        notes.append("three draw calls: something blended is too soft to be cut out with the rest")
    return notes


def _differences(sheets: Sequence[_Sheet]) -> list[str]:
    """Extensions in which materials differed and one spoke for all."""
    notes = []
    for sheet in sheets:
        mine = _extensions(sheet.lead)
        others = [_extensions(part) for part in sheet.parts]
        names = {name for extensions in others for name in extensions}
        odd = sorted(name for name in names if any(e.get(name) != mine.get(name) for e in others))
        if odd:
            who = sheet.lead.surface.material.get("name", "the largest part")
            notes.append(f"{sheet.name} takes {', '.join(odd)} from {who}: its parts differed")
    return notes


def _left_out(gathered: Gathered) -> tuple[str, ...]:
    if not gathered.apart:
        return ()
    more = f" (and {len(gathered.apart) - 8} more)" if len(gathered.apart) > 8 else ""
    return (f"stays apart: {'; '.join(gathered.apart[:8])}{more}",)
