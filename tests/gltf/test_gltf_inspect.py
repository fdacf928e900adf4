"""What a model holds is told, and every lie is caught with its own code."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import struct
import zlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from specimens import (
    JOINTS,
    MORPHS,
    altered,
    encoded,
    figure,
    overwritten,
    picture,
    png_bomb,
    unpack,
    with_image,
)

from avatar.errors import AvatarError, InvalidModel
from avatar.gltf.gate.checks import ProblemCode, Severity
from avatar.gltf.gate.inspect import Inspection, inspect, require_sound
from avatar.gltf.model.images import read_header

Tree = dict[str, Any]
SMALL = figure(6, texture=16)
TREE, BINARY = unpack(SMALL)
HEAD = TREE["meshes"][0]["primitives"][0]
POSITION = HEAD["attributes"]["POSITION"]
VIEW = TREE["accessors"][POSITION]["bufferView"]


def test_a_sound_model_is_described() -> None:
    found = inspect(SMALL)
    assert found.sound and found.problems == ()
    corners = [TREE["accessors"][mesh["primitives"][0]["indices"]]["count"] for mesh in TREE["meshes"]]
    triangles = [count // 3 for count in corners]
    assert [mesh.primitives[0].triangles for mesh in found.meshes] == triangles
    assert found.triangles == sum(triangles)
    assert found.meshes[0].nodes == ("Wolf3D_Head",)
    assert found.meshes[0].primitives[0].material == "Wolf3D_Skin"
    assert (found.joints, found.morphs, found.animations) == (JOINTS, MORPHS, ("nod",))
    assert [(image.width, image.height, image.mime) for image in found.textures] == [
        (16, 16, "image/jpeg"),
        (16, 16, "image/png"),
        (16, 16, "image/png"),
    ]
    assert found.bounds is not None
    assert found.bounds.low[1] == pytest.approx(0.0, abs=1e-6)
    assert found.bounds.high[1] == pytest.approx(1.72, abs=0.02)


def test_the_report_is_camel_case_json() -> None:
    told = json.loads(inspect(SMALL).model_dump_json())
    assert {"extensionsUsed", "problems", "triangles"} <= told.keys()
    assert Inspection.model_validate(told) == inspect(SMALL)


def test_bounds_follow_the_skin_and_not_the_mesh_node() -> None:
    """A skinned mesh ignores its own node's transform (glTF 2.0, 3.7.3.3)."""
    moved = altered(SMALL, lambda tree: tree["nodes"][4].update(translation=[100, 0, 0]))
    assert inspect(moved).bounds == inspect(SMALL).bounds


def _set(*path: str | int, value: Any) -> Callable[[Tree], None]:
    def change(tree: Tree) -> None:
        node: Any = tree
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


def _compressed_view(count: int) -> Callable[[Tree], None]:
    """A view of the first accessor with as many elements; true for its own count."""
    claim = {"buffer": 0, "byteLength": 8, "byteStride": 12, "count": count, "mode": "ATTRIBUTES"}
    return _set("bufferViews", VIEW, "extensions", value={"EXT_meshopt_compression": claim})


def _viewless(tree: Tree) -> None:
    accessor = tree["accessors"][POSITION]
    del accessor["bufferView"]
    accessor["count"] = 1_500_000_000


