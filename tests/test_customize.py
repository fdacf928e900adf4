"""What an owner sets: how it is read, refused, merged and applied."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.character import AccessoryKind, CharacterDescription
from avatar.customize import (
    MAX_CUSTOMIZATION,
    amended,
    apply_customization,
    field_changes,
    merge_patch,
    parse_customization,
    parse_settings,
    validate_against,
)
from avatar.describe.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, hex_of
from avatar.describe.offline import describe_offline
from avatar.describe.summary import summarise
from avatar.errors import AvatarError, InvalidInput, TooLarge
from avatar.problems import MAX_ERRORS
from avatar.profile import AgentProfile
from avatar.settable import CHARACTER, ONE_OF, Accessories, Choice, Colour, Field, Number, Section, settable_fields

DOCS = Path(__file__).parents[1] / "docs" / "customization.md"
FIELDS = list(settable_fields())


def person(text: str = "a woman of 34 with long auburn hair, in a navy T-shirt", agent: str = "ada") -> Any:
    return describe_offline(AgentProfile(agent_id=agent, name="Ada", description=text)).character


ADA = person()
KINDS = Choice(tuple(kind.value for kind in AccessoryKind)).takes()


def takes(path: str) -> str:
    return next(each.leaf.takes() for each in FIELDS if each.path == path)


def refusal(data: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_customization(data, "request body")
    assert caught.value.where == "request body"
    str(caught.value).encode()  # no half characters: it goes into JSON, logs and terminals
    return caught.value


def problems(data: object) -> dict[str, str]:
    return {error["field"]: error["message"] for error in refusal(data).context["errors"]}


def setting_problems(*assignments: str) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse_settings(assignments)
    assert caught.value.where == "--set"
    return {error["field"]: error["message"] for error in caught.value.context["errors"]}


def at(document: Any, path: str) -> Any:
    for step in path.split("."):
        document = document[step]
    return document


def patch_of(values: dict[str, Any]) -> dict[str, Any]:
    """{"hair.colour": x} as {"hair": {"colour": x}}."""
    patch: dict[str, Any] = {}
    for path, value in values.items():
        *steps, last = path.split(".")
        inner = patch
        for step in steps:
            inner = inner.setdefault(step, {})
        inner[last] = value
    return patch


# --- RFC 7396 ---------------------------------------------------------------------------------------------------

APPENDIX_A: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]


@pytest.mark.parametrize(("target", "patch", "result"), APPENDIX_A)
def test_merge_patch_as_in_the_standard(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text("ab", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=10,
)


def without_nulls(value: Any) -> Any:
    return {k: without_nulls(v) for k, v in value.items() if v is not None} if isinstance(value, dict) else value


@given(JSON, JSON)
def test_merging_twice_changes_nothing_more(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


@given(JSON, st.dictionaries(st.sampled_from("abc"), JSON, max_size=3))
def test_an_empty_patch_keeps_and_nulls_remove(target: Any, patch: dict[str, Any]) -> None:
    if isinstance(target, dict):
        assert merge_patch(target, {}) == target
    assert merge_patch({}, patch) == without_nulls(patch)
    merged = merge_patch(target, patch)
    assert all(name not in merged for name, value in patch.items() if value is None)


@given(JSON, JSON)
def test_merging_leaves_what_it_was_given(target: Any, patch: Any) -> None:
    before = json.dumps([target, patch])
    merge_patch(target, patch)
    assert json.dumps([target, patch]) == before


# --- what is taken ----------------------------------------------------------------------------------------------


def test_canonical_form() -> None:
    assert parse_customization(
        b'{"hair": {"color": "Auburn", "style": "Long Straight"}, "skin": {"lip_color": "None", "tone": null},'
        b' "eyes": {"colour": "#A31"}, "outfit": {"top": {"kind": "T-shirt", "color": "navy"}}, "seed": 3.0}',
        "x",
    ) == {
        "hair": {"colour": HAIR_COLOURS["auburn"], "style": "long_straight"},
        "skin": {"lipColour": "none", "tone": None},
        "eyes": {"colour": "#aa3311"},
        "outfit": {"top": {"kind": "t_shirt", "colour": COLOURS["navy"]}},
        "seed": 3,
    }


@pytest.mark.parametrize(
    ("path", "said", "meant"),
    [
        ("hair.colour", "red", HAIR_COLOURS["red"]),
        ("outfit.top.colour", "red", COLOURS["red"]),
        ("eyes.colour", "Light Blue", EYE_COLOURS["light blue"]),
        ("eyes.colour", "gray", EYE_COLOURS["grey"]),
        ("hair.colour", "platinum-blond", HAIR_COLOURS["platinum blonde"]),
        ("outfit.footwear.colour", "hotpink", COLOURS["hot pink"]),
        ("outfit.bottom.colour", " #AbCdEf ", "#abcdef"),
        ("outfit.top.accent", "NONE", "none"),
        ("style", "Stylized", "stylised"),
        ("hair.style", "LONG-STRAIGHT", "long_straight"),
        ("outfit.top.kind", "tshirt", "t_shirt"),
        ("outfit.accessories", [], []),
        ("outfit.accessories", "none", []),
        ("outfit.accessories", ["glasses"], [{"kind": "glasses", "colour": COLOURS["black"]}]),
        ("outfit.accessories", "rose gold earrings", [{"kind": "earrings", "colour": COLOURS["rose gold"]}]),
        ("outfit.accessories", [{"kind": "Headset", "color": "#FFF"}], [{"kind": "headset", "colour": "#ffffff"}]),
        ("body.age", 42, 42.0),
        ("seed", 2**32 - 1, 2**32 - 1),
    ],
)
def test_values_are_taken_as_people_write_them(path: str, said: Any, meant: Any) -> None:
    assert at(parse_customization(patch_of({path: said}), "x"), path) == meant


def test_every_name_can_be_written_three_ways() -> None:
    canonical = {"skin": {"lipColour": "none", "makeUp": 0.5}, "face": {"jawWidth": 1.0}}
    for name, other in (("lipColor", "make_up"), ("lip_color", "makeUp"), ("lip_colour", "make_up")):
        assert parse_customization({"skin": {name: "none", other: 0.5}, "face": {"jaw_width": 1}}, "x") == canonical


# --- what is refused --------------------------------------------------------------------------------------------


def test_all_problems_at_once() -> None:
    found = problems(
        {
            "name": "Eve",
            "summary": "x",
            "hare": 1,
            "jawWidth": 0.5,
            "accessories": [],
            "hair": {"colr": "#aa3311", "style": "lng straight", "facial": 4},
            "body": {"age": 200, "height": "tall", "gender": True, "weight": math.nan, "muscle": math.inf},
            "eyes": {"colour": "a31"},
            "face": {"ancestry": 3},
            "outfit": {
                "accessories": ["glasses", None, {"kind": "earings"}, {"colour": "red"}, "gold glasses", {"zzz": 1}]
            },
            "seed": 1.5,
        }
    )
    assert found == {
        "name": "cannot be set: it comes from the profile: change it there",
        "summary": "cannot be set: it is written from the other fields: set those",
        "hare": "is not a field of a character; did you mean 'hair'?",
        "jawWidth": "is not a field of a character; did you mean 'face.jawWidth'?",
        "accessories": "is not a field of a character; did you mean 'outfit.accessories'?",
        "hair.colr": "is not a field of hair; did you mean 'colour'?",
        "hair.style": f"must be {takes('hair.style')}, not 'lng straight'; did you mean 'long_straight'?",
        "hair.facial": "must be 'none', 'stubble', 'moustache', 'goatee', 'short_beard' or 'beard', not a number",
        "body.age": "must be a number from 8 to 95, not 200",
        "body.height": "must be a number from 1.05 to 2.15, not text",
        "body.gender": "must be a number from 0 to 1, not true",
        "body.weight": "must be a number from 0 to 1, not nan",
        "body.muscle": "must be a number from 0 to 1, not inf",
        "eyes.colour": "must be a colour: #rrggbb or a name such as 'navy', not 'a31'; did you mean '#a31'?",
        "face.ancestry": "must be an object with african, asian, european, not a number",
        "outfit.accessories[1]": "must be text such as 'gold earrings', or an object with kind and colour, not null",
        "outfit.accessories[2].kind": f"must be {KINDS}, not 'earings'; did you mean 'earrings'?",
        "outfit.accessories[3].kind": f"is required: {KINDS}",
        "outfit.accessories[4]": "is the second glasses; keep one",
        "outfit.accessories[5].zzz": "is not a field of outfit.accessories[5]; known are kind, colour",
        "seed": "must be a whole number from 0 to 4294967295, not 1.5",
    }


@pytest.mark.parametrize(
    "twice", [{"color": "red", "colour": "blue"}, {"colour": "red", "color": None}, {"color": None, "colour": None}]
)
def test_one_field_in_two_spellings(twice: dict[str, Any]) -> None:
    assert "stands twice, as" in problems({"hair": twice})["hair.colour"]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"null", "must be an object, not null"),
        (b"[1]", "not a list"),
        (b'{"seed": NaN}', "NaN is not JSON"),
        (b'{"body": {"age": 1e999}}', "not inf"),
        (b'{"body": {"age": 1, "age": 2}}', "'age' stands more than once"),
        (b'{"hair": {"colour": "red",}}', "comma before the closing"),
        (b'{"a":' * 10_000, "nested too deeply"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"hair": "\xff"}', "not UTF-8"),
    ],
)
def test_broken_documents(raw: bytes, words: str) -> None:
    assert words in str(refusal(raw))


def test_size_is_limited() -> None:
    for call in (
        lambda: parse_customization(b" " * (MAX_CUSTOMIZATION + 1), "x"),
        lambda: parse_settings(["hair.colour=" + "x" * MAX_CUSTOMIZATION]),
    ):
        with pytest.raises(TooLarge) as caught:
            call()
        assert caught.value.status == 413


def test_a_flood_of_problems_is_cut_short() -> None:
    error = refusal({f"field{i}": i for i in range(5000)})
    assert len(error.context["errors"]) == MAX_ERRORS and len(str(error)) < 2000
    assert "4995 more" in str(error)


def test_a_flood_of_accessories_is_not_read() -> None:
    assert problems({"outfit": {"accessories": "x," * 5000}}) == {
        "outfit.accessories": "has 5001 entries; at most 4 can be worn"
    }


def test_one_pair_of_glasses_and_one_hat_at_a_time() -> None:
    assert problems({"outfit": {"accessories": ["glasses", "black square glasses", "red cap", "beanie"]}}) == {
        "outfit.accessories[1]": "is worn where the glasses is; keep one",
        "outfit.accessories[3]": "is worn where the cap is; keep one",
    }
    worn = parse_customization({"outfit": {"accessories": "dark red square glasses, cap, earrings, headset"}}, "x")
    assert at(worn, "outfit.accessories")[0] == {"kind": "square_glasses", "colour": hex_of("dark red")}


def test_strange_names_are_safe_to_print() -> None:
    refusal({"\udc00x": 1, "a\nb": 2, "y" * 500: 3, 7: 4})


# --- settings ---------------------------------------------------------------------------------------------------


def test_settings_are_a_patch() -> None:
    assert parse_settings(
        [
            "hair.color=#aa3311",
            " body.age = 42 ",
            "outfit.accessories=glasses, gold earrings",
            'outfit.top={"kind": "long sleeve", "color": "light blue"}',
            "skin.lip_color=null",
            "face=null",
            'eyes.colour="green"',
            "outfit.bottom.colour=dark green",
        ]
    ) == parse_customization(
        {
            "hair": {"colour": "#aa3311"},
            "body": {"age": 42},
            "outfit": {
                "accessories": ["glasses", "gold earrings"],
                "top": {"kind": "long_sleeve", "colour": "light blue"},
                "bottom": {"colour": "dark green"},
            },
            "skin": {"lipColour": None},
            "face": None,
            "eyes": {"colour": "green"},
        },
        "x",
    )
    assert parse_settings([]) == {}


def test_settings_that_contradict_or_cannot_be_read() -> None:
    found = setting_problems(
        "hair.color=red",
        "hair.colour=red",
        "hair={}",
        "outfit={}",
        "outfit.top.colour=red",
        "seed=",
        "outfit.accessories[0]=glasses",
        "body.age=[1,",
        "body.height=12",
        "eyes.colour.x=3",
        "name=Eve",
    )
    assert found["hair.colour"] == "is set twice; keep one"
    assert found["hair"] == "is set here and by hair.colour; keep one"
    assert found["outfit.top.colour"] == "is set here and by outfit; keep one"
    assert found["seed"].startswith("has no value")
    assert "set whole" in found["outfit.accessories[0]"]
    assert "not JSON" in found["body.age"] and "1.05 to 2.15" in found["body.height"]
    assert "not an object" in found["eyes.colour"] and "profile" in found["name"]
    assert "PATH=VALUE" in setting_problems("bald")[""]
    assert "PATH=VALUE" in setting_problems("hair..colour=red")[""]
    assert setting_problems("a." * 5000 + "b=1")


# --- properties -------------------------------------------------------------------------------------------------


def values_of(leaf: Number | Choice | Colour | Accessories) -> st.SearchStrategy[Any]:
    match leaf:
        case Number(low, high, True):
            return st.integers(int(low), int(high))
        case Number(low, high, _):
            return st.floats(low, high) | st.integers(math.ceil(low), math.floor(high))
        case Choice(values):
            return st.sampled_from(values).flatmap(
                lambda word: st.sampled_from([word, word.upper(), word.replace("_", " "), word.replace("_", "-")])
            )
        case Colour(own, absent):
            names = sorted({*own, *COLOURS})
            plain = st.sampled_from(names) | st.from_regex(r"#([0-9a-fA-F]{3}){1,2}", fullmatch=True)
            return plain | st.just("none") if absent else plain
        case Accessories():
            places = list(ONE_OF) + [(kind,) for kind in AccessoryKind if kind not in sum(ONE_OF, ())]
            kinds = st.lists(st.sampled_from(places), unique=True, max_size=4).flatmap(
                lambda chosen: st.tuples(*(st.sampled_from(kinds) for kinds in chosen))
            )
            forms = st.sampled_from(
                ["{}", "gold {}", lambda kind: {"kind": kind}, lambda kind: {"kind": kind, "color": "#FFF"}]
            )
            return kinds.flatmap(
                lambda worn: st.tuples(*[forms for _ in worn]).map(
                    lambda made: [
                        form.format(kind.value) if isinstance(form, str) else form(kind.value)
                        for form, kind in zip(made, worn, strict=True)
                    ]
                )
            )


def chosen(nulls: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Values by path, as a caller could send them."""
    return st.lists(st.sampled_from(FIELDS), unique_by=lambda each: each.path, max_size=8).flatmap(
        lambda fields: st.fixed_dictionaries(
            {each.path: values_of(each.leaf) | st.none() if nulls else values_of(each.leaf) for each in fields}
        )
    )


