"""Teeth and tongue that follow the jaw and stay behind the lips."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from people import a_character

from avatar.human import landmarks as human_landmarks
from avatar.human.body import shape_figure
from avatar.human.figure import Figure, Part
from avatar.human.lips import incisors
from avatar.human.mouth import mouth_parts
from avatar.human.mouth.paint import mouth_gloss, paint_mouth
from avatar.human.mouth.shape import ARCH_ROWS, HEIGHT, apply_affine, fit_affine
from avatar.human.mouth.teeth import dental_arch
from avatar.human.mouth.tongue import AROUND, tongue
from avatar.human.skin.maps import landmarks

ARCH = len(dental_arch(True).positions)
PEOPLE: dict[str, dict[str, Any]] = {
    "woman": {},
    "man with full lips": {
        "body": {"gender": 1.0, "age": 30, "height": 1.8, "weight": 0.6, "muscle": 0.6},
        "face": {"ancestry": {"african": 1.0, "european": 0.0}, "lip_fullness": 0.8},
    },
    "child": {"body": {"gender": 0.5, "age": 9, "height": 1.35, "weight": 0.5, "muscle": 0.5}},
    "stylised": {"style": "stylised"},
    "anime": {"style": "anime"},
}


@cache
def figure(who: str = "woman") -> Figure:
    return shape_figure(a_character(**PEOPLE[who]))


@cache
def mouth(who: str = "woman") -> Part:
    (part,) = mouth_parts(figure(who))
    return part


def test_one_part_in_one_material() -> None:
    part = mouth()
    assert (part.node, part.material.name) == ("Wolf3D_Teeth", "Wolf3D_Teeth")
    assert part.material.colour is not None
    assert part.material.colour.shape == (HEIGHT, 512, 3)
    assert len(part.triangles) < 1000
    assert (part.weights[:, figure().joint_names.index("Head")] == 1).all()
    for array in (part.positions, part.normals, part.uv, *part.morphs.values()):
        assert np.isfinite(array).all()
    assert part.uv.min() >= 0 and part.uv.max() <= 1
    assert set(part.morphs) <= set(figure().morphs)


def test_shapes_face_outwards() -> None:
    for shape in (dental_arch(True), dental_arch(False)):
        seen = shape.triangles[shape.triangles.max(1) < ARCH * 4 // 6]  # all but the strip behind the edge
        corner = shape.positions[seen]
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        incisors = np.abs(corner.mean(1)[:, 0]) < 0.012
        assert (normal[incisors][:, 2] > 0).mean() > 0.9
    corner = tongue().positions[tongue().triangles]
    normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
    upward = corner.mean(1)[:, 1] > tongue().positions[:, 1].mean() + 0.004
    assert (normal[upward][:, 1] > 0).mean() > 0.9


def test_the_lower_teeth_follow_the_jaw_and_the_upper_do_not() -> None:
    opened = mouth().morphs["jawOpen"]
    assert np.abs(opened[:ARCH]).max() < 1e-9
    delta = figure().morphs["jawOpen"]
    dense = np.zeros_like(figure().vertices)
    dense[delta.index] = delta.offset
    helper = dense[landmarks().lower_teeth].mean(0)
    assert helper[1] < -0.01
    assert np.linalg.norm(opened[ARCH : 2 * ARCH].mean(0) - helper) < 0.005
    # rigid: neighbouring teeth keep their distance
    rest = mouth().positions[ARCH : 2 * ARCH]
    moved = rest + opened[ARCH : 2 * ARCH]
    lengths = [np.linalg.norm(np.diff(points, axis=0), axis=1) for points in (rest, moved)]
    assert np.abs(lengths[1] / lengths[0] - 1).max() < 0.12


def test_the_tongue_rises_where_speech_needs_it() -> None:
    part, tip = mouth(), slice(-AROUND, None)
    for name in ("viseme_DD", "viseme_nn", "viseme_TH"):
        lift = (part.morphs[name][tip] - part.morphs[name][ARCH : 2 * ARCH].mean(0))[:, 1].mean()
        assert lift > 0.002, name
    assert "viseme_sil" not in part.morphs


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("morph", ["viseme_aa", "viseme_E", "viseme_I", "viseme_SS"])
def test_the_upper_incisors_show_in_open_vowels(who: str, morph: str) -> None:
    vertices = figure(who).vertices.copy()
    delta = figure(who).morphs[morph]
    vertices[delta.index] += delta.offset
    x, lip, _ = human_landmarks.lip_gap(vertices, 41)
    front = mouth(who).positions[:ARCH]
    front = front[np.abs(front[:, 0]) < 0.006]
    assert incisors(figure(who).vertices)[1] == pytest.approx(front[:, 1].min(), abs=3e-4)
    shown = np.interp(0, x, lip) - front[:, 1].min()
    assert 0.0015 < shown / human_landmarks.head_scale(vertices) < 0.007


@pytest.mark.parametrize("who", PEOPLE)
def test_the_tongue_stays_low_in_open_vowels(who: str) -> None:
    part, lower = mouth(who), slice(ARCH, 2 * ARCH)
    for name in ("viseme_aa", "viseme_O", "jawOpen"):
        blade = (part.positions + part.morphs[name])[2 * ARCH :][AROUND * 6 :]
        edge = (part.positions + part.morphs[name])[lower]
        front = edge[np.abs(edge[:, 0]) < 0.006][:, 1].max()
        assert blade[:, 1].max() < front + 0.001, name


@pytest.mark.parametrize("who", PEOPLE)
def test_the_tongue_passes_between_the_teeth(who: str) -> None:
    part = mouth(who)
    for name, beyond in (("viseme_TH", 0.004), ("tongueOut", 0.015)):
        moved = part.positions + part.morphs[name]
        upper, lower, blade = moved[:ARCH], moved[ARCH : 2 * ARCH], moved[2 * ARCH :]
        assert blade[:, 2].max() > upper[:, 2].max() + beyond, name
        gate = blade[(np.abs(blade[:, 2] - upper[:, 2].max()) < 0.004) & (np.abs(blade[:, 0]) < 0.006)]
        assert gate[:, 1].max() < upper[np.abs(upper[:, 0]) < 0.006][:, 1].min() + 0.0018, name
        assert gate[:, 1].min() > lower[np.abs(lower[:, 0]) < 0.006][:, 1].max() - 0.0018, name


@pytest.mark.parametrize("drawn", [False, True])
def test_upper_teeth_are_lighter_than_lower_and_the_tongue_is_warm(drawn: bool) -> None:
    image = paint_mouth(3, drawn).astype(float)
    front = slice(220, 292)
    upper, lower = image[55:75, front].mean(), image[ARCH_ROWS + 55 : ARCH_ROWS + 75, front].mean()
    assert upper > 1.2 * lower
    red, green, blue = image[-20:, :112].mean((0, 1))
    assert red > 1.8 * green and green >= blue


def test_enamel_is_wet_and_the_depth_is_dark() -> None:
    gloss = mouth_gloss().astype(float)
    rows, middle = slice(16, 36), slice(110, 146)
    assert gloss[rows, middle, 1].mean() < 0.6 * gloss[-20:, :, 1].mean()
    assert gloss[rows, middle, 0].mean() > 1.6 * gloss[rows, :10, 0].mean()


def test_texture_ages_and_repeats() -> None:
    young, old = paint_mouth(2, False), paint_mouth(8, False)
    assert young.mean() > old.mean() and np.array_equal(young, paint_mouth(2, False))


@given(st.integers(0, 2**31))
def test_affine_fit_recovers_a_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, points = rng.uniform(-2, 2, (3, 4)), rng.uniform(-1, 1, (20, 3))
    assert np.allclose(fit_affine(points, apply_affine(matrix, points)), matrix, atol=1e-6)
