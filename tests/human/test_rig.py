"""The skeleton every Ready Player Me client expects, exactly; and a T-pose that is one."""

from __future__ import annotations

import numpy as np
import pytest
from people import a_character
from scipy.spatial.transform import Rotation

from avatar.human import rig
from avatar.human.body import shape_figure, standing_height
from avatar.human.bundle import bundle
from avatar.human.figure import Figure

# Written out from the public schema of the avatars, not computed: this is the contract.
PARENTS = """
Hips:Armature Spine:Hips Spine1:Spine Spine2:Spine1 Neck:Spine2 Head:Neck HeadTop_End:Head LeftEye:Head RightEye:Head
LeftShoulder:Spine2 LeftArm:LeftShoulder LeftForeArm:LeftArm LeftHand:LeftForeArm
LeftHandThumb1:LeftHand LeftHandThumb2:LeftHandThumb1 LeftHandThumb3:LeftHandThumb2 LeftHandThumb4:LeftHandThumb3
LeftHandIndex1:LeftHand LeftHandIndex2:LeftHandIndex1 LeftHandIndex3:LeftHandIndex2 LeftHandIndex4:LeftHandIndex3
LeftHandMiddle1:LeftHand LeftHandMiddle2:LeftHandMiddle1 LeftHandMiddle3:LeftHandMiddle2 LeftHandMiddle4:LeftHandMiddle3
LeftHandRing1:LeftHand LeftHandRing2:LeftHandRing1 LeftHandRing3:LeftHandRing2 LeftHandRing4:LeftHandRing3
LeftHandPinky1:LeftHand LeftHandPinky2:LeftHandPinky1 LeftHandPinky3:LeftHandPinky2 LeftHandPinky4:LeftHandPinky3
LeftUpLeg:Hips LeftLeg:LeftUpLeg LeftFoot:LeftLeg LeftToeBase:LeftFoot LeftToe_End:LeftToeBase
"""
LEFT = dict(pair.split(":") for pair in PARENTS.split())
CONTRACT = LEFT | {
    child.replace("Left", "Right"): parent.replace("Left", "Right")
    for child, parent in LEFT.items()
    if child.startswith("Left")
}
BUILDS = {
    "woman": {"gender": 0, "age": 30, "height": 1.68, "weight": 0.5, "muscle": 0.5},
    "heavy man": {"gender": 1, "age": 50, "height": 1.8, "weight": 1, "muscle": 0.5},
    "child": {"gender": 0.5, "age": 8, "height": 1.28, "weight": 0.5, "muscle": 0.5},
}


@pytest.fixture(scope="module", params=[(s, b) for s in ("realistic", "anime") for b in BUILDS], ids=str)
def figure(request: pytest.FixtureRequest) -> Figure:
    style, build = request.param
    return shape_figure(a_character(style=style, body=BUILDS[build]))


def test_names_and_parents_are_ready_player_mes() -> None:
    assert len(CONTRACT) == 67
    assert dict(rig.PARENT) == CONTRACT
    seen = {"Armature"}
    for name in rig.JOINT_NAMES:
        assert rig.PARENT[name] in seen, f"{name} comes before its parent"
        seen.add(name)


def test_weights_are_four_at_most_and_sum_to_one() -> None:
    weights = rig.base_weights()
    assert weights.dtype == np.float32
    assert (weights >= 0).all()
    assert ((weights > 0).sum(axis=1) <= 4).all()
    np.testing.assert_allclose(weights.sum(axis=1), 1, atol=1e-6)
    ends = [i for i, name in enumerate(rig.JOINT_NAMES) if name.endswith(("4", "_End"))]
    assert len(ends) == 13
    assert (weights[:, ends] == 0).all()


def test_left_and_right_weights_mirror_each_other() -> None:
    weights, base = rig.base_weights(), bundle().base
    skin = bundle().vertices_of("body")
    for name in ("Arm", "UpLeg", "HandIndex2", "Foot"):
        left = weights[skin, rig.JOINT_NAMES.index(f"Left{name}")]
        right = weights[skin, rig.JOINT_NAMES.index(f"Right{name}")]
        assert left.sum() == pytest.approx(right.sum(), rel=0.04)
        centre = (left[:, None] * base[skin]).sum(axis=0) / left.sum()
        mirror = (right[:, None] * base[skin]).sum(axis=0) / right.sum()
        np.testing.assert_allclose(centre, mirror * [-1, 1, 1], atol=0.004)


def angle(one: np.ndarray, two: np.ndarray) -> float:
    cosine = one @ two / (np.linalg.norm(one) * np.linalg.norm(two))
    return float(np.degrees(np.arccos(np.clip(cosine, -1, 1))))


def test_arms_are_horizontal_palms_down_and_legs_upright(figure: Figure) -> None:
    pose = rig.bind(figure)
    at = {name: pose.world[i, :3, 3] for i, name in enumerate(rig.JOINT_NAMES)}
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        out = np.array([sign, 0, 0])
        arm, fore, hand = (at[f"{side}{part}"] for part in ("Arm", "ForeArm", "Hand"))
        assert angle(fore - arm, out) < 1
        assert angle(hand - fore, out) < 1
        assert angle(at[f"{side}HandMiddle1"] - hand, out) < 1
        across = at[f"{side}HandIndex1"] - at[f"{side}HandPinky1"]
        assert angle(across, np.array([0, 0, 1.0])) < 35  # the index finger in front: the palm faces down
        assert abs(across[1]) < 0.3 * np.linalg.norm(across)
        for finger in ("Index", "Middle", "Ring", "Pinky"):
            chain = at[f"{side}Hand{finger}3"] - at[f"{side}Hand{finger}1"]
            assert angle(chain, out) < 15
        leg = at[f"{side}Foot"] - at[f"{side}UpLeg"]
        assert angle(leg, np.array([0, -1.0, 0])) < 8
        toes = at[f"{side}ToeBase"] - at[f"{side}Foot"]
        assert angle(toes * [1, 0, 1], np.array([0, 0, 1.0])) < 12


