"""Lashes that hang on the lids, a lid shadow and glints that hug the ball, brows that lie on their bone."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from people import a_character

from avatar.human.body import shape_figure
from avatar.human.eyes import eye_motions, fit_eye
from avatar.human.figure import F64, AlphaMode, Figure, Part
from avatar.human.landmarks import skin_triangles, socket_vertices
from avatar.human.lashes import lash_look, lash_parts, paint_lashes
from avatar.human.lashes.atlas import BROW, GLINTS, LOWER_SHADOW, UPPER, UPPER_SHADOW
from avatar.human.lashes.brows import COLUMNS as BROW_COLUMNS
from avatar.human.lashes.brows import LIFTS, brow_places
from avatar.human.lashes.brows import ROWS as BROW_ROWS
from avatar.human.lashes.glints import POINTS
from avatar.human.lashes.sheet import resample
from avatar.human.lashes.strips import LASH_COLUMNS, LOWER_ROWS, SHADOW_COLUMNS, SHADOW_ROWS, UPPER_ROWS
from avatar.human.skin.maps import landmarks
from avatar.human.skin.parts import skin_normals

SHADOW = SHADOW_COLUMNS * len(SHADOW_ROWS)  # vertices of one shadow strip; four strips come first
GLINT = POINTS * POINTS  # of one glint; two an eye follow
UPPER_START = 4 * SHADOW + 4 * GLINT + 2 * LOWER_ROWS * LASH_COLUMNS
BROW_START = UPPER_START + 2 * UPPER_ROWS * LASH_COLUMNS
BROW_SHEET = BROW_ROWS * BROW_COLUMNS
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
    assert part.material.colour is not None and part.material.colour.shape == (512, 1024, 4)
    assert len(part.triangles) <= 950
    head, glints = figure().joint_names.index("Head"), slice(4 * SHADOW, 4 * SHADOW + 4 * GLINT)
    assert (np.delete(part.weights[:, head], np.r_[glints]) == 1).all()
    for side, of_side in (("Left", slice(0, 2 * GLINT)), ("Right", slice(2 * GLINT, 4 * GLINT))):
        joint = figure().joint_names.index(f"{side}Eye")
        assert (part.weights[glints][of_side][:, [head, joint]] == 0.5).all()
    for array in (part.positions, part.normals, part.uv, *part.morphs.values()):
        assert np.isfinite(array).all() and len(array) == len(part.positions)
    assert np.allclose(np.linalg.norm(part.normals, axis=1), 1)
    assert part.uv.min() >= 0 and part.uv.max() <= 1


@pytest.mark.parametrize("style", STYLES[:2])
@pytest.mark.parametrize("morph", ["eyeBlinkLeft", "eyesClosed", "eyeWideLeft", "eyeLookDownLeft"])
def test_upper_lashes_stay_rooted_in_the_lid(style: str, morph: str) -> None:
    part, shaped = lashes(style), figure(style)
    roots = slice(UPPER_START, UPPER_START + LASH_COLUMNS)
    margin = resample(landmarks().lash_lines["left", "upper"], shaped.vertices, LASH_COLUMNS)
    wanted = margin.take(dense(morph, style))
    assert np.abs(part.morphs[morph][roots] - wanted).max() < 1e-9
    assert np.linalg.norm(part.positions[roots] - margin.take(shaped.vertices), axis=1).max() < 0.002


@pytest.mark.parametrize("morph", [None, "eyeBlinkLeft", "eyesClosed", "eyeLookDownLeft"])
def test_a_drawn_lash_line_lies_over_the_lid(morph: str | None) -> None:
    part, shaped = lashes("anime"), figure("anime")
    rows = slice(UPPER_START + LASH_COLUMNS, UPPER_START + UPPER_ROWS * LASH_COLUMNS)  # all but the feet
    stroke = part.positions[rows] + (part.morphs[morph][rows] if morph else 0.0)
    skin = shaped.vertices + (dense(morph, "anime") if morph else 0.0)
    size = fit_eye(shaped, "Left").radius / 0.01495
    triangles = skin_triangles()
    triangles = triangles[~np.isin(triangles, socket_vertices("Left")).any(1)]
    near = np.linalg.norm(skin[triangles].mean(1) - stroke.mean(0), axis=1) < 0.035 * size
    weights = [*(np.eye(3)[k] * 0.6 + 0.2 * (1 - np.eye(3)[k]) for k in range(3)), np.full(3, 1 / 3)]
    points = np.einsum("wc,tck->wtk", np.array(weights), skin[triangles[near]]).reshape(-1, 3)
    apart = np.hypot(*(points[:, None, :2] - stroke[None, :, :2]).transpose(2, 0, 1))
    over = (stroke[None, :, 2] - points[:, None, 2])[apart < 0.0003]
    assert len(over) > 8 and (over > 0).mean() > 0.85  # where the lid's rim is steep, what is beside is not under


def test_upper_lashes_point_up_when_open_and_down_when_shut() -> None:
    part = lashes()
    middle = UPPER_START + LASH_COLUMNS // 2
    tip = middle + 3 * LASH_COLUMNS
    rise = part.positions[tip] - part.positions[middle]
    shut = rise + part.morphs["eyesClosed"][tip] - part.morphs["eyesClosed"][middle]
    assert rise[1] > 0.002 and rise[2] > 0.001
    assert shut[1] < 0.0005 and shut[2] > 0.001


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("morph", [None, "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft"])
def test_lid_shadow_and_glints_lie_on_the_ball(style: str, morph: str | None) -> None:
    eye = fit_eye(figure(style), "Left")
    glints = slice(4 * SHADOW, 4 * SHADOW + (0 if morph == "eyeBlinkLeft" else 2 * GLINT))  # a blink hides them
    rows = np.r_[0 : 2 * SHADOW, glints]
    points = lashes(style).positions[rows].copy()
    centre, turn = eye.centre, np.eye(3)
    if morph:
        points += lashes(style).morphs[morph][rows]
        motion = eye_motions(figure(style), "Left", eye)[morph]
        centre, turn = centre + motion.shift, motion.rotation
    away = points - centre
    distance = np.linalg.norm(away, axis=1)
    over = distance - eye.reach(away / distance[:, None] @ turn)
    assert over.min() > 1e-4
    assert over.max() < (1e-3 if eye.bulge >= 0 else 3e-3)  # glints span a hollow iris


def test_glints_go_half_way_with_the_gaze() -> None:
    eye = fit_eye(figure(), "Left")
    glint = slice(4 * SHADOW, 4 * SHADOW + GLINT)
    moved = lashes().morphs["eyeLookUpLeft"][glint].mean(0)
    pupil = eye_motions(figure(), "Left", eye)["eyeLookUpLeft"].of(np.array([[0, 0, eye.radius]]))[0]
    assert 0.35 < moved[1] / pupil[1] < 0.65
    up_left = lashes().positions[glint].mean(0) - eye.centre
    assert up_left[0] < 0 < up_left[1]  # to the viewer's left and up in both eyes
    right = fit_eye(figure(), "Right")
    assert (lashes().positions[4 * SHADOW + 2 * GLINT :][:GLINT].mean(0) - right.centre)[0] < 0


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("morph", [None, "browInnerUp", "browDownLeft", "browOuterUpLeft", "eyeBlinkLeft"])
def test_brows_lie_on_the_skin_and_go_with_it(style: str, morph: str | None) -> None:
    shaped, part = figure(style), lashes(style)
    moved = dense(morph, style) if morph else 0.0
    places, _ = brow_places(0, lash_look(shaped.character).brow)
    skin = places.take(shaped.vertices + moved)
    normals = places.take(skin_normals(shaped.vertices + moved))
    for shell, lift in enumerate(LIFTS):
        rows = slice(BROW_START + shell * BROW_SHEET, BROW_START + (shell + 1) * BROW_SHEET)
        card = part.positions[rows] + (part.morphs[morph][rows] if morph else 0.0)
        height = ((card - skin) * normals).sum(1) / np.linalg.norm(normals, axis=1)
        assert height.max() < 1.5 * lift + 1.6e-3 and height.min() > -0.001
        middle = height.reshape(BROW_ROWS, BROW_COLUMNS)[BROW_ROWS // 2, 2:-3]
        assert middle.min() > 0.1 * lift


def test_brow_morphs_raise_the_cards() -> None:
    brows = slice(BROW_START, None)
    assert lashes().morphs["browInnerUp"][brows][:, 1].max() > 0.003
    assert lashes().morphs["browDownLeft"][brows][:, 1].min() < -0.002


@pytest.mark.parametrize("field", [{"brow_weight": 1.0}, {"brow_weight": -1.0}])
def test_brow_weight_is_paint(field: dict[str, Any]) -> None:
    (heavy,) = lash_parts(shape_figure(a_character(face=field)))
    assert np.array_equal(heavy.positions, lashes().positions) and np.array_equal(heavy.uv, lashes().uv)


def brow(**face: Any) -> F64:
    """Opacity of the eyebrow's region, 0..1."""
    return np.asarray(paint_lashes(lash_look(a_character(face=face)))[BROW.box][..., 3] / 255)


