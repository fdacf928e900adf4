"""Compressed models become what they were, within their encoder's steps; what lies inside them is caught."""

from __future__ import annotations

import base64
import contextlib
import struct
import subprocess
from collections.abc import Callable, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial import KDTree
from specimens import MORPHS, Sketch, altered, encoded, figure, pack, picture, unpack, with_image

from avatar.errors import AvatarError, InvalidModel
from avatar.gltf.gate.checks import ProblemCode, Severity
from avatar.gltf.gate.inspect import examine, inspect, require_sound
from avatar.gltf.guests import draco, meshopt
from avatar.gltf.guests.basis import Mode, encode_ktx2
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats, read_raw, view_bytes
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.images import read_header
from avatar.gltf.model.pose import placed_vertices, placements, quaternion_matrix, triangles, world_matrices

Tree = dict[str, Any]
Change = Callable[[Tree], object]

EXT, KHR, DRACO, BASIS = (
    "EXT_meshopt_compression",
    "KHR_meshopt_compression",
    "KHR_draco_mesh_compression",
    "KHR_texture_basisu",
)
CODE = ProblemCode
PERSON = figure(8, texture=16)
POSE = {"Head": quaternion_matrix(np.array([0.3, 0.1, 0.0, 1.0])), "Spine": quaternion_matrix(np.array([0, 0.2, 0, 1]))}
MOVED = {"jawOpen": 0.8, "eyeBlinkLeft": 0.5, "mouthSmileLeft": 0.4}


def _with_colours(tree: Tree) -> None:
    """COLOR_0, TEXCOORD_1 and an attribute of one's own, on accessors that are there."""
    attributes = tree["meshes"][0]["primitives"][0]["attributes"]
    attributes |= {"COLOR_0": attributes["WEIGHTS_0"], "TEXCOORD_1": attributes["TEXCOORD_0"]}
    attributes |= {"_GROWTH": attributes["NORMAL"]}


def _surface(document: Document, pose: Mapping[str, Any], morph: Mapping[str, float]) -> NDArray[np.float64]:
    """(t, 3, 3) corners of everything that is drawn, posed and morphed."""
    worlds = world_matrices(document, pose)
    parts = []
    for placement in placements(document):
        placed = placed_vertices(document, placement, worlds, morph=morph)
        parts.append(placed[triangles(document, placement.tree(document))])
    return np.concatenate(parts)


def _assert_alike(made: Document, source: Document, within: float) -> None:
    """As many triangles, and each of them where one was: ``within`` metres, posed and morphed within half a
    millimetre."""
    for pose, morph, most in (({}, {}, within), (POSE, MOVED, max(within, 5e-4))):  # weights of a byte, mostly
        before, after = _surface(source, pose, morph), _surface(made, pose, morph)
        assert len(before) == len(after)
        middles = KDTree(before.mean(axis=1)).query(after.mean(axis=1))[0]
        corners = KDTree(before.reshape(-1, 3)).query(after.reshape(-1, 3))[0]
        assert middles.max() <= most and corners.max() <= most


def _assert_plain(document: Document) -> None:
    """Nothing compressed is left, not even by name."""
    assert "compression" not in str(document.tree) and "basisu" not in str(document.tree)
    assert len(document.list("buffers")) == 1 and document.tree["buffers"][0]["byteLength"] == len(document.binary)


@pytest.fixture(scope="module")
def tool(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., bytes]:
    """What a command-line tool of node_modules makes of a GLB: its script, and options with {in} and {out}."""

    def run(data: bytes, script: str, *options: str) -> bytes:
        folder = tmp_path_factory.mktemp("tool")
        names = {"in": str(folder / "in.glb"), "out": str(folder / "out.glb")}
        Path(names["in"]).write_bytes(data)
        command = [str(toolchain.node), str(toolchain.modules / script), *(item.format(**names) for item in options)]
        subprocess.run(command, check=True, capture_output=True, timeout=60)
        return Path(names["out"]).read_bytes()

    return run


@pytest.fixture(scope="module")
def gltfpack(tool: Callable[..., bytes]) -> Callable[..., bytes]:
    return lambda *options: tool(PERSON, "gltfpack/cli.js", "-i", "{in}", "-o", "{out}", "-kn", "-km", *options)


@pytest.fixture(scope="module")
def packed(gltfpack: Callable[..., bytes]) -> bytes:
    """Quantised and meshopt-compressed by gltfpack."""
    return gltfpack("-cc")


@pytest.fixture(scope="module")
def squeezed(tool: Callable[..., bytes]) -> bytes:
    """Draco by gltf-transform: the head sequential, since it has morphs, the body by edgebreaker."""
    source = altered(PERSON, _with_colours)
    return tool(source, "@gltf-transform/cli/bin/cli.js", "draco", "{in}", "{out}")


