"""Rest poses: the joints, the mesh that hangs on them, and what animations make of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from specimens import Sketch, figure

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.guests.validator import validate
from avatar.gltf.model.accessors import read_floats, read_raw
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.model.pose import F64, joint_matrices, placed_vertices, placements, world_matrices
from avatar.gltf.transforms.posing import ARM_TOLERANCE, blended, rest_pose
from avatar.gltf.transforms.skeleton import humanoid
from avatar.human.rig import JOINT_NAMES, PARENT
from avatar.variant import RestPose

SIDES = (("Left", 1.0), ("Right", -1.0))
FINGERS = ("Thumb", "Index", "Middle", "Ring", "Pinky")


def places(drop: float, spread: float) -> dict[str, NDArray[np.float64]]:
    """World places of joints: arms ``drop`` degrees below the horizontal, legs ``spread`` degrees apart each."""
    at = {"Hips": (0, 1.0, 0), "Spine": (0, 1.1, 0), "Spine1": (0, 1.2, 0), "Spine2": (0, 1.3, 0)}
    at |= {"Neck": (0, 1.5, 0), "Head": (0, 1.6, 0), "HeadTop_End": (0, 1.8, 0)}
    found = {name: np.array(place, float) for name, place in at.items()}
    for side, sign in SIDES:
        tip = np.radians(drop)
        along = np.array([sign * np.cos(tip), -np.sin(tip), 0.0])
        palm = np.array([-sign * np.sin(tip), -np.cos(tip), 0.0])
        across = np.cross(along, palm) * -sign
        shoulder = np.array([sign * 0.18, 1.42, 0.0])
        found[f"{side}Shoulder"] = np.array([sign * 0.05, 1.42, 0.0])
        found[f"{side}Eye"] = np.array([sign * 0.03, 1.7, 0.08])
        for part, reach in (("Arm", 0.0), ("ForeArm", 0.28), ("Hand", 0.53)):
            found[f"{side}{part}"] = shoulder + reach * along
        for finger, width in zip(FINGERS, (0.04, 0.02, 0.0, -0.02, -0.03), strict=True):
            for k in (1, 2, 3, 4):
                reach = 0.53 + (0.03 if finger == "Thumb" else 0.08) + 0.02 * k
                found[f"{side}Hand{finger}{k}"] = shoulder + reach * along + width * across
        lean = np.radians(spread)
        down = np.array([sign * np.sin(lean), -np.cos(lean), 0.0])
        hip = np.array([sign * 0.1, 0.95, 0.0])
        for part, reach in (("UpLeg", 0.0), ("Leg", 0.43), ("Foot", 0.85)):
            found[f"{side}{part}"] = hip + reach * down
        found[f"{side}ToeBase"] = found[f"{side}Foot"] + [0, -0.05, 0.12]
        found[f"{side}Toe_End"] = found[f"{side}Foot"] + [0, -0.05, 0.18]
    return found


def man(
    drop: float = 0.0,
    spread: float = 0.0,
    *,
    sheared: bool = False,
    unit: float = 1.0,
    axes: F64 | None = None,
    names: Mapping[str, str] | None = None,
    parts: int = 9,
) -> bytes:
    """A body of needles: vertices strung along every bone, blended between it and its parent; one bone each when
    ``parts`` is 1. Local axes are those of a T-pose turned with the bones, as exporters leave them. ``unit`` is the
    length of one metre in the file, hidden under a scaled root."""
    sketch = Sketch()
    turned = places(drop, spread)
    keys = list(JOINT_NAMES)
    number = {key: 1 + at for at, key in enumerate(keys)}
    frames: dict[str, F64] = {key: np.eye(3) for key in keys}
    for side, sign in SIDES:
        arm = Rotation.from_euler("z", -sign * drop, degrees=True).as_matrix()
        leg = Rotation.from_euler("z", sign * spread, degrees=True).as_matrix()
        for key in keys:
            below = key.removeprefix(side)
            if key.startswith(side) and below.startswith(("Arm", "ForeArm", "Hand")):
                frames[key] = arm
            elif key.startswith(side) and below in ("UpLeg", "Leg"):
                frames[key] = leg
    base = np.eye(3) if axes is None else axes
    worlds = {}
    for key in keys:
        matrix = np.eye(4)
        matrix[:3, :3], matrix[:3, 3] = base @ frames[key], base @ turned[key] * unit
        worlds[key] = matrix
    nodes: list[dict[str, Any]] = [{"name": "Armature", "children": [1, len(keys) + 1]}]
    if unit != 1.0:
        nodes[0]["scale"] = [1 / unit] * 3
    if sheared:
        nodes[0]["scale"] = [1.0, 2.0, 1.0]
    for key in keys:
        local = np.linalg.solve(worlds.get(PARENT[key], np.eye(4)), worlds[key])
        node: dict[str, Any] = {"name": (names or {}).get(key, key), "translation": local[:3, 3].tolist()}
        node["rotation"] = Rotation.from_matrix(local[:3, :3]).as_quat().tolist()
        children = [number[child] for child in keys if PARENT[child] == key]
        nodes.append({**node, "children": children} if children else node)
    nodes.append({"name": "Body", "mesh": 0, "skin": 0})
    points, joints, weights = [], [], []
    for key in keys[1:]:
        start, end = turned[PARENT[key]], turned[key]
        for k in range(parts):
            share = k / max(parts - 1, 1)
            for offset in ([0.02, 0, 0], [0, 0.02, 0.01], [0, 0, -0.02]):
                points.append(base @ (start + (end - start) * share + offset) * unit)
                joints.append([number[PARENT[key]] - 1, number[key] - 1, 0, 0])
                blend = np.clip((share - 0.8) / 0.4, 0, 0.5) if parts > 1 else 0.0
                weights.append([1 - blend, blend, 0, 0])
    count = len(points)
    positions = np.array(points, np.float32)
    normals = np.tile(np.array(base @ [0, 0, 1], np.float32), (count, 1))
    delta = np.tile(np.array([0, 0.01 * unit, 0], np.float32), (count, 1))
    still = np.zeros((count, 3), np.float32)
    inverse = np.stack([np.linalg.inv(worlds[key]) for key in keys]).transpose(0, 2, 1).reshape(-1, 16)
    primitive = {
        "attributes": {
            "POSITION": sketch.positions(positions),
            "NORMAL": sketch.accessor(normals),
            "TANGENT": sketch.accessor(np.tile(np.append(base @ [1, 0, 0], -1).astype(np.float32), (count, 1))),
            "JOINTS_0": sketch.accessor(np.array(joints, np.uint8)),
            "WEIGHTS_0": sketch.accessor(np.array(weights, np.float32)),
        },
        "targets": [{"POSITION": sketch.positions(delta)}, {"POSITION": sketch.positions(still)}],
        "indices": sketch.accessor(np.arange(count - count % 3, dtype=np.uint32)),
    }
    skin = {"joints": [number[key] for key in keys], "inverseBindMatrices": sketch.accessor(inverse.astype(np.float32))}
    times = sketch.accessor(np.array([0, 1], np.float32), min=[0.0], max=[1.0])
    samplers, channels = [], []
    for at, node in enumerate(nodes[1 : len(keys) + 1], 1):
        bend = Rotation.from_rotvec([0.2 * np.sin(at), 0.3 * np.cos(2 * at), 0.25 * np.sin(3 * at)])
        frames_of = np.stack([node["rotation"], (Rotation.from_quat(node["rotation"]) * bend).as_quat()])
        samplers.append({"input": times, "output": sketch.accessor(frames_of.astype(np.float32))})
        channels.append({"sampler": len(samplers) - 1, "target": {"node": at, "path": "rotation"}})
    mesh = {"primitives": [primitive], "extras": {"targetNames": ["swell", "still"]}}
    sketch.tree |= {"nodes": nodes, "meshes": [mesh], "skins": [skin], "scenes": [{"nodes": [0]}]}
    sketch.tree |= {"animations": [{"samplers": samplers, "channels": channels}], "scene": 0}
    return sketch.glb()


def animated(document: Document, key: int) -> Document:
    """The document as key ``key`` of its first animation poses it."""
    nodes = list(document.tree["nodes"])
    animation = document.tree["animations"][0]
    for channel in animation["channels"]:
        rows = read_floats(document, animation["samplers"][channel["sampler"]]["output"])
        at = channel["target"]["node"]
        nodes[at] = {**nodes[at], "rotation": rows[key].tolist()}
    return Document({**document.tree, "nodes": nodes}, document.binary)


def shown(document: Document, **morph: float) -> F64:
    """World places of all vertices."""
    worlds = world_matrices(document)
    return np.concatenate([placed_vertices(document, spot, worlds, morph=morph) for spot in placements(document)])


def directions(document: Document) -> dict[str, F64]:
    """Unit vectors along the limbs."""
    joints, worlds = humanoid(document), world_matrices(document)[:, :3, 3]
    pairs = [("Arm", "ForeArm"), ("ForeArm", "Hand"), ("Hand", "HandMiddle1"), ("UpLeg", "Leg"), ("Leg", "Foot")]
    found = {}
    for side, _ in SIDES:
        for start, end in pairs:
            way = worlds[joints[f"{side}{end}"]] - worlds[joints[f"{side}{start}"]]
            found[f"{side}{start}"] = way / np.linalg.norm(way)
    return found


def spread_of_bind(document: Document) -> float:
    """How far the skin is from being bound in the rest pose of its joints."""
    matrices = joint_matrices(document, 0, world_matrices(document))
    return float(np.ptp(matrices, axis=0).max())


SOME_MAN = require_sound(man(30.0, parts=2))
A_ARM = np.array([0.504, -0.86, -0.075]) / np.linalg.norm([0.504, -0.86, -0.075])


@pytest.mark.parametrize("drop", [0.0, 30.0, 50.0, 85.0])
@pytest.mark.parametrize("pose", RestPose)
def test_arms_take_the_pose_and_the_mesh_is_bound_in_it(drop: float, pose: RestPose) -> None:
    document = require_sound(man(drop))
    change = rest_pose(document, pose)
    for side, sign in SIDES:
        goal = np.array([sign, 1, 1]) * (A_ARM if pose is RestPose.A else np.array([1.0, 0, 0]))
        way = directions(change.document)[f"{side}Arm"]
        limit = np.cos(np.radians(ARM_TOLERANCE if "already" in change.notes[0] else 0.5))
        assert way @ goal > limit
    assert spread_of_bind(change.document) < 1e-5
    assert ("already" in change.notes[0]) is (change.document is document)
    again = rest_pose(change.document, pose)
    assert again.document is change.document and "already" in again.notes[0]


def test_palms_face_down_in_the_t_pose() -> None:
    document = rest_pose(require_sound(man(80.0)), RestPose.T).document
    joints, worlds = humanoid(document), world_matrices(document)[:, :3, 3]
    for side, sign in SIDES:
        reach = worlds[joints[f"{side}HandMiddle1"]] - worlds[joints[f"{side}Hand"]]
        across = worlds[joints[f"{side}HandIndex1"]] - worlds[joints[f"{side}HandPinky1"]]
        palm = np.cross(reach, across) * sign
        np.testing.assert_allclose(palm / np.linalg.norm(palm), [0, -1, 0], atol=1e-4)


@pytest.mark.parametrize("spread", [5.0, 25.0])
def test_wide_legs_come_down_and_feet_stay_level(spread: float) -> None:
    document = require_sound(man(0.0, spread))
    change = rest_pose(document, RestPose.T)
    assert ("leg" in change.notes[0]) is (spread > 20)
    if spread > 20:
        for name in ("LeftUpLeg", "RightLeg"):
            np.testing.assert_allclose(directions(change.document)[name], [0, -1, 0], atol=1e-5)
        before, after = (world_matrices(d)[humanoid(d)["LeftFoot"]][:3, :3] for d in (document, change.document))
        np.testing.assert_allclose(before, after, atol=1e-6)


@pytest.mark.parametrize("key", [0, 1])
@pytest.mark.parametrize(("drop", "pose"), [(50.0, RestPose.T), (0.0, RestPose.A)])
def test_an_animated_frame_looks_as_before(drop: float, pose: RestPose, key: int) -> None:
    before = require_sound(man(drop, parts=1))
    after = rest_pose(before, pose).document
    assert after is not before
    np.testing.assert_allclose(
        world_matrices(animated(after, key)), world_matrices(animated(before, key)), atol=1e-5
    )  # every bone is where it was
    np.testing.assert_allclose(shown(animated(after, key)), shown(animated(before, key)), atol=2e-5)
    # where bones share a vertex the two bind poses differ, by less than what shows
    before = require_sound(man(drop))
    after = rest_pose(before, pose).document
    apart = np.linalg.norm(shown(animated(after, key)) - shown(animated(before, key)), axis=1)
    assert np.percentile(apart, 90) < 1e-3 and apart.max() < 0.012


def test_bones_keep_lengths_places_and_local_axes() -> None:
    document = require_sound(man(50.0))
    nodes = rest_pose(document, RestPose.T).document.tree["nodes"]
    changed = set()
    for old, new in zip(document.tree["nodes"], nodes, strict=True):
        assert {**old, "rotation": 0} == {**new, "rotation": 0}
        if old.get("rotation") != new.get("rotation"):
            changed.add(old["name"])
    assert {"LeftArm", "RightArm"} <= changed
    assert changed <= {f"{side}{part}" for side, _ in SIDES for part in ("Arm", "ForeArm", "Hand")}


def test_there_and_back_is_where_it_was() -> None:
    document = require_sound(man(0.0, parts=1))
    back = rest_pose(rest_pose(document, RestPose.A).document, RestPose.T).document
    np.testing.assert_allclose(shown(back), shown(document), atol=1e-4)
    np.testing.assert_allclose(shown(back, swell=1.0), shown(document, swell=1.0), atol=1e-4)


def test_morphs_normals_and_tangents_turn_with_the_bones() -> None:
    before = require_sound(man(0.0, parts=1))
    after = rest_pose(before, RestPose.A).document
    old, new = (document.tree["meshes"][0]["primitives"][0] for document in (before, after))
    turns = {}
    for at in (before, after):
        turns[id(at)] = world_matrices(at)[at.tree["skins"][0]["joints"]][:, :3, :3]
    joints = read_raw(before, old["attributes"]["JOINTS_0"])[:, 0]
    turn = (turns[id(after)] @ turns[id(before)].transpose(0, 2, 1))[joints]
    for name, was, became in [
        ("normal", old["attributes"]["NORMAL"], new["attributes"]["NORMAL"]),
        ("tangent", old["attributes"]["TANGENT"], new["attributes"]["TANGENT"]),
        ("morph", old["targets"][0]["POSITION"], new["targets"][0]["POSITION"]),
    ]:
        expected = np.einsum("nij,nj->ni", turn, read_floats(before, was)[:, :3])
        np.testing.assert_allclose(read_floats(after, became)[:, :3], expected, atol=1e-5, err_msg=name)
    assert (read_floats(after, new["attributes"]["TANGENT"])[:, 3] == -1).all()
    assert new["targets"][1] == old["targets"][1]  # what moves nothing is not written again
    assert new["attributes"]["JOINTS_0"] == old["attributes"]["JOINTS_0"]


def test_what_hangs_on_no_arm_keeps_its_bits() -> None:
    before = require_sound(man(0.0))
    after = rest_pose(before, RestPose.A).document
    old, new = (document.tree["meshes"][0]["primitives"][0]["attributes"] for document in (before, after))
    joints, weights = read_raw(before, old["JOINTS_0"]), read_floats(before, old["WEIGHTS_0"])
    arms = [at for at, name in enumerate(JOINT_NAMES) if any(part in name for part in ("Arm", "Hand"))]
    free = ~(np.isin(joints, arms) & (weights > 0)).any(axis=1)
    assert free.any() and not free.all()
    first, second = read_raw(before, old["POSITION"]), read_raw(after, new["POSITION"])
    assert np.array_equal(first[free], second[free]) and not np.array_equal(first, second)


@pytest.mark.parametrize("unit", [100.0, 0.01])
def test_units_do_not_matter(unit: float) -> None:
    plain = rest_pose(require_sound(man(50.0)), RestPose.T).document
    scaled = rest_pose(require_sound(man(50.0, unit=unit)), RestPose.T).document
    np.testing.assert_allclose(shown(scaled), shown(plain), atol=1e-4)


@pytest.mark.parametrize("turn", [[0, 180, 0], [-90, 0, 0], [0, 90, 0]])
def test_a_body_that_faces_elsewhere_is_posed_in_its_own_directions(turn: list[float]) -> None:
    axes: F64 = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
    plain = rest_pose(require_sound(man(50.0)), RestPose.T).document
    turned = rest_pose(require_sound(man(50.0, axes=axes)), RestPose.T).document
    np.testing.assert_allclose(shown(turned), shown(plain) @ axes.T, atol=1e-5)


def test_a_mesh_bound_elsewhere_than_its_joints_stand_is_bound_where_they_stand() -> None:
    """As Ready Player Me's T-poses come: joints in T, mesh bound in A."""
    bound_in_a = require_sound(man(59.0))
    nodes = require_sound(man(0.0)).tree["nodes"]
    document = Document({**bound_in_a.tree, "nodes": nodes}, bound_in_a.binary)
    assert spread_of_bind(document) > 0.1
    change = rest_pose(document, RestPose.T)
    assert spread_of_bind(change.document) < 1e-5 and "the mesh did not" in change.notes[0]
    assert change.document.tree["nodes"] == nodes
    assert np.percentile(np.linalg.norm(shown(change.document) - shown(document), axis=1), 80) < 1e-4


