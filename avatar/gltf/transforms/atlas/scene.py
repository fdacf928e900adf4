"""Nodes, meshes, skins and animations around the merged meshes, and what extensions say of those that went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from avatar.gltf.model.accessors import Packer, read_floats
from avatar.gltf.model.document import Document, Tree, without
from avatar.gltf.model.pose import Placement
from avatar.gltf.model.references import Kind, mentioned, renumbered
from avatar.gltf.model.slots import core_infos
from avatar.gltf.transforms.atlas.binding import SharedSkin
from avatar.gltf.transforms.atlas.pictures import F64

Names = Mapping[int, list[str]]  # morph names of each mesh


@dataclass(frozen=True, slots=True)
class Merged:
    """A merged mesh. Accessor numbers in ``primitive`` count from the packer's first."""

    name: str
    primitive: Tree
    morphs: tuple[str, ...]
    placements: tuple[Placement, ...]


@dataclass(frozen=True, slots=True)
class Additions:
    """What else was packed: the inverse bind matrices of a skin that grew, and morph tracks of merged meshes by
    animation, each a sampler for the merged mesh of this number."""

    inverse: int | None
    tracks: dict[int, list[tuple[int, Tree]]]


def pack_additions(
    document: Document, merged: Sequence[Merged], skin: SharedSkin, morphs: Names, packer: Packer
) -> Additions:
    """Everything besides primitives that needs accessors."""
    inverse = None
    if skin.grown:
        columns = np.stack(skin.inverse).transpose(0, 2, 1).reshape(-1, 16)
        inverse = packer.values(columns.astype(np.float32), "MAT4")
    tracks: dict[int, list[tuple[int, Tree]]] = {}
    for number, animation in enumerate(document.list("animations")):
        for group, mesh in enumerate(merged):
            nodes = {placement.node: placement.mesh for placement in mesh.placements}
            channels = [
                channel
                for channel in animation["channels"]
                if channel["target"]["path"] == "weights" and channel["target"].get("node") in nodes
            ]
            if channels and mesh.morphs:
                found = [
                    _Track.read(document, animation["samplers"][c["sampler"]], morphs[nodes[c["target"]["node"]]])
                    for c in channels
                ]
                tracks.setdefault(number, []).append((group, _joined_track(found, mesh.morphs, packer)))
    return Additions(inverse, tracks)


def rearranged(
    document: Document,
    merged: Sequence[Merged],
    skin: SharedSkin,
    morphs: Names,
    additions: Additions,
    *,
    first_accessor: int,
    first_material: int,
) -> Document:
    """``document``, whose accessors and materials already end in those of the merged meshes, with these meshes shown
    and what they are made of gone."""
    tree = document.tree
    spots = {(p.mesh, p.primitive) for mesh in merged for p in mesh.placements}
    left = [
        [at for at in range(len(mesh["primitives"])) if (number, at) not in spots]
        for number, mesh in enumerate(tree["meshes"])
    ]
    home: dict[int, int] = {}  # mesh that is gone whole -> the merged mesh that stands for it
    for group, mesh in enumerate(merged):
        for placement in mesh.placements:
            if not left[placement.mesh] and (mesh.morphs or placement.mesh not in home):
                home.setdefault(placement.mesh, group)
    kept_meshes = [at for at in range(len(tree["meshes"])) if at not in home]
    mesh_numbers: dict[int, int | None] = {at: new for new, at in enumerate(kept_meshes)}
    mesh_numbers |= {at: len(kept_meshes) + group for at, group in home.items()}
    gone = _removable(tree, home)
    kept_nodes = [at for at in range(len(tree["nodes"])) if at not in gone]
    node_numbers: dict[int, int | None] = {at: new for new, at in enumerate(kept_nodes)}
    node_numbers |= {at: len(kept_nodes) + home[tree["nodes"][at]["mesh"]] for at in gone}
    material_numbers, texture_numbers = _replaced_paint(tree, merged, left, first_material)
    followed = renumbered(
        tree,
        nodes=node_numbers,
        meshes=mesh_numbers,
        morphs={
            at: {number: merged[group].morphs.index(name) for number, name in enumerate(morphs[at])}
            for at, group in home.items()
            if morphs[at]
        },
        materials=material_numbers,
        textures=texture_numbers,
    )
    made = dict(followed)
    nodes = [without(node, "mesh", "skin", "weights") if node.get("mesh") in home else node for node in made["nodes"]]
    made["nodes"] = _placed_nodes(tree, nodes, merged, skin, kept_nodes, node_numbers, mesh_numbers, len(kept_meshes))
    made["scenes"] = _scenes(tree, merged, skin, node_numbers, len(kept_nodes))
    made["meshes"] = [
        {**made["meshes"][at], "primitives": [made["meshes"][at]["primitives"][number] for number in left[at]]}
        for at in kept_meshes
    ] + [_mesh(tree, mesh, morphs, first_accessor, first_material + group) for group, mesh in enumerate(merged)]
    if "skins" in made:
        made["skins"] = _skins(made["skins"], skin, additions, first_accessor, node_numbers)
    if "animations" in made:
        made["animations"] = _animations(made, home, additions, first_accessor, node_numbers, len(kept_nodes), tree)
    made = _with_twins(made, merged, len(kept_meshes), len(kept_nodes))
    return Document({key: value for key, value in made.items() if value not in ([], {})}, document.binary)