# --- round trips ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "name", "within"),
    [
        (("-cc",), EXT, 2e-4),
        (("-cz", "-ce", "khr"), KHR, 2e-4),  # the second version of the vertex format
        (("-c", "-noq"), EXT, 1e-7),
        (("-cc", "-vpf", "-vnf", "-vtf"), EXT, 2e-4),  # EXPONENTIAL
        (("-cc", "-vi"), EXT, 2e-4),  # several accessors in one view
    ],
    ids=["quantised", "khr", "exact", "floats", "interleaved"],
)
def test_what_gltfpack_compressed_is_what_it_was(
    options: tuple[str, ...], name: str, within: float, gltfpack: Callable[..., bytes], sidecar: Sidecar
) -> None:
    data = gltfpack(*options)
    assert name in unpack(data)[0]["extensionsRequired"]
    found, document = examine(data, sidecar)
    source = require_sound(PERSON)
    _assert_plain(document)
    _assert_alike(document, source, within)
    assert found.morphs == MORPHS and found.animations == ("nod",) and len(found.textures) == 3
    assert validate(write_glb(document), sidecar).errors == 0


def test_an_animation_survives_its_filter(packed: bytes, sidecar: Sidecar) -> None:
    """gltfpack stores rotations by the filter QUATERNION, resampled at 30 a second."""
    tree = unpack(packed)[0]
    assert "QUATERNION" in {view.get("extensions", {}).get(EXT, {}).get("filter") for view in tree["bufferViews"]}
    document = require_sound(packed, sidecar)
    (animation,) = document.list("animations")
    (channel,) = animation["channels"]
    assert document.list("nodes")[channel["target"]["node"]]["name"] == "Head"
    sampler = animation["samplers"][channel["sampler"]]
    times, turns = read_floats(document, sampler["input"])[:, 0], read_floats(document, sampler["output"])
    assert times[0] == 0 and times[-1] == pytest.approx(1)
    assert turns[0] == pytest.approx([0, 0, 0, 1], abs=1e-3)
    assert turns[-1] == pytest.approx([0, np.sin(0.2), 0, np.cos(0.2)], abs=1e-3)


def test_what_draco_compressed_is_what_it_was(squeezed: bytes, sidecar: Sidecar) -> None:
    tree = unpack(squeezed)[0]
    methods = [view_bytes(Document(*unpack(squeezed)), number)[8] for number in _draco_views(tree)]
    assert methods == [0, 1]  # sequential and edgebreaker
    source = require_sound(PERSON)
    found, document = examine(squeezed, sidecar)
    _assert_plain(document)
    _assert_alike(document, source, 3e-4)
    assert found.sound and found.morphs == MORPHS
    assert len(document.list("accessors")) == len(tree["accessors"])
    before = source.list("meshes")[0]["primitives"][0]["attributes"]
    after = document.list("meshes")[0]["primitives"][0]["attributes"]
    places = [
        np.concatenate([read_floats(item, names[name]) for name in ("POSITION", "TEXCOORD_0")], axis=1)
        for item, names in ((source, before), (document, after))
    ]
    near, rows = KDTree(places[0]).query(places[1])  # gltf-transform orders vertices anew
    assert near.max() < 1e-3
    for name, twin in (("COLOR_0", "WEIGHTS_0"), ("TEXCOORD_1", "TEXCOORD_0"), ("_GROWTH", "NORMAL")):
        difference = read_floats(document, after[name]) - read_floats(source, before[twin])[rows]
        assert np.abs(difference).max() < 0.01
    assert np.array_equal(read_raw(document, after["JOINTS_0"]), read_raw(source, before["JOINTS_0"])[rows])
    issues = validate(write_glb(document), sidecar)
    assert {issue.code for issue in issues.issues if issue.severity == "error"} <= {"ACCESSOR_WEIGHTS_NON_NORMALIZED"}


def _draco_views(tree: Tree) -> list[int]:
    return [primitive["extensions"][DRACO]["bufferView"] for mesh in tree["meshes"] for primitive in mesh["primitives"]]


