"""What extensions say by number stays true when things are renumbered."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.gltf.model.references import Kind, addressed_materials, mentioned, renumbered

Tree = dict[str, Any]


def _tree() -> Tree:
    """Four nodes, two of which show the meshes; three targets on the first mesh, two on the second."""
    return {
        "nodes": [{"name": "hips"}, {"name": "head"}, {"name": "face", "mesh": 0}, {"name": "body", "mesh": 1}],
        "meshes": [
            {"primitives": [{"attributes": {}, "targets": [{}, {}, {}]}]},
            {"primitives": [{"attributes": {}, "targets": [{}, {}]}]},
        ],
        "materials": [{"name": "skin"}, {"name": "cloth"}, {"name": "hair"}],
        "textures": [{"source": 0}, {"source": 1}],
        "images": [{}, {}],
    }


def _old() -> Tree:
    extension = {
        "meta": {"title": "A", "texture": 1},
        "humanoid": {"humanBones": [{"bone": "hips", "node": 0}, {"bone": "head", "node": 1}]},
        "firstPerson": {"firstPersonBone": 1, "meshAnnotations": [{"mesh": 0}, {"mesh": 1}], "lookAtTypeName": "Bone"},
        "blendShapeMaster": {
            "blendShapeGroups": [
                {
                    "presetName": "a",
                    "binds": [{"mesh": 0, "index": 2, "weight": 100}, {"mesh": 1, "index": 1, "weight": 50}],
                    "materialValues": [{"materialName": "hair", "propertyName": "_Color"}],
                }
            ]
        },
        "materialProperties": [
            {"name": "skin", "textureProperties": {"_MainTex": 0}},
            {"name": "cloth", "textureProperties": {"_MainTex": 1, "_BumpMap": 0}},
            {"name": "hair", "textureProperties": {}},
        ],
        "secondaryAnimation": {
            "boneGroups": [{"center": -1, "bones": [0, 1], "colliderGroups": [0, 1]}],
            "colliderGroups": [{"node": 0, "colliders": []}, {"node": 1, "colliders": []}],
        },
    }
    return {**_tree(), "extensions": {"VRM": extension}}


def _new() -> Tree:
    binds = [{"node": 2, "index": 2, "weight": 1.0}, {"node": 3, "index": 0, "weight": 0.5}]
    tree = _tree()
    tree["nodes"][1]["extensions"] = {"VRMC_node_constraint": {"constraint": {"roll": {"source": 0, "weight": 1}}}}
    tree["extensions"] = {
        "VRMC_vrm": {
            "meta": {"name": "A", "thumbnailImage": 1},
            "humanoid": {"humanBones": {"hips": {"node": 0}, "head": {"node": 1}}},
            "firstPerson": {"meshAnnotations": [{"node": 2, "type": "auto"}, {"node": 3, "type": "both"}]},
            "expressions": {
                "preset": {"aa": {"morphTargetBinds": binds, "materialColorBinds": [{"material": 2, "type": "color"}]}},
                "custom": {"wink": {"textureTransformBinds": [{"material": 0, "scale": [1, 1]}]}},
            },
        },
        "VRMC_springBone": {
            "colliders": [{"node": 0, "shape": {}}, {"node": 1, "shape": {}}],
            "colliderGroups": [{"colliders": [0, 1]}, {"colliders": [1]}],
            "springs": [{"center": 0, "joints": [{"node": 0}, {"node": 1}], "colliderGroups": [1]}],
        },
    }
    return tree


def test_with_nothing_to_renumber_nothing_changes() -> None:
    for tree in (_old(), _new(), _tree()):
        before = deepcopy(tree)
        assert renumbered(tree) == before == tree


def test_expressions_of_vrm_0_follow_their_mesh_and_target() -> None:
    made = renumbered(_old(), meshes={0: 1, 1: 0}, morphs={0: {0: None, 1: 0, 2: 1}})["extensions"]["VRM"]
    assert made["blendShapeMaster"]["blendShapeGroups"][0]["binds"] == [
        {"mesh": 1, "index": 1, "weight": 100},
        {"mesh": 0, "index": 1, "weight": 50},
    ]
    assert [entry["mesh"] for entry in made["firstPerson"]["meshAnnotations"]] == [1, 0]


def test_what_names_something_gone_goes() -> None:
    made = renumbered(_old(), meshes={1: 0}, morphs={1: {0: 0}}, textures={0: 0})["extensions"]["VRM"]
    assert made["blendShapeMaster"]["blendShapeGroups"][0]["binds"] == []
    assert made["firstPerson"]["meshAnnotations"] == [{"mesh": 0}]
    assert made["meta"] == {"title": "A"}
    assert [entry["textureProperties"] for entry in made["materialProperties"]] == [
        {"_MainTex": 0},
        {"_BumpMap": 0},
        {},
    ]


def test_expressions_of_vrm_1_follow_the_mesh_that_their_node_shows() -> None:
    made = renumbered(_new(), morphs={0: {2: 0}})["extensions"]["VRMC_vrm"]["expressions"]["preset"]["aa"]
    assert [(bind["node"], bind["index"]) for bind in made["morphTargetBinds"]] == [(2, 0), (3, 0)]
    made = renumbered(_new(), meshes={1: 0})["extensions"]["VRMC_vrm"]
    assert [bind["node"] for bind in made["expressions"]["preset"]["aa"]["morphTargetBinds"]] == [3]
    assert made["firstPerson"]["meshAnnotations"] == [{"node": 3, "type": "both"}]


def test_binds_that_end_at_one_target_do_not_add_up() -> None:
    tree = _old()
    made = renumbered(tree, meshes={0: 0, 1: 0}, morphs={0: {2: 5}, 1: {1: 5}})
    binds = made["extensions"]["VRM"]["blendShapeMaster"]["blendShapeGroups"][0]["binds"]
    assert binds == [{"mesh": 0, "index": 5, "weight": 100}]


def test_nodes_bones_and_colliders_are_renumbered() -> None:
    moved = {0: 3, 1: 2, 2: 1, 3: 0}
    old = renumbered(_old(), nodes=moved)["extensions"]["VRM"]
    assert [bone["node"] for bone in old["humanoid"]["humanBones"]] == [3, 2]
    assert old["firstPerson"]["firstPersonBone"] == 2
    assert old["secondaryAnimation"]["boneGroups"] == [{"center": -1, "bones": [3, 2], "colliderGroups": [0, 1]}]
    made = renumbered(_new(), nodes=moved)
    assert made["extensions"]["VRMC_vrm"]["humanoid"]["humanBones"] == {"hips": {"node": 3}, "head": {"node": 2}}
    assert made["extensions"]["VRMC_springBone"]["springs"][0]["joints"] == [{"node": 3}, {"node": 2}]
    assert made["nodes"][1]["extensions"]["VRMC_node_constraint"]["constraint"]["roll"]["source"] == 3


def test_with_a_node_go_its_colliders_and_what_named_them() -> None:
    made = renumbered(_new(), nodes={1: 0, 2: 1, 3: 2})
    assert made["extensions"]["VRMC_springBone"] == {
        "colliders": [{"node": 0, "shape": {}}],
        "colliderGroups": [{"colliders": [0]}, {"colliders": [0]}],
        "springs": [{"joints": [{"node": 0}], "colliderGroups": [1]}],
    }
    assert "extensions" in made["nodes"][1] and made["nodes"][1]["extensions"] == {}
    old = renumbered(_old(), nodes={1: 0, 2: 1, 3: 2})["extensions"]["VRM"]
    assert old["humanoid"]["humanBones"] == [{"bone": "head", "node": 0}]
    assert old["secondaryAnimation"] == {
        "boneGroups": [{"center": -1, "bones": [0], "colliderGroups": [0]}],
        "colliderGroups": [{"node": 0, "colliders": []}],
    }


def test_materials_that_become_one_keep_the_first_entry_and_its_name() -> None:
    made = renumbered(_old(), materials={0: 1, 1: 0, 2: 1})["extensions"]["VRM"]
    assert [entry["name"] for entry in made["materialProperties"]] == ["cloth", "skin"]
    assert made["blendShapeMaster"]["blendShapeGroups"][0]["materialValues"][0]["materialName"] == "skin"
    made = renumbered(_new(), materials={0: 0, 1: 1, 2: None})["extensions"]["VRMC_vrm"]["expressions"]
    assert made["preset"]["aa"]["materialColorBinds"] == []
    assert made["custom"]["wink"]["textureTransformBinds"][0]["material"] == 0


def test_textures_inside_materials_and_images_of_textures() -> None:
    tree = _tree()
    mtoon = {"shadeMultiplyTexture": {"index": 1}, "outlineWidthMode": "none"}
    sheen = {"sheenColorTexture": {"index": 0, "extensions": {"KHR_texture_transform": {"texCoord": 1}}}}
    tree["materials"][0]["extensions"] = {"VRMC_materials_mtoon": mtoon, "KHR_materials_sheen": sheen}
    tree["textures"][1]["extensions"] = {"EXT_texture_webp": {"source": 1}}
    made = renumbered(tree, textures={0: 1, 1: None}, images={1: 0})
    assert made["materials"][0]["extensions"] == {
        "VRMC_materials_mtoon": {"outlineWidthMode": "none"},
        "KHR_materials_sheen": {"sheenColorTexture": {**sheen["sheenColorTexture"], "index": 1}},
    }
    assert made["textures"][1] == {"source": 1, "extensions": {"EXT_texture_webp": {"source": 0}}}


def test_variants_and_animation_pointers() -> None:
    tree = _tree()
    mappings = [{"material": 1, "variants": [0, 1]}, {"material": 2, "variants": [7]}]
    tree["meshes"][0]["primitives"][0]["extensions"] = {"KHR_materials_variants": {"mappings": mappings}}
    tree["extensions"] = {"KHR_materials_variants": {"variants": [{"name": "a"}, {"name": "b"}]}}

    def channel(pointer: str) -> Tree:
        return {"target": {"path": "pointer", "extensions": {"KHR_animation_pointer": {"pointer": pointer}}}}

    pointers = ["/materials/1/alphaCutoff", "/materials/2/alphaCutoff", "/nodes/2/weights/1", "/nodes/2/weights/0"]
    pointers += ["/nodes/99/scale", "/extensions/KHR_lights_punctual/lights/0/intensity"]
    tree["animations"] = [{"channels": [channel(pointer) for pointer in pointers]}]
    made = renumbered(tree, materials={0: 0, 1: 0}, morphs={0: {1: 0}})
    assert made["meshes"][0]["primitives"][0]["extensions"]["KHR_materials_variants"]["mappings"] == [
        {"material": 0, "variants": [0, 1]}
    ]
    kept = [
        entry["target"]["extensions"]["KHR_animation_pointer"]["pointer"] for entry in made["animations"][0]["channels"]
    ]
    assert kept == ["/materials/0/alphaCutoff", "/nodes/2/weights/0", pointers[-1]]


def test_what_extensions_mention() -> None:
    assert mentioned(_old(), Kind.MESH) == {0, 1}
    assert mentioned(_old(), Kind.TEXTURE) == {0, 1}
    assert mentioned(_new(), Kind.IMAGE) == {1}
    assert mentioned(_new(), Kind.NODE) == {0, 1, 2, 3}
    assert addressed_materials(_old()) == {2}
    assert addressed_materials(_new()) == {0, 2}
    assert addressed_materials(_tree()) == frozenset()


def test_numbers_that_led_nowhere_go() -> None:
    tree = _new()
    vrm = tree["extensions"]["VRMC_vrm"]
    vrm["humanoid"]["humanBones"]["neck"] = {"node": 400}
    vrm["humanoid"]["humanBones"]["chest"] = {"node": -1}
    vrm["expressions"]["preset"]["aa"]["morphTargetBinds"].append({"node": 2, "index": 3, "weight": 1})
    vrm["expressions"]["preset"]["aa"]["morphTargetBinds"].append({"node": 0, "index": 0, "weight": 1})
    assert renumbered(tree) == _new()


_JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-2, 5)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["node", "mesh", "index"]), inner),
    max_leaves=4,
)


def _spots(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in children for found in _spots(child, (*path, key)))]


@pytest.mark.parametrize("make", [_old, _new])
@given(data=st.data())
def test_extensions_of_any_shape_raise_nothing(make: Any, data: st.DataObject) -> None:
    tree = make()
    spots = [spot for spot in _spots(tree["extensions"]) if spot]
    for _ in range(data.draw(st.integers(1, 3))):
        spot = data.draw(st.sampled_from(spots))
        holder: Any = tree["extensions"]
        for key in spot[:-1]:
            inner = holder[key] if isinstance(holder, dict) and key in holder else None
            holder = holder[key] if isinstance(holder, list) and isinstance(key, int) and key < len(holder) else inner
        if isinstance(holder, dict) or (
            isinstance(holder, list) and isinstance(spot[-1], int) and spot[-1] < len(holder)
        ):
            holder[spot[-1]] = data.draw(_JUNK)
    before = deepcopy(tree)
    renumbered(tree, nodes={0: 1}, meshes={0: 0}, morphs={0: {0: 1}}, materials={1: 0}, textures={}, images={0: 0})
    for kind in Kind:
        mentioned(tree, kind)
    addressed_materials(tree)
    assert tree == before
