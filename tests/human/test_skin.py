"""The painted skin: one person without a seam, in the described colours, cheap to make."""

from __future__ import annotations

from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from people import a_character

from avatar.human.body import shape_figure
from avatar.human.figure import F64, U8, Figure, Part
from avatar.human.skin import skin_parts
from avatar.human.skin.body_skin import body_colour
from avatar.human.skin.colours import encode, skin_lab, srgb_to_lab, to_linear, to_srgb
from avatar.human.skin.gloss import body_gloss, head_gloss
from avatar.human.skin.head import head_colour
from avatar.human.skin.makeup import brow_shade, eyeliner
from avatar.human.skin.maps import Surface, brow_windows, landmarks, surface, windows
from avatar.human.skin.paint import double, halve, scatter
from avatar.human.skin.palette import look_of
from avatar.human.skin.parts import skin_coats, skin_normals
from avatar.human.skin.relief import body_relief, head_relief, slopes_of

B1 = NDArray[np.bool_]
BASE_VERTICES = 19_158


@cache
def figure() -> Figure:
    return shape_figure(a_character())


@cache
def parts() -> tuple[Part, Part]:
    head, body = skin_parts(figure(), np.zeros(BASE_VERTICES, bool))
    return head, body


def painted(**changes: Any) -> U8:
    return head_colour(look_of(a_character(**changes)))


def region(name: str, level: int = 200) -> B1:
    """Texels of the fine head map where a mask is strong."""
    head = surface("head")
    if name in head.fine:
        return np.asarray(head.fine[name] > level)
    return np.asarray((head.coarse[name] > level).repeat(2, 0).repeat(2, 1))


def bare_cheek() -> B1:
    return region("cheeks", 120) & ~region("lips", 10) & ~region("mouth", 10) & region("covered", 250)


def lab_of(image: U8, where: B1) -> F64:
    return np.asarray(srgb_to_lab(image[where] / 255).mean(0))


def sample(image: U8, uv: F64) -> F64:
    """Colour (0..255) at texture coordinates, averaged over 3 x 3 texels."""
    size = len(image)
    column, row = (np.clip((uv * size).astype(int), 1, size - 2)).T
    return np.asarray(np.mean([image[row + a, column + b].astype(float) for a in (-1, 0, 1) for b in (-1, 0, 1)], 0))


def test_two_parts_with_the_contract_names_and_textures() -> None:
    head, body = parts()
    assert (head.node, head.material.name) == ("Wolf3D_Head", "Wolf3D_Skin")
    assert (body.node, body.material.name) == ("Wolf3D_Body", "Wolf3D_Body")
    for part, size in ((head, 512), (body, 256)):
        assert part.material.colour is not None and part.material.colour.shape == (1024, 1024, 3)
        orm = part.material.occlusion_roughness_metallic
        assert orm is not None and orm.shape == (size, size, 3) and orm[..., 2].max() == 0
        assert part.material.normal is not None and part.material.normal.shape == (1024, 1024, 3)
    assert head.importance > 1


def test_geometry_is_sound() -> None:
    for part in parts():
        n = len(part.positions)
        assert len(part.weights) == n and np.isfinite(part.weights).all()
        for array in (part.positions, part.normals, part.uv, *part.morphs.values()):
            assert len(array) == n and np.isfinite(array).all()
        assert part.uv.min() >= 0 and part.uv.max() <= 1
        assert part.triangles.min() == 0 and part.triangles.max() == n - 1
        assert np.allclose(np.linalg.norm(part.normals, axis=1), 1)
        assert np.allclose(part.weights.sum(1), 1, atol=1e-5) and ((part.weights > 0).sum(1) <= 4).all()
        a, b, c = (part.positions[part.triangles[:, k]] for k in range(3))
        outward = (np.cross(b - a, c - a) * part.normals[part.triangles].sum(1)).sum(1) > 0
        assert outward.mean() > 0.98


def test_head_and_body_meet_without_a_crack() -> None:
    head, body = parts()
    seam = figure().vertices[landmarks().neck_seam]

    def at_seam(part: Part) -> tuple[F64, F64, list[int]]:
        found = [np.flatnonzero(np.abs(part.positions - p).max(1) < 1e-9) for p in seam]
        assert all(len(f) for f in found)
        every = np.concatenate(found)
        return part.normals[[f[0] for f in found]], part.uv[[f[0] for f in found]], every.tolist()

    head_normals, head_uv, moving = at_seam(head)
    body_normals, body_uv, _ = at_seam(body)
    assert np.array_equal(head_normals, body_normals)
    assert max(np.abs(delta[moving]).max() for delta in head.morphs.values()) == 0
    assert head.material.colour is not None and body.material.colour is not None
    difference = np.abs(sample(head.material.colour, head_uv) - sample(body.material.colour, body_uv))
    assert difference.mean() < 2.5 and difference.max() < 12


