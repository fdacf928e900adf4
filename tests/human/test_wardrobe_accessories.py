"""Glasses, hats, headset and earrings on every head: where they sit, what they keep clear of, what they are made of."""

from __future__ import annotations

import functools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from dressing import in_clothes, shape, wearer
from scipy.spatial import cKDTree

from avatar.character import AccessoryKind
from avatar.human.bundle import LEFT_EYE, RIGHT_EYE
from avatar.human.figure import AlphaMode, Part
from avatar.human.hair import hair_parts
from avatar.human.wardrobe.mesh import face_normals
from avatar.human.wardrobe.worn import accessories, accessory_coats, worn
from avatar.human.wardrobe.worn.head import hat_frame, head_of
from avatar.human.wardrobe.worn.headset import ARCH

HEADS = [
    ("woman", "realistic"),
    ("man", "stylised"),
    ("child", "realistic"),
    ("woman", "anime"),
    ("heavy", "realistic"),
]
KINDS = [kind.value for kind in AccessoryKind]
EYEWEAR = ["glasses", "square_glasses", "sunglasses"]
HATS = ["cap", "beanie"]
NODES = dict.fromkeys(EYEWEAR, "Wolf3D_Glasses") | dict.fromkeys((*HATS, "headset"), "Wolf3D_Headwear")
NODES["earrings"] = "Wolf3D_Facewear"


@functools.cache
def on(head: tuple[str, str], *kinds: str) -> tuple[Any, list[Part]]:
    body, style = head
    bare = shape(body, style)
    items = [{"kind": kind, "colour": "#804020"} for kind in kinds]
    figure = type(bare)(
        wearer(body, style, accessories=items), bare.vertices, bare.joints, bare.joint_names, bare.weights, bare.morphs
    )
    return figure, accessories(figure)


@pytest.mark.parametrize("head", HEADS, ids="-".join)
@pytest.mark.parametrize("kind", KINDS)
def test_an_accessory_is_sound_and_follows_the_head(head: tuple[str, str], kind: str) -> None:
    figure, parts = on(head, kind)
    assert sum(len(part.triangles) for part in parts) <= 600
    for part in parts:
        assert part.node == NODES[kind]
        assert np.allclose(part.weights[:, figure.joint_names.index("Head")], 1)
        assert set(np.unique(part.triangles)) == set(range(len(part.positions)))
        assert part.uv.min() >= 0 and part.uv.max() <= 1
        assert np.allclose(np.linalg.norm(part.normals, axis=1), 1, atol=1e-3)
        assert (np.linalg.norm(face_normals(part.positions, part.triangles), axis=1) > 1e-13).all()
        facing = (face_normals(part.positions, part.triangles) * part.normals[part.triangles].mean(1)).sum(1)
        assert (facing > 0).mean() > 0.95


@pytest.mark.parametrize("head", HEADS, ids="-".join)
@pytest.mark.parametrize("kind", EYEWEAR)
def test_glasses_sit_before_the_eyes_on_nose_and_ears(head: tuple[str, str], kind: str) -> None:
    figure, (frame, lenses) = on(head, kind)
    v = figure.vertices
    eyes = v[np.r_[LEFT_EYE.start : LEFT_EYE.stop, RIGHT_EYE.start : RIGHT_EYE.stop]]
    for side in (1, -1):
        lens, eye = (p[p[:, 0] * side > 0] for p in (lenses.positions, eyes))
        assert lens[:, 0].min() < eye[:, 0].mean() < lens[:, 0].max()
        assert lens[:, 1].min() < eye[:, 1].mean() < lens[:, 1].max()
        assert lens[:, 2].max() > eye[:, 2].max()
    landmarks = head_of(figure)
    signed, _ = landmarks.skin.distance(lenses.positions)
    assert signed.min() > 0.0005  # no lens in a cheek or brow
    ears = np.mean([ear[2] for ear in landmarks.ears.values()])
    assert frame.positions[:, 2].min() < ears + 0.005  # the arms reach behind the ears
    middle = frame.positions[np.abs(frame.positions[:, 0]) < 0.006 * landmarks.scale]
    assert -0.003 < middle[:, 2].min() - landmarks.bridge + 0.004 < 0.022  # the bridge rests on the nose


def test_sunglasses_are_dark_and_others_clear() -> None:
    alphas = {kind: on(HEADS[0], kind)[1][1].material for kind in EYEWEAR}
    assert all(lens.alpha is AlphaMode.BLEND for lens in alphas.values())
    assert alphas["sunglasses"].base_factor[3] > 0.7 > 0.2 > alphas["glasses"].base_factor[3]


@pytest.mark.parametrize("head", HEADS, ids="-".join)
@pytest.mark.parametrize("kind", HATS)
def test_hats_hold_the_skull_above_their_rim(head: tuple[str, str], kind: str) -> None:
    figure, (hat,) = on(head, kind)
    landmarks = head_of(figure)
    frame = hat_frame(landmarks)
    k = landmarks.size
    brow = float(landmarks.eyes["Left"][1])
    front = hat.positions[(np.abs(hat.positions[:, 0]) < 0.03 * k)]
    rim = front[front[:, 2] > frame.centre[2]][:, 1].min()
    assert 0.020 * k < rim - brow < 0.075 * k  # over the forehead, clear of the eyes; a peak may droop
    skull = frame.local(landmarks.skull)
    above = skull[skull[:, 1] > 0.012 * k]
    local = frame.local(hat.positions)
    local = local[np.hypot(local[:, 0], local[:, 2]) < np.hypot(above[:, 0], above[:, 2]).max() + 0.03 * k]
    unit = above / np.linalg.norm(above, axis=1, keepdims=True)
    near = cKDTree(local / np.linalg.norm(local, axis=1, keepdims=True)).query(unit, 3)[1]
    reach = np.linalg.norm(local, axis=1)[near].max(1)
    assert (reach - np.linalg.norm(above, axis=1) > 0).mean() > 0.995


