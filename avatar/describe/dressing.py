"""What is said of clothes and accessories, written into findings."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TypeVar

from avatar.character import AccessoryKind, BottomKind, FootwearKind, Logo, Pattern, TopKind
from avatar.describe import colours, garments
from avatar.describe.attributes import Attribute, Part, colour_of
from avatar.describe.findings import Findings
from avatar.describe.grammar import Kind
from avatar.describe.slots import Slot
from avatar.describe.terms import WORN

Choice = TypeVar("Choice", bound=StrEnum)

CLOTHES = frozenset((Slot.TOP, Slot.BOTTOM, Slot.SHOES, Slot.OUTFIT))
ACCESSORY_COLOURS = {
    Slot.GLASSES: Slot.GLASSES_COLOUR,
    Slot.EARRINGS: Slot.EARRINGS_COLOUR,
    Slot.HEADSET: Slot.HEADSET_COLOUR,
    Slot.HAT: Slot.HAT_COLOUR,
}
ACCESSORY_KINDS = {Slot.GLASSES: Slot.GLASSES_KIND, Slot.HAT: Slot.HAT_KIND}  # where there are several
GARMENT_COLOURS = {Slot.TOP: Slot.TOP_COLOUR, Slot.BOTTOM: Slot.BOTTOM_COLOUR, Slot.SHOES: Slot.SHOES_COLOUR}
GARMENT_ACCENTS = {Slot.TOP: Slot.TOP_ACCENT, Slot.BOTTOM: Slot.BOTTOM_ACCENT, Slot.SHOES: Slot.SHOES_ACCENT}
GARMENT_PATTERNS = {Slot.TOP: Slot.TOP_PATTERN, Slot.BOTTOM: Slot.BOTTOM_PATTERN}
MADE_NAMES = {"t_shirt": "T-shirt", "buzz": "buzz cut"}
SQUARE = ("square", "rectangular", "angular", "chunky", "boxy")


def nearest(kinds: type[Choice], wishes: Sequence[str]) -> Choice:
    """The first wish that the generator can make; the tables end every list with one that it can."""
    return next(kinds(wish) for wish in wishes if wish in {kind.value for kind in kinds})


def made_name(value: str) -> str:
    """A kind in plain words."""
    return MADE_NAMES.get(value, value.replace("_", " "))


def bind_accessory(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    """Glasses, earrings, a headset, a hat."""
    slot, key = part.slot, part.key
    wishes = WORN[slot].get(key)
    findings.number(slot, 1.0, key)
    if wishes is not None:
        made = nearest(AccessoryKind, wishes)
        if slot in ACCESSORY_KINDS:
            kinds = garments.GLASSES["square glasses"] if _square(part, found) else (made.value,)
            findings.words[ACCESSORY_KINDS[slot]] = kinds[0]
        if made != wishes[0]:
            findings.near[slot] = f"{key} -> {made_name(made)}"
    for attribute in found:
        if (colour := colour_of(attribute)) is not None:
            findings.word(ACCESSORY_COLOURS[slot], colour, attribute.said)
            break


def _square(part: Part, found: Sequence[Attribute]) -> bool:
    plain = part.slot == Slot.GLASSES and garments.GLASSES[part.key][0] == "glasses"
    return plain and any(attribute.key in SQUARE for attribute in found)


def bind_mark(findings: Findings, part: Part, found: Sequence[Attribute], garment: Part | None) -> bool:
    """Stripes, a star, a collar: what is on the garment last spoken of. Whether there is one that can have it."""
    slot = garment.slot if garment is not None else None
    if slot == Slot.OUTFIT:
        slot = Slot.TOP
    if slot not in GARMENT_ACCENTS or (part.slot == Slot.LOGO and slot != Slot.TOP):
        return False
    colour, said = next(((c, a.said) for a in found if (c := colour_of(a)) is not None), (None, ""))
    if part.slot == Slot.MOTIF and slot in GARMENT_PATTERNS:
        findings.word(GARMENT_PATTERNS[slot], Pattern(garments.MOTIFS[part.key]), part.key)
    if part.slot == Slot.LOGO:
        findings.word(Slot.TOP_LOGO, Logo(garments.LOGOS[part.key]), part.key)
    if colour is not None:
        findings.word(GARMENT_ACCENTS[slot], colour, f"{said} {part.key}")
    return True


def _clothes_colours(found: Sequence[Attribute]) -> list[tuple[str, str]]:
    return [(colour, a.said) for a in found if a.kind == Kind.COLOUR and (colour := colour_of(a)) is not None]


def _denim(attribute: Attribute) -> tuple[str, str] | None:
    """Blue jeans are denim; a shade alone ("dark jeans") shades denim."""
    if attribute.kind == Kind.COLOUR and attribute.key == "blue" and not attribute.blended:
        return colours.shaded(colours.COLOURS["denim"], attribute.shades), attribute.said
    if attribute.kind == Kind.SHADE and attribute.key in ("dark", "light", "pale", "faded", "washed"):
        return colours.shaded(colours.COLOURS["denim"], (attribute.key,)), attribute.said
    return None


def bind_garment(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    """A top, a bottom, shoes."""
    slot, key = part.slot, part.key
    shown = _clothes_colours(found)
    if slot == Slot.TOP:
        if key in garments.TOPS and not _wear_top(findings, key, shown):
            return
        _sleeves(findings, found)
    elif slot == Slot.BOTTOM and key in garments.BOTTOMS:
        worn = "long skirt" if key == "skirt" and any(a.key == "long" for a in found) else key
        _wear(findings, slot, worn, garments.BOTTOMS[worn], BottomKind)
    elif slot == Slot.SHOES and key in garments.SHOES:
        _wear(findings, slot, key, garments.SHOES[key], FootwearKind)
    if slot == Slot.BOTTOM and findings.words.get(slot) == BottomKind.JEANS:
        shown = _of_jeans(found, shown)
    if shown:
        findings.word(GARMENT_COLOURS[slot], *shown[0])
    elif key in garments.DYES:
        findings.word(GARMENT_COLOURS[slot], colours.COLOURS[garments.DYES[key]], key)
    elif not findings.has(GARMENT_COLOURS[slot]) and findings.words.get(slot) != BottomKind.JEANS:
        for attribute in found:  # "a dark shirt", "light shoes"
            if attribute.kind == Kind.SHADE and attribute.key in ("dark", "light", "pale", "bright"):
                neutral = {"dark": "#2c2f36", "bright": "#e07a1f"}.get(attribute.key, "#d9d5cb")
                findings.word(GARMENT_COLOURS[slot], neutral, attribute.said)
    _pattern(findings, slot, found, shown)


def _wear_top(findings: Findings, key: str, shown: Sequence[tuple[str, str]]) -> bool:
    """Whether the top called ``key`` is the outer one. Of what is under a jacket only the colour shows."""
    layer = 1.0 if key in garments.OUTER else 0.0
    worn = findings.numbers.get(Slot.TOP_LAYER, -1.0)
    if layer < worn:  # the T-shirt under the jacket shows at the collar
        if shown and Slot.TOP_ACCENT not in findings.words:
            findings.word(Slot.TOP_ACCENT, shown[0][0], f"{shown[0][1]} {key} underneath")
        if garments.TOPS[key][-1] == TopKind.DRESS and Slot.BOTTOM not in findings.words:
            _skirt_below(findings, key, shown[0][0] if shown else None)
        return False
    under = findings.words.get(Slot.TOP_COLOUR)
    below = findings.heard.get(Slot.TOP_COLOUR, "")
    dress = findings.words.get(Slot.TOP) == TopKind.DRESS
    _wear(findings, Slot.TOP, key, garments.TOPS[key], TopKind)
    if layer > worn >= 0:
        if under is not None:
            findings.word(Slot.TOP_ACCENT, under, f"{below} underneath")
        if dress and Slot.BOTTOM not in findings.words:
            _skirt_below(findings, "dress", under)
    findings.numbers[Slot.TOP_LAYER] = layer
    return True


def _skirt_below(findings: Findings, key: str, colour: str | None) -> None:
    """A dress under a jacket shows as a skirt."""
    findings.word(Slot.BOTTOM, BottomKind.SKIRT, key, near="skirt")
    if colour is not None:
        findings.word(Slot.BOTTOM_COLOUR, colour, findings.heard.get(Slot.TOP_ACCENT, key))


def _sleeves(findings: Findings, found: Sequence[Attribute]) -> None:
    """A T-shirt has short sleeves and the same cloth long ones; of other tops the sleeves are as they are."""
    for attribute in found:
        if attribute.key not in garments.SLEEVES:
            continue
        wanted = nearest(TopKind, garments.SLEEVES[attribute.key])
        now = findings.words.get(Slot.TOP)
        if now in (None, TopKind.T_SHIRT, TopKind.LONG_SLEEVE):
            findings.word(Slot.TOP, wanted, attribute.said)
        elif (wanted == TopKind.LONG_SLEEVE) != (now in garments.LONG_SLEEVED) and attribute.key != "sleeveless":
            findings.near["sleeves"] = f"{attribute.key} {made_name(now)} -> its usual sleeves"


def _of_jeans(found: Sequence[Attribute], shown: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if not shown:
        return [denim for a in found if (denim := _denim(a))]
    return [next((d for a in found if a.said == said and (d := _denim(a))), (hex_, said)) for hex_, said in shown]


def _pattern(findings: Findings, slot: Slot, found: Sequence[Attribute], shown: Sequence[tuple[str, str]]) -> None:
    """The second colour and the pattern; a pattern without one gets it when the whole outfit is known."""
    if len(shown) > 1:
        findings.word(GARMENT_ACCENTS[slot], *shown[1])
    key = next((a.key for a in found if a.key in garments.PATTERNS), None)
    if key is None or slot not in GARMENT_PATTERNS:
        return
    made = nearest(Pattern, garments.PATTERNS[key])
    if made == Pattern.PLAIN and key != "plain":
        findings.near["pattern"] = f"{key} -> plain"
    else:
        exact = made == garments.PATTERNS[key][0]
        findings.word(GARMENT_PATTERNS[slot], made, key, near="" if exact else made.value)


def _wear(findings: Findings, slot: Slot, key: str, wishes: Sequence[str], kinds: type[StrEnum]) -> None:
    made = nearest(kinds, wishes)
    findings.word(slot, made, key, near="" if made.value == wishes[0] else made_name(made.value))
    gone = [GARMENT_COLOURS[slot], GARMENT_ACCENTS[slot], GARMENT_PATTERNS.get(slot)]
    for other in (*gone, Slot.TOP_LOGO if slot == Slot.TOP else None):
        if other is not None:
            findings.forget(other)  # new clothes: the old one's colours are gone


def bind_outfit(findings: Findings, part: Part, found: Sequence[Attribute]) -> None:
    """A suit, a uniform, "dressed in black": a top and a bottom at once."""
    shown = _clothes_colours(found)
    suit = part.key in garments.WHOLE_OUTFITS
    if suit:
        top, bottom = garments.WHOLE_OUTFITS[part.key]
        _wear(findings, Slot.TOP, part.key, top, TopKind)
        _wear(findings, Slot.BOTTOM, part.key, bottom, BottomKind)
        findings.numbers[Slot.TOP_LAYER] = 1.0
    if not shown:
        for attribute in found:
            if attribute.kind == Kind.SHADE and attribute.key in ("dark", "light"):
                shown = [("#2c2f36" if attribute.key == "dark" else "#d9d5cb", attribute.said)]
    if shown:
        findings.word(Slot.TOP_COLOUR, *shown[0])
        two = len(shown) > 1 and not suit  # "dressed in black and white"
        findings.word(Slot.BOTTOM_COLOUR, *(shown[1] if two else shown[0]))
        shown = shown[:1] if two else shown
    _pattern(findings, Slot.TOP, found, shown)
    if suit:
        _pattern(findings, Slot.BOTTOM, found, ())
