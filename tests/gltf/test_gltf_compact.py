"""The final writing: nothing unused, the same surface, joints in bytes."""

from __future__ import annotations

import numpy as np
import pytest
from packing import Tree, apart, compacted
from specimens import MORPHS, altered, figure

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.pose import triangles
from avatar.gltf.transforms.compact import CompactOptions, compact
from avatar.gltf.transforms.reindex import weld, with_triangles


def test_what_no_triangle_uses_goes(sidecar: Sidecar) -> None:
    source = weld(require_sound(figure(10))).document
    corners = triangles(source, source.tree["meshes"][0]["primitives"][0])
    half = with_triangles(source, {(0, 0): corners[: len(corners) // 2], (1, 0): np.zeros((0, 3), np.uint32)})
    made = compact(half, sidecar).document
    (mesh,) = made.tree["meshes"]
    vertices = len(np.unique(corners[: len(corners) // 2]))
    assert {made.tree["accessors"][at]["count"] for at in mesh["primitives"][0]["attributes"].values()} == {vertices}
    assert "mesh" not in made.tree["nodes"][5] and "skin" not in made.tree["nodes"][5]
    used = {view for accessor in made.tree["accessors"] for view in views(accessor)}
    used |= {image["bufferView"] for image in made.tree["images"]}
    assert used == set(range(len(made.tree["bufferViews"])))
    assert validate(write_glb(made), sidecar).errors == 0


def views(accessor: Tree) -> set[int]:
    sparse = accessor.get("sparse", {})
    parts = (accessor, *(sparse.get(key, {}) for key in ("indices", "values")))
    return {part["bufferView"] for part in parts if "bufferView" in part}


@pytest.mark.parametrize("indexed", [True, False])
def test_the_surface_stays(sidecar: Sidecar, indexed: bool) -> None:
    source = weld(require_sound(figure(10, indexed=indexed))).document
    made = compact(source, sidecar).document
    assert apart(source, made, dict.fromkeys(MORPHS, 0.9)) < 1e-5


def test_joints_are_bytes_where_they_fit(sidecar: Sidecar) -> None:
    def wide(tree: Tree) -> None:
        tree["nodes"] += [{"name": f"Tail{number}"} for number in range(1000)]
        tree["nodes"][0]["children"] += range(6, 1006)
        tree["skins"][0]["joints"] += range(6, 1006)
        del tree["skins"][0]["inverseBindMatrices"]

    document = require_sound(altered(figure(10), wide))
    accessors = [dict(accessor) for accessor in document.tree["accessors"]]
    binary = document.binary
    for mesh, most in ((0, 200), (1, 900)):
        at = document.tree["meshes"][mesh]["primitives"][0]["attributes"]["JOINTS_0"]
        joints = read_raw(document, at).astype(np.uint16)
        joints[0, 0] = most
        binary += b"\0" * (-len(binary) % 4)
        document.tree["bufferViews"].append({"buffer": 0, "byteOffset": len(binary), "byteLength": joints.nbytes})
        accessors[at] |= {"componentType": 5123, "bufferView": len(document.tree["bufferViews"]) - 1}
        binary += joints.tobytes()
    made = compact(Document({**document.tree, "accessors": accessors}, binary), sidecar).document
    found = [mesh["primitives"][0]["attributes"]["JOINTS_0"] for mesh in made.tree["meshes"]]
    assert [read_raw(made, at).dtype for at in found] == [np.uint8, np.uint16]
    assert [int(read_raw(made, at).max()) for at in found] == [200, 900]


def test_targets_that_move_nothing_share_one_accessor(sidecar: Sidecar) -> None:
    made = compact(weld(require_sound(figure(10))).document, sidecar, CompactOptions(negligible=1.0)).document
    targets = made.tree["meshes"][0]["primitives"][0]["targets"]
    assert len({target["POSITION"] for target in targets}) == 1


def test_it_is_the_same_every_time(sidecar: Sidecar) -> None:
    first, second = (compacted(figure(10), sidecar) for _ in range(2))
    assert write_glb(first) == write_glb(second)


def test_blended_triangles_stay_in_their_order(sidecar: Sidecar) -> None:
    """Layers of hair are drawn from the inside out; what is opaque lies as it is smallest."""

    def blend(tree: Tree) -> None:
        tree["materials"][0]["alphaMode"] = "BLEND"

    def places(document: Document) -> np.ndarray:
        primitive = document.tree["meshes"][0]["primitives"][0]
        return read_raw(document, primitive["attributes"]["POSITION"])[triangles(document, primitive)]

    source, opaque = (weld(require_sound(data)).document for data in (altered(figure(10), blend), figure(10)))
    made = compact(source, sidecar).document
    np.testing.assert_array_equal(places(made), places(source))
    assert not np.array_equal(places(compact(opaque, sidecar).document), places(opaque))
    indices = triangles(made, made.tree["meshes"][0]["primitives"][0]).reshape(-1)
    firsts = np.unique(indices, return_index=True)[1]
    assert (np.diff(firsts) > 0).all()  # vertices lie as they are fetched