PEOPLE = [
    ADA,
    person("a bald old man with a beard and glasses, in a red and white striped shirt", "bo"),
    person("a girl of 9 in shorts with blue hair, red lipstick and gold earrings", "cy"),
]


@settings(max_examples=80, deadline=None)
@given(chosen(nulls=True))
def test_parsing_what_was_parsed_changes_nothing(values: dict[str, Any]) -> None:
    parsed = parse_customization(patch_of(values), "x")
    assert parse_customization(parsed, "again") == parsed
    assert parse_customization(json.dumps(parsed), "again") == parsed


@settings(max_examples=80, deadline=None)
@given(chosen(nulls=True), st.sampled_from(PEOPLE), st.sampled_from(PEOPLE))
def test_what_was_parsed_fits_every_character(
    values: dict[str, Any], now: CharacterDescription, later: CharacterDescription
) -> None:
    parsed = parse_customization(patch_of(values), "x")
    for character in (now, later):
        made = apply_customization(character, parsed)
        assert CharacterDescription.model_validate_json(made.model_dump_json()) == made
        assert made.summary == summarise(made)
        assert apply_customization(made, parsed) == made
        assert validate_against(character, parsed) == made


@settings(max_examples=80, deadline=None)
@given(chosen(nulls=False), st.sampled_from(PEOPLE))
def test_changes_name_exactly_what_was_set(values: dict[str, Any], before: CharacterDescription) -> None:
    parsed = parse_customization(patch_of(values), "x")
    after = apply_customization(before, parsed)
    old = before.model_dump(mode="json")
    meant = {path: at(parsed, path) for path in values}
    words = {each.path for each in FIELDS if isinstance(each.leaf, Choice)}
    told = {path: None if value == "none" and path not in words else value for path, value in meant.items()}
    changes = {change.path: (change.before, change.after) for change in field_changes(before, after)}
    assert changes == {path: (at(old, path), value) for path, value in told.items() if value != at(old, path)}