def _many_views_of_the_same(tree: Tree) -> None:
    whole = {"bufferView": 0, "componentType": 5121, "count": 4096, "type": "MAT4"}
    tree["bufferViews"][0] |= {"byteOffset": 0, "byteLength": len(BINARY)}
    tree["accessors"] += [{**whole, "count": len(BINARY) // 64, "componentType": 5126}] * 8000


def _one_mesh_on_many_nodes(tree: Tree) -> None:
    tree["nodes"] += [{"mesh": 0}] * 10_000


def _draco(tree: Tree) -> None:
    name = "KHR_draco_mesh_compression"
    tree["meshes"][0]["primitives"][0]["extensions"] = {name: {"bufferView": 0, "attributes": {"POSITION": 0}}}
    tree["extensionsRequired"] = tree["extensionsUsed"] = [name]


def _sparse(indices: list[int]) -> Callable[[Tree], None]:
    """The first morph becomes sparse with these vertex numbers."""

    def change(tree: Tree) -> None:
        start = len(BINARY)
        tree["buffers"][0]["byteLength"] = start + 64
        tree["bufferViews"] += [
            {"buffer": 0, "byteOffset": start, "byteLength": 8},
            {"buffer": 0, "byteOffset": start + 8, "byteLength": 48},
        ]
        views = len(tree["bufferViews"])
        accessor = tree["accessors"][HEAD["targets"][0]["POSITION"]]
        del accessor["bufferView"]
        accessor["sparse"] = {
            "count": len(indices),
            "indices": {"bufferView": views - 2, "componentType": 5123},
            "values": {"bufferView": views - 1},
        }

    return change


NODES = len(TREE["nodes"])
CODE = ProblemCode
HOSTILE: dict[str, tuple[Callable[[Tree], object], ProblemCode]] = {
    "huge count": (_set("accessors", POSITION, "count", value=2**31 - 1), CODE.ACCESSOR_BOUNDS),
    "huge count without a view": (_viewless, CODE.TOO_MUCH_DATA),
    "overlapping views": (_many_views_of_the_same, CODE.TOO_MUCH_DATA),
    "one mesh on many nodes": (_one_mesh_on_many_nodes, CODE.TOO_MUCH_DATA),
    "negative offset": (_set("bufferViews", 0, "byteOffset", value=-100), CODE.SCHEMA),
    "view past its buffer": (_set("bufferViews", 0, "byteLength", value=2**30), CODE.VIEW_BOUNDS),
    "buffer past the chunk": (_set("buffers", 0, "byteLength", value=2**30), CODE.BUFFER_BOUNDS),
    "buffer without data": (lambda tree: tree["buffers"].append({"byteLength": 100}), CODE.BUFFER_BOUNDS),
    "stride under the element": (_set("bufferViews", VIEW, "byteStride", value=4), CODE.ACCESSOR_LAYOUT),
    "node cycle": (_set("nodes", 3, "children", value=[1]), CODE.TWO_PARENTS),
    "node that is its own child": (lambda tree: tree["nodes"].append({"children": [NODES]}), CODE.NODE_CYCLE),
    "two parents": (_set("nodes", 4, "children", value=[3]), CODE.TWO_PARENTS),
    "no such accessor": (_set("meshes", 0, "primitives", 0, "attributes", "POSITION", value=99999), CODE.REFERENCE),
    "no such node": (_set("nodes", 0, "children", value=[77]), CODE.REFERENCE),
    "no such joint": (_set("skins", 0, "joints", value=[1, 2, 77]), CODE.REFERENCE),
    "no such texture": (_set("materials", 1, "normalTexture", "index", value=9), CODE.REFERENCE),
    "file address": (_set("images", 0, value={"uri": "file:///etc/passwd"}), CODE.OUTSIDE_URI),
    "path address": (_set("images", 0, value={"uri": "../../../../etc/passwd"}), CODE.OUTSIDE_URI),
    "web address": (_set("images", 0, value={"uri": "http://127.0.0.1:9/x.png"}), CODE.OUTSIDE_URI),
    "data address with capitals": (_set("images", 0, value={"uri": "DATA:image/png;base64,AA=="}), CODE.OUTSIDE_URI),
    "buffer address": (lambda tree: tree["buffers"].append({"uri": "/etc/passwd", "byteLength": 9}), CODE.OUTSIDE_URI),
    "broken data address": (_set("images", 0, value={"uri": "data:image/png;base64,###"}), CODE.DATA_URI),
    "unknown required extension": (_set("extensionsRequired", value=["EVIL_ext"]), CODE.UNKNOWN_EXTENSION),
    "required compression": (_set("extensionsRequired", value=["EXT_meshopt_compression"]), CODE.COMPRESSED_INPUT),
    "draco": (_draco, CODE.COMPRESSED_INPUT),
    "compressed view": (_compressed_view(TREE["accessors"][POSITION]["count"]), CODE.COMPRESSED_INPUT),
    "compressed bomb": (_compressed_view(2**40), CODE.COMPRESSED_SIZE),
    "wrong type": (_set("nodes", value={"0": {}}), CODE.SCHEMA),
    "boolean for a number": (_set("accessors", 0, "count", value=True), CODE.SCHEMA),
    "number for a name": (_set("meshes", 0, "name", value=7), CODE.SCHEMA),
    "names for a number": (_set("meshes", 0, "extras", value={"targetNames": 4}), CODE.SCHEMA),
    "glTF 1": (_set("asset", "version", value="1.0"), CODE.SCHEMA),
    "scale beyond reason": (_set("nodes", 1, "scale", value=[1e30, 1, 1]), CODE.SCHEMA),
    "scales that multiply": (
        lambda tree: [tree["nodes"][at].update(scale=[1e12, 1e12, 1e12]) for at in (0, 1, 2, 3)],
        CODE.NOT_FINITE,
    ),
    "fewer normals": (_set("accessors", HEAD["attributes"]["NORMAL"], "count", value=3), CODE.ACCESSOR_LAYOUT),
    "float indices": (_set("meshes", 0, "primitives", 0, "indices", value=POSITION), CODE.ACCESSOR_LAYOUT),
    "joints without weights": (
        lambda tree: tree["meshes"][0]["primitives"][0]["attributes"].pop("WEIGHTS_0"),
        CODE.ACCESSOR_LAYOUT,
    ),
    "fewer bind matrices": (
        _set("accessors", TREE["skins"][0]["inverseBindMatrices"], "count", value=1),
        CODE.ACCESSOR_LAYOUT,
    ),
    "joints of a smaller skin": (_set("skins", 0, "joints", value=[1, 2]), CODE.JOINT_RANGE),
    "odd number of corners": (_set("accessors", HEAD["indices"], "count", value=100), CODE.ACCESSOR_LAYOUT),
    "rig without a mesh": (lambda tree: [node.pop("mesh", None) for node in tree["nodes"]], CODE.NO_TRIANGLES),
    "sparse indices that repeat": (_sparse([0, 0]), CODE.INDEX_RANGE),
    "more sparse values than elements": (_sparse(list(range(50_000))), CODE.ACCESSOR_BOUNDS),
    "image that is text": (_set("images", 0, "bufferView", value=VIEW), CODE.IMAGE_FORMAT),
}


@pytest.fixture(autouse=True)
def bounded_memory() -> None:
    """No inspection of these small files may take another gigabyte."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_000_000


@pytest.mark.parametrize("name", HOSTILE)
def test_a_lie_in_the_tree_is_caught(name: str) -> None:
    change, code = HOSTILE[name]
    data = altered(SMALL, change, extra=bytes(64))
    found = inspect(data)
    assert code in {problem.code for problem in found.problems if problem.severity is Severity.ERROR}
    assert not found.sound
    with pytest.raises(InvalidModel) as caught:
        require_sound(data)
    assert code in {problem.code for problem in caught.value.context["problems"]}


def _element(accessor: int, value: list[float], code: str) -> bytes:
    return overwritten(SMALL, accessor, np.array([value], np.dtype(code)), at=5)


LIES_IN_THE_DATA = {
    "index out of range": (
        _element(HEAD["indices"], [2**31], "u4"),
        CODE.INDEX_RANGE,
        "/meshes/0/primitives/0/indices",
    ),
    "NaN position": (_element(POSITION, [np.nan, 0, 0], "f4"), CODE.NOT_FINITE, f"/accessors/{POSITION}"),
    "infinite morph": (
        _element(HEAD["targets"][1]["POSITION"], [0, np.inf, 0], "f4"),
        CODE.NOT_FINITE,
        f"/accessors/{HEAD['targets'][1]['POSITION']}",
    ),
    "joint out of range": (
        _element(HEAD["attributes"]["JOINTS_0"], [0, 200, 0, 0], "u1"),
        CODE.JOINT_RANGE,
        "/meshes/0/primitives/0/attributes",
    ),
    "negative weight": (
        _element(HEAD["attributes"]["WEIGHTS_0"], [2, -1, 0, 0], "f4"),
        CODE.WEIGHTS,
        "/meshes/0/primitives/0/attributes",
    ),
}


@pytest.mark.parametrize("name", LIES_IN_THE_DATA)
def test_a_lie_in_the_data_is_caught_where_it_is(name: str) -> None:
    data, code, where = LIES_IN_THE_DATA[name]
    assert (code, where) in {(problem.code, problem.where) for problem in inspect(data).problems}


def test_weights_that_do_not_sum_to_one_are_a_warning() -> None:
    found = inspect(_element(HEAD["attributes"]["WEIGHTS_0"], [0.5, 0, 0, 0], "f4"))
    assert found.sound
    assert [(problem.code, problem.severity) for problem in found.problems] == [(CODE.WEIGHTS, Severity.WARNING)]


def test_an_image_that_unfolds_is_refused_before_it_is_decoded() -> None:
    found = inspect(with_image(SMALL, png_bomb(30_000)))
    assert [problem.code for problem in found.problems] == [CODE.IMAGE_SIZE, CODE.IMAGE_SIZE]
    assert "30000 x 30000" in found.problems[0].message


@pytest.mark.parametrize("cut", [0, 10, 19, 400, len(SMALL) // 2, len(SMALL) - 1])
def test_a_truncated_file_is_a_problem_of_its_container(cut: int) -> None:
    found = inspect(SMALL[:cut])
    assert [problem.code for problem in found.problems] == [CODE.CONTAINER]


def test_a_hostile_file_cannot_make_a_report_of_its_own_size() -> None:
    found = inspect(altered(SMALL, lambda tree: tree.update(extensionsRequired=["EVIL_ext"] * 200)))
    assert len(found.problems) == 100


def test_every_message_says_how_to_mend() -> None:
    for change, _ in HOSTILE.values():
        for problem in inspect(altered(SMALL, change, extra=bytes(64))).problems:
            assert problem.message.endswith(".") and len(problem.message) > 20


@pytest.mark.parametrize(("kind", "mime"), [("PNG", "image/png"), ("JPEG", "image/jpeg"), ("WEBP", "image/webp")])
def test_image_headers_are_read_without_decoding(kind: str, mime: str) -> None:
    header = read_header(encoded(picture(48).resize((48, 20)), kind))
    assert header is not None
    assert (header.mime, header.width, header.height) == (mime, 48, 20)


def test_lossless_and_transparent_webp_headers_are_read() -> None:
    for options in ({"lossless": True}, {"exif": b"Exif\0\0"}):
        out = io.BytesIO()
        picture(33, "RGBA").save(out, "WEBP", **options)
        header = read_header(out.getvalue())
        assert header is not None and (header.width, header.height) == (33, 33)


@given(
    st.binary(max_size=200),
    st.sampled_from([b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF0000WEBP", b"\xabKTX 20\xbb\r\n\x1a\n"]),
)
def test_image_headers_never_raise(body: bytes, magic: bytes) -> None:
    read_header(magic + body)


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(SMALL) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_corruption_raises_nothing_but_avatar_errors(changes: list[tuple[int, int]]) -> None:
    data = bytearray(SMALL)
    for at, value in changes:
        data[at] = value
    inspect(bytes(data))
    with contextlib.suppress(AvatarError):
        require_sound(bytes(data))


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(found for key, child in children for found in _paths(child, (*path, key)))]


PATHS = [path for path in _paths(TREE) if path]
VALUES = [None, True, -1, 0, 3, 2**31, 1e300, 0.5, "x", [], {}, [0], [[]], {"a": 1}]


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.tuples(st.sampled_from(PATHS), st.sampled_from(VALUES)), min_size=1, max_size=3))
def test_a_tree_with_anything_anywhere_raises_nothing(changes: list[tuple[tuple[str | int, ...], Any]]) -> None:
    def change(tree: Tree) -> None:
        for path, value in changes:
            try:
                _set(*path, value=deepcopy(value))(tree)
            except (KeyError, IndexError, TypeError):
                continue  # an earlier change took this place away

    found = inspect(altered(SMALL, change))
    assert found.sound or found.problems


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _png(*header: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 8, *header))


def _jpeg(marker: int, depth: int, components: int) -> bytes:
    frame = struct.pack(">HBHHB", 8 + 3 * components, depth, 8, 8, components) + bytes(3 * components)
    return b"\xff\xd8\xff" + bytes([marker]) + frame + b"\xff\xd9"


WEBP = encoded(picture(8), "WEBP")
STRANGE_IMAGES = {
    "PNG of 3 bits": _png(3, 2, 0, 0, 0),
    "PNG of colour kind 5": _png(8, 5, 0, 0, 0),
    "PNG of an unknown packing": _png(8, 2, 1, 0, 0),
    "PNG with a damaged header": _png(8, 2, 0, 0, 0)[:-1] + b"!",
    "JPEG of 12 bits": _jpeg(0xC1, 12, 3),
    "JPEG of 2 components": _jpeg(0xC0, 8, 2),
    "JPEG in arithmetic code": _jpeg(0xC9, 8, 3),
    "WebP that is cut off": WEBP[:-10],
    "WebP that moves": WEBP[:4] + struct.pack("<I", 30) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\x02" + bytes(20),
}


@pytest.mark.parametrize("name", STRANGE_IMAGES)
def test_an_image_whose_header_its_format_forbids_is_none(name: str) -> None:
    assert read_header(STRANGE_IMAGES[name]) is None
    found = inspect(with_image(SMALL, STRANGE_IMAGES[name]))
    assert [(problem.code, problem.where) for problem in found.problems] == [(CODE.IMAGE_FORMAT, "/images/0")]


def test_images_of_every_kind_of_colour_are_read() -> None:
    for kind, modes in (("PNG", ("1", "L", "LA", "P", "RGB", "RGBA", "I;16")), ("JPEG", ("L", "RGB", "CMYK"))):
        for mode in modes:
            image = Image.new(mode, (8, 4)) if mode == "I;16" else picture(8).resize((8, 4)).convert(mode)
            header = read_header(encoded(image, kind))
            assert header is not None and (header.width, header.height) == (8, 4)
    progressive = io.BytesIO()
    picture(8).save(progressive, "JPEG", progressive=True)
    assert read_header(progressive.getvalue()) is not None
