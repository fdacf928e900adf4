"""Shoes on feet of every size: budgets, soles on the ground, closed rims, no skin through them, colours in place."""

from __future__ import annotations

import numpy as np
import pytest
from dressing import BODIES, dressed, footwear, in_clothes, poking, shape, standing, wearer, welded

from avatar.character import Footwear, FootwearKind
from avatar.human.bundle import bundle
from avatar.human.coat import Slot
from avatar.human.figure import Part
from avatar.human.wardrobe.mesh import boundary_loops, face_normals
from avatar.human.wardrobe.shoes import shoe_coat
from avatar.human.wardrobe.shoes.paint import layers

NODE = "Wolf3D_Outfit_Footwear"
KINDS = [kind.value for kind in FootwearKind]
FEET = ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")


def pair(body: str, kind: str) -> Part:
    return dressed(body, "shorts", kind)[1][NODE]


@pytest.mark.parametrize("body", ["man", "child", "heavy"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_pair_is_sound_and_stands_on_the_ground(body: str, kind: str) -> None:
    part = pair(body, kind)
    assert len(part.triangles) <= 1000
    assert part.uv.min() >= 0 and part.uv.max() <= 1
    assert np.allclose(part.weights.sum(1), 1, atol=1e-5) and ((part.weights > 0).sum(1) <= 4).all()
    assert (np.linalg.norm(face_normals(part.positions, part.triangles), axis=1) > 1e-12).all()
    assert -0.001 < part.positions[:, 1].min() < 0.003
    facing = (face_normals(part.positions, part.triangles) * part.normals[part.triangles].mean(1)).sum(1)
    assert (facing > 0).mean() > 0.9
    left = part.positions[part.positions[:, 0] > 0]
    right = part.positions[part.positions[:, 0] < 0]
    assert len(left) == len(right)
    assert np.allclose(np.ptp(left, axis=0), np.ptp(right, axis=0), atol=0.012)  # bodies are a little uneven


@pytest.mark.parametrize("kind", KINDS)
def test_a_shoe_has_the_size_of_its_foot(kind: str) -> None:
    for body in ("man", "child"):
        figure = shape(body)
        own = figure.weights[:, [figure.joint_names.index(name) for name in FEET[:2]]].sum(1) > 0.6
        foot = figure.vertices[np.intersect1d(np.flatnonzero(own), bundle().vertices_of("body"))]
        shoe = pair(body, kind).positions
        shoe = shoe[shoe[:, 0] > 0]
        longer = np.ptp(shoe[:, 2]) - np.ptp(foot[:, 2])
        assert 0 < longer < 0.035
        assert 0 < np.ptp(shoe[:, 0]) - np.ptp(foot[foot[:, 1] < 0.05, 0]) < 0.035


@pytest.mark.parametrize("kind", KINDS)
def test_heights_of_the_kinds(kind: str) -> None:
    top, ankle = pair("man", kind).positions[:, 1].max(), shape("man").joints["LeftFoot"][1]
    if kind == "boots":
        assert ankle + 0.10 < top < ankle + 0.17
    else:
        assert ankle - 0.03 < top < ankle + 0.07


@pytest.mark.parametrize("body", list(BODIES))
def test_no_skin_comes_through(body: str) -> None:
    number = list(BODIES).index(body)
    for kind in (KINDS[number % 4], KINDS[(number + 2) % 4]):
        cover = footwear(body, "shorts", kind)
        for stance in ("A", "step"):
            share, worst = poking(body, stance, "shorts", kind, cover, 0.012)
            assert share < 0.01, f"{kind} {stance}: {share:.1%}, {worst * 1e3:.1f} mm"


@pytest.mark.parametrize("kind", ["loafers", "flats"])
def test_the_rim_of_a_low_shoe_lies_on_the_skin(kind: str) -> None:
    figure, parts, coverage = dressed("woman", "shorts", kind)
    part = parts[NODE]
    first, triangles = welded(part)
    rims = [loop for loop in boundary_loops(triangles) if len(loop) == 20]
    assert len(rims) == 2  # their linings end inside the leg
    quads = bundle().faces("body")[..., 0]
    skin = figure.vertices[np.unique(quads[~coverage.hidden[quads].all(1)])]
    for loop in rims:
        place = part.positions[first][loop]
        gap = np.linalg.norm(skin[None] - place[:, None], axis=2).min(1)
        assert gap.max() < 0.014  # skin is drawn all the way down to the lining: no hole to look into


def test_the_sole_bends_with_the_toes_and_the_shaft_with_the_shin() -> None:
    part = pair("man", "boots")
    names = shape("man").joint_names
    toes = part.weights[:, names.index("LeftToeBase")]
    assert toes[part.positions[:, 2] > part.positions[:, 2].max() - 0.05].max() == pytest.approx(1)
    high = (part.positions[:, 1] > part.positions[:, 1].max() - 0.03) & (part.positions[:, 0] > 0)
    assert (part.weights[high, names.index("LeftLeg")] > 0.8).all()
    step = standing("man", "step", part.positions, part.weights)
    assert np.isfinite(step).all()


def painted(kind: str, colour: str, accent: str | None = None) -> np.ndarray:
    footwear = Footwear(kind=FootwearKind(kind), colour=colour, accent=accent)
    return shoe_coat(footwear).painted().colour.astype(float)


@pytest.mark.parametrize("kind", KINDS)
def test_colours(kind: str) -> None:
    red = painted(kind, "#b01010")
    upper = red[20:290]
    assert (upper[..., 0] > 2 * upper[..., 2]).mean() > 0.5
    accented = painted(kind, "#b01010", "#20d040")
    changed = np.abs(accented - red).max(2) > 40
    assert 0.002 < changed.mean() < 0.4
    assert np.array_equal(painted(kind, "#b01010"), red)


@pytest.mark.parametrize("kind", KINDS)
def test_relief_and_surface(kind: str) -> None:
    made = layers(FootwearKind(kind))
    assert made.normal.shape == (512, 512, 3) and made.normal[..., 2].min() > 127
    assert np.abs(made.normal[:300, :, :2].astype(float) - 127).mean() > 1.0  # seams and grain
    assert made.packed.shape == (256, 256, 3) and made.packed[..., 1].std() > 3


def test_paint_never_looks_at_a_body() -> None:
    one, other = (
        shoe_coat(wearer(body, footwear={"kind": "boots"}).outfit.footwear).paints for body in ("man", "child")
    )
    assert {slot: paint.key for slot, paint in one.items()} == {slot: paint.key for slot, paint in other.items()}
    assert set(one) == {Slot.COLOUR, Slot.NORMAL, Slot.PACKED}


def test_the_same_character_gives_the_same_shoes() -> None:
    character = wearer("woman", footwear={"kind": "boots"})
    first, second = (next(part for part in in_clothes(character, "woman")[1] if part.node == NODE) for _ in range(2))
    for name in ("positions", "normals", "uv", "triangles", "weights"):
        assert np.array_equal(getattr(first, name), getattr(second, name))