def test_primitives_share_a_draco_mesh(squeezed: bytes, sidecar: Sidecar) -> None:
    """One with accessors of its own, one with the same; the mesh is decoded once for all."""

    def change(tree: Tree) -> None:
        first = tree["meshes"][1]["primitives"][0]
        other = deepcopy(first)
        for name in ("POSITION", "NORMAL"):
            tree["accessors"].append(deepcopy(tree["accessors"][first["attributes"][name]]))
            other["attributes"][name] = len(tree["accessors"]) - 1
        tree["accessors"].append({**tree["accessors"][first["indices"]], "componentType": 5125})
        other["indices"] = len(tree["accessors"]) - 1
        tree["meshes"][1]["primitives"] += [other, deepcopy(first)]

    document = require_sound(altered(squeezed, change), sidecar)
    one, other, same = document.list("meshes")[1]["primitives"]
    assert one == same
    for key in ("POSITION", "NORMAL"):
        mine, theirs = (read_raw(document, primitive["attributes"][key]) for primitive in (one, other))
        assert np.array_equal(mine, theirs)
    assert np.array_equal(triangles(document, one), triangles(document, other))
    views = [document.list("accessors")[item["attributes"]["POSITION"]]["bufferView"] for item in (one, other)]
    assert views[0] == views[1]


def test_nothing_else_is_lost(packed: bytes, squeezed: bytes, sidecar: Sidecar) -> None:
    """Numbers, extras and extensions stay, whoever understands them."""
    vrm = {"humanoid": {"humanBones": [{"bone": "head", "node": 3}]}, "meta": {"texture": 1}}

    def change(tree: Tree) -> None:
        tree["extensions"] = {"VRM": vrm}
        tree["extensionsUsed"] = [*tree.get("extensionsUsed", ()), "VRM"]
        tree["bufferViews"][0].setdefault("extensions", {})["X_note"] = {"a": 1}
        tree["buffers"][0]["extras"] = {"b": 2}

    for data in (packed, squeezed, PERSON):
        given = altered(data, change)
        before, after = unpack(given)[0], require_sound(given, sidecar).tree
        kinds = ("nodes", "skins", "materials", "textures", "images", "animations", "extensions", "scenes", "scene")
        for kind in kinds:
            assert kind == "images" or before.get(kind) == after.get(kind), kind
        assert [image["bufferView"] for image in before["images"]] == [item["bufferView"] for item in after["images"]]
        assert after["bufferViews"][0]["extensions"] == {"X_note": {"a": 1}}
        assert "VRM" in after["extensionsUsed"]
        for mine, theirs in zip(before["meshes"], after["meshes"], strict=True):
            assert all(mine.get(key) == theirs.get(key) for key in ("extras", "name", "weights"))
            for one, other in zip(mine["primitives"], theirs["primitives"], strict=True):
                assert {key: one.get(key) for key in ("attributes", "targets", "indices")} == {
                    key: other.get(key) for key in ("attributes", "targets", "indices")
                }


def test_a_plain_model_stays_byte_for_byte(sidecar: Sidecar) -> None:
    assert require_sound(PERSON, sidecar) == require_sound(PERSON) == Document(*unpack(PERSON))


# --- views compressed here --------------------------------------------------------------------------------------------


