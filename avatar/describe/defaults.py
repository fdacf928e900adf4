"""Findings to a whole person: what the text left open is chosen from the seed, so that things go together.

Skin, hair and eyes come from one region; hair greys with age; height follows sex and age; clothes follow the calling
and the temper. Shares and means are rounded common knowledge, chosen for variety rather than for any census.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from avatar import character as c
from avatar.describe import colours
from avatar.describe.chance import around, between, fraction, pick
from avatar.describe.findings import Findings
from avatar.describe.names import Region
from avatar.describe.roles import MOOD_TOPS, Dress, Mood
from avatar.describe.slots import Slot
from avatar.profile import AvatarStyle


@dataclass(frozen=True, slots=True)
class Looks:
    """What usually goes together in one region."""

    ancestry: tuple[float, float, float]  # african, asian, european
    tone: tuple[float, float]  # mean, deviation
    undertone: float
    hair: tuple[str, ...]
    eyes: tuple[str, ...]


_LOOKS: Mapping[Region, Looks] = MappingProxyType(
    {
        Region.EUROPE: Looks(
            (0, 0, 1),
            (0.15, 0.06),
            0.0,
            ("brown", "dark brown", "light brown", "blonde", "dark blonde", "auburn", "chestnut", "black", "red"),
            ("blue", "brown", "green", "hazel", "grey", "light brown", "light blue"),
        ),
        Region.AFRICA: Looks(
            (1, 0, 0), (0.79, 0.08), 0.1, ("black", "black", "dark", "dark brown"), ("dark brown", "brown", "dark")
        ),
        Region.EAST_ASIA: Looks(
            (0, 1, 0), (0.22, 0.07), 0.3, ("black", "jet black", "dark", "dark brown"), ("dark brown", "brown", "dark")
        ),
        Region.SOUTH_ASIA: Looks(
            (0.15, 0.3, 0.55), (0.53, 0.1), 0.4, ("black", "dark", "dark brown"), ("dark brown", "brown", "hazel")
        ),
        Region.MIDDLE_EAST: Looks(
            (0.08, 0.08, 0.84),
            (0.35, 0.07),
            0.4,
            ("black", "dark", "dark brown", "brown"),
            ("brown", "dark brown", "hazel", "amber", "green"),
        ),
        Region.LATIN: Looks(
            (0.12, 0.33, 0.55),
            (0.42, 0.1),
            0.4,
            ("black", "dark brown", "brown", "chestnut"),
            ("brown", "dark brown", "hazel", "amber"),
        ),
    }
)
_SHARES = (0.28, 0.2, 0.18, 0.14, 0.08, 0.12)  # of the regions, in the order of the enum
# colours that are rare outside Europe: words, where they are said, how likely they are elsewhere
_NORTHERN = (
    (("blonde", "auburn", "red", "ginger", "sandy", "copper", "fair"), Slot.HAIR_COLOUR, 0.03),
    (("brown", "chestnut", "mousy"), Slot.HAIR_COLOUR, 0.4),
    (("blue", "green", "grey", "ice"), Slot.EYE_COLOUR, 0.12),
)
_TOLD_WELL = 6  # facts in the text; beyond that, what is not mentioned is not there
_DRAWN_HAIR = ("blue", "lavender", "pink", "teal", "silver", "mint", "crimson", "periwinkle", "white", "orange")
_FEMALE_HEIGHT = ([8, 10, 12, 14, 16, 18, 60, 95], [1.28, 1.385, 1.51, 1.60, 1.625, 1.635, 1.63, 1.57])
_MALE_HEIGHT = ([8, 10, 12, 14, 16, 18, 60, 95], [1.28, 1.385, 1.50, 1.64, 1.72, 1.765, 1.76, 1.70])
_HEAVY = ([14.0, 18.5, 22.5, 28.0, 36.0], [0.0, 0.22, 0.46, 0.72, 1.0])  # body mass index -> weight 0..1


def clamp(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)


def _rounded(value: float, digits: int = 3) -> float:
    return round(float(value), digits)


def complete(
    found: Findings,
    *,
    name: str,
    style: AvatarStyle,
    seed: int,
    gender_hint: float | None,
    region_hint: Region | None,
    dress: Dress,
    mood: Mood,
) -> c.CharacterDescription:
    """A whole character without its summary. Clamps what no body can be and notes it in ``found.near``."""
    gender = _gender(found, seed, gender_hint)
    age = _age(found, seed)
    region = _region(found, seed, region_hint)
    skin = _skin(found, seed, region, gender, age)
    hair = _hair(found, seed, region, gender, age, style)
    return c.CharacterDescription(
        name=name,
        style=style,
        seed=seed,
        body=_body(found, seed, gender, age, dress),
        face=_face(found, seed, region, gender),
        skin=skin,
        eyes=c.Eyes(colour=_eye_colour(found, seed, region, style)),
        hair=hair,
        outfit=_outfit(found, seed, dress, mood, gender, age),
    )


def _gender(found: Findings, seed: int, hint: float | None) -> float:
    base = found.numbers.get(Slot.GENDER)
    if base is None:
        base = hint if hint is not None else (0.07 if fraction(seed, "gender") < 0.5 else 0.94)
    return _rounded(clamp(base + (0 if base == 0.5 else between(seed, "gender shade", -0.05, 0.05)), 0, 1))


def _age(found: Findings, seed: int) -> float:
    said = found.numbers.get(Slot.AGE)
    if said is None:
        grey = _grey_said(found)
        said = around(seed, "age", 64, 5) if grey else clamp(19 + 52 * fraction(seed, "age") ** 1.35, 19, 71)
        return float(round(said))
    age = clamp(said, 8, 95)
    if age != said:
        found.near[Slot.AGE] = f"{said:g} years old -> {age:g}"
    return _rounded(age, 1)


def _grey_said(found: Findings) -> bool:
    said = found.heard.get(Slot.HAIR_COLOUR, "") + found.heard.get(Slot.FACIAL_COLOUR, "")
    return any(word in said for word in ("grey", "silver", "white", "salt", "greying"))


def _region(found: Findings, seed: int, hint: Region | None) -> Region:
    """What was said of ancestry, skin, hair and eyes narrows the regions; then the name's hint; then chance."""
    if Slot.ANCESTRY in found.numbers:
        african, asian, european = (found.numbers[s] for s in (Slot.AFRICAN, Slot.ASIAN, Slot.EUROPEAN))

        def far(region: Region) -> float:
            looks = _LOOKS[region]
            shares = zip(looks.ancestry, (african, asian, european), strict=True)
            return sum((a - b) ** 2 for a, b in shares) + 2 * (looks.tone[0] - found.numbers[Slot.ANCESTRY]) ** 2

        return min(Region, key=far)
    weights = dict(zip(Region, _SHARES, strict=True))
    if hint is not None:
        weights = {region: share + (9.0 if region == hint else 0.0) for region, share in weights.items()}
    tone = found.numbers.get(Slot.TONE)
    if tone is not None:
        weights = {r: w * float(np.exp(-(((tone - _LOOKS[r].tone[0]) / 0.13) ** 2))) + 1e-9 for r, w in weights.items()}
    for cues, slot, elsewhere in _NORTHERN:
        if any(cue in found.heard.get(slot, "") for cue in cues):
            weights = {r: w * (1.0 if r == Region.EUROPE else elsewhere) for r, w in weights.items()}
    if found.numbers.get(Slot.FRECKLES, 0) > 0:
        weights = {r: w * (1.0 if r == Region.EUROPE else 0.12) for r, w in weights.items()}
    return pick(seed, "region", list(weights), list(weights.values()))


