"""Adjectives to their nouns: what "long, dark brown" does to hair and what it does to a coat.

``claims`` says whether an attribute can describe a part at all, ``bind`` writes what it means into the findings.
"""

from __future__ import annotations

from collections.abc import Sequence

from avatar.character import BrowStyle, FacialHair, HairStyle, IrisPattern, LashStyle, Logo, Pattern
from avatar.describe import colours, garments, words
from avatar.describe.attributes import EYE_TABLE, HAIR_TABLE, Attribute, Part, colour_of
from avatar.describe.dressing import (
    ACCESSORY_COLOURS,
    ACCESSORY_KINDS,
    CLOTHES,
    GARMENT_COLOURS,
    SQUARE,
    bind_accessory,
    bind_garment,
    bind_outfit,
    made_name,
    nearest,
)
from avatar.describe.findings import Findings
from avatar.describe.grammar import Kind
from avatar.describe.slots import Slot
from avatar.describe.tables import bag
from avatar.describe.terms import HAIR_PEOPLE, HAIR_STYLE_QUALITIES

_SHORT_BEARDS = bag("short trimmed neat light small thin cropped tidy groomed")
_CURLS = {"curls": "curly", "ringlets": "curly", "waves": "wavy", "coils": "coily"}
_POLISHED = "#b0305a"  # of nails that are only said to be painted
_SMOKY = "#3b343a"
FRINGES = ("bangs", "fringe", "fringed")
_EYE_SHADOWS = ("eyeshadow", "eye shadow", "eye make up", "lids", "eyelids")
EYELINERS = {"eyeliner": 0.6, "eye liner": 0.6, "kohl": 0.8, "cat eye": 0.9, "winged eyeliner": 0.9}
# Words of build that describe characters and voices as often as bodies; they need a person or a body beside them.
_VAGUE = bag("""
    soft solid normal medium average powerful robust round delicate big large strong trim heavy stout broad fit
    slight sturdy huge thin small little large minute mature tiny mixed western full
""")


def _person_hair(attribute: Attribute) -> bool:
    return attribute.kind == Kind.COLOUR and (attribute.key.endswith("blonde") or attribute.key in ("ginger", "auburn"))


def _skin_of(attribute: Attribute) -> tuple[float, float] | None:
    joined = " ".join((*attribute.shades, attribute.key))
    if attribute.kind == Kind.SHADE and attribute.key == "dark" and attribute.degree > 1:
        return colours.SKIN_TONES["very dark"]
    found = colours.SKIN_TONES.get(joined)
    if found is None and attribute.key in colours.SKIN_TONES:
        tone, undertone = colours.SKIN_TONES[attribute.key]
        for shade in attribute.shades:
            tone += {"dark": 0.16, "deep": 0.2, "light": -0.1, "pale": -0.12}.get(shade, 0.0)
            undertone += {"warm": 0.4, "cool": -0.5}.get(shade, 0.0)
        found = min(max(tone, 0.0), 1.0), min(max(undertone, -1.0), 1.0)
    if found and attribute.degree != 1 and attribute.key != "dark":
        tone = found[0] + (0.05 if found[0] > 0.3 else -0.04) * (1 if attribute.degree > 1 else -1)
        found = min(max(tone, 0.0), 1.0), found[1]
    return found


