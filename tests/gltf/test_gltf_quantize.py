"""Quantised models: how far off they are, what sums to what, and that parts stay together."""

from __future__ import annotations

import math
from copy import deepcopy

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from packing import Tree, apart, compacted, extent, small, turned
from specimens import MORPHS, altered, figure

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import COMPONENT_DTYPES, read_floats, read_raw
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.layout import geometry_only, image_bytes
from avatar.gltf.transforms.quantize import (
    DEFAULTS,
    EXTENSION,
    FAR,
    QuantizeOptions,
    byte_weights,
    quantize,
    shared_grids,
)


@pytest.fixture(scope="module")
def plain(sidecar: Sidecar) -> Document:
    return small(sidecar)


@pytest.fixture(scope="module")
def made(plain: Document) -> Document:
    return quantize(plain).document


def off(document: Document, options: QuantizeOptions, morphs: float = 0.0) -> float:
    """What a point may be off by: half a step along each axis, and again for each whole morph target."""
    return extent(document) * options.position * math.sqrt(3) / 2 * (1 + morphs) * 1.001 + 1e-6


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    weights=st.lists(st.floats(0, 1), min_size=3, max_size=3),
    angle=st.floats(-1.5, 1.5),
    options=st.sampled_from([DEFAULTS, FAR]),
    skinned=st.booleans(),
)
def test_a_posed_and_morphed_surface_is_off_by_half_a_step(
    sidecar: Sidecar, weights: list[float], angle: float, options: QuantizeOptions, skinned: bool
) -> None:
    before = small(sidecar, skinned=skinned)
    after = quantize(before, options).document
    morph = dict(zip(MORPHS, weights, strict=False))
    assert apart(before, after, morph, turned(angle)) < off(before, options, sum(weights))


def test_the_note_says_how_far_off_it_is(plain: Document) -> None:
    change = quantize(plain)
    assert f"{extent(plain) * DEFAULTS.position * math.sqrt(3) / 2:.2g}" in change.notes[0]
    assert extent(plain) == pytest.approx(1.72, abs=0.1)  # a person, so that is a tenth of a millimetre
    assert apart(plain, change.document) < 1e-4


def test_numbers_are_as_small_as_they_can_be(made: Document) -> None:
    accessors = made.tree["accessors"]

    def dtype(at: int) -> np.dtype[np.generic]:
        return COMPONENT_DTYPES[accessors[at]["componentType"]]

    for mesh in made.tree["meshes"]:
        attributes = mesh["primitives"][0]["attributes"]
        found = {name: dtype(at) for name, at in attributes.items()}
        texture = found.pop("TEXCOORD_0")
        assert texture == np.float32  # of 12 binary places
        assert found == {"POSITION": np.uint16, "NORMAL": np.int8, "JOINTS_0": np.uint8, "WEIGHTS_0": np.uint8}
        uv = read_floats(made, attributes["TEXCOORD_0"])
        np.testing.assert_array_equal(uv * 4096, np.rint(uv * 4096))
    targets = made.tree["meshes"][0]["primitives"][0]["targets"]
    assert {dtype(target["POSITION"]) for target in targets} == {np.dtype(np.int8), np.dtype(np.int16)}
    assert EXTENSION in made.tree["extensionsRequired"]


def test_it_is_valid_and_its_images_come_last(plain: Document, made: Document, sidecar: Sidecar) -> None:
    assert image_bytes(made) == image_bytes(plain)
    geometry_only(made)
    for document in (made, quantize(small(sidecar, skinned=False)).document):
        data = write_glb(document)
        assert validate(data, sidecar).errors == 0
        require_sound(data)


def test_directions_and_colours_stay_what_they_are(plain: Document, made: Document, sidecar: Sidecar) -> None:
    old, new = (document.tree["meshes"][1]["primitives"][0]["attributes"] for document in (plain, made))
    before, after = read_floats(plain, old["NORMAL"]), read_floats(made, new["NORMAL"])
    after /= np.linalg.norm(after, axis=1, keepdims=True)
    assert np.degrees(np.arccos(np.clip((before * after).sum(axis=1), -1, 1))).max() < 0.5


# --- weights ----------------------------------------------------------------------------------------------------------


@settings(max_examples=60, deadline=None)
@given(
    arrays.arrays(
        np.float32, st.tuples(st.integers(1, 20), st.sampled_from([4, 8])), elements=st.floats(0, 1, width=32)
    )
)
def test_weights_sum_to_255_and_are_off_by_less_than_one(weights: np.ndarray) -> None:
    shares = byte_weights(weights)
    sums = weights.sum(axis=1, dtype=float)
    assert (shares.sum(axis=1, dtype=int) == 255).all()
    some = sums > 0
    exact = weights[some].astype(float) * 255 / sums[some, None]
    assert (np.abs(shares[some] - exact) <= 1 + 1e-6).all()
    assert (shares[~some, 0] == 255).all()  # what hangs on nothing hangs on its first joint, as viewers have it


