"""Atlases: one opaque and one transparent mesh that look and move as what they are made of."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from specimens import JOINTS, MORPHS, Sketch, Tree, altered, encoded, figure, grid, picture, primitive, sheet

from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats, view_bytes
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.pose import Placement, placed_vertices, placements, target_names, triangles, world_matrices
from avatar.gltf.model.slots import coordinate_matrix, coordinate_set, wrapping
from avatar.gltf.transforms.atlas import make_atlas
from avatar.gltf.transforms.atlas.packing import pack
from avatar.gltf.transforms.atlas.pictures import sampled, to_linear

F64 = NDArray[np.float64]
SMALL = figure(6)
RED, GREEN = (200, 30, 30), (30, 160, 60)


def _pixels(document: Document, texture: int) -> NDArray[np.uint8]:
    image = document.tree["images"][document.tree["textures"][texture]["source"]]
    picture = Image.open(io.BytesIO(view_bytes(document, image["bufferView"])))
    return np.asarray(picture.convert("RGBA"))


def _colours(document: Document, placement: Placement) -> F64:
    """(t, 4) the base colour in the middle of each triangle, in linear light, and its alpha."""
    primitive = placement.tree(document)
    material = document.tree["materials"][primitive["material"]]
    pbr = material["pbrMetallicRoughness"]
    factor = np.array(pbr.get("baseColorFactor", (1, 1, 1, 1)), float)
    corners = triangles(document, primitive)
    if "baseColorTexture" not in pbr:
        return np.tile(factor, (len(corners), 1))
    info = pbr["baseColorTexture"]
    uv = read_floats(document, primitive["attributes"][f"TEXCOORD_{coordinate_set(info)}"]).astype(float)
    matrix = coordinate_matrix(info)
    middle = uv[corners].mean(axis=1) @ matrix[:, :2].T + matrix[:, 2]
    texture = document.tree["textures"][info["index"]]
    found = sampled(_pixels(document, info["index"]), middle, wrapping(document.tree, texture))
    return np.column_stack([to_linear(found[:, :3]), found[:, 3] / 255]) * factor


def _surface(document: Document, morph: dict[str, float] | None = None) -> tuple[F64, F64]:
    """Middles of all triangles in the world, in a stable order, and their colours in that order."""
    worlds = world_matrices(document)
    middles, colours = [], []
    for placement in placements(document):
        spots = placed_vertices(document, placement, worlds, morph=morph)
        middles.append(spots[triangles(document, placement.tree(document))].mean(axis=1))
        colours.append(_colours(document, placement))
    where, look = np.concatenate(middles), np.concatenate(colours)
    order = np.lexsort(np.round(where, 4).T)
    return where[order], look[order]


def _same_surface(before: Document, after: Document, morph: dict[str, float] | None = None) -> None:
    np.testing.assert_allclose(_surface(before, morph)[0], _surface(after, morph)[0], atol=2e-5)


def _same_colours(before: Document, after: Document, tolerance: float = 0.02) -> None:
    difference = np.abs(_surface(before)[1][:, :3] - _surface(after)[1][:, :3]).mean()
    assert difference < tolerance


def _valid(document: Document, sidecar: Sidecar) -> None:
    data = write_glb(document)
    assert inspect(data).problems == ()
    assert validate(data, sidecar).errors == 0


# --- a whole person ---------------------------------------------------------------------------------------------------


def test_one_opaque_and_one_transparent_mesh(sidecar: Sidecar) -> None:
    before = require_sound(SMALL)
    change = make_atlas(before, 256)
    facts, was = inspect(write_glb(change.document)), inspect(SMALL)
    assert [mesh.name for mesh in facts.meshes] == ["Wolf3D_Avatar", "Wolf3D_Avatar_Transparent"]
    assert [mesh.nodes for mesh in facts.meshes] == [("Wolf3D_Avatar",), ("Wolf3D_Avatar_Transparent",)]
    assert facts.draw_calls == 2
    assert (facts.triangles, facts.morphs, facts.joints) == (was.triangles, was.morphs, was.joints)
    assert all(texture.width <= 256 and texture.mime == "image/png" for texture in facts.textures)
    assert change.document.tree["materials"][1]["alphaMode"] == "MASK"
    assert not any(node.get("name") == "Wolf3D_Head" for node in change.document.list("nodes"))
    _valid(change.document, sidecar)


@pytest.mark.parametrize("name", [None, *MORPHS])
def test_shape_and_morphs_are_the_same(name: str | None) -> None:
    _same_surface(require_sound(SMALL), make_atlas(require_sound(SMALL), 128).document, {name: 1.0} if name else None)


def test_colours_are_the_same() -> None:
    _same_colours(require_sound(SMALL), make_atlas(require_sound(SMALL), 512).document)


def test_small_atlases_still_show_the_colours() -> None:
    _same_colours(require_sound(SMALL), make_atlas(require_sound(SMALL), 64).document, 0.08)


def test_without_a_skin(sidecar: Sidecar) -> None:
    before = require_sound(figure(4, skinned=False))
    after = make_atlas(before, 128).document
    assert inspect(write_glb(after)).draw_calls == 2
    _same_surface(before, after)
    _valid(after, sidecar)


# --- parts put together for one question ------------------------------------------------------------------------------


def _plate(
    sketch: Sketch, at: float, material: int, *, uv: tuple[float, float] = (0.0, 1.0), skinned: bool = True
) -> Tree:
    """A flat grid of 20 cm at x = ``at``, its texture coordinates from uv[0] to uv[1]."""
    u, v = sheet(4, 4)
    positions = np.stack([at + 0.2 * u, 1.5 - 0.2 * v, 0 * u], 1)
    normals = np.tile([0.0, 0.0, 1.0], (len(u), 1))
    spread = uv[0] + np.stack([u, v], 1) * (uv[1] - uv[0])
    return primitive(sketch, [positions, normals, spread], grid(4, 4), material, {}, skinned=skinned, indexed=True)


def _scene(*plates: dict[str, Any], materials: list[Tree], images: list[Image.Image]) -> bytes:
    """A skeleton with one node a plate; ``plates`` are options of `_plate`."""
    sketch = Sketch()
    for image in images:
        sketch.image(encoded(image, "PNG"), "image/png")
    tree = sketch.tree
    tree["materials"] = materials
    tree["nodes"] = [
        {"name": "Armature", "children": [1, *range(4, 4 + len(plates))]},
        {"name": "Hips", "translation": [0, 0.9, 0], "children": [2]},
        {"name": "Spine", "translation": [0, 0.4, 0], "children": [3]},
        {"name": "Head", "translation": [0, 0.2, 0]},
    ]
    tree["meshes"] = []
    for number, plate in enumerate(plates):
        tree["meshes"].append({"name": f"Part{number}", "primitives": [_plate(sketch, 0.3 * number, **plate)]})
        node = {"name": f"Part{number}", "mesh": number}
        if plate.get("skinned", True):
            node["skin"] = 0
        tree["nodes"].append(node)
    inverse = np.tile(np.eye(4, dtype=np.float32), (3, 1, 1))
    inverse[:, 1, 3] = (-0.9, -1.3, -1.5)
    matrices = sketch.accessor(inverse.transpose(0, 2, 1).reshape(3, 16))
    tree["skins"] = [{"joints": [1, 2, 3], "inverseBindMatrices": matrices}]
    tree["scenes"], tree["scene"] = [{"nodes": [0]}], 0
    return sketch.glb()


def _painted(index: int, **more: Any) -> Tree:
    return {"pbrMetallicRoughness": {"baseColorTexture": {"index": index}}, **more}


def _flat(colour: tuple[int, int, int]) -> Image.Image:
    return Image.new("RGB", (64, 64), colour)


def test_textures_that_repeat_a_little_are_painted_out(sidecar: Sidecar) -> None:
    data = _scene(
        {"material": 0, "uv": (-0.5, 1.5)}, {"material": 1}, materials=[_painted(0), _painted(1)],
        images=[picture(64), _flat(RED)],
    )  # fmt: skip
    before = require_sound(data)
    after = make_atlas(before, 512).document
    assert inspect(write_glb(after)).draw_calls == 1
    _same_colours(before, after)
    _valid(after, sidecar)


def test_textures_that_repeat_often_stay_apart(sidecar: Sidecar) -> None:
    data = _scene(
        {"material": 0, "uv": (0.0, 40.0)}, {"material": 1}, {"material": 1}, materials=[_painted(0), _painted(1)],
        images=[picture(64), _flat(RED)],
    )  # fmt: skip
    before = require_sound(data)
    change = make_atlas(before, 256)
    assert [mesh["name"] for mesh in change.document.list("meshes")] == ["Part0", "Wolf3D_Avatar"]
    assert any("repeats too often" in note for note in change.notes)
    _same_surface(before, change.document)
    _same_colours(before, change.document)
    _valid(change.document, sidecar)


def test_islands_a_whole_repeat_away_cost_nothing() -> None:
    data = _scene({"material": 0, "uv": (7.0, 8.0)}, materials=[_painted(0)], images=[picture(64)])
    before = require_sound(data)
    change = make_atlas(before, 256)
    assert "1 regions" in change.notes[0]
    _same_colours(before, change.document)


@pytest.mark.parametrize("rotation", [0.0, 0.6, np.pi / 2, np.pi])
def test_texture_transforms_are_applied(rotation: float) -> None:
    material = _painted(0)
    material["pbrMetallicRoughness"]["baseColorTexture"]["extensions"] = {
        "KHR_texture_transform": {"offset": [0.2, 0.1], "scale": [0.5, 0.7], "rotation": float(rotation)}
    }
    data = _scene({"material": 0}, {"material": 0}, materials=[material], images=[picture(128)])
    before = require_sound(altered(data, lambda tree: tree.update(extensionsUsed=["KHR_texture_transform"])))
    after = make_atlas(before, 512).document
    _same_colours(before, after)
    assert "extensions" not in after.tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]


def test_layers_with_transforms_of_their_own_are_brought_together() -> None:
    material = _painted(0, emissiveTexture={"index": 1}, emissiveFactor=[1, 1, 1])
    material["emissiveTexture"]["extensions"] = {"KHR_texture_transform": {"rotation": 0.5, "scale": [0.5, 0.5]}}
    data = _scene({"material": 0}, materials=[material], images=[_flat(RED), picture(128)])
    before = require_sound(altered(data, lambda tree: tree.update(extensionsUsed=["KHR_texture_transform"])))
    after = make_atlas(before, 512).document

    def glow(document: Document) -> F64:
        moved = altered(write_glb(document), lambda tree: _show_glow(tree))
        return _surface(require_sound(moved))[1][:, :3]

    def _show_glow(tree: Tree) -> None:
        own = tree["materials"][0]
        own["pbrMetallicRoughness"]["baseColorTexture"] = own["emissiveTexture"]

    assert np.abs(glow(before) - glow(after)).mean() < 0.02


def test_the_second_set_of_coordinates_is_read_where_a_material_reads_it() -> None:
    plates = [{"material": 0}, {"material": 1, "uv": (0.4, 0.6)}]
    data = _scene(*plates, materials=[_painted(0), _painted(1)], images=[picture(64), _flat(RED)])
    first, second = (mesh["primitives"][0]["attributes"]["TEXCOORD_0"] for mesh in require_sound(data).list("meshes"))

    def swap(tree: Tree) -> None:
        tree["meshes"][0]["primitives"][0]["attributes"] |= {"TEXCOORD_1": first, "TEXCOORD_0": second}
        tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["texCoord"] = 1

    before = require_sound(altered(data, swap))
    _same_colours(before, make_atlas(before, 256).document)


def test_factors_and_plain_colours_are_painted_in() -> None:
    materials = [
        _painted(0),
        {"pbrMetallicRoughness": {"baseColorFactor": [0.1, 0.5, 0.9, 1.0], "roughnessFactor": 0.3}},
    ]
    materials[0]["pbrMetallicRoughness"]["baseColorFactor"] = [0.5, 0.25, 1.0, 1.0]
    before = require_sound(_scene({"material": 0}, {"material": 1}, materials=materials, images=[picture(64)]))
    after = make_atlas(before, 256).document
    assert inspect(write_glb(after)).draw_calls == 1
    _same_colours(before, after, 0.01)
    pbr = after.tree["materials"][0]["pbrMetallicRoughness"]
    assert "baseColorFactor" not in pbr
    assert set(np.unique(_pixels(after, pbr["metallicRoughnessTexture"]["index"])[..., 1])) >= {76, 255}


def test_roughness_that_is_the_same_all_over_needs_no_texture() -> None:
    materials = [_painted(0), _painted(1)]
    for material in materials:
        material["pbrMetallicRoughness"] |= {"metallicFactor": 0.0, "roughnessFactor": 0.8}
    data = _scene({"material": 0}, {"material": 1}, materials=materials, images=[picture(64), _flat(RED)])
    pbr = make_atlas(require_sound(data), 256).document.tree["materials"][0]["pbrMetallicRoughness"]
    assert "metallicRoughnessTexture" not in pbr
    assert pbr["roughnessFactor"] == 0.8


def _lace() -> Image.Image:
    """Half of it see-through, in stripes."""
    pixels = np.full((64, 64, 4), 255, np.uint8)
    pixels[:, ::2, 3] = 0
    pixels[..., :3] = GREEN
    return Image.fromarray(pixels)


def test_cut_outs_share_one_cutoff_and_solid_ones_are_opaque() -> None:
    materials = [
        _painted(0),
        _painted(1, alphaMode="MASK", alphaCutoff=0.2),
        _painted(1, alphaMode="MASK", alphaCutoff=0.8),
        _painted(0, alphaMode="MASK"),
    ]
    data = _scene(*({"material": at} for at in range(4)), materials=materials, images=[_flat(RED), _lace()])
    document = make_atlas(require_sound(data), 512).document
    facts = inspect(write_glb(document))
    assert facts.draw_calls == 2
    assert [mesh.primitives[0].triangles for mesh in facts.meshes] == [64, 64]
    transparent = document.tree["materials"][1]
    assert (transparent["alphaMode"], transparent["alphaCutoff"]) == ("MASK", 0.5)
    alpha = _pixels(document, transparent["pbrMetallicRoughness"]["baseColorTexture"]["index"])[..., 3]
    assert 0.9 < (alpha > 127).sum() / (2 * 64 * 32) < 1.3  # two plates, half of each; and their margins


def test_tinted_glass_beside_cut_outs_takes_a_third_call_and_says_so(sidecar: Sidecar) -> None:
    glass: Tree = {"pbrMetallicRoughness": {"baseColorFactor": [0, 0, 0, 0.4]}, "alphaMode": "BLEND"}
    materials = [_painted(0), _painted(1, alphaMode="MASK"), glass]
    data = _scene(*({"material": at} for at in range(3)), materials=materials, images=[_flat(RED), _lace()])
    change = make_atlas(require_sound(data), 256)
    names = [material["name"] for material in change.document.list("materials")]
    assert names == ["Wolf3D_Avatar", "Wolf3D_Avatar_Cutout", "Wolf3D_Avatar_Transparent"]
    assert [m.get("alphaMode") for m in change.document.list("materials")] == [None, "MASK", "BLEND"]
    assert any("three draw calls" in note for note in change.notes)
    _valid(change.document, sidecar)


def test_rigid_parts_follow_the_joint_that_they_hang_on(sidecar: Sidecar) -> None:
    data = _scene(
        {"material": 0}, {"material": 1, "skinned": False}, materials=[_painted(0), _painted(1)],
        images=[picture(64), _flat(RED)],
    )  # fmt: skip

    def change(tree: Tree) -> None:
        tree["nodes"][0]["children"].remove(5)
        tree["nodes"][3]["children"] = [5]
        tree["nodes"][5] |= {"translation": [0.1, -1.3, 0.2], "scale": [1, 2, 1], "rotation": [0, 0.6, 0, 0.8]}

    before = require_sound(altered(data, change))
    after = make_atlas(before, 256).document
    facts = inspect(write_glb(after))
    assert (facts.draw_calls, facts.joints) == (1, JOINTS)
    _same_surface(before, after)
    _same_surface(_nodding(before), _nodding(after))
    _valid(after, sidecar)


def test_mirrored_parts_keep_their_front() -> None:
    data = _scene({"material": 0, "skinned": False}, materials=[_painted(0)], images=[picture(64)])
    before = require_sound(altered(data, lambda tree: tree["nodes"][4].update(scale=[-1, 1, 1])))
    after = make_atlas(before, 256).document

    def facing(document: Document) -> F64:
        placement = next(placements(document))
        spots = placed_vertices(document, placement, world_matrices(document))
        first, second, third = spots[triangles(document, placement.tree(document))].transpose(1, 0, 2)
        found: F64 = np.cross(second - first, third - first)
        return found

    assert (facing(before)[:, 2] < 0).all()  # a viewer flips what a mirrored node shows; a skin cannot
    assert (facing(after)[:, 2] > 0).all()


def _nodding(document: Document) -> Document:
    """``document`` with its joints turned."""

    def change(tree: Tree) -> None:
        for node in tree["nodes"]:
            if node.get("name") in JOINTS:
                node["rotation"] = [0.2, 0.1, 0.0, float(np.sqrt(1 - 0.05))]

    return require_sound(altered(write_glb(document), change))


def test_skins_that_bind_the_same_joints_from_another_space_become_one(sidecar: Sidecar) -> None:
    before = _two_skins(lambda inverse: inverse @ np.diag([2.0, 2.0, 2.0, 1.0]))
    after = make_atlas(before, 256).document
    assert inspect(write_glb(after)).draw_calls == 1
    assert len(after.list("skins")) == 1
    _same_surface(before, after)
    _same_surface(_nodding(before), _nodding(after))
    _valid(after, sidecar)


def test_skins_that_bind_in_another_pose_stay_apart() -> None:
    turn = np.eye(4)
    turn[:2, :2] = [[0.8, -0.6], [0.6, 0.8]]

    def other(inverse: F64) -> F64:
        made = inverse.copy()
        made[1:] = made[1:] @ turn
        return made

    before = _two_skins(other)
    change = make_atlas(before, 256)
    assert inspect(write_glb(change.document)).draw_calls == 2
    assert any("another pose" in note for note in change.notes)
    _same_surface(before, change.document)


def _two_skins(rebound: Any) -> Document:
    """Two plates; the second one's skin has its inverse bind matrices changed by ``rebound``, its joints reversed."""
    materials = [_painted(0), _painted(1)]
    data = _scene({"material": 0}, {"material": 1}, materials=materials, images=[picture(64), _flat(RED)])
    document = require_sound(data)
    inverse = read_floats(document, document.tree["skins"][0]["inverseBindMatrices"]).reshape(-1, 4, 4)
    made = rebound(inverse.transpose(0, 2, 1).astype(float))[::-1]
    extra = np.ascontiguousarray(made.transpose(0, 2, 1), dtype=np.float32).tobytes()
    before = len(document.binary) + -len(document.binary) % 4

    def change(tree: Tree) -> None:
        view = {"buffer": 0, "byteOffset": before, "byteLength": len(extra)}
        tree["bufferViews"].append(view)
        accessor = {"bufferView": len(tree["bufferViews"]) - 1, "componentType": 5126, "count": 3, "type": "MAT4"}
        tree["accessors"].append(accessor)
        tree["skins"].append({"joints": [3, 2, 1], "inverseBindMatrices": len(tree["accessors"]) - 1})
        tree["nodes"][5]["skin"] = 1
        tree["buffers"][0]["byteLength"] = before + len(extra)

    return require_sound(altered(write_glb(document), change, extra))


