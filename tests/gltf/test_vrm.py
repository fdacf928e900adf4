"""VRM 1.0: what the specification asks for, held against files of ours and hand-made ones."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from people import a_character

from avatar.errors import InvalidModel
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.pose import placed_vertices, placements, skin_weights, world_matrices
from avatar.gltf.transforms.vrm import as_vrm, hang_springs
from avatar.gltf.transforms.vrm.humanoid import BONES, REQUIRED, human_bones
from avatar.gltf.transforms.vrm.toon import toon
from avatar.gltf.variants import VariantFile, build_variant
from avatar.human.human import make_human
from avatar.morph_names import ARKIT, VISEMES
from avatar.variant import ModelFormat, Variant

PRESETS = {
    "happy", "angry", "sad", "relaxed", "surprised", "aa", "ih", "ou", "ee", "oh", "blink", "blinkLeft", "blinkRight",
    "lookUp", "lookDown", "lookLeft", "lookRight", "neutral",
}  # fmt: skip
HAIR = "Wolf3D_Hair"


@pytest.fixture(scope="module")
def human() -> Document:
    return read_glb(make_human(a_character()))


@pytest.fixture(scope="module")
def chain(human: Document) -> list[list[float]]:
    """A line down the hair behind the head."""
    worlds = world_matrices(human)
    hair = np.concatenate(
        [
            placed_vertices(human, placement, worlds)
            for placement in placements(human)
            if human.tree["nodes"][placement.node]["name"] == HAIR
        ]
    )
    behind = hair[(np.abs(hair[:, 0]) < 0.03) & (hair[:, 2] < np.median(hair[:, 2]))]
    heights = np.linspace(behind[:, 1].max() - 0.15, behind[:, 1].min(), 5)
    return [
        [0.0, float(height), float(behind[np.abs(behind[:, 1] - height).argsort()[:12], 2].mean())]
        for height in heights
    ]


def with_springs(document: Document, lines: Any) -> Document:
    meshes = [
        {**mesh, "extras": {**mesh.get("extras", {}), "springs": lines}} if mesh["name"] == HAIR else mesh
        for mesh in document.list("meshes")
    ]
    return Document({**document.tree, "meshes": meshes}, document.binary)


@pytest.fixture(scope="module")
def built(human: Document, chain: list[list[float]], sidecar: Sidecar) -> VariantFile:
    data = write_glb(with_springs(human, [chain]))
    return build_variant(data, Variant(lod=1, format=ModelFormat.VRM), sidecar)


@pytest.fixture(scope="module")
def vrm(built: VariantFile) -> Document:
    return read_glb(built.data)


def the_extension(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document.tree["extensions"]["VRMC_vrm"]
    return found


def test_the_file_is_valid_and_says_what_it_is(built: VariantFile, vrm: Document) -> None:
    assert built.report.validation.errors == 0
    assert the_extension(vrm)["specVersion"] == "1.0"
    assert {"VRMC_vrm", "VRMC_springBone"} <= set(vrm.tree["extensionsUsed"])
    assert "extensionsRequired" not in vrm.tree  # a plain reader shows it too


def test_bones_are_unique_complete_and_hang_in_the_order_of_the_specification(vrm: Document) -> None:
    bones = {bone: entry["node"] for bone, entry in the_extension(vrm)["humanoid"]["humanBones"].items()}
    assert len(set(bones.values())) == len(bones) == len(BONES) == 54
    assert set(REQUIRED) <= set(bones)
    parents = {child: at for at, node in enumerate(vrm.list("nodes")) for child in node.get("children", ())}

    def above(node: int) -> list[int]:
        chain = []
        while node in parents:
            node = parents[node]
            chain.append(node)
        return chain

    for lower, upper in (
        ("spine", "hips"), ("chest", "spine"), ("upperChest", "chest"), ("neck", "upperChest"), ("head", "neck"),
        ("leftEye", "head"), ("leftUpperArm", "leftShoulder"), ("leftHand", "leftLowerArm"),
        ("rightLittleDistal", "rightLittleIntermediate"), ("rightThumbProximal", "rightThumbMetacarpal"),
        ("rightFoot", "rightLowerLeg"), ("leftToes", "leftFoot"),
    ):  # fmt: skip
        assert bones[upper] in above(bones[lower])


def test_every_morph_target_that_moves_can_be_called(vrm: Document) -> None:
    expressions = the_extension(vrm)["expressions"]
    assert set(expressions["preset"]) == PRESETS
    moving = set(expressions["custom"])
    assert (set(ARKIT) | set(VISEMES)) - moving == {"viseme_sil"}  # which is the mouth at rest
    for expression in (*expressions["preset"].values(), *expressions["custom"].values()):
        for bind in expression.get("morphTargetBinds", ()):
            mesh = vrm.tree["meshes"][vrm.tree["nodes"][bind["node"]]["mesh"]]
            assert 0 <= bind["index"] < len(mesh["primitives"][0]["targets"])
            assert 0 < bind["weight"] <= 1
    assert expressions["preset"]["surprised"]["overrideMouth"] == "blend"
    assert "overrideBlink" not in expressions["preset"]["blink"]


def test_gaze_starts_between_the_eyes(vrm: Document) -> None:
    look, worlds = the_extension(vrm)["lookAt"], world_matrices(vrm)
    bones = human_bones(vrm)
    start = worlds[bones["head"]] @ np.append(look["offsetFromHeadBone"], 1.0)
    eyes = worlds[[bones["leftEye"], bones["rightEye"]], :3, 3].mean(axis=0)
    np.testing.assert_allclose(start[:3], eyes, atol=1e-4)
    assert look["type"] == "bone"


def test_its_own_eyes_do_not_see_its_head(vrm: Document) -> None:
    seen = {
        vrm.tree["nodes"][entry["node"]]["name"]: entry["type"]
        for entry in the_extension(vrm)["firstPerson"]["meshAnnotations"]
    }
    assert seen["EyeLeft"] == seen["Wolf3D_Teeth"] == "thirdPersonOnly"
    assert seen["Wolf3D_Outfit_Bottom"] == seen["Wolf3D_Outfit_Footwear"] == "both"


def test_the_licence_is_careful_and_the_asset_may_say_more(human: Document) -> None:
    meta = the_extension(as_vrm(human).document)["meta"]
    assert meta["licenseUrl"] == "https://vrm.dev/licenses/1.0/"
    assert meta["avatarPermission"] == "onlyAuthor" and meta["allowRedistribution"] is False
    assert meta["name"] and all(meta["authors"])
    said = {"name": "Ada", "authors": ["Museum"], "vrm": {"avatarPermission": "everyone"}}
    asset = {**human.tree["asset"], "extras": {**human.tree["asset"]["extras"], **said}}
    meta = the_extension(as_vrm(Document({**human.tree, "asset": asset}, human.binary)).document)["meta"]
    assert (meta["name"], meta["authors"], meta["avatarPermission"]) == ("Ada", ["Museum"], "everyone")


def test_a_missing_bone_is_named() -> None:
    tree = {"asset": {"version": "2.0"}, "nodes": [{"name": "Hips", "children": [1]}, {"name": "Spine"}]}
    with pytest.raises(InvalidModel, match="head, leftUpperLeg"):
        as_vrm(Document(tree))


def test_a_vrm_stays_as_its_maker_made_it(human: Document) -> None:
    once = as_vrm(human).document
    again = as_vrm(once)
    assert again.document is once


def test_springs_hang_from_the_head_where_the_lines_are(vrm: Document, chain: list[list[float]]) -> None:
    springs = vrm.tree["extensions"]["VRMC_springBone"]
    worlds, nodes = world_matrices(vrm), [joint["node"] for joint in springs["springs"][0]["joints"]]
    np.testing.assert_allclose(worlds[nodes, :3, 3], chain, atol=1e-4)
    head = human_bones(vrm)["head"]
    assert nodes[0] in vrm.tree["nodes"][head]["children"]
    for upper, lower in pairwise(nodes):
        assert vrm.tree["nodes"][upper]["children"] == [lower]
    assert all(mesh.get("extras", {}).get("springs") is None for mesh in vrm.list("meshes"))
    for collider in springs["colliders"]:
        shape = next(iter(collider["shape"].values()))
        assert 0.01 < shape["radius"] < 0.2


def test_springs_change_no_vertex_at_rest_and_weights_sum_to_one(human: Document, chain: list[list[float]]) -> None:
    before, after = human, hang_springs(with_springs(human, [chain])).document
    worlds = world_matrices(before), world_matrices(after)
    hung = 0
    for old, new in zip(placements(before), placements(after), strict=True):
        places = (
            placed_vertices(document, placement, world)
            for document, placement, world in ((before, old, worlds[0]), (after, new, worlds[1]))
        )
        np.testing.assert_allclose(*places, atol=2e-5)
        primitive = new.tree(after)
        found = skin_weights(after, primitive)
        assert found is not None
        sums = read_raw(after, primitive["attributes"]["WEIGHTS_0"]).sum(axis=1, dtype=np.int64)
        assert set(sums.tolist()) == {255}
        hung += int((found[0][found[1] > 0] >= 67).sum())
    assert hung > 60  # of the long hair: what is near one line down its middle
    assert len(after.tree["skins"][0]["joints"]) == 67 + len(chain)
    assert len(read_floats(after, after.tree["skins"][0]["inverseBindMatrices"])) == 67 + len(chain)


@pytest.mark.parametrize(
    "lines", [None, "x", [], [[1, 2, 3]], [[[0, 0, 0]]], [[["a", 0, 0], [0, 0, 1]]], [{}], {"a": 1}]
)
def test_lines_that_are_none_are_not_heard(human: Document, lines: Any) -> None:
    document = with_springs(human, lines)
    assert hang_springs(document).document is document


def test_anime_is_drawn_by_mtoon(human: Document) -> None:
    asset = {**human.tree["asset"], "extras": {"style": "anime"}}
    made = as_vrm(Document({**human.tree, "asset": asset}, human.binary)).document
    toons = {material["name"]: material["extensions"]["VRMC_materials_mtoon"] for material in made.list("materials")}
    assert "VRMC_materials_mtoon" in made.tree["extensionsUsed"]
    assert toons["Wolf3D_Skin"]["outlineWidthMode"] == "worldCoordinates"
    assert "outlineWidthMode" not in toons["Wolf3D_Eye"]
    assert all(min(toon["shadeColorFactor"]) >= 0 and max(toon["shadeColorFactor"]) <= 1 for toon in toons.values())


def test_toons_answer_to_light_with_their_whole_colour() -> None:
    texture = {"index": 2}
    surface = {"baseColorTexture": texture, "baseColorFactor": [0.55, 0.55, 0.55, 1.0]}
    drawn = {"pbrMetallicRoughness": surface, "emissiveTexture": texture, "emissiveFactor": [0.45, 0.45, 0.45]}
    made = toon(drawn)
    assert made["pbrMetallicRoughness"]["baseColorFactor"] == [1.0, 1.0, 1.0, 1.0]
    assert "emissiveTexture" not in made and "emissiveFactor" not in made
    assert made["extensions"]["VRMC_materials_mtoon"]["shadeColorFactor"] == [0.68, 0.68, 0.78]
    lamp = {"pbrMetallicRoughness": surface, "emissiveTexture": {"index": 3}, "emissiveFactor": [1.0, 1.0, 1.0]}
    assert toon(lamp)["emissiveFactor"] == [1.0, 1.0, 1.0]


def test_what_vrm_cannot_hold_is_refused() -> None:
    for wrong in ({"pose": "A"}, {"compression": "meshopt"}, {"texture_format": "ktx2"}):
        with pytest.raises(ValueError, match="a VRM takes no"):
            Variant.model_validate({"format": "vrm", **wrong})
