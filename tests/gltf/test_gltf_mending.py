"""Small faults that lenient readers pass over are mended, so that strict ones take the file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from specimens import altered, figure, overwritten, unpack

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document
from avatar.gltf.model.pose import placed_vertices, placements, world_matrices
from avatar.gltf.transforms.mend import mend

Tree = dict[str, Any]
SMALL = figure(6, texture=16)
TREE = unpack(SMALL)[0]
HEAD = TREE["meshes"][0]["primitives"][0]["attributes"]
MATRICES = TREE["skins"][0]["inverseBindMatrices"]


def _twice() -> bytes:
    """Vertex 5 hangs on the head by two of its influences."""
    joints = overwritten(SMALL, HEAD["JOINTS_0"], np.array([[2, 2, 1, 0]], np.uint8), at=5)
    return overwritten(joints, HEAD["WEIGHTS_0"], np.array([[0.25, 0.5, 0.25, 0]], np.float32), at=5)


def _projective() -> bytes:
    matrix = np.eye(4, dtype=np.float32)
    matrix[3] = (0, 1e-6, 0, 1)
    return overwritten(SMALL, MATRICES, matrix.T.reshape(1, 16))


def _with(change: Callable[[Tree], object]) -> bytes:
    return altered(SMALL, change)


def _two_roots(tree: Tree) -> None:
    """The hips leave the armature, the head leaves the spine; the skin has joints below all of them."""
    tree["nodes"][0]["children"].remove(1)
    del tree["nodes"][2]["children"]
    tree["scenes"][0]["nodes"] += [1, 3]
    del tree["skins"][0]["skeleton"]


CHANNEL = TREE["animations"][0]["channels"][0]
TIMES = TREE["animations"][0]["samplers"][0]["input"]
FAULTS = {
    "tracks whose key times fall back": overwritten(SMALL, TIMES, np.array([[-1.0]], np.float32)),
    "joints that a vertex named twice": _twice(),
    "bind matrices": _projective(),
    "scenes": _with(lambda tree: tree["scenes"][0].update(nodes=[0, 1, 0])),
    "scene": _with(lambda tree: tree["scenes"].append({"nodes": []})),
    "roots of joints": _with(_two_roots),
    "skins without a mesh": _with(lambda tree: tree["nodes"][0].update(skin=0)),
    "tracks of what another one moves": _with(lambda tree: tree["animations"][0]["channels"].append(CHANNEL)),
    "factors of materials": _with(lambda tree: tree["materials"][0].update(emissiveFactor=[0.5, 2.0, 0.0])),
    "skeleton roots": _with(lambda tree: tree["skins"][0].update(skeleton=3)),
    "default morph weights": _with(lambda tree: tree["meshes"][0].update(weights=[0.0])),
}


def test_a_sound_model_is_left_alone() -> None:
    document = require_sound(SMALL)
    change = mend(document)
    assert change.document is document
    assert change.notes == ()


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_is_mended_and_told(what: str, sidecar: Sidecar) -> None:
    change = mend(require_sound(FAULTS[what]))
    assert what in change.notes[0]
    assert mend(change.document).notes == ()
    assert build_lod(FAULTS[what], 2, sidecar).report.validation.errors == 0


def _vertices(document: Document) -> Any:
    worlds = world_matrices(document)
    return np.concatenate([placed_vertices(document, placement, worlds) for placement in placements(document)])


def test_influences_of_one_joint_become_one_and_nothing_moves() -> None:
    before = require_sound(_twice())
    after = mend(before).document
    attributes = after.tree["meshes"][0]["primitives"][0]["attributes"]
    assert read_raw(after, attributes["JOINTS_0"])[5].tolist() == [2, 0, 1, 0]
    assert read_floats(after, attributes["WEIGHTS_0"])[5].tolist() == [0.75, 0, 0.25, 0]
    assert np.allclose(_vertices(before), _vertices(after), atol=1e-6)


def test_a_scene_keeps_its_roots_once_each() -> None:
    mended = mend(require_sound(FAULTS["scenes"])).document
    assert mended.tree["scenes"] == [{"nodes": [0]}]


def test_joints_that_hang_apart_get_one_root_and_nothing_moves() -> None:
    before = require_sound(FAULTS["roots of joints"])
    after = mend(before).document
    assert after.tree["nodes"][-1] == {"name": "Root", "children": [1, 3]}
    assert after.tree["scenes"] == [{"nodes": [0, 6]}]
    assert np.array_equal(_vertices(before), _vertices(after))


def test_what_shines_more_than_one_keeps_its_light() -> None:
    material = mend(require_sound(FAULTS["factors of materials"])).document.tree["materials"][0]
    assert material["emissiveFactor"] == [0.25, 1.0, 0.0]
    assert material["extensions"] == {"KHR_materials_emissive_strength": {"emissiveStrength": 2.0}}