# --- morphs, animations, extensions -----------------------------------------------------------------------------------


def test_morph_names_are_united_and_animations_of_weights_follow(sidecar: Sidecar) -> None:
    sketch_source = require_sound(SMALL)
    times = sketch_source.tree["animations"][0]["samplers"][0]["input"]
    start = len(sketch_source.binary) + -len(sketch_source.binary) % 4
    values = np.array([0, 0, 0, 0, 1, 0.5, 0.25, 0], np.float32)

    def change(tree: Tree) -> None:
        tree["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": values.nbytes})
        accessor = {"bufferView": len(tree["bufferViews"]) - 1, "componentType": 5126, "count": 8, "type": "SCALAR"}
        tree["accessors"].append(accessor)
        samplers, channels = tree["animations"][0]["samplers"], tree["animations"][0]["channels"]
        samplers.append({"input": times, "output": len(tree["accessors"]) - 1})
        channels.append({"sampler": 1, "target": {"node": 4, "path": "weights"}})
        tree["buffers"][0]["byteLength"] = start + values.nbytes
        tree["meshes"][0]["weights"] = [0.0, 0.5, 0.0, 0.0]

    before = require_sound(altered(write_glb(sketch_source), change, values.tobytes()))
    after = make_atlas(before, 128).document
    assert target_names(after.tree["meshes"][0]) == list(MORPHS)
    assert after.tree["meshes"][0]["weights"] == [0.0, 0.5, 0.0, 0.0]
    assert "targets" not in after.tree["meshes"][1]["primitives"][0]
    animation = after.tree["animations"][0]
    channel = next(item for item in animation["channels"] if item["target"]["path"] == "weights")
    assert after.tree["nodes"][channel["target"]["node"]]["name"] == "Wolf3D_Avatar"
    output = read_floats(after, animation["samplers"][channel["sampler"]]["output"])[:, 0]
    np.testing.assert_array_equal(output, values)
    turn = next(item for item in animation["channels"] if item["target"]["path"] == "rotation")
    assert after.tree["nodes"][turn["target"]["node"]]["name"] == "Head"
    _valid(after, sidecar)


