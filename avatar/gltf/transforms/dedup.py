"""One of each, and nothing that nobody uses: images, samplers, textures, materials, meshes, skins, accessors, views.

Two things become one when a client could not tell them apart: equal in content, and where a name is how clients find
them (materials, meshes), in name. Nodes stay all: their names are an interface, their numbers are in every extension.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from typing import Final

import numpy as np

from avatar.gltf.gate.checks import KNOWN
from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.document import Change, Document, Tree, without
from avatar.gltf.model.references import Kind, addressed_materials, mentioned, renumbered
from avatar.gltf.model.slots import CORE_SLOTS, PBR_SLOTS, coordinate_set, core_infos, texture_infos

Numbers = dict[int, int | None]  # old number -> new one; None: it goes

_SKETCH: Final = 512  # bytes by which contents are told apart first
# Textures whose directions are relative to the tangents of the surface.
_TANGENT_SPACE: Final = ("normalTexture", "clearcoatNormalTexture", "anisotropyTexture")


def dedup(document: Document) -> Change:
    """``document`` in which what is equal is one and what nothing uses is gone.

    Joined: images by bytes; samplers and textures whatever their names; materials of one name; meshes and skins;
    accessors and buffer views by what they hold. Dropped: animation channels without a target, texture coordinates and
    tangents that no texture reads, and every mesh, material, texture, sampler, image, skin, camera, accessor and view
    that is left without a user. Nodes stay. References in extensions follow.
    """
    live = _without_unread(_with_live_animations(document))
    made = without_unused(_joined(_with_shared_values(live)))
    before, after = _counts(document), _counts(made)
    gone = [f"{before[kind] - after[kind]} of {before[kind]} {kind}" for kind in before if after[kind] < before[kind]]
    saved = len(document.binary) - len(made.binary)
    if not saved and made.tree == document.tree:
        return Change(document)
    return Change(made, (f"joined or dropped {', '.join(gone) or 'no whole thing'}: {saved:,} bytes saved",))


def without_unused(document: Document) -> Document:
    """``document`` without what no node, primitive, material or extension uses. Nodes, scenes and animations stay."""
    tree = document.tree
    nodes = document.list("nodes")
    for kind, key in (("meshes", "mesh"), ("skins", "skin"), ("cameras", "camera")):
        tree = _applied(tree, kind, _kept(tree, kind, (node[key] for node in nodes if key in node)))
    users = (p["material"] for mesh in tree.get("meshes", ()) for p in mesh["primitives"] if "material" in p)
    tree = _applied(tree, "materials", _kept(tree, "materials", (*users, *mentioned(tree, Kind.MATERIAL))))
    slots = (info["index"] for material in tree.get("materials", ()) for _, info in core_infos(material))
    tree = _applied(tree, "textures", _kept(tree, "textures", (*slots, *mentioned(tree, Kind.TEXTURE))))
    textures = tree.get("textures", ())
    sources = (texture["source"] for texture in textures if "source" in texture)
    tree = _applied(tree, "images", _kept(tree, "images", (*sources, *mentioned(tree, Kind.IMAGE))))
    samplers = (texture["sampler"] for texture in textures if "sampler" in texture)
    tree = _applied(tree, "samplers", _kept(tree, "samplers", samplers))
    return _with_used_data(Document(tree, document.binary))


def shown_materials(document: Document) -> tuple[int, ...]:
    """The numbers of the materials that primitives have, rising."""
    return tuple(sorted({p["material"] for m in document.list("meshes") for p in m["primitives"] if "material" in p}))


def showing(document: Document, materials: Collection[int]) -> Document:
    """``document`` with the primitives of these materials alone, and those without one; what nothing uses then goes."""
    kept = {None, *materials}
    meshes = [
        {**mesh, "primitives": [part for part in mesh["primitives"] if part.get("material") in kept]}
        for mesh in document.list("meshes")
    ]
    return without_unused(Document({**document.tree, "meshes": meshes}, document.binary))


# --- renumbering ------------------------------------------------------------------------------------------------------


def _counts(document: Document) -> dict[str, int]:
    kinds = ("meshes", "materials", "textures", "samplers", "images", "skins", "cameras", "animations", "accessors")
    return {kind: len(document.list(kind)) for kind in kinds}


def _kept(tree: Tree, kind: str, used: Iterable[int]) -> Numbers:
    """New numbers for those of ``kind`` that are in ``used``, in their old order."""
    places = {at: new for new, at in enumerate(sorted(set(used)))}
    return {at: places.get(at) for at in range(len(tree.get(kind, ())))}


def _grouped(keys: Iterable[Hashable]) -> Numbers:
    """New numbers for things with these keys: equal keys, one number."""
    firsts: dict[Hashable, int] = {}
    return {at: firsts.setdefault(key, len(firsts)) for at, key in enumerate(keys)}


def _applied(tree: Tree, kind: str, numbers: Mapping[int, int | None]) -> Tree:
    """``tree`` whose list ``kind`` has its items at their new numbers, the first of those that became one."""
    if all(at == new for at, new in numbers.items()):
        return tree
    tree = renumbered(
        tree,
        meshes=numbers if kind == "meshes" else None,
        materials=numbers if kind == "materials" else None,
        textures=numbers if kind == "textures" else None,
        images=numbers if kind == "images" else None,
    )
    items: dict[int, Tree] = {}
    for at, item in enumerate(tree[kind]):
        new = numbers[at]
        if new is not None:
            items.setdefault(new, item)
    made = {**tree, kind: [items[at] for at in range(len(items))]}
    if not items:
        del made[kind]
    owners, keys = _CORE_REFERENCES[kind]
    return _with_references(made, owners, keys, numbers)


# Who names things of a kind in the core of the tree, and under which keys.
_CORE_REFERENCES: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "meshes": ("nodes", ("mesh",)),
    "skins": ("nodes", ("skin",)),
    "cameras": ("nodes", ("camera",)),
    "materials": ("primitives", ("material",)),
    "textures": ("materials", ()),
    "images": ("textures", ("source",)),
    "samplers": ("textures", ("sampler",)),
}


def _with_references(tree: Tree, owners: str, keys: tuple[str, ...], numbers: Mapping[int, int | None]) -> Tree:
    def renamed(owner: Tree) -> Tree:
        return {key: numbers[item] if key in keys else item for key, item in owner.items()}

    if owners == "primitives":
        meshes = [{**m, "primitives": [renamed(p) for p in m["primitives"]]} for m in tree.get("meshes", ())]
        return {**tree, "meshes": meshes} if meshes else tree
    if owners == "materials":
        materials = [_with_textures(material, numbers) for material in tree.get("materials", ())]
        return {**tree, "materials": materials} if materials else tree
    return {**tree, owners: [renamed(owner) for owner in tree[owners]]} if owners in tree else tree


def _with_textures(material: Tree, numbers: Mapping[int, int | None]) -> Tree:
    def slots(owner: Tree, names: tuple[str, ...]) -> Tree:
        return {name: {**owner[name], "index": numbers[owner[name]["index"]]} for name in names if name in owner}

    made = {**material, **slots(material, CORE_SLOTS)}
    if "pbrMetallicRoughness" in made:
        pbr = made["pbrMetallicRoughness"]
        made["pbrMetallicRoughness"] = {**pbr, **slots(pbr, PBR_SLOTS)}
    return made


# --- joining ----------------------------------------------------------------------------------------------------------


def _joined(document: Document) -> Document:
    """What is equal is one, from what is referred to up to what refers."""
    tree = document.tree
    images = enumerate(document.list("images"))
    contents = _contents({at: _span(document, image["bufferView"]) for at, image in images})
    tree = _applied(tree, "images", _grouped(contents.values()))
    for kind in ("samplers", "textures"):
        tree = _applied(tree, kind, _grouped(_text(without(item, "name")) for item in tree.get(kind, ())))
    tree = _applied(tree, "materials", _grouped(_material_keys(tree)))
    tree = _applied(tree, "skins", _grouped(_text(without(skin, "name")) for skin in tree.get("skins", ())))
    alone = mentioned(tree, Kind.MESH)  # an expression that moves one must not move the other
    meshes = enumerate(tree.get("meshes", ()))
    tree = _applied(tree, "meshes", _grouped((_text(mesh), at if at in alone else None) for at, mesh in meshes))
    return Document(tree, document.binary)


def _material_keys(tree: Tree) -> Iterator[Hashable]:
    alone = addressed_materials(tree)
    vrm = tree.get("extensions", {}).get("VRM", {})
    said = vrm.get("materialProperties", ()) if isinstance(vrm, dict) else ()
    said = said if isinstance(said, list) else ()
    for at, material in enumerate(tree.get("materials", ())):
        yield _text(material), _text(said[at]) if at < len(said) else "", at if at in alone else None


_text: Final = json.JSONEncoder(sort_keys=True).encode


def _contents(found: Mapping[int, memoryview]) -> dict[int, Hashable]:
    """For each number something that two have in common when their bytes are equal, and only then. A few bytes tell
    most apart; the rest are hashed whole."""
    sketches = {at: _sketch(data) for at, data in found.items()}
    met = Counter(sketches.values())
    return {at: _digest(data) if met[sketches[at]] > 1 else at for at, data in found.items()}


def _span(document: Document, at: int) -> memoryview:
    """The bytes of view ``at``, where they lie."""
    view = document.tree["bufferViews"][at]
    start = view.get("byteOffset", 0)
    return memoryview(document.binary)[start : start + view["byteLength"]]


def _sketch(data: memoryview) -> Hashable:
    return len(data), bytes(data[:: len(data) // _SKETCH + 1])


def _digest(data: memoryview) -> bytes:
    return hashlib.blake2b(data, digest_size=20).digest()


# --- what nothing reads -----------------------------------------------------------------------------------------------


def _with_live_animations(document: Document) -> Document:
    """Channels without a target go, then samplers without a channel and animations without either."""
    made: list[Tree] = []
    for animation in document.list("animations"):
        channels = [c for c in animation["channels"] if "node" in c["target"] or c["target"].get("extensions")]
        used = sorted({channel["sampler"] for channel in channels})
        places = {sampler: at for at, sampler in enumerate(used)}
        if channels:
            moved = [{**channel, "sampler": places[channel["sampler"]]} for channel in channels]
            samplers = [animation["samplers"][sampler] for sampler in used]
            made.append({**animation, "channels": moved, "samplers": samplers})
    if made == document.list("animations"):
        return document
    tree = without(document.tree, "animations")
    return Document({**tree, "animations": made} if made else tree, document.binary)


def _without_unread(document: Document) -> Document:
    """Tangents of primitives without a texture in tangent space, and sets of texture coordinates, but for the first,
    that no texture reads."""
    materials = document.list("materials")
    meshes: list[Tree] = []
    for mesh in document.list("meshes"):
        primitives: list[Tree] = []
        for primitive in mesh["primitives"]:
            attributes = dict(primitive["attributes"])
            if "KHR_materials_variants" not in primitive.get("extensions", {}):
                material = materials[primitive["material"]] if "material" in primitive else {}
                infos = dict(texture_infos(material))
                sets = {coordinate_set(info) for info in infos.values()}
                if not any(name.rpartition("/")[2] in _TANGENT_SPACE for name in infos):
                    attributes.pop("TANGENT", None)
                last = sum(name.startswith("TEXCOORD_") for name in attributes) - 1
                while last > 0 and last not in sets:
                    attributes.pop(f"TEXCOORD_{last}", None)
                    last -= 1
            made = {**primitive, "attributes": attributes}
            if "targets" in primitive and "TANGENT" not in attributes:
                made["targets"] = [
                    without(target, "TANGENT") if len(target) > 1 else target for target in made["targets"]
                ]
            primitives.append(made)
        meshes.append({**mesh, "primitives": primitives})
    if meshes == document.list("meshes"):
        return document
    return Document({**document.tree, "meshes": meshes}, document.binary)


# --- accessors, views, bytes ------------------------------------------------------------------------------------------


def _users(tree: Tree) -> Iterator[tuple[Tree, str, str]]:
    """Every place that names an accessor: the object, its key, and in what role it reads it."""
    for mesh in tree.get("meshes", ()):
        for primitive in mesh["primitives"]:
            if "indices" in primitive:
                yield primitive, "indices", "indices"
            for streams in (primitive["attributes"], *primitive.get("targets", ())):
                yield from ((streams, name, "attribute") for name in streams)
    for skin in tree.get("skins", ()):
        if "inverseBindMatrices" in skin:
            yield skin, "inverseBindMatrices", "values"
    for animation in tree.get("animations", ()):
        for sampler in animation["samplers"]:
            yield sampler, "input", "values"
            yield sampler, "output", "values"


def _copied(tree: Tree) -> Tree:
    """``tree`` with own copies of all objects that `_users` hands out."""
    made = dict(tree)
    for kind in ("meshes", "skins", "animations"):
        if kind in made:
            made[kind] = [dict(item) for item in made[kind]]
    for mesh in made.get("meshes", ()):
        mesh["primitives"] = [
            {**primitive, "attributes": dict(primitive["attributes"])}
            | ({"targets": [dict(target) for target in primitive["targets"]]} if "targets" in primitive else {})
            for primitive in mesh["primitives"]
        ]
    for animation in made.get("animations", ()):
        animation["samplers"] = [dict(sampler) for sampler in animation["samplers"]]
    return made


def _strange(tree: Tree) -> bool:
    """True when an extension that nobody here knows may name accessors or views."""
    return not KNOWN.issuperset(tree.get("extensionsUsed", ()))


def _with_shared_values(document: Document) -> Document:
    """Accessors that hold the same values for the same kind of use are one; the others lose their users."""
    if _strange(document.tree):
        return document
    roles: dict[int, set[str]] = {}
    for owner, key, role in _users(document.tree):
        roles.setdefault(owner[key], set()).add(role)
    values = _contents({at: np.ascontiguousarray(read_raw(document, at)).data.cast("B") for at in roles})
    firsts: dict[Hashable, int] = {}
    became: dict[int, int] = {}
    for at in sorted(roles):
        if values[at] == at:  # like no other
            became[at] = at
            continue
        said = without(document.tree["accessors"][at], "bufferView", "byteOffset", "sparse", "name")
        became[at] = firsts.setdefault((tuple(sorted(roles[at])), _text(said), values[at]), at)
    if all(at == new for at, new in became.items()):
        return document
    tree = _copied(document.tree)
    for owner, key, _ in _users(tree):
        owner[key] = became[owner[key]]
    return Document(tree, document.binary)


def _with_used_data(document: Document) -> Document:
    """Only accessors that are read, only views that they and images look into, equal views once, and their bytes."""
    if _strange(document.tree):
        return document
    users = list(_users(document.tree))
    used = sorted({owner[key] for owner, key, _ in users})
    accessors = [document.tree["accessors"][at] for at in used]
    strides = {owner[key] for owner, key, role in users if role == "attribute"}
    bare = {  # a view that two vertex attributes read must say its stride: these stay alone
        document.tree["accessors"][at]["bufferView"]
        for at in strides
        if "bufferView" in document.tree["accessors"][at]
        and "byteStride" not in document.tree["bufferViews"][document.tree["accessors"][at]["bufferView"]]
    }
    looked = {source["bufferView"] for accessor in accessors for source in _sources(accessor)}
    looked |= {image["bufferView"] for image in document.list("images") if "bufferView" in image}
    firsts: dict[Hashable, int] = {}
    places: dict[int, int] = {}
    views: list[Tree] = []
    chunks: list[bytes | memoryview] = []
    size = 0
    found = {at: _span(document, at) for at in looked}
    contents = _contents(found)
    for at in sorted(looked):
        view, data = document.tree["bufferViews"][at], found[at]
        same = (contents[at], _text(without(view, "byteOffset", "name")), at if at in bare else None)
        places[at] = firsts.setdefault(same, len(views))
        if places[at] == len(views):
            padding = -size % 4
            views.append({**view, "byteOffset": size + padding})
            chunks += [b"\0" * padding, data]
            size += padding + len(data)
    if len(views) == len(document.list("bufferViews")) and len(used) == len(document.list("accessors")):
        return document
    tree = _copied(document.tree)
    numbers = {at: new for new, at in enumerate(used)}
    for owner, key, _ in _users(tree):
        owner[key] = numbers[owner[key]]
    parts: Tree = {
        "accessors": [_moved(accessor, places) for accessor in accessors],
        "bufferViews": views,
        "images": [{**image, "bufferView": places[image["bufferView"]]} for image in document.list("images")],
        "buffers": [{"byteLength": size}] if size else [],
    }
    tree |= {key: value for key, value in parts.items() if value}
    return Document(without(tree, *(key for key, value in parts.items() if not value)), b"".join(chunks))


def _sources(accessor: Tree) -> Iterator[Tree]:
    """What of an accessor names a view."""
    if "bufferView" in accessor:
        yield accessor
    if "sparse" in accessor:
        yield accessor["sparse"]["indices"]
        yield accessor["sparse"]["values"]


def _moved(accessor: Tree, places: Mapping[int, int]) -> Tree:
    made = dict(accessor)
    if "bufferView" in made:
        made["bufferView"] = places[made["bufferView"]]
    if "sparse" in made:
        sparse = made["sparse"]
        parts = {key: {**sparse[key], "bufferView": places[sparse[key]["bufferView"]]} for key in ("indices", "values")}
        made["sparse"] = {**sparse, **parts}
    return made
