"""Ages, heights and weights as people write them.

Each reader looks at the tokens from one position on, a bounded number of them, and answers what it found and how
many tokens that took, or None.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from avatar.describe.tables import bag
from avatar.describe.tokens import Token


class Measure(NamedTuple):
    """A reading in years, metres or kilograms; ``length`` tokens long."""

    value: float
    length: int


_UNITS = """
    zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen
    eighteen nineteen
"""
_ROUND = "twenty thirty forty fifty sixty seventy eighty ninety"
_ONES = {word: i for i, word in enumerate(_UNITS.split())}
_TENS = {word: 10 * i for i, word in enumerate(_ROUND.split(), 2)}
_DECADES = {
    "teens": 10,
    "twenties": 20,
    "thirties": 30,
    "forties": 40,
    "fourties": 40,
    "fifties": 50,
    "sixties": 60,
    "seventies": 70,
    "eighties": 80,
    "nineties": 90,
}
_PART_OF_DECADE = {"early": 2.0, "mid": 5.0, "middle": 5.0, "late": 8.0}
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_METRES = frozenset(("m", "metre", "metres", "meter", "meters"))
_CENTIMETRES = frozenset(("cm", "cms", "centimetre", "centimetres", "centimeter", "centimeters"))
_FEET = frozenset(("ft", "foot", "feet", "'"))
_INCHES = frozenset(("in", "inch", "inches", '"', "''"))
_ABOUT = bag("""
    about around roughly nearly almost approximately maybe just turned circa ca some approaching only
""")
_BEYOND = frozenset(("over", "under", "past"))
_NOT_A_PERSON = bag("away from long wide deep apart of behind")
_ENDS_AGE = frozenset((",", ".", "(", ")", ":", "-", "and", "with", "but", "who", "has", "is"))


def _text(tokens: Sequence[Token], at: int) -> str:
    return tokens[at].text if 0 <= at < len(tokens) else ""


def number(tokens: Sequence[Token], at: int) -> Measure | None:
    """A number in digits or words ("thirty-four", "a hundred")."""
    word = _text(tokens, at)
    if _NUMBER.fullmatch(word):
        return Measure(float(word.replace(",", ".")), 1)
    if word in _ONES:
        return Measure(float(_ONES[word]), 1)
    if word in _TENS:
        one = _ONES.get(_text(tokens, at + 1), 0)
        return Measure(float(_TENS[word] + one), 2) if 0 < one < 10 else Measure(float(_TENS[word]), 1)
    if word == "hundred":
        return Measure(100.0, 1)
    return None


def _decade(tokens: Sequence[Token], at: int) -> Measure | None:
    """ "thirties", "30s", "30 's": the first year of the decade."""
    word = _text(tokens, at)
    if word in _DECADES:
        return Measure(float(_DECADES[word]), 1)
    found = number(tokens, at)
    if found and found.value % 10 == 0 and 10 <= found.value <= 90:
        after = at + found.length
        if _text(tokens, after) == "s":
            return Measure(found.value, found.length + 1)
        if _text(tokens, after) == "'" and _text(tokens, after + 1) == "s":
            return Measure(found.value, found.length + 2)
    return None


def age(tokens: Sequence[Token], at: int) -> Measure | None:
    """Years of age from ``at`` on: "34 years old", "aged 60", "in her late thirties", "mid-forties", ", 34,"."""
    word = _text(tokens, at)
    if word in _PART_OF_DECADE or word in ("very", "his", "her", "their", "my", "your", "the"):
        shift = 1
        if word not in _PART_OF_DECADE:
            word = _text(tokens, at + 1)
            if word not in _PART_OF_DECADE:
                decade = _decade(tokens, at + 1)
                if decade and _text(tokens, at - 1) == "in" and tokens[at].text != "the":
                    return Measure(16.0 if decade.value == 10 else decade.value + 5, decade.length + 1)
                return None
            shift = 2
        span = 1 if _text(tokens, at + shift) in ("to", "-", "/", "or") else 0
        span += 1 if span and _text(tokens, at + shift + span) in _PART_OF_DECADE else 0
        decade = _decade(tokens, at + shift + span)
        if decade is None or (_text(tokens, at - 1) == "the" or tokens[at].text == "the"):
            return None  # "the late eighties" is a time, not an age
        value = decade.value + _PART_OF_DECADE[word]
        if decade.value == 10:
            value = {2.0: 13.0, 5.0: 15.0, 8.0: 18.0}[_PART_OF_DECADE[word]]
        return Measure(value, shift + span + decade.length)
    if word in ("aged", "age"):
        skip = 1
        while skip < 4 and _text(tokens, at + skip) in ({":", "of", "is", "-"} | _ABOUT):
            skip += 1
        found = number(tokens, at + skip)
        if found and _text(tokens, at + skip + found.length) not in ("to", "-"):
            return Measure(found.value, skip + found.length)
        return None
    decade = _decade(tokens, at)
    if decade and _text(tokens, at - 1) in ("in", "into") and decade.value >= 20:
        return Measure(decade.value + 5, decade.length)
    found = number(tokens, at)
    if found is None:
        return None
    after = at + found.length
    unit, next_word = _text(tokens, after), _text(tokens, after + 1)
    if unit == "something" and found.value % 10 == 0 and found.value >= 20:
        return Measure(found.value + 4, found.length + 1)
    if unit in ("ish", "odd") and found.value >= 10:
        return Measure(found.value, found.length + 1)
    if unit in ("year", "years", "yr", "yrs", "y"):
        if next_word in ("old", "o", "olds"):
            return Measure(found.value, found.length + 2)
        if next_word == "of" and _text(tokens, after + 2) == "age":
            return Measure(found.value, found.length + 3)
        if next_word == "young" and _text(tokens, after + 2) in ("", ",", "and"):
            return Measure(found.value, found.length + 2)
        return None
    if unit == "yo":
        return Measure(found.value, found.length + 1)
    return _bare_age(tokens, at, found)


def _bare_age(tokens: Sequence[Token], at: int, found: Measure) -> Measure | None:
    """A number alone is an age only where prose puts ages: "Ada, 34, ...", "she is 34", "a man of 60"."""
    if not (8 <= found.value <= 110) or found.value != int(found.value):
        return None
    back = at - 1
    about = _text(tokens, back) in _ABOUT or (_text(tokens, back) in _BEYOND and _text(tokens, back - 1) == "is")
    while back >= 0 and back > at - 4 and _text(tokens, back) in (_ABOUT | _BEYOND):
        back -= 1
    before, after = _text(tokens, back), _text(tokens, at + found.length)
    if after and after not in _ENDS_AGE:
        return None
    by_copula = before in ("is", "looks", "turning", "am", "are", "be") and found.value >= 8
    by_comma = before in (",", "(", "") and after in ("", ",", ")", "(")
    of_age = before == "of" and _text(tokens, back - 1) in (
        "woman",
        "man",
        "girl",
        "boy",
        "lady",
        "gentleman",
        "person",
    )
    return found if by_copula or by_comma or of_age or about else None


def height(tokens: Sequence[Token], at: int) -> Measure | None:
    """Standing height in metres: "1.82 m", "1m82", "182cm", "6'1"", "six feet tall", "5 foot 10"."""
    if _text(tokens, at) in ("height", "stands"):
        skip = 1
        while skip < 4 and _text(tokens, at + skip) in ({":", "of", "is", "at", "-"} | _ABOUT):
            skip += 1
        found = number(tokens, at + skip)
        if found is None:
            return None
        inner = height(tokens, at + skip)
        if inner:
            return Measure(inner.value, skip + inner.length)
        if _text(tokens, at + skip + found.length) in _FEET | _METRES | _CENTIMETRES:
            return _with_unit(tokens, at + skip, found, sure=True, skip=skip)
        if 1.0 <= found.value <= 2.5:
            return Measure(found.value, skip + found.length)
        return Measure(found.value / 100, skip + found.length) if 100 <= found.value <= 250 else None
    found = number(tokens, at)
    if found is None or _text(tokens, at - 1) in ("over", "within"):
        return None
    return _with_unit(tokens, at, found, sure=False, skip=0)


