"""Text into sentences of tokens, in one linear pass."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from avatar.describe.tables import bag

# No alternative can match what another one starts with and no quantifier nests, so matching is linear.
TOKEN = re.compile(
    r"#[0-9a-f]{6}(?![0-9a-z])|#[0-9a-f]{3}(?![0-9a-z])"
    r"|\d{1,9}(?:[.,]\d{1,4})?|[^\W\d_]+(?:'[^\W\d_]+)*|[.!?;:,()'\"\n/&=-]",
    re.IGNORECASE,
)
STRAIGHT = str.maketrans(
    {
        "‘": "'",
        "’": "'",
        "ʼ": "'",
        "′": "'",
        "“": '"',
        "”": '"',
        "″": '"',
        "‐": "-",
        "‑": "-",
        "–": "-",
        "−": "-",
        "—": ",",
        "…": ".",
        "•": "\n",
        "·": "\n",
        "_": " ",
        "+": "&",
        "|": "\n",
        "。": ".",
        "*": " ",
        "[": "(",
        "]": ")",
    }
)
CONTRACTED = {
    "isn": "is",
    "aren": "are",
    "wasn": "was",
    "doesn": "does",
    "don": "do",
    "didn": "did",
    "hasn": "has",
    "haven": "have",
    "won": "will",
    "can": "can",
    "never": "never",
}
ENDS = frozenset(".!?;\n")
# Function words that no English sentence holds in number: such a sentence is left to the seed.
FOREIGN = bag("""
    und eine einen einer einem mit der das ist nicht sie ihr ihre auf ein dem den sich hat braune haare augen une
    avec et les des est elle cheveux yeux aux du dans qui sur une le il una con el los las ojos pelo es ella y que
    por muy lleva del uma com olhos cabelo ela ele tem os um muito della occhi capelli lei gli ha di un che molto
    een het en met ogen haar zij hij van och med har hon ett som
""")
ENGLISH = bag("""
    the a an and with in of is are has have her his she he they wears wearing who to for at from who was on by its
    their eyes hair old year years but very it
""")


@dataclass(frozen=True, slots=True)
class Token:
    """A word (lower case, accents folded), a number or a mark."""

    text: str
    capital: bool = False  # written with a capital
    glued: bool = False  # hung to the token before by a hyphen
    owner: bool = False  # ended in 's


def _fold(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def _words(raw: str, glued: bool) -> list[Token]:
    """One raw word as tokens: contractions are opened, the possessive 's becomes a flag."""
    capital = raw[0].isupper()
    stem, mark, tail = raw.lower().partition("'")
    if not mark:
        if len(stem) > 3 and stem.endswith("nt") and stem[:-1] in CONTRACTED:  # doesnt, isnt
            return [Token(CONTRACTED[stem[:-1]], capital, glued), Token("not")]
        return [Token(stem, capital, glued)]
    if tail == "t" and stem in CONTRACTED:
        return [Token(CONTRACTED[stem], capital, glued), Token("not")]
    if stem in ("she", "he", "it", "that", "who", "hair") and tail == "s":
        return [Token(stem, capital, glued), Token("is")]
    if stem in ("they", "you", "we") and tail == "re":
        return [Token(stem, capital, glued), Token("are")]
    if stem == "i" and tail == "m":
        return [Token(stem, capital, glued), Token("am")]
    if tail == "s":
        return [Token(stem, capital, glued, owner=True)]
    if tail in ("ve", "d", "ll"):
        return [Token(stem, capital, glued), Token({"ve": "have", "d": "would", "ll": "will"}[tail])]
    return [Token(f"{stem}'{tail}", capital, glued)]


def sentences(text: str) -> list[list[Token]]:
    """``text`` as sentences of tokens; sentences that are visibly not English are left out.

    Linear in the length of the text. Never raises.
    """
    straight = _fold(text.translate(STRAIGHT))
    found: list[list[Token]] = []
    current: list[Token] = []
    end_of_last, glue = -1, False
    for match in TOKEN.finditer(straight):
        raw, start = match.group(), match.start()
        touching = start == end_of_last
        end_of_last = match.end()
        if raw in ENDS:
            found.append(current)
            current, glue = [], False
        elif raw == "-":
            follows = straight[end_of_last : end_of_last + 1]
            glue = touching and follows.isalnum()
            if not glue and current:
                current.append(Token("-"))
        elif raw[0].isalpha():
            current.extend(_words(raw, glue))
            glue = False
        else:
            current.append(Token(raw.lower(), glued=glue))
            glue = False
    found.append(current)
    return [sentence for sentence in found if sentence and _english(sentence)]


def _english(sentence: list[Token]) -> bool:
    foreign = sum(token.text in FOREIGN for token in sentence)
    return foreign < 2 or foreign < sum(token.text in ENGLISH for token in sentence)