def test_influences_stay_whatever_their_slots(sidecar: Sidecar) -> None:
    plain = small(sidecar)
    made = quantize(plain).document
    rows = []
    for document in (plain, made):
        attributes = document.tree["meshes"][1]["primitives"][0]["attributes"]
        joints = read_raw(document, attributes["JOINTS_0"]).astype(int)
        shares = byte_weights(read_floats(document, attributes["WEIGHTS_0"])).astype(int)
        table = np.zeros((len(joints), 3), int)
        np.add.at(table, (np.arange(len(joints))[:, None], joints), shares)
        rows.append(table)
    np.testing.assert_array_equal(rows[0], rows[1])
    attributes = made.tree["meshes"][1]["primitives"][0]["attributes"]
    idle = read_raw(made, attributes["WEIGHTS_0"]) == 0
    assert (read_raw(made, attributes["JOINTS_0"])[idle] == 0).all()


# --- grids ------------------------------------------------------------------------------------------------------------


def twins(document: Document, *, bind: float = 0.0) -> Document:
    """The clothes once more, on a skin of its own that is bound ``bind`` metres off."""
    tree = deepcopy(document.tree)
    tree["meshes"].append(deepcopy(tree["meshes"][1]))
    tree["skins"].append(deepcopy(tree["skins"][0]))
    tree["nodes"][0]["children"].append(len(tree["nodes"]))
    tree["nodes"].append({"name": "Twin", "mesh": 2, "skin": 1})
    matrices = read_raw(document, tree["skins"][0]["inverseBindMatrices"]).copy()
    matrices[:, 12] += bind
    binary = document.binary + b"\0" * (-len(document.binary) % 4)
    view = {"buffer": 0, "byteOffset": len(binary), "byteLength": matrices.nbytes}
    tree["bufferViews"].append(view)
    tree["accessors"].append(
        {"bufferView": len(tree["bufferViews"]) - 1, "componentType": 5126, "count": 3, "type": "MAT4"}
    )
    tree["skins"][1]["inverseBindMatrices"] = len(tree["accessors"]) - 1
    return Document(tree, binary + matrices.tobytes())


def test_parts_bound_in_one_space_share_a_grid_so_seams_stay_closed(plain: Document) -> None:
    pair = twins(plain)
    grids, skins = shared_grids(pair, DEFAULTS)
    assert grids[0] is grids[1] is grids[2] is skins[0] is skins[1]
    made = quantize(pair).document
    first, second = (made.tree["meshes"][at]["primitives"][0]["attributes"]["POSITION"] for at in (1, 2))
    assert first == second  # equal streams are stored once


def test_parts_bound_elsewhere_have_a_grid_of_their_own(plain: Document) -> None:
    grids, _ = shared_grids(twins(plain, bind=0.5), DEFAULTS)
    assert grids[0] is grids[1]
    assert grids[2] is not grids[1]