def test_expressions_of_vrm_move_the_merged_mesh() -> None:
    def change(tree: Tree) -> None:
        tree["extensionsUsed"] = ["VRM", "VRMC_vrm"]
        group = {"name": "A", "binds": [{"mesh": 0, "index": 0, "weight": 100}]}
        bones = [{"bone": "head", "node": 3}]
        annotations = [{"mesh": 0, "firstPersonFlag": "ThirdPersonOnly"}, {"mesh": 1, "firstPersonFlag": "Both"}]
        tree["extensions"] = {
            "VRM": {
                "blendShapeMaster": {"blendShapeGroups": [group]},
                "humanoid": {"humanBones": bones},
                "firstPerson": {"meshAnnotations": annotations},
            },
            "VRMC_vrm": {
                "specVersion": "1.0",
                "expressions": {"preset": {"aa": {"morphTargetBinds": [{"node": 4, "index": 2, "weight": 1}]}}},
            },
        }
        tree["materials"][1].pop("alphaMode")

    document = make_atlas(require_sound(altered(SMALL, change)), 128).document
    old, new = document.tree["extensions"]["VRM"], document.tree["extensions"]["VRMC_vrm"]
    assert old["blendShapeMaster"]["blendShapeGroups"][0]["binds"] == [{"mesh": 0, "index": 0, "weight": 100}]
    assert document.tree["nodes"][old["humanoid"]["humanBones"][0]["node"]]["name"] == "Head"
    assert old["firstPerson"]["meshAnnotations"] == [{"mesh": 0, "firstPersonFlag": "Auto"}]
    (bind,) = new["expressions"]["preset"]["aa"]["morphTargetBinds"]
    assert document.tree["nodes"][bind["node"]]["name"] == "Wolf3D_Avatar"
    assert bind["index"] == 2