@settings(max_examples=80, deadline=None)
@given(chosen(nulls=False), chosen(nulls=True))
def test_what_is_kept_holds_no_nulls_and_taking_all_back_leaves_nothing(
    first: dict[str, Any], then: dict[str, Any]
) -> None:
    kept = amended(amended({}, parse_customization(patch_of(first), "x")), parse_customization(patch_of(then), "x"))
    assert "null" not in json.dumps(kept) and ": {}" not in json.dumps(kept)
    wanted = {path: value for path, value in (first | then).items() if value is not None}
    assert kept == parse_customization(patch_of(wanted), "x")
    assert amended(kept, patch_of(dict.fromkeys(wanted))) == {}
    assert amended(kept, dict.fromkeys(kept)) == {}


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=100)
    | st.text(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=12) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["hair", "colour", "color", "outfit", "accessories", "kind", "top", "body", "age"])
                | st.text(max_size=4),
                inner,
                max_size=5,
            )
        ),
        max_leaves=10,
    )
)
def test_any_input_is_a_patch_or_a_clear_refusal(data: object) -> None:
    try:
        parsed = parse_customization(data, "fuzz")
    except AvatarError as error:
        assert error.status in (413, 422)
        json.dumps(error.context["errors"]).encode()
        assert all(set(e) == {"field", "message"} and e["message"] for e in error.context["errors"])
    else:
        apply_customization(ADA, parsed)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.text(max_size=30) | st.sampled_from(["hair=", "body.age=", "seed=[", "hair.color=red"]), max_size=4))
