"""The container and the accessors."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from specimens import pack

from avatar.errors import InvalidModel, TooLarge
from avatar.gltf.gate.embed import decode_data_uri, embed
from avatar.gltf.model.accessors import COMPONENT_TYPES, Packer, read_floats, read_raw, to_floats
from avatar.gltf.model.document import MAX_FILE, Document, read_glb, write_glb

NUMBERS = st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False)
TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXT,
    lambda children: st.lists(children, max_size=4) | st.dictionaries(TEXT, children, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(TEXT.filter(lambda key: key != "buffers"), JSON_VALUES, max_size=5), st.binary(max_size=64))
def test_what_is_written_is_read_back(tree: dict[str, Any], binary: bytes) -> None:
    read = read_glb(write_glb(Document(tree, binary)))
    assert {key: value for key, value in read.tree.items() if key != "buffers"} == tree
    assert read.binary[: len(binary)] == binary
    if binary:
        assert read.tree["buffers"] == [{"byteLength": len(binary)}]


def test_container_is_laid_out_as_the_format_says() -> None:
    data = write_glb(Document({"asset": {"version": "2.0"}}, b"12345"))
    magic, version, length = struct.unpack_from("<4sII", data)
    json_length, json_kind = struct.unpack_from("<I4s", data, 12)
    bin_length, bin_kind = struct.unpack_from("<I4s", data, 20 + json_length)
    assert (magic, version, length) == (b"glTF", 2, len(data))
    assert (json_kind, bin_kind, json_length % 4, bin_length) == (b"JSON", b"BIN\0", 0, 8)
    assert json.loads(data[20 : 20 + json_length])["buffers"][0]["byteLength"] == 5


GOOD = write_glb(Document({"asset": {"version": "2.0"}}, b"1234"))


def _text(text: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    return struct.pack("<4sIII4s", b"glTF", 2, 20 + len(text), len(text), b"JSON") + text


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "ends inside its header"),
        (b"PK\x03\x04" + b"\0" * 100, "not a GLB"),
        (GOOD[:10], "ends inside its header"),
        (GOOD[:-4], "header says"),
        (GOOD[:8] + struct.pack("<I", 0xFFFFFFF0) + GOOD[12:], "header says 4294967280"),
        (GOOD[:12] + struct.pack("<I", 0xFFFFFFF0) + GOOD[16:], "chunk says 4294967280"),
        (GOOD[:4] + struct.pack("<I", 1) + GOOD[8:], "version 1"),
        (GOOD[:16] + b"XXXX" + GOOD[20:], "not JSON"),
        (_text(b"[" * 200_000), "deeper than"),
        (_text(b'{"a":' * 100 + b"1" + b"}" * 100), "deeper than"),
        (_text(b"[" + b"0," * 1_100_000 + b"0]"), "more than 1,000,000 values"),
        (_text(b" " * (9 * 2**20)), "over 8,388,608"),
        (_text(b'{"asset":{"version":"2.0"},"x":NaN}'), "NaN"),
        (_text(b'{"x":1e999}'), "out of range"),
        (_text(b'{"x":' + b"9" * 5000 + b"}"), "out of range"),
        (_text(b'{"x":"\\ud800"}'), "UTF-8"),
        (_text(b'{"x":"\xff"}'), "UTF-8"),
        (_text(b'"' + b'\\"' * 300_000), "not JSON"),
        (_text(b"[]"), "not an object"),
    ],
)
def test_broken_containers_are_refused(data: bytes, said: str) -> None:
    with pytest.raises(InvalidModel, match=said):
        read_glb(data)


def test_brackets_in_strings_are_no_depth() -> None:
    tree = {"asset": {"version": "2.0"}, "extras": "[" * 500 + '\\"' + "{" * 500}
    assert read_glb(pack(tree, b"")).tree == tree


def test_files_over_the_cap_are_too_large() -> None:
    with pytest.raises(TooLarge):
        read_glb(b"glTF" + bytes(MAX_FILE))


RAW = st.sampled_from(["i1", "u1", "i2", "u2", "u4", "f4"]).flatmap(
    lambda code: arrays.arrays(
        np.dtype(code),
        st.tuples(st.integers(1, 20), st.sampled_from([1, 2, 3, 4])),
        elements={"allow_nan": False, "allow_infinity": False} if code == "f4" else None,
    )
)
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}


@given(RAW, st.booleans())
def test_attributes_survive_packing(values: np.ndarray[Any, Any], odd_start: bool) -> None:
    packer = Packer()
    if odd_start:
        packer.view(b"x")
    at = packer.attribute(values, KINDS[values.shape[1]])
    views, accessors, binary = packer.finish()
    read = read_raw(Document({"bufferViews": views, "accessors": accessors}, binary), at)
    assert read.dtype == values.dtype
    np.testing.assert_array_equal(read, values)
    assert views[-1]["byteOffset"] % 4 == 0 and views[-1]["byteStride"] % 4 == 0


@given(RAW.filter(lambda values: values.shape[1] == 3), st.data())
def test_deltas_survive_packing_where_they_move(values: np.ndarray[Any, Any], data: st.DataObject) -> None:
    moved = np.array(data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values))))
    packer = Packer()
    at = packer.delta(values, "VEC3", moved, normalized=False, bounds=True)
    views, accessors, binary = packer.finish()
    read = read_raw(Document({"bufferViews": views, "accessors": accessors}, binary), at)
    expected = np.where(moved[:, None], values, 0)
    np.testing.assert_array_equal(read, expected)
    assert accessors[at]["min"] == expected.min(axis=0).tolist()
    assert accessors[at]["max"] == expected.max(axis=0).tolist()


def test_interleaved_and_matrix_accessors_are_read_by_their_stride() -> None:
    rows = np.arange(24, dtype=np.float32).reshape(4, 6)
    square = np.array([[1, 2, 0, 0, 3, 4, 0, 0]], np.uint8)  # a 2x2 of bytes: each column starts at a multiple of 4
    binary = rows.tobytes() + square.tobytes()
    views = [{"buffer": 0, "byteLength": 96, "byteStride": 24}, {"buffer": 0, "byteOffset": 96, "byteLength": 8}]
    accessors = [
        {"bufferView": 0, "byteOffset": 12, "componentType": COMPONENT_TYPES[rows.dtype], "count": 4, "type": "VEC3"},
        {"bufferView": 1, "componentType": 5121, "count": 1, "type": "MAT2"},
    ]
    document = Document({"bufferViews": views, "accessors": accessors}, binary)
    np.testing.assert_array_equal(read_raw(document, 0), rows[:, 3:])
    assert read_raw(document, 1).tolist() == [[1, 2, 3, 4]]


def test_normalised_integers_follow_the_formula_of_the_format() -> None:
    stored = np.array([[-128, -127, 0, 127]], np.int8)
    assert to_floats(stored, True).tolist() == [[-1.0, -1.0, 0.0, 1.0]]
    document = Document(
        {
            "bufferViews": [{"buffer": 0, "byteLength": 4}],
            "accessors": [
                {"bufferView": 0, "componentType": 5121, "normalized": True, "count": 1, "type": "VEC4"},
                {"bufferView": 0, "componentType": 5121, "count": 1, "type": "VEC4"},
            ],
        },
        bytes([0, 51, 255, 1]),
    )
    np.testing.assert_allclose(read_floats(document, 0), [[0, 0.2, 1, 1 / 255]], atol=1e-7)
    assert read_floats(document, 1).tolist() == [[0, 51, 255, 1]]


@settings(max_examples=50)
@given(st.text(max_size=60))
def test_only_base64_data_uris_decode(text: str) -> None:
    assert decode_data_uri(text) is None or text.startswith("data:")


def test_data_uris_move_into_the_binary_chunk() -> None:
    tree = {
        "asset": {"version": "2.0"},
        "buffers": [{"byteLength": 3}, {"byteLength": 2, "uri": "data:application/octet-stream;base64,QUJD"}],
        "bufferViews": [{"buffer": 0, "byteLength": 3}, {"buffer": 1, "byteOffset": 1, "byteLength": 1}],
        "images": [{"uri": "data:image/png;base64,UE5H", "name": "tiny"}],
    }
    embedded = embed(Document(tree, b"xyz\0"))
    views = embedded.tree["bufferViews"]
    spans = [embedded.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]] for view in views]
    assert spans == [b"xyz", b"B", b"PNG"]
    assert embedded.tree["images"] == [{"name": "tiny", "bufferView": 2, "mimeType": "image/png"}]
    assert embedded.tree["buffers"] == [{"byteLength": len(embedded.binary)}]