def claims(part: Part, attribute: Attribute) -> bool:
    """Whether ``attribute`` can describe ``part``."""
    key, slot = attribute.key, part.slot
    coloured = attribute.kind == Kind.COLOUR
    match slot:
        case Slot.HAIR:
            return (
                colour_of(attribute, HAIR_TABLE) is not None
                or key in words.HAIR_LENGTHS
                or key in words.HAIR_TEXTURES
                or key in words.HAIR_UNRULY
                or key in words.HAIR_NEUTRAL
                or key in HAIR_STYLE_QUALITIES
            )
        case Slot.EYES:
            known = key in words.FACE_QUALITIES[Slot.EYES] or key in words.IRIS_PATTERNS
            return known or colour_of(attribute, EYE_TABLE) is not None
        case Slot.SKIN:
            return _skin_of(attribute) is not None or key in ("warm", "cool") or key in ("wrinkled", "wrinkly")
        case Slot.FACE:
            return key in words.FACE_SHAPES or key in ("wrinkled", "wrinkly", "pale", "tan")
        case Slot.FACIAL_HAIR:
            return coloured or key in _SHORT_BEARDS or key in ("long", "full", "thick", "bushy", "dark", "big")
        case Slot.HIGHLIGHTS:
            return colour_of(attribute, HAIR_TABLE) is not None
        case Slot.ROOTS:
            return colour_of(attribute, HAIR_TABLE) is not None or key in words.ANCESTRIES
        case Slot.LASHES:
            return key in words.LASH_STYLES
        case Slot.BROWS:
            return key in words.FACE_QUALITIES[Slot.BROWS] or key in words.BROW_STYLES
        case Slot.LIPS:
            return coloured or key in words.FACE_QUALITIES[Slot.LIPS]
        case Slot.FRECKLES | Slot.MAKE_UP:
            return key in words.MANY or key in words.FEW or (coloured and slot == Slot.MAKE_UP)
        case Slot.PERSON:
            return _claimed_by_person(part, attribute)
        case Slot.ACCENT | Slot.MOTIF | Slot.LOGO | Slot.NAILS:
            return coloured or key in colours.SHADES
        case Slot.LEFT_OUT:
            return coloured
        case _ if slot in CLOTHES:
            return (
                coloured
                or attribute.kind == Kind.SHADE
                or key in garments.PATTERNS
                or key in garments.SLEEVES
                or key in ("long", "short")
            )
        case _ if slot in ACCESSORY_COLOURS:
            return coloured or (slot == Slot.GLASSES and key in SQUARE)
        case _ if slot in words.FACE_QUALITIES:
            return key in words.FACE_QUALITIES[slot]
    return False


def _claimed_by_person(part: Part, attribute: Attribute) -> bool:
    key = attribute.key
    if attribute.kind == Kind.QUALITY:
        if key in _VAGUE and not part.certain and attribute.degree == 1:
            return False
        return any(
            key in table
            for table in (words.GENDER_WORDS, words.BUILDS, words.STATURES, words.AGE_WORDS, words.ANCESTRIES)
        )
    if _person_hair(attribute):
        return True
    if attribute.kind == Kind.SHADE:
        return key == "pale" and part.certain
    return part.certain and key in ("black", "white", "brown", "tan", "fair") and not attribute.blended


