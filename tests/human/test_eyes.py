"""Eyeballs that fit, look where they should and have the described colour."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import a_character

from avatar.human.body import shape_figure
from avatar.human.eyes import GAZE_LIMITS, HELPERS, eye_look, eye_parts, fit_eye, fit_sphere, paint_eye
from avatar.human.figure import F64, Figure, Part
from avatar.human.skin.maps import landmarks


@cache
def figure(style: str = "realistic") -> Figure:
    return shape_figure(a_character(style=style))


@cache
def eyes(style: str = "realistic") -> dict[str, Part]:
    return {part.node: part for part in eye_parts(figure(style))}


def gaze(part: Part, morph: str, centre: F64) -> F64:
    """Direction of the pupil (the first vertex) with a morph at weight 1."""
    direction = part.positions[0] + part.morphs[morph][0] - centre
    return np.asarray(direction / np.linalg.norm(direction))


def iris_colour(colour: str) -> F64:
    """Mean of the outer half of the iris, 0..1."""
    image = paint_eye(eye_look(a_character(eyes={"colour": colour})))
    y, x = (np.mgrid[0:512, 0:512] + 0.5) / 256 - 1
    ring = (np.hypot(x, y) > 0.40) & (np.hypot(x, y) < 0.50)
    return np.asarray(image[ring].mean(0) / 255)


@pytest.mark.parametrize("style", ["realistic", "stylised", "anime"])
def test_two_small_balls_on_their_joints(style: str) -> None:
    assert set(eyes(style)) == {"EyeLeft", "EyeRight"}
    for side in ("Left", "Right"):
        part = eyes(style)[f"Eye{side}"]
        assert part.material.name == "Wolf3D_Eye" and len(part.triangles) <= 420
        assert (part.weights[:, figure().joint_names.index(f"{side}Eye")] == 1).all() and part.weights.sum() == len(
            part.positions
        )
        assert np.isfinite(part.positions).all() and part.uv.min() >= 0 and part.uv.max() <= 1
        eye = fit_eye(figure(style), side)
        distance = np.linalg.norm(part.positions - eye.centre, axis=1)
        assert distance.max() < 1.08 * eye.radius and distance.min() > 0.93 * eye.radius
        assert (part.normals * (part.positions - eye.centre)).sum(1).min() > 0
        a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
        assert (np.cross(b - a, c - a) * (a - eye.centre)).sum(1).min() > 0
    assert eyes(style)["EyeLeft"].material is eyes(style)["EyeRight"].material


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_gaze_goes_where_the_name_says(side: str) -> None:
    part, centre = eyes()[f"Eye{side}"], fit_eye(figure(), side).centre
    outward = 1 if side == "Left" else -1
    assert gaze(part, f"eyeLookUp{side}", centre)[1] > 0.2
    assert gaze(part, f"eyeLookDown{side}", centre)[1] < -0.2
    assert gaze(part, f"eyeLookOut{side}", centre)[0] * outward > 0.2
    assert gaze(part, f"eyeLookIn{side}", centre)[0] * outward < -0.2
    assert np.array_equal(part.morphs["eyesLookUp"], part.morphs[f"eyeLookUp{side}"])
    for name in ("Up", "Down", "In", "Out"):
        degrees = np.degrees(np.arccos(gaze(part, f"eyeLook{name}{side}", centre)[2]))
        assert GAZE_LIMITS[0] - 0.01 <= degrees <= GAZE_LIMITS[1] + 0.01
        moved = np.linalg.norm(part.positions + part.morphs[f"eyeLook{name}{side}"] - centre, axis=1)
        assert np.allclose(moved, np.linalg.norm(part.positions - centre, axis=1))


def test_a_ball_moves_with_its_own_side_only() -> None:
    for side, other in (("Left", "Right"), ("Right", "Left")):
        assert not any(name.endswith(other) for name in eyes()[f"Eye{side}"].morphs)
        back = eyes()[f"Eye{side}"].morphs[f"eyeBlink{side}"]
        assert (back[:, 2] < 0).all() and np.abs(back).max() < 0.002
        assert np.array_equal(back, eyes()[f"Eye{side}"].morphs["eyesClosed"])


def test_eyes_are_mirrored_and_behind_the_lids() -> None:
    left, right = fit_eye(figure(), "Left"), fit_eye(figure(), "Right")
    assert np.allclose(left.centre * [-1, 1, 1], right.centre, atol=2e-4)
    assert abs(left.radius - right.radius) < 1e-4
    for which in ("upper", "lower"):
        margin = figure().vertices[landmarks().lids["left", which]] - left.centre
        distance = np.linalg.norm(margin, axis=1)
        assert (distance > left.reach(margin / distance[:, None]) - 2e-4).all()


def test_fit_follows_the_helper() -> None:
    for side, helper in HELPERS.items():
        assert np.linalg.norm(fit_eye(figure(), side).centre - figure().vertices[helper].mean(0)) < 0.004


@pytest.mark.parametrize("colour", ["#5b7f9e", "#3a2212", "#5d7344", "#8a5a2b"])
def test_iris_has_the_described_colour(colour: str) -> None:
    wanted = np.array([int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)])
    seen = iris_colour(colour)
    assert np.abs(seen - wanted).max() < 0.22
    assert np.argmax(seen) == np.argmax(wanted) and np.argmin(seen) == np.argmin(wanted)


def test_drawn_styles_have_larger_irises() -> None:
    eyes = [fit_eye(figure(style), "Left") for style in ("realistic", "stylised", "anime")]
    sizes = [eye.radius * np.sin(eye.iris_angle) for eye in eyes]
    assert 1.2 * sizes[0] < sizes[1] < 0.9 * sizes[2]


def test_equal_people_have_equal_eyes() -> None:
    one, two, other = (paint_eye(eye_look(a_character(seed=seed))) for seed in (4, 4, 5))
    assert np.array_equal(one, two) and not np.array_equal(one, other)
    assert one.shape == (512, 512, 3)
    assert one[256, 256].max() < 30 and one[256, 500].min() > 90  # pupil, white


@given(st.integers(0, 2**31), st.floats(0.005, 0.03))
def test_sphere_fit_recovers_a_sphere(seed: int, radius: float) -> None:
    rng = np.random.default_rng(seed)
    centre = rng.uniform(-1, 1, 3)
    points = rng.standard_normal((60, 3))
    points = centre + radius * points / np.linalg.norm(points, axis=1, keepdims=True)
    found, size = fit_sphere(points)
    assert np.allclose(found, centre, atol=1e-8) and abs(size - radius) < 1e-8


def test_the_cornea_reflects_less_than_plastic() -> None:
    material = eyes()["EyeLeft"].material
    assert material.specular is not None and 0.4 < material.specular < 0.8 and material.roughness < 0.15


def test_eye_joints_turn_about_the_balls_centre() -> None:
    for style in ("realistic", "stylised", "anime"):
        for side in ("Left", "Right"):
            away = figure(style).joints[f"{side}Eye"] - fit_eye(figure(style), side).centre
            assert np.linalg.norm(away) < 5e-4


@pytest.mark.parametrize("style", ["realistic", "stylised", "anime"])
def test_iris_patterns_differ_and_keep_the_pupil(style: str) -> None:
    images = [
        paint_eye(eye_look(a_character(style=style, eyes={"colour": "#5b7f9e", "iris": pattern}))).astype(float)
        for pattern in ("fibres", "crypts", "ringed", "speckled")
    ]
    iris = (slice(120, 392), slice(140, 372))
    for k, one in enumerate(images):
        assert one[250:262, 250:262].mean() < 60
        assert all(np.abs(one[iris] - other[iris]).mean() > 1.2 for other in images[k + 1 :])
    if style != "anime":
        assert images[2][180:200, 256, 0].mean() > images[0][180:200, 256, 0].mean()  # the ring is warm


def test_the_rim_is_dark_and_the_bottom_of_the_iris_glows() -> None:
    image = paint_eye(eye_look(a_character(eyes={"colour": "#5b7f9e"}))).astype(float).mean(2)
    rim, middle = image[256, 256 + 150], image[300:345, 340:370].mean()
    assert rim < 0.75 * middle
    assert image[345:365, 240:272].mean() > 1.2 * image[150:170, 240:272].mean()
