"""Adjectives to their nouns: what "long, dark brown" does to hair and what it does to a coat.

``claims`` says whether an attribute can describe a part at all, ``bind`` writes what it means into the findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from avatar.character import AccessoryKind, BottomKind, FacialHair, FootwearKind, HairStyle, TopKind
from avatar.describe import colours, words
from avatar.describe.findings import Findings
from avatar.describe.grammar import Kind
from avatar.describe.slots import Slot
from avatar.describe.tables import bag
from avatar.describe.terms import HAIR_PEOPLE, HAIR_STYLE_QUALITIES, Term

Choice = TypeVar("Choice", bound=StrEnum)

CLOTHES = frozenset((Slot.TOP, Slot.BOTTOM, Slot.SHOES, Slot.OUTFIT))
ACCESSORY_COLOURS = {
    Slot.GLASSES: Slot.GLASSES_COLOUR,
    Slot.EARRINGS: Slot.EARRINGS_COLOUR,
    Slot.HEADSET: Slot.HEADSET_COLOUR,
}
GARMENT_COLOURS = {Slot.TOP: Slot.TOP_COLOUR, Slot.BOTTOM: Slot.BOTTOM_COLOUR, Slot.SHOES: Slot.SHOES_COLOUR}
MADE_NAMES = {
    "t_shirt": "T-shirt",
    "long_sleeve": "long sleeve",
    "long_straight": "long straight hair",
    "side_part": "side part",
    "crop": "crop",
    "buzz": "buzz cut",
    "bob": "bob",
}
# Words of build that describe characters and voices as often as bodies; they need a person or a body beside them.
_VAGUE = bag("""
    soft solid normal medium average powerful robust round delicate big large strong trim heavy stout broad fit
    slight sturdy huge thin small little large minute mature tiny mixed western full
