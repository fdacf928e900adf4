"""Two hundred people who never met: sound, unlike, and built as people are."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from people import a_character

from avatar.character import CharacterDescription, FaceShape
from avatar.human import landmarks
from avatar.human.body import Shape, shape_figure, shape_person
from avatar.human.bundle import bundle
from avatar.human.face import lid_opening
from avatar.human.figure import F64
from avatar.human.heads import ZYGIA, head_height
from avatar.profile import AvatarStyle

COUNT = 200
FIELDS = (
    *("jaw_width", "chin", "nose_width", "nose_length", "nose_profile", "lip_fullness", "mouth_width"),
    *("eye_size", "eye_spacing", "eye_tilt", "cheekbones", "cheeks", "ears"),
)
# Statures by age: CDC 2000 growth charts, adults Gordon 1989 (ANSUR); women, men.
STATURE = (
    (8, 10, 12, 14, 16, 19, 95),
    (1.28, 1.38, 1.51, 1.60, 1.63, 1.63, 1.58),
    (1.28, 1.39, 1.49, 1.64, 1.74, 1.76, 1.70),
)


def someone(number: int) -> CharacterDescription:
    """One of the population; every third is a child, an adult, an elder, and so with styles."""
    rng = np.random.default_rng([number, 0xB0D1E5])
    youngest, oldest = ((8, 17), (18, 59), (60, 95))[number % 3]
    age, gender = float(rng.uniform(youngest, oldest)), float(rng.choice([0.0, 1.0, rng.uniform()]))
    women, men = (np.interp(age, STATURE[0], row) for row in STATURE[1:])
    height = float(np.clip(rng.normal(gender * men + (1 - gender) * women, 0.065), 1.05, 2.15))
    face: dict[str, object] = {name: float(np.clip(rng.normal(0, 0.4), -1, 1)) for name in FIELDS}
    face["shape"] = rng.choice([shape.value for shape in FaceShape])
    face["ancestry"] = dict(zip(("african", "asian", "european"), rng.dirichlet([0.5, 0.5, 0.5]).tolist(), strict=True))
    person: CharacterDescription = a_character(
        style=list(AvatarStyle)[number // 3 % 3].value,
        seed=int(rng.integers(2**32)),
        face=face,
        body={
            "gender": gender,
            "age": age,
            "height": height,
            "weight": float(np.clip(rng.normal(0.5, 0.22), 0, 1)),
            "muscle": float(np.clip(rng.normal(0.5, 0.2), 0, 1)),
        },
    )
    return person


@pytest.fixture(scope="module")
def people() -> list[tuple[CharacterDescription, Shape]]:
    return [(person, shape_person(person)) for person in map(someone, range(COUNT))]


def realistic(people: list[tuple[CharacterDescription, Shape]]) -> Iterator[tuple[CharacterDescription, Shape]]:
    return ((person, shape) for person, shape in people if person.style is AvatarStyle.REALISTIC)


def areas(vertices: F64) -> F64:
    a, b, c = vertices[landmarks.skin_triangles()].transpose(1, 0, 2)
    out: F64 = np.cross(b - a, c - a) / 2
    return out


def test_every_skin_is_whole(people: list[tuple[CharacterDescription, Shape]]) -> None:
    """Faces keep an area and stay on the side of their neighbours, apart from hidden sockets and the mouth."""
    triangles = landmarks.skin_triangles()
    hidden = np.zeros(len(bundle().base), np.bool_)
    hidden[landmarks.mouth_vertices()] = True
    for side in landmarks.EYEBALLS:
        hidden[landmarks.socket_vertices(side)] = True
        hidden[np.concatenate([*landmarks.lids(side).upper_rings, *landmarks.lids(side).lower_rings])] = True
    rings = landmarks.lips()
    hidden[np.concatenate([*rings.upper, *rings.lower])] = True
    seen = ~hidden[triangles].any(axis=1)
    base = areas(bundle().base)[seen]
    for person, shape in people:
        assert np.isfinite(shape.vertices).all()
        area = areas(shape.vertices)[seen]
        size = np.linalg.norm(area, axis=1)
        assert (size > 1e-9).all(), person.seed
        turned = (area * base).sum(axis=1) < -0.5 * size * np.linalg.norm(base, axis=1)
        assert turned.mean() < 0.004, (person.seed, int(turned.sum()))


def test_eyes_are_open_in_their_sockets_and_lips_closed(people: list[tuple[CharacterDescription, Shape]]) -> None:
    for person, shape in people:
        _, upper, lower = landmarks.lip_gap(shape.vertices)
        assert float((upper - lower).max()) < 0.0006, person.seed
        for side in landmarks.EYEBALLS:
            ball = landmarks.eyeball(shape.vertices, side)
            margin = shape.vertices[np.r_[landmarks.lids(side).upper, landmarks.lids(side).lower]]
            away = np.linalg.norm(margin - ball.centre, axis=1) / ball.radius
            assert away.min() > 0.97, (person.seed, away.min())
            assert away.max() < 1.45, (person.seed, away.max())
            assert lid_opening(shape.vertices, side).max() > 0.004
            assert np.linalg.norm(shape.joints[f"{side}Eye"] - ball.centre) < 0.1 * ball.radius


def test_no_two_are_alike(people: list[tuple[CharacterDescription, Shape]]) -> None:
    face = np.unique(landmarks.skin_triangles())
    face = face[bundle().base[face, 1] > 0.62][::7]
    heads = []
    for _, shape in people:
        head = shape.vertices[face] - shape.joints["Head"]
        heads.append((head / np.linalg.norm(head, axis=1).mean()).ravel())
    table = np.array(heads)
    squares = (table**2).sum(axis=1)
    apart = np.sqrt(np.maximum(squares[:, None] + squares - 2 * table @ table.T, 0) / len(face))
    np.fill_diagonal(apart, 1.0)
    assert apart.min() > 0.01  # of the head's radius, over all of the face


def test_proportions_are_peoples(people: list[tuple[CharacterDescription, Shape]]) -> None:
    """Ranges are means and three deviations or more, of all that were measured: ANSUR II 2012 (adults), Snyder 1977
    (children), Farkas 1994 (faces), Dodgson 2004 (eyes); skin is measured here without a caliper's pressure."""
    for person, shape in realistic(people):
        at, height = shape.joints, person.body.height
        child = person.body.age < 14
        heads = height / head_height(shape.vertices)
        assert (5.6 if child else 6.6) < heads < (7.6 if child else 8.6), heads
        between = float(at["LeftEye"][0] - at["RightEye"][0])
        assert (0.045 if child else 0.050) < between < (0.066 if child else 0.077), between
        cheeks = float(shape.vertices[ZYGIA[0], 0] - shape.vertices[ZYGIA[1], 0])
        assert (0.108 if child else 0.118) < cheeks < (0.155 if child else 0.172), cheeks
        arm = np.linalg.norm(at["LeftForeArm"] - at["LeftArm"]) + np.linalg.norm(at["LeftHand"] - at["LeftForeArm"])
        assert 0.25 < arm / height < 0.34, arm / height
        assert 0.46 < at["LeftUpLeg"][1] / height < 0.58, at["LeftUpLeg"][1] / height
        thigh = float(np.linalg.norm(at["LeftLeg"] - at["LeftUpLeg"]))
        shin = float(np.linalg.norm(at["LeftFoot"] - at["LeftLeg"]))
        assert 0.84 < shin / thigh < 1.24, shin / thigh
        face = between / cheeks
        assert 0.34 < face < 0.55, face


def test_halves_are_uneven_but_hardly(people: list[tuple[CharacterDescription, Shape]]) -> None:
    pairs = np.array([ZYGIA, (7597, 895)])
    for person, shape in realistic(people):
        left, right = shape.vertices[pairs[:, 0]], shape.vertices[pairs[:, 1]]
        uneven = np.abs(left - right * [-1, 1, 1]).max()
        assert uneven < 0.006, (person.seed, uneven)
    uneven_faces = []
    for _, shape in people[:20]:
        left, right = shape.vertices[pairs[:, 0]], shape.vertices[pairs[:, 1]]
        uneven_faces.append(np.abs(left - right * [-1, 1, 1]).max())
    assert np.median(uneven_faces) > 0.0003


@pytest.mark.parametrize("number", range(0, COUNT, 25))
def test_expressions_of_some_are_finite_and_shut_the_eyes(number: int) -> None:
    figure = shape_figure(someone(number))
    for name, morph in figure.morphs.items():
        assert np.isfinite(morph.offset).all(), name
    blink = figure.morphs["eyesClosed"]
    shut = figure.vertices.copy()
    shut[blink.index] += blink.offset
    for side in landmarks.EYEBALLS:
        assert lid_opening(shut, side).max() < 0.0005
