"""Whole profiles to whole characters."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.character import (
    AccessoryKind,
    BottomKind,
    BrowStyle,
    CharacterDescription,
    FacialHair,
    FootwearKind,
    HairStyle,
    IrisPattern,
    Logo,
    Pattern,
    TopKind,
)
from avatar.describe import terms
from avatar.describe.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, SKIN_TONES, named
from avatar.describe.description import Description
from avatar.describe.harmony import together
from avatar.describe.offline import describe_offline
from avatar.describe.tokens import Token, sentences
from avatar.profile import MAX_TEXT, AgentProfile, AvatarStyle, parse_profile

EXAMPLES = sorted((Path(__file__).parents[2] / "examples").glob("*.json"))
ADA = next(path for path in EXAMPLES if path.name == "ada.json")


def described(description: str = "", *, agent: str = "x", name: str = "X", **more: object) -> Description:
    return describe_offline(
        AgentProfile.model_validate({"agentId": agent, "name": name, "description": description, **more})
    )


def test_ada_is_who_she_is_said_to_be() -> None:
    made = describe_offline(parse_profile(ADA.read_bytes(), ADA.name))
    ada = made.character
    assert ada.style == AvatarStyle.REALISTIC
    assert ada.body.gender < 0.2 and 33 <= ada.body.age <= 35
    assert (ada.hair.style, ada.hair.colour, ada.hair.facial) == (
        HairStyle.LONG_STRAIGHT,
        HAIR_COLOURS["auburn"],
        FacialHair.NONE,
    )
    assert ada.eyes.colour == EYE_COLOURS["green"]
    assert ada.skin.freckles > 0.4 and ada.skin.tone < 0.25
    assert (ada.outfit.top.kind, ada.outfit.top.colour) == (TopKind.T_SHIRT, COLOURS["navy"])
    assert ada.outfit.bottom.kind == BottomKind.JEANS and ada.outfit.footwear.colour == COLOURS["white"]
    assert AccessoryKind.GLASSES not in {a.kind for a in ada.outfit.accessories}
    assert made.approximated == ()
    assert "hair: long, auburn" in made.heard and "eyes: green" in made.heard


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_every_example_is_a_profile_that_is_understood(path: Path) -> None:
    profile = parse_profile(path.read_bytes(), path.name)
    made = describe_offline(profile)
    assert len(made.heard) >= 5
    assert made.character.summary.startswith(profile.name)
    assert path.stem == profile.agent_id


def test_examples_differ_from_each_other() -> None:
    people = [describe_offline(parse_profile(path.read_bytes(), path.name)).character for path in EXAMPLES]
    assert len(people) >= 6
    assert {person.style for person in people} == set(AvatarStyle)
    assert min(p.body.age for p in people) < 14 and max(p.body.age for p in people) > 65
    assert max(p.skin.tone for p in people) - min(p.skin.tone for p in people) > 0.5
    assert len({p.hair.style for p in people}) >= 4


def test_description_outweighs_role_and_personality() -> None:
    made = described(
        "a woman in a green T-shirt", role="an old man in a red shirt with a beard", personality="He is bald"
    )
    person = made.character
    assert person.body.gender < 0.2 and person.outfit.top.colour == COLOURS["green"]
    assert person.body.age > 60 and person.hair.facial == FacialHair.BEARD  # nobody contradicts the role here


def test_tags_are_read() -> None:
    person = described(tags=["glasses", "red hair"]).character
    assert AccessoryKind.GLASSES in {a.kind for a in person.outfit.accessories}
    assert person.hair.colour == HAIR_COLOURS["red"]


@pytest.mark.parametrize(
    ("text", "note", "check"),
    [
        ("300 years old", "300 years old -> 95", lambda p: p.body.age == 95),
        ("a 3-year-old boy", "3 years old -> 8", lambda p: p.body.age == 8),
        ("4 metres tall", "4 m tall -> 2.15 m", lambda p: p.body.height == 2.15),
        ("a toddler", "3 years old -> 8", lambda p: p.body.age == 8),
        (
            "black hair and a white beard",
            "white beard -> the colour of the hair",
            lambda p: p.hair.colour == HAIR_COLOURS["black"],
        ),
    ],
)
def test_the_impossible_is_clamped_with_a_note(text: str, note: str, check: object) -> None:
    made = described(text)
    assert note in made.approximated
    assert callable(check) and check(made.character)


def test_grey_hair_comes_with_age_and_age_with_grey_hair() -> None:
    old = [described("an 80 year old woman", agent=f"o{i}").character for i in range(30)]
    young = [described("a 20 year old woman", agent=f"o{i}").character for i in range(30)]

    def lightness(person: CharacterDescription) -> str:
        return named(
            person.hair.colour, HAIR_COLOURS, ("black", "brown", "auburn", "blonde", "silver", "white", "grey", "dark")
        )

    assert sum(lightness(p) in ("silver", "white", "grey") for p in old) >= 27
    assert sum(lightness(p) in ("silver", "white", "grey") for p in young) <= 2
    assert all(described("silver hair", agent=f"s{i}").character.body.age > 48 for i in range(10))


def test_skin_hair_and_eyes_go_together() -> None:
    for i in range(20):
        black = described("a Black woman", agent=f"b{i}").character
        assert black.skin.tone > 0.6 and black.face.ancestry.african > 0.6
        assert named(black.eyes.colour, EYE_COLOURS, ("blue", "green", "brown", "dark")) in ("brown", "dark")
        ebony = described("ebony skin", agent=f"e{i}").character
        assert ebony.skin.tone == SKIN_TONES["ebony"][0] and ebony.face.ancestry.african > 0.6
        red = described("red hair and freckles", agent=f"r{i}").character
        assert red.skin.tone < 0.5
    light = [described("red hair and freckles", agent=f"r{i}").character.skin.tone < 0.32 for i in range(40)]
    assert sum(light) >= 34


def test_children_are_small_and_plain() -> None:
    child = described("a 9-year-old girl").character
    assert child.body.height < 1.5 and child.skin.make_up == 0
    assert child.hair.facial == FacialHair.NONE


def test_role_and_temper_dress_a_person() -> None:
    nurses = [described(role="nurse", agent=f"n{i}").character.outfit.top for i in range(12)]
    assert {named(top.colour, COLOURS) for top in nurses} <= {
        "teal",
        "sky blue",
        "sky",
        "sea green",
        "navy",
        "jade",
        "prussian blue",
    }
    assert all(top.pattern == Pattern.PLAIN and top.logo == Logo.NONE for top in nurses)
    coaches = [described(role="fitness coach", agent=f"c{i}").character for i in range(12)]
    assert all(c.outfit.bottom.kind == BottomKind.SHORTS for c in coaches)
    assert sum(c.body.muscle for c in coaches) / 12 > 0.62
    desk = [described(role="customer support agent", agent=f"d{i}").character for i in range(20)]
    assert sum(AccessoryKind.HEADSET in {a.kind for a in d.outfit.accessories} for d in desk) >= 12
    cheerful = {described(personality="cheerful", agent=f"m{i}").character.outfit.top.colour for i in range(30)}
    stern = {described(personality="stern", agent=f"m{i}").character.outfit.top.colour for i in range(30)}
    assert not cheerful & stern


def test_software_engineers_do_not_dress_for_the_workshop() -> None:
    people = [described(role="software engineer", agent=f"s{i}").character.outfit for i in range(15)]
    assert {outfit.footwear.kind for outfit in people} == {FootwearKind.SNEAKERS}
    assert {outfit.top.kind for outfit in people} >= {TopKind.HOODIE, TopKind.T_SHIRT}


def test_children_and_men_wear_what_they_wear() -> None:
    for i in range(60):
        child = described("a 9-year-old child", role="lawyer", agent=f"c{i}").character.outfit
        assert child.top.kind != TopKind.BLAZER and child.footwear.kind != FootwearKind.LOAFERS
        man = described("a man", agent=f"m{i}").character.outfit
        assert man.top.kind != TopKind.DRESS and man.bottom.kind != BottomKind.SKIRT
        assert man.footwear.kind != FootwearKind.FLATS
        in_jeans = described("a woman in jeans", agent=f"w{i}").character.outfit
        assert in_jeans.top.kind != TopKind.DRESS


def test_a_name_is_a_weak_hint() -> None:
    assert described(name="Olaf", agent="q").character.body.gender > 0.8
    assert described(name="Ingrid", agent="q").character.body.gender < 0.2
    assert described("a woman", name="Olaf", agent="q").character.body.gender < 0.2
    tones = [described(name="Kwame", agent=f"k{i}").character.skin.tone for i in range(20)]
    assert sum(tone > 0.6 for tone in tones) >= 14
    asian = [described(name="山田花子", agent=f"k{i}").character.face.ancestry.asian > 0.6 for i in range(20)]
    assert sum(asian) >= 14


def test_300_agents_with_only_names_are_a_varied_crowd() -> None:
    crowd = [described(name="Agent", agent=f"agent-{i}").character for i in range(300)]
    women = sum(p.body.gender < 0.5 for p in crowd)
    assert 110 <= women <= 190
    tones = Counter(min(int(p.skin.tone * 5), 4) for p in crowd)
    assert len(tones) == 5 and min(tones.values()) >= 10
    ages = Counter(int(p.body.age // 10) for p in crowd)
    assert all(ages[decade] >= 12 for decade in (2, 3, 4, 5, 6))
    styles = Counter(p.hair.style for p in crowd)
    assert all(styles[style] >= 4 for style in HairStyle)
    assert all(sum(p.hair.facial == facial for p in crowd) >= 3 for facial in FacialHair)
    for kinds, worn in (
        (TopKind, [p.outfit.top.kind for p in crowd]),
        (BottomKind, [p.outfit.bottom.kind for p in crowd]),
        (FootwearKind, [p.outfit.footwear.kind for p in crowd]),
    ):
        assert all(worn.count(kind) >= 10 for kind in kinds)
    assert all(sum(p.outfit.top.pattern == pattern for p in crowd) >= 3 for pattern in Pattern)
    assert all(sum(p.face.brows == brows for p in crowd) >= 10 for brows in BrowStyle)
    assert all(sum(p.eyes.iris == iris for p in crowd) >= 10 for iris in IrisPattern)
    assert len({p.outfit.model_copy(update={"accessories": ()}) for p in crowd}) == 300  # nobody meets himself
    assert len({p.hair.colour for p in crowd}) >= 15
    assert len({p.outfit.top.colour for p in crowd}) >= 10
    clothes = [(p.outfit.top.colour, p.outfit.bottom.colour) for p in crowd if p.outfit.top.kind != TopKind.BLAZER]
    assert sum(together(*pair) > 0.4 for pair in clothes) > 0.93 * len(clothes)
    looks = {(p.hair.style, p.hair.colour, p.eyes.colour, p.outfit.top, p.outfit.bottom, p.hair.facial) for p in crowd}
    assert len(looks) >= 290
    assert len({p.seed for p in crowd}) == 300


def test_what_the_text_settles_leaves_the_rest_as_it_was() -> None:
    plain, told = described(agent="same").character, described("green eyes", agent="same").character
    assert plain.body == told.body and plain.hair.style == told.hair.style


def test_the_same_in_another_process() -> None:
    code = (
        "from pathlib import Path; from avatar.describe.offline import describe_offline;"
        "from avatar.profile import parse_profile;"
        f"print(describe_offline(parse_profile(Path({str(ADA)!r}).read_bytes(), 'ada')).model_dump_json())"
    )
    other = subprocess.run(  # another hash seed: nothing may hang on the order of sets
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONHASHSEED": "77"},
        cwd=Path(__file__).parents[2],
    )
    here = describe_offline(parse_profile(ADA.read_bytes(), "ada")).model_dump_json()
    assert json.loads(other.stdout) == json.loads(here)


VOCABULARY = st.sampled_from(sorted(terms.VOCABULARY)) | st.sampled_from(
    [
        ",",
        ".",
        ":",
        "-",
        "'",
        '"',
        "34",
        "years old",
        "1.8",
        "m",
        "6'",
        "her",
        "husband",
        "no",
        "is",
        "#a31",
        "mother's",
        "\n",
        "twenty",
    ]
)


@settings(max_examples=120, deadline=None)
@given(st.text(max_size=400) | st.lists(VOCABULARY, max_size=60).map(" ".join), st.sampled_from(AvatarStyle))
def test_any_text_gives_a_valid_character_and_always_the_same(text: str, style: AvatarStyle) -> None:
    def make() -> Description:
        profile = AgentProfile.model_construct(
            agent_id="h",
            name=text[:40] or "h",
            description=text,
            role=text[:200],
            personality=text[-200:],
            style=style,
            tags=(text[:50] or "t",),
        )
        return describe_offline(profile)

    made = make()
    assert CharacterDescription.model_validate_json(made.character.model_dump_json()) == made.character
    assert made == make()


@pytest.mark.parametrize(
    "unit",
    [
        "red ",
        "very ",
        "her husband ",
        "a tall slim man with green eyes and ",
        "34 ",
        "as ",
        "no ",
        "🙂",
        "the ",
        "a-",
        "'",
        "x" * 50 + " ",
        "six feet ",
        ", ",
        "mother's ",
        "\n",
        "é",
        "her tall red ",
    ],
)
def test_work_grows_no_faster_than_the_text(unit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Counts Python function calls, the same on every machine."""

    def calls(length: int) -> int:
        text = (unit * (length // len(unit) + 1))[:length]
        count = 0

        def tally(_frame: object, event: str, _arg: object) -> None:
            nonlocal count
            count += event == "call"

        sys.setprofile(tally)
        try:
            described(text)
        finally:
            sys.setprofile(None)
        return count

    short, long = calls(2_000), calls(8_000)
    assert long <= 4.6 * short + 2_000


def test_a_description_of_full_length_is_read() -> None:
    text = "She has green eyes. " * (MAX_TEXT // 20)
    assert described(text).character.eyes.colour == EYE_COLOURS["green"]


def test_sentences_open_contractions_and_hyphens() -> None:
    [sentence] = sentences("She's a blue-eyed cook who isn’t Ada’s aunt")
    assert [t.text for t in sentence] == ["she", "is", "a", "blue", "eyed", "cook", "who", "is", "not", "ada", "aunt"]
    assert sentence[4].glued and sentence[9].owner and sentence[0] == Token("she", capital=True)


def test_summary_tells_what_was_made() -> None:
    summary = described(
        "a tall slim woman of 30 with long red hair in a yellow T-shirt, blue jeans, black sneakers and gold earrings, "
        "no glasses, green eyes",
        name="Eve\nX",
    ).character.summary
    assert summary == (
        "Eve X is a tall, slim woman of about 30 with fair skin, long red hair and green eyes, "
        "wearing a yellow T-shirt, blue jeans, black sneakers and gold earrings."
    ) or summary.startswith("Eve X is a tall, slim woman of about 30 with ")
    assert "long red hair" in summary and "green eyes" in summary and "yellow T-shirt" in summary