def test_bind_pose_keeps_the_height_and_the_ground(figure: Figure) -> None:
    pose = rig.bind(figure)
    normals = np.tile([0.0, 0, 1], (len(figure.vertices), 1))
    moved, turned = rig.to_bind(pose, figure.vertices, normals, figure.weights)
    assert standing_height(moved) == pytest.approx(figure.character.body.height, abs=0.01)
    assert moved[bundle().vertices_of("body"), 1].min() == pytest.approx(0, abs=0.006)
    np.testing.assert_allclose(np.linalg.norm(turned, axis=1), 1, atol=1e-9)
    np.testing.assert_allclose(moved[bundle().vertices_of("body")].mean(axis=0)[0], 0, atol=0.002)


def test_legs_do_not_pass_through_each_other(figure: Figure) -> None:
    pose = rig.bind(figure)
    moved, _ = rig.to_bind(pose, figure.vertices, figure.vertices, figure.weights)
    knees = bundle().vertices_of("body")
    left = figure.weights[knees][:, [rig.JOINT_NAMES.index(n) for n in ("LeftUpLeg", "LeftLeg")]].sum(axis=1) > 0.99
    low = figure.vertices[knees, 1] < 0.8 * figure.joints["LeftUpLeg"][1]
    assert moved[knees[left & low], 0].min() > 0


def test_local_frames_compose_to_the_world_and_invert(figure: Figure) -> None:
    pose = rig.bind(figure)
    world = np.zeros_like(pose.world)
    for i, parent in enumerate(pose.parents):
        local = np.eye(4)
        local[:3, :3] = Rotation.from_quat(pose.rotation[i]).as_matrix()
        local[:3, 3] = pose.translation[i]
        world[i] = local if parent < 0 else world[parent] @ local
    np.testing.assert_allclose(world, pose.world, atol=1e-9)
    np.testing.assert_allclose(pose.world @ pose.inverse, np.tile(np.eye(4), (67, 1, 1)), atol=1e-9)


# Where the avatars' own joints point in their T-pose: joint -> (local Y, local Z) in world space, rounded.
FRAMES = {
    "Hips": ((0, 1, 0), (0, 0, 1)),
    "Spine2": ((0, 1, 0), (0, 0, 1)),
    "Head": ((0, 1, 0), (0, 0, 1)),
    "LeftEye": ((0, 1, 0), (0, 0, 1)),
    "LeftArm": ((1, 0, 0), (0, -1, 0)),
    "LeftForeArm": ((1, 0, 0), (0, -1, 0)),
    "LeftHand": ((1, 0, 0), (0, -1, 0)),
    "RightArm": ((-1, 0, 0), (0, -1, 0)),
    "RightForeArm": ((-1, 0, 0), (0, -1, 0)),
    "LeftHandIndex1": ((1, 0, 0), (0, -1, 0)),
    "RightHandPinky2": ((-1, 0, 0), (0, -1, 0)),
    "LeftUpLeg": ((0, -1, 0), (0, 0, 1)),
    "RightLeg": ((0, -1, 0), (0, 0, 1)),
    "LeftFoot": ((0, -0.6, 0.8), (0, 0.8, 0.6)),
    "RightToeBase": ((0, 0, 1), (0, 1, 0)),
    "LeftHandThumb2": ((0.76, -0.46, 0.46), (-0.46, -0.88, -0.12)),
}


@pytest.mark.parametrize("joint", list(FRAMES))
def test_joint_frames_follow_the_convention_clients_animate(figure: Figure, joint: str) -> None:
    frame = rig.bind(figure).world[rig.JOINT_NAMES.index(joint), :3, :3]
    along, towards = (np.array(v, float) for v in FRAMES[joint])
    assert angle(frame[:, 1], along) < 18
    assert angle(frame[:, 2], towards) < 18
    assert np.linalg.det(frame) == pytest.approx(1)


def test_morphs_turn_with_their_vertices(figure: Figure) -> None:
    pose = rig.bind(figure)
    ids = bundle().vertices_of("body")[::40]
    step = np.random.default_rng(1).normal(0, 0.001, (len(ids), 3))
    weights = figure.weights[ids]
    here, _ = rig.to_bind(pose, figure.vertices[ids], step, weights)
    there, _ = rig.to_bind(pose, figure.vertices[ids] + step, step, weights)
    np.testing.assert_allclose(rig.deltas_to_bind(pose, {"x": step}, weights)["x"], there - here, atol=1e-12)


def test_four_influences_drops_the_weakest() -> None:
    dense = np.zeros((2, 67))
    dense[0, :6] = [0.3, 0.25, 0.2, 0.15, 0.06, 0.04]
    cut = rig.four_influences(dense)
    assert (cut[0, 4:] == 0).all()
    assert cut[0, 0] == pytest.approx(0.3 / 0.9)
    assert cut[1, rig.JOINT_NAMES.index("Hips")] == 1
