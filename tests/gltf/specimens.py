"""Synthetic rigged GLBs, written with json and struct alone, and ways to break them.

The figure is a tube for a body and a ball for a head whose mouth is a slit: two rows of vertices at the same places,
one of which hangs on the jaw. It carries what avatars carry: a skin, morphs by their contract names, textures.
"""

from __future__ import annotations

import io
import json
import struct
import zlib
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Tree = dict[str, Any]
Array = NDArray[Any]

COMPONENTS = {"i1": 5120, "u1": 5121, "i2": 5122, "u2": 5123, "u4": 5125, "f4": 5126}
KINDS = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4", 16: "MAT4"}
JOINTS = ("Hips", "Spine", "Head")
MORPHS = ("jawOpen", "eyeBlinkLeft", "mouthSmileLeft", "viseme_sil")


class Sketch:
    """A glTF tree and its buffer while they are being drawn."""

    def __init__(self) -> None:
        self.tree: Tree = {"asset": {"version": "2.0", "generator": "specimens"}, "bufferViews": [], "accessors": []}
        self.binary = bytearray()

    def view(self, data: bytes, **more: Any) -> int:
        self.binary += b"\0" * (-len(self.binary) % 4)
        view = {"buffer": 0, "byteOffset": len(self.binary), "byteLength": len(data), **more}
        self.tree["bufferViews"].append(view)
        self.binary += data
        return len(self.tree["bufferViews"]) - 1

    def accessor(self, values: Array, **more: Any) -> int:
        values = values.reshape(len(values), -1)
        accessor = {
            "bufferView": self.view(np.ascontiguousarray(values).tobytes()),
            "componentType": COMPONENTS[values.dtype.str[1:]],
            "count": len(values),
            "type": KINDS[values.shape[1]],
            **more,
        }
        self.tree["accessors"].append(accessor)
        return len(self.tree["accessors"]) - 1

    def positions(self, values: Array) -> int:
        return self.accessor(values, min=values.min(axis=0).tolist(), max=values.max(axis=0).tolist())

    def image(self, data: bytes, mime: str) -> int:
        self.tree.setdefault("images", []).append({"bufferView": self.view(data), "mimeType": mime})
        self.tree.setdefault("textures", []).append({"source": len(self.tree["images"]) - 1})
        return len(self.tree["textures"]) - 1

    def glb(self) -> bytes:
        return pack({**self.tree, "buffers": [{"byteLength": len(self.binary)}]}, bytes(self.binary))


def pack(tree: Tree, binary: bytes) -> bytes:
    """The GLB container, by the letter of the format."""
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    binary += b"\0" * (-len(binary) % 4)
    chunks = struct.pack("<I4s", len(text), b"JSON") + text + struct.pack("<I4s", len(binary), b"BIN\0") + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def unpack(data: bytes) -> tuple[Tree, bytes]:
    """Tree and buffer of a GLB whose container is right."""
    (length,) = struct.unpack_from("<I", data, 12)
    return json.loads(data[20 : 20 + length]), data[28 + length :]


def grid(rows: int, columns: int) -> Array:
    """(t, 3) triangles of a sheet of (rows + 1) x (columns + 1) vertices."""
    first = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).reshape(-1)
    below = first + columns + 1
    return np.concatenate([np.stack([first, below, first + 1], 1), np.stack([first + 1, below, below + 1], 1)])


def sheet(rows: int, columns: int) -> tuple[Array, Array]:
    """u (around) and v (down) of the vertices of a sheet, 0..1."""
    v, u = np.meshgrid(np.linspace(0, 1, rows + 1), np.linspace(0, 1, columns + 1), indexing="ij")
    return u.reshape(-1), v.reshape(-1)


def ball(rows: int, columns: int, top: float, bottom: float) -> tuple[Array, Array, Array]:
    """Positions, normals and texture coordinates of a ball of 12 cm at 1.6 m between two heights (1 to -1)."""
    u, v = sheet(rows, columns)
    height = np.sin(np.linspace(np.arcsin(top), np.arcsin(bottom), rows + 1)).repeat(columns + 1)
    ring = np.sqrt(np.maximum(0, 1 - height**2))
    normals = np.stack([ring * np.sin(2 * np.pi * u), height, ring * np.cos(2 * np.pi * u)], 1)
    bumps = 1 + 0.03 * np.sin(9 * normals[:, :1]) * np.sin(7 * normals[:, 1:2])
    return normals * bumps * 0.12 + [0, 1.6, 0], normals, np.stack([u, v], 1)


