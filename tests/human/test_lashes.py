"""Lashes that hang on the lids and a lid shadow that hugs the ball."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from people import a_character

from avatar.human.body import shape_figure
from avatar.human.eyes import eye_motions, fit_eye
from avatar.human.figure import F64, AlphaMode, Figure, Part
from avatar.human.lashes import LASH_COLUMNS, SHADOW_COLUMNS, SHADOW_ROWS, lash_look, lash_parts, paint_lashes, resample
from avatar.human.skin.maps import landmarks

SHADOW = SHADOW_COLUMNS * len(SHADOW_ROWS)  # vertices of one shadow strip; four strips come first
STYLES = ["realistic", "stylised", "anime"]


@cache
def figure(style: str = "realistic") -> Figure:
    return shape_figure(a_character(style=style))


@cache
def lashes(style: str = "realistic") -> Part:
    (part,) = lash_parts(figure(style))
    return part


def dense(morph: str, style: str = "realistic") -> F64:
    out = np.zeros_like(figure(style).vertices)
    delta = figure(style).morphs[morph]
    out[delta.index] = delta.offset
    return out


def test_one_blended_part_on_the_head() -> None:
    part = lashes()
    assert (part.node, part.material.name) == ("Wolf3D_Lashes", "Wolf3D_Lashes")
    assert part.material.alpha is AlphaMode.BLEND and part.material.double_sided
    assert part.material.colour is not None and part.material.colour.shape == (256, 512, 4)
    assert len(part.triangles) <= 480
    assert (part.weights[:, figure().joint_names.index("Head")] == 1).all()
    for array in (part.positions, part.normals, part.uv, *part.morphs.values()):
        assert np.isfinite(array).all() and len(array) == len(part.positions)
    assert np.allclose(np.linalg.norm(part.normals, axis=1), 1)
    assert part.uv.min() >= 0 and part.uv.max() <= 1
    assert all(name.startswith(("eye", "cheekSquint")) for name in part.morphs)


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("morph", ["eyeBlinkLeft", "eyesClosed", "eyeWideLeft", "eyeLookDownLeft"])
def test_upper_lashes_stay_rooted_in_the_lid(style: str, morph: str) -> None:
    part, shaped = lashes(style), figure(style)
    start = 4 * SHADOW + 2 * 3 * LASH_COLUMNS
    roots = slice(start, start + LASH_COLUMNS)
    margin = resample(landmarks().lash_lines["left", "upper"], shaped.vertices, LASH_COLUMNS)
    wanted = margin.take(dense(morph, style))
    assert np.abs(part.morphs[morph][roots] - wanted).max() < 1e-9
    assert np.linalg.norm(part.positions[roots] - margin.take(shaped.vertices), axis=1).max() < 0.002


def test_upper_lashes_point_up_when_open_and_down_when_shut() -> None:
    part = lashes()
    start = 4 * SHADOW + 2 * 3 * LASH_COLUMNS
    middle = start + LASH_COLUMNS // 2
    tip = middle + 3 * LASH_COLUMNS
    rise = part.positions[tip] - part.positions[middle]
    shut = rise + part.morphs["eyesClosed"][tip] - part.morphs["eyesClosed"][middle]
    assert rise[1] > 0.002 and rise[2] > 0.001
    assert shut[1] < 0.0005 and shut[2] > 0.001


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("morph", [None, "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft"])
def test_lid_shadow_lies_on_the_ball(style: str, morph: str | None) -> None:
    eye = fit_eye(figure(style), "Left")
    points = lashes(style).positions[: 2 * SHADOW].copy()
    centre, turn = eye.centre, np.eye(3)
    if morph:
        points += lashes(style).morphs[morph][: 2 * SHADOW]
        motion = eye_motions(figure(style), "Left", eye)[morph]
        centre, turn = centre + motion.shift, motion.rotation
    away = points - centre
    distance = np.linalg.norm(away, axis=1)
    over = distance - eye.reach(away / distance[:, None] @ turn)
    assert over.min() > 1e-4 and over.max() < 1e-3


def test_make_up_and_sex_change_the_lashes() -> None:
    plain, made_up = lash_look(a_character()), lash_look(a_character(skin={"tone": 0.2, "make_up": 1.0}))
    man = lash_look(a_character(body={"gender": 1.0, "age": 30, "height": 1.8, "weight": 0.5, "muscle": 0.5}))
    assert made_up.length > plain.length > man.length
    assert made_up.colour.mean() <= plain.colour.mean()


def test_texture_is_hair_on_nothing() -> None:
    image = paint_lashes(lash_look(a_character()))
    assert np.array_equal(image, paint_lashes(lash_look(a_character())))
    alpha = image[..., 3].astype(float)
    assert alpha[:20].mean() < 60 < alpha[120:128, 60:-60].mean()  # tips are thin, roots are dense
    assert alpha[192:198, 100:-100].mean() > 100 and alpha[250:].max() < 5  # the shadow fades from the lid
    assert image[..., :3].max() < 90


@pytest.mark.parametrize("gender", [0.0, 1.0])
def test_dark_hair_has_dark_lashes_dense_at_the_root_and_open_at_the_tip(gender: float) -> None:
    body = {"gender": gender, "age": 30, "height": 1.7, "weight": 0.5, "muscle": 0.5}
    look = lash_look(a_character(body=body, hair={"style": "bob", "colour": "#181410"}))
    assert look.colour.max() < 0.05
    opacity = paint_lashes(look)[:128, 60:-60, 3] / 255
    assert opacity[-10:].mean() > 0.85
    assert 0.65 - 0.2 * gender < opacity[60:100].mean() < 0.85
    assert opacity[20:40].mean() < 0.5  # no black bar
