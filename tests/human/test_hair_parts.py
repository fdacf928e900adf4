"""Hair that fits every head, keeps out of skin, eyes and clothes, and has the colour it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from people import a_character
from scipy.spatial import cKDTree

from avatar.character import Accessory, AccessoryKind, FacialHair, Hair, HairStyle
from avatar.human.body import shape_figure
from avatar.human.bundle import LEFT_EYE, RIGHT_EYE
from avatar.human.figure import F64, AlphaMode, Figure, Part
from avatar.human.gallery import png
from avatar.human.hair import atlas, hair_coats, hair_parts, hat, store
from avatar.human.hair.collision import surface_samples
from avatar.human.hair.scalp import head_model
from avatar.human.hair.vectors import triangle_normals
from avatar.human.hair.volume import volume

PEOPLE: Mapping[str, dict[str, object]] = {
    "woman": {},
    "man": {
        "body": {"gender": 1.0, "age": 36, "height": 1.84, "weight": 0.5, "muscle": 0.7},
        "face": {"ancestry": {"african": 1, "european": 0}, "shape": "square"},
    },
    "child": {"body": {"gender": 0.4, "age": 9, "height": 1.32, "weight": 0.5, "muscle": 0.4}},
    "elder": {"body": {"gender": 1.0, "age": 84, "height": 1.68, "weight": 0.55, "muscle": 0.3}},
    "wide": {
        "body": {"gender": 0.2, "age": 44, "height": 1.6, "weight": 1.0, "muscle": 0.5},
        "face": {"ancestry": {"asian": 1, "european": 0}, "shape": "round"},
    },
    "stylised": {"style": "stylised"},
    "anime": {"style": "anime"},
}
GROWN = [style for style in HairStyle if style is not HairStyle.BALD]
OTHERS = [person for person in PEOPLE if person not in ("woman", "anime")]
CASES = [(person, style) for style in GROWN for person in ("woman", "anime")]
CASES += [(OTHERS[k % len(OTHERS)], style) for k, style in enumerate(GROWN)]
LONG = (HairStyle.LONG_STRAIGHT, HairStyle.LONG_BANGS, HairStyle.LONG_WAVY, HairStyle.PONYTAIL, HairStyle.BRAIDS)
BEARDS = [facial for facial in FacialHair if facial not in (FacialHair.NONE, FacialHair.STUBBLE)]


@cache
def figure_of(person: str) -> Figure:
    return shape_figure(a_character(**PEOPLE[person]))


@cache
def grown(person: str, style: HairStyle, facial: FacialHair = FacialHair.NONE, colour: str = "#6b4730") -> list[Part]:
    return hair_parts(dressed(figure_of(person), style, facial, colour))


def dressed(figure: Figure, style: HairStyle, facial: FacialHair, colour: str, seed: int = 7) -> Figure:
    hair = Hair(style=style, facial=facial, colour=colour)
    return replace(figure, character=figure.character.model_copy(update={"hair": hair, "seed": seed}))


@cache
def skin(person: str) -> tuple[F64, F64, cKDTree]:
    """Samples of the skin, their normals, and a tree of them."""
    points, normals = surface_samples(figure_of(person).vertices, store.skin_triangles(), 0.005)
    return points, normals, cKDTree(points)


def enclosed(person: str, points: F64) -> NDArray[np.bool_]:
    """Whether points lie inside the body: the solid angle that all of its skin fills, seen from each."""
    corner = figure_of(person).vertices[store.skin_triangles()]
    inside = np.zeros(len(points), bool)
    for k, point in enumerate(points):
        a, b, c = (corner[:, j] - point for j in range(3))
        x, y, z = (np.linalg.norm(v, axis=1) for v in (a, b, c))
        determinant = np.einsum("ij,ij->i", a, np.cross(b, c))
        scale = x * y * z + (a * b).sum(1) * z + (b * c).sum(1) * x + (c * a).sum(1) * y
        inside[k] = abs(2 * np.arctan2(determinant, scale).sum()) > 2 * np.pi
    return inside


def linear(srgb: F64) -> F64:
    return np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)


@pytest.mark.parametrize(("person", "style"), CASES)
def test_every_style_grows_on_every_head(person: str, style: HairStyle) -> None:
    parts = grown(person, style)
    figure = figure_of(person)
    assert 1 <= len(parts) <= 2
    assert {part.node for part in parts} == {"Wolf3D_Hair"}
    assert parts[-1].material.name == "Wolf3D_Hair"
    assert 1000 < sum(len(part.triangles) for part in parts) <= 3700
    for part in parts:
        count = len(part.positions)
        assert np.isfinite(part.positions).all()
        assert part.triangles.min() == 0
        assert part.triangles.max() == count - 1
        assert np.allclose(np.linalg.norm(part.normals, axis=1), 1.0, atol=1e-3)
        assert part.uv.min() >= 0 and part.uv.max() <= 1
        assert part.weights.shape == (count, len(figure.joint_names))
        assert part.weights.min() >= 0
        assert np.allclose(part.weights.sum(1), 1.0, atol=1e-5)
        assert (part.weights > 0).sum(1).max() <= 4
        assert part.colour is not None
        assert part.colour.shape == (count, 3)
        # it sits on the head: nowhere further from the skin than a full head of hair is thick
        distance, _ = skin(person)[2].query(part.positions)
        assert distance.max() < (0.18 if style in LONG else 0.12)


@pytest.mark.parametrize(("person", "style"), CASES)
def test_hair_keeps_out_of_skin_and_face(person: str, style: HairStyle) -> None:
    figure = figure_of(person)
    positions = np.concatenate([part.positions for part in grown(person, style)])
    points, normals, tree = skin(person)
    distance, near = tree.query(positions)
    behind = ((positions - points[near]) * normals[near]).sum(1) < 0
    deep = np.nonzero(behind & (distance > 0.0025))[0]
    assert enclosed(person, positions[deep]).sum() <= 0.03 * len(positions)
    eyes = figure.vertices[LEFT_EYE].mean(0), figure.vertices[RIGHT_EYE].mean(0)
    apart = float(np.linalg.norm(eyes[0] - eyes[1]))
    middle = (eyes[0] + eyes[1]) / 2
    chin = figure.vertices[store.load().chin, 1]
    face = (
        (np.abs(positions[:, 0]) < 0.78 * apart)
        & (positions[:, 1] < middle[1] + 0.15 * apart)
        & (positions[:, 1] > chin)
        & (positions[:, 2] > middle[2] - 0.2 * apart)
    )
    assert face.sum() <= (6 if person == "anime" else 0)  # drawn fringes and side locks may touch the outer corner


@pytest.mark.parametrize("person", PEOPLE)
def test_long_hair_lies_outside_a_shirt(person: str) -> None:
    parts = grown(person, HairStyle.LONG_STRAIGHT)
    figure = figure_of(person)
    positions = np.concatenate([part.positions for part in parts])
    neck = figure.joints["Neck"][1]
    low = positions[positions[:, 1] < neck - 0.015]
    assert len(low) > 100
    points, normals, tree = skin(person)
    distance, near = tree.query(low)
    outside = ((low - points[near]) * normals[near]).sum(1) > 0
    assert distance.min() >= 0.0145  # clothes reach 14 mm
    assert not enclosed(person, low[~outside]).any()
    names = figure.joint_names
    follows = {name: np.concatenate([part.weights[:, names.index(name)] for part in parts]) for name in names}
    hanging = positions[:, 1] < neck - 0.05
    assert follows["Spine2"][hanging].min() > 0.1
    assert follows["Head"][positions[:, 1] > figure.joints["Head"][1]].min() == pytest.approx(1.0)


@pytest.mark.parametrize(("person", "facial"), zip(["man", "elder", "stylised", "anime"], BEARDS, strict=True))
def test_a_beard_follows_the_face(person: str, facial: FacialHair) -> None:
    figure = figure_of(person)
    parts = grown(person, HairStyle.BALD, facial)
    assert [part.node for part in parts] == ["Wolf3D_Beard"]
    assert parts[0].material.alpha is AlphaMode.BLEND
    assert 200 < len(parts[0].triangles) <= 1550
    eyes = figure.vertices[LEFT_EYE, 1].mean()
    for part in parts:
        assert set(part.morphs) <= set(figure.morphs)
        assert {"jawOpen", "mouthSmileLeft", "viseme_aa"} <= set(part.morphs)
        assert "eyeBlinkLeft" not in part.morphs
        assert np.allclose(part.weights.sum(1), 1.0, atol=1e-5)
        assert (part.weights > 0).sum(1).max() <= 4
        assert part.positions[:, 1].max() < eyes + 0.015  # where sideburns begin
        moved = part.morphs["jawOpen"]
        assert moved.shape == part.positions.shape
        if facial is not FacialHair.MOUSTACHE:
            assert moved[:, 1].min() < -0.008  # the chin goes down with the jaw
        # it moves as the skin under it does
        delta = figure.morphs["jawOpen"]
        dense = np.zeros_like(figure.vertices)
        dense[delta.index] = delta.offset
        _, near = cKDTree(figure.vertices[np.unique(store.skin_triangles())]).query(part.positions)
        under = dense[np.unique(store.skin_triangles())[near]]
        assert np.median(np.linalg.norm(moved - under, axis=1)) < 0.004


def test_bald_and_beardless_is_nothing_and_stubble_is_not_hair() -> None:
    assert grown("woman", HairStyle.BALD) == []
    assert grown("man", HairStyle.BALD, FacialHair.STUBBLE) == []


@pytest.mark.parametrize("person", ["woman", "anime"])
@pytest.mark.parametrize("colour", ["#15110f", "#6b4730", "#c9a468", "#dedbd6", "#3f70c0"])
def test_hair_has_its_colour(person: str, colour: str) -> None:
    part = grown(person, HairStyle.BOB, colour=colour)[-1]
    image = part.material.colour
    assert image is not None and part.colour is not None
    corner = part.positions[part.triangles]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    uv = part.uv[part.triangles].mean(1)
    texel = image[(uv[:, 1] * image.shape[0]).astype(int), (uv[:, 0] * image.shape[1]).astype(int)] / 255.0
    solid = part.material.alpha is AlphaMode.OPAQUE
    shown = np.ones(len(texel), bool) if solid else texel[:, 3] > 0.5
    tint = part.colour[part.triangles].mean(1)
    albedo = np.average(linear(texel[shown, :3]) * tint[shown], axis=0, weights=area[shown])
    asked = linear(np.array([int(colour[k : k + 2], 16) for k in (1, 3, 5)]) / 255.0)
    assert np.abs(albedo ** (1 / 2.2) - asked ** (1 / 2.2)).max() < 0.13  # perceptual lightness per channel
    if asked.max() > 0.05:
        assert np.argsort(albedo).tolist() == np.argsort(asked).tolist() or np.ptp(asked) < 0.1
        assert np.dot(albedo, asked) / np.linalg.norm(albedo) / np.linalg.norm(asked) > 0.97


@pytest.mark.parametrize("style", [HairStyle.CROP, HairStyle.BOB, HairStyle.LONG_STRAIGHT, HairStyle.AFRO])
def test_soft_hair_lies_over_a_solid_body_of_hair(style: HairStyle) -> None:
    soft, solid = grown("woman", style)
    assert (soft.material.alpha, solid.material.alpha) == (AlphaMode.BLEND, AlphaMode.OPAQUE)
    assert soft.material.colour is solid.material.colour  # one texture
    assert soft.material.colour is not None and len(png(soft.material.colour)) < 300_000
    assert solid.material.double_sided and not soft.material.double_sided
    for part in (soft, solid):
        area = triangle_normals(part.positions, part.triangles)
        along = (area * part.normals[part.triangles].mean(1)).sum(1)
        assert np.average(along > 0, weights=np.linalg.norm(area, axis=1)) > 0.90


def test_the_same_character_has_the_same_hair_and_another_seed_another() -> None:
    figure = figure_of("man")
    first, again, other = (
        hair_parts(dressed(figure, HairStyle.SIDE_PART, FacialHair.BEARD, "#6b4730", seed)) for seed in (3, 3, 4)
    )
    for a, b in zip(first, again, strict=True):
        assert a.positions.tobytes() == b.positions.tobytes()
        assert a.material.colour is not None and b.material.colour is not None
        assert np.array_equal(a.material.colour, b.material.colour)
        assert a.weights.tobytes() == b.weights.tobytes()
    assert not np.array_equal(first[1].positions, other[1].positions)


def painted(style: HairStyle, colours: dict[str, str], person: str = "woman") -> dict[str, NDArray[np.uint8]]:
    hair = Hair(style=style, **{"colour": "#3a2a1e"} | colours)
    character = figure_of(person).character.model_copy(update={"hair": hair})
    coats = hair_coats(character, capped=True)
    return {name: coat.painted().colour for name, coat in coats.items()}  # type: ignore[misc]  # colour is there


@pytest.mark.parametrize("person", ["woman", "anime"])
def test_highlights_and_roots_are_paint_where_they_belong(person: str) -> None:
    plain, streaked, rooted = (
        painted(HairStyle.LONG_STRAIGHT, colours, person)["Wolf3D_Hair"][..., :3].astype(float)
        for colours in ({}, {"highlights": "#d04040"}, {"roots": "#40d040"})
    )
    redder = (streaked - plain)[..., 0] > 40
    assert 0.02 < redder.mean() < 0.5
    greener = (rooted - plain)[..., 1] > 40
    assert 0.01 < greener.mean() < 0.5
    if person == "anime":
        assert greener[:24].mean() > 0.9 and not greener[128:].any()  # the top of the head
    else:
        tile = atlas.TILES["dense0"]
        across = slice(tile.x, tile.x + tile.width)
        assert greener[tile.y + 4 : tile.y + 20, across].mean() > 0.5
        assert not greener[tile.y + 200 : tile.y + tile.height, across].any()
    figure = figure_of(person)
    dyed = Hair(style=HairStyle.BOB, colour="#3a2a1e", highlights="#d04040", roots="#40d040")
    one = hair_parts(dressed(figure, HairStyle.BOB, FacialHair.NONE, "#3a2a1e"))
    two = hair_parts(replace(figure, character=figure.character.model_copy(update={"hair": dyed, "seed": 7})))
    for a, b in zip(one, two, strict=True):
        assert a.positions.tobytes() == b.positions.tobytes()
        assert a.uv.tobytes() == b.uv.tobytes()
        assert a.material.keys != b.material.keys


@pytest.mark.parametrize("facial", [FacialHair.NONE, FacialHair.BEARD])
@pytest.mark.parametrize("style", GROWN)
def test_images_hold_the_tiles_that_are_used(style: HairStyle, facial: FacialHair) -> None:
    for part in grown("woman", style, facial):
        image = part.material.colour
        assert image is not None
        corner = (part.uv[part.triangles] * [atlas.WIDTH, atlas.HEIGHT]).mean(1)
        kept = (*atlas.TILES_OF[style], *(atlas.BEARD_TILES if facial is FacialHair.BEARD else ()))
        for name, tile in atlas.TILES.items():
            inside = (corner >= [tile.x, tile.y]) & (corner < [tile.x + tile.width, tile.y + tile.height])
            if inside.all(1).any():
                assert name in kept or name.rstrip("0123456789") in kept, name


@pytest.mark.parametrize("person", ["woman", "anime"])
@pytest.mark.parametrize("style", LONG)
def test_what_hangs_may_swing(person: str, style: HairStyle) -> None:
    parts = grown(person, style)
    springs = [line for part in parts for line in part.springs]
    expected = {HairStyle.PONYTAIL: 1, HairStyle.BRAIDS: 2}.get(style, 6)
    assert len(springs) == expected
    vertices = cKDTree(np.concatenate([part.positions for part in parts]))
    for line in springs:
        assert 3 <= len(line) <= 6
        assert line[-1, 1] < line[0, 1] - 0.08  # from the root down
        assert vertices.query(line)[0].max() < 0.045  # it runs in the hair
    tips = np.array([line[-1] for line in springs])
    if expected > 1:
        assert np.ptp(tips[:, 0]) > 0.1  # on both sides


def test_short_hair_does_not_swing() -> None:
    for style in (HairStyle.CROP, HairStyle.AFRO, HairStyle.BUN, HairStyle.BUZZ):
        assert not any(part.springs for part in grown("woman", style))


@pytest.mark.parametrize("person", ["woman", "child", "anime"])
@pytest.mark.parametrize("style", [HairStyle.AFRO, HairStyle.BUN, HairStyle.LONG_WAVY, HairStyle.CROP])
def test_hair_lies_flat_under_a_hat(person: str, style: HairStyle) -> None:
    figure = dressed(figure_of(person), style, FacialHair.NONE, "#3a2a1e")
    worn = figure.character.outfit.model_copy(
        update={"accessories": (Accessory(kind=AccessoryKind.BEANIE, colour="#333344"),)}
    )
    hatted = hair_parts(replace(figure, character=figure.character.model_copy(update={"outfit": worn})))
    head = head_model(figure, 0.1, 0.1)
    rim = hat.rim_of(head, figure.vertices)
    points = np.concatenate([part.positions for part in hatted])
    covered = points[rim.height(points) > 0]
    assert len(covered) > 60
    assert head.collision(covered)[0].max() < 0.0045 * max(head.scale, 1.0)
    bare = np.concatenate([part.positions for part in hair_parts(figure)])
    assert head.collision(bare[rim.height(bare) > 0])[0].max() > 0.006


@pytest.mark.parametrize("style", [HairStyle.AFRO, HairStyle.LONG_WAVY])
def test_a_headset_presses_hair(style: HairStyle) -> None:
    figure = dressed(figure_of("woman"), style, FacialHair.NONE, "#3a2a1e")
    worn = figure.character.outfit.model_copy(
        update={"accessories": (Accessory(kind=AccessoryKind.HEADSET, colour="#333344"),)}
    )
    character = figure.character.model_copy(update={"outfit": worn})
    head = head_model(figure, 0.1, 0.1)
    thick = []
    for wearer in (figure.character, character):
        points = np.concatenate([part.positions for part in hair_parts(replace(figure, character=wearer))])
        held = (np.abs(points[:, 2] - head.centre[2]) < 0.025) & (np.abs(points[:, 1] - head.eye_level) < 0.02)
        thick.append(np.quantile(head.collision(points[held])[0], 0.95))
    assert thick[1] < 0.75 * thick[0]
    assert volume(character).crown < volume(figure.character).crown or style is not HairStyle.AFRO


def test_hair_is_still_while_the_face_moves() -> None:
    for part in grown("woman", HairStyle.BOB):
        assert part.morphs == {}