def test_the_head_carries_the_face_morphs() -> None:
    head, body = parts()
    assert set(head.morphs) <= set(figure().morphs)
    assert {"jawOpen", "eyeBlinkLeft", "mouthSmileRight", "viseme_aa", "viseme_PP", "eyesClosed"} <= set(head.morphs)
    assert "viseme_sil" not in head.morphs and not body.morphs


def test_covered_skin_is_left_out() -> None:
    shaped = figure()
    hidden = shaped.vertices[:, 1] < 1.2
    head, body = skin_parts(shaped, hidden)
    assert len(body.triangles) < 0.5 * len(parts()[1].triangles)
    assert (body.positions[body.triangles][..., 1].max(1) >= 1.2).all()
    assert len(np.unique(body.triangles)) == len(body.positions)
    assert len(head.triangles) == len(parts()[0].triangles)
    assert [part.node for part in skin_parts(shaped, np.ones(BASE_VERTICES, bool))] == ["Wolf3D_Head"]


def test_darker_tones_are_darker_everywhere() -> None:
    heads, bodies = [], []
    cheek = bare_cheek()
    body = (surface("body").coarse["covered"] > 250).repeat(2, 0).repeat(2, 1)
    for tone in (0.0, 0.25, 0.5, 0.75, 1.0):
        look = look_of(a_character(skin={"tone": tone}))
        heads.append(to_linear(head_colour(look)[cheek] / 255).mean())
        bodies.append(to_linear(body_colour(look)[body] / 255).mean())
    assert (np.diff(heads) < -0.01).all() and (np.diff(bodies) < -0.01).all()
    assert heads[0] > 8 * heads[-1]


def test_undertone_goes_from_rosy_to_golden() -> None:
    cool, warm = (lab_of(painted(skin={"tone": 0.3, "undertone": u}), bare_cheek()) for u in (-1, 1))
    assert warm[2] - cool[2] > 3 and cool[1] - warm[1] > 2


@pytest.mark.parametrize("tone", [0.1, 0.5, 0.9])
def test_natural_lips_stand_out(tone: float) -> None:
    image = painted(skin={"tone": tone})
    assert np.linalg.norm(lab_of(image, region("lips", 240)) - lab_of(image, bare_cheek())) > 4


@pytest.mark.parametrize("colour", ["#a01830", "#d98080", "#3a1030"])
@pytest.mark.parametrize("tone", [0.1, 0.85])
def test_lipstick_has_its_colour(colour: str, tone: float) -> None:
    wanted = np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)])
    bright = region("lips", 250) & region("open", 200)
    image = painted(skin={"tone": tone, "make_up": 1, "lip_colour": colour})
    assert np.abs(np.median(image[bright], axis=0) - wanted).max() < 30


def test_freckles_stubble_age_and_make_up_are_seen() -> None:
    plain = painted(seed=3)
    cheek, jaw, lid = bare_cheek(), region("beard", 220), region("upper_lid", 230)
    freckled = painted(seed=3, skin={"tone": 0.15, "freckles": 1.0})
    assert (freckled[cheek].astype(int) - plain[cheek]).min() < -30
    stubble = painted(seed=3, hair={"style": "crop", "colour": "#1a1410", "facial": "stubble"})
    assert lab_of(stubble, jaw)[0] < lab_of(plain, jaw)[0] - 5
    made_up = painted(seed=3, skin={"tone": 0.15, "make_up": 1.0})
    assert lab_of(made_up, lid)[0] < lab_of(plain, lid)[0] - 5
    old = painted(seed=3, body={"gender": 0.0, "age": 80, "height": 1.7, "weight": 0.5, "muscle": 0.5})
    lines = surface("head").fine["noise_wrinkles"] < 90
    beside = (surface("head").fine["noise_wrinkles"] == 128) & bare_cheek()
    old_contrast, contrast = (lab_of(face, beside)[0] - lab_of(face, lines)[0] for face in (old, plain))
    assert old_contrast > contrast + 2


def test_scalp_takes_the_hair_colour_unless_bald() -> None:
    scalp = region("scalp", 250)
    black, bald = (lab_of(painted(hair={"style": s, "colour": "#100c0a"}), scalp)[0] for s in ("bob", "bald"))
    assert black < 45 < 65 < bald


