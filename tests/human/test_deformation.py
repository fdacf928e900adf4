"""Flesh keeps its volume around elbows, knees, shoulders and hips in the six poses, by linear blend skinning alone."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from people import a_character
from scipy.spatial.transform import Rotation

from avatar.human import landmarks, rig
from avatar.human.body import shape_figure
from avatar.human.figure import F64, I64, Figure
from avatar.human.poses import POSES, node_rotations, pose_matrices, posed

HALF_BAND = 0.03  # metres to either side of a joint, along its bone in the T-pose
AXIS = {"ForeArm": 0, "Arm": 0, "Leg": 1, "UpLeg": 1}
REACH = 0.16  # metres across an arm that belong to it, and not to the trunk under it
BODIES = {
    "thin": {"gender": 0.3, "age": 25, "height": 1.75, "weight": 0.0, "muscle": 0.5},
    "average woman": {"gender": 0.0, "age": 30, "height": 1.68, "weight": 0.5, "muscle": 0.5},
    "average man": {"gender": 1.0, "age": 30, "height": 1.78, "weight": 0.5, "muscle": 0.5},
    "heavy": {"gender": 0.8, "age": 45, "height": 1.75, "weight": 1.0, "muscle": 0.5},
    "child": {"gender": 0.5, "age": 9, "height": 1.33, "weight": 0.5, "muscle": 0.5},
}


@pytest.fixture(scope="module", params=list(BODIES))
def figure(request: pytest.FixtureRequest) -> Figure:
    return shape_figure(a_character(body=BODIES[request.param]))


def borders(triangles: I64) -> list[list[int]]:
    """Closed loops of vertices around an open patch."""
    edges = {(int(t[k]), int(t[(k + 1) % 3])) for t in triangles for k in range(3)}
    following: dict[int, list[int]] = {}
    for a, b in sorted(edges):
        if (b, a) not in edges:
            following.setdefault(a, []).append(b)
    loops = []
    while following:
        loop = [min(following)]
        while True:
            nexts = following[loop[-1]]
            step = nexts.pop()
            if not nexts:
                del following[loop[-1]]
            if step == loop[0]:
                break
            loop.append(step)
        loops.append(loop)
    return loops


def volume(points: F64, triangles: I64, loops: list[list[int]]) -> float:
    """Of a patch closed by a fan over each border."""
    a, b, c = points[triangles].transpose(1, 0, 2)
    total = float(np.einsum("ij,ij->", a, np.cross(b, c)))
    for loop in loops:
        ring = points[loop]
        total += float((np.cross(np.roll(ring, -1, axis=0), ring) @ ring.mean(axis=0)).sum())
    return total / 6


def band(figure: Figure, pose: rig.Bind, rest: F64, joint: str, side: str) -> I64:
    """Skin triangles within the band around a joint, on its own side."""
    triangles = landmarks.skin_triangles()
    place = pose.world[rig.JOINT_NAMES.index(f"{side}{joint}"), :3, 3]
    centre = rest[triangles].mean(axis=1)
    axis = AXIS[joint]
    keep = (np.abs(centre[:, axis] - place[axis]) < HALF_BAND) & (centre[:, 0] * place[0] > 0)
    if axis == 0:
        keep &= np.abs(centre[:, 1] - place[1]) < REACH
    else:
        arms = [j for j, name in enumerate(rig.JOINT_NAMES) if "Arm" in name or "Hand" in name]
        keep &= figure.weights[triangles][:, :, arms].sum(axis=2).max(axis=1) < 0.2
    out: I64 = triangles[keep]
    return out


@pytest.mark.parametrize("joint", list(AXIS))
@pytest.mark.parametrize("side", ["Left", "Right"])
def test_volume_stays_within_a_fifth(figure: Figure, joint: str, side: str) -> None:
    pose = rig.bind(figure)
    rest, _ = rig.to_bind(pose, figure.vertices, figure.vertices, figure.weights)
    triangles = band(figure, pose, rest, joint, side)
    loops = borders(triangles)
    before = volume(rest, triangles, loops)
    assert before > 5e-5
    for name, turns in POSES.items():
        after = volume(posed(pose, turns, rest, figure.weights), triangles, loops)
        assert 0.8 < after / before < 1.2, (name, after / before)


def test_poses_take_limbs_where_their_names_say(figure: Figure) -> None:
    pose = rig.bind(figure)

    def at(name: str) -> dict[str, NDArray[np.float64]]:
        moved = pose_matrices(pose, POSES[name]) @ pose.world
        return {joint: moved[i, :3, 3] for i, joint in enumerate(rig.JOINT_NAMES)}

    up, forward, sit, step, bow, look = (at(name) for name in ("arms_up", "arms_forward", "sit", "step", "bow", "look"))
    crown = pose.world[rig.JOINT_NAMES.index("HeadTop_End"), 1, 3]
    assert up["LeftHand"][1] > crown and up["RightHand"][1] > crown
    assert forward["LeftHand"][2] - forward["LeftArm"][2] > 0.8 * np.linalg.norm(
        forward["LeftHand"] - forward["LeftArm"]
    )
    assert abs(sit["LeftLeg"][1] - sit["LeftUpLeg"][1]) < 0.3 * np.linalg.norm(sit["LeftLeg"] - sit["LeftUpLeg"])
    assert sit["LeftLeg"][2] > sit["LeftUpLeg"][2]
    assert sit["LeftFoot"][1] < sit["LeftLeg"][1]
    assert step["LeftFoot"][2] - step["RightFoot"][2] > 0.3 * pose.world[rig.JOINT_NAMES.index("LeftUpLeg"), 1, 3]
    assert bow["Head"][2] > bow["Hips"][2] + 0.15
    assert abs(bow["LeftFoot"][2] - pose.world[rig.JOINT_NAMES.index("LeftFoot"), 2, 3]) < 0.08
    turned = pose_matrices(pose, POSES["look"])[rig.JOINT_NAMES.index("Head"), :3, :3] @ [0, 0, 1]
    assert turned[0] > 0.5
    assert look["LeftHand"][1] < look["LeftArm"][1]


def test_node_rotations_give_the_same_pose_as_the_matrices(figure: Figure) -> None:
    pose = rig.bind(figure)
    for turns in POSES.values():
        local = node_rotations(pose, turns)
        world = np.zeros_like(pose.world)
        for i, (name, parent) in enumerate(zip(rig.JOINT_NAMES, pose.parents, strict=True)):
            own = np.eye(4)
            own[:3, :3] = Rotation.from_quat(local.get(name, pose.rotation[i])).as_matrix()
            own[:3, 3] = pose.translation[i]
            world[i] = own if parent < 0 else world[parent] @ own
        np.testing.assert_allclose(world, pose_matrices(pose, turns) @ pose.world, atol=1e-9)
