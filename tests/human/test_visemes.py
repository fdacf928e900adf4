"""Mouths of speech: each sound has its own, on every face, and neither teeth nor tongue come through lips or cheeks."""

from __future__ import annotations

import itertools
from functools import cache
from typing import Any

import numpy as np
import pytest
from people import a_character
from scipy.spatial import cKDTree

from avatar.human import landmarks
from avatar.human.body import shape_figure
from avatar.human.figure import F64, I64, Figure, Part
from avatar.human.lips import incisors
from avatar.human.mouth import mouth_parts
from avatar.human.visemes import SHAPES, VISEMES
from avatar.morph_names import ARKIT

PEOPLE: dict[str, dict[str, Any]] = {
    "woman": {},
    "man with full lips": {
        "body": {"gender": 1.0, "age": 30, "height": 1.8, "weight": 0.6, "muscle": 0.6},
        "face": {"ancestry": {"african": 1.0, "european": 0.0}, "lip_fullness": 0.8},
        "skin": {"tone": 0.85},
    },
    "child": {"body": {"gender": 0.4, "age": 9, "height": 1.35, "weight": 0.5, "muscle": 0.5}},
    "elder with thin lips": {
        "body": {"gender": 1.0, "age": 80, "height": 1.72, "weight": 0.4, "muscle": 0.4},
        "face": {"lip_fullness": -1.0},
    },
    "asian": {"face": {"ancestry": {"asian": 1.0, "european": 0.0}}},
    "stylised": {"style": "stylised"},
    "anime": {"style": "anime"},
}
SOUNDS = [name for name in VISEMES if name != "viseme_sil"]
MOODS = ("mouthSmile", "mouthFrown", "mouthPress", "mouthStretch", "mouthUpperUp", "jawOpen", "mouthPucker")


@cache
def figure(who: str = "woman") -> Figure:
    return shape_figure(a_character(**PEOPLE[who]))


@cache
def mouth(who: str = "woman") -> Part:
    (part,) = mouth_parts(figure(who))
    return part


def face(who: str, weights: dict[str, float]) -> F64:
    """(19158, 3) with morphs."""
    out = figure(who).vertices.copy()
    for name, weight in weights.items():
        delta = figure(who).morphs[name]
        out[delta.index] += weight * delta.offset
    return out


def inside(who: str, weights: dict[str, float]) -> F64:
    """Teeth and tongue with morphs."""
    part = mouth(who)
    return part.positions + sum(w * part.morphs[name] for name, w in weights.items() if name in part.morphs)


def sides(name: str, weight: float) -> dict[str, float]:
    """A shape, or both sides of it."""
    if name in figure().morphs and name != "mouthSmile":
        return {name: weight}
    return {f"{name}{side}": weight for side in ("Left", "Right")}


@cache
def outer_skin(who: str) -> tuple[I64, I64]:
    """Triangles and edges of lips and cheeks around the mouth; the inside of the mouth is left out."""
    rings = landmarks.lips()
    seam = np.concatenate([rings.upper[0], rings.lower[0]])
    lining = np.setdiff1d(landmarks.mouth_vertices(), seam)
    triangles = landmarks.skin_triangles()
    triangles = triangles[~np.isin(triangles, lining).any(1)]
    vertices = figure(who).vertices
    near = np.linalg.norm(vertices[triangles].mean(1) - vertices[seam].mean(0), axis=1) < 0.06
    return triangles[near], edges(triangles[near])


def edges(triangles: I64) -> I64:
    sorted_ends = np.sort(np.concatenate([triangles[:, [0, 1]], triangles[:, [1, 2]], triangles[:, [2, 0]]]), axis=1)
    return np.unique(sorted_ends, axis=0)


def crossings(points: F64, lines: I64, others: F64, triangles: I64) -> int:
    """How often edges of one mesh go through triangles of another (Möller and Trumbore)."""
    a, b = points[lines[:, 0]], points[lines[:, 1]]
    corner = others[triangles]
    near = cKDTree((a + b) / 2).sparse_distance_matrix(cKDTree(corner.mean(1)), 0.007, output_type="coo_matrix")
    start, along = a[near.row], (b - a)[near.row]
    p, q, r = corner[near.col].transpose(1, 0, 2)
    one, two = q - p, r - p
    across = np.cross(along, two)
    area = (one * across).sum(1)
    scale = 1 / np.where(np.abs(area) > 1e-16, area, np.inf)
    away = start - p
    u = (away * across).sum(1) * scale
    turned = np.cross(away, one)
    v, w = (along * turned).sum(1) * scale, (two * turned).sum(1) * scale
    return int(((scale != 0) & (u >= 0) & (v >= 0) & (u + v <= 1) & (w >= 0) & (w <= 1)).sum())


