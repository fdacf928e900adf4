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
from avatar.describe.haircuts import cut_of, likely_beard, likely_cut
from avatar.describe.names import Region
from avatar.describe.outfits import TOLD_WELL, outfit_of
from avatar.describe.roles import Dress, Mood
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
        face=_face(found, seed, region, gender, age),
        skin=skin,
        eyes=_eyes(found, seed, region, style, gender, age, skin.make_up),
        hair=hair,
        outfit=outfit_of(found, seed, dress, mood, gender, age),
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


def _face(found: Findings, seed: int, region: Region, gender: float, age: float) -> c.Face:
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
        nose_profile=trait(Slot.NOSE_PROFILE, 0.08 * masculine + (0.18 if region == Region.MIDDLE_EAST else 0.0)),
        mouth_width=trait(Slot.MOUTH_WIDTH, 0.06 * masculine),
        eye_spacing=trait(Slot.EYE_SPACING),
        eye_tilt=trait(Slot.EYE_TILT, (0.2 if region == Region.EAST_ASIA else 0.0) - 0.1 * masculine),
        cheeks=trait(Slot.FULLNESS, 0.3 if age < 14 else 0.08 if age < 30 else -0.1 if age > 60 else 0.0),
        ears=trait(Slot.EARS, 0.08 * masculine + (0.15 if age > 60 else 0.0)),
        brow_weight=trait(Slot.BROWS, 0.25 * masculine),
        brows=c.BrowStyle(found.words.get(Slot.BROW_STYLE) or _brows(seed, gender, age)),
    )


def _brows(seed: int, gender: float, age: float) -> c.BrowStyle:
    if age < 14:
        return c.BrowStyle.NATURAL
    styles = (c.BrowStyle.NATURAL, c.BrowStyle.STRAIGHT, c.BrowStyle.ARCHED, c.BrowStyle.BUSHY)
    women, men = (4.0, 1.2, 3.0, 0.2), (4.0, 2.4, 0.3, 2.4 if age > 50 else 1.2)
    return pick(seed, "brow style", styles, women if gender < 0.5 else men)


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
    lips, lids, nails = (found.words.get(slot) for slot in (Slot.LIP_COLOUR, Slot.LID_COLOUR, Slot.NAIL_COLOUR))
    silent = Slot.MAKE_UP not in numbers and len(found.heard) < TOLD_WELL
    wears = silent and make_up > 0.25  # a look of her own
    if lips is None and wears and fraction(seed, "lipstick") < 0.4:
        deep = ("merlot", "raspberry", "brick") if tone > 0.55 else ("dusty rose", "rose", "strawberry", "brick")
        lips = colours.COLOURS[pick(seed, "lip colour", deep)]
    if lids is None and wears and fraction(seed, "eye shadow") < 0.3:
        lids = colours.COLOURS[pick(seed, "lid colour", ("bronze", "mauve", "taupe", "copper", "slate", "plum"))]
    polished = gender < 0.4 and age >= 16 and Slot.NAILS not in numbers and len(found.heard) < TOLD_WELL
    if nails is None and polished and fraction(seed, "nail polish") < 0.28:
        names = ("burgundy", "dusty pink", "red", "rose", "mauve", "plum", "coral")
        nails = colours.COLOURS[pick(seed, "nail colour", names)]
    liner = between(seed, "eyeliner amount", 0.25, 0.6) if wears and fraction(seed, "eyeliner") < 0.5 else 0.0
    return c.Skin(
        tone=_rounded(clamp(tone, 0, 1)),
        undertone=_rounded(clamp(numbers.get(Slot.UNDERTONE, around(seed, "undertone", looks.undertone, 0.2)), -1, 1)),
        freckles=_rounded(freckles),
        blush=_rounded(clamp(numbers.get(Slot.BLUSH, around(seed, "blush", 0.32, 0.08)), 0, 1)),
        make_up=_rounded(make_up),
        lip_colour=lips,
        lid_colour=lids,
        eyeliner=_rounded(numbers.get(Slot.EYELINER, liner)),
        nail_colour=nails,
    )


def _eyes(
    found: Findings, seed: int, region: Region, style: AvatarStyle, gender: float, age: float, make_up: float
) -> c.Eyes:
    colour = _eye_colour(found, seed, region, style)
    hue, light, _ = colours.to_hls(colour)
    hazel, brown = 0.08 < hue < 0.2 and light > 0.28, light < 0.26
    rings = (5, 2, 0.1, 0.4) if brown else (2, 1, 3, 2) if hazel else (3, 2, 1.3, 1)
    lashes = (4, 2, 0, 0.2) if age < 14 else (3, 2.6, 3 * make_up, 0.1 + (age > 65)) if gender < 0.5 else (5, 0.4, 0, 1)
    return c.Eyes(
        colour=colour,
        iris=c.IrisPattern(found.words.get(Slot.IRIS) or pick(seed, "iris", list(c.IrisPattern), rings)),
        lashes=c.LashStyle(found.words.get(Slot.LASHES) or pick(seed, "lashes", list(c.LashStyle), lashes)),
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
    kind = cut_of(found, seed, gender) or likely_cut(found, seed, region, gender, age)
    facial = found.words.get(Slot.FACIAL_HAIR)
    if facial is None:
        facial = likely_beard(seed, gender, age) if len(found.heard) < TOLD_WELL else c.FacialHair.NONE
    colour = found.words.get(Slot.HAIR_COLOUR)
    beard = found.words.get(Slot.FACIAL_COLOUR)
    if colour is None:
        colour = beard or _hair_colour(seed, region, age, style)
    elif beard and beard != colour:
        found.near[Slot.FACIAL_COLOUR] = f"{found.heard[Slot.FACIAL_COLOUR]} beard -> the colour of the hair"
    lights, roots = _second_hair(found, seed, kind, colour, gender, age, style)
    return c.Hair(style=kind, colour=colour, highlights=lights, roots=roots, facial=c.FacialHair(facial))


def lighter(colour: str) -> str:
    """The colour of highlights that are only said to be there."""
    blonde = colours.HAIR_COLOURS["honey" if colours.to_hls(colour)[1] < 0.28 else "light blonde"]
    return colours.toward(colour, blonde, 0.6)


def _second_hair(
    found: Findings, seed: int, kind: c.HairStyle, colour: str, gender: float, age: float, style: AvatarStyle
) -> tuple[str | None, str | None]:
    """Highlights and roots: as said; else now and then on dyed or fair heads."""
    lights, roots = found.words.get(Slot.HIGHLIGHTS), found.words.get(Slot.ROOTS)
    if lights is None and found.numbers.get(Slot.HIGHLIGHTS) == 1:
        lights = lighter(colour)
    silent = not {Slot.HIGHLIGHTS, Slot.ROOTS} & {*found.numbers, *found.words}
    light, saturation = colours.to_hls(colour)[1:]
    long = kind not in (c.HairStyle.BALD, c.HairStyle.BUZZ, c.HairStyle.CROP)
    if silent and long and 16 <= age < 60 and len(found.heard) < TOLD_WELL and saturation > 0.15:
        chance = 0.22 if style == AvatarStyle.ANIME else 0.13 if gender < 0.5 else 0.02
        if fraction(seed, "highlights") < chance and 0.12 < light < 0.5:
            lights = lighter(colour)
        elif gender < 0.5 and light > 0.42 and fraction(seed, "roots") < 0.15:
            roots = colours.shaded(colour, ("dark",))
    return lights, roots


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
