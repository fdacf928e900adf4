"""The character contract: bounds, JSON names, and that every wish can end in something that can be made."""

from __future__ import annotations

import re
from enum import StrEnum

import pytest
from pydantic import ValidationError

from avatar.character import (
    AccessoryKind,
    Ancestry,
    Body,
    BottomKind,
    BrowStyle,
    CharacterDescription,
    Eyes,
    FacialHair,
    FootwearKind,
    HairStyle,
    IrisPattern,
    LashStyle,
    Logo,
    Pattern,
    TopKind,
)
from avatar.describe import colours, garments, words
from avatar.describe.dressing import nearest
from avatar.describe.offline import describe_offline
from avatar.describe.slots import Slot
from avatar.describe.terms import WORN
from avatar.profile import AgentProfile

WORN_KINDS: dict[Slot, type[StrEnum]] = {
    Slot.TOP: TopKind,
    Slot.BOTTOM: BottomKind,
    Slot.SHOES: FootwearKind,
    **dict.fromkeys((Slot.GLASSES, Slot.EARRINGS, Slot.HEADSET, Slot.HAT), AccessoryKind),
}


def person() -> CharacterDescription:
    return describe_offline(AgentProfile(agent_id="p", name="P")).character


def test_json_is_camel_case_and_comes_back_the_same() -> None:
    made = person()
    text = made.model_dump_json()
    assert CharacterDescription.model_validate_json(text) == made
    assert '"lipFullness"' in text and '"makeUp"' in text and "lip_fullness" not in text


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", 7.9),
        ("age", 96),
        ("height", 1.0),
        ("height", 2.2),
        ("gender", -0.1),
        ("weight", 1.1),
        ("muscle", float("nan")),
    ],
)
def test_no_body_leaves_its_bounds(field: str, value: float) -> None:
    with pytest.raises(ValidationError):
        Body.model_validate({**person().body.model_dump(), field: value})


@pytest.mark.parametrize("colour", ["red", "#FFF", "#12345", "#1234567", "#ABCDEF", "123456", "#12345g", "#123456\n"])
def test_colours_are_six_lower_case_digits(colour: str) -> None:
    with pytest.raises(ValidationError):
        Eyes(colour=colour)


def test_unknown_fields_are_refused() -> None:
    with pytest.raises(ValidationError):
        Ancestry.model_validate({"martian": 1.0})


@pytest.mark.parametrize(
    ("table", "kinds"),
    [
        (words.HAIR_STYLES, HairStyle),
        (words.FACIAL_HAIR, FacialHair),
        *((WORN[slot], kinds) for slot, kinds in WORN_KINDS.items()),
        (garments.SLEEVES, TopKind),
        (garments.PATTERNS, Pattern),
        ({k: v[0] for k, v in garments.WHOLE_OUTFITS.items()}, TopKind),
        ({k: v[1] for k, v in garments.WHOLE_OUTFITS.items()}, BottomKind),
    ],
)
def test_every_wish_ends_in_something_that_can_be_made(table: dict[str, tuple[str, ...]], kinds: type[StrEnum]) -> None:
    assert {word: nearest(kinds, wishes) for word, wishes in table.items()}


def test_every_kind_has_a_word_that_means_just_it() -> None:
    tables = [(words.HAIR_STYLES, HairStyle), (words.FACIAL_HAIR, FacialHair), (garments.PATTERNS, Pattern)]
    tables += [(WORN[slot], kinds) for slot, kinds in WORN_KINDS.items() if kinds is not AccessoryKind]
    for table, kinds in tables:
        assert {wishes[0] for wishes in table.values()} >= {kind.value for kind in kinds} - {HairStyle.LONG_WAVY.value}
    accessories = {
        wishes[0] for slot, kinds in WORN_KINDS.items() if kinds is AccessoryKind for wishes in WORN[slot].values()
    }
    assert accessories >= {kind.value for kind in AccessoryKind}
    assert {*garments.LOGOS.values()} >= {mark.value for mark in Logo} - {"none"}
    assert set(words.BROW_STYLES.values()) == {style.value for style in BrowStyle}
    assert set(words.LASH_STYLES.values()) == {style.value for style in LashStyle}
    assert set(words.IRIS_PATTERNS.values()) <= {pattern.value for pattern in IrisPattern}
    assert set(garments.MOTIFS.values()) <= {pattern.value for pattern in Pattern}


def test_words_about_words_are_words() -> None:
    assert set(garments.TOPS) >= garments.OUTER
    assert {*garments.TOPS, *garments.BOTTOMS} >= set(garments.DYES)
    assert (
        set(garments.LOGOS) >= garments.DOUBTFUL_LOGOS
        and set(garments.SLEEVES) | set(garments.TOPS) >= garments.SLEEVE_TOPS
    )
    assert set(words.COUNTRIES.values()) <= set(words.ANCESTRIES)


def test_colour_tables_hold_colours() -> None:
    every = [*colours.COLOURS.values(), *colours.HAIR_COLOURS.values(), *colours.EYE_COLOURS.values()]
    assert len(colours.COLOURS) >= 120
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in every)


def test_shades_go_the_way_their_names_say() -> None:
    for name in ("red", "navy", "olive", "teal", "purple"):
        plain = colours.COLOURS[name]

        def light(*shades: str, of: str = plain) -> float:
            return colours.to_hls(colours.shaded(of, shades))[1]

        assert light("dark") < light() < light("light") < light("pale")
        assert colours.to_hls(colours.shaded(plain, ["faded"]))[2] < colours.to_hls(plain)[2]
    assert colours.shaded("#123456", ()) == "#123456"


def test_colours_know_their_names() -> None:
    for name in ("navy", "red", "white", "forest green", "mustard"):
        assert colours.COLOURS[colours.named(colours.COLOURS[name], colours.COLOURS)] == colours.COLOURS[name]
    assert colours.mixed(["#000000", "#ffffff"]) == "#808080"