# --- what stands for what ---------------------------------------------------------------------------------------------


def _removable(tree: Tree, home: Mapping[int, int]) -> set[int]:
    """Nodes that showed nothing but a mesh that is merged: no joints, nothing below them, named by nobody."""
    needed = {joint for skin in tree.get("skins", ()) for joint in skin["joints"]}
    needed |= {
        channel["target"].get("node")
        for animation in tree.get("animations", ())
        for channel in animation["channels"]
        if channel["target"]["path"] != "weights"
    }
    extensions = {
        name: without(extension, "expressions", "firstPerson") if name == "VRMC_vrm" else extension
        for name, extension in tree.get("extensions", {}).items()
    }
    needed |= mentioned({**without(tree, "animations"), "extensions": extensions}, Kind.NODE)
    return {
        at
        for at, node in enumerate(tree["nodes"])
        if node.get("mesh") in home
        and at not in needed
        and not node.get("children")
        and "camera" not in node
        and not node.get("extensions")
    }


def _replaced_paint(
    tree: Tree, merged: Sequence[Merged], left: Sequence[Sequence[int]], first_material: int
) -> tuple[dict[int, int | None], dict[int, int | None]]:
    """New numbers of the materials that only merged parts had, and of the textures that only these showed."""
    materials: dict[int, int | None] = {at: at for at in range(len(tree["materials"]))}
    textures: dict[int, int | None] = {at: at for at in range(len(tree.get("textures", ())))}
    others = {
        tree["meshes"][number]["primitives"][at].get("material") for number, kept in enumerate(left) for at in kept
    }
    for group in reversed(range(len(merged))):
        for placement in merged[group].placements:
            at = tree["meshes"][placement.mesh]["primitives"][placement.primitive].get("material")
            if at is not None and at not in others:
                materials[at] = first_material + group
    still = {
        info["index"]
        for at, new in materials.items()
        if new == at and at < first_material
        for _, info in core_infos(tree["materials"][at])
    }
    for at, new in materials.items():
        if new is not None and new != at:
            atlas = dict(core_infos(tree["materials"][new]))
            for slot, info in core_infos(tree["materials"][at]):
                if slot in atlas and info["index"] not in still:
                    textures[info["index"]] = atlas[slot]["index"]
    return materials, textures


def _with_twins(tree: Tree, merged: Sequence[Merged], first_mesh: int, first_node: int) -> Tree:
    """Expressions that move one merged mesh move the others too: a part of what they moved may have gone there. All
    merged meshes with morph targets have the same ones."""
    groups = [group for group, mesh in enumerate(merged) if mesh.morphs]

    def twinned(binds: list[Tree], key: str, first: int) -> list[Tree]:
        made: list[Tree] = []
        numbers = {first + group for group in groups}
        for bind in binds:
            if bind.get(key) not in numbers:
                made.append(bind)
            else:
                made += [{**bind, key: number} for number in sorted(numbers)]
        unique: dict[tuple[int, int], Tree] = {}
        for bind in made:
            unique.setdefault((bind[key], bind["index"]), bind)
        return list(unique.values())

    extensions = dict(tree.get("extensions", {}))
    old = extensions.get("VRM")
    if isinstance(old, dict):
        groups_of = old.get("blendShapeMaster", {}).get("blendShapeGroups", [])
        made = [
            {**group, "binds": twinned(group["binds"], "mesh", first_mesh)} if group.get("binds") else group
            for group in groups_of
        ]
        extensions["VRM"] = {**old, "blendShapeMaster": {**old.get("blendShapeMaster", {}), "blendShapeGroups": made}}
        first = extensions["VRM"].get("firstPerson")
        if isinstance(first, dict) and first.get("meshAnnotations"):
            extensions["VRM"]["firstPerson"] = {**first, "meshAnnotations": _one_each(first["meshAnnotations"], "mesh")}
    new = extensions.get("VRMC_vrm")
    if isinstance(new, dict):
        expressions = {
            kind: {
                name: {**item, "morphTargetBinds": twinned(item["morphTargetBinds"], "node", first_node)}
                if item.get("morphTargetBinds")
                else item
                for name, item in named.items()
            }
            for kind, named in new.get("expressions", {}).items()
        }
        extensions["VRMC_vrm"] = {**new, "expressions": expressions} if expressions else new
        first = new.get("firstPerson")
        if isinstance(first, dict) and first.get("meshAnnotations"):
            annotations = _one_each(first["meshAnnotations"], "node")
            extensions["VRMC_vrm"] = {
                **extensions["VRMC_vrm"],
                "firstPerson": {**first, "meshAnnotations": annotations},
            }
    return {**tree, "extensions": extensions} if extensions else tree


