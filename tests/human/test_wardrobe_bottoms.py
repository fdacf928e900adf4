"""Bottoms on people of every build and in every pose: budgets, lengths, hems and shoes, no skin through cloth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from dressing import BODIES, dressed, in_clothes, poking, shape, standing, trousers, wearer

from avatar.character import BottomKind, Pattern
from avatar.human.figure import Part
from avatar.human.wardrobe.bottoms import bottom_coat
from avatar.human.wardrobe.mesh import boundary_loops, face_normals

NODE, SHOES = "Wolf3D_Outfit_Bottom", "Wolf3D_Outfit_Footwear"
KINDS = [kind.value for kind in BottomKind]
WORN = [("jeans", "sneakers"), ("trousers", "loafers"), ("jeans", "boots"), ("trousers", "boots")]
WORN += [("shorts", "flats"), ("skirt", "flats")]


def bottom(body: str, kind: str, shoes: str = "sneakers") -> Part:
    return dressed(body, kind, shoes)[1][NODE]


@pytest.mark.parametrize("body", ["woman", "child", "heavy"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_bottom_is_sound_and_within_budget(body: str, kind: str) -> None:
    part = bottom(body, kind)
    assert len(part.triangles) <= 1600
    assert part.uv.min() >= 0 and part.uv.max() <= 1
    assert np.allclose(part.weights.sum(1), 1, atol=1e-5) and ((part.weights > 0).sum(1) <= 4).all()
    assert (np.linalg.norm(face_normals(part.positions, part.triangles), axis=1) > 1e-12).all()
    facing = (face_normals(part.positions, part.triangles) * part.normals[part.triangles].mean(1)).sum(1)
    assert (facing > 0).mean() > 0.85  # turned edges share normals with what they are turned from
    assert len(boundary_loops(trousers(body, kind, "sneakers").triangles)) == (2 if kind == "skirt" else 3)


@pytest.mark.parametrize("number", range(2 * len(BODIES)))
def test_no_skin_comes_through(number: int) -> None:
    """Every body in two of the outfits, every outfit on two of the bodies."""
    body = list(BODIES)[number % len(BODIES)]
    worn = WORN[(number + 4 * (number // len(BODIES))) % len(WORN)]
    cover = trousers(body, *worn)
    for stance in ("T", "sit", "step"):
        share, worst = poking(body, stance, *worn, cover, 0.02)
        assert share < 0.005, f"{stance}: {share:.1%}, {worst * 1e3:.1f} mm"


@pytest.mark.parametrize("body", ["woman", "child"])
@pytest.mark.parametrize("stance", ["A", "arms_up", "arms_forward", "bow", "look"])
def test_no_skin_comes_through_in_the_other_poses(body: str, stance: str) -> None:
    for worn in (("jeans", "sneakers"), ("skirt", "flats")):
        assert poking(body, stance, *worn, trousers(body, *worn), 0.02)[0] < 0.005


def test_lengths_of_the_kinds() -> None:
    knee, ankle = (shape("man").joints[f"Left{name}"][1] for name in ("Leg", "Foot"))
    low = {kind: bottom("man", kind).positions[:, 1].min() for kind in KINDS}
    assert knee - 0.05 < low["shorts"] < knee + 0.12
    assert knee - 0.02 < low["skirt"] < knee + 0.14
    assert 0.02 < low["jeans"] < ankle and 0.02 < low["trousers"] < ankle


@pytest.mark.parametrize("body", list(BODIES))
def test_long_legs_end_on_the_shoe(body: str) -> None:
    for kind, shoes in (("jeans", "sneakers"), ("trousers", "loafers")):
        _, parts, _ = dressed(body, kind, shoes)
        hem, shoe = parts[NODE].positions[:, 1].min(), parts[SHOES].positions
        assert 0.012 < hem < shoe[:, 1].max() - 0.02  # over the shoe, off the ground


def test_jeans_go_into_boots_and_trousers_over_them() -> None:
    for body in ("man", "child"):
        _, parts, _ = dressed(body, "jeans", "boots")
        top = parts[SHOES].positions[:, 1].max()
        assert top - 0.06 < parts[NODE].positions[:, 1].min() < top
        _, parts, _ = dressed(body, "trousers", "boots")
        assert parts[NODE].positions[:, 1].min() < top * 0.5


def test_folds_show_in_the_outline() -> None:
    """Radius of the lower leg over its height goes up and down more than once."""
    cover = trousers("man", "jeans", "sneakers")
    figure = shape("man")
    side = (cover.positions[:, 0] > 0) & (cover.positions[:, 1] < figure.joints["LeftLeg"][1] - 0.15)
    axis = figure.joints["LeftFoot"]
    behind = side & (cover.positions[:, 2] < axis[2]) & (np.abs(cover.positions[:, 0] - axis[0]) < 0.035)
    rows = cover.positions[behind][np.argsort(cover.positions[behind][:, 1])]
    height = np.round(rows[:, 1] / 0.012)
    outline = np.array([rows[height == level, 2].min() for level in np.unique(height)])
    turns = np.abs(np.diff(np.sign(np.diff(outline)))) > 0
    assert turns.sum() >= 2


def test_a_skirt_hangs_and_lies_on_the_thighs_of_who_sits() -> None:
    figure, parts, _ = dressed("woman", "skirt", "flats")
    part = parts[NODE]
    hips, hem = figure.joints["LeftUpLeg"][1], part.positions[:, 1].min()
    width = [np.ptp(part.positions[np.abs(part.positions[:, 1] - y) < 0.025, 0]) for y in (hips, hem)]
    assert width[1] > width[0] - 0.02  # hangs, does not cling
    names = figure.joint_names
    low = part.positions[:, 1] < hem + 0.05
    thighs = part.weights[:, [names.index("LeftUpLeg"), names.index("RightUpLeg")]].sum(1)
    assert thighs[low].min() > 0.9
    assert part.weights[:, [names.index("LeftLeg"), names.index("RightLeg")]].max() < 0.05
    seated = standing("woman", "sit", part.positions, part.weights)
    front = low & (part.positions[:, 2] > np.median(part.positions[low, 2]))
    assert seated[front, 2].mean() > part.positions[front, 2].mean() + 0.15


def colours(kind: str, motif: str, accent: str | None = "#f0f0f0") -> np.ndarray:
    who = wearer("woman", bottom={"kind": kind, "colour": "#203050", "pattern": motif, "accent": accent})
    return bottom_coat(who).painted().colour.astype(float)


@pytest.mark.parametrize("kind", ["trousers", "skirt"])
def test_patterns_show_the_second_colour(kind: str) -> None:
    plain = colours(kind, "plain")
    assert np.array_equal(plain, colours(kind, "plain", None))
    seen = []
    for motif in Pattern:
        if motif is Pattern.PLAIN:
            continue
        shown = np.abs(colours(kind, motif) - plain).max(2) > 40
        assert 0.004 < shown.mean() < 0.7, motif
        seen.append(shown)
    for one, other in combinations(seen, 2):
        assert (one != other).mean() > 0.01


def test_stripes_run_down_the_legs() -> None:
    """In the texture a panel stands upright: columns change, rows do not."""
    lit = np.abs(colours("trousers", "stripes") - colours("trousers", "plain")).max(2) > 60
    patch = lit[380:560, 60:200]
    assert patch.any() and not patch.all()
    assert patch.any(0).mean() < 0.9 or np.diff(patch.astype(int), axis=0).any(0).mean() < 0.5


def test_a_pattern_is_paint() -> None:
    kinds = [dressed("woman", "trousers")[1][NODE]]
    who = wearer("woman", bottom={"kind": "trousers", "pattern": "checks", "accent": "#ffffff"})
    kinds.append(next(part for part in in_clothes(who, "woman")[1] if part.node == NODE))
    for name in ("positions", "normals", "uv", "triangles", "weights"):
        assert np.array_equal(getattr(kinds[0], name), getattr(kinds[1], name))