def _compress(data: bytes, sidecar: Sidecar, views: Mapping[int, Mapping[str, Any]], name: str = EXT) -> bytes:
    """``data`` with some ``views`` compressed, each as it says; their plain data are gone."""
    tree, binary = unpack(data)
    raws = {}
    for number, how in views.items():
        view = tree["bufferViews"][number]
        start, stride = view["byteOffset"], how["byteStride"]
        data = binary[start : start + view["byteLength"]]
        raws[number] = meshopt.RawView(data, len(data) // stride, stride, how["mode"], how.get("filter", "NONE"))
    payloads = meshopt.encode(sidecar, list(raws.values()))
    lost, offset = bytearray(binary), 0
    for (number, raw), payload in zip(raws.items(), payloads, strict=True):
        view, start = tree["bufferViews"][number], len(lost)
        lost[view["byteOffset"] : view["byteOffset"] + view["byteLength"]] = bytes(view["byteLength"])
        claim = {"buffer": 0, "byteOffset": start, "byteLength": len(payload), "count": raw.count, **views[number]}
        view |= {"buffer": 1, "byteOffset": offset, "extensions": {name: claim}}
        offset += view["byteLength"] + -view["byteLength"] % 4
        lost += payload + bytes(-len(payload) % 4)
    tree["buffers"] = [{"byteLength": len(lost)}, {"byteLength": offset, "extensions": {name: {"fallback": True}}}]
    tree["extensionsUsed"] = tree["extensionsRequired"] = [name]
    return pack(tree, bytes(lost))


TREE, BINARY = unpack(PERSON)
HEAD = TREE["meshes"][0]["primitives"][0]


def _view(accessor: int, tree: Tree = TREE) -> int:
    return int(tree["accessors"][accessor]["bufferView"])


INDICES = {_view(HEAD["indices"]): {"byteStride": 4, "mode": "TRIANGLES"}}
POSITIONS = {_view(HEAD["attributes"]["POSITION"]): {"byteStride": 12, "mode": "ATTRIBUTES"}}
TIMES = {_view(TREE["animations"][0]["samplers"][0]["input"]): {"byteStride": 4, "mode": "ATTRIBUTES"}}
MATRICES = {_view(TREE["skins"][0]["inverseBindMatrices"]): {"byteStride": 64, "mode": "ATTRIBUTES"}}


@pytest.mark.parametrize("name", [EXT, KHR])
def test_views_of_every_use_are_decoded_exactly(name: str, sidecar: Sidecar) -> None:
    sequence = {_view(TREE["meshes"][1]["primitives"][0]["indices"]): {"byteStride": 4, "mode": "INDICES"}}
    data = _compress(PERSON, sidecar, POSITIONS | TIMES | MATRICES | sequence, name)
    document, source = require_sound(data, sidecar), require_sound(PERSON)
    _assert_plain(document)
    for at in range(len(source.list("accessors"))):
        assert np.array_equal(read_raw(document, at), read_raw(source, at))


def test_a_sparse_accessor_reads_from_compressed_views(sidecar: Sidecar) -> None:
    """Its indices and values lie behind one another in one compressed view."""
    rows, values = np.array([3, 5, 9, 0], np.uint16), np.arange(9, dtype=np.float32).reshape(3, 3) / 100
    target = HEAD["targets"][3]["POSITION"]

    def change(tree: Tree) -> None:
        start = len(BINARY)
        tree["buffers"][0]["byteLength"] = start + 44
        tree["bufferViews"].append({"buffer": 0, "byteOffset": start, "byteLength": 44})
        view = len(tree["bufferViews"]) - 1
        sparse = {"count": 3, "indices": {"bufferView": view, "componentType": 5123}}
        tree["accessors"][target]["sparse"] = {**sparse, "values": {"bufferView": view, "byteOffset": 8}}

    plain = altered(PERSON, change, extra=rows.tobytes() + values.tobytes())
    sparse = {len(TREE["bufferViews"]): {"byteStride": 4, "mode": "ATTRIBUTES"}}
    data = _compress(plain, sidecar, sparse | {_view(target): {"byteStride": 12, "mode": "ATTRIBUTES"}})
    moved = read_raw(require_sound(data, sidecar), target)
    assert np.array_equal(moved[[3, 5, 9]], values)
    assert np.flatnonzero(moved.any(axis=1)).tolist() == [3, 5, 9]


def test_plain_data_beside_compressed_ones_are_taken_unless_the_codec_is_required(sidecar: Sidecar) -> None:
    damaged = {**POSITIONS[next(iter(POSITIONS))], "buffer": 0, "byteOffset": 0, "byteLength": 200}
    number = next(iter(POSITIONS))
    damaged["count"] = TREE["bufferViews"][number]["byteLength"] // 12

    def change(tree: Tree) -> None:
        tree["bufferViews"][number]["extensions"] = {EXT: damaged}
        tree["extensionsUsed"] = [EXT]

    document = require_sound(altered(PERSON, change), sidecar)
    _assert_plain(document)
    mine, theirs = (read_raw(item, HEAD["attributes"]["POSITION"]) for item in (document, require_sound(PERSON)))
    assert np.array_equal(mine, theirs)
    found = inspect(altered(PERSON, _both(change, lambda tree: tree.update(extensionsRequired=[EXT]))), sidecar)
    assert [(problem.code, problem.where) for problem in found.problems] == [
        (CODE.COMPRESSED_DATA, f"/bufferViews/{number}")
    ]


def test_buffers_in_addresses_are_folded_with_what_is_compressed(packed: bytes, sidecar: Sidecar) -> None:
    """The compressed data in a data: buffer, the views in one that has none and says nothing of it."""
    tree, binary = unpack(packed)
    address = "data:application/octet-stream;base64," + base64.b64encode(binary).decode()
    tree["buffers"] = [{"byteLength": 4}, {"byteLength": len(binary), "uri": address}, {"byteLength": 2**24}]
    for view in tree["bufferViews"]:
        view["buffer"] = {0: 1, 1: 2}[view["buffer"]]
        for claim in view.get("extensions", {}).values():
            claim["buffer"] = 1
    document = require_sound(pack(tree, bytes(4)), sidecar)
    _assert_plain(document)
    _assert_alike(document, require_sound(packed, sidecar), 0)


# --- without codecs ---------------------------------------------------------------------------------------------------


def test_without_a_sidecar_all_is_told_that_needs_no_decoding(packed: bytes, squeezed: bytes, sidecar: Sidecar) -> None:
    for data, name in ((packed, EXT), (squeezed, DRACO)):
        bare, whole = inspect(data), inspect(data, sidecar)
        assert [(problem.code, name in problem.message) for problem in bare.problems] == [(CODE.COMPRESSED_INPUT, True)]
        told = {"problems", "bounds"}
        assert bare.model_dump(exclude=told) == whole.model_dump(exclude=told)
        assert whole.bounds is not None and whole.sound
        with pytest.raises(InvalidModel, match="sidecar"):
            require_sound(data)


# --- what lies inside -------------------------------------------------------------------------------------------------


def _claim(**changes: Any) -> Change:
    """The first compressed view, which is of vertices, says something else."""
    return lambda tree: _coded(tree)["extensions"][EXT].update(changes)


def _coded(tree: Tree, mode: str = "ATTRIBUTES") -> Tree:
    """The first view that is compressed in this mode."""
    views: list[Tree] = tree["bufferViews"]
    return next(view for view in views if view.get("extensions", {}).get(EXT, {}).get("mode") == mode)


def _of_primitive(change: Callable[[Tree, Tree], object]) -> Change:
    return lambda tree: change(tree, tree["meshes"][0]["primitives"][0])


def _both(*changes: Change) -> Change:
    return lambda tree: [change(tree) for change in changes]


MESHOPT_LIES: dict[str, tuple[Change, ProblemCode]] = {
    "unknown mode": (_claim(mode="POINTS"), CODE.SCHEMA),
    "unknown filter": (_claim(filter="LZ"), CODE.SCHEMA),
    "no such buffer": (_claim(buffer=7), CODE.REFERENCE),
    "payload past its buffer": (_claim(byteOffset=2**40), CODE.VIEW_BOUNDS),
    "payload in the empty buffer": (_claim(buffer=1, byteOffset=0), CODE.BUFFER_BOUNDS),
    "huge count": (_claim(count=2**40), CODE.COMPRESSED_SIZE),
    "huge count, and a view as huge": (
        _both(
            _claim(count=2**28, byteStride=16),
            lambda tree: _coded(tree).update(byteLength=2**32),
            lambda tree: tree["buffers"][1].update(byteLength=2**33),
        ),
        CODE.COMPRESSED_SIZE,
    ),
    "fewer elements": (_claim(count=1), CODE.COMPRESSED_SIZE),
    "stride that is no multiple of 4": (_claim(byteStride=6), CODE.COMPRESSED_DATA),
    "stride over 256": (_claim(byteStride=260), CODE.COMPRESSED_DATA),
    "filter of another stride": (_claim(filter="OCTAHEDRAL", byteStride=12), CODE.COMPRESSED_DATA),
    "filter on triangles": (
        lambda tree: _coded(tree, "TRIANGLES")["extensions"][EXT].update(filter="EXPONENTIAL"),
        CODE.COMPRESSED_DATA,
    ),
    "triangles of 8 bytes": (
        lambda tree: _coded(tree, "TRIANGLES")["extensions"][EXT].update(byteStride=8),
        CODE.COMPRESSED_DATA,
    ),
    "attributes as triangles": (_claim(mode="TRIANGLES", filter="NONE", byteStride=4), CODE.COMPRESSED_SIZE),
    "triangles as a sequence": (
        lambda tree: _coded(tree, "TRIANGLES")["extensions"][EXT].update(mode="INDICES"),
        CODE.COMPRESSED_DATA,
    ),
    "truncated payload": (_claim(byteLength=40), CODE.COMPRESSED_DATA),
    "another payload": (_claim(byteOffset=4), CODE.COMPRESSED_DATA),
    "plain view in the empty buffer": (
        lambda tree: tree["bufferViews"].append({"buffer": 1, "byteLength": 4}),
        CODE.BUFFER_BOUNDS,
    ),
    "two extensions at once": (
        lambda tree: _coded(tree)["extensions"].update({KHR: _coded(tree)["extensions"][EXT]}),
        CODE.SCHEMA,
    ),
    "an image in it": (
        lambda tree: tree["images"][0].update(bufferView=tree["bufferViews"].index(_coded(tree))),
        CODE.COMPRESSED_DATA,
    ),
}


@pytest.mark.parametrize("name", MESHOPT_LIES)
def test_a_lie_about_meshopt_data_is_caught(name: str, packed: bytes, sidecar: Sidecar) -> None:
    change, code = MESHOPT_LIES[name]
    _assert_caught(altered(packed, change), code, sidecar)


def _assert_caught(data: bytes, code: ProblemCode, sidecar: Sidecar) -> None:
    child = sidecar.pid
    found = inspect(data, sidecar)
    assert code in {problem.code for problem in found.problems if problem.severity is Severity.ERROR}
    assert all(problem.where and problem.message.endswith(".") for problem in found.problems)
    with pytest.raises(InvalidModel):
        require_sound(data, sidecar)
    assert sidecar.pid == child  # nothing broke that had to be started again


def test_the_same_compressed_data_cannot_be_unpacked_over_and_over(
    packed: bytes, squeezed: bytes, sidecar: Sidecar
) -> None:
    def views(tree: Tree) -> None:
        size = tree["buffers"][0]["byteLength"]
        claim = {"buffer": 0, "byteLength": size, "byteStride": 4, "count": 1, "mode": "ATTRIBUTES"}
        tree["bufferViews"] += [{"buffer": 1, "byteLength": 4, "extensions": {EXT: claim}}] * 8000

    def meshes(tree: Tree) -> None:
        size, first = tree["buffers"][0]["byteLength"], len(tree["bufferViews"])
        tree["bufferViews"] += [{"buffer": 0, "byteLength": size}] * 1200
        part = tree["meshes"][1]["primitives"][0]
        parts = [
            {**part, "extensions": {DRACO: {"bufferView": first + number, "attributes": {"POSITION": 0}}}}
            for number in range(1200)
        ]
        tree["meshes"] += [{"primitives": parts[start : start + 200]} for start in range(0, 1200, 200)]

    _assert_caught(altered(packed, views), CODE.COMPRESSED_SIZE, sidecar)
    _assert_caught(altered(squeezed, meshes), CODE.COMPRESSED_SIZE, sidecar)


def _second_mesh_of_the_first(tree: Tree) -> None:
    """The body says that it lies in the head's Draco data."""
    first, other = (tree["meshes"][m]["primitives"][0]["extensions"][DRACO] for m in (0, 1))
    other["bufferView"] = first["bufferView"]


def _smaller_body(tree: Tree) -> None:
    body = tree["meshes"][1]["primitives"][0]
    for at in body["attributes"].values():
        tree["accessors"][at]["count"] -= 1


def _fewer_triangles(tree: Tree) -> None:
    tree["accessors"][tree["meshes"][1]["primitives"][0]["indices"]]["count"] -= 3


def _huge(tree: Tree) -> None:
    primitive = tree["meshes"][0]["primitives"][0]
    tree["accessors"][primitive["indices"]]["count"] = 2_400_000
    primitive.pop("targets")
    for at in primitive["attributes"].values():
        tree["accessors"][at]["count"] = 1_000_000


def _short_indices(tree: Tree) -> None:
    tree["accessors"][tree["meshes"][0]["primitives"][0]["indices"]]["componentType"] = 5121


DRACO_LIES: dict[str, tuple[Change, ProblemCode]] = {
    "no such view": (_of_primitive(lambda _, p: p["extensions"][DRACO].update(bufferView=999)), CODE.REFERENCE),
    "no attributes": (_of_primitive(lambda _, p: p["extensions"][DRACO].update(attributes={})), CODE.SCHEMA),
    "an attribute that the primitive lacks": (
        _of_primitive(lambda _, p: p["extensions"][DRACO]["attributes"].update(TEXCOORD_7=0)),
        CODE.COMPRESSED_DATA,
    ),
    "an attribute that the data lack": (
        _of_primitive(lambda _, p: p["extensions"][DRACO]["attributes"].update(POSITION=77)),
        CODE.COMPRESSED_DATA,
    ),
    "attributes exchanged": (
        _of_primitive(lambda _, p: p["extensions"][DRACO]["attributes"].update(POSITION=_uv(p))),
        CODE.COMPRESSED_DATA,
    ),
    "strips": (_of_primitive(lambda _, p: p.update(mode=5)), CODE.COMPRESSED_DATA),
    "no indices": (_of_primitive(lambda _, p: p.pop("indices")), CODE.COMPRESSED_DATA),
    "other Draco data": (_second_mesh_of_the_first, CODE.COMPRESSED_DATA),
    "fewer vertices": (_smaller_body, CODE.COMPRESSED_DATA),
    "fewer triangles": (_fewer_triangles, CODE.COMPRESSED_DATA),
    "huge counts": (_huge, CODE.COMPRESSED_DATA),
    "indices in a byte": (_short_indices, CODE.COMPRESSED_DATA),
    "an image for Draco data": (
        lambda tree: tree["meshes"][1]["primitives"][0]["extensions"][DRACO].update(
            bufferView=tree["images"][0]["bufferView"]
        ),
        CODE.COMPRESSED_DATA,
    ),
    "joints of a smaller skin": (lambda tree: tree["skins"][0]["joints"].pop(), CODE.JOINT_RANGE),
}


def _uv(primitive: Tree) -> int:
    return int(primitive["extensions"][DRACO]["attributes"]["TEXCOORD_0"])


@pytest.mark.parametrize("name", DRACO_LIES)
def test_a_lie_about_draco_data_is_caught(name: str, squeezed: bytes, sidecar: Sidecar) -> None:
    change, code = DRACO_LIES[name]
    _assert_caught(altered(squeezed, change), code, sidecar)


def test_values_are_checked_once_they_are_decoded(sidecar: Sidecar) -> None:
    """Triangle corners past the vertices, joints past the skin and NaN hide inside meshopt data."""
    joints = {_view(HEAD["attributes"]["JOINTS_0"]): {"byteStride": 4, "mode": "ATTRIBUTES"}}
    for accessor, views, value, code in (
        (HEAD["indices"], INDICES, np.uint32(70_000), CODE.INDEX_RANGE),
        (HEAD["attributes"]["JOINTS_0"], joints, np.uint8(77), CODE.JOINT_RANGE),
        (HEAD["attributes"]["POSITION"], POSITIONS, np.float32(np.nan), CODE.NOT_FINITE),
    ):
        tree, binary = unpack(PERSON)
        start = tree["bufferViews"][_view(accessor)]["byteOffset"]
        bad = binary[:start] + value.tobytes() + binary[start + value.nbytes :]
        _assert_caught(_compress(pack(tree, bad), sidecar, views), code, sidecar)


def _groups(number: int) -> bytes:
    """``number`` in groups of seven bits, as Draco writes it."""
    groups = bytearray()
    while number > 127:
        groups.append(number & 127 | 128)
        number >>= 7
    return bytes([*groups, number])


@pytest.mark.parametrize(("attributes", "components"), [(1, 3), (1, 255), (127, 64)])
def test_draco_data_cannot_claim_the_memory_of_the_machine(attributes: int, components: int, sidecar: Sidecar) -> None:
    """4 million vertices with up to 127 attributes of 64 doubles each, in a kilobyte."""
    vertices = 4_000_000
    data = b"DRACO\x02\x02\x01\x00\0\0" + _groups(1) + _groups(vertices) + b"\x01" + struct.pack("<3I", 0, 1, 2)
    claims = [bytes([0 if number == 0 else 4, 10, components, 0]) + _groups(number) for number in range(attributes)]
    data += b"\x01" + _groups(attributes) + b"".join(claims) + bytes(attributes + 100)
    sketch = Sketch()
    claim = {"bufferView": sketch.view(data), "attributes": {"POSITION": 0}}
    sketch.tree |= {
        "accessors": [
            {"componentType": 5126, "type": "VEC3", "count": vertices},
            {"componentType": 5125, "type": "SCALAR", "count": 3},
        ],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}, "indices": 1, "extensions": {DRACO: claim}}]}],
        "nodes": [{"mesh": 0}],
        "extensionsRequired": [DRACO],
    }
    sidecar.call("host.ping")
    _assert_caught(sketch.glb(), CODE.COMPRESSED_DATA, sidecar)


