"""VRM files of both kinds keep their meaning at every level: expressions, bones, springs name what they named."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from specimens import MORPHS, figure
from vrm_specimens import vrm_0, vrm_1

from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document, read_glb
from avatar.gltf.model.pose import target_names
from avatar.gltf.variants import build_variant
from avatar.variant import APART, Variant

Tree = dict[str, Any]
Moves = Mapping[tuple[float, ...], NDArray[np.float32]]  # by where a vertex rests

SOURCES = {"VRM 0": vrm_0(figure(10, texture=16)), "VRM 1": vrm_1(figure(10, texture=16))}
# Vertices that survive keep their bytes; a movement this small may be left out (``variants.LEVELS``).
NEGLIGIBLE = 1e-3 * 0.24


def _binds(tree: Tree) -> dict[str, list[tuple[int, int]]]:
    """Expression name -> (mesh, target), as either kind of VRM says it."""
    extensions = tree["extensions"]
    if "VRM" in extensions:
        groups = extensions["VRM"]["blendShapeMaster"]["blendShapeGroups"]
        return {group["name"]: [(bind["mesh"], bind["index"]) for bind in group["binds"]] for group in groups}
    expressions = extensions["VRMC_vrm"]["expressions"]
    return {
        name: [(tree["nodes"][bind["node"]]["mesh"], bind["index"]) for bind in expression["morphTargetBinds"]]
        for kind in ("preset", "custom")
        for name, expression in expressions[kind].items()
    }


def _moves(document: Document, binds: list[tuple[int, int]]) -> dict[tuple[float, ...], NDArray[np.float32]]:
    """What an expression does to each vertex that it can move."""
    found: dict[tuple[float, ...], NDArray[np.float32]] = {}
    for mesh, index in binds:
        for primitive in document.tree["meshes"][mesh]["primitives"]:
            rest = read_floats(document, primitive["attributes"]["POSITION"])
            deltas = read_floats(document, primitive["targets"][index]["POSITION"])
            for place, delta in zip(rest, deltas, strict=True):
                # Where two vertices share a place (the slit of the mouth) what moves more tells more.
                at = tuple(float(value) for value in place)
                if at not in found or np.abs(delta).max() > np.abs(found[at]).max():
                    found[at] = delta
    return found


def _names(tree: Tree) -> list[str]:
    return [node.get("name", "") for node in tree["nodes"]]


@pytest.mark.parametrize("kind", SOURCES)
@pytest.mark.parametrize("level", [0, 2])
def test_every_expression_moves_the_same_vertices_the_same_way(kind: str, level: int, sidecar: Sidecar) -> None:
    before = require_sound(SOURCES[kind])
    after = read_glb(build_variant(SOURCES[kind], Variant(lod=level, atlas=APART), sidecar).data)
    old, new = _binds(before.tree), _binds(after.tree)
    assert old.keys() == new.keys()
    moved = 0
    for name in old:
        assert len(new[name]) == len(old[name]) == 1
        was, became = _moves(before, old[name]), _moves(after, new[name])
        assert became.keys() <= was.keys()
        for place, delta in became.items():
            assert np.abs(delta - was[place]).max() <= NEGLIGIBLE
            moved += bool(np.abs(delta).max() > 1e-3)
    assert moved > 20
    # The meshes did move: one that nothing shows stood before them.
    assert {mesh for binds in old.values() for mesh, _ in binds} == {1}
    assert {mesh for binds in new.values() for mesh, _ in binds} == {0}


@pytest.mark.parametrize("level", [0, 2])
def test_bones_springs_and_views_of_vrm_0_name_the_same_things(level: int, sidecar: Sidecar) -> None:
    before = require_sound(SOURCES["VRM 0"]).tree
    after = read_glb(build_variant(SOURCES["VRM 0"], Variant(lod=level, atlas=APART), sidecar).data).tree
    old, new = before["extensions"]["VRM"], after["extensions"]["VRM"]
    assert after["extensionsUsed"] == ["VRM"]

    def bones(tree: Tree, vrm: Tree) -> dict[str, str]:
        return {bone["bone"]: _names(tree)[bone["node"]] for bone in vrm["humanoid"]["humanBones"]}

    assert bones(after, new) == bones(before, old) == {"hips": "Hips", "spine": "Spine", "head": "Head"}
    assert _names(after)[new["firstPerson"]["firstPersonBone"]] == "Head"
    springs = new["secondaryAnimation"]
    assert [_names(after)[at] for at in springs["boneGroups"][0]["bones"]] == ["Head"]
    assert _names(after)[springs["colliderGroups"][0]["node"]] == "Spine"

    def views(tree: Tree, vrm: Tree) -> dict[str, str]:
        entries = vrm["firstPerson"]["meshAnnotations"]
        return {tree["meshes"][entry["mesh"]]["name"]: entry["firstPersonFlag"] for entry in entries}

    assert views(after, new) == views(before, old) == {"Wolf3D_Head": "Auto", "Wolf3D_Outfit_Top": "Both"}
    assert [entry["name"] for entry in new["materialProperties"]] == [entry["name"] for entry in after["materials"]]


@pytest.mark.parametrize("level", [0, 2])
def test_bones_springs_and_constraints_of_vrm_1_name_the_same_things(level: int, sidecar: Sidecar) -> None:
    after = read_glb(build_variant(SOURCES["VRM 1"], Variant(lod=level, atlas=APART), sidecar).data).tree
    vrm, springs = after["extensions"]["VRMC_vrm"], after["extensions"]["VRMC_springBone"]
    names = _names(after)
    assert {bone: names[entry["node"]] for bone, entry in vrm["humanoid"]["humanBones"].items()} == {
        "hips": "Hips",
        "spine": "Spine",
        "head": "Head",
    }
    assert [names[joint["node"]] for joint in springs["springs"][0]["joints"]] == ["Spine", "Head"]
    assert names[springs["springs"][0]["center"]] == "Hips"
    assert names[springs["colliders"][0]["node"]] == "Spine"
    constraint = after["nodes"][names.index("Head")]["extensions"]["VRMC_node_constraint"]["constraint"]
    assert names[constraint["roll"]["source"]] == "Spine"
    assert [names[entry["node"]] for entry in vrm["firstPerson"]["meshAnnotations"]] == [
        "Wolf3D_Head",
        "Wolf3D_Outfit_Top",
    ]
    assert after["materials"][0]["extensions"]["VRMC_materials_mtoon"]["shadeMultiplyTexture"]["index"] == 0


def test_names_in_the_extras_of_primitives_count() -> None:
    tree = require_sound(SOURCES["VRM 0"]).tree
    assert "extras" not in tree["meshes"][1]
    assert target_names(tree["meshes"][1]) == list(MORPHS)
    assert set(MORPHS) <= set(inspect(SOURCES["VRM 0"]).morphs)
