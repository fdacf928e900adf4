"""Comparatives in a clause: "a bit longer hair", "not so tall", "the nose less wide", "5 years older".

``compare`` finds the first one, says which part it speaks of if the clause names one, and hands back the words that
are left for the describer's own reader ("longer red hair" leaves "red hair").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from avatar.describe import colours
from avatar.describe.grammar import Kind
from avatar.describe.measures import number
from avatar.describe.moves import ADJECTIVES, AMOUNTS, OTHER_NOUNS, effects_of
from avatar.describe.slots import Slot
from avatar.describe.tables import bag, phrases
from avatar.describe.terms import VOCABULARY
from avatar.describe.tokens import Token

STRENGTHS: Mapping[str, float] = MappingProxyType(
    {
        **dict.fromkeys(
            phrases("""
                slightly, a bit, a little, a little bit, a tiny bit, a touch, a tad, a shade, somewhat, a trifle,
                marginally, ever so slightly, just a little, just a bit, a tiny little bit, subtly, mildly, a wee bit
            """),
            0.5,
        ),
        **dict.fromkeys(
            phrases("much, a lot, far, way, a great deal, a good deal, lots, loads, heaps, a whole lot"), 2.0
        ),
        **dict.fromkeys(phrases("considerably, significantly, substantially, noticeably, clearly, very much"), 2.0),
        **dict.fromkeys(phrases("very, really, extremely, dramatically, drastically, super, incredibly"), 2.0),
        **dict.fromkeys(phrases("quite, rather, even, still, some, any, quite a bit, fairly, moderately, ever"), 1.0),
    }
)
# whether what follows gets more (True) or less; "too tall" is a complaint
DIRECTIONS: Mapping[str, bool] = MappingProxyType(
    {
        **dict.fromkeys(("more", "extra", "additional"), True),
        **dict.fromkeys(
            phrases("""
                less, fewer, not so, not as, not that, not too, not very, not quite so, not quite as, not so very, too,
                not such, not such a, not all that, not overly, far too, way too, much too, a bit too, a little too,
                not so much, not as much, not so many, not as many, too much, too many, way too much, far too much,
                no longer, not any longer, no longer so, no longer as
            """),
            False,
        ),
    }
)
# may stand about a wish without adding to it
CHATTER = bag("""
    please make makes making let lets give gives giving her his him them their its it she he they you your i we me my
    us the a an be is are was were look looks looking appear appears appearing seem seems should shall could can would
    may might must get gets getting have has had having want wants wanted like need needs to with of this that these
    those now just and but also then so as overall generally maybe perhaps kind sort person thanks thank hi hello
    again one overall though bit go going become becomes becoming turn wish prefer instead ok okay
    do does for in general all no yes oh only
""")
_UNITS: Mapping[str, tuple[str, float]] = MappingProxyType(
    {
        **dict.fromkeys(("year", "years", "yrs"), ("years", 1.0)),
        **dict.fromkeys(("decade", "decades"), ("years", 10.0)),
        **dict.fromkeys(("cm", "cms", "centimetre", "centimetres", "centimeter", "centimeters"), ("metres", 0.01)),
        **dict.fromkeys(("inch", "inches"), ("metres", 0.0254)),
        **dict.fromkeys(("m", "metre", "metres", "meter", "meters"), ("metres", 1.0)),
        **dict.fromkeys(("foot", "feet", "ft"), ("metres", 0.3048)),
    }
)
_COLOUR_NAMES = frozenset((*colours.COLOURS, *colours.HAIR_COLOURS, *colours.EYE_COLOURS, *colours.SKIN_TONES))
_GREY = {"gray": "grey", "blond": "blonde"}
_AFTER = CHATTER | bag("than , . : ( ) - & by too enough plus without wearing years please a")
_BODY = frozenset(
    (Slot.HAIR, Slot.EYES, Slot.SKIN, Slot.FACE, Slot.NOSE, Slot.JAW, Slot.CHIN, Slot.LIPS, Slot.CHEEKBONES, Slot.BROWS)
)
_LONGEST = 4  # tokens of the longest phrase here


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparative: ``part`` is None when the clause names none."""

    key: str  # plain adjective, or the noun of an amount ("more freckles")
    part: str | None
    more: bool
    strength: float
    measured: tuple[str, float] | None  # ("years", 5.0), ("metres", 0.1)
    said: str  # "much longer"
    noun: str  # "hair", or ""
    amount: bool = False