@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    deadline=None,
)
@given(
    draconic=st.booleans(),
    changes=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), min_size=1, max_size=9),
)
def test_damaged_data_raise_nothing_but_avatar_errors(
    packed: bytes, squeezed: bytes, sidecar: Sidecar, draconic: bool, changes: list[tuple[float, int]]
) -> None:
    tree, binary = unpack(squeezed if draconic else packed)
    raw = bytearray(binary)
    for at, value in changes:
        raw[int(at * len(raw))] = value
    with contextlib.suppress(AvatarError):
        require_sound(pack(tree, bytes(raw)), sidecar)
    assert sidecar.call("host.ping").header == {}


@given(st.binary(max_size=80), st.sampled_from([b"", b"DRACO\x02\x02\x01\x00\0\0", b"DRACO\x02\x02\x01\x01\0\x80"]))
def test_draco_headers_never_raise(body: bytes, head: bytes) -> None:
    draco.read_header(head + body)


def test_draco_headers_are_read_behind_metadata() -> None:
    entry = b"\x02ab" + b"\x03xyz"
    below = b"\x01" + entry + b"\x00"  # one entry, nothing below
    element = b"\x01" + entry + b"\x02" + b"\x01c" + below + b"\x01d" + below
    metadata = b"\x01" + b"\x05" + element + element  # of attribute 5, of the mesh
    counts = b"\xac\x02" + b"\x07"  # 300 and 7
    head = b"DRACO\x02\x02\x01" + b"\x00" + struct.pack("<H", 0x8000)
    assert draco.read_header(head + metadata + counts) == draco.DracoHeader(300, 7)
    edgebreaker = b"DRACO\x02\x02\x01" + b"\x01\0\0" + b"\x00" + b"\x09" + counts
    assert draco.read_header(edgebreaker) == draco.DracoHeader(300, None)
    assert draco.read_header(b"DRACO\x02\x01\x01" + b"\x00\0\0" + counts) is None  # 2.1


