"""A little man of boxes: skinned in a T-pose to Ready Player Me's names, with one morph on his head."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from avatar.gltf.model.document import Document, write_glb

JOINTS = {
    "Hips": (None, (0, 0.9, 0)),
    "Spine2": ("Hips", (0, 1.3, 0)),
    "Neck": ("Spine2", (0, 1.5, 0)),
    "Head": ("Neck", (0, 1.58, 0)),
    "HeadTop_End": ("Head", (0, 1.8, 0)),
    "LeftArm": ("Spine2", (0.2, 1.42, 0)),
    "LeftForeArm": ("LeftArm", (0.5, 1.42, 0)),
    "LeftHand": ("LeftForeArm", (0.75, 1.42, 0)),
    "RightArm": ("Spine2", (-0.2, 1.42, 0)),
    "RightForeArm": ("RightArm", (-0.5, 1.42, 0)),
    "RightHand": ("RightForeArm", (-0.75, 1.42, 0)),
}
BOXES = {
    "Hips": ((-0.18, 0.0, -0.1), (0.18, 0.95, 0.1)),
    "Spine2": ((-0.2, 0.95, -0.11), (0.2, 1.5, 0.11)),
    "Head": ((-0.08, 1.5, -0.1), (0.08, 1.8, 0.1)),
    "LeftArm": ((0.2, 1.37, -0.05), (0.5, 1.47, 0.05)),
    "LeftForeArm": ((0.5, 1.38, -0.04), (0.85, 1.46, 0.04)),
    "RightArm": ((-0.5, 1.37, -0.05), (-0.2, 1.47, 0.05)),
    "RightForeArm": ((-0.85, 1.38, -0.04), (-0.5, 1.46, 0.04)),
}
SIDES = np.array([(x, y, z) for x in (0, 1) for y in (0, 1) for z in (0, 1)])
QUADS = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]


def box_man(prefix: str = "") -> bytes:
    names = list(JOINTS)
    points, normals, owners, triangles = [], [], [], []
    for joint, (low, high) in BOXES.items():
        corners = np.where(SIDES == 1, high, low)
        for quad in QUADS:
            start = len(points)
            face = corners[list(quad)]
            normal = np.cross(face[1] - face[0], face[2] - face[0])
            points += list(face)
            normals += [normal / np.linalg.norm(normal)] * 4
            owners += [names.index(joint)] * 4
            triangles += [start, start + 1, start + 2, start, start + 2, start + 3]
    owner = np.array(owners)
    joints = np.zeros((len(owner), 4), np.uint8)
    joints[:, 0] = owner
    weights = np.zeros((len(owner), 4), np.uint8)
    weights[:, 0] = 255
    grown = np.zeros((len(owner), 3), np.float32)
    grown[owner == names.index("Head")] = (0.0, 0.0, 0.0)
    head = np.array(points)[owner == names.index("Head")]
    grown[owner == names.index("Head"), 0] = head[:, 0] * 1.5
    inverse = np.tile(np.eye(4, dtype=np.float32), (len(names), 1, 1))
    inverse[:, 3, :3] = [-np.array(JOINTS[name][1], np.float32) for name in names]
    binary, views, accessors = bytearray(), [], []

    def add(array: np.ndarray, kind: str, component: int, **more: object) -> int:
        views.append({"buffer": 0, "byteOffset": len(binary), "byteLength": array.nbytes})
        binary.extend(array.tobytes() + b"\0" * (-array.nbytes % 4))
        count = array.size // {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}[kind]
        view = len(views) - 1
        accessors.append({"bufferView": view, "componentType": component, "count": count, "type": kind, **more})
        return len(accessors) - 1

    position = np.array(points, np.float32)
    bounds = {"min": position.min(0).tolist(), "max": position.max(0).tolist()}
    moved = {"min": grown.min(0).tolist(), "max": grown.max(0).tolist()}
    primitive = {
        "attributes": {
            "POSITION": add(position, "VEC3", 5126, **bounds),
            "NORMAL": add(np.array(normals, np.float32), "VEC3", 5126),
            "JOINTS_0": add(joints, "VEC4", 5121),
            "WEIGHTS_0": add(weights, "VEC4", 5121, normalized=True),
        },
        "indices": add(np.array(triangles, np.uint16), "SCALAR", 5123),
        "targets": [{"POSITION": add(grown, "VEC3", 5126, **moved)}],
        "material": 0,
    }
    nodes: list[dict[str, object]] = []
    for name, (parent, place) in JOINTS.items():
        origin = JOINTS[parent][1] if parent else (0, 0, 0)
        node: dict[str, object] = {"name": prefix + name, "translation": np.subtract(place, origin).tolist()}
        if children := [names.index(other) for other, (above, _) in JOINTS.items() if above == name]:
            node["children"] = children
        nodes.append(node)
    nodes.append({"name": "Wolf3D_Avatar", "mesh": 0, "skin": 0})
    tree = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0, len(nodes) - 1]}],
        "nodes": nodes,
        "meshes": [{"primitives": [primitive], "extras": {"targetNames": ["cheekPuff"]}}],
        "skins": [{"joints": list(range(len(names))), "inverseBindMatrices": add(inverse, "MAT4", 5126)}],
        "materials": [{"pbrMetallicRoughness": {"baseColorFactor": [0.5, 0.3, 0.2, 1], "metallicFactor": 0}}],
        "buffers": [{}],
        "bufferViews": views,
        "accessors": accessors,
    }
    return write_glb(Document(tree, bytes(binary)))


@pytest.fixture(scope="session")
def man() -> bytes:
    return box_man()


@pytest.fixture(scope="session")
def make_man() -> Callable[[str], bytes]:
    return box_man