def test_parts_without_a_skin_follow_their_joint() -> None:
    document = require_sound(man(0.0))
    nodes = list(document.tree["nodes"])
    hand = humanoid(document)["LeftHand"]
    nodes.append({"name": "Watch", "mesh": 1})
    nodes[hand] = {**nodes[hand], "children": [*nodes[hand]["children"], len(nodes) - 1]}
    primitive = document.tree["meshes"][0]["primitives"][0]
    bare = {"POSITION": primitive["attributes"]["POSITION"]}
    meshes = [*document.tree["meshes"], {"primitives": [{"attributes": bare, "indices": primitive["indices"]}]}]
    worn = Document({**document.tree, "nodes": nodes, "meshes": meshes}, document.binary)
    after = rest_pose(worn, RestPose.A).document
    assert after.tree["meshes"][1] == meshes[1]
    np.testing.assert_allclose(world_matrices(after)[-1], world_matrices(after)[hand], atol=1e-9)


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (require_sound(figure(8)), "arms of its skeleton were not recognised"),
        (require_sound(figure(8, skinned=False)), "arms of its skeleton were not recognised"),
        (require_sound(man(50.0, sheared=True)), "scaled unevenly"),
    ],
)
def test_what_cannot_be_posed_stays_as_it_is(document: Document, said: str) -> None:
    change = rest_pose(document, RestPose.T)
    assert change.document is document and said in change.notes[0]