def test_vertices_at_one_place_stay_at_one_place(plain: Document, made: Document) -> None:
    """The two sides of the mouth."""
    (old, new) = (document.tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"] for document in (plain, made))
    before, after = read_floats(plain, old), read_raw(made, new)
    places = len(np.unique(before, axis=0))
    assert places < len(before) - 20
    assert len(np.unique(after, axis=0)) <= places


def test_a_mesh_that_is_shown_with_and_without_a_skin_keeps_floats(plain: Document) -> None:
    tree = deepcopy(plain.tree)
    tree["nodes"][0]["children"].append(len(tree["nodes"]))
    tree["nodes"].append({"name": "Statue", "mesh": 1})
    mixed = Document(tree, plain.binary)
    made = quantize(mixed).document
    position = made.tree["meshes"][1]["primitives"][0]["attributes"]["POSITION"]
    assert read_raw(made, position).dtype == np.float32
    assert apart(mixed, made, {MORPHS[0]: 1.0}, turned(0.4)) < off(plain, DEFAULTS, 1)


@pytest.mark.parametrize("holder", ["child", "animation", "nothing"])
def test_a_node_takes_the_grid_only_when_nothing_else_hangs_on_it(sidecar: Sidecar, holder: str) -> None:
    def change(tree: Tree) -> None:
        tree["nodes"][5] |= {"scale": [1, 2, 0.5], "rotation": [0, 0.6, 0, 0.8], "translation": [1, 2, 3]}
        if holder == "child":
            tree["nodes"].append({"name": "Badge", "translation": [0, 1, 0]})
            tree["nodes"][5]["children"] = [6]
        if holder == "animation":
            tree["animations"][0]["channels"][0]["target"]["node"] = 5

    before = compacted(altered(figure(10, skinned=False, texture=16), change), sidecar)
    after = quantize(before).document
    position = after.tree["meshes"][1]["primitives"][0]["attributes"]["POSITION"]
    assert read_raw(after, position).dtype == (np.uint16 if holder == "nothing" else np.float32)
    assert (after.tree["nodes"][5]["scale"] == [1, 2, 0.5]) == (holder != "nothing")
    assert apart(before, after) < 2 * off(before, DEFAULTS)


# --- the rest ---------------------------------------------------------------------------------------------------------


def test_targets_that_do_the_same_share_one_accessor(sidecar: Sidecar) -> None:
    def change(tree: Tree) -> None:
        targets = tree["meshes"][0]["primitives"][0]["targets"]
        targets[1] = dict(targets[0])

    made = quantize(compacted(altered(figure(10, texture=16), change), sidecar)).document
    targets = made.tree["meshes"][0]["primitives"][0]["targets"]
    assert targets[0] == targets[1] != targets[2]


def test_turns_are_whole_numbers_and_splines_are_not(sidecar: Sidecar) -> None:
    plain = small(sidecar)
    made = quantize(plain).document
    old, new = (document.tree["animations"][0]["samplers"][0]["output"] for document in (plain, made))
    assert read_raw(made, new).dtype == np.int16
    np.testing.assert_allclose(read_floats(made, new), read_floats(plain, old), atol=2e-5)
    tree = deepcopy(plain.tree)
    tree["animations"][0]["samplers"][0]["interpolation"] = "CUBICSPLINE"
    spline = quantize(Document(tree, plain.binary)).document
    assert read_raw(spline, spline.tree["animations"][0]["samplers"][0]["output"]).dtype == np.float32


def test_it_can_be_done_twice(made: Document) -> None:
    """A quantised model is a model like any other, in other units."""
    again = quantize(made).document
    assert apart(made, again, {MORPHS[0]: 0.7}) < off(made, DEFAULTS, 1) * shared_grids(made, DEFAULTS)[0][0].step


def test_few_views_hold_many_accessors(made: Document) -> None:
    assert len(made.tree["bufferViews"]) < 18
    assert len(made.tree["accessors"]) > 15


def test_texture_coordinates_that_no_texture_reads_go_and_their_seams_with_them(sidecar: Sidecar) -> None:
    def change(tree: Tree) -> None:
        for key in ("images", "textures"):
            del tree[key]
        tree["materials"] = [{"name": material["name"]} for material in tree["materials"]]

    before = compacted(altered(figure(10, texture=16), change), sidecar)
    after = quantize(before).document
    for old, new in zip(before.tree["meshes"], after.tree["meshes"], strict=True):
        attributes = (old["primitives"][0]["attributes"], new["primitives"][0]["attributes"])
        assert attributes[0].keys() - attributes[1].keys() == {"TEXCOORD_0"}
        counts = [
            document.tree["accessors"][found["POSITION"]]["count"]
            for document, found in zip((before, after), attributes, strict=True)
        ]
        assert counts[1] < counts[0]  # both rims of the tube had a seam
    assert apart(before, after, {MORPHS[0]: 0.5}) < off(before, DEFAULTS, 1)
    assert validate(write_glb(after), sidecar).errors == 0


def test_channels_that_hold_what_their_node_does_anyway_go(sidecar: Sidecar) -> None:
    plain = small(sidecar)
    tree = deepcopy(plain.tree)
    animation = tree["animations"][0]
    animation["samplers"].insert(0, {**animation["samplers"][0]})
    animation["channels"] = [
        {"sampler": 0, "target": {"node": 2, "path": "rotation"}},
        {"sampler": 1, "target": {"node": 3, "path": "rotation"}},
    ]
    keys = read_floats(plain, animation["samplers"][0]["output"])
    tree["nodes"][2]["rotation"] = keys[0].tolist()
    binary = plain.binary + b"\0" * (-len(plain.binary) % 4)
    same = np.tile(-keys[:1], (2, 1))  # a quaternion and its opposite are one turn
    tree["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": same.nbytes})
    view = len(tree["bufferViews"]) - 1
    tree["accessors"].append({"bufferView": view, "componentType": 5126, "count": 2, "type": "VEC4"})
    animation["samplers"][0]["output"] = len(tree["accessors"]) - 1
    tree["images"] = []
    (made,) = quantize(Document(tree, binary + same.tobytes())).document.tree["animations"]
    assert [channel["target"]["node"] for channel in made["channels"]] == [3]
    assert len(made["samplers"]) == 1 and made["channels"][0]["sampler"] == 0
