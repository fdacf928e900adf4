"""A face that closes its lips and eyes, looks where it is told, and knows every contract morph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import a_character

from avatar.human import landmarks
from avatar.human.body import shape_figure
from avatar.human.bundle import bundle
from avatar.human.face import CONTRACT_MORPHS, EYES, lid_opening
from avatar.human.figure import F64, Delta, Figure
from avatar.human.visemes import EXTRAS, VISEMES, mix
from avatar.morph_names import ARKIT

FACES: Mapping[str, dict[str, object]] = {
    "plain": {},
    "full": {"lipFullness": 1, "eyeSize": 1, "ancestry": {"african": 1, "european": 0}},
    "thin": {"lipFullness": -1, "eyeSize": -1},
    "asian": {"ancestry": {"asian": 1, "european": 0}},
}


@pytest.fixture(
    scope="module", params=[("realistic", f) for f in FACES] + [("stylised", "plain"), ("anime", "full")], ids=str
)
def figure(request: pytest.FixtureRequest) -> Figure:
    style, face = request.param
    return shape_figure(a_character(style=style, face=FACES[face]))


def expressed(figure: Figure, **weights: float) -> F64:
    out = figure.vertices.copy()
    for name, weight in weights.items():
        morph = figure.morphs[name]
        out[morph.index] += weight * morph.offset
    return out


def mouth_opening(vertices: F64) -> float:
    _, upper, lower = landmarks.lip_gap(vertices)
    return float((upper - lower).max())


def test_the_contract_has_its_72_names() -> None:
    assert len(CONTRACT_MORPHS) == len(set(CONTRACT_MORPHS)) == 72
    assert len(VISEMES) == 15
    assert {"mouthOpen", "mouthSmile", "eyesClosed", "eyesLookUp", "eyesLookDown"} == set(EXTRAS)
    assert {"eyeBlinkLeft", "jawOpen", "mouthClose", "tongueOut", "cheekPuff", "browInnerUp"} <= set(ARKIT)


def test_every_morph_moves_the_face_and_nothing_else(figure: Figure) -> None:
    assert set(figure.morphs) == set(CONTRACT_MORPHS)
    face = landmarks.head_scale(figure.vertices)
    floor = figure.joints["Neck"][1]
    for name, morph in figure.morphs.items():
        assert (np.diff(morph.index) > 0).all()
        size = np.linalg.norm(morph.offset, axis=1)
        if name == "viseme_sil":
            assert size.max(initial=0) == 0
            continue
        assert size.max() > 0.0018 * face, name
        assert figure.vertices[morph.index[size > 1e-4], 1].min() > floor - 0.06 * face, name


def test_left_and_right_morphs_mirror_each_other(figure: Figure) -> None:
    for name in ("eyeBlink", "mouthSmile", "browDown", "eyeSquint"):
        left, right = figure.morphs[f"{name}Left"], figure.morphs[f"{name}Right"]
        total_left, total_right = left.offset.sum(axis=0), right.offset.sum(axis=0)
        np.testing.assert_allclose(total_left, total_right * [-1, 1, 1], atol=0.02 * np.abs(left.offset).sum())
        centre = figure.vertices[left.index[np.linalg.norm(left.offset, axis=1) > 0.002], 0].mean()
        assert centre > 0.01


def test_lips_are_closed_at_rest_and_in_pp(figure: Figure) -> None:
    assert mouth_opening(figure.vertices) < 0.0004
    assert mouth_opening(expressed(figure, viseme_PP=1)) < 0.0004
    assert mouth_opening(expressed(figure, jawOpen=1, mouthClose=1)) < 0.0012
    assert mouth_opening(expressed(figure, jawOpen=0.5, mouthClose=0.5)) < 0.0008


def test_the_mouth_opens_by_degrees(figure: Figure) -> None:
    openings = [mouth_opening(expressed(figure, **{name: 1.0})) for name in ("viseme_nn", "viseme_E", "viseme_aa")]
    assert openings[0] > 0.002
    assert openings[0] < openings[1] < openings[2]
    assert mouth_opening(expressed(figure, jawOpen=1)) > 0.018 * landmarks.head_scale(figure.vertices)


@pytest.mark.parametrize("name", ["jawOpen", "mouthOpen", "viseme_aa", "viseme_O"])
def test_an_open_mouth_is_round_and_not_a_v(figure: Figure, name: str) -> None:
    moved = expressed(figure, **{name: 1.0})
    x, _, lower = landmarks.lip_gap(moved, 41)
    seam = landmarks.lips().upper[0]
    corner = moved[seam[[0, -1]], 1].mean()
    side = np.interp(0.6 * x[-1] / 0.9, x, lower)
    assert (corner - side) / (corner - lower[20]) > 0.68  # a V would give 0.4, an ellipse 0.8
    np.testing.assert_allclose(lower, lower[::-1], atol=0.002)


def eye_cover(figure: Figure, vertices: F64, side: str) -> float:
    """Depth in metres by which lids lie inside the eye's surface, at worst (negative: clear of it)."""
    ball = landmarks.eyeball(figure.vertices, side)
    skin = np.setdiff1d(bundle().vertices_of("body"), landmarks.socket_vertices(side))
    relative = vertices[skin] - ball.centre
    distance = np.linalg.norm(relative, axis=1)
    front = (distance < 1.4 * ball.radius) & (relative[:, 2] > 0)
    angle = np.arccos(np.clip(relative[front, 2] / distance[front], -1, 1))
    cornea = EYES[figure.character.style].cornea
    return float((landmarks.eye_surface(angle, ball.radius, cornea) - distance[front]).max())


