"""Models in Draco's codec: what comes out again, and that morph targets still fit their vertices."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from packing import apart, as_read_elsewhere, as_read_here, extent, small, turned
from specimens import MORPHS

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.draco import Given, encode
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.layout import geometry_only, image_bytes
from avatar.gltf.transforms.draco import DEFAULTS, EXTENSION, DracoOptions, compress_draco


@pytest.fixture(scope="module")
def plain(sidecar: Sidecar) -> Document:
    return small(sidecar)


@pytest.fixture(scope="module")
def packed(plain: Document, sidecar: Sidecar) -> bytes:
    return write_glb(compress_draco(plain, sidecar).document)


@pytest.fixture(scope="module")
def made(packed: bytes, sidecar: Sidecar) -> Document:
    return require_sound(packed, sidecar)


def off(document: Document, bits: int) -> float:
    step = extent(document) / (2.0**bits - 1)
    return step * math.sqrt(3) / 2 * 1.001 + 1e-6


@pytest.mark.parametrize("bits", [DEFAULTS.position, 10])
@pytest.mark.parametrize("skinned", [True, False])
def test_a_posed_and_morphed_surface_is_off_by_half_a_step(sidecar: Sidecar, bits: int, skinned: bool) -> None:
    before = small(sidecar, skinned=skinned)
    change = compress_draco(before, sidecar, DracoOptions(position=bits))
    after = require_sound(write_glb(change.document), sidecar)
    assert apart(before, after, dict.fromkeys(MORPHS, 0.8), turned(0.6)) < off(before, bits) + 1e-4


def test_morph_targets_are_fine_and_their_vertices_keep_their_order(plain: Document, made: Document) -> None:
    old, new = (document.tree["meshes"][0]["primitives"][0] for document in (plain, made))
    for before, after in zip(old["targets"], new["targets"], strict=True):
        moves = read_floats(plain, before["POSITION"]), read_floats(made, after["POSITION"])
        np.testing.assert_allclose(*moves, atol=0.51 / 32767)
        assert read_raw(made, after["POSITION"]).dtype == np.int16
    at = (old["attributes"]["POSITION"], new["attributes"]["POSITION"])
    before, after = read_floats(plain, at[0]), read_floats(made, at[1])
    np.testing.assert_allclose(after, before, atol=off(plain, DEFAULTS.position))


def test_weights_are_bytes_that_sum_to_255(made: Document) -> None:
    for mesh in made.tree["meshes"]:
        weights = read_raw(made, mesh["primitives"][0]["attributes"]["WEIGHTS_0"])
        assert weights.dtype == np.uint8
        assert (weights.sum(axis=1, dtype=int) == 255).all()


def test_seams_stay_closed(plain: Document, made: Document) -> None:
    """The two sides of the mouth, and parts with a box of their own: all are rounded on one grid."""
    (old, new) = (document.tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"] for document in (plain, made))
    places = len(np.unique(read_floats(plain, old), axis=0))
    assert places < len(read_floats(plain, old)) - 20
    assert len(np.unique(read_floats(made, new), axis=0)) <= places


def test_the_file_is_valid_small_and_has_its_images_last(plain: Document, packed: bytes, sidecar: Sidecar) -> None:
    document = read_glb(packed)
    assert image_bytes(document) == image_bytes(plain)
    assert len(geometry_only(document)[1]) < 0.5 * len(geometry_only(plain)[1])
    assert validate(packed, sidecar).errors == 0
    assert EXTENSION in document.tree["extensionsRequired"]


def test_another_reader_reads_the_same(made: Document, packed: bytes, toolchain: Toolchain, tmp_path: Path) -> None:
    here, there = as_read_here(made), as_read_elsewhere(packed, toolchain, tmp_path)
    assert here["triangles"] == there["triangles"] and here["weights"] == there["weights"]
    assert np.concatenate(there["targets"]) == pytest.approx(np.concatenate(here["targets"]), abs=1e-4)
    assert there["positions"] == pytest.approx(here["positions"], rel=1e-5)


def test_what_has_no_indices_stays_as_it_is(plain: Document, sidecar: Sidecar) -> None:
    meshes = [plain.tree["meshes"][0], {**plain.tree["meshes"][1]}]
    primitive = {key: value for key, value in meshes[1]["primitives"][0].items() if key != "indices"}
    meshes[1]["primitives"] = [{**primitive, "mode": 0}]
    points = Document({**plain.tree, "meshes": meshes}, plain.binary)
    change = compress_draco(points, sidecar)
    assert "1 primitives are no indexed triangles" in change.notes[1]
    made = change.document.tree["meshes"][1]["primitives"][0]
    assert "extensions" not in made
    before, after = primitive["attributes"]["POSITION"], made["attributes"]["POSITION"]
    np.testing.assert_array_equal(read_raw(points, before), read_raw(change.document, after))


def test_bad_indices_never_reach_native_code(sidecar: Sidecar) -> None:
    given = [Given("POSITION", np.zeros((3, 3), np.float32), 14)]
    with pytest.raises(InvalidModel, match="indices"):
        encode(sidecar, np.array([[0, 1, 3]], np.uint32), given, keep_order=True)


def test_triangles_without_area_are_an_error_and_no_crash(sidecar: Sidecar) -> None:
    given = [Given("POSITION", np.zeros((3, 3), np.float32), 14)]
    with pytest.raises(CodecFailed):
        encode(sidecar, np.array([[0, 0, 0]], np.uint32), given, keep_order=False)
