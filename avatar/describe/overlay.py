"""Findings over a character that is already whole: what was said changes, all else stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import JsonValue

from avatar.character import AccessoryKind, CharacterDescription, FacialHair, HairStyle, Pattern, TopKind
from avatar.describe import dressing
from avatar.describe.colours import ACCESSORY_COLOURS
from avatar.describe.defaults import clamp, height_of, lighter, usual_height, weight_of
from avatar.describe.findings import Findings
from avatar.describe.haircuts import cut_of
from avatar.describe.harmony import second_of
from avatar.describe.outfits import accessory_kind
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
    Slot.NOSE_PROFILE: "face.noseProfile",
    Slot.MOUTH_WIDTH: "face.mouthWidth",
    Slot.EYE_SPACING: "face.eyeSpacing",
    Slot.EYE_TILT: "face.eyeTilt",
    Slot.FULLNESS: "face.cheeks",
    Slot.EARS: "face.ears",
    Slot.EYELINER: "skin.eyeliner",
    Slot.LIPS: "face.lipFullness",
    Slot.EYE_SIZE: "face.eyeSize",
    Slot.CHEEKBONES: "face.cheekbones",
    Slot.BROWS: "face.browWeight",
}
_WORDS: Mapping[Slot, str] = {
    Slot.LIP_COLOUR: "skin.lipColour",
    Slot.LID_COLOUR: "skin.lidColour",
    Slot.NAIL_COLOUR: "skin.nailColour",
    Slot.EYE_COLOUR: "eyes.colour",
    Slot.IRIS: "eyes.iris",
    Slot.LASHES: "eyes.lashes",
    Slot.BROW_STYLE: "face.brows",
    Slot.FACIAL_HAIR: "hair.facial",
    Slot.HIGHLIGHTS: "hair.highlights",
    Slot.ROOTS: "hair.roots",
    Slot.FACE_SHAPE: "face.shape",
    Slot.TOP: "outfit.top.kind",
    Slot.TOP_COLOUR: "outfit.top.colour",
    Slot.TOP_ACCENT: "outfit.top.accent",
    Slot.TOP_PATTERN: "outfit.top.pattern",
    Slot.TOP_LOGO: "outfit.top.logo",
    Slot.BOTTOM: "outfit.bottom.kind",
    Slot.BOTTOM_COLOUR: "outfit.bottom.colour",
    Slot.BOTTOM_ACCENT: "outfit.bottom.accent",
    Slot.BOTTOM_PATTERN: "outfit.bottom.pattern",
    Slot.SHOES: "outfit.footwear.kind",
    Slot.SHOES_COLOUR: "outfit.footwear.colour",
    Slot.SHOES_ACCENT: "outfit.footwear.accent",
}
SLOTS_OF: Mapping[AccessoryKind, Slot] = {
    AccessoryKind.GLASSES: Slot.GLASSES,
    AccessoryKind.SQUARE_GLASSES: Slot.GLASSES,
    AccessoryKind.SUNGLASSES: Slot.GLASSES,
    AccessoryKind.EARRINGS: Slot.EARRINGS,
    AccessoryKind.HEADSET: Slot.HEADSET,
    AccessoryKind.CAP: Slot.HAT,
    AccessoryKind.BEANIE: Slot.HAT,
}


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
    for slot, taken_off in _TAKEN_OFF.items():
        if found.numbers.get(slot) == 0:
            values |= dict.fromkeys(taken_off)
    return changed(
        character,
        values
        | _clothes(character, found)
        | _body(character, found)
        | _hair(character, found)
        | _worn(character, found),
    )


_TAKEN_OFF: Mapping[Slot, tuple[str, ...]] = {
    Slot.MAKE_UP: ("skin.lipColour", "skin.lidColour"),
    Slot.NAILS: ("skin.nailColour",),
    Slot.HIGHLIGHTS: ("hair.highlights",),
    Slot.ROOTS: ("hair.roots",),
}


def _clothes(character: CharacterDescription, found: Findings) -> dict[str, JsonValue]:
    """New clothes do not have the old ones' patterns; a pattern has a second colour; a dress has nothing below."""
    outfit, words = character.outfit, found.words
    values: dict[str, JsonValue] = {}
    if Slot.TOP in words:
        values |= {"outfit.top.pattern": Pattern.PLAIN.value, "outfit.top.logo": "none", "outfit.top.accent": None}
    elif Slot.BOTTOM in words and outfit.top.kind == TopKind.DRESS:
        values["outfit.top.kind"] = TopKind.T_SHIRT.value
    if Slot.BOTTOM in words:
        values |= {"outfit.bottom.pattern": Pattern.PLAIN.value, "outfit.bottom.accent": None}
    if Slot.SHOES in words:
        values["outfit.footwear.accent"] = None
    for part, colour, accent, pattern in (
        ("top", Slot.TOP_COLOUR, Slot.TOP_ACCENT, Slot.TOP_PATTERN),
        ("bottom", Slot.BOTTOM_COLOUR, Slot.BOTTOM_ACCENT, Slot.BOTTOM_PATTERN),
    ):
        base = words.get(colour) or getattr(outfit, part).colour
        if pattern in words:
            drawn = words[pattern] != Pattern.PLAIN
            values[f"outfit.{part}.pattern"] = str(words[pattern])
            values[f"outfit.{part}.accent"] = second_of(base, character.seed, f"{part} accent") if drawn else None
        if accent in words:
            values[f"outfit.{part}.accent"] = words[accent]
    if Slot.TOP_LOGO in words:
        values["outfit.top.logo"] = str(words[Slot.TOP_LOGO])
    if Slot.SHOES_ACCENT in words:
        values["outfit.footwear.accent"] = words[Slot.SHOES_ACCENT]
    return values


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
    style = cut_of(found, character.seed, character.body.gender, character.hair.style)
    if style is not None:
        values["hair.style"] = style.value
    if found.numbers.get(Slot.HIGHLIGHTS) == 1 and Slot.HIGHLIGHTS not in found.words:
        values["hair.highlights"] = lighter(found.words.get(Slot.HAIR_COLOUR) or character.hair.colour)
    colour, beard = found.words.get(Slot.HAIR_COLOUR), found.words.get(Slot.FACIAL_COLOUR)
    bare = character.hair.style == HairStyle.BALD and character.hair.facial != FacialHair.NONE
    if colour or (beard and bare):
        values["hair.colour"] = colour or beard
    elif beard and beard != character.hair.colour:
        found.near[Slot.FACIAL_COLOUR] = f"{found.heard[Slot.FACIAL_COLOUR]} beard -> the colour of the hair"
    return values


def _worn(character: CharacterDescription, found: Findings) -> dict[str, JsonValue]:
    """What is on the head. Of glasses and of hats one pair and one piece: the new ones take the old one's place."""
    worn = {accessory.kind: accessory.colour for accessory in character.outfit.accessories}
    for slot, colour_slot in dressing.ACCESSORY_COLOURS.items():
        said, colour = found.numbers.get(slot), found.words.get(colour_slot)
        if said is None:
            continue
        of_slot = [kind for kind in worn if SLOTS_OF[kind] == slot]
        kind = accessory_kind(found, slot) or next(iter(of_slot), AccessoryKind.CAP)
        if slot not in dressing.ACCESSORY_KINDS:
            kind = AccessoryKind(slot.value)
        before = {kind: worn.pop(kind) for kind in of_slot}
        if said != 0:
            worn[kind] = colour or before.get(kind, ACCESSORY_COLOURS[kind])
    if worn == {accessory.kind: accessory.colour for accessory in character.outfit.accessories}:
        return {}
    return {"outfit.accessories": [{"kind": kind.value, "colour": colour} for kind, colour in worn.items()]}
