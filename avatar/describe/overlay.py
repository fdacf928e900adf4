"""Findings over a character that is already whole: what was said changes, all else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from avatar.character import CharacterDescription, FacialHair, HairStyle
from avatar.describe.colours import ACCESSORY_COLOURS
from avatar.describe.defaults import clamp, height_of, style_of, usual_height, weight_of
from avatar.describe.findings import Findings
from avatar.describe.slots import Slot

# slots whose value is the field's value
_NUMBERS: Mapping[Slot, str] = {
    Slot.GENDER: "body.gender",
    Slot.WEIGHT: "body.weight",
    Slot.MUSCLE: "body.muscle",
    Slot.AFRICAN: "face.ancestry.african",
    Slot.ASIAN: "face.ancestry.asian",
    Slot.EUROPEAN: "face.ancestry.european",
    Slot.ANCESTRY: "skin.tone",
    Slot.TONE: "skin.tone",
    Slot.UNDERTONE: "skin.undertone",
    Slot.FRECKLES: "skin.freckles",
    Slot.BLUSH: "skin.blush",
    Slot.MAKE_UP: "skin.makeUp",
    Slot.JAW: "face.jawWidth",
    Slot.CHIN: "face.chin",
    Slot.NOSE_WIDTH: "face.noseWidth",
    Slot.NOSE_LENGTH: "face.noseLength",
    Slot.LIPS: "face.lipFullness",
    Slot.EYE_SIZE: "face.eyeSize",
    Slot.CHEEKBONES: "face.cheekbones",
    Slot.BROWS: "face.browWeight",
}
_WORDS: Mapping[Slot, str] = {
    Slot.LIP_COLOUR: "skin.lipColour",
    Slot.EYE_COLOUR: "eyes.colour",
    Slot.HAIR_STYLE: "hair.style",
    Slot.FACIAL_HAIR: "hair.facial",
    Slot.FACE_SHAPE: "face.shape",
    Slot.TOP: "outfit.top.kind",
    Slot.TOP_COLOUR: "outfit.top.colour",
    Slot.TOP_ACCENT: "outfit.top.accent",
    Slot.BOTTOM: "outfit.bottom.kind",
    Slot.BOTTOM_COLOUR: "outfit.bottom.colour",
    Slot.SHOES: "outfit.footwear.kind",
    Slot.SHOES_COLOUR: "outfit.footwear.colour",
}
_SHORT = (HairStyle.CROP, HairStyle.SIDE_PART)


def changed(character: CharacterDescription, values: Mapping[str, JsonValue]) -> CharacterDescription:
    """``character`` with ``values`` by camelCase path ("face.jawWidth"); the summary is left as it was."""
    document: dict[str, Any] = character.model_dump(mode="json")
    for path, value in values.items():
        *steps, last = path.split(".")
        inner = document
        for step in steps:
            inner = inner[step]
        inner[last] = value
    return CharacterDescription.model_validate(document)


def overlay(character: CharacterDescription, found: Findings) -> CharacterDescription:
    """``character`` with what ``found`` says of it. Clamps what no body can be and notes it in ``found.near``."""
    values: dict[str, JsonValue] = {
        path: round(float(found.numbers[slot]), 3) for slot, path in _NUMBERS.items() if slot in found.numbers
    }
    if Slot.GENDER in found.numbers and _same_side(found.numbers[Slot.GENDER], character.body.gender):
        del values["body.gender"]  # "an elderly woman" of a woman says nothing new
    values |= {path: str(found.words[slot]) for slot, path in _WORDS.items() if slot in found.words}
    if found.numbers.get(Slot.MAKE_UP) == 0:
        values["skin.lipColour"] = None
    if Slot.TOP in found.words and Slot.TOP_ACCENT not in found.words:
        values["outfit.top.accent"] = None  # another top: the old one's stripes are gone
    return changed(character, values | _body(character, found) | _hair(character, found) | _worn(character, found))


def _same_side(said: float, now: float) -> bool:
    return (said < 0.4 and now < 0.4) or (said > 0.6 and now > 0.6)


def _body(character: CharacterDescription, found: Findings) -> dict[str, JsonValue]:
    body, numbers = character.body, found.numbers
    values: dict[str, JsonValue] = {}
    gender, age, height = numbers.get(Slot.GENDER, body.gender), body.age, body.height
    if _same_side(gender, body.gender):
        gender = body.gender
    if Slot.AGE in numbers:
        age = round(clamp(numbers[Slot.AGE], 8, 95), 1)
        if age != numbers[Slot.AGE]:
            found.near[Slot.AGE] = f"{numbers[Slot.AGE]:g} years old -> {age:g}"
        values["body.age"] = age
    if Slot.HEIGHT in numbers:
        height = clamp(numbers[Slot.HEIGHT], 1.05, 2.15)
        if height != numbers[Slot.HEIGHT]:
            found.near[Slot.HEIGHT] = f"{numbers[Slot.HEIGHT]:.3g} m tall -> {height:g} m"
    elif Slot.STATURE in numbers:
        height = height_of(numbers[Slot.STATURE], gender, age)
    else:
        height = grown(height, body.gender, body.age, gender, age)
    height = round(clamp(height, 1.05, 2.15), 2)
    if height != body.height:
        values["body.height"] = height
    if Slot.MASS in numbers:
        values["body.weight"] = round(weight_of(numbers[Slot.MASS], height), 3)
    return values


def grown(height: float, gender: float, age: float, new_gender: float, new_age: float) -> float:
    """``height`` for another age or gender: as far from the usual as before; small differences stay away."""
    ratio = usual_height(new_gender, new_age) / usual_height(gender, age)
    return height * ratio if abs(ratio - 1) > 0.012 else height


def _hair(character: CharacterDescription, found: Findings) -> dict[str, JsonValue]:
    values: dict[str, JsonValue] = {}
    style = style_of(found.words.get(Slot.HAIR_LENGTH, ""), character.seed, character.body.gender)
    kept = style in _SHORT and character.hair.style in _SHORT
    if style is not None and Slot.HAIR_STYLE not in found.words and not kept:
        values["hair.style"] = style.value
    colour, beard = found.words.get(Slot.HAIR_COLOUR), found.words.get(Slot.FACIAL_COLOUR)
    bare = character.hair.style == HairStyle.BALD and character.hair.facial != FacialHair.NONE
    if colour or (beard and bare):
        values["hair.colour"] = colour or beard
    elif beard and beard != character.hair.colour:
        found.near[Slot.FACIAL_COLOUR] = f"{found.heard[Slot.FACIAL_COLOUR]} beard -> the colour of the hair"
    return values


def _worn(character: CharacterDescription, found: Findings) -> dict[str, JsonValue]:
    worn = {accessory.kind: accessory.colour for accessory in character.outfit.accessories}
    for kind, usual in ACCESSORY_COLOURS.items():
        said, colour = found.numbers.get(Slot(kind.value)), found.words.get(Slot(f"{kind.value} colour"))
        if said == 0:
            worn.pop(kind, None)
        elif said is not None:
            worn[kind] = colour or worn.get(kind, usual)
    if worn == {accessory.kind: accessory.colour for accessory in character.outfit.accessories}:
        return {}
    return {"outfit.accessories": [{"kind": kind.value, "colour": colour} for kind, colour in worn.items()]}
