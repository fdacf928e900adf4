"""Bodies that are as tall, heavy, old and drawn as described, and always sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from people import a_character

from avatar.character import CharacterDescription, Face, FaceShape
from avatar.human import landmarks, rig
from avatar.human.body import ancestry_weights, macro_weights, shape_figure, shape_person, standing_height
from avatar.human.bundle import LEFT_EYE, RIGHT_EYE, VERTEX_COUNT, bundle
from avatar.human.figure import Figure
from avatar.human.traits import face_weights
from avatar.profile import AvatarStyle


def described(style: str = "realistic", seed: int = 7, face: dict[str, Any] | None = None, **body: float) -> Figure:
    plain = {"gender": 0.0, "age": 30.0, "height": 1.70, "weight": 0.5, "muscle": 0.5}
    return shape_figure(a_character(style=style, seed=seed, face=face or {}, body=plain | body))


def girth(figure: Figure, joint: str, reach: float = 0.02) -> float:
    """Half perimeter, more or less, of the trunk at the height of a joint."""
    skin = figure.vertices[bundle().vertices_of("body")]
    weights = figure.weights[bundle().vertices_of("body")]
    trunk = weights[:, [figure.joint_names.index(n) for n in ("Hips", "Spine", "Spine1", "Spine2")]].sum(axis=1) > 0.5
    ring = skin[trunk & (np.abs(skin[:, 1] - figure.joints[joint][1]) < reach)]
    return float(np.ptp(ring[:, 0]) + np.ptp(ring[:, 2]))


def thickness(figure: Figure, start: str, end: str) -> float:
    """Mean distance of a limb's skin from its bone, in metres."""
    skin = bundle().vertices_of("body")
    skin = skin[figure.weights[skin, figure.joint_names.index(start)] > 0.9]
    line = figure.joints[end] - figure.joints[start]
    away = np.cross(figure.vertices[skin] - figure.joints[start], line)
    return float(np.linalg.norm(away, axis=1).mean() / np.linalg.norm(line))


def head_share(figure: Figure) -> float:
    """Height of the head, chin to crown, over the height of the body."""
    skin = bundle().vertices_of("body")
    front = (figure.vertices[skin, 2] > figure.joints["Head"][2]) & (rig.head_weight()[skin] > 0.9)
    chin = figure.vertices[skin[front], 1].min()
    return float((figure.joints["HeadTop_End"][1] - chin) / standing_height(figure.vertices))


def asymmetry(points: NDArray[np.float64]) -> float:
    """Metres by which the two eyes fail to mirror each other."""
    left, right = points[LEFT_EYE].mean(axis=0), points[RIGHT_EYE].mean(axis=0)
    return float(np.abs(left - right * [-1, 1, 1]).max())


characters = st.builds(
    lambda style, seed, face, gender, age, height, weight, muscle: a_character(
        style=style,
        seed=seed,
        face=face,
        body={"gender": gender, "age": age, "height": height, "weight": weight, "muscle": muscle},
    ),
    st.sampled_from([s.value for s in AvatarStyle]),
    st.integers(0, 2**32 - 1),
    st.fixed_dictionaries(
        {
            "shape": st.sampled_from([s.value for s in FaceShape]),
            "ancestry": st.fixed_dictionaries({k: st.floats(0, 1) for k in ("african", "asian", "european")}),
            **{
                k: st.floats(-1, 1)
                for k in ("jawWidth", "chin", "noseWidth", "noseLength", "lipFullness", "eyeSize", "cheekbones")
            },
        }
    ),
    st.floats(0, 1),
    st.floats(8, 95),
    st.floats(1.05, 2.15),
    st.floats(0, 1),
    st.floats(0, 1),
)


@settings(max_examples=12, deadline=None)
@given(characters)
def test_every_character_stands_as_tall_as_described(character: CharacterDescription) -> None:
    figure = shape_figure(character)
    assert np.isfinite(figure.vertices).all()
    assert standing_height(figure.vertices) == pytest.approx(character.body.height, abs=0.01)
    assert figure.vertices[bundle().vertices_of("body"), 1].min() == pytest.approx(0, abs=1e-9)
    assert figure.vertices.shape == (VERTEX_COUNT, 3)
    assert asymmetry(figure.vertices) < 0.0005
    for name, place in figure.joints.items():
        assert np.isfinite(place).all(), name
    for name, morph in figure.morphs.items():
        assert np.isfinite(morph.offset).all(), name
        assert np.abs(morph.offset).max(initial=0) < 0.08, name


def test_the_same_character_is_the_same_figure_and_another_seed_another_face() -> None:
    one, again, other = described(seed=1), described(seed=1), described(seed=2)
    np.testing.assert_array_equal(one.vertices, again.vertices)
    moved = np.linalg.norm(one.vertices - other.vertices, axis=1)
    assert 0.001 < moved[bundle().vertices_of("body")].max() < 0.02


