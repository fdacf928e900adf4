"""Tokens into terms: what each word or phrase is in a description of a person."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from avatar.describe import colours, garments, measures, words
from avatar.describe.grammar import FUNCTION_WORDS, Kind
from avatar.describe.slots import Slot
from avatar.describe.tables import bag, phrases
from avatar.describe.tokens import Token


@dataclass(frozen=True, slots=True)
class Term:
    """One word or phrase of a sentence with its part in the description."""

    kind: Kind
    key: str  # canonical word
    slot: Slot | None = None
    said: str = ""
    glued: bool = False
    owner: bool = False
    capital: bool = False
    value: float = 0.0


LONGEST_PHRASE = 5  # words

HAIR_NOUNS = bag("""
    hair haired hairs hairdo haircut hairstyle locks mane tresses mop curls ringlets waves bangs fringe coils fringed
""")
# nouns that say the hair colour by themselves
HAIR_PEOPLE: Mapping[str, str] = MappingProxyType(
    {
        "brunette": "brown",
        "redhead": "red",
        "redheaded": "red",
        "red headed": "red",
        "redhaired": "red",
        "towheaded": "light blonde",
        "greyhaired": "grey",
        "fairhaired": "fair",
    }
)
HAIR_STYLE_QUALITIES = bag("""
    shaved shaven buzzed cropped tapered parted bobbed braided plaited spiky spiked stubbly shaggy dreadlocked