def test_brow_styles_and_weights_differ() -> None:
    cover = {weight: brow(brow_weight=weight).mean() for weight in (-1.0, 0.0, 1.0)}
    assert cover[-1.0] < 0.7 * cover[0.0] and cover[0.0] < 0.8 * cover[1.0]
    assert brow(brows="bushy").mean() > 1.3 * brow(brows="natural").mean()

    def middle(image: F64) -> F64:
        rows = np.arange(len(image))[:, None]
        return np.asarray((image * rows).sum(0) / np.maximum(image.sum(0), 1e-6))

    def arch(image: F64) -> float:
        line = middle(image)
        return float((line[200:300].mean() + line[900:960].mean()) / 2 - line[650:800].mean())

    assert arch(brow(brows="arched")) > arch(brow(brows="natural")) > arch(brow(brows="straight"))


def test_brows_take_the_colour_of_the_hair() -> None:
    fair, dark, red = (
        paint_lashes(lash_look(a_character(hair={"style": "bob", "colour": colour})))[BROW.box][0, 0, :3].astype(int)
        for colour in ("#d9b380", "#15100c", "#9a3b1d")
    )
    assert fair.sum() > dark.sum() + 120
    assert red[0] - red[2] > dark[0] - dark[2] + 20


def test_make_up_and_sex_change_the_lashes() -> None:
    plain, made_up = lash_look(a_character()), lash_look(a_character(skin={"tone": 0.2, "make_up": 1.0}))
    man = lash_look(a_character(body={"gender": 1.0, "age": 30, "height": 1.8, "weight": 0.5, "muscle": 0.5}))
    assert made_up.length > plain.length > man.length
    assert made_up.colour.mean() <= plain.colour.mean()