def _with_unit(tokens: Sequence[Token], at: int, found: Measure, *, sure: bool, skip: int) -> Measure | None:
    after = at + found.length
    unit = _text(tokens, after)
    length, value = found.length + 1, 0.0
    if unit in _METRES:
        value = found.value
        rest = _text(tokens, after + 1)
        if unit == "m" and value in (1.0, 2.0) and rest.isdigit() and len(rest) == 2:
            value, length = value + int(rest) / 100, length + 1
    elif unit in _CENTIMETRES:
        value = found.value / 100
    elif unit in _FEET:
        inches = number(tokens, after + 1)
        if inches and inches.value < 12 and _text(tokens, after + 1 + inches.length) not in ("year", "years"):
            length += inches.length
            if _text(tokens, at + length) in _INCHES:
                length += 1
        else:
            inches = None
        value = found.value * 0.3048 + (inches.value * 0.0254 if inches else 0.0)
    elif unit in ("inches", "inch") and found.value > 40:
        value = found.value * 0.0254
    else:
        return None
    following = _text(tokens, at + length)
    if following in ("tall", "high", "in"):
        sure, length = sure or following != "in", length + (following != "in")
    if following in _NOT_A_PERSON:
        return None
    return Measure(value, skip + length) if value > 0 and (sure or 1.0 <= value <= 2.5) else None


def mass(tokens: Sequence[Token], at: int) -> Measure | None:
    """Body mass in kilograms: "70 kg", "150 lbs", "eleven stone"."""
    found = number(tokens, at)
    if found is None:
        return None
    unit = _text(tokens, at + found.length)
    scale = {
        "kg": 1.0,
        "kgs": 1.0,
        "kilos": 1.0,
        "kilograms": 1.0,
        "lb": 0.4536,
        "lbs": 0.4536,
        "pounds": 0.4536,
        "stone": 6.35,
    }.get(unit, 0.0)
    kilos = found.value * scale
    return Measure(kilos, found.length + 1) if 20 <= kilos <= 250 else None
