"""How wishes are put into words: what is said first in terms that the describer reads, and what asks for nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from avatar.character import HairStyle
from avatar.describe.colours import HAIR_COLOURS, hex_of
from avatar.describe.comparing import CHATTER, STRENGTHS, first_noun, noun_at
from avatar.describe.dressing import GARMENT_COLOURS
from avatar.describe.slots import Slot
from avatar.describe.tables import bag
from avatar.describe.tokens import Token, sentences

SENTENCE_ENDS = re.compile(r"[.!?]+(?=\s|$)|[;\n]+")
CLAUSE_ENDS = re.compile(
    r"\s*,(?!\d)\s*(?:(?:and|but|plus|then)\s+)?(?:also\s+)?|\s+(?:and|but|plus|then|&)\s+(?:also\s+)?"
    r"|\s+(?=with(?:out)?\s)",
    re.IGNORECASE,
)


_THE = "(?:the|her|his|their|its)"  # points at something that is there
_END = r"(?=\s*(?:$|[,.;!?\n]|and\b|but\b))"  # of a clause


def _pattern(text: str) -> re.Pattern[str]:
    """From the start of a word on, in any case; THE and END stand for the expressions above."""
    return re.compile(rf"\b(?:{text.replace('THE', _THE).replace('END', _END)})", re.IGNORECASE)


_SAID_OTHERWISE = (
    (r"([\w-]+)\s*:\s*((?:\w+\s+){0,3}(?:more|less|fewer))(?=\s*(?:$|[,.;!?\n]))", r"\2 \1"),
    (
        r"(?:no longer|(?:do(?:es)?|should|must)(?: not|n't)|stops?) (?:be )?(?:wear(?:s|ing)?|ha(?:s|ve|ving))\b",
        "without",
    ),
    (r"shave THE head\b", "bald"),
    (r"grow (?:out )?THE hair(?: out)?\b|let THE hair grow\b", "longer hair"),
    (r"(?:cut|trim) THE (hair|beard)END", r"shorter \1"),
    (r"(?:lose|shed|drop) (?:some |a (?:bit|little) of |a few )?(?:weight|pounds|kilos)\b", "slimmer"),
    (r"(?:gain|put on|add|build)(?: up)? (?:some |a (?:bit|little)(?: of)? )?(weight|muscles?)\b", r"more \1"),
    (r"(?:add |some |a few |give (?:her|him|them) )+wrinkles\b", "more wrinkles"),
    (r"(?:no|without|remove|get rid of|take away)(?: THE| all| any)? wrinkles\b", "fewer wrinkles"),
    (r"a (?:light |slight |deep )?tanEND", "tan skin"),
    (r"make (?:her|him|them) (\d{1,3})END", r"aged \1"),
    (r"(?:dress|put|have) (?:her|him|them) (?:all )?in\b", "dressed in"),
    (r"(?:take|leave) ((?:[\w-]+ ){1,4}?)off\b", r"remove \1"),
    (r"(?:change|turn|switch|set|recolou?r|colou?r|paint|dye) ([^.,;!?\n]+?) (?:in)?to (?:be )?", r"\1 is "),
)
_REWRITTEN: Sequence[tuple[re.Pattern[str], str]] = tuple(
    (_pattern(text), instead) for text, instead in _SAID_OTHERWISE
)
_DETERMINED_DENIAL = _pattern(r"(no|without) (?:THE|any|more) ")
_REMOVALS = _pattern(
    r"(?:remove|lose|drop(?= (?:THE|all|any)\b)|ditch|take off|take away|get rid of|leave out|leave off|shave(?: off)?"
    r"|omit|delete) ([^.;!?\n]+)"
)
_REPLACED = _pattern(r"(?:replace|swap|exchange) ([^.;!?\n]+?) (?:with|by|for) ")
_KEPT = re.compile(
    r"^\W*(?:please\s+)?(?:keep|leave|retain|(?:the\s+)?same|(?:do\s+not|don't|never)\s+(?:change|touch|alter))\b",
    re.IGNORECASE,
)
_PRAISE = re.compile(
    r"^\W*(?:everything|it|this|that|all|the rest|she|he|they|(?:the|her|his)\s+\w+)\s+(?:is|are|looks?)\s+(?:\w+\s+)?"
    r"(?:great|good|fine|nice|perfect|lovely|beautiful|ok|okay|right)\W*$",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(r"^\W*(?:and\s+)?not\s+(?:(?:a|the)\s+)?([\w-]+)(?:\s+one)?\W*$", re.IGNORECASE)
HAIRLESS = re.compile(r"\b(?:no|without)\s+hair\b", re.IGNORECASE)
WORN_ALREADY = re.compile(r"\b(?:the|her|his|their)\s+(?:\w+\s+)?(shirt|top|trousers|pants)\b", re.IGNORECASE)
_ABSENT = re.compile(r"^\W*(?:no|without)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Phrase:
    """A wish that no single word carries: what it sets."""

    pattern: re.Pattern[str]
    values: Mapping[str, JsonValue]


PHRASES = (
    Phrase(_pattern(r"(?:no|without) accessories\b"), {"outfit.accessories": []}),
    Phrase(
        _pattern(r"(?:no|without) (?:stripes|accents?|trim|pattern|print|collar)\b"),
        {"outfit.top.accent": None, "outfit.top.pattern": "plain"},
    ),
    Phrase(_pattern(r"(?:natural|bare|no) lips?(?: colou?r)?\b"), {"skin.lipColour": None}),
    Phrase(_pattern(r"(?:not|no longer|isn't) bald\b"), {"hair.style": HairStyle.CROP}),
    Phrase(
        re.compile(r"^\W*(?:(?:going|turning|gone|turned) )?gr[ea]y(?:ing)?\W*$", re.IGNORECASE),
        {"hair.colour": HAIR_COLOURS["grey"]},
    ),
)


def reworded(note: str) -> str:
    """``note`` in the words of a description: "take off the glasses" as "no glasses". On one kind of space."""
    text = _REPLACED.sub(_replaced, re.sub(r"[^\S\n]+", " ", note).replace("’", "'"))
    for pattern, instead in _REWRITTEN:
        text = pattern.sub(instead, text)
    text = _REMOVALS.sub(_denied, text)
    return _DETERMINED_DENIAL.sub(r"\1 ", text)


def _replaced(replacement: re.Match[str]) -> str:
    """ "replace the glasses with earrings" takes the glasses off; new trousers need no such word."""
    noun = first_noun([token for sentence in sentences(replacement.group(1)) for token in sentence])
    stays = noun is None or noun[0] in GARMENT_COLOURS or noun[0] in (Slot.HAIR, Slot.OUTFIT)
    return "with " if stays else f"no {replacement.group(1)}, with "


def _denied(removal: re.Match[str]) -> str:
    """ "remove the glasses and the beard" as "no the glasses, no the beard"; other clauses stay."""
    things: list[str] = []
    for at, thing in enumerate(CLAUSE_ENDS.split(removal.group(1))):
        tokens = [token for sentence in sentences(thing) for token in sentence]
        noun = next((t for t in range(len(tokens)) if noun_at(tokens, t) is not None), None)
        leads = at == 0 or (noun is not None and all(token.text in _BEFORE_NOUN for token in tokens[:noun]))
        things.append(f"no {thing}" if leads else thing)
    return ", ".join(thing for thing in things if thing)


_BEFORE_NOUN = bag("the her his their its any all a an that those these")


def idle(text: str, tokens: Sequence[Token], *, follows: bool) -> bool:
    """Whether a clause asks for nothing: small talk, what is to stay, the absence of what is never there.

    ``follows`` says that it follows another clause: in "a red shirt, not blue" the second adds nothing.
    """
    said = (token.text for token in tokens if token.text.isalnum())
    if tokens and all(word in CHATTER or word in STRENGTHS for word in said):
        return True
    noun = first_noun(tokens)
    if _KEPT.match(text):
        return noun is not None
    otherwise = _OTHERWISE.match(text)
    if _PRAISE.match(text) or (follows and otherwise and hex_of(otherwise.group(1)) is not None):
        return True
    return noun is not None and noun[0] == Slot.LEFT_OUT and _ABSENT.match(text) is not None
