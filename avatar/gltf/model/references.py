"""Extensions name nodes, meshes, morph targets, materials, textures and images by number. Every such place is listed
here, so that a transform that renumbers can keep what they say true.

Whatever has no row below is understood nowhere: ``checks.KNOWN`` does not list its extension and ``compact`` leaves it
out. Extensions whose numbers never change here (lights, variants, spring colliders) are listed too: a number that leads
nowhere goes.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Final

from avatar.gltf.model.document import Tree

TEXTURE_SOURCES: Final = ("EXT_texture_webp", "KHR_texture_basisu")  # each names an image instead of texture.source

Numbers = Mapping[int, int | None]  # old number -> new number; None or absent: the thing is gone


class Kind(StrEnum):
    """What a number names: the first five are top-level arrays of the tree, the others lists inside extensions."""

    NODE = "nodes"
    MESH = "meshes"
    MATERIAL = "materials"
    TEXTURE = "textures"
    IMAGE = "images"
    LIGHT = "extensions/KHR_lights_punctual/lights"
    VARIANT = "extensions/KHR_materials_variants/variants"
    COLLIDER = "extensions/VRMC_springBone/colliders"
    COLLIDER_GROUP = "extensions/VRMC_springBone/colliderGroups"
    OLD_COLLIDER_GROUP = "extensions/VRM/secondaryAnimation/colliderGroups"


# A path from the root of the tree to a number. "*" stands for every item of an array, "**" for every member of an
# object, "*Texture" for every member with that ending. The step in brackets is what goes when the thing that the number
# names is gone.
_PLACES: Final[tuple[tuple[str, Kind], ...]] = (
    # VRM 0.x; -1 stands for none
    ("extensions/VRM/meta/[texture]", Kind.TEXTURE),
    ("extensions/VRM/humanoid/humanBones/[*]/node", Kind.NODE),
    ("extensions/VRM/firstPerson/[firstPersonBone]", Kind.NODE),
    ("extensions/VRM/firstPerson/meshAnnotations/[*]/mesh", Kind.MESH),
    ("extensions/VRM/materialProperties/*/textureProperties/[**]", Kind.TEXTURE),
    ("extensions/VRM/secondaryAnimation/boneGroups/*/[center]", Kind.NODE),
    ("extensions/VRM/secondaryAnimation/boneGroups/*/bones/[*]", Kind.NODE),
    ("extensions/VRM/secondaryAnimation/boneGroups/*/colliderGroups/[*]", Kind.OLD_COLLIDER_GROUP),
    ("extensions/VRM/secondaryAnimation/colliderGroups/[*]/node", Kind.NODE),
    # VRM 1.0
    ("extensions/VRMC_vrm/meta/[thumbnailImage]", Kind.IMAGE),
    ("extensions/VRMC_vrm/humanoid/humanBones/[**]/node", Kind.NODE),
    ("extensions/VRMC_vrm/firstPerson/meshAnnotations/[*]/node", Kind.NODE),
    ("extensions/VRMC_vrm/expressions/**/**/materialColorBinds/[*]/material", Kind.MATERIAL),
    ("extensions/VRMC_vrm/expressions/**/**/textureTransformBinds/[*]/material", Kind.MATERIAL),
    ("extensions/VRMC_springBone/colliders/[*]/node", Kind.NODE),
    ("extensions/VRMC_springBone/colliderGroups/*/colliders/[*]", Kind.COLLIDER),
    ("extensions/VRMC_springBone/springs/*/joints/[*]/node", Kind.NODE),
    ("extensions/VRMC_springBone/springs/*/[center]", Kind.NODE),
    ("extensions/VRMC_springBone/springs/*/colliderGroups/[*]", Kind.COLLIDER_GROUP),
    ("nodes/*/extensions/[VRMC_node_constraint]/constraint/**/source", Kind.NODE),
    # Khronos and vendors
    ("nodes/*/extensions/[KHR_lights_punctual]/light", Kind.LIGHT),
    ("nodes/*/extensions/MSFT_lod/ids/[*]", Kind.NODE),
    ("materials/*/extensions/MSFT_lod/ids/[*]", Kind.MATERIAL),
    ("materials/*/extensions/**/[*Texture]/index", Kind.TEXTURE),
    ("meshes/*/primitives/*/extensions/KHR_materials_variants/mappings/[*]/material", Kind.MATERIAL),
    ("meshes/*/primitives/*/extensions/KHR_materials_variants/mappings/*/variants/[*]", Kind.VARIANT),
    *((f"textures/*/extensions/[{name}]/source", Kind.IMAGE) for name in TEXTURE_SOURCES),
)
_BINDS: Final = "extensions/VRM/blendShapeMaster/blendShapeGroups/*/[binds]"
_NODE_BINDS: Final = "extensions/VRMC_vrm/expressions/**/**/[morphTargetBinds]"
_NODE_ANNOTATIONS: Final = "extensions/VRMC_vrm/firstPerson/[meshAnnotations]"
_POINTERS: Final = "animations/*/channels/[*]/target/extensions/KHR_animation_pointer/pointer"
_MATERIAL_LIST: Final = "extensions/VRM/[materialProperties]"  # entry n is about material n
_MATERIAL_NAMES: Final = "extensions/VRM/blendShapeMaster/blendShapeGroups/*/materialValues/[*]/materialName"

# A material of VRM 0.x that says nothing about itself: the glTF material is used as it stands.
_PLAIN_MATERIAL: Final[Tree] = {
    "shader": "VRM_USE_GLTFSHADER",
    "renderQueue": 2000,
    "floatProperties": {},
    "vectorProperties": {},
    "textureProperties": {},
    "keywordMap": {},
    "tagMap": {},
}
_GONE: Final = object()  # takes along what the path puts in brackets
_MISSHAPEN: Final = object()  # goes alone
_Visit = Callable[[Any], Any]  # what stands at the end of a path -> what shall stand there, or _GONE


def renumbered(
    tree: Tree,
    *,
    nodes: Numbers | None = None,
    meshes: Numbers | None = None,
    morphs: Mapping[int, Numbers] | None = None,
    materials: Numbers | None = None,
    textures: Numbers | None = None,
    images: Numbers | None = None,
) -> Tree:
    """``tree`` whose extensions name things by their new numbers. The core of the tree is left as it is.

    Call it with the tree of *before*, whose arrays and references go by the old numbers, and change the core
    afterwards. A mapping speaks for all things of its kind: a number that it lacks, or maps to None, names something
    that is gone; two things may become one. Kinds without a mapping stay. ``morphs`` maps a mesh (old number) to what
    became of its morph targets; meshes that it lacks keep theirs.

    What names something gone goes too, by the smallest part that still makes sense: a bind of an expression, a human
    bone, a texture of a material. So does what named nothing before, and what lacks the shape that its extension
    demands: with no mapping at all this is what the function is for. Of several binds of an expression that end at one
    morph target the first stays. VRM 0.x speaks of materials by their order and their names; of those that become one,
    the first is kept, so let what ``addressed_materials`` names stay apart.
    """
    given = {
        Kind.NODE: nodes,
        Kind.MESH: meshes,
        Kind.MATERIAL: materials,
        Kind.TEXTURE: textures,
        Kind.IMAGE: images,
    }
    numbers = {kind: _everything(tree, kind) if mapping is None else mapping for kind, mapping in given.items()}
    for kind in Kind:
        if kind not in numbers:
            numbers[kind] = _survivors(tree, kind, numbers[Kind.NODE])
    morphing = _Morphing(tree, numbers, morphs or {})
    made: Any = tree
    made = _visited(made, _BINDS, lambda binds: morphing.binds(binds, Kind.MESH))
    made = _visited(made, _NODE_BINDS, lambda binds: morphing.binds(binds, Kind.NODE))
    made = _visited(made, _NODE_ANNOTATIONS, morphing.annotations)
    made = _visited(made, _POINTERS, morphing.pointer)
    if materials is not None:
        made = _visited(made, _MATERIAL_LIST, lambda entries: _reordered(entries, materials))
    made = _visited(made, _MATERIAL_NAMES, _named if materials is None else _renaming(tree, materials))
    for path, kind in _PLACES:
        made = _visited(made, path, _renumbering(numbers[kind], old=path.startswith("extensions/VRM/")))
    found: Tree = made
    return found


def mentioned(tree: Tree, kind: Kind) -> frozenset[int]:
    """The numbers by which extensions name things of ``kind``; those that lead nowhere are left out."""
    found: set[int] = set()
    there = _everything(tree, kind)

    def note(value: Any) -> Any:
        number = _number(value)
        if number is not None and number in there:
            found.add(number)
        return value

    for path, named in _PLACES:
        if named is kind:
            _visited(tree, path, note)
    if kind in (Kind.MESH, Kind.NODE):
        key = _KEYS[kind]
        _visited(tree, f"{_BINDS if kind is Kind.MESH else _NODE_BINDS}/*/{key}", note)

    def note_pointer(value: Any) -> Any:
        parts = value.split("/") if isinstance(value, str) else []
        if len(parts) > 2 and parts[1] == kind.value:
            note(_digits(parts[2]))
        return value

    _visited(tree, _POINTERS, note_pointer)
    return frozenset(found)


def addressed_materials(tree: Tree) -> frozenset[int]:
    """Materials that something besides a primitive singles out: an expression that colours them or moves their
    textures, a variant, an animation. To merge one with another would change what that does."""
    names: set[Any] = set()

    def note(value: Any) -> Any:
        names.add(value if isinstance(value, str) else None)
        return value

    _visited(tree, _MATERIAL_NAMES, note)
    by_name = {at for at, material in enumerate(tree.get("materials", ())) if material.get("name") in names - {None}}
    return mentioned(tree, Kind.MATERIAL) | by_name


_KEYS: Final = {Kind.NODE: "node", Kind.MESH: "mesh"}
_TOP: Final = ("nodes", "meshes", "materials", "textures", "images")


class _Morphing:
    """What names a morph target: by its mesh or by a node that shows the mesh."""

    def __init__(self, tree: Tree, numbers: Mapping[Kind, Numbers], morphs: Mapping[int, Numbers]) -> None:
        self._nodes, self._meshes = tree.get("nodes", []), tree.get("meshes", [])
        self._numbers, self._morphs = numbers, morphs

    def binds(self, binds: Any, kind: Kind) -> Any:
        """A list of {mesh or node, index, weight}."""
        if not isinstance(binds, list):
            return _MISSHAPEN
        key, seen = _KEYS[kind], set()
        made: list[Any] = []
        for bind in binds:
            if not isinstance(bind, dict):
                continue
            at, index = _number(bind.get(key)), _number(bind.get("index"))
            owner = None if at is None else self._numbers[kind].get(at)
            mesh = at if kind is Kind.MESH else self._shown(at)
            target = None if index is None or mesh is None else self._target(mesh, index)
            if owner is None or target is None or (owner, target) in seen:
                continue
            seen.add((owner, target))
            new = {**bind, key: owner, "index": target}
            made.append(bind if _same(bind[key], owner) and _same(bind["index"], target) else new)
        return binds if len(made) == len(binds) and all(map(operator.is_, made, binds)) else made

    def annotations(self, entries: Any) -> Any:
        """A list of {node, type}: whether the mesh of a node is seen in first person."""
        if not isinstance(entries, list):
            return _MISSHAPEN
        kept = [
            entry
            for entry in entries
            if isinstance(entry, dict) and self._shown(_number(entry.get("node"))) is not None
        ]
        return entries if len(kept) == len(entries) else kept

    def pointer(self, value: Any) -> Any:
        """A JSON pointer of KHR_animation_pointer into the tree."""
        parts = value.split("/") if isinstance(value, str) else []
        if len(parts) < 4 or parts[1] not in _TOP:
            return value
        at, rest = _digits(parts[2]), parts[3:]
        new = None if at is None else self._numbers[Kind(parts[1])].get(at)
        if at is None or new is None:
            return _GONE
        if rest[0] == "weights" and parts[1] in (Kind.NODE, Kind.MESH):
            mesh = at if parts[1] == Kind.MESH else self._shown(at)
            if mesh is None or (len(rest) == 1 and mesh in self._morphs):
                return _GONE
            if len(rest) > 1:
                index = _digits(rest[1])
                target = None if index is None else self._target(mesh, index)
                if target is None:
                    return _GONE
                rest = ["weights", str(target)]
        made = "/".join(["", parts[1], str(new), *rest])
        return value if made == value else made

    def _shown(self, node: int | None) -> int | None:
        """The mesh (old number) of a node, None when it has none or that is gone."""
        if node is None or not 0 <= node < len(self._nodes):
            return None
        mesh: int | None = self._nodes[node].get("mesh")
        return mesh if mesh is not None and self._numbers[Kind.MESH].get(mesh) is not None else None

    def _target(self, mesh: int, index: int) -> int | None:
        if mesh in self._morphs:
            return self._morphs[mesh].get(index)
        if not 0 <= mesh < len(self._meshes):
            return None
        counts = (len(primitive.get("targets", ())) for primitive in self._meshes[mesh]["primitives"])
        return index if 0 <= index < max(counts, default=0) else None


def _visited(value: Any, path: str | tuple[str, ...], visit: _Visit) -> Any:
    """``value`` in which ``visit`` has been called on everything at the end of ``path``; itself if nothing changed.

    What does not have the shape of the path goes.
    """
    steps = tuple(path.split("/")) if isinstance(path, str) else path
    if not steps:
        return visit(value)
    step = steps[0].strip("[]")
    keys: list[Any]
    if step == "*" and isinstance(value, list):
        keys = list(range(len(value)))
    elif step == "*" or not isinstance(value, dict):
        return _MISSHAPEN
    elif step[0] == "*":
        keys = [key for key in value if key.endswith(step.strip("*"))]
    else:
        keys = [step] if step in value else []
    changed = {}
    for key in keys:
        item = _visited(value[key], steps[1:], visit)
        if item is _GONE and steps[0] == step:
            return _GONE
        if item is not value[key]:
            changed[key] = item
    if not changed:
        return value
    if isinstance(value, list):
        return [
            item
            for at, old in enumerate(value)
            if (item := changed.get(at, old)) is not _GONE and item is not _MISSHAPEN
        ]
    return {
        key: item
        for key, old in value.items()
        if (item := changed.get(key, old)) is not _GONE and item is not _MISSHAPEN
    }


def _renumbering(mapping: Numbers, *, old: bool) -> _Visit:
    """``old``: a negative number stands for none, as in VRM 0.x."""

    def renumber(value: Any) -> Any:
        number = _number(value)
        if number is not None and number < 0 and old:
            return value
        new = None if number is None else mapping.get(number)
        if new is None:
            return _GONE
        return value if _same(value, new) else new

    return renumber


def _same(value: Any, number: int) -> bool:
    """True where nothing is to be changed: 3.0 is not 3 to those who look things up by it."""
    return value == number and type(value) is int


def _number(value: Any) -> int | None:
    """An integer, also as some exporters write it (3.0)."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        return None
    return int(value)