def test_any_settings_are_a_patch_or_a_clear_refusal(assignments: list[str]) -> None:
    try:
        parsed = parse_settings(assignments)
    except AvatarError as error:
        assert error.status == 422 and error.context["errors"]
    else:
        apply_customization(ADA, parsed)


# --- applying ---------------------------------------------------------------------------------------------------


def test_the_summary_stays_true() -> None:
    made = apply_customization(ADA, parse_settings(["hair.style=bald", "outfit.top.colour=red", "body.age=71"]))
    assert "a bald head" in made.summary and "red T-shirt" in made.summary and "elderly woman" in made.summary
    assert "auburn" in ADA.summary and "auburn" not in made.summary


def test_setting_what_is_so_already_changes_nothing() -> None:
    same = {"hair": {"colour": ADA.hair.colour, "style": ADA.hair.style.value}}
    odd = ADA.model_copy(update={"summary": "written by another describer"})
    assert apply_customization(odd, parse_customization(same, "x")) is odd
    assert apply_customization(odd, {}) is odd


def test_no_colour_can_be_set_over_a_colour() -> None:
    striped = PEOPLE[1]
    assert striped.outfit.top.accent is not None
    plain = apply_customization(striped, parse_settings(["outfit.top.accent=none"]))
    assert plain.outfit.top.accent is None
    assert [(c.path, c.after) for c in field_changes(striped, plain)] == [("outfit.top.accent", None)]