""") | {
    "slicked back",
    "slick back",
    "swept back",
    "side swept",
    "brushed back",
    "close cropped",
    "side parted",
    "chin length",
    "ear length",
    "jaw length",
    "collar length",
}
PARTS: Mapping[Slot, frozenset[str]] = MappingProxyType(
    {
        Slot.EYES: bag("eyes eye eyed irises iris"),
        Slot.SKIN: phrases("skin, skinned, complexion, complexioned, skin tone, skin colour, skin color"),
        Slot.FACE: bag("face faced features visage"),
        Slot.JAW: phrases("jaw, jawed, jawline, jaw line, jaws"),
        Slot.CHIN: bag("chin chinned"),
        Slot.NOSE: bag("nose nosed"),
        Slot.LIPS: bag("lips lipped lip"),
        Slot.MOUTH: bag("mouth mouthed"),
        Slot.EARS: bag("ears ear eared"),
        Slot.LASHES: phrases("lashes, eyelashes, lashed, eyelash, lash, mascara"),
        Slot.NAILS: phrases("""
            nails, fingernails, nail, nail polish, nail varnish, nail lacquer, fingernail polish, toenails, manicure
        """),
        Slot.CHEEKBONES: phrases("cheekbones, cheekboned, cheek bones"),
        Slot.CHEEKS: bag("cheeks cheeked"),
        Slot.BROWS: bag("eyebrows brows browed eyebrow eyebrowed"),
        Slot.FRECKLES: bag("freckles freckled freckly freckle"),
        Slot.MAKE_UP: phrases("""
            make up, makeup, lipstick, eyeliner, eye liner, eyeshadow, eye shadow, lip gloss, rouge,
            lip colour, cosmetics, kohl, cat eye, winged eyeliner, eye make up, lids, eyelids, smoky eyes, smokey eyes
        """),
        Slot.PERSON: bag("""
            build built figure frame physique body bodied stature height descent heritage ancestry origin
            ethnicity extraction shouldered limbed appearance looks gender sex
        """),
        Slot.OUTFIT: bag("clothes clothing outfit attire garb"),
        Slot.IRIS: phrases("flecks, specks, speckles, central heterochromia"),
        Slot.HIGHLIGHTS: phrases("""
            highlights, streaks, streak, tips, strands, balayage, ombre, highlighted, streaked, frosted tips
        """),
        Slot.ROOTS: frozenset(("roots", "rooted")),
        Slot.MOTIF: frozenset(garments.MOTIFS),
        Slot.LOGO: frozenset(garments.LOGOS),
        Slot.ACCENT: garments.TRIMS,
    }
)


WORN: Mapping[Slot, Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        Slot.TOP: garments.TOPS,
        Slot.BOTTOM: garments.BOTTOMS,
        Slot.SHOES: garments.SHOES,
        Slot.GLASSES: garments.GLASSES,
        Slot.EARRINGS: garments.EARRINGS,
        Slot.HEADSET: garments.HEADSETS,
        Slot.HAT: garments.HATS,
    }
)


def _vocabulary() -> dict[str, Term]:
    """Every phrase we know; what is entered later outweighs what was entered before."""
    table: dict[str, Term] = {}

    def enter(kind: Kind, phrases: Iterable[str], slot: Slot | None = None) -> None:
        for phrase in phrases:
            table[phrase.replace("-", " ") if len(phrase) > 1 else phrase] = Term(kind, phrase, slot)

    enter(Kind.FILLER, garments.FILLERS)
    enter(Kind.PERSON, words.OCCUPATIONS)
    enter(Kind.OTHERS, words.OTHERS)
    qualities: list[Iterable[str]] = [
        words.GENDER_WORDS,
        words.BUILDS,
        words.STATURES,
        words.AGE_WORDS,
        words.ANCESTRIES,
        words.HAIR_LENGTHS,
        words.HAIR_TEXTURES,
        words.HAIR_UNRULY,
        words.HAIR_NEUTRAL,
        words.FACE_SHAPES,
        words.BROW_STYLES,
        words.LASH_STYLES,
        words.IRIS_PATTERNS,
        garments.PATTERNS,
        garments.SLEEVES,
        words.MANY,
        words.FEW,
        HAIR_STYLE_QUALITIES,
        ("trimmed", "groomed"),
        *words.FACE_QUALITIES.values(),
    ]
    for group in qualities:
        enter(Kind.QUALITY, group)
    for palette in (colours.COLOURS, colours.HAIR_COLOURS, colours.EYE_COLOURS, colours.SKIN_TONES):
        enter(
            Kind.COLOUR,
            (name for name in palette if name.split()[0] not in colours.SHADES and name not in garments.PATTERNS),
        )
    enter(Kind.SHADE, colours.SHADES)
    enter(Kind.DEGREE, (*words.STRONGER, *words.WEAKER, "half", "part", "too"))
    enter(Kind.PERSON, words.PEOPLE)
    enter(Kind.PART, HAIR_NOUNS, Slot.HAIR)
    enter(Kind.PART, HAIR_PEOPLE, Slot.HAIR)
    enter(Kind.PART, (style for style in words.HAIR_STYLES if style not in HAIR_STYLE_QUALITIES), Slot.HAIR)
    enter(Kind.PART, words.FACIAL_HAIR, Slot.FACIAL_HAIR)
    for slot, nouns in PARTS.items():
        enter(Kind.PART, nouns, slot)
    enter(Kind.PART, garments.LEFT_OUT, Slot.LEFT_OUT)
    for slot, table_of_words in WORN.items():
        enter(Kind.PART, table_of_words, slot)
    enter(Kind.PART, garments.WHOLE_OUTFITS, Slot.OUTFIT)
    enter(Kind.QUALITY, garments.SLEEVES)
    for kind, function_words in FUNCTION_WORDS.items():
        enter(kind, function_words)
    return table


VOCABULARY: Mapping[str, Term] = MappingProxyType(_vocabulary())


def _longest_by_first_word() -> dict[str, int]:
    longest: dict[str, int] = {}
    for phrase in VOCABULARY:
        first, *rest = phrase.split()
        longest[first] = max(longest.get(first, 1), 1 + len(rest))
    return longest


_FIRST_WORDS: Mapping[str, int] = MappingProxyType(_longest_by_first_word())
_SPELLINGS: Mapping[str, str] = MappingProxyType(
    {
        "blond": "blonde",
        "blondes": "blonde",
        "gray": "grey",
        "greyish": "grey",
        "grayish": "grey",
        "reddish": "red",
        "brownish": "brown",
        "bluish": "blue",
        "greenish": "green",
        "blackish": "black",
        "yellowish": "yellow",
        "pinkish": "pink",
        "purplish": "purple",
        "whitish": "white",
        "goldish": "gold",
        "tanned": "tan",
        "thinning": "balding",
    }
)


def terms(sentence: Sequence[Token], names: frozenset[str]) -> list[Term]:
    """A sentence as terms: measures first, then the longest known phrase, then single words.

    ``names`` are the words of the person's own name in lower case. At most ``LONGEST_PHRASE`` tokens are looked at
    from each position, so the work is linear.
    """
    result: list[Term] = []
    at = 0
    while at < len(sentence):
        term, length = _measure(sentence, at) or _named(sentence, at, names) or _phrase(sentence, at)
        first, last = sentence[at], sentence[at + length - 1]
        said = " ".join(token.text for token in sentence[at : at + length])
        result.append(replace(term, said=said, glued=first.glued, owner=last.owner, capital=first.capital))
        at += length
    return result


def _measure(sentence: Sequence[Token], at: int) -> tuple[Term, int] | None:
    for slot, read in ((Slot.AGE, measures.age), (Slot.HEIGHT, measures.height), (Slot.MASS, measures.mass)):
        found = read(sentence, at)
        if found:
            return Term(Kind.MEASURE, slot, slot, value=found.value), found.length
    return None


def _named(sentence: Sequence[Token], at: int, names: frozenset[str]) -> tuple[Term, int] | None:
    token = sentence[at]
    if not (token.capital and token.text in names):
        return None
    after = sentence[at + 1].text if at + 1 < len(sentence) else ""
    known = VOCABULARY.get(token.text)
    if known and known.kind == Kind.COLOUR and (follow := VOCABULARY.get(after)) and follow.kind == Kind.PART:
        return None  # "Green eyes" is not Mr Green
    return Term(Kind.OWNER if token.owner else Kind.NAME, token.text), 1


def _phrase(sentence: Sequence[Token], at: int) -> tuple[Term, int]:
    token = sentence[at]
    if token.text.startswith("#"):
        digits = token.text[1:]
        return Term(Kind.COLOUR, "#" + (digits if len(digits) == 6 else "".join(2 * d for d in digits))), 1
    spelt = _SPELLINGS.get(token.text, token.text)
    longest = min(_FIRST_WORDS.get(spelt, 1), LONGEST_PHRASE, len(sentence) - at)
    for length in range(longest, 1, -1):
        rest = (_SPELLINGS.get(t.text, t.text) for t in sentence[at + 1 : at + length])
        known = VOCABULARY.get(" ".join((spelt, *rest)))
        if known and not any(t.owner for t in sentence[at : at + length - 1]):
            return known, length
    if token.owner:
        return Term(Kind.OWNER, spelt), 1
    if token.capital and spelt == "bob" and at == 0:
        return Term(Kind.NAME, spelt), 1
    known = VOCABULARY.get(spelt)
    if known is None:
        singular = VOCABULARY.get(spelt.removesuffix("s"))
        worn = singular is not None and singular.slot in (Slot.TOP, Slot.OUTFIT, Slot.LEFT_OUT)
        known = singular if worn else _person_by_ending(spelt)  # "likes cream shirts"
    return known or Term(Kind.UNKNOWN, spelt), 1


def _person_by_ending(word: str) -> Term | None:
    """Words for people that no list holds: policewoman, beekeeper, astrophysicist."""
    if len(word) < 6:
        return None
    if word.endswith(words.WOMANLY_ENDS) or word.endswith(words.MANLY_ENDS) or word.endswith(words.WORKER_ENDS):
        return Term(Kind.PERSON, word)
    return None
