"""A catalogue of hostile files: what each tries, its bytes, and what it gets.

``docs/safety.md`` holds the same list; ``python tests/gltf/hostile.py`` prints the table.
"""

from __future__ import annotations

import base64
import json
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from PIL import Image
from specimens import altered, encoded, figure, overwritten, picture, png_bomb, unpack, with_image

from avatar.gltf.gate.checks import ProblemCode

Tree = dict[str, Any]
Make = Callable[[], bytes]
Change = Callable[[Tree], object]

TAKEN: Final = "taken"  # it is harmless once it went through: the level made of it must be valid

SMALL: Final = figure(6, texture=16)
TREE, BINARY = unpack(SMALL)
HEAD: Final = TREE["meshes"][0]["primitives"][0]
POSITION: Final = HEAD["attributes"]["POSITION"]
VIEW: Final = TREE["accessors"][POSITION]["bufferView"]
NODES: Final = len(TREE["nodes"])


@dataclass(frozen=True, slots=True)
class Hostile:
    """``code``: that of an error among the problems which ``inspect`` reports, or ``TAKEN``."""

    group: str
    tries: str
    make: Make
    code: str


CATALOGUE: Final[dict[str, Hostile]] = {}


def _add(group: str, name: str, tries: str, make: Make | bytes, code: str) -> None:
    if name in CATALOGUE:
        raise ValueError(f"{name} is there twice")
    CATALOGUE[name] = Hostile(group, tries, (lambda: make) if isinstance(make, bytes) else make, str(code))


def _tree(group: str, name: str, tries: str, change: Change, code: str, extra: bytes = bytes(64)) -> None:
    """One that differs from a sound model in its tree alone."""
    _add(group, name, tries, lambda: altered(SMALL, change, extra), code)


def put(*path: str | int, value: Any) -> Change:
    """A change that puts ``value`` at ``path``."""

    def change(tree: Tree) -> None:
        node: Any = tree
        for key in path[:-1]:
            node = node[key]
        node[path[-1]] = value

    return change


def container(text: bytes, binary: bytes = BINARY, *, lie: int = 0) -> bytes:
    """A GLB of any text, whose header may be off by ``lie`` bytes."""
    text += b" " * (-len(text) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks) + lie) + chunks


def _text(change: Callable[[str], str]) -> bytes:
    return container(change(json.dumps(TREE)).encode("utf-8", "surrogatepass"))


# --- the container ----------------------------------------------------------------------------------------------------

