"""One of each and nothing unused, with every reference still true."""

from __future__ import annotations

from typing import Any

import numpy as np
from specimens import altered, encoded, figure, picture, unpack

from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_raw, view_bytes
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.transforms.dedup import dedup, without_unused

SMALL = figure(4)


def _doubled(data: bytes) -> bytes:
    """``data`` in which every image, texture, material, accessor and mesh is there twice, the second one in use."""

    def change(tree: dict[str, Any]) -> None:
        images, textures, accessors = (len(tree[kind]) for kind in ("images", "textures", "accessors"))
        tree["images"] += [{**image, "name": "copy"} for image in tree["images"]]
        tree["textures"] += [{"source": texture["source"] + images, "name": "copy"} for texture in tree["textures"]]
        tree["accessors"] += [dict(accessor) for accessor in tree["accessors"]]
        second = dict(tree["materials"][1])
        second["normalTexture"] = {"index": second["normalTexture"]["index"] + textures}
        tree["materials"] += [dict(tree["materials"][0]), second]
        copy = {**tree["meshes"][1], "primitives": [dict(tree["meshes"][1]["primitives"][0])]}
        primitive = copy["primitives"][0]
        primitive["attributes"] = {name: at + accessors for name, at in primitive["attributes"].items()}
        primitive["indices"] += accessors
        primitive["material"] = 3
        tree["meshes"].append(copy)
        tree["nodes"].append({"name": "Second", "mesh": 2, "skin": 0})
        tree["nodes"][0]["children"].append(len(tree["nodes"]) - 1)

    return altered(data, change)


def test_what_is_there_twice_becomes_one(sidecar: Sidecar) -> None:
    doubled = require_sound(_doubled(SMALL))
    change = dedup(doubled)
    single = dedup(require_sound(SMALL)).document
    for kind in ("images", "textures", "materials", "meshes", "accessors"):
        assert len(change.document.list(kind)) == len(single.list(kind)), kind
    assert [node.get("mesh") for node in change.document.list("nodes")][-2:] == [1, 1]
    assert "bytes saved" in change.notes[0]
    made = write_glb(change.document)
    assert inspect(made).sound
    assert validate(made, sidecar).errors == 0


def test_nothing_that_is_drawn_changes() -> None:
    before, after = require_sound(SMALL), dedup(require_sound(_doubled(SMALL))).document
    for mesh, other in zip(before.list("meshes"), after.list("meshes"), strict=True):
        for one, two in zip(mesh["primitives"], other["primitives"], strict=True):
            for name, at in one["attributes"].items():
                np.testing.assert_array_equal(read_raw(before, at), read_raw(after, two["attributes"][name]))
            np.testing.assert_array_equal(read_raw(before, one["indices"]), read_raw(after, two["indices"]))


def test_a_second_time_nothing_is_left_to_do() -> None:
    once = dedup(require_sound(_doubled(SMALL))).document
    again = dedup(once)
    assert again.notes == ()
    assert again.document is once


def test_materials_of_other_names_stay_apart() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["materials"].append({**tree["materials"][0], "name": "Wolf3D_Body"})
        tree["meshes"][1]["primitives"][0]["material"] = 2

    names = [material["name"] for material in dedup(read_glb(altered(SMALL, change))).document.list("materials")]
    assert names == ["Wolf3D_Skin", "Wolf3D_Body"]


def test_the_unused_goes_and_numbers_follow() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["materials"].insert(0, {"name": "Nobody", "emissiveTexture": {"index": 0}})
        for mesh in tree["meshes"]:
            mesh["primitives"][0]["material"] += 1
        tree["materials"][1]["pbrMetallicRoughness"] = {"baseColorTexture": {"index": 2}}
        tree["cameras"] = [{"type": "perspective", "perspective": {"yfov": 1, "znear": 0.1}}]
        tree["samplers"] = [{"magFilter": 9728}]

    document = require_sound(altered(SMALL, change))
    made = without_unused(document)
    assert [material["name"] for material in made.list("materials")] == ["Wolf3D_Skin", "Wolf3D_Outfit"]
    assert len(made.list("images")) == len(made.list("textures")) == 2
    assert "cameras" not in made.tree
    assert "samplers" not in made.tree
    kept = made.tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"]["index"]
    image = made.tree["images"][made.tree["textures"][kept]["source"]]
    assert view_bytes(made, image["bufferView"]) == view_bytes(document, document.tree["images"][2]["bufferView"])
    assert len(made.binary) < len(document.binary)


def test_extensions_keep_pointing_at_the_same_texture() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["textures"].insert(0, {"source": 0, "name": "unused"})
        for material in tree["materials"]:
            material["pbrMetallicRoughness"]["baseColorTexture"]["index"] += 1
        tree["materials"][1]["normalTexture"]["index"] += 1
        clearcoat = {"clearcoatFactor": 1.0, "clearcoatTexture": {"index": 3}}
        tree["materials"][0]["extensions"] = {"KHR_materials_clearcoat": clearcoat}
        tree["extensionsUsed"] = ["KHR_materials_clearcoat"]

    made = dedup(require_sound(altered(SMALL, change))).document
    moved = made.tree["materials"][0]["extensions"]["KHR_materials_clearcoat"]["clearcoatTexture"]["index"]
    assert moved == made.tree["materials"][1]["normalTexture"]["index"]


def test_joints_without_a_mesh_stay_and_dead_channels_go() -> None:
    def change(tree: dict[str, Any]) -> None:
        tree["animations"][0]["channels"].append({"sampler": 0, "target": {"path": "rotation"}})
        tree["animations"].append({"name": "dead", "samplers": tree["animations"][0]["samplers"], "channels": []})
        tree["animations"][1]["channels"] = [{"sampler": 0, "target": {"path": "rotation"}}]

    before = require_sound(altered(SMALL, change))
    made = dedup(before).document
    assert [animation["name"] for animation in made.list("animations")] == ["nod"]
    assert len(made.tree["animations"][0]["channels"]) == 1
    assert [node["name"] for node in made.list("nodes")] == [node["name"] for node in before.list("nodes")]


def test_tangents_without_a_normal_map_and_unread_coordinates_go() -> None:
    def change(tree: dict[str, Any]) -> None:
        for mesh in tree["meshes"]:
            attributes = mesh["primitives"][0]["attributes"]
            attributes["TEXCOORD_1"] = attributes["TEXCOORD_0"]
            attributes["TANGENT"] = attributes["WEIGHTS_0"]  # any four numbers
        tree["materials"][1]["normalTexture"]["texCoord"] = 1

    made = dedup(read_glb(altered(SMALL, change))).document
    head, body = (mesh["primitives"][0]["attributes"] for mesh in made.list("meshes"))
    assert not {"TANGENT", "TEXCOORD_1"} & head.keys()
    assert {"TANGENT", "TEXCOORD_1"} <= body.keys()


def test_images_that_differ_stay() -> None:
    _, binary = unpack(SMALL)
    extra = encoded(picture(32), "PNG")
    start = len(binary)

    def change(tree: dict[str, Any]) -> None:
        tree["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": len(extra)})
        tree["images"].append({"bufferView": len(tree["bufferViews"]) - 1, "mimeType": "image/png"})
        tree["textures"].append({"source": 3})
        tree["materials"][0]["emissiveTexture"] = {"index": 3}
        tree["buffers"][0]["byteLength"] = start + len(extra)

    made: Document = dedup(require_sound(altered(SMALL, change, extra))).document
    assert len(made.list("images")) == 4