def test_a_cap_has_a_peak_and_a_beanie_has_none() -> None:
    figure, (cap,) = on(HEADS[0], "cap")
    _, (beanie,) = on(HEADS[0], "beanie")
    head = head_of(figure)
    forehead = hat_frame(head).world(np.array([0.0, 0.0, 0.0]))[2] + 0.10 * head.size
    assert cap.positions[:, 2].max() > forehead + 0.04
    assert beanie.positions[:, 2].max() < forehead + 0.03


def test_hats_are_cloth() -> None:
    for kind in HATS:
        material = on(HEADS[0], kind)[1][0].material
        assert material.name == "Wolf3D_Headwear"
        assert material.colour is not None and material.normal is not None
        assert material.colour[..., 0].mean() > material.colour[..., 2].mean()  # it was dyed
        assert np.abs(material.normal[..., :2].astype(float) - 127).mean() > 3


@pytest.mark.parametrize("head", HEADS[:4], ids="-".join)
@pytest.mark.parametrize("hat", [None, "cap", "beanie"])
def test_a_headset_goes_over_head_and_hat(head: tuple[str, str], hat: str | None) -> None:
    figure, parts = on(head, *((hat, "headset") if hat else ("headset",)))
    headset = parts[-1]
    landmarks = head_of(figure)
    band = headset.positions[headset.positions[:, 1] > landmarks.crown - 0.03]
    below = landmarks.skull if hat is None else parts[0].positions
    near = below[np.abs(below[:, 2] - band[:, 2].mean()) < 0.025]
    middle = near[np.abs(near[:, 0]) < 0.03]
    top = band[np.abs(band[:, 0]) < 0.02]
    assert 0 < top[:, 1].max() - middle[:, 1].max() < 0.03
    for side, ear in landmarks.ears.items():
        own = headset.positions[headset.positions[:, 0] * (1 if side == "Left" else -1) > 0]
        assert np.abs(own[:, 0]).max() > abs(ear[0])
        assert np.linalg.norm(own - ear, axis=1).min() < 0.03


@pytest.mark.parametrize("head", HEADS[:4], ids="-".join)
@pytest.mark.parametrize("style", ["buzz", "side_part", "bob", "long_wavy"])
def test_a_headset_goes_over_the_hair(head: tuple[str, str], style: str) -> None:
    body, look = head
    bare = shape(body, look)
    wearing = wearer(body, look, hair=style, accessories=[{"kind": "headset", "colour": "#101010"}])
    figure = replace(bare, character=wearing)
    (headset,) = accessories(figure)
    band = headset.positions[: ARCH * 4].reshape(ARCH, 4, 3).mean(1)
    hair = np.concatenate([part.positions for part in hair_parts(figure)])
    centre = np.array([0.0, band[:, 1].min()])
    under = (np.abs(hair[:, 2] - band[:, 2].mean()) < 0.010) & (hair[:, 1] > centre[1] + 0.03)
    path, point = band[:, :2] - centre, hair[under, :2] - centre
    angle, reach = np.arctan2(path[:, 0], path[:, 1]), np.linalg.norm(path, axis=1)
    beyond = np.linalg.norm(point, axis=1) - np.interp(np.arctan2(point[:, 0], point[:, 1]), angle, reach)
    assert (beyond > 0.008).mean() < (0.15 if look == "anime" else 0.05)  # metres: single locks may lie over the band
    assert beyond.max() > -0.045  # and it does not float


@pytest.mark.parametrize("head", HEADS, ids="-".join)
def test_earrings_hang_from_the_lobes(head: tuple[str, str]) -> None:
    figure, (rings,) = on(head, "earrings")
    for side, lobe in head_of(figure).lobes.items():
        own = rings.positions[rings.positions[:, 0] * (1 if side == "Left" else -1) > 0]
        assert np.linalg.norm(own - lobe, axis=1).min() < 0.006
        assert own[:, 1].mean() < lobe[1]
    assert rings.material.metallic == 1


def test_one_hat_and_one_pair_of_glasses() -> None:
    items = [{"kind": kind, "colour": "#101010"} for kind in ("cap", "glasses", "beanie", "sunglasses")]
    assert set(worn(wearer("woman", accessories=items))) == {AccessoryKind.BEANIE, AccessoryKind.SUNGLASSES}
    twice = [{"kind": "earrings", "colour": "#000000"}, {"kind": "earrings", "colour": "#ffffff"}]
    assert worn(wearer("woman", accessories=twice)) == {AccessoryKind.EARRINGS: "#ffffff"}


def test_colours_are_paint_and_names_are_unique() -> None:
    kinds = ("cap", "headset", "square_glasses", "earrings")
    one, two = (
        in_clothes(wearer("woman", accessories=[{"kind": k, "colour": colour} for k in kinds]), "woman")[1]
        for colour in ("#aa2020", "#20aa20")
    )
    for first, second in zip(one, two, strict=True):
        assert first.node == second.node and np.array_equal(first.positions, second.positions)
        assert first.colour is None or np.array_equal(first.colour, second.colour)
    coats = accessory_coats(wearer("woman", accessories=[{"kind": k, "colour": "#aa2020"} for k in kinds]))
    names = [coat.material.name for coat in coats]
    assert len(set(names)) == len(names)
    drawn = {part.material.name for part in one}
    assert set(names) <= drawn
