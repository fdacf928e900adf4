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
from avatar.human.figure import F64, I64, Figure, Part
from avatar.human.mouth import ARCH_ROWS, apply_affine, dental_arch, fit_affine, mouth_parts, paint_mouth, tongue
from avatar.human.skin.maps import landmarks, surface

ARCH = len(dental_arch(True).positions)
CELL = 0.0007
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


def skin(who: str, morph: str | None) -> tuple[F64, I64]:
    """Head skin (n, 3) with a morph at weight 1, and its triangles."""
    vertices = figure(who).vertices.copy()
    if morph:
        delta = figure(who).morphs[morph]
        vertices[delta.index] += delta.offset
    head = surface("head")
    return vertices, head.vertex[head.triangles]


def front(vertices: F64, triangles: I64, around: F64) -> F64:
    """Greatest z of the skin on a grid of ``CELL`` metres, 80 cells each way around a point."""
    corner = vertices[triangles]
    near = (np.abs(corner[..., :2] - around[:2]).max(-1) < 0.05).all(1) & (corner[..., 2].max(1) > around[2] - 0.03)
    steps = np.linspace(0, 1, 25)
    a, b = (grid.ravel() for grid in np.meshgrid(steps, steps))
    inside = a + b <= 1
    bary = np.c_[a, b, 1 - a - b][inside]
    points = np.einsum("kb,tbc->tkc", bary, corner[near]).reshape(-1, 3)
    depth = np.full((160, 160), -9.0)
    cell = np.round((points[:, :2] - around[:2]) / CELL).astype(int) + 80
    ok = ((cell >= 0) & (cell < 160)).all(1)
    np.maximum.at(depth, (cell[ok, 1], cell[ok, 0]), points[ok, 2])
    return depth


def test_one_part_in_one_material() -> None:
    part = mouth()
    assert (part.node, part.material.name) == ("Wolf3D_Teeth", "Wolf3D_Teeth")
    assert part.material.colour is not None
    assert part.material.colour.shape == (256, 512, 3)
    assert len(part.triangles) < 1000
    assert (part.weights[:, figure().joint_names.index("Head")] == 1).all()
    for array in (part.positions, part.normals, part.uv, *part.morphs.values()):
        assert np.isfinite(array).all()
    assert part.uv.min() >= 0 and part.uv.max() <= 1
    assert set(part.morphs) <= set(figure().morphs)


def test_shapes_face_outwards() -> None:
    for shape in (dental_arch(True), dental_arch(False)):
        seen = shape.triangles[shape.triangles.max(1) < ARCH * 4 // 5]  # all but the strip behind the edge
        corner = shape.positions[seen]
        normal = np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0])
        incisors = np.abs(corner.mean(1)[:, 0]) < 0.012
        assert (normal[incisors][:, 2] > 0).mean() > 0.95
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


def test_the_tongue_shows_where_speech_needs_it() -> None:
    part, tip = mouth(), slice(-8, None)
    lips = figure().vertices[landmarks().mouth_rim]
    out = part.positions[tip] + part.morphs["tongueOut"][tip]
    assert out[:, 2].max() > lips[:, 2].max() + 0.012
    for name in ("viseme_DD", "viseme_nn", "viseme_TH"):
        lift = (part.morphs[name][tip] - part.morphs[name][ARCH : 2 * ARCH].mean(0))[:, 1].mean()
        assert lift > 0.002, name
    assert "viseme_sil" not in part.morphs


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("morph", [None, "viseme_PP"])
def test_nothing_pokes_through_closed_lips(who: str, morph: str | None) -> None:
    vertices, triangles = skin(who, morph)
    centre = vertices[landmarks().mouth_rim].mean(0)
    depth = front(vertices, triangles, centre)
    part = mouth(who)
    points = part.positions + (part.morphs.get(morph, 0) if morph else 0)
    cell = np.round((points[:, :2] - centre[:2]) / CELL).astype(int) + 80
    ok = ((cell >= 0) & (cell < 160)).all(1)
    gap = depth[cell[ok, 1], cell[ok, 0]] - points[ok, 2]
    assert gap.min() > 0, f"{-gap.min() * 1000:.2f} mm before the lips"


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("morph", ["viseme_SS", "viseme_aa", "viseme_E"])
def test_teeth_stay_behind_open_lips(who: str, morph: str) -> None:
    vertices, _ = skin(who, morph)
    rim = vertices[landmarks().mouth_rim]
    lips = vertices[np.unique(surface("head").vertex)]
    lips = lips[np.abs(lips - rim.mean(0)).max(1) < 0.03]
    part = mouth(who)
    teeth = (part.positions + part.morphs[morph])[: 2 * ARCH]
    for tooth in teeth[teeth[:, 2] > rim[:, 2].mean() - 0.012]:
        beside = lips[np.linalg.norm(lips[:, :2] - tooth[:2], axis=1) < 0.012]
        assert tooth[2] < beside[:, 2].max() + 0.0005


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("morph", ["viseme_aa", "viseme_E", "viseme_I", "viseme_SS"])
def test_the_upper_incisors_show_in_open_vowels(who: str, morph: str) -> None:
    vertices, _ = skin(who, morph)
    x, lip, _ = human_landmarks.lip_gap(vertices, 41)
    incisors = mouth(who).positions[:ARCH]
    incisors = incisors[np.abs(incisors[:, 0]) < 0.006]
    shown = np.interp(0, x, lip) - incisors[:, 1].min()
    assert 0.0015 < shown / human_landmarks.head_scale(vertices) < 0.007


@pytest.mark.parametrize("drawn", [False, True])
def test_upper_teeth_are_lighter_than_lower_and_the_tongue_is_warm(drawn: bool) -> None:
    image = paint_mouth(3, drawn).astype(float)
    front = slice(220, 292)
    upper, lower = image[55:75, front].mean(), image[ARCH_ROWS + 55 : ARCH_ROWS + 75, front].mean()
    assert upper > 1.2 * lower
    red, green, blue = image[-12:, 400:].mean((0, 1))
    assert red > 1.8 * green and green >= blue


def test_texture_ages_and_repeats() -> None:
    young, old = paint_mouth(2, False), paint_mouth(8, False)
    assert young.mean() > old.mean() and np.array_equal(young, paint_mouth(2, False))


@given(st.integers(0, 2**31))
def test_affine_fit_recovers_a_map(seed: int) -> None:
    rng = np.random.default_rng(seed)
    matrix, points = rng.uniform(-2, 2, (3, 4)), rng.uniform(-1, 1, (20, 3))
    assert np.allclose(fit_affine(points, apply_affine(matrix, points)), matrix, atol=1e-6)