def _face(found: Findings, seed: int, region: Region, gender: float) -> c.Face:
    if Slot.ANCESTRY in found.numbers:
        shares = tuple(found.numbers[s] for s in (Slot.AFRICAN, Slot.ASIAN, Slot.EUROPEAN))
    else:
        base = _LOOKS[region].ancestry
        strange = [between(seed, f"ancestry {i}", 0, 0.12) for i in range(3)]
        shares = tuple(clamp(0.88 * part + extra, 0, 1) for part, extra in zip(base, strange, strict=True))
    african, asian, european = (_rounded(share) for share in shares)

    def trait(slot: Slot, lean: float = 0.0) -> float:
        said = found.numbers.get(slot)
        return _rounded(said if said is not None else clamp(around(seed, slot, lean, 0.26), -0.8, 0.8))

    masculine = (gender - 0.5) * 2
    shapes = list(c.FaceShape)
    shape = found.words.get(Slot.FACE_SHAPE) or pick(
        seed, "face shape", shapes, [5, 2 - masculine, 2 + 1.5 * masculine, 2.2 - 1.5 * masculine, 1.5, 1.2]
    )
    return c.Face(
        shape=c.FaceShape(shape),
        ancestry=c.Ancestry(african=african, asian=asian, european=european),
        jaw_width=trait(Slot.JAW, 0.15 * masculine),
        chin=trait(Slot.CHIN, 0.1 * masculine),
        nose_width=trait(Slot.NOSE_WIDTH),
        nose_length=trait(Slot.NOSE_LENGTH),
        lip_fullness=trait(Slot.LIPS, -0.1 * masculine),
        eye_size=trait(Slot.EYE_SIZE, -0.1 * masculine),
        cheekbones=trait(Slot.CHEEKBONES),
        brow_weight=trait(Slot.BROWS, 0.25 * masculine),
    )


