"""The people of the gallery come out as they are said to be, word by word."""

from __future__ import annotations

import pytest

from avatar.character import (
    AccessoryKind,
    BottomKind,
    CharacterDescription,
    FacialHair,
    FootwearKind,
    HairStyle,
    Pattern,
    TopKind,
)
from avatar.describe.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, SKIN_TONES
from avatar.describe.description import Description
from avatar.describe.offline import describe_offline
from avatar.profile import AgentProfile
from gallery.cast import PEOPLE

NEAR = {"Arjun": ("wavy hair -> a side part",)}
CLOTHES: dict[str, tuple[TopKind, str, BottomKind, FootwearKind, str]] = {
    "Ada": (TopKind.T_SHIRT, "navy", BottomKind.JEANS, FootwearKind.SNEAKERS, "white"),
    "Tomas": (TopKind.BLAZER, "grey", BottomKind.TROUSERS, FootwearKind.LOAFERS, "brown"),
    "Ngozi": (TopKind.DRESS, "yellow", BottomKind.TROUSERS, FootwearKind.FLATS, "black"),
    "Henrik": (TopKind.SHIRT, "", BottomKind.TROUSERS, FootwearKind.BOOTS, "brown"),
    "Yuki": (TopKind.HOODIE, "lilac", BottomKind.SKIRT, FootwearKind.SNEAKERS, "white"),
    "Arjun": (TopKind.POLO, "green", BottomKind.TROUSERS, FootwearKind.SNEAKERS, "white"),
    "Mia": (TopKind.T_SHIRT, "red", BottomKind.SHORTS, FootwearKind.SNEAKERS, "red"),
    "Rosa": (TopKind.LONG_SLEEVE, "burgundy", BottomKind.JEANS, FootwearKind.BOOTS, "black"),
}
HEADS: dict[str, tuple[HairStyle, str, FacialHair, str]] = {
    "Ada": (HairStyle.LONG_STRAIGHT, "auburn", FacialHair.NONE, "green"),
    "Ngozi": (HairStyle.AFRO, "", FacialHair.NONE, "brown"),
    "Henrik": (HairStyle.CROP, "white", FacialHair.BEARD, "blue"),
    "Yuki": (HairStyle.BOB_BANGS, "black", FacialHair.NONE, "dark"),
    "Arjun": (HairStyle.SIDE_PART, "black", FacialHair.STUBBLE, "dark"),
    "Mia": (HairStyle.BRAIDS, "blonde", FacialHair.NONE, "blue"),
    "Rosa": (HairStyle.BUN, "grey", FacialHair.NONE, "brown"),
}


def told(name: str) -> Description:
    return describe_offline(AgentProfile(agent_id=name.lower(), name=name, description=PEOPLE[name]))


def made(name: str) -> CharacterDescription:
    return told(name).character


def worn(person: CharacterDescription) -> dict[AccessoryKind, str]:
    return {accessory.kind: accessory.colour for accessory in person.outfit.accessories}


@pytest.mark.parametrize("name", PEOPLE)
def test_everything_that_is_said_can_be_made(name: str) -> None:
    assert told(name).approximated == NEAR.get(name, ())


@pytest.mark.parametrize("name", CLOTHES)
def test_clothes(name: str) -> None:
    outfit = made(name).outfit
    top, colour, bottom, shoes, shoe_colour = CLOTHES[name]
    assert (outfit.top.kind, outfit.footwear.kind, outfit.footwear.colour) == (top, shoes, COLOURS[shoe_colour])
    assert not colour or outfit.top.colour == COLOURS[colour]
    assert top == TopKind.DRESS or outfit.bottom.kind == bottom


@pytest.mark.parametrize("name", HEADS)
def test_heads(name: str) -> None:
    person = made(name)
    style, colour, beard, eyes = HEADS[name]
    assert (person.hair.style, person.hair.facial, person.eyes.colour) == (style, beard, EYE_COLOURS[eyes])
    assert not colour or person.hair.colour == HAIR_COLOURS[colour]


def test_what_is_particular_to_each() -> None:
    ada, tomas, ngozi, henrik = (made(name) for name in ("Ada", "Tomas", "Ngozi", "Henrik"))
    assert 0.2 < ada.skin.make_up < 0.4 and ada.skin.freckles > 0.5 and ada.body.weight < 0.35
    assert tomas.hair.style in (HairStyle.CROP, HairStyle.SIDE_PART) and tomas.hair.facial == FacialHair.SHORT_BEARD
    assert tomas.outfit.top.accent == COLOURS["white"] and tomas.skin.tone == SKIN_TONES["olive"][0]
    assert (
        ngozi.body.height > 1.7 and ngozi.body.muscle > 0.7 and worn(ngozi)[AccessoryKind.EARRINGS] == COLOURS["gold"]
    )
    assert henrik.body.weight > 0.75 and henrik.outfit.top.pattern == Pattern.CHECKS and henrik.outfit.top.accent
    assert set(worn(henrik)) == {AccessoryKind.GLASSES} and henrik.body.age == 72
    yuki, arjun, mia, rosa = (made(name) for name in ("Yuki", "Arjun", "Mia", "Rosa"))
    assert yuki.body.height < 1.6 and yuki.body.weight < 0.35
    assert arjun.body.muscle > 0.8 and set(worn(arjun)) == {AccessoryKind.HEADSET}
    assert arjun.outfit.bottom.colour == COLOURS["beige"]
    assert mia.body.age == 9 and mia.outfit.top.pattern == Pattern.STRIPES
    assert mia.outfit.top.accent == COLOURS["white"] and mia.outfit.bottom.colour == COLOURS["blue"]
    assert rosa.skin.lip_colour == COLOURS["red"] and 0.6 < rosa.body.weight < 0.8
    assert AccessoryKind.GLASSES in worn(rosa)