def plain_form(word: str) -> str | None:
    """The adjective of a comparative that is known here: "redder" is red, "kindlier" kindly; None for other words."""
    if word in _COLOUR_NAMES or not word.endswith("er") or len(word) < 5:
        return {"elder": "old"}.get(word)
    stem = word[:-2]
    forms = [stem, stem + "e"]
    if stem.endswith("i"):
        forms.append(stem[:-1] + "y")
    if len(stem) > 2 and stem[-1] == stem[-2]:
        forms.append(stem[:-1])
    spelt = (_GREY.get(form, form) for form in forms)
    return next((form for form in spelt if form in ADJECTIVES), None)


def noun_at(tokens: Sequence[Token], at: int) -> tuple[str, str, int] | None:
    """The part of a person or an outfit that is named at ``at``: the part, its word and how many tokens that takes."""
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        phrase = _joined(tokens, at, length)
        if phrase in OTHER_NOUNS:
            return OTHER_NOUNS[phrase], phrase, length
        term = VOCABULARY.get(phrase)
        if term is not None and term.kind == Kind.PART and term.slot is not None and phrase not in CHATTER:
            return term.slot, term.key, length
    return None


def first_noun(tokens: Sequence[Token]) -> tuple[str, str] | None:
    """The first part that is named, and its word."""
    for at in range(len(tokens)):
        found = noun_at(tokens, at)
        if found is not None:
            return found[0], found[1]
    return None


def compare(tokens: Sequence[Token]) -> tuple[Comparison, str] | None:
    """The first comparative of a clause, and the rest of the clause as text ("" when nothing else is said)."""
    for at in range(len(tokens)):
        found = _comparative_at(tokens, at)
        if found is not None:
            key, more, strength, end, amount = found
            start, strength = _with_degrees(tokens, at, strength)
            return _complete(tokens, start, end, key, more, strength, amount)
    return None


def _comparative_at(tokens: Sequence[Token], at: int) -> tuple[str, bool, float, int, bool] | None:
    """Adjective, direction, strength, the end, and whether the key is an amount's noun; None if none starts here."""
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        phrase = _joined(tokens, at, length)
        if phrase not in DIRECTIONS:
            continue
        more, after = DIRECTIONS[phrase], at + length
        strength = 2.0 if phrase.startswith(("far", "way", "much")) else 0.5 if phrase.startswith("a ") else 1.0
        degree = _phrase_in(STRENGTHS, tokens, after)
        if degree is not None and phrase != "too":
            strength, after = STRENGTHS[degree[0]], after + degree[1]
        if after < len(tokens) and tokens[after].text == "of":
            after += 1
        return _directed(tokens, after, more, strength)
    if tokens[at].text in ("not", "no"):
        return _denied(tokens, at)
    word = tokens[at].text
    if at and tokens[at - 1].text in ("no", "not", "never"):
        return None  # "no longer", "not taller"
    key = plain_form(word)
    if key is None or not _may_follow(tokens, at + 1, key):
        return None
    return key, True, 1.0, at + 1, False


def _denied(tokens: Sequence[Token], at: int) -> tuple[str, bool, float, int, bool] | None:
    """ "not tall" and "no red hair" as less of it; what can be taken off ("no red shirt") is not compared."""
    found = _directed(tokens, at + 1, False, 1.0)
    if found is None or found[4]:
        return None
    key, _, _, end, _ = found
    noun = noun_at(tokens, end) if end < len(tokens) else None
    if noun is not None:
        return found if noun[0] in _BODY and effects_of(noun[0], key) else None
    return found if tokens[at].text == "not" and effects_of(Slot.PERSON, key) else None


