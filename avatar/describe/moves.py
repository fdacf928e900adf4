"""What a comparative does to a character: "longer" to hair, "kinder" to eyes, "darker" to a shirt.

``effects_of`` answers for a part and a plain adjective ("hair", "long") which fields move and which way; ``perform``
moves them. Most of the table is the describer's own vocabulary: what makes a nose narrow makes it narrower too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import Any, TypeAlias

from avatar.character import BottomKind, CharacterDescription, FaceShape, FacialHair, HairStyle, TopKind
from avatar.describe import colours, words
from avatar.describe.defaults import clamp
from avatar.describe.haircuts import LADDER, curled, moved
from avatar.describe.overlay import changed, grown
from avatar.describe.slots import Slot
from avatar.describe.tables import bag

# --- fields that can be turned up and down -----------------------------------------------------------------------

# path -> lowest, highest, how far "more" goes
DIALS: Mapping[str, tuple[float, float, float]] = MappingProxyType(
    {
        "body.gender": (0.0, 1.0, 0.2),
        "body.height": (1.05, 2.15, 0.06),
        "body.weight": (0.0, 1.0, 0.16),
        "body.muscle": (0.0, 1.0, 0.18),
        "skin.tone": (0.0, 1.0, 0.14),
        "skin.undertone": (-1.0, 1.0, 0.35),
        "skin.freckles": (0.0, 1.0, 0.3),
        "skin.blush": (0.0, 1.0, 0.25),
        "skin.makeUp": (0.0, 1.0, 0.3),
        "skin.eyeliner": (0.0, 1.0, 0.3),
        **{
            f"face.{name}": (-1.0, 1.0, 0.4)
            for name in (
                "jawWidth", "chin", "noseWidth", "noseLength", "noseProfile", "lipFullness", "mouthWidth", "eyeSize",
                "eyeSpacing", "eyeTilt", "cheekbones", "cheeks", "ears", "browWeight",
            )
        },
    }
)  # fmt: skip
_FACE_DIALS: Mapping[Slot, str] = MappingProxyType(
    {
        Slot.NOSE_WIDTH: "face.noseWidth",
        Slot.NOSE_LENGTH: "face.noseLength",
        Slot.NOSE_PROFILE: "face.noseProfile",
        Slot.MOUTH_WIDTH: "face.mouthWidth",
        Slot.EYE_SPACING: "face.eyeSpacing",
        Slot.EYE_TILT: "face.eyeTilt",
        Slot.FULLNESS: "face.cheeks",
        Slot.EARS: "face.ears",
        Slot.JAW: "face.jawWidth",
        Slot.CHIN: "face.chin",
        Slot.CHEEKBONES: "face.cheekbones",
        Slot.LIPS: "face.lipFullness",
        Slot.BROWS: "face.browWeight",
        Slot.EYE_SIZE: "face.eyeSize",
        Slot.BLUSH: "skin.blush",
    }
)
_BEARD_LADDER = (
    (FacialHair.NONE,),
    (FacialHair.STUBBLE,),
    (FacialHair.SHORT_BEARD, FacialHair.MOUSTACHE, FacialHair.GOATEE),
    (FacialHair.BEARD,),
)
_LEG_LADDER = ((BottomKind.SHORTS,), (BottomKind.TROUSERS, BottomKind.JEANS))
_SLEEVE_LADDER = ((TopKind.T_SHIRT, TopKind.POLO), (TopKind.LONG_SLEEVE, TopKind.SHIRT))


@dataclass(frozen=True, slots=True)
class Turn:
    """A dial, ``by`` steps up (negative: down)."""

    path: str
    by: float = 1.0


@dataclass(frozen=True, slots=True)
class Grow:
    """Up or down a ladder of kinds from short to long."""

    path: str
    ladder: tuple[tuple[Any, ...], ...]
    by: int = 1


@dataclass(frozen=True, slots=True)
class Curl:
    """Hair with more curl (1) or less (-1)."""

    by: int


@dataclass(frozen=True, slots=True)
class Years:
    """Older (1) or younger (-1)."""

    by: int


@dataclass(frozen=True, slots=True)
class Tint:
    """Colours that lean to another."""

    paths: tuple[str, ...]
    colour: str


@dataclass(frozen=True, slots=True)
class Shade:
    """Colours that get "light", "dark", "bright", "muted", "warm" or "cool"."""

    paths: tuple[str, ...]
    shade: str


@dataclass(frozen=True, slots=True)
class Complexion:
    """Skin that leans to a tone and an undertone."""

    tone: float
    undertone: float


@dataclass(frozen=True, slots=True)
class Shape:
    """The face gets another shape."""

    shape: FaceShape


@dataclass(frozen=True, slots=True)
class Beyond:
    """A wish that no generator here can make, and what there is instead."""

    instead: str


Effect: TypeAlias = Turn | Grow | Curl | Years | Tint | Shade | Complexion | Shape | Beyond

# --- words ------------------------------------------------------------------------------------------------------

_KIND = bag(
    "kind friendly gentle soft warm sweet tender caring approachable welcoming kindly amiable mild open trusting"
)
_STERN = bag(
    "stern strict serious severe hard harsh tough fierce cold grim mean scary intimidating commanding angry bossy"
)
_CUTE = bag("cute adorable childish")
_TEMPERS: Sequence[tuple[frozenset[str], Mapping[str, float]]] = (
    (
        _KIND,
        {
            "face.eyeSize": 0.7,
            "face.browWeight": -0.7,
            "face.jawWidth": -0.4,
            "face.lipFullness": 0.4,
            "skin.blush": 0.3,
        },
    ),
    (
        _STERN,
        {
            "face.eyeSize": -0.6,
            "face.browWeight": 0.9,
            "face.jawWidth": 0.5,
            "face.lipFullness": -0.4,
            "face.cheekbones": 0.4,
        },
    ),
    (_CUTE, {"face.eyeSize": 0.9, "face.chin": -0.5, "face.noseLength": -0.5, "skin.blush": 0.5}),
)
_EYE_PATHS = ("face.eyeSize", "face.browWeight")
_OLD, _YOUNG = bag("old elderly aged mature aging ageing wrinkled wrinkly grizzled"), bag("young youthful")
_SHADES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(bag("dark deep rich"), "dark"),
        **dict.fromkeys(bag("light pale fair pastel faint"), "light"),
        **dict.fromkeys(bag("bright vivid bold lively colourful colorful cheerful loud saturated intense"), "bright"),
        **dict.fromkeys(bag("muted dull faded subtle calm quiet sober dusty subdued soft understated"), "muted"),
        "warm": "warm",
        "cool": "cool",
        "cold": "cool",
    }
)
_OPPOSITE = {"dark": "light", "light": "dark", "bright": "muted", "muted": "bright", "warm": "cool", "cool": "warm"}
_SHADE_TINTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "hair.colour": {"warm": colours.HAIR_COLOURS["copper"], "cool": colours.HAIR_COLOURS["ash"]},
        "eyes.colour": {"warm": colours.EYE_COLOURS["amber"], "cool": colours.EYE_COLOURS["ice"]},
        "": {"warm": "#d8762c", "cool": "#3a72c4"},
    }
)
_SKIN_DARK = bag("dark deep brown black dusky ebony")
_SKIN_LIGHT = bag("light pale fair white")
_PALETTES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {Slot.HAIR: colours.HAIR_COLOURS, Slot.EYES: colours.EYE_COLOURS}
)
# the colours of a part: what there is of it on this character
_COLOURS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        Slot.HAIR: ("hair.colour",),
        Slot.EYES: ("eyes.colour",),
        Slot.TOP: ("outfit.top.colour",),
        Slot.BOTTOM: ("outfit.bottom.colour",),
        Slot.SHOES: ("outfit.footwear.colour",),
        Slot.OUTFIT: ("outfit.top.colour", "outfit.top.accent", "outfit.bottom.colour", "outfit.footwear.colour"),
        Slot.LIPS: ("skin.lipColour",),
        Slot.GLASSES: tuple(f"outfit.accessories.{kind}" for kind in ("glasses", "square_glasses", "sunglasses")),
        Slot.EARRINGS: ("outfit.accessories.earrings",),
        Slot.HEADSET: ("outfit.accessories.headset",),
        Slot.HAT: ("outfit.accessories.cap", "outfit.accessories.beanie"),
        Slot.HIGHLIGHTS: ("hair.highlights",),
        Slot.ROOTS: ("hair.roots",),
        Slot.NAILS: ("skin.nailColour",),
    }
)
_NATURAL_LIPS = "#b0605c"
# Parts that the describer does not read, by the dial that comes nearest.
OTHER_PARTS: Mapping[str, Mapping[str, Turn]] = MappingProxyType(
    {
        "shoulders": {
            **dict.fromkeys(bag("broad wide strong big square muscular large"), Turn("body.muscle")),
            **dict.fromkeys(bag("narrow slim small slight thin"), Turn("body.muscle", -1)),
        },
        "waist": {
            **dict.fromkeys(bag("slim thin flat small narrow slender"), Turn("body.weight", -1)),
            **dict.fromkeys(bag("big wide round thick large"), Turn("body.weight")),
        },
        "legs": {
            **dict.fromkeys(bag("muscular strong"), Turn("body.muscle")),
            **dict.fromkeys(bag("slim thin slender"), Turn("body.weight", -1)),
            "long": Turn("body.height"),
            "short": Turn("body.height", -1),
        },
        "arms": {
            **dict.fromkeys(bag("muscular strong big thick"), Turn("body.muscle")),
            **dict.fromkeys(bag("slim thin slender"), Turn("body.muscle", -1)),
        },
        "sleeves": {},
    }
)
OTHER_NOUNS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("shoulders", "shoulder", "chest"), "shoulders"),
        **dict.fromkeys(("waist", "belly", "stomach", "tummy", "hips"), "waist"),
        **dict.fromkeys(("legs", "leg", "thighs", "calves"), "legs"),
        **dict.fromkeys(("arms", "arm", "biceps"), "arms"),
        **dict.fromkeys(("sleeves", "sleeve"), "sleeves"),
        **dict.fromkeys(
            (
                "everything",
                "it all",
                "colours",
                "colors",
                "colour palette",
                "color palette",
                "palette",
                "colour scheme",
                "color scheme",
            ),
            Slot.OUTFIT,
        ),
        **dict.fromkeys(("expression", "gaze", "glance"), Slot.FACE),
        "head of hair": Slot.HAIR,
    }
)
# "more ...", "less ..." and a noun
AMOUNTS: Mapping[str, tuple[Effect, ...]] = MappingProxyType(
    {
        **dict.fromkeys(("freckles", "freckle"), (Turn("skin.freckles"),)),
        **dict.fromkeys(
            ("make up", "makeup", "lipstick", "eyeshadow", "eye shadow", "cosmetics"), (Turn("skin.makeUp"),)
        ),
        **dict.fromkeys(("eyeliner", "eye liner", "kohl"), (Turn("skin.eyeliner"),)),
        **dict.fromkeys(("curls", "curl", "waves"), (Curl(1),)),
        **dict.fromkeys(("blush", "rouge"), (Turn("skin.blush"),)),
        **dict.fromkeys(("muscle", "muscles", "strength"), (Turn("body.muscle"),)),
        "weight": (Turn("body.weight"),),
        "height": (Turn("body.height"),),
        **dict.fromkeys(("hair",), (Grow("hair.style", LADDER),)),
        **dict.fromkeys(("beard", "stubble", "facial hair", "whiskers"), (Grow("hair.facial", _BEARD_LADDER),)),
        **dict.fromkeys(("wrinkles", "age", "years"), (Years(1),)),
        **dict.fromkeys(("jaw", "jawline"), (Turn("face.jawWidth"),)),
        **dict.fromkeys(("colour", "color"), (Shade(_COLOURS[Slot.OUTFIT], "bright"),)),
        **dict.fromkeys(("warmth", "kindness", "friendliness"), tuple(Turn(*turn) for turn in _TEMPERS[0][1].items())),
        **dict.fromkeys(("severity", "authority"), tuple(Turn(*turn) for turn in _TEMPERS[1][1].items())),
    }
)


def effects_of(part: str, key: str) -> tuple[Effect, ...]:
    """What gets more when ``part`` gets more ``key``; nothing when the word does not describe the part."""
    if part in OTHER_PARTS:
        if part == "sleeves":
            by = 1 if key == "long" else -1 if key == "short" else 0
            return (Grow("outfit.top.kind", _SLEEVE_LADDER, by),) if by else ()
        turn = OTHER_PARTS[part].get(key)
        return (turn,) if turn else ()
    match part:
        case Slot.PERSON:
            return _of_person(key)
        case Slot.HAIR:
            if key in words.HAIR_TEXTURES:
                return (Curl(-1 if words.HAIR_TEXTURES[key] == "straight" else 1),)
            if key in words.HAIR_UNRULY | {"thick", "full", "thin", "fine", "voluminous"}:
                return (Beyond("hair of one thickness"),)
            length = {"long": 1, "short": -1}.get(key, 0)
            return (Grow("hair.style", LADDER, length),) if length else _coloured(part, key)
        case Slot.SKIN:
            return _of_skin(key)
        case Slot.FACE:
            if key in _OLD | _YOUNG:
                return (Years(1 if key in _OLD else -1),)
            if key not in _KIND | _STERN | _CUTE and key in words.FACE_SHAPES:
                return (Shape(FaceShape(words.FACE_SHAPES[key])),)
            return _tempered(key) or (_of_skin(key) if key in _SKIN_DARK | _SKIN_LIGHT else ())
        case Slot.FACIAL_HAIR:
            if key in bag("long full thick big bushy heavy wild"):
                return (Grow("hair.facial", _BEARD_LADDER),)
            if key in bag("short trimmed light thin neat small tidy"):
                return (Grow("hair.facial", _BEARD_LADDER, -1),)
            return (Beyond("the colour of the hair"),) if _coloured(Slot.HAIR, key) else ()
        case Slot.FRECKLES | Slot.MAKE_UP:
            path = "skin.freckles" if part == Slot.FRECKLES else "skin.makeUp"
            many = key in words.MANY or key in ("dark", "visible", "bright")
            few = key in words.FEW or key in ("pale", "fine")
            return (Turn(path, 1 if many else -1),) if many or few else ()
        case Slot.BOTTOM if key in ("long", "short"):
            return (Grow("outfit.bottom.kind", _LEG_LADDER, 1 if key == "long" else -1),)
        case Slot.EYES if key in _KIND | _STERN | _CUTE and key not in ("cold",):
            return tuple(turn for turn in _tempered(key) if isinstance(turn, Turn) and turn.path in _EYE_PATHS)
        case _:
            return _dials(part, key) or _coloured(part, key)


def _dials(part: str, key: str) -> tuple[Effect, ...]:
    traits = words.FACE_QUALITIES.get(Slot(part), {}).get(key, {}) if part in set(Slot) else {}
    if part == Slot.CHEEKS and Slot.FULLNESS not in traits:
        return tuple(Turn("skin.blush", 1 if value > 0.3 else -1) for value in traits.values())
    if part == Slot.CHEEKS:
        traits = {Slot.FULLNESS: traits[Slot.FULLNESS]}
    return tuple(Turn(_FACE_DIALS[slot], 1 if value > 0 else -1) for slot, value in traits.items() if value)


def _tempered(key: str) -> tuple[Effect, ...]:
    return next((tuple(Turn(*turn) for turn in turns.items()) for names, turns in _TEMPERS if key in names), ())


def _of_person(key: str) -> tuple[Effect, ...]:
    if key in _OLD | _YOUNG:
        return (Years(1 if key in _OLD else -1),)
    if tempered := _tempered(key):
        return tempered
    if key in words.GENDER_WORDS and (gender := words.GENDER_WORDS[key][0]) is not None and gender != 0.5:
        return (Turn("body.gender", 1 if gender > 0.5 else -1),)
    if key in words.BUILDS:
        pairs = zip((("body.weight", 0.12), ("body.muscle", 0.16)), words.BUILDS[key], strict=True)
        moved = [(path, value) for (path, least), value in pairs if value is not None and abs(value - 0.5) > least]
        return tuple(Turn(path, 1 if value > 0.5 else -1) for path, value in moved)
    stature = words.STATURES.get(key, (0.0,))[0]
    if stature:
        return (Turn("body.height", 1 if stature > 0 else -1),)
    if key in ("blonde", "ginger", "auburn", "grey", "brunette"):
        return _coloured(Slot.HAIR, key)
    if key in ("pale", "tan", "tanned", "fair"):
        return _of_skin(key)
    if key in ("freckled", "freckly"):
        return (Turn("skin.freckles"),)
    if key in ("colourful", "colorful"):
        return _coloured(Slot.OUTFIT, key)
    return ()


def _of_skin(key: str) -> tuple[Effect, ...]:
    if key in _OLD:
        return (Years(1),)
    if key in ("smooth", *_YOUNG):
        return (Years(-1),)
    if key in ("warm", "cool", "cold"):
        return (Turn("skin.undertone", 1 if key == "warm" else -1),)
    if key in _SKIN_DARK | _SKIN_LIGHT:
        return (Turn("skin.tone", 1 if key in _SKIN_DARK else -1),)
    if key in colours.SKIN_TONES:
        return (Complexion(*colours.SKIN_TONES[key]),)
    return (Turn("skin.freckles"),) if key in ("freckled", "freckly") else ()


def _coloured(part: str, key: str) -> tuple[Effect, ...]:
    paths = _COLOURS.get(part, ())
    if not paths:
        return ()
    if key in _SHADES:
        return (Shade(paths, _SHADES[key]),)
    colour = colours.hex_of(key, _PALETTES.get(part, MappingProxyType({})))
    return (Tint(paths, colour),) if colour else ()


def _adjectives() -> frozenset[str]:
    """Every plain adjective that ``effects_of`` may know."""
    known: set[str] = {"freckled", "freckly", "smooth", "visible", "voluminous", "straight", "trimmed", *_OLD, *_YOUNG}
    for table in (words.GENDER_WORDS, words.BUILDS, words.STATURES, words.FACE_SHAPES, words.HAIR_LENGTHS, _SHADES):
        known |= set(table)
    known |= (
        set(words.HAIR_TEXTURES)
        | words.HAIR_UNRULY
        | words.HAIR_NEUTRAL
        | words.MANY
        | words.FEW
        | _KIND
        | _STERN
        | _CUTE
    )
    for qualities in words.FACE_QUALITIES.values():
        known |= set(qualities)
    for turns in OTHER_PARTS.values():
        known |= set(turns)
    for palette in (colours.COLOURS, colours.HAIR_COLOURS, colours.EYE_COLOURS, colours.SKIN_TONES):
        known |= set(palette)
    return frozenset(known)


ADJECTIVES = _adjectives()

# --- moving -----------------------------------------------------------------------------------------------------


def perform(
    character: CharacterDescription, effects: Sequence[Effect], *, more: bool, strength: float, amount: float | None
) -> tuple[CharacterDescription, str]:
    """``character`` with ``effects``, and what stands in the way of them if nothing moved.

    ``strength`` is 1 for "longer", less for "a bit longer", more for "much longer"; ``amount`` is what was said in
    years or metres, for the fields that have such a measure.
    """
    sign = 1 if more else -1
    before = character
    for effect in effects:
        match effect:
            case Turn(path, by):
                character = _turn(character, path, sign * by * strength, amount)
            case Curl(by):
                now = character.hair.style
                character = changed(
                    character, {"hair.style": curled(now, sign * by * (2 if strength > 1 else 1)).value}
                )
            case Years(by):
                character = _age(character, sign * by, strength, amount)
            case Grow(path, ladder, by):
                character = _grow(character, path, ladder, sign * by * (2 if strength > 1 else 1))
            case Tint(paths, colour):
                character = _recolour(character, paths, partial(_tinted, colour, more, strength))
            case Shade(paths, shade):
                character = _recolour(character, paths, partial(_shaded, shade if more else _OPPOSITE[shade], strength))
            case Complexion(tone, undertone):
                share = min(0.5 * strength, 0.9) * sign
                skin = character.skin
                character = changed(
                    character,
                    {
                        "skin.tone": round(clamp(skin.tone + (tone - skin.tone) * share, 0, 1), 3),
                        "skin.undertone": round(clamp(skin.undertone + (undertone - skin.undertone) * share, -1, 1), 3),
                    },
                )
            case Shape(shape):
                character = changed(character, {"face.shape": (shape if more else FaceShape.OVAL).value})
            case Beyond(instead):
                return character, instead
    return character, "" if character != before else "it goes no further"


def _at(character: CharacterDescription, path: str) -> Any:
    value: Any = character.model_dump(mode="json")
    for step in path.split("."):
        value = value[step]
    return value


def _turn(character: CharacterDescription, path: str, steps: float, amount: float | None) -> CharacterDescription:
    low, high, step = DIALS[path]
    by = math.copysign(amount, steps) if amount and path == "body.height" else steps * step
    return changed(character, {path: round(clamp(_at(character, path) + by, low, high), 3)})


def _age(character: CharacterDescription, sign: int, strength: float, amount: float | None) -> CharacterDescription:
    """A quarter of the years there are, 3 to 12, or as many as were said. Wishes to be younger stop at 18 for those
    who are grown up, unless years were said."""
    body = character.body
    years = amount if amount else clamp(0.25 * body.age, 3, 12) * strength
    age = clamp(round(body.age + sign * years), 18 if sign < 0 and body.age >= 18 and not amount else 8, 95)
    height = grown(body.height, body.gender, body.age, body.gender, age)
    return changed(character, {"body.age": float(age), "body.height": round(clamp(height, 1.05, 2.15), 2)})


def _grow(
    character: CharacterDescription, path: str, ladder: tuple[tuple[Any, ...], ...], steps: int
) -> CharacterDescription:
    now = _at(character, path)
    if path == "hair.style":
        return changed(character, {path: moved(HairStyle(now), steps, character.seed, character.body.gender).value})
    rung = next((number for number, kinds in enumerate(ladder) if now in kinds), None)
    if rung is None:
        return character  # a skirt has no other length
    to = int(clamp(rung + steps, 0, len(ladder) - 1))
    return character if to == rung else changed(character, {path: ladder[to][0].value})


def _recolour(
    character: CharacterDescription, paths: Sequence[str], to: Callable[[str, str], str]
) -> CharacterDescription:
    """Each colour at ``paths`` through ``to(path, colour)``; what is not worn or not coloured is left alone."""
    values: dict[str, Any] = {}
    for path in paths:
        if path.startswith("outfit.accessories."):
            kind = path.rsplit(".", 1)[1]
            worn = values.get("outfit.accessories") or _at(character, "outfit.accessories")
            values["outfit.accessories"] = [
                {**each, "colour": to(path, each["colour"])} if each["kind"] == kind else each for each in worn
            ]
        elif path == "skin.lipColour":
            values[path] = to(path, character.skin.lip_colour or _NATURAL_LIPS)
            values["skin.makeUp"] = max(character.skin.make_up, 0.5)
        elif (old := _at(character, path)) is not None:
            values[path] = to(path, old)
    return changed(character, values)


def _tinted(to: str, more: bool, strength: float, _path: str, old: str) -> str:
    if more:
        return colours.toward(old, to, min(0.4 * strength, 0.8))
    hue, lightness, saturation = colours.to_hls(old)
    return colours.from_hls(hue, lightness, saturation * (1 - min(0.4 * strength, 0.8)))


def _shaded(shade: str, strength: float, path: str, old: str) -> str:
    hue, lightness, saturation = colours.to_hls(old)
    share = min(strength, 2.2)
    match shade:
        case "dark":
            return colours.from_hls(hue, lightness * (1 - 0.3 * share), saturation)
        case "light":
            return colours.from_hls(hue, lightness + (1 - lightness) * 0.22 * share, saturation)
        case "bright":
            vivid = saturation + (1 - saturation) * 0.35 * share if saturation > 0.08 else saturation
            return colours.from_hls(hue, lightness + (0.52 - lightness) * 0.35 * share, vivid)
        case "muted":
            return colours.from_hls(hue, lightness + (0.6 - lightness) * 0.1 * share, saturation * (1 - 0.35 * share))
    return colours.toward(old, _SHADE_TINTS.get(path, _SHADE_TINTS[""])[shade], 0.22 * share)