def test_weight_and_muscle_are_monotone() -> None:
    waists = [girth(described(weight=w), "Spine1") for w in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert (np.diff(waists) > 0.005).all(), waists
    arms = [thickness(described(gender=1.0, muscle=m), "LeftArm", "LeftForeArm") for m in (0.0, 0.5, 1.0)]
    assert (np.diff(arms) > 0.0007).all(), arms


def test_gender_changes_shoulders_against_hips() -> None:
    def ratio(gender: float) -> float:
        figure = described(gender=gender)
        return float(figure.joints["LeftArm"][0] / figure.joints["LeftUpLeg"][0])

    assert ratio(0.0) < ratio(0.5) < ratio(1.0)


def test_children_have_larger_heads_for_their_height() -> None:
    grown = ((8, 1.28), (12, 1.50), (16, 1.62), (25, 1.65))
    shares = [head_share(described(age=age, height=height)) for age, height in grown]
    assert (np.diff(shares) < 0).all(), shares


def test_limbs_grow_with_height() -> None:
    legs = [described(height=h).joints["LeftUpLeg"][1] for h in (1.5, 1.7, 1.9)]
    assert (np.diff(legs) > 0.08).all(), legs
    assert 0.45 < legs[1] / 1.7 < 0.57


def test_styles_differ_clearly_in_proportion() -> None:
    real, stylised, anime = (described(style=style) for style in ("realistic", "stylised", "anime"))
    shares = [head_share(f) for f in (real, stylised, anime)]
    assert shares[1] > 1.05 * shares[0]
    assert shares[2] > 1.02 * shares[1]
    eyes = [landmarks.eyeball(f.vertices, "Left").radius for f in (real, stylised, anime)]
    assert eyes[1] > 1.1 * eyes[0]
    assert eyes[2] > 1.1 * eyes[1]


def test_eyeballs_stay_balls_in_every_style() -> None:
    for style in AvatarStyle:
        figure = described(style=style.value)
        for side, ids in landmarks.EYEBALLS.items():
            ball = landmarks.eyeball(figure.vertices, side)
            distance = np.linalg.norm(figure.vertices[ids] - ball.centre, axis=1)
            assert np.abs(distance / ball.radius - 1).max() < 0.06
            assert np.linalg.norm(figure.joints[f"{side}Eye"] - ball.centre) < 0.1 * ball.radius


FIELDS = ("jaw_width", "nose_width", "nose_length", "nose_profile", "lip_fullness", "mouth_width", "eye_size")
FIELDS += ("eye_spacing", "eye_tilt", "cheekbones", "cheeks", "ears", "chin")


@pytest.mark.parametrize("style", ["realistic", "anime"])
@pytest.mark.parametrize("field", FIELDS)
def test_face_fields_move_the_face_both_ways(field: str, style: str) -> None:
    plain = {"gender": 0.0, "age": 30.0, "height": 1.70, "weight": 0.5, "muscle": 0.5}
    low, middle, high = (
        shape_person(a_character(style=style, face={field: value}, body=plain)).vertices for value in (-1.0, 0.0, 1.0)
    )
    skin = bundle().vertices_of("body")
    one, two = (high - middle)[skin], (middle - low)[skin]
    least = 0.001 if style == "realistic" else 0.0003  # a drawn face keeps less of anybody's own
    assert np.abs(one).max() > least
    assert np.abs(two).max() > least
    if style == "anime":
        return  # where its outline is drawn, the scale of the whole head answers
    strongest = np.linalg.norm(one, axis=1) > 0.5 * np.linalg.norm(one, axis=1).max()
    assert (one[strongest] * two[strongest]).sum() > 0  # the two halves of the scale pull the same way


def test_ancestry_weights_sum_to_one() -> None:
    nobody = Face.model_validate({"ancestry": {"african": 0, "asian": 0, "european": 0}}).ancestry
    assert ancestry_weights(nobody) == pytest.approx({"african": 1 / 3, "asian": 1 / 3, "caucasian": 1 / 3})
    assert sum(ancestry_weights(Face().ancestry).values()) == pytest.approx(1)


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 1), st.floats(8, 95), st.floats(0, 1), st.floats(0, 1))
def test_macro_weights_name_known_targets_and_are_a_partition(
    gender: float, age: float, weight: float, muscle: float
) -> None:
    character = a_character(body={"gender": gender, "age": age, "height": 1.7, "weight": weight, "muscle": muscle})
    average, shortest, tallest = macro_weights(character.body, character.face.ancestry)
    for part in (average, shortest, tallest, face_weights(character)):
        assert set(part) <= bundle().targets
    faces = sum(w for name, w in average.items() if "caucasian" in name)
    assert faces == pytest.approx(1, abs=0.01)
    assert sum(shortest.values()) == pytest.approx(1, abs=0.02)