def test_what_the_model_no_longer_knows_is_told_by_path() -> None:
    kept: dict[str, Any] = {"hair": {"style": "mullet"}, "outfit": {"hat": {"kind": "cap"}}, "body": {"age": 3}}
    with pytest.raises(InvalidInput) as caught:
        validate_against(ADA, kept)
    assert {e["field"] for e in caught.value.context["errors"]} == {"hair.style", "outfit.hat", "body.age"}
    with pytest.raises(InvalidInput) as caught:
        apply_customization(ADA, kept)
    assert {e["field"] for e in caught.value.context["errors"]} == {"hair.style", "outfit.hat", "body.age"}
    with pytest.raises(InvalidInput) as caught:
        apply_customization(ADA, {"face": {"jawWidth": 7}})
    assert caught.value.context["errors"][0]["field"] == "face.jawWidth"


# --- documentation ----------------------------------------------------------------------------------------------


def test_every_field_of_the_model_can_be_set() -> None:
    def paths(node: Any, path: str) -> list[str]:
        if not isinstance(node, dict):
            return [path]
        return [found for name, below in node.items() for found in paths(below, f"{path}.{name}" if path else name)]

    model = paths(ADA.model_dump(mode="json"), "")
    assert [each.path for each in FIELDS] == [path for path in model if path not in ("name", "summary")]
    assert isinstance(CHARACTER.fields["hair"], Section) and isinstance(CHARACTER.fields["seed"], Field)


def test_the_page_tells_every_field() -> None:
    def row(each: Field) -> str:
        cells = (f"`{each.path}`", re.sub(r"'([^']+)'", r"`\1`", each.leaf.takes()), each.about)
        return "| " + " | ".join(cells) + " |"

    rows = [line for line in DOCS.read_text().splitlines() if line.startswith("| `")]
    assert rows == [row(each) for each in FIELDS]