def _directed(
    tokens: Sequence[Token], at: int, more: bool, strength: float
) -> tuple[str, bool, float, int, bool] | None:
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        phrase = _GREY.get(_joined(tokens, at, length), _joined(tokens, at, length))
        if phrase in AMOUNTS:
            return phrase, more, strength, at + length, True
        if phrase in ADJECTIVES and _may_follow(tokens, at + length, phrase):
            return phrase, more, strength, at + length, False
    return None


def _may_follow(tokens: Sequence[Token], at: int, key: str) -> bool:
    """Whether the word at ``at`` can follow an adjective about looks: "stronger coffee" is none, and in "darker navy
    shirt" dark belongs to navy."""
    if at >= len(tokens) or noun_at(tokens, at) is not None:
        return True
    word = tokens[at].text
    known = VOCABULARY.get(word)
    if known is None:
        return word in _AFTER or plain_form(word) is not None
    if known.kind in (Kind.COLOUR, Kind.SHADE):
        return key not in colours.SHADES and any(noun_at(tokens, n) is not None for n in range(at, len(tokens)))
    return known.kind != Kind.OTHERS


def _with_degrees(tokens: Sequence[Token], at: int, strength: float) -> tuple[int, float]:
    """Where the words of degree before ``at`` begin, and the strength with them."""
    for _ in range(2):
        for length in range(min(_LONGEST, at), 0, -1):
            phrase = _joined(tokens, at - length, length)
            if phrase in STRENGTHS:
                at, strength = at - length, strength * STRENGTHS[phrase]
                break
        else:
            break
    return at, min(max(strength, 0.25), 3.0)


def _phrase_in(table: Mapping[str, object], tokens: Sequence[Token], at: int) -> tuple[str, int] | None:
    for length in range(min(_LONGEST, len(tokens) - at), 0, -1):
        phrase = _joined(tokens, at, length)
        if phrase in table:
            return phrase, length
    return None


def _complete(
    tokens: Sequence[Token], start: int, end: int, key: str, more: bool, strength: float, amount: bool
) -> tuple[Comparison, str]:
    """The comparison with its part and measure, found in the rest of the clause."""
    measure = _measure(tokens, start, end)
    used = set(range(start, end)) | (measure[1] if measure else set())
    part, noun, nouns = (None, "", set[int]()) if amount else _part(tokens, start, end, key)
    rest = [number for number in range(len(tokens)) if number not in used]
    told = [n for n in rest if n not in nouns and tokens[n].text not in CHATTER and tokens[n].text.isalnum()]
    said = _joined(tokens, start, end - start)
    if measure:
        said = f"{measure[2]} {said}"
    comparison = Comparison(key, part, more, strength, measure[0] if measure else None, said, noun, amount)
    return comparison, text_of([tokens[n] for n in rest]) if told else ""


def _part(tokens: Sequence[Token], start: int, end: int, key: str) -> tuple[str | None, str, set[int]]:
    """The noun that the adjective describes: after it, else before it."""
    for positions in (range(end, len(tokens)), range(start - 1, -1, -1)):
        for at in positions:
            found = noun_at(tokens, at)
            if found is not None and effects_of(found[0], key):
                return found[0], found[1], set(range(at, at + found[2]))
    return None, "", set()


def _measure(tokens: Sequence[Token], start: int, end: int) -> tuple[tuple[str, float], set[int], str] | None:
    """ "5 years" or "ten centimetres" just before the comparative, or after it with "by"."""
    for at in [*range(max(start - 3, 0), start), *range(end, min(end + 2, len(tokens)))]:
        found = number(tokens, at)
        if found is None:
            continue
        after = at + found.length
        unit = _UNITS.get(tokens[after].text) if after < len(tokens) else None
        if unit is not None:
            by = 1 if at and tokens[at - 1].text == "by" else 0
            return (unit[0], found.value * unit[1]), set(range(at - by, after + 1)), _joined(tokens, at, after + 1 - at)
    return None


def _joined(tokens: Sequence[Token], at: int, length: int) -> str:
    return " ".join(token.text for token in tokens[at : at + length])


def text_of(tokens: Sequence[Token]) -> str:
    """Tokens as text that reads the same: hyphens and owners are put back."""
    text = ""
    for token in tokens:
        text += ("-" if token.glued and text else " " if text else "") + token.text + ("'s" if token.owner else "")
    return text