def test_a_mesh_on_two_skins_stays_as_it_is() -> None:
    document = require_sound(man(50.0))
    tree = document.tree
    nodes = [*tree["nodes"], {"name": "Twin", "mesh": 0, "skin": 1}]
    twins = Document({**tree, "nodes": nodes, "skins": [*tree["skins"], *tree["skins"]]}, document.binary)
    assert "several skins" in rest_pose(twins, RestPose.T).notes[0]


def test_two_meshes_on_two_skins_share_their_joints() -> None:
    document = require_sound(man(50.0))
    tree = document.tree
    nodes = [*tree["nodes"], {"name": "Coat", "mesh": 1, "skin": 1}]
    parts = {"nodes": nodes, "skins": [*tree["skins"], *tree["skins"]], "meshes": [*tree["meshes"], *tree["meshes"]]}
    after = rest_pose(Document({**tree, **parts}, document.binary), RestPose.T).document
    worlds = world_matrices(after)
    both = [placed_vertices(after, spot, worlds) for spot in placements(after)]
    np.testing.assert_array_equal(both[0], both[1])
    np.testing.assert_allclose(both[0], shown(rest_pose(document, RestPose.T).document), atol=1e-7)


def test_vrm_is_told_that_it_wants_the_t_pose() -> None:
    document = require_sound(man(0.0, names={key: f"mixamorig:{key}" for key in JOINT_NAMES}))
    tree = {**document.tree, "extensions": {"VRMC_vrm": {"specVersion": "1.0"}}}
    change = rest_pose(Document(tree, document.binary), RestPose.A)
    assert "VRM wants" in change.notes[1] and change.document.tree["extensions"] == tree["extensions"]