def _one_each(annotations: Sequence[Tree], key: str) -> list[Tree]:
    """One word on each mesh about who sees it; where merged parts disagree, the client finds out by the head bone."""
    kind = "type" if key == "node" else "firstPersonFlag"
    made: dict[int, Tree] = {}
    for entry in annotations:
        before = made.setdefault(entry[key], entry)
        if before.get(kind) != entry.get(kind):
            made[entry[key]] = {**before, kind: "auto" if key == "node" else "Auto"}
    return list(made.values())


# --- nodes, meshes, skins ---------------------------------------------------------------------------------------------


def _parents(tree: Tree) -> dict[int, int]:
    return {child: at for at, node in enumerate(tree["nodes"]) for child in node.get("children", ())}


def _placed_nodes(
    tree: Tree,
    nodes: Sequence[Tree],
    merged: Sequence[Merged],
    skin: SharedSkin,
    kept: Sequence[int],
    node_numbers: Mapping[int, int | None],
    mesh_numbers: Mapping[int, int | None],
    first_mesh: int,
) -> list[Tree]:
    """The nodes that stay, and one for each merged mesh beside the first node that it stands for."""
    parents = _parents(tree)
    beside: dict[int, list[int]] = {}
    for group, mesh in enumerate(merged):
        parent = parents.get(mesh.placements[0].node) if skin.lead is not None else None
        if parent is not None:
            beside.setdefault(parent, []).append(len(kept) + group)
    made: list[Tree] = []
    for at in kept:
        node = dict(nodes[at])
        children = [node_numbers[child] for child in node.pop("children", ()) if child in set(kept)]
        children += beside.get(at, [])
        if children:
            node["children"] = children
        if "mesh" in node:
            node["mesh"] = mesh_numbers[node["mesh"]]
        made.append(node)
    for group, mesh in enumerate(merged):
        node = {"name": mesh.name, "mesh": first_mesh + group}
        if skin.lead is not None:
            node["skin"] = skin.lead
        made.append(node)
    return made


def _scenes(
    tree: Tree,
    merged: Sequence[Merged],
    skin: SharedSkin,
    node_numbers: Mapping[int, int | None],
    first_node: int,
) -> list[Tree]:
    parents = _parents(tree)
    made: list[Tree] = []
    for scene in tree.get("scenes", []):
        roots = scene.get("nodes", [])
        numbers = [new for at in roots if (new := node_numbers[at]) is not None and new < first_node]
        for group, mesh in enumerate(merged):
            node = mesh.placements[0].node
            while skin.lead is None and node in parents:
                node = parents[node]
            if node in roots and (skin.lead is None or node not in parents):
                numbers.append(first_node + group)
        made.append({**without(scene, "nodes"), **({"nodes": numbers} if numbers else {})})
    return made


def _mesh(tree: Tree, merged: Merged, morphs: Names, first_accessor: int, material: int) -> Tree:
    primitive = merged.primitive

    def grown(streams: Tree) -> Tree:
        return {name: at + first_accessor for name, at in streams.items()}

    moved: Tree = {"attributes": grown(primitive["attributes"]), "indices": primitive["indices"] + first_accessor}
    moved["material"] = material
    made: Tree = {"name": merged.name, "primitives": [moved]}
    if merged.morphs:
        moved["targets"] = [grown(target) for target in primitive["targets"]]
        made["extras"] = {"targetNames": list(merged.morphs)}
        made["weights"] = _weights(tree, merged, morphs)
    return made


def _weights(tree: Tree, merged: Merged, morphs: Names) -> list[float]:
    """What the meshes start with, by name; the strongest word counts where they differ."""
    found = dict.fromkeys(merged.morphs, 0.0)
    for placement in merged.placements:
        own = tree["nodes"][placement.node].get("weights") or tree["meshes"][placement.mesh].get("weights", [])
        for name, weight in zip(morphs[placement.mesh], own, strict=False):
            if abs(weight) > abs(found[name]):
                found[name] = weight
    return list(found.values())