C = ProblemCode
_IN = "container"
_add(_IN, "nothing", "An empty file.", b"", C.CONTAINER)
_add(_IN, "archive", "A ZIP that calls itself GLB.", b"PK\x03\x04" + bytes(100), C.CONTAINER)
_add(_IN, "half a header", "Ends inside the header.", SMALL[:10], C.CONTAINER)
_add(_IN, "half a text", "Ends inside the JSON chunk.", SMALL[:400], C.CONTAINER)
_add(_IN, "half a file", "Ends inside the binary chunk.", SMALL[: len(SMALL) // 2], C.CONTAINER)
_add(
    _IN,
    "length that lies",
    "The header says 4 GB.",
    SMALL[:8] + struct.pack("<I", 0xFFFFFFF0) + SMALL[12:],
    C.CONTAINER,
)
_add(
    _IN, "chunk that lies", "The first chunk says 4 GB.", SMALL[:12] + struct.pack("<I", 0xFFFFFFF0) + SMALL[16:],
    C.CONTAINER,
)  # fmt: skip
_add(_IN, "more than it says", "Bytes follow the end that the header tells.", SMALL + b"more", C.CONTAINER)
_add(_IN, "version 1", "glTF 1 in the header.", SMALL[:4] + struct.pack("<I", 1) + SMALL[8:], C.CONTAINER)
_add(
    _IN,
    "binary first",
    "The first chunk is not JSON.",
    struct.pack("<4sIII4s4s", b"glTF", 2, 24, 4, b"BIN\0", b"\0\0\0\0"),
    C.CONTAINER,
)
_add(
    _IN,
    "a thousand chunks",
    "Chunk after chunk.",
    struct.pack("<4sII", b"glTF", 2, 12 + 8 * 1000) + struct.pack("<I4s", 0, b"JSON") * 1000,
    C.CONTAINER,
)

# --- the text ---------------------------------------------------------------------------------------------------------

_IN = "JSON"
_add(_IN, "no text", "A JSON chunk of no bytes.", container(b""), C.JSON)
_add(_IN, "not JSON", "Python instead.", container(b"{'asset': None}"), C.JSON)
_add(_IN, "a list", "An array where the object should be.", container(b"[1]"), C.JSON)
_add(_IN, "a hundred thousand brackets", "Nesting that ends a recursive parser.", container(b"[" * 100_000), C.JSON)
_add(
    _IN,
    "brackets behind strings",
    "The same nesting among quotes and escapes.",
    container(b'{"a\\"[{":' + b'[{"]":' * 40_000),
    C.JSON,
)
_add(
    _IN, "a million values", "An array that unfolds to a gigabyte.", container(b"[" + b"0," * 1_500_000 + b"0]"), C.JSON
)
_add(_IN, "9 MB of text", "More text than any avatar has.", container(b'{"a":"' + b"x" * 9 * 2**20 + b'"}'), C.JSON)
_add(_IN, "string without an end", "A quote that nothing closes.", container(b'{"a":"' + b'\\"' * 100_000), C.JSON)
_add(_IN, "NaN", "A number that is none.", _text(lambda text: text.replace("0.9", "NaN", 1)), C.JSON)
_add(_IN, "infinity", "A number without end.", _text(lambda text: text.replace("0.9", "-Infinity", 1)), C.JSON)
_add(_IN, "1e999", "A number beyond any float.", _text(lambda text: text.replace("0.9", "1e999", 1)), C.JSON)
_add(
    _IN,
    "a thousand digits",
    "An integer that takes quadratic time.",
    _text(lambda text: text.replace("0.9", "9" * 100_000, 1)),
    C.JSON,
)
_add(
    _IN,
    "the same key twice",
    "Readers disagree which address counts.",
    _text(lambda text: text.replace('"images": [', '"images": [{"uri": "/etc/passwd"}], "images": [', 1)),
    C.JSON,
)
_add(_IN, "half a character", "A lone surrogate in a name.", _text(lambda t: t.replace("Hips", "\\ud800")), C.JSON)
_add(
    _IN,
    "not UTF-8",
    "Latin-1 bytes in a name.",
    container(json.dumps(TREE).encode().replace(b"Hips", b"H\xfcfte")),
    C.JSON,
)

# --- shapes -----------------------------------------------------------------------------------------------------------

_IN = "shapes"
_tree(_IN, "nodes as an object", "An object where an array belongs.", put("nodes", value={"0": {}}), C.SCHEMA)
_tree(_IN, "null", "null where an array belongs.", put("meshes", value=None), C.SCHEMA)
_tree(_IN, "true for a number", "A boolean as count.", put("accessors", 0, "count", value=True), C.SCHEMA)
_tree(_IN, "half an index", "1.5 as reference.", put("scenes", 0, "nodes", value=[1.5]), C.SCHEMA)
_tree(_IN, "negative index", "-1 as reference.", put("nodes", 4, "mesh", value=-1), C.SCHEMA)
_tree(
    _IN,
    "negative offset",
    "A view that begins before its buffer.",
    put("bufferViews", 0, "byteOffset", value=-9),
    C.SCHEMA,
)
_tree(_IN, "number for a name", "7 as name.", put("meshes", 0, "name", value=7), C.SCHEMA)
_tree(_IN, "name of a megabyte", "A name that fills logs.", put("nodes", 0, "name", value="x" * 2**20), C.SCHEMA)
_tree(
    _IN, "names that are no list", "4 as targetNames.", put("meshes", 0, "extras", value={"targetNames": 4}), C.SCHEMA
)
_tree(_IN, "glTF 1.0", "Another version in the text.", put("asset", "version", value="1.0"), C.SCHEMA)
_tree(_IN, "20,000 nodes", "A rig without end.", lambda tree: tree["nodes"].extend([{}] * 20_000), C.SCHEMA)
_tree(
    _IN,
    "2,000 morph targets",
    "Targets without end.",
    lambda tree: tree["meshes"][0]["primitives"][0].update(targets=HEAD["targets"][:1] * 2000),
    C.SCHEMA,
)
_tree(_IN, "scale of 1e30", "A number beyond any use.", put("nodes", 1, "scale", value=[1e30, 1, 1]), C.SCHEMA)
_tree(_IN, "buffer of nothing", "A length of 0.", put("buffers", 0, "byteLength", value=0), C.SCHEMA)
_tree(_IN, "view of nothing", "A length of 0.", put("bufferViews", 0, "byteLength", value=0), C.SCHEMA)
_tree(_IN, "accessor of nothing", "A count of 0.", put("accessors", 0, "count", value=0), C.SCHEMA)
_tree(_IN, "skin without joints", "A list of none.", put("skins", 0, "joints", value=[]), C.SCHEMA)
_tree(_IN, "unknown component", "Component type 5130.", put("accessors", 0, "componentType", value=5130), C.SCHEMA)

# --- spans and amounts ------------------------------------------------------------------------------------------------


def _viewless(count: int) -> Change:
    def change(tree: Tree) -> None:
        accessor = tree["accessors"][POSITION]
        del accessor["bufferView"]
        accessor["count"] = count

    return change


def _one_more(kind: str, item: Tree) -> Change:
    return lambda tree: tree[kind].append(item)


def _overlapping(tree: Tree) -> None:
    tree["bufferViews"][0] |= {"byteOffset": 0, "byteLength": len(BINARY)}
    whole = {"bufferView": 0, "componentType": 5126, "count": len(BINARY) // 64, "type": "MAT4"}
    tree["accessors"] += [whole] * 8000


def sparse(indices: list[int], count: int | None = None) -> Change:
    """The first morph target becomes sparse with these vertex numbers; ``count`` elements in all."""

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
        if count is not None:
            accessor["count"] = count
        accessor["sparse"] = {
            "count": len(indices),
            "indices": {"bufferView": views - 2, "componentType": 5123},
            "values": {"bufferView": views - 1},
        }

    return change


def _sparse_with(indices: list[int]) -> Make:
    extra = np.zeros(32, np.uint16)
    extra[: len(indices)] = indices
    return lambda: altered(SMALL, sparse(indices), extra.tobytes())


def _targets_of_one(tree: Tree) -> None:
    """Many meshes of many targets that all look at the same bytes."""
    accessor = {"componentType": 5126, "count": 21_000, "type": "VEC3"}
    tree["accessors"] += [accessor]
    at = len(tree["accessors"]) - 1
    part = {"attributes": {"POSITION": at}, "targets": [{"POSITION": at}] * 1000}
    first = len(tree["meshes"])
    tree["meshes"] += [{"primitives": [part]}] * 200
    tree["nodes"] += [{"mesh": first + number} for number in range(200)]


def _samplers_of_one(tree: Tree) -> None:
    tree["accessors"] += [
        {"componentType": 5126, "count": 1_000_000, "type": "SCALAR"},
        {"componentType": 5126, "count": 1_000_000, "type": "VEC4"},
    ]
    last = len(tree["accessors"]) - 1
    sampler = {"input": last - 1, "output": last}
    tree["animations"] = [
        {"channels": [{"sampler": 0, "target": {"path": "rotation"}}], "samplers": [sampler] * 16_000}
    ]


def _long_animation(tree: Tree) -> None:
    tree["accessors"] += [
        {"componentType": 5126, "count": 50_000_000, "type": "SCALAR"},
        {"componentType": 5126, "count": 50_000_000, "type": "VEC4"},
    ]
    last = len(tree["accessors"]) - 1
    sampler = {"input": last - 1, "output": last}
    channel = {"sampler": 0, "target": {"node": 1, "path": "rotation"}}
    tree["animations"] = [{"channels": [channel], "samplers": [sampler]}]


def _instances(tree: Tree) -> None:
    tree["nodes"] += [{"mesh": 0}] * 10_000


def _chain(tree: Tree) -> None:
    first = len(tree["nodes"])
    tree["nodes"] += [{"children": [first + at + 1]} for at in range(9999)] + [{}]
    tree["nodes"][0]["children"].append(first)


_IN = "spans and amounts"
_tree(
    _IN,
    "huge count",
    "2 billion elements in a small view.",
    put("accessors", POSITION, "count", value=2**31 - 1),
    C.ACCESSOR_BOUNDS,
)
_tree(_IN, "huge count without a view", "18 GB of zeros for free.", _viewless(1_500_000_000), C.TOO_MUCH_DATA)
_tree(_IN, "overlapping views", "8,000 accessors over the whole buffer.", _overlapping, C.TOO_MUCH_DATA)
_tree(_IN, "targets of one", "200,000 morph targets over the same bytes.", _targets_of_one, C.TOO_MUCH_DATA)
_tree(_IN, "samplers of one", "16,000 animation tracks over the same bytes.", _samplers_of_one, C.TOO_MUCH_DATA)
_tree(_IN, "animation of 50 million keys", "Keys that no byte backs.", _long_animation, C.TOO_MUCH_DATA)
_tree(_IN, "one mesh on many nodes", "10,000 nodes show one mesh.", _instances, C.TOO_MUCH_DATA)
_tree(_IN, "10,000 generations", "Nodes that end recursive readers.", _chain, C.TOO_MUCH_DATA)
_tree(
    _IN,
    "view past its buffer",
    "A gigabyte of what follows in memory.",
    put("bufferViews", 0, "byteLength", value=2**30),
    C.VIEW_BOUNDS,
)
_tree(
    _IN,
    "buffer past the chunk",
    "A gigabyte that is not there.",
    put("buffers", 0, "byteLength", value=2**30),
    C.BUFFER_BOUNDS,
)
_tree(
    _IN,
    "buffer without data",
    "A second buffer of nothing.",
    lambda tree: tree["buffers"].append({"byteLength": 100}),
    C.BUFFER_BOUNDS,
)
_tree(
    _IN,
    "stride under the element",
    "Elements that overlap.",
    put("bufferViews", VIEW, "byteStride", value=4),
    C.ACCESSOR_LAYOUT,
)
_tree(
    _IN,
    "sparse beyond its views",
    "50,000 replaced elements in 8 bytes.",
    sparse(list(range(50_000))),
    C.ACCESSOR_BOUNDS,
)
_tree(_IN, "sparse bomb", "2 elements unfold to 24 GB.", sparse([0, 1], 2_000_000_000), C.TOO_MUCH_DATA)
_add(_IN, "sparse indices that repeat", "One element replaced twice.", _sparse_with([1, 1]), C.INDEX_RANGE)
_add(_IN, "sparse index past the end", "An element that is not there.", _sparse_with([0, 65000]), C.INDEX_RANGE)
_tree(
    _IN,
    "fewer normals",
    "3 normals for all vertices.",
    put("accessors", HEAD["attributes"]["NORMAL"], "count", value=3),
    C.ACCESSOR_LAYOUT,
)
_tree(
    _IN,
    "float indices",
    "Positions as indices.",
    put("meshes", 0, "primitives", 0, "indices", value=POSITION),
    C.ACCESSOR_LAYOUT,
)
_tree(
    _IN,
    "odd corners",
    "100 corners make no triangles.",
    put("accessors", HEAD["indices"], "count", value=100),
    C.ACCESSOR_LAYOUT,
)
_tree(
    _IN,
    "joints without weights",
    "Half a skin.",
    lambda tree: tree["meshes"][0]["primitives"][0]["attributes"].pop("WEIGHTS_0"),
    C.ACCESSOR_LAYOUT,
)
_tree(
    _IN,
    "fewer bind matrices",
    "1 matrix for 3 joints.",
    put("accessors", TREE["skins"][0]["inverseBindMatrices"], "count", value=1),
    C.ACCESSOR_LAYOUT,
)

# --- references -------------------------------------------------------------------------------------------------------

_IN = "references"
_tree(
    _IN,
    "no such accessor",
    "Accessor 99,999.",
    put("meshes", 0, "primitives", 0, "attributes", "POSITION", value=99999),
    C.REFERENCE,
)
_tree(_IN, "no such node", "Child 77.", put("nodes", 0, "children", value=[77]), C.REFERENCE)
_tree(_IN, "no such joint", "Joint node 77.", put("skins", 0, "joints", value=[1, 2, 77]), C.REFERENCE)
_tree(_IN, "no such texture", "Texture 9.", put("materials", 1, "normalTexture", "index", value=9), C.REFERENCE)
_tree(_IN, "no such material", "Material 9.", put("meshes", 0, "primitives", 0, "material", value=9), C.REFERENCE)
_tree(_IN, "no such image", "Image 9.", put("textures", 0, "source", value=9), C.REFERENCE)
_tree(_IN, "no such scene", "Scene 9.", put("scene", value=9), C.REFERENCE)
_tree(
    _IN, "no such sampler", "Animation sampler 9.", put("animations", 0, "channels", 0, "sampler", value=9), C.REFERENCE
)
_tree(_IN, "joint twice", "A skin that names a joint twice.", put("skins", 0, "joints", value=[1, 1, 2]), C.REFERENCE)
_tree(
    _IN,
    "node cycle",
    "A grandchild whose child is its forebear.",
    put("nodes", 3, "children", value=[1]),
    C.TWO_PARENTS,
)
_tree(
    _IN, "its own child", "A node below itself.", lambda tree: tree["nodes"].append({"children": [NODES]}), C.NODE_CYCLE
)
_tree(_IN, "two parents", "A node in two places.", put("nodes", 4, "children", value=[3]), C.TWO_PARENTS)
_tree(
    _IN,
    "rig without a mesh",
    "Nothing to draw.",
    lambda tree: [node.pop("mesh", None) for node in tree["nodes"]],
    C.NO_TRIANGLES,
)

# --- numbers ----------------------------------------------------------------------------------------------------------


def _element(accessor: int, value: list[float], code: str) -> bytes:
    return overwritten(SMALL, accessor, np.array([value], np.dtype(code)), at=5)


MATRICES: Final = TREE["skins"][0]["inverseBindMatrices"]
MORPH: Final = HEAD["targets"][1]["POSITION"]
_IN = "numbers"
_add(
    _IN,
    "index past the vertices",
    "Index 2 billion: a crash in native code.",
    _element(HEAD["indices"], [2**31], "u4"),
    C.INDEX_RANGE,
)
_add(
    _IN,
    "joint past the skin",
    "Joint 200 of 3.",
    _element(HEAD["attributes"]["JOINTS_0"], [0, 200, 0, 0], "u1"),
    C.JOINT_RANGE,
)
_tree(
    _IN, "joints of a smaller skin", "A skin that lost a joint.", put("skins", 0, "joints", value=[1, 2]), C.JOINT_RANGE
)
_add(_IN, "NaN position", "A vertex that is nowhere.", _element(POSITION, [np.nan, 0, 0], "f4"), C.NOT_FINITE)
_add(_IN, "infinite morph", "A smile without end.", _element(MORPH, [0, np.inf, 0], "f4"), C.NOT_FINITE)
_add(
    _IN,
    "NaN bind matrix",
    "A joint that takes all along.",
    overwritten(SMALL, MATRICES, np.full((1, 16), np.nan, "f4")),
    C.NOT_FINITE,
)
_add(
    _IN,
    "NaN key time",
    "An animation that never comes.",
    overwritten(SMALL, TREE["animations"][0]["samplers"][0]["input"], np.full(1, np.nan, "f4")),
    C.NOT_FINITE,
)
_add(
    _IN,
    "position of 3e38",
    "Finite, and nothing computes with it.",
    _element(POSITION, [3e38, 0, 0], "f4"),
    C.NOT_FINITE,
)
_add(_IN, "morph of 3e38", "The same in a morph target.", _element(MORPH, [3e38, 0, 0], "f4"), C.NOT_FINITE)
_add(
    _IN,
    "negative weight",
    "A vertex pushed away.",
    _element(HEAD["attributes"]["WEIGHTS_0"], [2, -1, 0, 0], "f4"),
    C.WEIGHTS,
)
_tree(
    _IN,
    "scales that multiply",
    "1e12 in each of four nodes.",
    lambda tree: [tree["nodes"][at].update(scale=[1e12, 1e12, 1e12]) for at in (0, 1, 2, 3)],
    C.NOT_FINITE,
)
_add(
    _IN,
    "weights of nothing",
    "A vertex that hangs on no joint.",
    _element(HEAD["attributes"]["WEIGHTS_0"], [0, 0, 0, 0], "f4"),
    TAKEN,
)
_add(
    _IN, "normal of nothing", "A direction of length 0.", _element(HEAD["attributes"]["NORMAL"], [0, 0, 0], "f4"), TAKEN
)

# --- addresses --------------------------------------------------------------------------------------------------------

_IN = "addresses"
ADDRESSES: Final = {
    "path upwards": "../../../../etc/passwd",
    "absolute path": "/etc/passwd",
    "file address": "file:///etc/passwd",
    "file address in capitals": "FiLe:///etc/passwd",
    "web address": "http://127.0.0.1:9/x.png",
    "cloud metadata": "http://169.254.169.254/latest/meta-data/",
    "percent-encoded path": "%2e%2e%2f%2e%2e%2fetc%2fpasswd",
    "backslashes": "..\\..\\windows\\win.ini",
    "network share": "//attacker.example/share/x.png",
    "a name beside it": "texture.png",
    "data in capitals": "DATA:image/png;base64,AA==",
    "data after a blank": " data:image/png;base64,AA==",
    "empty address": "",
}
for _name, _uri in ADDRESSES.items():
    _tree(
        _IN,
        f"image: {_name}",
        f"`{_uri.strip() or '(empty)'}` as image.",
        put("images", 0, value={"uri": _uri}),
        C.OUTSIDE_URI,
    )
for _name in ("path upwards", "file address", "web address", "a name beside it"):
    _tree(
        _IN,
        f"buffer: {_name}",
        f"`{ADDRESSES[_name]}` as buffer.",
        _one_more("buffers", {"uri": ADDRESSES[_name], "byteLength": 9}),
        C.OUTSIDE_URI,
    )
_audio = {"emitters": [{"sources": [{"uri": "../../../../etc/passwd"}]}]}
_tree(
    _IN,
    "extension: path upwards",
    "A path in an extension object.",
    put("extensions", value={"KHR_audio": _audio}),
    C.OUTSIDE_URI,
)
_tree(
    _IN,
    "extension of an image",
    "A path in the extension of an image.",
    put("images", 0, "extensions", value={"MSFT_other": {"uri": "/etc/passwd"}}),
    C.OUTSIDE_URI,
)
_tree(
    _IN,
    "extension: schemaUri",
    "A web address by another key.",
    put("extensions", value={"EXT_structural_metadata": {"schemaUri": "http://127.0.0.1:9/"}}),
    C.OUTSIDE_URI,
)
_tree(
    _IN, "broken data", "base64 that is none.", put("images", 0, value={"uri": "data:image/png;base64,###"}), C.DATA_URI
)
_tree(
    _IN,
    "data without base64",
    "A data address in plain text.",
    put("images", 0, value={"uri": "data:text/plain,hello"}),
    C.DATA_URI,
)
_text_as_image = "data:image/png;base64," + base64.b64encode(b"root:x:0:0:root:/root:/bin/bash").decode()
_tree(
    _IN,
    "data of the wrong type",
    "Text that says it is a PNG.",
    put("images", 0, value={"uri": _text_as_image}),
    C.IMAGE_FORMAT,
)
_tree(
    _IN,
    "address and view",
    "An image in two places.",
    put("images", 0, "uri", value="data:image/png;base64,AA=="),
    C.SCHEMA,
)
_tree(
    _IN,
    "licence address",
    "A web address that nobody opens.",
    put("asset", "extras", value={"source": "https://example.org/"}),
    TAKEN,
)

# --- images -----------------------------------------------------------------------------------------------------------


def _png(width: int, height: int, body: bytes, *more: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    middle = b"".join(chunk(kind, data) for kind, data in more)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + middle
        + chunk(b"IDAT", zlib.compress(body))
        + chunk(b"IEND", b"")
    )


def _svg() -> bytes:
    return b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'


def _gif() -> bytes:
    return encoded(Image.new("P", (4, 4)), "GIF")


def _truncated_jpeg() -> bytes:
    whole = encoded(picture(64), "JPEG")
    return whole[: len(whole) // 2]


_IN = "images"
_add(_IN, "PNG bomb", "30,000 x 30,000 pixels in 30 KB.", lambda: with_image(SMALL, png_bomb(30_000)), C.IMAGE_SIZE)
_add(
    _IN,
    "twelve bombs",
    "Each as large as allowed, one view.",
    lambda: altered(with_image(SMALL, png_bomb(8192)), lambda tree: tree["images"].extend([tree["images"][0]] * 11)),
    C.IMAGE_SIZE,
)
_add(_IN, "picture without pixels", "0 x 0.", lambda: with_image(SMALL, _png(0, 0, b"")), C.IMAGE_SIZE)
_add(
    _IN,
    "picture of text",
    "A view of vertices as image.",
    lambda: altered(SMALL, put("images", 0, "bufferView", value=VIEW)),
    C.IMAGE_FORMAT,
)
_add(_IN, "SVG", "A vector image that loads files.", lambda: with_image(SMALL, _svg()), C.IMAGE_FORMAT)
_add(_IN, "GIF", "A format that glTF does not have.", lambda: with_image(SMALL, _gif()), C.IMAGE_FORMAT)
_add(
    _IN,
    "TIFF",
    "A format whose decoders have a long history.",
    lambda: with_image(SMALL, encoded(picture(8), "TIFF")),
    C.IMAGE_FORMAT,
)
_add(
    _IN,
    "JPEG header alone",
    "A start of image and nothing else.",
    lambda: with_image(SMALL, b"\xff\xd8\xff\xe0"),
    C.IMAGE_FORMAT,
)
_add(
    _IN,
    "half a JPEG",
    "Ends in the middle of its pixels.",
    lambda: with_image(SMALL, _truncated_jpeg()),
    C.IMAGE_FORMAT,
)
_add(
    _IN,
    "PNG of fewer rows",
    "Says 2048 x 2048, holds one row.",
    lambda: with_image(SMALL, _png(2048, 2048, bytes(2048 * 3 + 1))),
    TAKEN,
)
_add(
    _IN,
    "PNG of broken pixels",
    "What should unpack does not.",
    lambda: with_image(SMALL, encoded(picture(32), "PNG").replace(b"IDAT", b"IDAT\0\0")[:-20]),
    "invalid_model",
)
_add(
    _IN,
    "text bomb in a PNG",
    "A comment of 200 MB in 200 KB.",
    lambda: with_image(SMALL, _png(4, 4, bytes(4 * 13), (b"zTXt", b"a\0\0" + zlib.compress(bytes(200 * 2**20))))),
    "invalid_model",
)
_add(
    _IN,
    "profile bomb in a PNG",
    "A colour profile of 200 MB in 200 KB.",
    lambda: with_image(SMALL, _png(4, 4, bytes(4 * 13), (b"iCCP", b"a\0\0" + zlib.compress(bytes(200 * 2**20))))),
    "invalid_model",
)
_add(
    _IN,
    "JPEG that calls itself PNG",
    "Another media type than the bytes.",
    lambda: altered(SMALL, put("images", 0, "mimeType", value="image/png")),
    TAKEN,
)

# --- compression ------------------------------------------------------------------------------------------------------

MESHOPT: Final = "EXT_meshopt_compression"
DRACO: Final = "KHR_draco_mesh_compression"


def _meshopt(**claim: Any) -> Change:
    """The positions say that they are compressed."""
    view = TREE["bufferViews"][VIEW]
    said = {"buffer": 0, "byteLength": 64, "byteStride": 12, "count": view["byteLength"] // 12, "mode": "ATTRIBUTES"}
    return put("bufferViews", VIEW, "extensions", value={MESHOPT: {**said, **claim}})


def _draco(**claim: Any) -> Change:
    said = {"bufferView": VIEW, "attributes": {"POSITION": 0}}
    return put("meshes", 0, "primitives", 0, "extensions", value={DRACO: {**said, **claim}})


def _ktx2(width: int, height: int, levels: int = 1) -> bytes:
    head = struct.pack("<IIIIIIIII", 0, 1, width, height, 0, 0, 1, levels, 1)
    return b"\xabKTX 20\xbb\r\n\x1a\n" + head + bytes(200)


_IN = "compression"
_tree(_IN, "compressed bomb", "A trillion elements in 64 bytes.", _meshopt(count=2**40), C.COMPRESSED_SIZE)
_tree(_IN, "compressed into more", "Unpacks to more than its view.", _meshopt(count=10), C.COMPRESSED_SIZE)
_tree(_IN, "compressed past the buffer", "Data that end behind the file.", _meshopt(byteLength=2**31), C.VIEW_BOUNDS)
_tree(_IN, "compressed elsewhere", "Data in buffer 7.", _meshopt(buffer=7), C.REFERENCE)
_tree(_IN, "unknown coding", "A mode that is none.", _meshopt(mode="SHELL"), C.SCHEMA)
_tree(
    _IN,
    "filter of another size",
    "Directions of 12 bytes, which break the decoder.",
    _meshopt(filter="OCTAHEDRAL"),
    C.COMPRESSED_DATA,
)
_tree(_IN, "triangles of another size", "Indices of 12 bytes.", _meshopt(mode="TRIANGLES"), C.COMPRESSED_DATA)
_tree(
    _IN,
    "meshopt as a list",
    "`EXT_meshopt_compression: []`.",
    put("bufferViews", 0, "extensions", value={MESHOPT: []}),
    C.SCHEMA,
)
_tree(_IN, "Draco without a view", "View 99,999.", _draco(bufferView=99999), C.REFERENCE)
_tree(
    _IN,
    "Draco without positions",
    "A mesh of nothing but normals.",
    _draco(attributes={"NORMAL": 0}),
    C.COMPRESSED_DATA,
)
_tree(
    _IN,
    "Draco of more than there is",
    "Attributes that the primitive lacks.",
    _draco(attributes={"POSITION": 0, "TEXCOORD_7": 1}),
    C.COMPRESSED_DATA,
)
_tree(
    _IN,
    "Draco as text",
    "A string for the claim.",
    put("meshes", 0, "primitives", 0, "extensions", value={DRACO: "x"}),
    C.SCHEMA,
)
_add(_IN, "KTX2 of nothing", "A header and zeros.", lambda: with_image(SMALL, _ktx2(64, 64)), C.IMAGE_FORMAT)
_add(_IN, "KTX2 bomb", "2 billion pixels a side.", lambda: with_image(SMALL, _ktx2(2**31, 2**31)), C.IMAGE_SIZE)
_add(_IN, "KTX2 header alone", "Twelve bytes.", lambda: with_image(SMALL, _ktx2(1, 1)[:12]), C.IMAGE_FORMAT)

# --- extensions -------------------------------------------------------------------------------------------------------


def _vrm(value: Any, name: str = "VRM") -> Change:
    return lambda tree: tree.update(extensions={name: value}, extensionsUsed=[name])


_IN = "extensions"
_tree(
    _IN,
    "unknown and required",
    "An extension that nobody knows.",
    put("extensionsRequired", value=["EVIL_ext"]),
    C.UNKNOWN_EXTENSION,
)
_tree(_IN, "VRM as a list", "`VRM: []`.", _vrm([]), C.SCHEMA)
_tree(_IN, "VRM as text", '`VRMC_vrm: "x"`.', _vrm("x", "VRMC_vrm"), C.SCHEMA)
_tree(
    _IN,
    "light as a number",
    "A number for the light of a node.",
    put("nodes", 1, "extensions", value={"KHR_lights_punctual": 5}),
    C.SCHEMA,
)
_tree(_IN, "extensions as a list", "A list for all extensions.", put("nodes", 1, "extensions", value=[]), C.SCHEMA)
_tree(
    _IN,
    "VRM of wrong insides",
    "Numbers where lists belong, all over.",
    _vrm(
        {
            "humanoid": {"humanBones": 5},
            "blendShapeMaster": {"blendShapeGroups": [5, None, {"binds": {"mesh": 0}}]},
            "firstPerson": [],
            "materialProperties": "x",
        }
    ),
    TAKEN,
)
_tree(
    _IN,
    "VRM that names what is not there",
    "Bones, meshes, textures 9,999.",
    _vrm(
        {
            "meta": {"texture": 9999},
            "humanoid": {"humanBones": [{"bone": "hips", "node": 9999}]},
            "blendShapeMaster": {"blendShapeGroups": [{"binds": [{"mesh": 9999, "index": 9999, "weight": 1}]}]},
        }
    ),
    TAKEN,
)
_tree(
    _IN,
    "unknown and optional",
    "Numbers that nobody keeps true.",
    _vrm({"accessor": 3, "view": [1, 2]}, "EVIL_ext"),
    TAKEN,
)
_tree(
    _IN,
    "extension that is not declared",
    "Stands in the file, not in extensionsUsed.",
    put("materials", 0, "extensions", value={"KHR_materials_unlit": {}}),
    TAKEN,
)
_tree(
    _IN,
    "texture of an extension",
    "Texture 9,999 in a material extension.",
    put("materials", 0, "extensions", value={"KHR_materials_sheen": {"sheenColorTexture": {"index": 9999}}}),
    TAKEN,
)

# --- names ------------------------------------------------------------------------------------------------------------

_IN = "names"
_tree(
    _IN,
    "terminal codes",
    "A name that clears the screen.",
    put("meshes", 0, "name", value="\x1b[2J\x1b]0;owned\x07"),
    TAKEN,
)
_tree(
    _IN,
    "markup",
    "A generator that speaks the markup of the console.",
    put("asset", "generator", value="[/nothing][red]"),
    TAKEN,
)
_tree(_IN, "script", "A name for careless pages.", put("nodes", 1, "name", value="<script>alert(1)</script>"), TAKEN)
_tree(
    _IN,
    "path as a name",
    "A name for careless unpackers.",
    put("images", 0, "name", value="../../../../etc/cron.d/x"),
    TAKEN,
)
_tree(
    _IN,
    "prototype",
    "A key that changes all objects of a careless script.",
    put("meshes", 1, "extras", value={"__proto__": {"polluted": True}}),
    TAKEN,
)
_tree(_IN, "zero byte", "A name that ends early in C.", put("nodes", 3, "name", value="Head\0Hips"), TAKEN)
_tree(
    _IN,
    "names that repeat",
    "Every node is called Head.",
    lambda tree: [node.update(name="Head") for node in tree["nodes"]],
    TAKEN,
)


def table() -> str:
    """The catalogue as the Markdown table of docs/safety.md."""
    lines = ["| file | tries | gets |", "|---|---|---|"]
    for name, entry in CATALOGUE.items():
        lines.append(f"| {name} | {entry.tries.replace('|', chr(92) + '|')} | `{entry.code}` |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(table())
