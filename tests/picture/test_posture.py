"""The relaxed pose and the camera as pure geometry."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from avatar.picture import Pose, View
from avatar.picture.camera import Camera, axes, seen_rectangle
from avatar.picture.lighting import CUBE_SIZES, cube_directions, irradiance_basis, studio_ktx, studio_radiance
from avatar.picture.posture import rotations
from avatar.picture.subject import Subject

CHAIN = ("Spine2", "LeftArm", "LeftForeArm", "LeftHand")
pixels = st.integers(0, 63)
seeds = st.integers(0, 2**32 - 1)


def arm(points: np.ndarray, frames: Rotation) -> Subject:
    """A one-armed skeleton at the given positions whose joints' own axes point anywhere."""
    world = np.tile(np.eye(4), (4, 1, 1))
    world[:, :3, :3] = frames.as_matrix()
    world[:, :3, 3] = points
    local = [frames[0], *(frames[i - 1].inv() * frames[i] for i in range(1, 4))]
    joints = {name: index for index, name in enumerate(CHAIN)}
    return Subject(np.stack([r.as_quat() for r in local]), world, (-1, 0, 1, 2), joints, {})


def posed(subject: Subject) -> np.ndarray:
    """Joint positions after the relaxed rotations, by forward kinematics."""
    turned = rotations(subject, Pose.RELAXED)
    inverse = np.linalg.inv(subject.world)
    matrix = subject.world[0]
    places = [matrix[:3, 3]]
    for index in range(1, 4):
        local = inverse[index - 1] @ subject.world[index]
        if index in turned:
            local[:3, :3] = Rotation.from_quat(turned[index]).as_matrix()
        matrix = matrix @ local
        places.append(matrix[:3, 3])
    return np.array(places)


@settings(max_examples=60, deadline=None)
@given(seed=seeds, droop=st.floats(-60, 20))
def test_the_arm_hangs_whatever_the_bind_pose_and_the_joints_axes(seed: int, droop: float) -> None:
    along = np.array([np.cos(np.radians(droop)), np.sin(np.radians(droop)), 0.0])
    points = np.array([[0, 1.3, 0], [0.2, 1.4, 0], [0.2, 1.4, 0] + 0.3 * along, [0.2, 1.4, 0] + 0.55 * along])
    frames = Rotation.random(4, random_state=np.random.default_rng(seed))
    _, shoulder, elbow, hand = posed(arm(points, frames))
    upper, fore = elbow - shoulder, hand - elbow
    assert np.isclose(np.linalg.norm(upper), 0.3) and np.isclose(np.linalg.norm(fore), 0.25)
    assert 60 < np.degrees(np.arcsin(-upper[1] / 0.3)) < 80
    assert upper[0] > 0.03
    bend = np.degrees(np.arccos(np.clip(upper @ fore / 0.3 / 0.25, -1, 1)))
    assert 8 < bend < 25
    assert fore[2] > upper[2] / 0.3 * 0.25  # bent forward, not back


def test_a_body_without_arms_stays_as_it_is() -> None:
    world = np.eye(4)[None]
    assert rotations(Subject(np.array([[0, 0, 0, 1.0]]), world, (-1,), {"Head": 0}, {}), Pose.THUMBS_UP) == {}


@given(rows=st.tuples(pixels, pixels), columns=st.tuples(pixels, pixels))
def test_the_seen_rectangle_is_the_masks(rows: tuple[int, int], columns: tuple[int, int]) -> None:
    (top, bottom), (left, right) = sorted(rows), sorted(columns)
    mask = np.zeros((64, 64), bool)
    mask[top : bottom + 1, left : right + 1] = True
    found = seen_rectangle(mask, Camera(np.zeros(3), np.zeros(3), 0.1, 1, height=6.4))
    assert found is not None
    assert np.allclose(found, ((left - 32) / 10, (right - 31) / 10, (31 - bottom) / 10, (32 - top) / 10))


def test_nothing_seen_is_no_rectangle() -> None:
    assert seen_rectangle(np.zeros((8, 8), bool), Camera(np.zeros(3), np.zeros(3), 0.1, 1, height=1)) is None


def test_the_side_view_looks_at_the_avatars_left() -> None:
    right, towards = axes(View.SIDE)
    assert np.allclose(towards, (1, 0, 0)) and np.allclose(right, (0, 0, -1))


def test_studio_light_is_a_whole_cube_map_whose_diffuse_part_is_the_studio() -> None:
    data = studio_ktx()
    header = np.frombuffer(data[12:64], "<u4")
    assert data[:12] == bytes.fromhex("ab4b5458203131bb0d0a1a0a")
    texels = sum(6 * size * size * 8 + 4 for size in CUBE_SIZES)
    assert len(data) == 64 + header[12] + texels
    text = data[64 + 4 + 3 : 64 + header[12]].rstrip(b"\0").decode()
    coefficients = np.array([[float(v) for v in line.split()] for line in text.splitlines()])
    directions, solid = cube_directions(24)
    assert np.isclose(solid.sum(), 4 * np.pi, rtol=1e-2)
    up = np.array([[0.0, 1.0, 0.0]])
    truth = (np.clip(directions @ up[0], 0, 1) * solid) @ studio_radiance(directions) / np.pi
    assert np.allclose(irradiance_basis(up) @ coefficients, truth, rtol=0.05)