def usual_height(gender: float, age: float) -> float:
    """The average height in metres at ``age`` years; ``gender`` 0 feminine to 1 masculine."""
    return float(gender * np.interp(age, *_MALE_HEIGHT) + (1 - gender) * np.interp(age, *_FEMALE_HEIGHT))


def height_of(stature: float, gender: float, age: float) -> float:
    """Metres of a person ``stature`` centimetres taller than usual for a grown-up, in proportion for a child."""
    return usual_height(gender, age) * (1 + stature / 170)


def weight_of(kilograms: float, height: float) -> float:
    """A body's mass as the model's weight, 0 very thin to 1 very heavy."""
    return float(np.interp(kilograms / height**2, *_HEAVY))


def _body(found: Findings, seed: int, gender: float, age: float, dress: Dress) -> c.Body:
    if Slot.HEIGHT in found.numbers:
        said = found.numbers[Slot.HEIGHT]
        height = clamp(said, 1.05, 2.15)
        if height != said:
            found.near[Slot.HEIGHT] = f"{said:.3g} m tall -> {height:g} m"
    elif Slot.STATURE in found.numbers:
        height = height_of(found.numbers[Slot.STATURE], gender, age) + between(seed, "height", -0.015, 0.015)
    else:
        height = around(seed, "height", usual_height(gender, age), 0.045)
    height = _rounded(clamp(height, 1.05, 2.15), 2)
    weight = found.numbers.get(Slot.WEIGHT)
    if Slot.MASS in found.numbers:
        weight = weight_of(found.numbers[Slot.MASS], height)
    if weight is None:
        weight = clamp(around(seed, "weight", 0.44 if age < 35 else 0.5, 0.11), 0.15, 0.85)
    muscle = found.numbers.get(Slot.MUSCLE)
    if muscle is None:
        lean = 0.72 if dress.athletic else 0.5 + 0.08 * gender - max(0.0, age - 55) / 160
        muscle = clamp(around(seed, "muscle", lean, 0.09), 0.15, 0.9)
    return c.Body(gender=gender, age=age, height=height, weight=_rounded(weight), muscle=_rounded(muscle))


def _skin(found: Findings, seed: int, region: Region, gender: float, age: float) -> c.Skin:
    numbers, looks = found.numbers, _LOOKS[region]
    if Slot.TONE in numbers:
        tone = numbers[Slot.TONE]
    elif Slot.ANCESTRY in numbers:
        tone = around(seed, "tone", numbers[Slot.ANCESTRY], 0.03)
    else:
        tone = around(seed, "tone", *looks.tone)
    if Slot.FRECKLES in numbers:
        freckles = numbers[Slot.FRECKLES]
    else:
        red = any(word in found.heard.get(Slot.HAIR_COLOUR, "") for word in ("red", "auburn", "ginger", "copper"))
        likely = tone < 0.25 and region == Region.EUROPE and fraction(seed, "freckles") < (0.45 if red else 0.12)
        freckles = between(seed, "freckle amount", 0.2, 0.6) if likely else 0.0
    if Slot.MAKE_UP in numbers:
        make_up = numbers[Slot.MAKE_UP]
    else:
        wears = gender < 0.4 and age >= 18 and fraction(seed, "make-up") < 0.55
        make_up = between(seed, "make-up amount", 0.15, 0.5) if wears else 0.0
    return c.Skin(
        tone=_rounded(clamp(tone, 0, 1)),
        undertone=_rounded(clamp(numbers.get(Slot.UNDERTONE, around(seed, "undertone", looks.undertone, 0.2)), -1, 1)),
        freckles=_rounded(freckles),
        blush=_rounded(clamp(numbers.get(Slot.BLUSH, around(seed, "blush", 0.32, 0.08)), 0, 1)),
        make_up=_rounded(make_up),
        lip_colour=found.words.get(Slot.LIP_COLOUR),
    )