def bind(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    """Write what ``part`` with its attributes means into ``findings``."""
    slot = part.slot
    match slot:
        case Slot.HAIR:
            _bind_hair(findings, part, found)
        case Slot.EYES:
            for attribute in found:
                if (colour := colour_of(attribute, EYE_TABLE)) is not None:
                    findings.word(Slot.EYE_COLOUR, colour, attribute.said)
                elif attribute.key in words.IRIS_PATTERNS:
                    findings.word(Slot.IRIS, IrisPattern(words.IRIS_PATTERNS[attribute.key]), attribute.said)
        case Slot.IRIS:
            ringed = part.key == "central heterochromia"
            findings.word(Slot.IRIS, IrisPattern.RINGED if ringed else IrisPattern.SPECKLED, part.key)
        case Slot.BROWS:
            for attribute in found:
                if attribute.key in words.BROW_STYLES:
                    findings.word(Slot.BROW_STYLE, BrowStyle(words.BROW_STYLES[attribute.key]), attribute.said)
        case Slot.LASHES:
            styles = [(LashStyle(words.LASH_STYLES[a.key]), a.said) for a in found]
            for style, said in styles or ([(LashStyle.LONG, part.key)] if part.key == "mascara" else []):
                findings.word(Slot.LASHES, style, said)
        case Slot.NAILS:
            _bind_nails(findings, part, found)
        case Slot.HIGHLIGHTS | Slot.ROOTS:
            _bind_second_hair(findings, part, found)
        case Slot.SKIN:
            _bind_skin(findings, found)
        case Slot.FACE:
            for attribute in found:
                if attribute.key in words.FACE_SHAPES:
                    findings.word(Slot.FACE_SHAPE, words.FACE_SHAPES[attribute.key], attribute.said)
                elif attribute.key in words.AGE_WORDS:
                    _bind_person(findings, part, [attribute])
            _bind_skin(findings, [a for a in found if a.key not in words.FACE_SHAPES])
        case Slot.FACIAL_HAIR:
            _bind_facial_hair(findings, part, found)
        case Slot.FRECKLES:
            findings.number(
                Slot.FRECKLES, _amount(found, 0.3, 0.62, 0.92), " ".join((*(a.said for a in found), part.key))
            )
        case Slot.MAKE_UP:
            _bind_make_up(findings, part, found)
        case Slot.LIPS:
            for attribute in found:
                colour = colour_of(attribute)
                if attribute.kind == Kind.COLOUR and colour:
                    findings.word(Slot.LIP_COLOUR, colour, attribute.said)
                    findings.number(
                        Slot.MAKE_UP, max(findings.numbers.get(Slot.MAKE_UP, 0.0), 0.5), f"{attribute.said} lips"
                    )
        case Slot.PERSON:
            _bind_person(findings, part, found)
        case Slot.OUTFIT:
            bind_outfit(findings, part, found)
        case Slot.LEFT_OUT:
            said = " ".join((*(a.said for a in found if a.kind == Kind.COLOUR), part.key))
            findings.near[f"{Slot.LEFT_OUT}/{part.key}"] = f"{said} -> left out"
        case _ if slot in GARMENT_COLOURS:
            bind_garment(findings, part, found)
        case _ if slot in ACCESSORY_COLOURS:
            bind_accessory(findings, part, found)
    table = words.FACE_QUALITIES.get(slot, {})
    for attribute in found:
        for target, value in table.get(attribute.key, {}).items():
            scaled = min(max(value * attribute.degree, -1.0), 1.0)
            findings.number(target, scaled, attribute.said)


def unbind(findings: Findings, part: Part) -> None:
    """Write a denied part ("no glasses", "without a beard") into ``findings``."""
    slot = part.slot
    if slot in ACCESSORY_COLOURS:
        findings.forget(ACCESSORY_COLOURS[slot])
        if slot in ACCESSORY_KINDS:
            findings.forget(ACCESSORY_KINDS[slot])
        findings.number(slot, 0.0, f"no {part.key}")
    elif slot == Slot.MAKE_UP and part.key in EYELINERS:
        findings.number(Slot.EYELINER, 0.0, f"no {part.key}")
    elif slot in (Slot.FRECKLES, Slot.MAKE_UP, Slot.HIGHLIGHTS, Slot.ROOTS, Slot.NAILS):
        findings.number(slot, 0.0, f"no {part.key}")
        if slot == Slot.MAKE_UP:
            for colour in (Slot.LIP_COLOUR, Slot.LID_COLOUR):
                findings.forget(colour)
            findings.numbers[Slot.EYELINER] = 0.0
        findings.words.pop(Slot.NAIL_COLOUR if slot == Slot.NAILS else slot, None)
    elif slot == Slot.FACIAL_HAIR:
        if part.key in words.FACIAL_HAIR and words.FACIAL_HAIR[part.key] != ("none",):
            findings.word(Slot.FACIAL_HAIR, FacialHair.NONE, f"no {part.key}")
    elif slot == Slot.HAIR and part.key in ("hair", "hairs"):
        findings.word(Slot.HAIR_STYLE, HairStyle.BALD, "no hair")
    elif slot == Slot.HAIR and part.key in FRINGES:
        findings.word(Slot.FRINGE, "none", f"no {part.key}")
    elif slot == Slot.MOTIF:
        findings.word(Slot.TOP_PATTERN, Pattern.PLAIN, f"no {part.key}")
    elif slot == Slot.LOGO and part.key not in garments.DOUBTFUL_LOGOS:
        findings.word(Slot.TOP_LOGO, Logo.NONE, f"no {part.key}")
    elif slot == Slot.SHOES and part.key in ("shoes", "footwear"):
        findings.near["shoes"] = f"no {part.key} -> sneakers"


def _bind_hair(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    coloured = False
    style_keys = [part.key] if part.key in words.HAIR_STYLES else []
    if part.key in HAIR_PEOPLE:
        findings.word(Slot.HAIR_COLOUR, HAIR_TABLE[HAIR_PEOPLE[part.key]], part.key)
    if part.key in _CURLS:
        findings.word(Slot.HAIR_TEXTURE, _CURLS[part.key], part.key)
    fringe = part.key in FRINGES
    if fringe:
        findings.word(Slot.FRINGE, "bangs", part.key)
    for attribute in found:
        key = attribute.key
        if key in HAIR_STYLE_QUALITIES:
            style_keys.append(key)
        elif key in words.HAIR_LENGTHS and not fringe:
            length = words.HAIR_LENGTHS[key]
            if length == "short" and attribute.degree > 1:
                length = "very short"
            if findings.words.get(Slot.HAIR_STYLE) in (HairStyle.BALD, HairStyle.BUZZ):
                findings.forget(Slot.HAIR_STYLE)
            findings.word(Slot.HAIR_LENGTH, length, attribute.said)
        elif key in words.HAIR_TEXTURES and not fringe:
            findings.word(Slot.HAIR_TEXTURE, words.HAIR_TEXTURES[key], attribute.said)
        elif key in words.HAIR_UNRULY:
            findings.near["order of the hair"] = f"{key} hair -> as it falls"
        elif (colour := colour_of(attribute, HAIR_TABLE)) is not None:
            if coloured:
                findings.word(Slot.HIGHLIGHTS, colour, attribute.said)
            else:
                findings.word(Slot.HAIR_COLOUR, colour, attribute.said)
                coloured = True
    for key in style_keys:
        style = nearest(HairStyle, words.HAIR_STYLES[key])
        exact = style == words.HAIR_STYLES[key][0]
        findings.word(Slot.HAIR_STYLE, style, key, near="" if exact else made_name(style))


def _bind_second_hair(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    """Highlights and roots; "Irish roots" are a family's."""
    slot = part.slot
    colour = next((c for a in found if (c := colour_of(a, HAIR_TABLE)) is not None), None)
    said = " ".join((*(a.said for a in found), part.key))
    if colour is not None:
        findings.word(slot, colour, said)
    elif slot == Slot.HIGHLIGHTS:
        findings.number(slot, 1.0, said)  # of no colour: lighter ones
    _bind_person(findings, Part(Slot.PERSON, part.key), [a for a in found if a.key in words.ANCESTRIES])


def _bind_nails(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    colour = next((c for a in found if (c := colour_of(a)) is not None), None)
    if colour is None and any(a.key in ("dark", "deep") for a in found):
        colour = colours.COLOURS["merlot"]
    if colour is None and part.key not in ("nails", "nail", "fingernails", "toenails"):
        colour = _POLISHED
    if colour is not None:
        findings.word(Slot.NAIL_COLOUR, colour, " ".join((*(a.said for a in found), part.key)))


def _bind_skin(findings: Findings, found: Sequence[Attribute]) -> None:
    for attribute in found:
        if attribute.kind == Kind.QUALITY and attribute.key in words.AGE_WORDS:
            _bind_person(findings, Part(Slot.PERSON, "skin"), [attribute])
        elif skin := _skin_of(attribute):
            findings.number(Slot.TONE, skin[0], attribute.said)
            findings.numbers[Slot.UNDERTONE] = skin[1]
            if attribute.key == "ruddy":
                findings.numbers[Slot.BLUSH] = 0.75
        elif attribute.key in ("warm", "cool"):
            findings.numbers[Slot.UNDERTONE] = 0.5 if attribute.key == "warm" else -0.5


def _bind_facial_hair(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    key = part.key
    if words.FACIAL_HAIR[key][0] == "beard" and any(a.key in _SHORT_BEARDS and not a.shades for a in found):
        key = "short beard"
    kind = nearest(FacialHair, words.FACIAL_HAIR[key])
    grown = findings.words.get(Slot.FACIAL_HAIR) in (FacialHair.BEARD, FacialHair.SHORT_BEARD, FacialHair.GOATEE)
    if kind != FacialHair.MOUSTACHE or not grown:  # a beard has a moustache
        exact = kind == words.FACIAL_HAIR[key][0]
        findings.word(Slot.FACIAL_HAIR, kind, key, near="" if exact else made_name(kind))
    for attribute in found:
        if attribute.kind == Kind.COLOUR and (colour := colour_of(attribute, HAIR_TABLE)) is not None:
            findings.word(Slot.FACIAL_COLOUR, colour, attribute.said)


def _amount(found: Sequence[Attribute], few: float, plain: float, many: float) -> float:
    value = plain
    for attribute in found:
        value = many if attribute.key in words.MANY else few if attribute.key in words.FEW else value
    return value


def _bind_make_up(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    key = part.key
    amount = _amount(found, 0.3, 0.6, 0.9)
    colour, said = next(((c, a.said) for a in found if (c := colour_of(a)) is not None), (None, ""))
    if key in EYELINERS:
        findings.number(Slot.EYELINER, _amount(found, 0.35, EYELINERS[key], 0.95), key)
        return
    if key in ("smoky eyes", "smokey eyes"):
        colour, said = _SMOKY, key
    elif key in ("lids", "eyelids") and colour is None:
        return  # heavy lids are no make-up
    if colour is not None:
        lips = key in ("lipstick", "lip gloss", "lip colour")
        lids = key in _EYE_SHADOWS or key.endswith("eyes")
        if lips or lids:
            findings.word(Slot.LIP_COLOUR if lips else Slot.LID_COLOUR, colour, said)
    findings.number(Slot.MAKE_UP, max(amount, findings.numbers.get(Slot.MAKE_UP, 0.0)), key)


def _bind_person(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    for attribute in found:
        key, degree = attribute.key, attribute.degree
        if attribute.kind == Kind.COLOUR and _person_hair(attribute):
            _bind_hair(findings, Part(Slot.HAIR, "hair"), [attribute])
        elif attribute.kind == Kind.COLOUR and key in ("black", "white"):
            _bind_ancestry(findings, *((1.0, 0.0, 0.0, 0.82) if key == "black" else (0.0, 0.0, 1.0, 0.12)), said=key)
        elif attribute.kind in (Kind.COLOUR, Kind.SHADE):
            _bind_skin(findings, [attribute])
        if attribute.kind != Kind.QUALITY:
            continue
        if part.key in ("build", "built", "figure", "frame", "physique", "body", "bodied") and key in (
            "small",
            "little",
            "slight",
        ):
            findings.number(Slot.WEIGHT, 0.27, attribute.said)
            continue
        if key in words.GENDER_WORDS:
            value = words.GENDER_WORDS[key][0] or 0.0
            known = findings.numbers.get(Slot.GENDER)
            mild = key in ("boyish", "androgynous") and known is not None
            findings.number(Slot.GENDER, (value + known) / 2 if mild and known is not None else value, attribute.said)
        if key in words.BUILDS:
            weight, muscle = words.BUILDS[key]
            for slot, number in ((Slot.WEIGHT, weight), (Slot.MUSCLE, muscle)):
                if number is not None:
                    findings.number(slot, min(max(0.5 + (number - 0.5) * degree, 0.0), 1.0), attribute.said)
        if key in words.STATURES:
            findings.number(
                Slot.STATURE, (words.STATURES[key][0] or 0.0) * (1.65 if degree > 1 else degree), attribute.said
            )
            if key in words.ALSO_SLIM and Slot.WEIGHT not in findings.numbers:
                findings.number(Slot.WEIGHT, 0.3, attribute.said)
        if key in words.AGE_WORDS:
            years = words.AGE_WORDS[key][0] or 0.0
            age(
                findings,
                years + (6 if degree > 1 and years > 50 else -4 if degree > 1 and 18 < years < 30 else 0),
                1,
                attribute.said,
            )
        if key in words.ANCESTRIES:
            african, asian, european, tone = (part or 0.0 for part in words.ANCESTRIES[key])
            _bind_ancestry(findings, african, asian, european, tone, said=key)


def _bind_ancestry(
    findings: Findings, african: float, asian: float, european: float, tone: float, *, said: str
) -> None:
    """A second ancestry in the same text is mixed with the first: half Irish, half Japanese."""
    before = findings.heard.get(Slot.ANCESTRY)
    if before == said:
        return
    share = 0.5 if before else 1.0
    for slot, value in ((Slot.AFRICAN, african), (Slot.ASIAN, asian), (Slot.EUROPEAN, european), (Slot.ANCESTRY, tone)):
        findings.numbers[slot] = share * value + (1 - share) * findings.numbers.get(slot, 0.0)
    findings.heard[Slot.ANCESTRY] = f"{before} and {said}" if before else said


def age(findings: Findings, years: float, rank: int, said: str) -> None:
    """Set the age unless something firmer was said: 2 a number, 1 an adjective, 0 a noun such as "girl"."""
    before = int(findings.words.get(Slot.AGE, "-1"))
    noun_child = before == 0 and findings.numbers[Slot.AGE] <= 18 and said in ("young", "little", "mature")
    if rank < before or noun_child:
        return
    findings.number(Slot.AGE, years, said)
    findings.words[Slot.AGE] = str(rank)