def _skins(
    skins: Sequence[Tree],
    skin: SharedSkin,
    additions: Additions,
    first_accessor: int,
    node_numbers: Mapping[int, int | None],
) -> list[Tree]:
    made: list[Tree] = []
    for at, tree in enumerate(skins):
        joints = skin.joints if at == skin.lead else tree["joints"]
        item = {**tree, "joints": [node_numbers[joint] for joint in joints]}
        if "skeleton" in item:
            item["skeleton"] = node_numbers[item["skeleton"]]
        if at == skin.lead and additions.inverse is not None:
            item["inverseBindMatrices"] = additions.inverse + first_accessor
            item.pop("skeleton", None)  # it need not be above the joints that came
        made.append(item)
    return made


# --- animations -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Track:
    """Weights over time: (n,) seconds, (n, rows, k) values, rows being 3 for cubic splines."""

    times: F64
    values: F64
    names: list[str]
    interpolation: str

    @classmethod
    def read(cls, document: Document, sampler: Tree, names: list[str]) -> _Track:
        kind = sampler.get("interpolation", "LINEAR")
        times = read_floats(document, sampler["input"])[:, 0].astype(float)
        rows = 3 if kind == "CUBICSPLINE" else 1
        flat = read_floats(document, sampler["output"])[:, 0].astype(float)
        per = len(flat) // max(len(times) * rows, 1)
        return cls(times, flat[: len(times) * rows * per].reshape(len(times), rows, per), names[:per], kind)

    def at(self, times: F64, column: int) -> F64:
        """(n,) one weight at other times; splines are taken as straight between their keys."""
        keys = self.values[:, 1 if self.interpolation == "CUBICSPLINE" else 0, column]
        if self.interpolation == "STEP":
            found: F64 = keys[np.clip(np.searchsorted(self.times, times, side="right") - 1, 0, len(keys) - 1)]
            return found
        return np.interp(times, self.times, keys)


def _joined_track(tracks: Sequence[_Track], names: Sequence[str], packer: Packer) -> Tree:
    """One sampler for all morph targets of a merged mesh; of several tracks for one name the first counts."""
    first = tracks[0]
    alike = all(t.interpolation == first.interpolation and np.array_equal(t.times, first.times) for t in tracks)
    times = first.times if alike else np.unique(np.concatenate([track.times for track in tracks]))
    rows = first.values.shape[1] if alike else 1
    values = np.zeros((len(times), rows, len(names)))
    done: set[str] = set()
    for track in tracks:
        for column, name in enumerate(track.names):
            if name not in done:
                done.add(name)
                place = names.index(name)
                if alike:
                    values[:, :, place] = track.values[:, :, column]
                else:
                    values[:, 0, place] = track.at(times, column)
    kind = first.interpolation if alike else "LINEAR"
    return {
        "input": packer.values(times.astype(np.float32)[:, None], "SCALAR", bounds=True),
        "output": packer.values(values.astype(np.float32).reshape(-1, 1), "SCALAR"),
        "interpolation": kind,
    }


def _animations(
    made: Tree,
    home: Mapping[int, int],
    additions: Additions,
    first_accessor: int,
    node_numbers: Mapping[int, int | None],
    first_node: int,
    before: Tree,
) -> list[Tree]:
    animations: list[Tree] = []
    for number, animation in enumerate(made["animations"]):
        channels, samplers = [], list(animation["samplers"])
        for channel in animation["channels"]:
            node = channel["target"].get("node")
            if (
                channel["target"]["path"] == "weights"
                and node is not None
                and before["nodes"][node].get("mesh") in home
            ):
                continue
            target = channel["target"] if node is None else {**channel["target"], "node": node_numbers[node]}
            channels.append({**channel, "target": target})
        for group, sampler in additions.tracks.get(number, ()):
            samplers.append(
                {**sampler, "input": sampler["input"] + first_accessor, "output": sampler["output"] + first_accessor}
            )
            target = {"node": first_node + group, "path": "weights"}
            channels.append({"sampler": len(samplers) - 1, "target": target})
        used = sorted({channel["sampler"] for channel in channels})
        places = {at: new for new, at in enumerate(used)}
        if channels:
            moved = [{**channel, "sampler": places[channel["sampler"]]} for channel in channels]
            animations.append({**animation, "channels": moved, "samplers": [samplers[at] for at in used]})
    return animations