@pytest.mark.parametrize("side", ["Left", "Right"])
def test_a_blink_covers_the_eye_and_never_cuts_into_it(figure: Figure, side: str) -> None:
    blink = f"eyeBlink{side}"
    retract = -figure.morphs[blink].offset[figure.morphs[blink].index == landmarks.EYEBALLS[side].start][0, 2]
    assert 0.04 < retract / landmarks.eyeball(figure.vertices, side).radius < 0.2
    open_eye = lid_opening(figure.vertices, side)
    half = lid_opening(expressed(figure, **{blink: 0.5}), side)
    shut = lid_opening(expressed(figure, **{blink: 1.0}), side)
    assert open_eye.min() > 0.002
    assert (shut < 0).all()  # the margins meet all along
    assert (shut > -0.0015).all()  # and do not run past each other
    assert ((half > 0.3 * open_eye) & (half < 0.7 * open_eye)).all()
    assert eye_cover(figure, figure.vertices, side) < 0
    assert eye_cover(figure, expressed(figure, **{blink: 0.5}), side) < 0.5 * retract
    assert eye_cover(figure, expressed(figure, **{blink: 1.0}), side) < retract
    other = "Right" if side == "Left" else "Left"
    untouched = lid_opening(expressed(figure, **{blink: 1.0}), other)
    np.testing.assert_allclose(untouched, lid_opening(figure.vertices, other))


def test_gaze_turns_the_eyes_the_right_way(figure: Figure) -> None:
    def pupil_move(name: str, side: str) -> F64:
        ids = landmarks.EYEBALLS[side]
        foremost = ids.start + int(np.argmax(figure.vertices[ids, 2]))
        moved = expressed(figure, **{f"{name}{side}": 1.0})
        return moved[foremost] - figure.vertices[foremost]

    radius = landmarks.eyeball(figure.vertices, "Left").radius
    for side, outwards in (("Left", 1), ("Right", -1)):
        assert pupil_move("eyeLookUp", side)[1] > 0.2 * radius
        assert pupil_move("eyeLookDown", side)[1] < -0.2 * radius
        assert outwards * pupil_move("eyeLookOut", side)[0] > 0.2 * radius
        assert outwards * pupil_move("eyeLookIn", side)[0] < -0.2 * radius
    for name in ("eyeLookUp", "eyeLookDown", "eyeLookIn", "eyeLookOut"):
        ids = landmarks.EYEBALLS["Left"]
        turned = expressed(figure, **{f"{name}Left": 1.0})[ids]
        ball = landmarks.eyeball(figure.vertices, "Left")
        before = np.linalg.norm(figure.vertices[ids] - ball.centre, axis=1)
        np.testing.assert_allclose(np.linalg.norm(turned - ball.centre, axis=1), before, rtol=1e-6)
    both = expressed(figure, eyesLookUp=1.0)
    assert both[landmarks.EYEBALLS["Right"]][:, 1].max() != figure.vertices[landmarks.EYEBALLS["Right"]][:, 1].max()


def test_jaw_carries_the_lower_teeth_but_not_the_upper(figure: Figure) -> None:
    moved = expressed(figure, jawOpen=1.0) - figure.vertices
    upper, lower = (bundle().vertices_of(f"helper-{g}") for g in ("upper-teeth", "lower-teeth"))
    assert np.abs(moved[upper]).max() < 1e-6
    assert moved[lower, 1].max() < -0.004


def test_smile_lifts_the_corners_and_frown_drops_them(figure: Figure) -> None:
    seam = landmarks.lips().upper[0]
    corner = seam[np.argmax(figure.vertices[seam, 0])]
    smile, frown = (expressed(figure, **{name: 1.0})[corner] for name in ("mouthSmileLeft", "mouthFrownLeft"))
    assert smile[1] > figure.vertices[corner, 1] + 0.003
    assert frown[1] < figure.vertices[corner, 1] - 0.002


def delta_at(index: list[int], value: float) -> Delta:
    return Delta(np.array(index), np.full((len(index), 3), value))


@settings(max_examples=30, deadline=None)
@given(st.floats(-2, 2), st.floats(-2, 2))
def test_mix_is_linear_and_reads_both_sides(one: float, two: float) -> None:
    units = {"aLeft": delta_at([1, 5], 1.0), "aRight": delta_at([2, 5], 1.0), "b": delta_at([5], 10.0)}
    mixed = mix({"a": one, "b": two}, units)
    assert mixed.index.tolist() == [1, 2, 5]
    np.testing.assert_allclose(mixed.offset[:, 0], [one, one, 2 * one + 10 * two], atol=1e-12)


def test_mix_refuses_an_unknown_unit() -> None:
    with pytest.raises(KeyError):
        mix({"eyebrowWiggle": 1.0}, {})
