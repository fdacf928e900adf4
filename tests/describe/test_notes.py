"""Wishes in ordinary English: what they change, what they leave, and what is said of those that mean nothing."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from activities.describing import Describing
from avatar.character import (
    AccessoryKind,
    BottomKind,
    CharacterDescription,
    FaceShape,
    FacialHair,
    HairStyle,
    Logo,
    Pattern,
    TopKind,
)
from avatar.customize import field_changes
from avatar.describe import terms
from avatar.describe.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, to_hls
from avatar.describe.moves import ADJECTIVES, AMOUNTS, DIALS, OTHER_NOUNS
from avatar.describe.notes import MAX_SHOWN, Noted, apply_notes
from avatar.describe.offline import describe_offline
from avatar.describe.overlay import changed
from avatar.describe.summary import summarise
from avatar.profile import AgentProfile
from avatar.run import RunKey
from workflows import steps

PROFILE = AgentProfile(
    agent_id="ada",
    name="Ada",
    description="a woman of 34 with an auburn bob, blue eyes, a little make-up and freckles, in a navy T-shirt, "
    "blue jeans and black glasses",
)
ADA = changed(
    describe_offline(PROFILE).character,
    {f"face.{name}": 0.0 for name in ("jawWidth", "chin", "noseWidth", "noseLength", "lipFullness", "eyeSize")}
    | {"face.cheekbones": 0.0, "face.browWeight": 0.0, "body.weight": 0.5, "body.muscle": 0.5, "body.height": 1.66},
)
UP, DOWN = 1, -1


def noted(*notes: str, on: CharacterDescription = ADA) -> Noted:
    return apply_notes(on, notes)


def wished(*notes: str, on: CharacterDescription = ADA) -> CharacterDescription:
    """The character, when every wish was understood."""
    made = noted(*notes, on=on)
    assert made.unheard == (), made
    return made.character


def moved(made: CharacterDescription, on: CharacterDescription = ADA) -> dict[str, int]:
    """Which numbers went up and which went down."""
    return {
        change.path: UP if change.after > change.before else DOWN
        for change in field_changes(on, made)
        if isinstance(change.before, int | float) and isinstance(change.after, int | float)
    }


def paths(made: CharacterDescription, on: CharacterDescription = ADA) -> set[str]:
    return {change.path for change in field_changes(on, made)}


def worn(made: CharacterDescription) -> dict[AccessoryKind, str]:
    return {accessory.kind: accessory.colour for accessory in made.outfit.accessories}


def lightness(colour: str) -> float:
    return to_hls(colour)[1]


# --- plain statements -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("note", "path", "value"),
    [
        ("red hair", "hair.colour", HAIR_COLOURS["red"]),
        ("change the hair to red", "hair.colour", HAIR_COLOURS["red"]),
        ("make her hair red please", "hair.colour", HAIR_COLOURS["red"]),
        ("green eyes", "eyes.colour", EYE_COLOURS["green"]),
        ("a navy long sleeve top", "outfit.top.kind", TopKind.LONG_SLEEVE),
        ("turn the T-shirt green", "outfit.top.colour", COLOURS["green"]),
        ("bald", "hair.style", HairStyle.BALD),
        ("shave her head", "hair.style", HairStyle.BALD),
        ("long hair", "hair.style", HairStyle.LONG_STRAIGHT),
        ("swap the jeans for shorts", "outfit.bottom.kind", BottomKind.SHORTS),
        ("45 years old", "body.age", 45.0),
        ("in her fifties", "body.age", 55.0),
        ("make her 28", "body.age", 28.0),
        ("1.80 m tall", "body.height", 1.8),
        ("grow a beard", "hair.facial", FacialHair.BEARD),
        ("no freckles", "skin.freckles", 0.0),
        ("an oval face", "face.shape", FaceShape.OVAL),
    ],
)
def test_statements_set_what_they_say_and_nothing_else(note: str, path: str, value: Any) -> None:
    changes = field_changes(ADA, wished(note))
    assert [(change.path, change.after) for change in changes] in ([(path, value)], [])
    document: Any = wished(note).model_dump(mode="json")
    for step in path.split("."):
        document = document[step]
    assert document == value


@pytest.mark.parametrize(
    "note",
    [
        "no glasses",
        "without glasses",
        "remove the glasses",
        "please take her glasses off",
        "lose the glasses",
        "she should not wear glasses",
        "no longer wears glasses",
        "I don't like the glasses",
        "older; get rid of the glasses",
        "remove the earrings and the glasses",
        "no accessories",
    ],
)
def test_glasses_come_off(note: str) -> None:
    assert AccessoryKind.GLASSES in worn(ADA)
    assert worn(wished(note)) == {}


def test_accessories_go_on_and_change_colour() -> None:
    assert worn(wished("gold earrings"))[AccessoryKind.EARRINGS] == COLOURS["gold"]
    assert worn(wished("with glasses")) == worn(ADA)
    assert worn(wished("keep the glasses but make them red")) == {AccessoryKind.GLASSES: COLOURS["red"]}
    assert worn(wished("replace the glasses with a white headset")) == {AccessoryKind.HEADSET: COLOURS["white"]}
    assert set(worn(wished("drop earrings"))) == {AccessoryKind.GLASSES, AccessoryKind.EARRINGS}


def test_a_new_top_has_no_old_stripes() -> None:
    striped = wished("a red and white striped T-shirt")
    assert striped.outfit.top.accent is not None
    assert wished("a green T-shirt", on=striped).outfit.top.accent is None
    assert wished("no stripes", on=striped).outfit.top.accent is None
    assert wished("green eyes", on=striped).outfit.top.accent == striped.outfit.top.accent


def test_the_shirt_she_wears_keeps_its_sleeves() -> None:
    assert ADA.outfit.top.kind == TopKind.T_SHIRT and ADA.outfit.bottom.kind == BottomKind.JEANS
    assert paths(wished("make her shirt red, not blue")) == {"outfit.top.colour"}
    assert paths(wished("turn the trousers brown")) == {"outfit.bottom.colour"}
    assert paths(wished("a red shirt")) == {"outfit.top.kind", "outfit.top.colour"}


@pytest.mark.parametrize(
    "note", ["do not change the hair", "don't touch her hair", "leave the hair as it is", "the same hair"]
)
def test_what_is_to_stay_stays(note: str) -> None:
    assert wished(note) == ADA
    assert paths(wished(f"{note}, but green eyes. The rest is great!")) == {"eyes.colour"}


def test_pronouns_are_no_wish_for_a_gender() -> None:
    man = describe_offline(AgentProfile(agent_id="bo", name="Bo", description="a man of 40 with short hair")).character
    for note in ("make her older", "she has a T-shirt", "they are taller"):
        assert wished(note, on=man).body.gender == man.body.gender
    assert wished("a woman", on=man).body.gender < 0.2
    assert wished("an elderly woman").body.gender == ADA.body.gender


def test_the_body_goes_with_a_childs_age() -> None:
    child = wished("9 years old")
    assert child.body.age == 9 and child.body.height < 1.5
    assert wished("9 years old, 1.60 m tall").body.height == 1.6


def test_what_cannot_be_made_is_approximated() -> None:
    made = noted("a jumpsuit and a scarf, messier hair")
    assert made.character.outfit.top.kind == TopKind.LONG_SLEEVE
    assert "jumpsuit -> long sleeve" in made.approximated and "scarf -> left out" in made.approximated
    assert any(told.startswith("messier hair ->") for told in made.approximated)
    assert noted("300 years old").approximated == ("300 years old -> 95",)


# --- comparatives -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("note", "moves"),
    [
        ("older", {"body.age": UP}),
        ("make her a little younger", {"body.age": DOWN}),
        ("too old", {"body.age": DOWN}),
        ("much taller", {"body.height": UP}),
        ("not so tall", {"body.height": DOWN}),
        ("not tall", {"body.height": DOWN}),
        ("no longer so tall", {"body.height": DOWN}),
        ("slimmer", {"body.weight": DOWN}),
        ("a bit heavier", {"body.weight": UP}),
        ("more muscular", {"body.muscle": UP}),
        ("not as muscular", {"body.muscle": DOWN}),
        ("broader shoulders", {"body.muscle": UP}),
        ("plumper", {"body.weight": UP}),
        ("lose some weight", {"body.weight": DOWN}),
        ("build up muscle", {"body.muscle": UP}),
        ("too skinny", {"body.weight": UP, "body.muscle": UP}),
        ("some wrinkles", {"body.age": UP}),
        ("get rid of the wrinkles", {"body.age": DOWN}),
        ("more feminine", {"body.gender": DOWN}),
        ("more masculine", {"body.gender": UP}),
        ("darker skin", {"skin.tone": UP}),
        ("paler", {"skin.tone": DOWN}),
        ("her skin a little lighter", {"skin.tone": DOWN}),
        ("warmer skin", {"skin.undertone": UP}),
        ("more freckles", {"skin.freckles": UP}),
        ("fewer freckles", {"skin.freckles": DOWN}),
        ("less make-up", {"skin.makeUp": DOWN}),
        ("make-up: more", {"skin.makeUp": UP}),
        ("rosier cheeks", {"skin.blush": UP}),
        ("fuller lips", {"face.lipFullness": UP}),
        ("narrower nose", {"face.noseWidth": DOWN}),
        ("the nose less wide", {"face.noseWidth": DOWN}),
        ("a smaller nose", {"face.noseWidth": DOWN, "face.noseLength": DOWN}),
        ("stronger jaw", {"face.jawWidth": UP}),
        ("a more prominent chin", {"face.chin": UP}),
        ("higher cheekbones", {"face.cheekbones": UP}),
        ("thicker eyebrows", {"face.browWeight": UP}),
        ("bigger eyes", {"face.eyeSize": UP}),
        ("smaller ears", {"face.ears": DOWN}),
        ("fuller cheeks", {"face.cheeks": UP}),
        ("a wider mouth", {"face.mouthWidth": UP}),
        ("more eyeliner", {"skin.eyeliner": UP}),
        ("kinder eyes", {"face.eyeSize": UP, "face.browWeight": DOWN}),
        (
            "friendlier",
            {
                "face.eyeSize": UP,
                "face.browWeight": DOWN,
                "face.jawWidth": DOWN,
                "face.lipFullness": UP,
                "skin.blush": UP,
            },
        ),
        (
            "she looks too friendly",
            {
                "face.eyeSize": DOWN,
                "face.browWeight": UP,
                "face.jawWidth": UP,
                "face.lipFullness": DOWN,
                "skin.blush": DOWN,
            },
        ),
        (
            "a sterner face",
            {
                "face.eyeSize": DOWN,
                "face.browWeight": UP,
                "face.jawWidth": UP,
                "face.lipFullness": DOWN,
                "face.cheekbones": UP,
            },
        ),
        ("older, kinder eyes", {"body.age": UP, "face.eyeSize": UP, "face.browWeight": DOWN}),
        ("taller and slimmer", {"body.height": UP, "body.weight": DOWN}),
        ("bigger eyes and a smaller nose", {"face.eyeSize": UP, "face.noseWidth": DOWN, "face.noseLength": DOWN}),
    ],
)
def test_comparatives_move_what_is_there(note: str, moves: dict[str, int]) -> None:
    made = wished(note)
    assert moved(made) == moves
    assert paths(made) == set(moves)


def test_degrees_are_heard() -> None:
    def height(note: str) -> float:
        return wished(note).body.height - ADA.body.height

    assert 0 < height("slightly taller") < height("taller") < height("much taller")
    assert height("a little bit taller") == height("slightly taller")
    assert height("a lot taller") == height("much taller")
    assert height("taller") == pytest.approx(-height("shorter"))


def test_measures_are_heard() -> None:
    assert wished("5 years older").body.age == ADA.body.age + 5
    assert wished("younger by ten years").body.age == ADA.body.age - 10
    assert wished("10 cm taller").body.height == pytest.approx(ADA.body.height + 0.1)
    assert wished("four inches shorter").body.height == pytest.approx(ADA.body.height - 0.1016, abs=0.001)


def test_grown_up_people_stay_grown_up() -> None:
    young = wished("much younger", "much younger", "much younger", "much younger")
    assert young.body.age == 18
    assert wished("20 years younger").body.age == 14


@pytest.mark.parametrize(
    ("start", "note", "style"),
    [
        (HairStyle.BOB, "longer hair", HairStyle.LONG_STRAIGHT),
        (HairStyle.BOB, "much shorter hair", HairStyle.BUZZ),
        (HairStyle.CROP, "her hair a bit longer", HairStyle.BOB),
        (HairStyle.BALD, "grow her hair", HairStyle.BUZZ),
        (HairStyle.BALD, "not bald", HairStyle.CROP),
        (HairStyle.LONG_STRAIGHT, "not so long hair", HairStyle.BOB),
        (HairStyle.LONG_STRAIGHT, "cut her hair", HairStyle.BOB),
        (HairStyle.BOB, "longer hair, but not too long", HairStyle.LONG_STRAIGHT),
        (HairStyle.BOB, "longer sleeves", HairStyle.BOB),
    ],
)
def test_hair_grows_and_is_cut(start: HairStyle, note: str, style: HairStyle) -> None:
    assert wished(note, on=changed(ADA, {"hair.style": start})).hair.style == style


def test_other_things_that_are_longer_or_shorter() -> None:
    assert wished("longer sleeves").outfit.top.kind == TopKind.LONG_SLEEVE
    assert wished("shorter trousers").outfit.bottom.kind == BottomKind.SHORTS
    stubble = changed(ADA, {"hair.facial": "stubble"})
    assert wished("a fuller beard", on=stubble).hair.facial == FacialHair.SHORT_BEARD
    assert wished("a shorter beard", on=stubble).hair.facial == FacialHair.NONE
    assert wished("a shorter beard", on=changed(ADA, {"hair.facial": "beard"})).hair.facial == FacialHair.SHORT_BEARD


def test_colours_lean() -> None:
    assert lightness(wished("lighter hair").hair.colour) > lightness(ADA.hair.colour)
    assert lightness(wished("darker hair").hair.colour) < lightness(ADA.hair.colour)
    assert paths(wished("redder hair")) == {"hair.colour"}
    assert to_hls(wished("less red hair").hair.colour)[2] < to_hls(ADA.hair.colour)[2]
    green = wished("greener eyes").eyes.colour
    assert int(green[3:5], 16) - int(green[5:], 16) > int(ADA.eyes.colour[3:5], 16) - int(ADA.eyes.colour[5:], 16)
    assert lightness(wished("a much lighter T-shirt").outfit.top.colour) > lightness(ADA.outfit.top.colour)
    lips = wished("redder lips").skin
    assert lips.lip_colour is not None and lips.make_up >= 0.5


def test_all_clothes_lean_together() -> None:
    warm = wished("warmer colours")
    assert paths(warm) >= {"outfit.top.colour", "outfit.bottom.colour", "outfit.footwear.colour"}
    for now, then in ((warm.outfit.top, ADA.outfit.top), (warm.outfit.bottom, ADA.outfit.bottom)):
        assert int(now.colour[1:3], 16) - int(now.colour[5:], 16) > int(then.colour[1:3], 16) - int(then.colour[5:], 16)


@pytest.mark.parametrize(
    ("note", "changed_paths"),
    [
        ("longer, darker hair", {"hair.style", "hair.colour"}),
        ("shorter and darker hair", {"hair.style", "hair.colour"}),
        ("long and darker hair", {"hair.style", "hair.colour"}),
        ("longer red hair", {"hair.style", "hair.colour"}),
        ("red hair, a bit darker", {"hair.colour"}),
        ("hair: longer, darker", {"hair.style", "hair.colour"}),
        ("taller, slimmer, longer hair", {"body.height", "body.weight", "hair.style"}),
        ("her hair shorter. Her eyes greener.", {"hair.style", "eyes.colour"}),
        ("older with gold earrings", {"body.age", "outfit.accessories"}),
        ("a darker green T-shirt", {"outfit.top.colour"}),
        (
            "please make her a bit older and give her longer, darker hair, without the glasses",
            {"body.age", "hair.style", "hair.colour", "outfit.accessories"},
        ),
        (
            "red T-shirt and brown trousers, no glasses, bit taller",
            {
                "outfit.top.colour",
                "outfit.bottom.kind",
                "outfit.bottom.colour",
                "outfit.accessories",
                "body.height",
            },
        ),
    ],
)
def test_several_wishes_in_one_note(note: str, changed_paths: set[str]) -> None:
    assert paths(wished(note)) == changed_paths


def test_red_hair_that_is_denied_is_less_red_and_not_gone() -> None:
    assert wished("not red hair").hair.style == ADA.hair.style
    assert paths(wished("no red hair")) == paths(wished("hair no longer red")) == {"hair.colour"}


def test_later_notes_win_and_add_up() -> None:
    assert wished("red hair", "black hair").hair.colour == HAIR_COLOURS["black"]
    assert wished("red hair, no, black hair").hair.colour == HAIR_COLOURS["black"]
    assert wished("older", "older").body.age > wished("older").body.age
    assert wished("50 years old", "older").body.age > 50 == wished("older", "50 years old").body.age


def test_what_is_at_its_end_is_told() -> None:
    longest = changed(ADA, {"hair.style": "long_straight"})
    made = noted("longer hair", on=longest)
    assert made.character == longest
    assert made.approximated == ("longer hair -> it goes no further",) and made.heard == ()


@pytest.mark.parametrize(
    ("start", "note", "style"),
    [
        (HairStyle.BOB, "give her a ponytail", HairStyle.PONYTAIL),
        (HairStyle.BOB, "braids please", HairStyle.BRAIDS),
        (HairStyle.BOB, "with bangs", HairStyle.BOB_BANGS),
        (HairStyle.LONG_WAVY, "a fringe", HairStyle.LONG_BANGS),
        (HairStyle.BOB_BANGS, "no bangs", HairStyle.BOB),
        (HairStyle.BOB, "curly hair", HairStyle.CURLY),
        (HairStyle.LONG_STRAIGHT, "wavy hair", HairStyle.LONG_WAVY),
        (HairStyle.LONG_STRAIGHT, "wavier hair", HairStyle.LONG_WAVY),
        (HairStyle.BOB, "curlier hair", HairStyle.CURLY),
        (HairStyle.CURLY, "much curlier hair", HairStyle.AFRO),
        (HairStyle.LONG_WAVY, "straighter hair", HairStyle.LONG_STRAIGHT),
        (HairStyle.CURLY, "longer hair", HairStyle.LONG_WAVY),
        (HairStyle.LONG_BANGS, "shorter hair", HairStyle.BOB_BANGS),
        (HairStyle.PONYTAIL, "shorter hair", HairStyle.BOB),
        (HairStyle.LONG_STRAIGHT, "a pixie cut", HairStyle.PIXIE),
    ],
)
def test_hair_is_dressed(start: HairStyle, note: str, style: HairStyle) -> None:
    assert wished(note, on=changed(ADA, {"hair.style": start})).hair.style == style


def test_hair_has_two_colours() -> None:
    lit = wished("blonde highlights")
    assert lit.hair.highlights == HAIR_COLOURS["blonde"] and paths(lit) == {"hair.highlights"}
    assert wished("dark roots").hair.roots == HAIR_COLOURS["dark"]
    assert wished("no highlights", on=lit).hair.highlights is None
    assert lightness(wished("highlights").hair.highlights or "#000000") > lightness(ADA.hair.colour)


def test_new_clothes_are_worn() -> None:
    dressed = wished("a yellow dress with white polka dots")
    assert (dressed.outfit.top.kind, dressed.outfit.top.pattern) == (TopKind.DRESS, Pattern.DOTS)
    assert dressed.outfit.top.accent == COLOURS["white"]
    in_jeans = wished("blue jeans", on=dressed)
    assert in_jeans.outfit.top.kind == TopKind.T_SHIRT and in_jeans.outfit.bottom.kind == BottomKind.JEANS
    striped = wished("a striped hoodie")
    assert striped.outfit.top.pattern == Pattern.STRIPES and striped.outfit.top.accent is not None
    assert wished("a green hoodie", on=striped).outfit.top.pattern == Pattern.PLAIN
    assert wished("a hoodie with a star on it").outfit.top.logo == Logo.STAR


def test_other_glasses_take_the_place_of_the_old() -> None:
    assert worn(wished("sunglasses")) == {AccessoryKind.SUNGLASSES: COLOURS["black"]}
    assert set(worn(wished("a red cap"))) == {AccessoryKind.GLASSES, AccessoryKind.CAP}
    capped = wished("a red cap")
    assert set(worn(wished("a beanie", on=capped))) == {AccessoryKind.GLASSES, AccessoryKind.BEANIE}
    assert set(worn(wished("no hat", on=capped))) == {AccessoryKind.GLASSES}
    assert worn(wished("a darker cap", on=capped))[AccessoryKind.CAP] != worn(capped)[AccessoryKind.CAP]


def test_paint_comes_and_goes() -> None:
    painted = wished("blue eye shadow, eyeliner and red nails")
    assert painted.skin.lid_colour == COLOURS["blue"] and painted.skin.nail_colour == COLOURS["red"]
    assert painted.skin.eyeliner > 0.5
    bare = wished("no make-up, no nail polish", on=painted).skin
    assert (bare.lid_colour, bare.nail_colour, bare.eyeliner, bare.make_up) == (None, None, 0.0, 0.0)


# --- what is told -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [
        "something like the sea",
        "stronger coffee",
        "she should look less tired",
        "more professional",
        "🙂",
        "Sie soll eine Brille mit dem Haar haben",
        "twice as tall",
        "x" * 2000,
    ],
)
def test_what_means_nothing_comes_back(note: str) -> None:
    made = noted(note)
    assert made.character == ADA and made.heard == () == made.approximated
    [told] = made.unheard
    assert note.startswith(told.removesuffix("...")) and len(told) <= MAX_SHOWN


def test_a_note_is_understood_in_part() -> None:
    made = noted("older, something like the sea, with a red T-shirt")
    assert made.unheard == ("something like the sea",)
    assert paths(made.character) == {"body.age", "outfit.top.colour"}
    made = noted("something like the sea, green eyes, and the wind")
    assert made.unheard == ("something like the sea", "the wind")
    assert made.character.eyes.colour == EYE_COLOURS["green"]


@pytest.mark.parametrize("note", ["please", "thanks!", "keep the hair", "no crown", "", "  "])
def test_small_talk_is_neither_heard_nor_unheard(note: str) -> None:
    assert noted(note) == Noted(ADA)


def test_what_was_heard_is_told_in_plain_words() -> None:
    assert noted("make her a bit older, 10 cm taller and give her longer hair. Red T-shirt").heard == (
        "age: a bit older (34 to 38)",
        "height: 10 cm taller (1.66 to 1.76 m)",
        "hair: longer",
        "top: T-shirt, red",
    )


def test_the_summary_stays_true() -> None:
    made = wished("bald, in a red T-shirt, no glasses")
    assert made.summary == summarise(made)
    assert "bald" in made.summary and "red T-shirt" in made.summary and "glasses" not in made.summary
    odd = ADA.model_copy(update={"summary": "written by another describer"})
    assert noted("something like the sea", on=odd).character is odd


def test_every_example_in_the_manual_is_understood() -> None:
    page = (Path(__file__).parents[2] / "docs" / "customization.md").read_text()
    table = page.split("## Notes")[1].split("\n## ")[0]
    examples = [
        text for line in table.splitlines() if line.startswith("| ") for text in re.findall(r"\*([^*]+)\*", line)
    ]
    assert len(examples) > 30
    for example in examples:
        made = noted(example)
        assert made.unheard == () and (made.character != ADA or made.approximated), example


async def test_the_describe_step_applies_notes_and_tells_of_them() -> None:
    def given(*notes: str) -> steps.DescribeInput:
        return steps.DescribeInput(run=RunKey(tenant="local", agent_id="ada", run_id="r"), profile=PROFILE, notes=notes)

    plain = await Describing().describe(given())
    made = await Describing().describe(given("older", "a scarf, something like the sea"))
    assert plain.character == describe_offline(PROFILE).character
    assert made.character.body.age > plain.character.body.age
    assert made.heard == (*plain.heard, "note: age: older (34 to 42)")
    assert made.approximated == (*plain.approximated, "scarf -> left out", "not understood: something like the sea")


# --- any text ---------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(sorted({*terms.VOCABULARY, *ADJECTIVES, *AMOUNTS, *OTHER_NOUNS})) | st.sampled_from(
    [
        *("older", "younger", "longer", "redder", "kinder", "more", "less", "not so", "too", "a bit", "much", "fewer"),
        *("remove the", "change the", "to", "keep", "replace", "by", "5 years", "10 cm", "and", "and", "with", ":"),
        *(",", ".", "-", "no", "no longer", "her", "hair", "eyes", "\n", "#a31", "34"),
    ]
)


@settings(max_examples=80, deadline=None)
@given(st.lists(st.text(max_size=120) | st.lists(WORDS, max_size=25).map(" ".join), max_size=4))
def test_any_notes_give_a_valid_character_and_always_the_same(notes: list[str]) -> None:
    made = noted(*notes)
    assert CharacterDescription.model_validate_json(made.character.model_dump_json()) == made.character
    assert made.character.summary == summarise(made.character) or made.character == ADA
    assert made == noted(*notes)
    for told in (*made.heard, *made.approximated, *made.unheard):
        told.encode("utf-8", "surrogatepass")
        assert told.isprintable() or told.strip()


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(["much older", "much taller", "far slimmer", "much kinder", "way more freckles"])))
def test_numbers_stay_in_range_however_often_it_is_said(notes: list[str]) -> None:
    document: Any = noted(*notes).character.model_dump(mode="json")
    for path, (low, high, _) in DIALS.items():
        section, name = path.split(".")
        assert low <= document[section][name] <= high


@pytest.mark.parametrize(
    "unit",
    ["older ", "longer hair, ", "a,b ", "remove the hat and ", "hair: less ", "change b ", "more ", "  ", "x, y. "],
)
def test_work_grows_no_faster_than_the_note(unit: str) -> None:
    """Counts Python function calls, the same on every machine."""

    def calls(length: int) -> int:
        text = (unit * (length // len(unit) + 1))[:length]
        count = 0

        def tally(_frame: object, event: str, _arg: object) -> None:
            nonlocal count
            count += event == "call"

        sys.setprofile(tally)
        try:
            apply_notes(ADA, [text])
        finally:
            sys.setprofile(None)
        return count

    short, long = calls(300), calls(1_200)
    assert long <= 5 * short + 4_000