def test_drawn_styles_are_cleaner() -> None:
    def unevenness(style: str) -> float:
        grey = painted(style=style).astype(float).mean(2)
        patch = bare_cheek()
        return float(np.abs(np.diff(grey, axis=1))[patch[:, 1:]].mean())

    real, stylised, anime = (unevenness(s) for s in ("realistic", "stylised", "anime"))
    assert real > 1.5 * stylised > 1.5 * anime
    assert all(coat.painted().normal is None for coat in skin_coats(a_character(style="anime")))


def test_equal_people_are_equal_and_others_differ() -> None:
    assert np.array_equal(painted(seed=5), painted(seed=5))
    assert not np.array_equal(painted(seed=5), painted(seed=6))


def test_the_baked_file_is_small() -> None:
    path = resources.files("avatar.human") / "data" / "skin.npz"
    with path.open("rb") as handle:
        assert len(handle.read()) < 8_000_000


def test_slopes_lean_away_from_a_rise() -> None:
    head: Surface = surface("head")
    ramp = np.tile(np.linspace(0, 0.05, 1024, dtype=np.float32), (1024, 1))
    across, up = slopes_of(ramp, head)
    assert (across < 0).all() and np.abs(up).max() < 1e-6


def unevenness_of(normals: U8, where: B1) -> float:
    return float(np.abs(normals[where][:, :2].astype(float) - 128).mean())


def test_relief_has_pores_and_the_lines_of_the_years() -> None:
    young, old, drawn = (
        head_relief(look_of(a_character(style=style, body={**a_character().body.model_dump(), "age": age})))
        for style, age in (("realistic", 25), ("realistic", 80), ("stylised", 25))
    )
    lines = np.abs(surface("head").fine["noise_wrinkles"].astype(int) - 128) > 20
    assert unevenness_of(young, bare_cheek()) > 2 > 2 * unevenness_of(drawn, bare_cheek())
    assert unevenness_of(old, lines) > 3 * unevenness_of(young, lines)
    length = np.linalg.norm(old.astype(float) / 127.5 - 1, axis=2)
    assert np.abs(length - 1).max() < 0.03


def test_hands_have_nails_and_folds() -> None:
    body = surface("body")
    normals = body_relief(look_of(a_character()))
    creases = body.fine["noise_lines"] < 80
    assert creases.sum() > 500 and unevenness_of(normals, creases) > 3
    nails = body.fine["nails"] > 250
    bare, painted_nails = (
        lab_of(body_colour(look_of(a_character(skin={"tone": 0.4, "nail_colour": colour}))), nails)
        for colour in (None, "#2040c0")
    )
    assert np.linalg.norm(bare - srgb_to_lab(np.array([0x20, 0x40, 0xC0]) / 255)) > 40
    assert np.linalg.norm(painted_nails - srgb_to_lab(np.array([0x20, 0x40, 0xC0]) / 255)) < 12


def test_lips_rims_and_nails_are_wet_and_cheeks_are_not() -> None:
    look = look_of(a_character())
    roughness = head_gloss(look)[..., 1].repeat(2, 0).repeat(2, 1) / 255
    cheek = roughness[bare_cheek()].mean()
    assert roughness[region("waterline", 250)].mean() < 0.35 < 0.45 < cheek
    assert roughness[region("lips", 250) & ~region("lip_inner", 60)].mean() < cheek - 0.1
    assert roughness[region("t_zone", 220)].mean() < cheek - 0.05
    hands = body_gloss(look)[..., 1].repeat(4, 0).repeat(4, 1) / 255
    assert hands[surface("body").fine["nails"] > 250].mean() < 0.4


def test_eyeliner_swings_out_and_eye_shadow_has_its_colour() -> None:
    bold, thin = eyeliner(1.0), eyeliner(0.25)
    window = windows("upper_lid")[0]
    h, w = window.along.shape
    lid = np.zeros((1024, 1024), bool)
    lid[window.row : window.row + h, window.column : window.column + w] = (window.along > 1.1) & (window.along < 1.5)
    assert bold[lid].max() > 0.5 and thin[lid].max() < 0.05 and bold.sum() > 2 * thin.sum() > 0
    assert not eyeliner(0.0).any()
    plain, purple = (
        lab_of(painted(skin={"tone": 0.2, "lid_colour": colour}), region("upper_lid", 230))
        for colour in (None, "#5a2aa0")
    )
    assert purple[0] < plain[0] - 10 and purple[2] < plain[2] - 15