def _eye_colour(found: Findings, seed: int, region: Region, style: AvatarStyle) -> str:
    said = found.words.get(Slot.EYE_COLOUR)
    if said:
        return said
    if style == AvatarStyle.ANIME and fraction(seed, "drawn eyes") < 0.5:
        return colours.EYE_COLOURS[
            pick(seed, "drawn eye colour", ("violet", "turquoise", "amber", "bright blue", "emerald", "pink"))
        ]
    names = _LOOKS[region].eyes
    return colours.EYE_COLOURS[pick(seed, "eye colour", names, [1.0 + len(names) - i for i in range(len(names))])]


def _hair(found: Findings, seed: int, region: Region, gender: float, age: float, style: AvatarStyle) -> c.Hair:
    kind = _hair_style(found, seed, region, gender, age)
    facial = found.words.get(Slot.FACIAL_HAIR)
    if facial is None:
        grown = gender > 0.62 and age >= 20 and len(found.heard) < _TOLD_WELL
        facial = pick(seed, "facial hair", list(c.FacialHair), (5, 2.2, 2.6)) if grown else c.FacialHair.NONE
    colour = found.words.get(Slot.HAIR_COLOUR)
    beard = found.words.get(Slot.FACIAL_COLOUR)
    if colour is None:
        colour = beard or _hair_colour(seed, region, age, style)
    elif beard and beard != colour:
        found.near[Slot.FACIAL_COLOUR] = f"{found.heard[Slot.FACIAL_COLOUR]} beard -> the colour of the hair"
    return c.Hair(style=kind, colour=colour, facial=c.FacialHair(facial))


def style_of(length: str, seed: int, gender: float) -> c.HairStyle | None:
    """The style of hair that is only said to be long, medium, short or very short; None for any other word."""
    match length:
        case "long":
            return c.HairStyle.LONG_STRAIGHT
        case "medium":
            return c.HairStyle.BOB
        case "short":
            return pick(seed, "short hair", (c.HairStyle.CROP, c.HairStyle.SIDE_PART))
        case "very short":
            return c.HairStyle.BUZZ if gender >= 0.4 else c.HairStyle.CROP
    return None


def _hair_style(found: Findings, seed: int, region: Region, gender: float, age: float) -> c.HairStyle:
    said = found.words.get(Slot.HAIR_STYLE)
    if said:
        return c.HairStyle(said)
    cut = style_of(found.words.get(Slot.HAIR_LENGTH, ""), seed, gender)
    if cut is not None:
        return cut
    order = list(c.HairStyle)
    weights = dict.fromkeys(order, 0.0)
    if gender >= 0.6:
        old = clamp((age - 30) / 40, 0, 1)
        weights |= {
            c.HairStyle.CROP: 4.0,
            c.HairStyle.SIDE_PART: 3.6,
            c.HairStyle.BUZZ: 1.6,
            c.HairStyle.BALD: 0.2 + 1.6 * old,
            c.HairStyle.LONG_STRAIGHT: 0.5,
            c.HairStyle.BOB: 0.3,
        }
    elif gender <= 0.4:
        old = clamp((age - 45) / 30, 0, 1)
        weights |= {
            c.HairStyle.LONG_STRAIGHT: 4.6 - 2.6 * old,
            c.HairStyle.BOB: 3.4 + old,
            c.HairStyle.SIDE_PART: 0.8 + old,
            c.HairStyle.CROP: 1.0 + 1.6 * old,
        }
    else:
        weights |= {
            c.HairStyle.BOB: 2.0,
            c.HairStyle.SIDE_PART: 2.5,
            c.HairStyle.CROP: 2.5,
            c.HairStyle.LONG_STRAIGHT: 1.5,
            c.HairStyle.BUZZ: 0.7,
        }
    if Slot.HAIR_COLOUR in found.words or Slot.HAIR_TEXTURE in found.heard:
        weights[c.HairStyle.BALD] = 0.0  # hair that was spoken of is there
    if region == Region.AFRICA:
        weights[c.HairStyle.CROP] += 1.5
        weights[c.HairStyle.BUZZ] += 1.5
        weights[c.HairStyle.SIDE_PART] *= 0.4
    return pick(seed, "hair style", order, [weights[kind] for kind in order])