def test_what_bends_light_stays_apart() -> None:
    def change(tree: Tree) -> None:
        tree["extensionsUsed"] = ["KHR_materials_transmission"]
        tree["materials"][1]["extensions"] = {"KHR_materials_transmission": {"transmissionFactor": 1.0}}

    change_made = make_atlas(require_sound(altered(SMALL, change)), 128)
    assert [m["name"] for m in change_made.document.list("meshes")] == ["Wolf3D_Outfit_Top", "Wolf3D_Avatar"]
    assert any("KHR_materials_transmission" in note for note in change_made.notes)


def test_the_face_speaks_for_all_in_what_cannot_be_painted() -> None:
    def change(tree: Tree) -> None:
        tree["extensionsUsed"] = ["KHR_materials_specular"]
        tree["materials"][0]["extensions"] = {"KHR_materials_specular": {"specularFactor": 0.7}}
        tree["materials"][1].pop("alphaMode")

    change_made = make_atlas(require_sound(altered(SMALL, change)), 128)
    (material,) = change_made.document.list("materials")
    assert material["extensions"] == {"KHR_materials_specular": {"specularFactor": 0.7}}
    assert any("KHR_materials_specular from Wolf3D_Skin" in note for note in change_made.notes)


def test_toon_shade_follows_the_base_colour_into_the_atlas() -> None:
    def change(tree: Tree) -> None:
        tree["extensionsUsed"] = ["VRMC_materials_mtoon"]
        toon = {"specVersion": "1.0", "shadeMultiplyTexture": {"index": 0}, "rimMultiplyTexture": {"index": 2}}
        tree["materials"][0]["extensions"] = {"VRMC_materials_mtoon": toon}

    document = make_atlas(require_sound(altered(SMALL, change)), 128).document
    material = document.tree["materials"][0]
    toon = material["extensions"]["VRMC_materials_mtoon"]
    assert toon["shadeMultiplyTexture"]["index"] == material["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    assert "rimMultiplyTexture" not in toon


def test_vertex_colours_stay_and_others_get_white() -> None:
    tree = require_sound(SMALL).tree
    count = tree["accessors"][tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"]]["count"]
    start = len(require_sound(SMALL).binary) + -len(require_sound(SMALL).binary) % 4
    colours = np.tile(np.array([[255, 128, 0, 255]], np.uint8), (count, 1))

    def change(tree: Tree) -> None:
        tree["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": colours.nbytes})
        tree["accessors"].append(
            {
                "bufferView": len(tree["bufferViews"]) - 1,
                "componentType": 5121,
                "normalized": True,
                "count": count,
                "type": "VEC4",
            }
        )
        tree["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"] = len(tree["accessors"]) - 1
        tree["materials"][1].pop("alphaMode")
        tree["buffers"][0]["byteLength"] = start + colours.nbytes

    after = make_atlas(require_sound(altered(SMALL, change, colours.tobytes())), 128).document
    at = after.tree["meshes"][0]["primitives"][0]["attributes"]["COLOR_0"]
    found = np.unique(np.round(read_floats(after, at) * 255).astype(int), axis=0).tolist()
    assert found == [[255, 128, 0, 255], [255, 255, 255, 255]]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 90), st.integers(1, 90)), min_size=1, max_size=25))
def test_packed_rectangles_lie_inside_and_never_over_each_other(sizes: list[tuple[int, int]]) -> None:
    spots = pack(sizes, 256)
    if spots is None:
        assert sum(w * h for w, h in sizes) > 256 * 256 * 0.5
        return
    taken = np.zeros((256, 256), int)
    for (left, top), (width, height) in zip(spots, sizes, strict=True):
        assert left + width <= 256
        assert top + height <= 256
        taken[top : top + height, left : left + width] += 1
    assert taken.max() == 1
