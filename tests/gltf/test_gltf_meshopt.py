"""Models in meshoptimizer's codec: what comes out again, how the file is built, and that others read it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from packing import apart, as_read_elsewhere, as_read_here, compacted, small, turned
from specimens import MORPHS, figure

from avatar.errors import CodecFailed, InvalidModel
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.meshopt import RawView, encode, reorder
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.layout import geometry_only, image_bytes
from avatar.gltf.transforms.meshopt import EXTENSION, MeshoptOptions, compress_meshopt
from avatar.gltf.transforms.quantize import quantize


@pytest.fixture(scope="module")
def quantised(sidecar: Sidecar) -> Document:
    return quantize(small(sidecar)).document


@pytest.fixture(scope="module")
def packed(quantised: Document, sidecar: Sidecar) -> bytes:
    return write_glb(compress_meshopt(quantised, sidecar).document)


def directions(document: Document) -> set[int]:
    return {p["attributes"]["NORMAL"] for mesh in document.tree["meshes"] for p in mesh["primitives"]}


def test_what_comes_out_is_what_went_in_but_for_digits_of_normals(
    quantised: Document, packed: bytes, sidecar: Sidecar
) -> None:
    made = require_sound(packed, sidecar)
    for at in range(len(quantised.tree["accessors"])):
        before, after = read_raw(quantised, at), read_raw(made, at)
        assert before.dtype == after.dtype
        if at in directions(quantised):
            first, second = (read_floats(document, at) for document in (quantised, made))
            cosine = (first * second).sum(axis=1) / np.linalg.norm(first, axis=1) / np.linalg.norm(second, axis=1)
            assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).max() < 1.5
        elif made.tree["bufferViews"][quantised.tree["accessors"][at]["bufferView"]].get("target") == 34963:
            assert whole_triangles(before) == whole_triangles(after)
        else:
            np.testing.assert_array_equal(before, after)


def whole_triangles(indices: np.ndarray) -> list[tuple[int, ...]]:
    """Triangles from their lowest corner on: the codec may turn them."""
    corners = indices.reshape(-1, 3).tolist()
    return [tuple(c[c.index(min(c)) :] + c[: c.index(min(c))]) for c in corners]


@pytest.mark.parametrize("skinned", [True, False])
def test_a_posed_and_morphed_surface_is_that_of_the_quantised_model(sidecar: Sidecar, skinned: bool) -> None:
    before = quantize(small(sidecar, skinned=skinned)).document
    after = require_sound(write_glb(compress_meshopt(before, sidecar).document), sidecar)
    assert apart(before, after, dict.fromkeys(MORPHS, 0.5), turned(0.7)) < 1e-9


def test_a_model_that_is_not_quantised_stays_exact(sidecar: Sidecar) -> None:
    plain = compacted(figure(10, texture=16), sidecar)
    made = require_sound(write_glb(compress_meshopt(plain, sidecar).document), sidecar)
    for name, at in plain.tree["meshes"][0]["primitives"][0]["attributes"].items():
        after = made.tree["meshes"][0]["primitives"][0]["attributes"][name]
        np.testing.assert_array_equal(read_raw(plain, at), read_raw(made, after))
    assert apart(plain, made, {MORPHS[0]: 1.0}) < 1e-12


def test_the_file_is_small_valid_and_has_its_images_last(quantised: Document, packed: bytes, sidecar: Sidecar) -> None:
    document = read_glb(packed)
    assert image_bytes(document) == image_bytes(quantised)
    first = document.tree["bufferViews"][document.tree["images"][0]["bufferView"]]["byteOffset"]
    claims = [view["extensions"][EXTENSION] for view in document.tree["bufferViews"] if "extensions" in view]
    assert max(claim["byteOffset"] + claim["byteLength"] for claim in claims) <= first
    assert first < 0.3 * len(geometry_only(quantised)[1])
    assert validate(packed, sidecar).errors == 0
    assert EXTENSION in document.tree["extensionsRequired"]
    fallback = document.tree["buffers"][1]
    assert fallback["extensions"] == {EXTENSION: {"fallback": True}} and "uri" not in fallback


def test_the_first_version_of_the_formats_is_written(packed: bytes) -> None:
    """Readers of 2021 know no other."""
    document = read_glb(packed)
    heads = {"ATTRIBUTES": 0xA0, "TRIANGLES": 0xE1}
    claims = [view["extensions"][EXTENSION] for view in document.tree["bufferViews"] if "extensions" in view]
    assert {claim["mode"] for claim in claims} == heads.keys()
    for claim in claims:
        assert document.binary[claim["byteOffset"]] == heads[claim["mode"]]
    assert {claim.get("filter") for claim in claims} == {None, "OCTAHEDRAL", "EXPONENTIAL"}


def test_another_reader_reads_the_same(
    quantised: Document, packed: bytes, toolchain: Toolchain, tmp_path: Path
) -> None:
    assert as_read_elsewhere(packed, toolchain, tmp_path) == as_read_here(quantised)


def test_fewer_bits_of_directions_are_fewer_bytes(quantised: Document, packed: bytes, sidecar: Sidecar) -> None:
    coarse = write_glb(compress_meshopt(quantised, sidecar, MeshoptOptions(directions=5)).document)
    assert len(coarse) < len(packed)


def test_nothing_to_compress_changes_nothing(sidecar: Sidecar) -> None:
    empty = Document({"asset": {"version": "2.0"}})
    assert compress_meshopt(empty, sidecar).document is empty


def test_images_among_the_geometry_are_refused(person: bytes, sidecar: Sidecar) -> None:
    with pytest.raises(InvalidModel, match="images"):
        compress_meshopt(require_sound(person), sidecar)


# --- the codec --------------------------------------------------------------------------------------------------------


def test_a_view_that_is_not_what_it_says_never_reaches_native_code(sidecar: Sidecar) -> None:
    for view in (
        RawView(b"\0" * 12, 2, 4, "ATTRIBUTES"),
        RawView(b"", 0, 4, "ATTRIBUTES"),
        RawView(b"\0" * 8, 2, 4, "ATTRIBUTES", "OCTAHEDRAL", 8),
        RawView(b"\0" * 1024, 2, 512, "ATTRIBUTES"),
    ):
        with pytest.raises(CodecFailed, match="not what it says"):
            encode(sidecar, [view])


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.integers(0, 12), min_size=3, max_size=30), min_size=1, max_size=4))
def test_reordering_only_renumbers(sidecar: Sidecar, lists: list[list[int]]) -> None:
    given_lists = []
    for numbers in lists:
        corners = np.array(numbers[: len(numbers) // 3 * 3])
        given_lists.append(np.unique(corners, return_inverse=True)[1].reshape(-1, 3).astype(np.uint32))
    for before, (after, old) in zip(given_lists, reorder(sidecar, given_lists), strict=True):
        assert sorted(old.tolist()) == list(range(int(before.max()) + 1))
        assert sorted(whole_triangles(old[after])) == sorted(whole_triangles(before))