def test_the_result_is_valid(sidecar: Sidecar) -> None:
    for pose, drop in ((RestPose.T, 50.0), (RestPose.A, 0.0)):
        made = write_glb(rest_pose(require_sound(man(drop)), pose).document)
        summary = validate(made, sidecar)
        assert summary.errors == 0, summary.issues
        require_sound(made)


angles = st.floats(-1.5, 1.5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(angles, angles, angles, angles), min_size=2, max_size=4), st.floats(0.0, 1.0))
def test_blends_of_rigid_moves_are_rigid(moves: list[tuple[float, float, float, float]], share: float) -> None:
    carry = np.tile(np.eye(4), (len(moves), 1, 1))
    for matrix, (x, y, z, away) in zip(carry, moves, strict=True):
        matrix[:3, :3], matrix[:3, 3] = Rotation.from_rotvec([x, y, z]).as_matrix(), [away, y, x]
    joints = np.array([[0, 1], [0, 1], [1, 0]])
    weights = np.array([[1.0, 0.0], [share, 1 - share], [1.0, 0.0]])
    turn, shift = blended(carry, joints, weights)
    np.testing.assert_allclose(turn @ turn.transpose(0, 2, 1), np.tile(np.eye(3), (3, 1, 1)), atol=1e-9)
    np.testing.assert_allclose(turn[[0, 2]], carry[[0, 1], :3, :3], atol=1e-9)
    np.testing.assert_allclose(shift[[0, 2]], carry[[0, 1], :3, 3], atol=1e-9)


numbers = st.floats(-2.0, 2.0) | st.just(0.0)


@settings(max_examples=40, deadline=None)
@given(st.dictionaries(st.integers(1, len(JOINT_NAMES)), st.tuples(numbers, numbers, numbers), max_size=80), st.data())
def test_any_skeleton_is_posed_or_left_alone(moved: dict[int, tuple[float, float, float]], data: st.DataObject) -> None:
    document = SOME_MAN
    nodes = list(document.tree["nodes"])
    key = data.draw(st.sampled_from(["translation", "scale", "rotation"]))
    for at, values in moved.items():
        nodes[at] = {**nodes[at], key: [*values, 0.0][: 4 if key == "rotation" else 3]}
    change = rest_pose(
        Document({**document.tree, "nodes": nodes}, document.binary), data.draw(st.sampled_from(RestPose))
    )
    assert np.isfinite(shown(change.document)).all() and change.notes
    require_sound(write_glb(change.document))