def poking(who: str, weights: dict[str, float]) -> int:
    skin, teeth = face(who, weights), inside(who, weights)
    triangles, lines = outer_skin(who)
    own = mouth(who).triangles
    return crossings(teeth, edges(own), skin, triangles) + crossings(skin, lines, teeth, own)


def test_the_measure_sees_what_pokes_through() -> None:
    part = mouth()
    forward = part.positions + np.array([0, 0, 0.012])
    triangles, lines = outer_skin("woman")
    skin = figure().vertices
    assert crossings(forward, edges(part.triangles), skin, triangles) > 50
    assert crossings(skin, lines, forward, part.triangles) > 50


@pytest.mark.parametrize("who", PEOPLE)
def test_nothing_pokes_through_in_any_shape(who: str) -> None:
    assert poking(who, {}) == 0
    poked = {name: poking(who, {name: weight}) for name in figure(who).morphs for weight in (0.5, 1.0)}
    assert not {name: count for name, count in poked.items() if count}


@pytest.mark.parametrize("who", PEOPLE)
def test_nothing_pokes_through_in_pairs_of_speech(who: str) -> None:
    pairs = [{sound: 1.0} | sides(mood, 0.5) for sound in SOUNDS for mood in MOODS]
    pairs += [{one: 0.5, other: 0.5} for one, other in itertools.combinations(SOUNDS, 2)]
    pairs += [{"jawOpen": weight, "mouthClose": weight} for weight in (0.25, 0.5, 0.75, 1.0)]
    poked = [(pair, count) for pair in pairs if (count := poking(who, pair))]
    assert not poked


@pytest.mark.parametrize("who", PEOPLE)
@pytest.mark.parametrize("weights", [{}, {"viseme_PP": 1.0}, {"jawOpen": 1.0, "mouthClose": 1.0}])
def test_lips_close(who: str, weights: dict[str, float]) -> None:
    vertices = face(who, weights)
    _, upper, lower = landmarks.lip_gap(vertices, 31)
    assert (upper - lower).max() < 0.0016 if weights.get("jawOpen") else 0.0004


def seen(who: str, sound: str) -> tuple[float, float, float, float, float]:
    """Width, opening, protrusion of the lips, height of the upper incisors that shows, tip of the tongue forward; the
    first three in millimetres of change, all on an adult's head."""
    mm = 1000 / landmarks.head_scale(figure(who).vertices)
    rest, vertices = figure(who).vertices, face(who, {sound: 1.0})
    rings = landmarks.lips()
    seam = np.concatenate([rings.upper[0], rings.lower[0]])
    _, upper, lower = landmarks.lip_gap(vertices, 31)
    wide = np.ptp(vertices[seam, 0]) - np.ptp(rest[seam, 0])
    out = vertices[rings.upper[1], 2].max() - rest[rings.upper[1], 2].max()
    shown = upper[15] - incisors(rest)[1]
    tip = inside(who, {sound: 1.0})[-8:] - mouth(who).positions[-8:]
    values = (wide, (upper - lower)[10:21].mean(), out, min(shown, (upper - lower)[15]), tip.max())
    a, b, c, d, e = (float(value) * mm for value in values)
    return a, b, c, d, e


@pytest.mark.parametrize("who", PEOPLE)
def test_each_sound_looks_different(who: str) -> None:
    looks = {sound: np.array(seen(who, sound)) for sound in VISEMES}
    for one, other in itertools.combinations(VISEMES, 2):
        assert np.abs(looks[one] - looks[other]).max() > 1.2, (one, other, looks[one], looks[other])


@pytest.mark.parametrize("who", PEOPLE)
def test_vowels_are_wide_round_or_open(who: str) -> None:
    wide, opening, out = ({s: seen(who, s)[k] for s in VISEMES} for k in range(3))
    assert min(wide["viseme_I"], wide["viseme_E"]) > 2.5
    assert max(wide["viseme_O"], wide["viseme_U"], wide["viseme_CH"]) < -5
    assert opening["viseme_aa"] == max(opening.values())
    assert opening["viseme_aa"] > opening["viseme_O"] > opening["viseme_U"] > 2
    assert min(out["viseme_O"], out["viseme_U"], out["viseme_CH"]) > 2.5


@pytest.mark.parametrize("who", PEOPLE)
def test_the_lower_lip_meets_the_upper_teeth_in_ff(who: str) -> None:
    vertices = face(who, {"viseme_FF": 1.0})
    size = landmarks.head_scale(vertices)
    _, upper, lower = landmarks.lip_gap(vertices, 31)
    edge = incisors(figure(who).vertices)[1]
    assert abs(lower[15] - edge) < 0.0012 * size
    assert upper[15] - edge > 0.0020 * size


def test_shapes_are_of_sounds_or_units() -> None:
    assert set(SHAPES) <= {*VISEMES, *ARKIT}