def _digits(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


def _list_at(tree: Tree, kind: Kind) -> list[Any]:
    found: Any = tree
    for key in kind.split("/"):
        found = found.get(key) if isinstance(found, dict) else None
    return found if isinstance(found, list) else []


def _everything(tree: Tree, kind: Kind) -> Numbers:
    return {at: at for at in range(len(_list_at(tree, kind)))}


def _survivors(tree: Tree, kind: Kind, nodes: Numbers) -> Numbers:
    """The new numbers in a list inside an extension, whose items go with the node that they name."""
    steps = next((path.removeprefix(f"{kind}/[*]/") for path, _ in _PLACES if path.startswith(f"{kind}/[*]/")), "")
    kept: dict[int, int] = {}
    for at, item in enumerate(_list_at(tree, kind)):
        if not steps or _visited(item, steps, _renumbering(nodes, old=False)) is not _GONE:
            kept[at] = len(kept)
    return kept


def _reordered(entries: Any, materials: Numbers) -> Any:
    """``materialProperties`` in the order of the new materials, the first of those that became one."""
    if not isinstance(entries, list):
        return _MISSHAPEN
    placed: dict[int, Any] = {}
    for at, entry in enumerate(entries):
        new = materials.get(at)
        if new is not None:
            placed.setdefault(new, entry)
    count = max((new for new in materials.values() if new is not None), default=-1) + 1
    return [placed.get(at, _PLAIN_MATERIAL) for at in range(count)]


def _named(value: Any) -> Any:
    return value if isinstance(value, str) else _GONE


def _renaming(tree: Tree, materials: Numbers) -> _Visit:
    """The name under which a material goes on: that of the first with which it became one."""
    names = [material.get("name") for material in tree.get("materials", ())]
    firsts: dict[int, str | None] = {}
    became: dict[str | None, str | None] = {}
    for at, name in enumerate(names):
        new = materials.get(at)
        if new is not None:
            firsts.setdefault(new, name)
            became.setdefault(name, firsts[new])

    def rename(value: Any) -> Any:
        new = became.get(value) if isinstance(value, str) else None
        return _GONE if new is None else new

    return rename