""")


@dataclass(frozen=True, slots=True)
class Attribute:
    """One adjective or colour with its shades ("dark", "pale") and degree (1 plain, more for "very")."""

    kind: Kind  # QUALITY, COLOUR or SHADE (a shade that stands alone)
    key: str
    shades: tuple[str, ...] = ()
    degree: float = 1.0
    blended: tuple[str, ...] = ()  # further colours hung on by a hyphen: blue-green

    @property
    def said(self) -> str:
        strength = "very " if self.degree > 1 else "slightly " if self.degree < 1 else ""
        return strength + " ".join((*self.shades, "-".join((self.key, *self.blended))))


@dataclass(frozen=True, slots=True)
class Part:
    """The noun that adjectives are bound to."""

    slot: Slot
    key: str
    certain: bool = True  # False: no noun was said, the person is only meant


def attributes(segment: Sequence[Term]) -> list[Attribute]:
    """A run of terms as attributes: shades and degrees join the word they stand before."""
    found: list[Attribute] = []
    shades: list[str] = []
    degree = 1.0
    for term in segment:
        match term.kind:
            case Kind.DEGREE:
                degree = 1.4 if term.key in words.STRONGER else 0.6 if term.key in words.WEAKER else degree
                continue
            case Kind.SHADE:
                shades.append(term.key)
                continue
            case Kind.COLOUR if term.glued and found and found[-1].kind == Kind.COLOUR and not shades:
                last = found.pop()
                found.append(Attribute(Kind.COLOUR, last.key, last.shades, last.degree, (*last.blended, term.key)))
            case Kind.COLOUR:
                found.append(Attribute(Kind.COLOUR, term.key, tuple(shades), degree))
                shades = []
            case Kind.QUALITY:
                found.extend(Attribute(Kind.SHADE, shade, (), degree) for shade in shades)
                shades = []
                found.append(Attribute(Kind.QUALITY, term.key, (), degree))
            case _:
                pass
        degree = 1.0
    found.extend(Attribute(Kind.QUALITY if shade == "medium" else Kind.SHADE, shade, (), degree) for shade in shades)
    return found


def colour_of(attribute: Attribute, table: dict[str, str] | None = None) -> str | None:
    """The hex of a colour attribute, looked up in ``table`` (hair, eyes) first; None if it has no colour."""
    own = table or {}
    if attribute.kind == Kind.SHADE:
        return own.get(attribute.key)
    if attribute.kind != Kind.COLOUR:
        return None

    def one(name: str, shades: tuple[str, ...]) -> str | None:
        if name.startswith("#"):
            return colours.shaded(name, shades)
        for width in range(len(shades), -1, -1):  # "dark brown" before "brown" made dark
            known = own.get(" ".join((*shades[len(shades) - width :], name)))
            if known:
                return colours.shaded(known, shades[: len(shades) - width])
        known = colours.COLOURS.get(name)
        return colours.shaded(known, shades) if known else None

    parts = [one(attribute.key, attribute.shades), *(one(name, attribute.shades) for name in attribute.blended)]
    known = [part for part in parts if part]
    return colours.mixed(known) if known else None


HAIR_TABLE = dict(colours.HAIR_COLOURS)
EYE_TABLE = dict(colours.EYE_COLOURS)


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
                or key in words.HAIR_NEUTRAL
                or key in HAIR_STYLE_QUALITIES
            )
        case Slot.EYES:
            return colour_of(attribute, EYE_TABLE) is not None or key in words.FACE_QUALITIES[Slot.EYES]
        case Slot.SKIN:
            return _skin_of(attribute) is not None or key in ("warm", "cool") or key in ("wrinkled", "wrinkly")
        case Slot.FACE:
            return key in words.FACE_SHAPES or key in ("wrinkled", "wrinkly", "pale", "tan")
        case Slot.FACIAL_HAIR:
            return coloured or key in ("light", "short", "trimmed", "long", "full", "thick", "bushy", "dark", "neat")
        case Slot.LIPS:
            return coloured or key in words.FACE_QUALITIES[Slot.LIPS]
        case Slot.FRECKLES | Slot.MAKE_UP:
            return key in words.MANY or key in words.FEW or (coloured and slot == Slot.MAKE_UP)
        case Slot.PERSON:
            return _claimed_by_person(part, attribute)
        case Slot.ACCENT:
            return coloured or key in colours.SHADES
        case Slot.LEFT_OUT:
            return coloured
        case _ if slot in CLOTHES:
            return (
                coloured
                or attribute.kind == Kind.SHADE
                or key in words.PATTERNS
                or key in words.SLEEVES
                or key in ("long", "short")
            )
        case _ if slot in ACCESSORY_COLOURS:
            return coloured
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
            _bind_outfit(findings, part, found)
        case Slot.LEFT_OUT:
            said = " ".join((*(a.said for a in found if a.kind == Kind.COLOUR), part.key))
            findings.near[f"{Slot.LEFT_OUT}/{part.key}"] = f"{said} -> left out"
        case _ if slot in GARMENT_COLOURS:
            _bind_garment(findings, part, found)
        case _ if slot in ACCESSORY_COLOURS:
            made = AccessoryKind(slot.value)
            findings.number(slot, 1.0, part.key)
            if part.key in words.ACCESSORIES and part.key not in words.ACCESSORIES_EXACT:
                findings.near[slot] = f"{part.key} -> {made}"
            for attribute in found:
                if (colour := colour_of(attribute)) is not None:
                    findings.word(ACCESSORY_COLOURS[slot], colour, attribute.said)
                    break
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
        findings.number(slot, 0.0, f"no {part.key}")
    elif slot in (Slot.FRECKLES, Slot.MAKE_UP):
        findings.number(slot, 0.0, f"no {part.key}")
        if slot == Slot.MAKE_UP:
            findings.forget(Slot.LIP_COLOUR)
    elif slot == Slot.FACIAL_HAIR:
        if part.key in words.FACIAL_HAIR and words.FACIAL_HAIR[part.key] != ("none",):
            findings.word(Slot.FACIAL_HAIR, FacialHair.NONE, f"no {part.key}")
    elif slot == Slot.HAIR and part.key in ("hair", "hairs"):
        findings.word(Slot.HAIR_STYLE, HairStyle.BALD, "no hair")
    elif slot == Slot.SHOES and part.key in ("shoes", "footwear"):
        findings.near["shoes"] = f"no {part.key} -> sneakers"


def nearest(kinds: type[Choice], wishes: Sequence[str]) -> Choice:
    """The first wish that the generator can make; the tables end every list with one that it can."""
    return next(kinds(wish) for wish in wishes if wish in {kind.value for kind in kinds})


def _made(value: str) -> str:
    return MADE_NAMES.get(value, value.replace("_", " "))


def _bind_hair(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    colour_set = False
    style_keys = [part.key] if part.key in words.HAIR_STYLES else []
    if part.key in HAIR_PEOPLE:
        findings.word(Slot.HAIR_COLOUR, HAIR_TABLE[HAIR_PEOPLE[part.key]], part.key)
    if part.key in ("curls", "ringlets", "waves"):
        findings.near[Slot.HAIR_TEXTURE] = f"{part.key} -> straight hair"
    if part.key in ("bangs", "fringe"):
        findings.near[f"{Slot.LEFT_OUT}/{part.key}"] = f"{part.key} -> left out"
    for attribute in found:
        if attribute.key in HAIR_STYLE_QUALITIES:
            style_keys.append(attribute.key)
        elif attribute.key in words.HAIR_LENGTHS and part.key not in ("fringe", "bangs"):
            length = words.HAIR_LENGTHS[attribute.key]
            if length == "short" and attribute.degree > 1:
                length = "very short"
            if findings.words.get(Slot.HAIR_STYLE) in (HairStyle.BALD, HairStyle.BUZZ):
                findings.forget(Slot.HAIR_STYLE)
            findings.word(Slot.HAIR_LENGTH, length, attribute.said)
        elif attribute.key in words.HAIR_TEXTURES:
            findings.near[Slot.HAIR_TEXTURE] = f"{attribute.key} hair -> straight hair"
            findings.heard[Slot.HAIR_TEXTURE] = attribute.said
        elif (colour := colour_of(attribute, HAIR_TABLE)) is not None:
            if colour_set:
                findings.near["second hair colour"] = f"{attribute.said} in the hair -> one colour"
            else:
                findings.word(Slot.HAIR_COLOUR, colour, attribute.said)
                colour_set = True
    for key in style_keys:
        style = nearest(HairStyle, words.HAIR_STYLES[key])
        exact = key in words.HAIR_STYLE_EXACT or style == words.HAIR_STYLES[key][0]
        findings.word(Slot.HAIR_STYLE, style, key, near="" if exact and key in words.HAIR_STYLE_EXACT else _made(style))


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
    if key == "beard" and any(a.kind == Kind.SHADE and a.key == "light" and not a.shades for a in found):
        key = "light beard"
    kind = nearest(FacialHair, words.FACIAL_HAIR[key])
    near = "" if key not in words.FACIAL_HAIR_NEAR or kind == words.FACIAL_HAIR[key][0] else kind.value
    findings.word(Slot.FACIAL_HAIR, kind, key, near=near)
    for attribute in found:
        if attribute.kind == Kind.COLOUR and (colour := colour_of(attribute, HAIR_TABLE)) is not None:
            findings.word(Slot.FACIAL_COLOUR, colour, attribute.said)


def _amount(found: Sequence[Attribute], few: float, plain: float, many: float) -> float:
    value = plain
    for attribute in found:
        value = many if attribute.key in words.MANY else few if attribute.key in words.FEW else value
    return value


def _bind_make_up(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    amount = _amount(found, 0.3, 0.6, 0.9)
    findings.number(Slot.MAKE_UP, max(amount, findings.numbers.get(Slot.MAKE_UP, 0.0)), part.key)
    if part.key in ("lipstick", "lip gloss", "lip colour"):
        for attribute in found:
            if (colour := colour_of(attribute)) is not None:
                findings.word(Slot.LIP_COLOUR, colour, attribute.said)


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


def _clothes_colours(found: Sequence[Attribute]) -> list[tuple[str, str]]:
    return [(colour, a.said) for a in found if a.kind == Kind.COLOUR and (colour := colour_of(a)) is not None]


def _denim(attribute: Attribute) -> tuple[str, str] | None:
    """Blue jeans are denim; a shade alone ("dark jeans") shades denim."""
    if attribute.kind == Kind.COLOUR and attribute.key == "blue" and not attribute.blended:
        return colours.shaded(colours.COLOURS["denim"], attribute.shades), attribute.said
    if attribute.kind == Kind.SHADE and attribute.key in ("dark", "light", "pale", "faded", "washed"):
        return colours.shaded(colours.COLOURS["denim"], (attribute.key,)), attribute.said
    return None


def _bind_garment(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    slot, key = part.slot, part.key
    shown = _clothes_colours(found)
    if slot == Slot.TOP:
        layer = 1.0 if key in words.OUTER else 0.0
        worn = findings.numbers.get(Slot.TOP_LAYER, -1.0)
        if key in words.TOPS:
            if layer < worn:  # the T-shirt under the jacket shows at the collar
                if shown and Slot.TOP_ACCENT not in findings.words:
                    findings.word(Slot.TOP_ACCENT, shown[0][0], f"{shown[0][1]} {key} underneath")
                return
            if layer > worn >= 0 and Slot.TOP_COLOUR in findings.words and shown:
                findings.word(
                    Slot.TOP_ACCENT, findings.words[Slot.TOP_COLOUR], findings.heard[Slot.TOP_COLOUR] + " underneath"
                )
            _wear(findings, slot, key, words.TOPS[key], TopKind, exact=key in words.TOPS_EXACT)
            findings.numbers[Slot.TOP_LAYER] = layer
        for attribute in found:
            if attribute.key in words.SLEEVES:
                findings.word(slot, nearest(TopKind, words.SLEEVES[attribute.key]), attribute.said)
    elif slot == Slot.BOTTOM and key in words.BOTTOMS:
        wishes = words.BOTTOMS[key]
        if key == "skirt" and any(a.key == "short" for a in found):
            wishes = words.BOTTOMS["short skirt"]
        _wear(findings, slot, key, wishes, BottomKind, exact=key in words.BOTTOMS_EXACT)
        if not shown and findings.words[slot] == BottomKind.JEANS:
            shown = [denim for a in found if (denim := _denim(a))]
        elif findings.words[slot] == BottomKind.JEANS and found:
            shown = [
                next((d for a in found if a.said == said and (d := _denim(a))), (hex_, said)) for hex_, said in shown
            ]
    elif slot == Slot.SHOES and key in words.SHOES:
        _wear(findings, slot, key, words.SHOES[key], FootwearKind, exact=key in words.SHOES_EXACT)
    if slot == Slot.BOTTOM and key not in words.BOTTOMS and findings.words.get(slot) == BottomKind.JEANS:
        shown = [denim for a in found if (denim := _denim(a))] or shown
    if shown:
        findings.word(GARMENT_COLOURS[slot], *shown[0])
    elif key in words.DYES:
        findings.word(GARMENT_COLOURS[slot], colours.COLOURS[words.DYES[key]], key)
    elif not findings.has(GARMENT_COLOURS[slot]) and findings.words.get(slot) != BottomKind.JEANS:
        for attribute in found:  # "a dark shirt", "light shoes"
            if attribute.kind == Kind.SHADE and attribute.key in ("dark", "light", "pale", "bright"):
                neutral = {"dark": "#2c2f36", "bright": "#e07a1f"}.get(attribute.key, "#d9d5cb")
                findings.word(GARMENT_COLOURS[slot], neutral, attribute.said)
    if slot == Slot.TOP:
        _pattern(findings, found, shown)


def _pattern(findings: Findings, found: Sequence[Attribute], shown: Sequence[tuple[str, str]]) -> None:
    pattern = next((a.key for a in found if a.key in words.PATTERNS), "")
    if len(shown) > 1:
        findings.word(Slot.TOP_ACCENT, *shown[1])
    elif pattern in words.STRIPED:
        white = shown and shown[0][1] == "white"
        findings.word(Slot.TOP_ACCENT, "#1f2c4d" if white else "#f3f3f0", pattern)
    if pattern and pattern not in words.STRIPED:
        findings.near["pattern"] = f"{pattern} -> plain"


def _wear(
    findings: Findings, slot: Slot, key: str, wishes: Sequence[str], kinds: type[StrEnum], *, exact: bool
) -> None:
    made = nearest(kinds, wishes)
    findings.word(slot, made, key, near="" if exact or made.value == wishes[0] else _made(made.value))
    findings.forget(GARMENT_COLOURS[slot])  # new clothes: the old one's colour is gone


def _bind_outfit(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    shown = _clothes_colours(found)
    if part.key in words.WHOLE_OUTFITS:
        top, bottom = words.WHOLE_OUTFITS[part.key]
        _wear(findings, Slot.TOP, part.key, top, TopKind, exact=False)
        _wear(findings, Slot.BOTTOM, part.key, bottom, BottomKind, exact=False)
        findings.numbers[Slot.TOP_LAYER] = 1.0
        for attribute in found:
            if attribute.key in ("long", "short") and "dress" in part.key:
                made = BottomKind.TROUSERS if attribute.key == "long" else BottomKind.SHORTS
                findings.word(Slot.BOTTOM, made, f"{attribute.key} {part.key}", near=_made(made))
            elif attribute.key in words.SLEEVES:
                findings.word(Slot.TOP, nearest(TopKind, words.SLEEVES[attribute.key]), attribute.said, near=part.key)
    if not shown:
        for attribute in found:
            if attribute.kind == Kind.SHADE and attribute.key in ("dark", "light"):
                shown = [("#2c2f36" if attribute.key == "dark" else "#d9d5cb", attribute.said)]
    if shown:
        findings.word(Slot.TOP_COLOUR, *shown[0])
        two = len(shown) > 1 and part.key not in words.WHOLE_OUTFITS  # "dressed in black and white"
        findings.word(Slot.BOTTOM_COLOUR, *(shown[1] if two else shown[0]))
        shown = shown[:1] if two else shown
    _pattern(findings, found, shown)