def test_old_hands_and_faces_have_spots_and_children_have_clear_skin() -> None:
    def body(age: float) -> dict[str, float]:
        return {**a_character().body.model_dump(), "age": age}

    old, young, child = (look_of(a_character(body=body(age))) for age in (85, 30, 9))
    assert old.sun > 10 and young.sun == child.sun == 0
    assert child.smooth > young.smooth and child.wrinkles == child.folds == 0 < young.folds < old.folds


def test_spots_stay_in_their_zone() -> None:
    head = surface("head")
    zone = head.mask("nose") > 0.9
    spots = scatter(head, zone.astype(np.float32), 50, (0.0004, 0.0008), (0.5, 1.0), 1)
    assert spots is not None and spots.max() > 0.4
    rows, columns = np.nonzero(spots > 0.4)
    assert zone.repeat(2, 0).repeat(2, 1)[rows, columns].mean() > 0.8
    assert scatter(head, zone.astype(np.float32), 0, (0.001, 0.002), (1, 1), 1) is None


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-1, 1))
def test_base_tone_is_monotone(a: float, b: float, undertone: float) -> None:
    light, dark = min(a, b), max(a, b)
    assert skin_lab(light, undertone, 0)[0] >= skin_lab(dark, undertone, 0)[0]


@given(st.lists(st.floats(0, 1), min_size=3, max_size=3))
def test_colour_conversions_agree(rgb: list[float]) -> None:
    srgb = np.array(rgb)
    assert np.allclose(to_srgb(to_linear(srgb)), srgb, atol=1e-6)
    assert np.abs(encode(to_linear(srgb).astype(np.float32)).astype(float) - srgb * 255).max() <= 1.01


@given(st.floats(-10, 10), st.floats(-1, 1), st.floats(-1, 1))
def test_doubling_keeps_planes_and_halving_undoes_it(level: float, right: float, down: float) -> None:
    rows, columns = np.mgrid[0:8, 0:8]
    plane = (level + right * columns + down * rows).astype(np.float32)
    assert np.allclose(halve(double(plane))[1:-1, 1:-1], plane[1:-1, 1:-1], atol=1e-4)


def test_the_shade_under_brows_has_the_hair_colour_and_is_soft() -> None:
    window = np.zeros((1024, 1024), bool)
    for brow in brow_windows():
        inside = (brow.along > 0.2) & (brow.along < 0.6) & (np.abs(brow.across) < 1)
        h, w = inside.shape
        window[brow.row : brow.row + h, brow.column : brow.column + w] = inside
    dark, fair = (lab_of(painted(hair={"style": "crop", "colour": c}), window)[0] for c in ("#1a120c", "#d8b878"))
    assert dark < fair - 2 and dark > lab_of(painted(), bare_cheek())[0] - 35
    shade = brow_shade(look_of(a_character()))
    assert max(np.abs(np.diff(shade, axis=axis)).max() for axis in (0, 1)) < 0.4


@pytest.mark.parametrize("style", ["realistic", "anime"])
def test_the_throat_is_dark_red_and_not_black(style: str) -> None:
    red, green, blue = painted(style=style)[region("throat")].mean(0)
    assert 40 < red < 130
    assert red > 2 * green and red > 2 * blue


def test_drawn_skin_has_a_warm_shadow_and_strokes_of_blush() -> None:
    def drawn(blush: float) -> U8:
        return painted(style="anime", skin={"tone": 0.1, "blush": blush})

    pale, flushed = drawn(0.0), drawn(1.0)
    shadow, strokes = region("drawn_shadow", 240) & region("neck", 100), region("hatching", 240)
    assert lab_of(pale, shadow)[0] < lab_of(pale, bare_cheek())[0] - 6
    assert lab_of(pale, shadow)[1] > lab_of(pale, bare_cheek())[1] + 4
    assert lab_of(flushed, strokes)[1] > lab_of(pale, strokes)[1] + 8


def test_anime_skin_is_lit_softly_with_unit_normals() -> None:
    shaped = shape_figure(a_character(style="anime"))
    head, body = skin_parts(shaped, np.zeros(BASE_VERTICES, bool))
    for part in (head, body):
        assert np.allclose(np.linalg.norm(part.normals, axis=1), 1)
    vertex = surface("head").vertex[np.unique(surface("head").triangles)]
    plain = skin_normals(shaped.vertices)[vertex]
    away = np.abs(shaped.vertices[vertex] - shaped.vertices[landmarks().mouth_rim].mean(0))
    under_nose = (away[:, 0] < 0.012) & (away[:, 1] < 0.035) & (plain[:, 1] < -0.6) & (plain[:, 2] > 0)
    assert head.normals[under_nose, 1].mean() > plain[under_nose, 1].mean() + 0.1