def picture(size: int, mode: str = "RGB") -> Image.Image:
    """A gradient with some detail."""
    y, x = np.mgrid[0:size, 0:size] / size
    planes = [x, y, 0.5 + 0.5 * np.sin(40 * x * y), (x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16]
    return Image.fromarray((np.stack(planes[: len(mode)], -1) * 255).astype(np.uint8), mode)


def encoded(image: Image.Image, kind: str) -> bytes:
    out = io.BytesIO()
    image.save(out, kind)
    return out.getvalue()


def weights_along(heights: Array) -> tuple[Array, Array]:
    """Joints and weights of vertices by height: hips up to .9 m, spine to 1.4, head above, blended over 20 cm."""
    spine = np.clip((heights - 0.8) / 0.2, 0, 1) * (1 - np.clip((heights - 1.3) / 0.2, 0, 1))
    head = np.clip((heights - 1.3) / 0.2, 0, 1)
    weights = np.stack([1 - spine - head, spine, head, 0 * head], 1).astype(np.float32)
    weights[:, 0] = 1 - weights[:, 1] - weights[:, 2]
    joints = np.tile(np.array([0, 1, 2, 0], np.uint8), (len(heights), 1))
    return joints * (weights > 0), weights


def head_morphs(positions: Array, lower: Array) -> dict[str, Array]:
    """Displacements by name: the lower side of the slit drops, one eye's lid drops, one corner rises, silence does
    nothing."""
    front = np.clip((positions[:, 2] - 0.05) / 0.06, 0, 1)
    jaw = np.zeros_like(positions)
    jaw[:, 1] = -0.03 * front * lower
    lid = np.zeros_like(positions)
    lid[:, 1] = -0.02 * front * np.exp(-((positions[:, 1] - 1.64) ** 2 + (positions[:, 0] - 0.04) ** 2) / 4e-4)
    smile = np.zeros_like(positions)
    smile[:, 1] = 0.02 * front * np.exp(-((positions[:, 1] - 1.57) ** 2 + (positions[:, 0] - 0.04) ** 2) / 4e-4)
    return dict(zip(MORPHS, (jaw, lid, smile, np.zeros_like(positions)), strict=True))


def figure(detail: int = 24, *, skinned: bool = True, indexed: bool = True, texture: int = 64) -> bytes:
    """A person of roughly 13 x detail**2 triangles, valid in every respect."""
    sketch = Sketch()
    tree = sketch.tree
    upper = ball(2 * detail, 3 * detail, 1.0, -0.3)
    lower = ball(detail, 3 * detail, -0.3, -1.0)
    head_corners = np.concatenate([grid(2 * detail, 3 * detail), grid(detail, 3 * detail) + len(upper[0])])
    head = [np.concatenate(pair) for pair in zip(upper, lower, strict=True)]
    is_lower = np.arange(len(head[0])) >= len(upper[0])
    morphs = head_morphs(head[0], is_lower)
    u, v = sheet(2 * detail, detail)
    normals = np.stack([np.sin(2 * np.pi * u), 0 * u, np.cos(2 * np.pi * u)], 1)
    waist = 0.15 + 0.03 * np.cos(9 * v)
    body = [normals * waist[:, None] + np.stack([0 * v, 1.5 * (1 - v), 0 * v], 1), normals, np.stack([u, v], 1)]
    skin_texture = sketch.image(encoded(picture(texture), "JPEG"), "image/jpeg")
    cloth_texture = sketch.image(encoded(picture(texture, "RGBA"), "PNG"), "image/png")
    flat = Image.fromarray(np.full((texture, texture, 3), (128, 128, 255), np.uint8))
    normal_texture = sketch.image(encoded(flat, "PNG"), "image/png")
    tree["materials"] = [
        {"name": "Wolf3D_Skin", "pbrMetallicRoughness": {"baseColorTexture": {"index": skin_texture}}},
        {
            "name": "Wolf3D_Outfit",
            "pbrMetallicRoughness": {"baseColorTexture": {"index": cloth_texture}},
            "alphaMode": "MASK",
            "normalTexture": {"index": normal_texture},
        },
    ]
    tree["meshes"] = [
        {
            "name": "Wolf3D_Head",
            "primitives": [primitive(sketch, head, head_corners, 0, morphs, skinned=skinned, indexed=indexed)],
            "extras": {"targetNames": list(MORPHS), "note": "kept"},
            "weights": [0.0] * len(MORPHS),
        },
        {
            "name": "Wolf3D_Outfit_Top",
            "primitives": [primitive(sketch, body, grid(2 * detail, detail), 1, {}, skinned=skinned, indexed=indexed)],
        },
    ]
    tree["nodes"] = [
        {"name": "Armature", "children": [1, 4, 5]},
        {"name": "Hips", "translation": [0, 0.9, 0], "children": [2]},
        {"name": "Spine", "translation": [0, 0.4, 0], "children": [3]},
        {"name": "Head", "translation": [0, 0.2, 0]},
        {"name": "Wolf3D_Head", "mesh": 0},
        {"name": "Wolf3D_Outfit_Top", "mesh": 1},
    ]
    tree["scenes"], tree["scene"] = [{"nodes": [0]}], 0
    if skinned:
        inverse = np.tile(np.eye(4, dtype=np.float32), (3, 1, 1))
        inverse[:, 1, 3] = (-0.9, -1.3, -1.5)
        matrices = sketch.accessor(inverse.transpose(0, 2, 1).reshape(3, 16))
        tree["skins"] = [{"name": "Rig", "joints": [1, 2, 3], "skeleton": 1, "inverseBindMatrices": matrices}]
        tree["nodes"][4]["skin"] = tree["nodes"][5]["skin"] = 0
    turn = np.array([[0, 0, 0, 1], [0, np.sin(0.2), 0, np.cos(0.2)]], np.float32)
    times = sketch.accessor(np.array([0, 1], np.float32), min=[0.0], max=[1.0])
    tree["animations"] = [
        {
            "name": "nod",
            "samplers": [{"input": times, "output": sketch.accessor(turn)}],
            "channels": [{"sampler": 0, "target": {"node": 3, "path": "rotation"}}],
        }
    ]
    return sketch.glb()


def primitive(
    sketch: Sketch,
    shape: list[Array],
    corners: Array,
    material: int,
    morphs: dict[str, Array],
    *,
    skinned: bool,
    indexed: bool,
) -> Tree:
    if not indexed:
        shape = [values[corners.reshape(-1)] for values in shape]
        morphs = {name: values[corners.reshape(-1)] for name, values in morphs.items()}
    positions, normals, uv = (values.astype(np.float32) for values in shape)
    made: Tree = {
        "attributes": {
            "POSITION": sketch.positions(positions),
            "NORMAL": sketch.accessor(normals),
            "TEXCOORD_0": sketch.accessor(uv),
        },
        "material": material,
    }
    if indexed:
        made["indices"] = sketch.accessor(corners.reshape(-1).astype(np.uint32))
    if skinned:
        joints, weights = weights_along(positions[:, 1].astype(float))
        made["attributes"] |= {
            "JOINTS_0": sketch.accessor(joints.astype(np.uint8)),
            "WEIGHTS_0": sketch.accessor(weights),
        }
    if morphs:
        made["targets"] = [{"POSITION": sketch.positions(values.astype(np.float32))} for values in morphs.values()]
    return made


# --- breaking them ----------------------------------------------------------------------------------------------------


def altered(data: bytes, change: Callable[[Tree], object], extra: bytes = b"") -> bytes:
    """``data`` with its tree changed in place by ``change`` and ``extra`` appended to its buffer."""
    tree, binary = unpack(data)
    tree = deepcopy(tree)
    change(tree)
    return pack(tree, binary + extra)


def overwritten(data: bytes, accessor: int, values: Array, at: int = 0) -> bytes:
    """``data`` with elements of an accessor, from number ``at`` on, replaced by ``values``."""
    tree, binary = unpack(data)
    view = tree["bufferViews"][tree["accessors"][accessor]["bufferView"]]
    raw = bytearray(binary)
    start = view["byteOffset"] + at * values[0].nbytes
    raw[start : start + values.nbytes] = values.tobytes()
    return pack(tree, bytes(raw))


def png_bomb(side: int) -> bytes:
    """A small PNG that says it has ``side`` x ``side`` pixels; it holds the first hundred rows, black."""
    body = zlib.compress(bytes((side * 3 + 1) * 100))

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def with_image(data: bytes, image: bytes) -> bytes:
    """``data`` whose first image is ``image``."""
    tree, binary = unpack(data)
    binary += b"\0" * (-len(binary) % 4)
    tree["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": len(image)})
    tree["images"][0]["bufferView"] = len(tree["bufferViews"]) - 1
    tree["buffers"][0]["byteLength"] = len(binary) + len(image)
    return pack(tree, binary + image)