def _hair_colour(seed: int, region: Region, age: float, style: AvatarStyle) -> str:
    drawn = {AvatarStyle.ANIME: 0.4, AvatarStyle.STYLISED: 0.12, AvatarStyle.REALISTIC: 0.0}[style]
    if fraction(seed, "drawn hair") < drawn:
        name = pick(seed, "drawn hair colour", _DRAWN_HAIR)
        return colours.HAIR_COLOURS["silver"] if name == "silver" else colours.COLOURS[name]
    names = _LOOKS[region].hair
    young = colours.HAIR_COLOURS[pick(seed, "hair colour", names)]
    greyed = clamp((age - 40) / 32, 0, 1.3) + between(seed, "greying", -0.3, 0.25)
    if greyed > 0.85:
        return colours.HAIR_COLOURS[pick(seed, "old hair", ("white", "silver", "light grey", "grey"))]
    if greyed > 0.4:
        return colours.mixed((young, colours.HAIR_COLOURS["salt and pepper"]))
    return young


def _outfit(found: Findings, seed: int, dress: Dress, mood: Mood, gender: float, age: float) -> c.Outfit:
    words = found.words

    def dye(slot: Slot, usual: tuple[str, ...], fallback: tuple[str, ...]) -> str:
        return words.get(slot) or colours.COLOURS[pick(seed, slot, usual or fallback)]

    top = words.get(Slot.TOP) or dress.top or pick(seed, "top", list(c.TopKind))
    vivid = dress.tops and mood in (Mood.BRIGHT, Mood.WARM) and fraction(seed, "mood over role") < 0.5
    top_colour = dye(Slot.TOP_COLOUR, () if vivid else dress.tops, MOOD_TOPS[mood])
    accent = words.get(Slot.TOP_ACCENT)
    if accent is None and Slot.TOP not in words and Slot.TOP_COLOUR not in words and fraction(seed, "accent") < 0.18:
        accent = colours.COLOURS["white"] if colours.to_hls(top_colour)[1] < 0.6 else colours.COLOURS["navy"]
    bottom = (
        words.get(Slot.BOTTOM)
        or dress.bottom
        or pick(
            seed,
            "bottom",
            (c.BottomKind.JEANS, c.BottomKind.TROUSERS, c.BottomKind.SHORTS),
            (5, 4, 1.2 if age < 60 else 0.3),
        )
    )
    usual = {
        c.BottomKind.JEANS: ("denim", "denim", "midnight blue", "steel blue", "black", "charcoal"),
        c.BottomKind.TROUSERS: ("charcoal", "khaki", "navy", "brown", "olive", "taupe", "black"),
        c.BottomKind.SHORTS: ("khaki", "navy", "olive", "stone", "denim"),
    }.get(c.BottomKind(bottom), ("charcoal",))
    fits = dress.bottoms if dress.bottom == bottom else ()
    return c.Outfit(
        top=c.Top(kind=c.TopKind(top), colour=top_colour, accent=accent),
        bottom=c.Bottom(kind=c.BottomKind(bottom), colour=dye(Slot.BOTTOM_COLOUR, fits, usual)),
        footwear=c.Footwear(
            kind=c.FootwearKind(words.get(Slot.SHOES, c.FootwearKind.SNEAKERS)),
            colour=dye(Slot.SHOES_COLOUR, dress.shoes, ("white", "black", "grey", "navy", "red", "brown", "cream")),
        ),
        accessories=_accessories(found, seed, dress, gender, age),
    )


def _accessories(found: Findings, seed: int, dress: Dress, gender: float, age: float) -> tuple[c.Accessory, ...]:
    likely = {
        c.AccessoryKind.GLASSES: 0.14 + (0.2 if age > 45 else 0.0),
        c.AccessoryKind.EARRINGS: 0.3 if gender < 0.4 and age > 14 else 0.03,
        c.AccessoryKind.HEADSET: 0.85 if dress.accessory == c.AccessoryKind.HEADSET else 0.0,
    }
    dyes = {
        c.AccessoryKind.GLASSES: ("black", "tortoiseshell", "silver", "gold", "burgundy", "navy"),
        c.AccessoryKind.EARRINGS: ("gold", "silver", "pearl", "turquoise", "rose gold"),
        c.AccessoryKind.HEADSET: ("black", "white", "grey"),
    }
    if len(found.heard) >= _TOLD_WELL:
        likely = dict.fromkeys(likely, 0.0)
    worn = []
    for kind, chance in likely.items():
        said = found.numbers.get(Slot(kind.value))
        if said == 1.0 or (said is None and fraction(seed, f"wears {kind}") < chance):
            colour = (
                found.words.get(Slot(f"{kind.value} colour"))
                or colours.COLOURS[pick(seed, f"{kind} colour", dyes[kind])]
            )
            worn.append(c.Accessory(kind=kind, colour=colour))
    return tuple(worn)
