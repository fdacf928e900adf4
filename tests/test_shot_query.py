"""A picture's URL: one shot for one wish, and every mistake told."""

from __future__ import annotations

import contextlib
from urllib.parse import parse_qsl

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.errors import InvalidInput
from avatar.shot import EXPRESSIONS, Expression, Framing, Pose, Shot, View, shot_key
from avatar.shot_query import NAMES, SIZE, file_stem, parse, spell

MORPHS = ("jawOpen", "mouthSmile", "mouthSmileLeft", "mouthSmileRight", "browInnerUp")
ASKED = [
    ("camera", "fullbody"),
    ("size", "256"),
    ("background", "144,89,156"),
    ("expression", "happy"),
    ("pose", "thumbs-up"),
    ("blendShapes[mouthSmile]", "0.2"),
    ("v", "3"),
]


def test_nothing_asked_is_the_published_picture() -> None:
    assert parse([], MORPHS).shot is None
    assert parse([("uat", "123"), ("cacheControl", "no-store")], MORPHS).shot is None
    assert parse([("v", "7")], MORPHS).version == 7


def test_ready_player_mes_words() -> None:
    found = parse(ASKED, MORPHS)
    assert found.version == 3 and found.shot is not None
    shot = found.shot
    assert (shot.width, shot.height, shot.framing, shot.pose) == (256, 256, Framing.FULL_BODY, Pose.THUMBS_UP)
    assert shot.background == "#90599c"
    happy = EXPRESSIONS[Expression.HAPPY]
    assert shot.morphs["mouthSmile"] == 0.2
    assert shot.morphs["browInnerUp"] == happy["browInnerUp"]
    assert set(shot.morphs) <= set(MORPHS), "shapes that the avatar lacks make no other picture"


@settings(max_examples=50)
@given(order=st.permutations(ASKED), upper=st.booleans())
def test_order_and_case_do_not_matter(order: list[tuple[str, str]], upper: bool) -> None:
    spelt = [(name.upper() if upper else name, value) for name, value in order]
    first, second = parse(ASKED, MORPHS).shot, parse(spelt, MORPHS).shot
    assert first is not None and second is not None
    assert shot_key(first, "ab", 1) == shot_key(second, "ab", 1)


def test_the_older_ways_to_ask() -> None:
    old = parse([("blendShapes[Wolf3D_Head][mouthSmile]", "0.4"), ("scene", "fullbody-posture-v1-transparent")], MORPHS)
    assert old.shot is not None
    assert old.shot.morphs == {"mouthSmile": 0.4}
    assert old.shot.framing is Framing.FULL_BODY and old.shot.background is None


def test_the_default_is_a_transparent_portrait() -> None:
    shot = parse([("size", str(SIZE))], MORPHS).shot
    assert shot is not None and shot.framing is Framing.PORTRAIT and shot.background is None


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("camera", "drone", "portrait, fullbody, fit, face"),
        ("size", "9999", "from 16 to 2048"),
        ("size", "1e3", "from 16 to 2048"),
        ("background", "300,0,0", "r,g,b from 0 to 255"),
        ("expression", "smug", "happy, lol, sad, scared, rage"),
        ("pose", "dab", "thumbs-up"),
        ("blendShapes[jawOpn]", "1", "jawOpen"),
        ("blendShapes[jawOpen]", "nan", "from 0 to 1"),
        ("blendShapes[jawOpen]", "2", "from 0 to 1"),
        ("camra", "portrait", "did you mean 'camera'"),
        ("zzz", "1", ", ".join(NAMES)),
    ],
)
def test_mistakes_name_what_would_be_valid(name: str, value: str, told: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse([(name, value)], MORPHS)
    assert told in str(caught.value)


def test_all_mistakes_at_once() -> None:
    with pytest.raises(InvalidInput) as caught:
        parse([("size", "x"), ("pose", "y"), ("size", "z")], MORPHS)
    assert {error["field"] for error in caught.value.context["errors"]} == {"size", "pose"}


@settings(max_examples=200)
@given(st.lists(st.tuples(st.one_of(st.sampled_from(NAMES), st.text(max_size=20)), st.text(max_size=20)), max_size=6))
def test_nothing_but_a_refusal_is_raised(parameters: list[tuple[str, str]]) -> None:
    with contextlib.suppress(InvalidInput):
        parse(parameters, MORPHS)


SIDE = st.integers(16, 2048)
FACES = st.one_of(
    st.dictionaries(st.sampled_from(MORPHS), st.floats(0, 1)),
    st.sampled_from([{n: w for n, w in face.items() if n in MORPHS} for face in EXPRESSIONS.values()]),
)
SHOTS = st.builds(
    lambda side, **others: Shot(width=side, height=side, **others),
    SIDE,
    framing=st.sampled_from(Framing),
    view=st.sampled_from(View),
    pose=st.sampled_from(Pose),
    background=st.sampled_from([None, "#90599c"]),
    morphs=FACES,
)


@settings(max_examples=200)
@given(SHOTS)
def test_the_canonical_query_is_read_back_to_the_same(shot: Shot) -> None:
    found = parse(parse_qsl(spell(shot, MORPHS, version=7)), MORPHS)
    assert found.shot == shot and found.version == 7
    assert file_stem(shot, MORPHS).replace("-", "").isalnum()


def test_what_a_file_is_called() -> None:
    def called(**asked: str) -> str:
        shot = parse(asked.items(), MORPHS).shot
        assert shot is not None
        return file_stem(shot, MORPHS)

    assert called(camera="portrait") == "portrait"
    assert called(expression="sad") == "portrait-sad"
    assert called(camera="fit", view="three_quarter", size="64") == "fullbody-three-quarter-64px"
    assert called(**{"blendShapes[jawOpen]": "1"}) == "portrait-1-morphs"


def test_hundreds_of_parameters_are_no_wish() -> None:
    with pytest.raises(InvalidInput, match="more than 100"):
        parse([("blendShapes[jawOpen]", f"0.{number}") for number in range(200)], MORPHS)
