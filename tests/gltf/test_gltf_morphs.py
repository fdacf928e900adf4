"""Pruning of morph targets, and of everything that counts them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from specimens import MORPHS, Sketch, altered, unpack

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.pose import placed_vertices, placements, target_names, world_matrices
from avatar.gltf.transforms.morphs import prune_morphs

KEEP = ("viseme_sil", "jawOpen")  # asked for in another order than they stand in
STAYED = ["jawOpen", "viseme_sil"]


def head(document: Document) -> dict[str, Any]:
    found: dict[str, Any] = document.tree["meshes"][0]
    return found


@pytest.fixture(scope="module")
def played(person: bytes) -> bytes:
    """The person with weights on mesh and node, expressions of both VRM versions, and weights that are animated."""
    sketch = Sketch()
    sketch.tree, binary = unpack(person)
    sketch.binary = bytearray(binary)
    tree = sketch.tree
    tree["meshes"][0]["weights"] = [0.1, 0.2, 0.3, 0.4]
    tree["nodes"][4]["weights"] = [1.0, 0.5, 0.25, 0.0]
    times = sketch.accessor(np.array([0, 1], np.float32), min=[0.0], max=[1.0])
    plain = sketch.accessor(np.arange(8, dtype=np.float32))
    cubic = sketch.accessor(np.arange(24, dtype=np.float32))
    for name, sampler in (
        ("talk", {"input": times, "output": plain}),
        ("sing", {"input": times, "output": cubic, "interpolation": "CUBICSPLINE"}),
    ):
        channels = [{"sampler": 0, "target": {"node": 4, "path": "weights"}}]
        tree["animations"].append({"name": name, "samplers": [sampler], "channels": channels})
    binds = [{"mesh": 0, "index": at, "weight": 100} for at in range(4)]
    newer = [{"node": 4, "index": at, "weight": 1.0} for at in range(4)]
    tree["extensions"] = {
        "VRM": {"blendShapeMaster": {"blendShapeGroups": [{"name": "A", "binds": binds}]}},
        "VRMC_vrm": {"specVersion": "1.0", "expressions": {"preset": {"aa": {"morphTargetBinds": newer}}}},
    }
    tree["extensionsUsed"] = ["VRM", "VRMC_vrm"]
    tree["buffers"][0]["byteLength"] = len(sketch.binary)
    return sketch.glb()


def test_the_named_targets_stay_in_the_order_of_the_model(person: bytes) -> None:
    before = require_sound(person)
    change = prune_morphs(before, KEEP)
    assert target_names(head(change.document)) == STAYED
    assert head(change.document)["extras"] == {"note": "kept", "targetNames": STAYED}
    kept = [head(before)["primitives"][0]["targets"][at] for at in (0, 3)]
    assert head(change.document)["primitives"][0]["targets"] == kept
    assert change.notes == ("kept 2 of 4 morph targets on 1 meshes",)
    assert target_names(head(before)) == list(MORPHS)  # the original is as it was


def test_what_is_left_moves_as_before(person: bytes) -> None:
    before = require_sound(person)
    after = prune_morphs(before, KEEP).document
    worlds = world_matrices(before)
    spot = next(placements(before))
    for name, same in (("jawOpen", True), ("eyeBlinkLeft", False)):
        first, second = (placed_vertices(document, spot, worlds, morph={name: 1.0}) for document in (before, after))
        assert np.array_equal(first, second) is same


def test_keeping_all_changes_nothing(person: bytes) -> None:
    document = require_sound(person)
    change = prune_morphs(document, MORPHS)
    assert change.document is document and change.notes == ()


def test_weights_and_animations_are_cut_with_the_targets(played: bytes) -> None:
    after = prune_morphs(require_sound(played), KEEP).document
    assert head(after)["weights"] == [0.1, 0.4]
    assert after.tree["nodes"][4]["weights"] == [1.0, 0.0]
    samplers = [animation["samplers"][0] for animation in after.tree["animations"][1:]]
    outputs = [read_floats(after, sampler["output"])[:, 0].tolist() for sampler in samplers]
    assert outputs[0] == [0, 3, 4, 7]
    assert outputs[1] == [0, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23]
    assert samplers[1]["interpolation"] == "CUBICSPLINE"
    assert after.tree["animations"][0] == require_sound(played).tree["animations"][0]


def test_expressions_name_the_targets_by_their_new_numbers(played: bytes) -> None:
    extensions = prune_morphs(require_sound(played), KEEP).document.tree["extensions"]
    binds = extensions["VRM"]["blendShapeMaster"]["blendShapeGroups"][0]["binds"]
    assert binds == [{"mesh": 0, "index": at, "weight": 100} for at in (0, 1)]
    newer = extensions["VRMC_vrm"]["expressions"]["preset"]["aa"]["morphTargetBinds"]
    assert newer == [{"node": 4, "index": at, "weight": 1.0} for at in (0, 1)]


def test_without_any_target_nothing_speaks_of_them(played: bytes) -> None:
    change = prune_morphs(require_sound(played), ())
    mesh = head(change.document)
    assert "weights" not in mesh and mesh["extras"] == {"note": "kept"}
    assert "targets" not in mesh["primitives"][0]
    assert "weights" not in change.document.tree["nodes"][4]
    assert [animation["name"] for animation in change.document.tree["animations"]] == ["nod"]
    assert "dropped 2 animation channels" in change.notes[1]
    groups = change.document.tree["extensions"]["VRM"]["blendShapeMaster"]["blendShapeGroups"]
    assert groups == [{"name": "A", "binds": []}]


def test_animations_go_when_weights_were_all_they_moved(played: bytes) -> None:
    only = altered(played, lambda tree: tree.update(animations=tree["animations"][1:]))
    assert "animations" not in prune_morphs(require_sound(only), ()).document.tree


def test_targets_without_names_go_by_number_and_keep_it(person: bytes) -> None:
    nameless = require_sound(altered(person, lambda tree: tree["meshes"][0].pop("extras")))
    after = prune_morphs(nameless, ["2"]).document
    assert target_names(head(after)) == ["2"]


def test_names_on_primitives_move_to_the_mesh(person: bytes) -> None:
    def old_style(tree: dict[str, Any]) -> None:
        mesh = tree["meshes"][0]
        mesh["primitives"][0]["extras"] = {"targetNames": mesh.pop("extras")["targetNames"]}

    after = prune_morphs(require_sound(altered(person, old_style)), KEEP).document
    assert target_names(head(after)) == STAYED
    assert "extras" not in head(after)["primitives"][0]


def test_the_result_is_valid(played: bytes, sidecar: Sidecar) -> None:
    for names in (KEEP, ()):
        made = write_glb(prune_morphs(require_sound(played), names).document)
        summary = validate(made, sidecar)
        assert summary.errors == 0, summary.issues
        assert read_glb(made).tree["asset"]["version"] == "2.0"