# --- images -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=list(Mode))
def basis(request: pytest.FixtureRequest, toolchain: Toolchain) -> bytes:
    pixels = np.asarray(picture(32))
    return encode_ktx2(pixels, request.param, srgb=True, toolchain=toolchain)


def _through_basis(tree: Tree) -> None:
    tree["textures"][0] = {"extensions": {BASIS: {"source": 0}}, "sampler": 0, "name": "skin"}
    tree["samplers"] = [{}]
    tree["images"][0]["mimeType"] = "image/ktx2"
    tree["extensionsUsed"] = tree["extensionsRequired"] = [BASIS]


def test_a_ktx2_image_becomes_a_png(basis: bytes, sidecar: Sidecar) -> None:
    data = altered(with_image(PERSON, basis), _through_basis)
    found, document = examine(data, sidecar)
    assert (found.textures[0].mime, found.textures[0].width) == ("image/ktx2", 32)
    _assert_plain(document)
    image = document.list("images")[0]
    header = read_header(view_bytes(document, image["bufferView"]))
    assert header is not None and (header.mime, header.width, header.height) == (image["mimeType"], 32, 32)
    assert document.list("textures")[0] == {"source": 0, "sampler": 0, "name": "skin"}
    others = [(item.list("images")[1:], item.list("materials")) for item in (document, require_sound(PERSON))]
    assert [image["mimeType"] for image in others[0][0]] == [image["mimeType"] for image in others[1][0]]
    assert validate(write_glb(document), sidecar).errors == 0