def test_lash_styles_differ() -> None:
    look = {
        style: lash_look(a_character(eyes={"colour": "#4a7a4f", "lashes": style}))
        for style in ("sparse", "natural", "long", "dramatic")
    }
    assert look["sparse"].length < look["natural"].length < look["long"].length < look["dramatic"].length
    cover = {style: paint_lashes(one)[UPPER.box][..., 3].mean() for style, one in look.items()}
    assert cover["sparse"] < 0.8 * cover["natural"] < cover["dramatic"] * 0.7


def test_texture_is_hair_on_nothing() -> None:
    image = paint_lashes(lash_look(a_character()))
    assert np.array_equal(image, paint_lashes(lash_look(a_character())))
    alpha = image[..., 3].astype(float)
    assert alpha[:20].mean() < 70 < alpha[120:128, 130:-80].mean()  # tips are thin, roots are dense
    shadow = alpha[UPPER_SHADOW.box][:, 60:-60]
    assert shadow[:4].mean() > 100 and shadow[-4:].max() < 8  # the shadow fades from the lid
    for region in GLINTS:
        assert (image[region.box][..., :3] == 255).all() and alpha[region.box][24:32, 24:32].min() > 150
        assert alpha[region.box][0].max() == 0
    assert image[UPPER.box][..., :3].max() < 90


def test_the_lower_lid_is_wet() -> None:
    image = paint_lashes(lash_look(a_character())).astype(float)
    rows, columns = LOWER_SHADOW.box
    lines = image[rows, columns][:, 150:250]
    light = (lines[..., :3].mean(2) * lines[..., 3] / 255).mean(1)
    assert light[14:24].max() > 60 and light[:6].max() < 50 and light[-8:].max() < 20


@pytest.mark.parametrize("gender", [0.0, 1.0])
def test_dark_hair_has_dark_lashes_dense_at_the_root_and_open_at_the_tip(gender: float) -> None:
    body = {"gender": gender, "age": 30, "height": 1.7, "weight": 0.5, "muscle": 0.5}
    look = lash_look(a_character(body=body, hair={"style": "bob", "colour": "#181410"}))
    assert look.colour.max() < 0.05
    opacity = paint_lashes(look)[:128, 160:-100, 3] / 255
    assert opacity[-9:].mean() > 0.85
    assert 0.45 - 0.2 * gender < opacity[60:100].mean() < 0.85  # seen from a metre it is this grey
    assert opacity[20:40].mean() < 0.5  # no black bar
