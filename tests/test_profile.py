"""Profiles from the outside: what is taken, and how refusals read."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.errors import AvatarError, InvalidInput, TooLarge
from avatar.problems import MAX_ERRORS
from avatar.profile import MAX_DOCUMENT, MAX_TEXT, AgentProfile, AvatarStyle, parse_profile

LEAST = {"agentId": "ada", "name": "Ada"}


def refusal(data: object) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse_profile(data, "ada.json")
    assert caught.value.where == "ada.json"
    str(caught.value).encode()  # no half characters: it goes into JSON, logs and terminals
    return caught.value


def problems(data: object) -> dict[str, str]:
    return {error["field"]: error["message"] for error in refusal(data).context["errors"]}


def test_the_least_profile() -> None:
    profile = parse_profile(json.dumps(LEAST).encode(), "x")
    assert profile == AgentProfile(agent_id="ada", name="Ada")
    assert profile.style == AvatarStyle.REALISTIC and profile.tags == ()


@pytest.mark.parametrize(
    "form", [json.dumps, lambda p: json.dumps(p).encode(), lambda p: p, AgentProfile.model_validate]
)
def test_every_form_gives_the_same(form: object) -> None:
    assert callable(form)
    assert parse_profile(form({**LEAST, "tags": ["a"]}), "x") == parse_profile({**LEAST, "tags": ["a"]}, "x")


def test_python_names_are_taken_too() -> None:
    assert parse_profile({"agent_id": "ada", "name": "Ada"}, "x").agent_id == "ada"


def test_utf8_mark_of_windows_editors_is_taken() -> None:
    assert parse_profile(b"\xef\xbb\xbf" + json.dumps(LEAST).encode(), "x").name == "Ada"
    assert parse_profile("\ufeff" + json.dumps(LEAST), "x").name == "Ada"


@pytest.mark.parametrize("name", ["Zoë Ñandú", "山田花子", "مريم", "Бот №7", "👩🏽‍🚀 Nova", "नमस्ते"])
def test_other_scripts_and_emoji_are_taken_as_they_are(name: str) -> None:
    raw = json.dumps({**LEAST, "name": name, "description": name * 50}, ensure_ascii=False).encode()
    profile = parse_profile(raw, "x")
    assert profile.name == name and profile.description == name * 50


def test_all_problems_at_once() -> None:
    error = refusal(
        {
            "agentId": "a b",
            "name": "",
            "role": 3,
            "style": "stylized",
            "tags": ["ok", "", 5],
            "descripton": "x",
            "language": "english!",
            "referenceImage": "ftp://x",
            "personality": "a\x00b",
        }
    )
    found = {e["field"]: e["message"] for e in error.context["errors"]}
    assert set(found) == {
        "agentId",
        "name",
        "role",
        "style",
        "tags[1]",
        "tags[2]",
        "descripton",
        "language",
        "referenceImage",
        "personality",
    }
    assert found["agentId"].startswith("must be 1 to 64 of A-Z")
    assert found["name"] == "must not be empty"
    assert found["role"] == "must be text, not a number"
    assert found["style"].startswith(
        "must be 'realistic', 'stylised' or 'anime', not 'stylized'; did you mean 'stylised'?"
    )
    assert found["tags[2]"] == "must be text, not a number"
    assert "did you mean 'description'?" in found["descripton"]
    assert "'pt-BR'" in found["language"] and "http://" in found["referenceImage"]
    assert "U+0000" in found["personality"]
    assert "5 more" in str(error) and "Mend these 10" in str(error)


def test_missing_fields() -> None:
    assert problems({}) == {"agentId": "is required", "name": "is required"}


@pytest.mark.parametrize(
    ("typo", "meant"),
    [
        ("agentID", "agentId"),
        ("agent-id", "agentId"),
        ("Name", "name"),
        ("discription", "description"),
        ("reference_img", "referenceImage"),
        ("tag", "tags"),
        ("lang", "language"),
        ("persona", "personality"),
    ],
)
def test_misspelt_fields_are_recognised(typo: str, meant: str) -> None:
    assert f"did you mean '{meant}'?" in problems({**LEAST, typo: "x"})[typo]


def test_an_unknown_field_lists_the_known() -> None:
    message = problems({**LEAST, "zzzz": 1})["zzzz"]
    assert "agentId" in message and "referenceImage" in message and "did you mean" not in message


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", None, "not null"),
        ("name", ["a"], "not a list"),
        ("name", {"a": 1}, "not an object"),
        ("name", True, "not true"),
        ("name", "   ", "must not be empty"),
        ("name", "x" * 201, "201 characters, at most 200"),
        ("tags", "a", "list of texts, not text"),
        ("tags", ["x"] * 33, "33 entries, at most 32"),
        ("voice", "v" * 300, "at most 200"),
        ("style", 4, "not a number"),
        ("agentId", "a..b", "'..'"),
        ("agentId", "../etc", "1 to 64"),
        ("agentId", "x" * 65, "1 to 64"),
        ("agentId", 7, "not a number"),
        ("agentId", "ada\n", "1 to 64"),
        ("language", "", "language tag"),
        ("description", "a\x1bb", "U+001B"),
        ("tags", ["a\x07"], "U+0007"),
        ("voice", "\x00", "U+0000"),
        ("name", "\ud800", "surrogate"),
        ("description", "x" * (MAX_TEXT + 1), "at most 20000"),
        ("description", "x" * 100_000, "100000 characters"),
        ("role", 1e308, "not a number"),
    ],
)
def test_what_where_and_how_to_mend(field: str, value: object, words: str) -> None:
    found = problems({**LEAST, field: value})
    assert any(key.startswith(field) and words in message for key, message in found.items()), found


def test_surrogates_in_json_and_in_field_names() -> None:
    assert "surrogate" in problems(r'{"agentId": "a", "name": "\ud83d"}')["name"]
    assert refusal(r'{"agentId": "a", "name": "n", "\udc00x": 1}')


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"{", "line 1, column 2"),
        (b'{"agentId": "a", "name": "n",}', "comma before the closing"),
        (b'{"agentId": "a", "name": "n", "tags": ["x",]}', "comma before the closing"),
        (b"{'agentId': 'a'}", "line 1, column 2"),
        (b'{"agentId": "a", "agentId": "b", "name": "n"}', "'agentId' stands more than once"),
        (b'{"agentId": NaN}', "NaN is not JSON"),
        (b'{"agentId": -Infinity}', "-Infinity is not JSON"),
        (b"[1]", "not a list"),
        (b"null", "not null"),
        (b'"ada"', "not text"),
        (b"3", "not a number"),
        (b"[" * 100_000, "nested too deeply"),
        (b'{"a":' * 40_000, "nested too deeply"),
        (b"\xff\xfe{\x00", "not UTF-8: byte 0"),
        (b'{"name": "\xe9"}', "not UTF-8: byte 10"),
        (b"{}{}", "extra data"),
        (b'{"a": ' + b"9" * 5000 + b"}", "too many digits"),
        (b'{"name": "a\nb"}', "control character"),
    ],
)
def test_broken_documents(raw: bytes, words: str) -> None:
    error = refusal(raw)
    assert words in str(error)
    assert error.context["errors"][0]["field"] == ""


def test_large_documents_are_refused_by_size_alone() -> None:
    for big in (b" " * (MAX_DOCUMENT + 1), " " * (MAX_DOCUMENT + 1), "é" * (MAX_DOCUMENT // 2 + 1)):
        with pytest.raises(TooLarge) as caught:
            parse_profile(big, "request body")
        assert str(MAX_DOCUMENT) in str(caught.value) and caught.value.status == 413
    padded = json.dumps(LEAST) + " " * (MAX_DOCUMENT - len(json.dumps(LEAST)))
    assert parse_profile(padded, "x").name == "Ada"


def test_a_flood_of_problems_is_cut_short() -> None:
    error = refusal({**LEAST, **{f"field{i}": i for i in range(5000)}})
    assert len(error.context["errors"]) == MAX_ERRORS
    assert len(str(error)) < 2000


@settings(max_examples=150, deadline=None)
@given(
    st.binary(max_size=200)
    | st.text(max_size=200)
    | st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.integers(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["agentId", "name", "style", "tags", "role"]) | st.text(max_size=5), inner, max_size=5
            )
        ),
        max_leaves=8,
    )
)
def test_any_input_is_a_profile_or_a_clear_refusal(data: object) -> None:
    try:
        profile = parse_profile(data, "fuzz")
    except AvatarError as error:
        assert error.status in (413, 422)
        json.dumps(error.context["errors"]).encode()
        assert all(set(e) == {"field", "message"} and e["message"] for e in error.context["errors"])
    else:
        assert parse_profile(profile.model_dump_json(), "again") == profile


def test_profiles_cannot_be_changed_and_compare_by_content() -> None:
    profile = parse_profile(LEAST, "x")
    with pytest.raises(ValueError, match="frozen"):
        profile.__setattr__("name", "Eve")
    assert profile != parse_profile({**LEAST, "role": "cook"}, "x")
    assert profile == parse_profile({"name": " Ada ", "agentId": "ada"}, "x")