def test_without_a_sidecar_ktx2_is_described_but_not_decoded(basis: bytes) -> None:
    data = altered(with_image(PERSON, basis), _through_basis)
    assert inspect(data).sound
    with pytest.raises(InvalidModel, match=BASIS) as caught:
        require_sound(data)
    assert [problem.code for problem in caught.value.context["problems"]] == [CODE.COMPRESSED_INPUT]


@pytest.mark.parametrize(
    ("offset", "value", "code"),
    [
        (12, 37, CODE.IMAGE_FORMAT),  # vkFormat: R8G8B8A8
        (20, 2**31, CODE.IMAGE_SIZE),  # width
        (28, 2**20, CODE.IMAGE_FORMAT),  # depth
        (32, 2**20, CODE.IMAGE_FORMAT),  # layers
        (36, 6, CODE.IMAGE_FORMAT),  # faces
        (40, 40, CODE.IMAGE_FORMAT),  # levels
        (44, 9, CODE.IMAGE_FORMAT),  # supercompression
        (80, 2**31, CODE.IMAGE_FORMAT),  # where the first level lies
    ],
)
def test_a_lie_in_a_ktx2_header_is_caught_before_it_is_decoded(
    offset: int, value: int, code: ProblemCode, basis: bytes, sidecar: Sidecar
) -> None:
    lie = basis[:offset] + struct.pack("<I", value) + basis[offset + 4 :]
    data = altered(with_image(PERSON, lie), _through_basis)
    assert code in {problem.code for problem in inspect(data, sidecar).problems}


def test_damage_inside_a_ktx2_image_is_an_error_of_that_image(basis: bytes, sidecar: Sidecar) -> None:
    body = len(basis) * 3 // 4
    data = altered(with_image(PERSON, basis[:body]), _through_basis)
    with pytest.raises(AvatarError):
        require_sound(data, sidecar)


def test_a_picture_that_ktx2_stands_beside_is_taken_as_it_is(basis: bytes, sidecar: Sidecar) -> None:
    """A texture with a plain image for readers without the codec: that one has lost nothing."""

    def change(tree: Tree) -> None:
        tree["images"].append({**tree["images"][0]})
        tree["textures"][1]["extensions"] = {BASIS: {"source": len(tree["images"]) - 1}}
        tree["extensionsUsed"] = [BASIS]

    document = require_sound(altered(with_image(PERSON, basis), change), sidecar)
    assert document.list("textures")[1] == {"source": 1}
    _assert_plain(document)


def test_webp_is_taken(sidecar: Sidecar) -> None:
    data = with_image(PERSON, encoded(picture(40), "WEBP"))
    found, document = examine(data, sidecar)
    assert (found.textures[0].mime, found.textures[0].width) == ("image/webp", 40)
    assert document == require_sound(data)
