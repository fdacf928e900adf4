"""Ordinary English to findings: which adjective belongs to which noun, and whose hair it is.

A sentence is read once from left to right. Adjectives gather in *segments* (parted by commas and "and") until a noun,
a preposition or the end of the sentence says what they describe:

- the segment right before a noun describes it ("green eyes"), earlier ones too when they can ("long, red hair"),
  otherwise the person ("tall, red hair");
- after "is" or ":" they describe the noun before it ("her hair is short and silver");
- without a noun they describe the person ("slim, bald").

Denied things are taken back, other people's features are left alone. Work is linear in the length of the text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from avatar.describe import garments, words
from avatar.describe.attributes import Part, attributes
from avatar.describe.binding import age, bind, claims, unbind
from avatar.describe.dressing import ACCESSORY_COLOURS, CLOTHES, bind_mark
from avatar.describe.findings import Findings
from avatar.describe.grammar import Kind
from avatar.describe.slots import Slot
from avatar.describe.tables import bag
from avatar.describe.terms import Term, terms
from avatar.describe.tokens import Token, sentences

ADJECTIVES = frozenset((Kind.QUALITY, Kind.COLOUR, Kind.SHADE, Kind.DEGREE))
PERSON = Part(Slot.PERSON, "person")
MEANT = Part(Slot.PERSON, "person", certain=False)
_TOPIC_WORDS = bag("colour color tone style length type shape size texture kind")
_ABOUT_PERSON = bag("""
    appearance look looks description age sex person body style overview bio profile details
""")
_LANDMARKS = {
    "waist": "long",
    "hips": "long",
    "back": "long",
    "shoulders": "long",
    "chest": "long",
    "knees": "long",
    "elbows": "long",
    "shoulder": "long",
    "chin": "medium",
    "jaw": "medium",
    "neck": "medium",
    "ears": "short",
}
_REACHING = bag("to over past below above at onto on down beneath beyond")
_MARKS = frozenset((Slot.ACCENT, Slot.MOTIF, Slot.LOGO))


@dataclass(slots=True)
class Scan:
    """Where the reader stands in a sentence."""

    findings: Findings
    segments: list[list[Term]] = field(default_factory=lambda: [[]])
    subject: tuple[Part, ...] = ()  # what a predicate describes: set by "is" and ":"
    elsewhere: bool = False  # the predicate describes a thing we do not know
    after: tuple[Part, ...] = ()  # nouns just read, with nothing but adjectives since
    article: bool = False  # a noun phrase was opened with "a" or "her"
    denied: bool = False
    wearing: bool = False
    garment: Part | None = None
    topic: tuple[Part, ...] = ()  # the last part, through asides: "her hair, once black, is white"
    hanging: bool = False  # hair was just spoken of: "down to her waist" says how long it is
    person: bool = False  # the person described was named: "a man with a beard, heavy" is about him
    reaching: bool = False  # "to her", "over the": a place on the body may follow


@dataclass(slots=True)
class Pronouns:
    """How often each pronoun stood for the person, whether somebody else was ever mentioned, and what "it" is."""

    feminine: int = 0
    masculine: int = 0
    neutral: int = 0
    others: bool = False
    topic: tuple[Part, ...] = ()  # what "it" is: the part last spoken of, even a sentence ago


def read(text: str, name: str = "", *, traits: bool = True) -> Findings:
    """What ``text`` says about the looks of the person called ``name``.

    ``traits=False`` is for prose about character (the personality field): bare adjectives such as "strong" or
    "bright" are then not taken for looks. Never raises; text that is not English yields nothing.
    """
    findings, pronouns = Findings(), Pronouns()
    names = frozenset(token.text for sentence in sentences(name) for token in sentence if token.text.isalpha())
    for sentence in sentences(text):
        _read_sentence(sentence, names, findings, pronouns, traits)
    if Slot.GENDER not in findings.numbers:
        _gender_by_pronouns(findings, pronouns)
    return findings


def _gender_by_pronouns(findings: Findings, pronouns: Pronouns) -> None:
    if pronouns.feminine > pronouns.masculine:
        findings.number(Slot.GENDER, 0.07, "she")
    elif pronouns.masculine > pronouns.feminine:
        findings.number(Slot.GENDER, 0.94, "he")
    elif pronouns.neutral and not pronouns.feminine:
        findings.number(Slot.GENDER, 0.5, "they")


def _read_sentence(
    sentence: Sequence[Token], names: frozenset[str], findings: Findings, pronouns: Pronouns, traits: bool
) -> None:
    found = terms(sentence, names)
    muted = _muted(found, findings, pronouns)
    scan = Scan(findings, topic=pronouns.topic)
    previous: Term | None = None
    for at, term in enumerate(found):
        if muted[at]:
            if previous is not None:
                _flush(scan, traits)
                _reset(scan)
            previous = None
            continue
        _count(term, pronouns)
        following = found[at + 1] if at + 1 < len(found) and not muted[at + 1] else None
        _step(scan, previous, term, following, traits)
        if term.kind != Kind.SILENT or previous is None:
            previous = term
    _flush(scan, traits)
    pronouns.topic = scan.topic


def _count(term: Term, pronouns: Pronouns) -> None:
    if term.said in words.FEMININE:
        pronouns.feminine += 1
    elif term.said in words.MASCULINE:
        pronouns.masculine += 1
    elif term.said in words.NEUTRAL:
        pronouns.neutral += 1


# --- other people -----------------------------------------------------------------------------------------------


def _muted(found: Sequence[Term], findings: Findings, pronouns: Pronouns) -> list[bool]:
    """Which terms speak about somebody else, or about what once was."""
    muted = [False] * len(found)
    if pronouns.others and found and _contradicts(found[0], findings, pronouns):
        return [True] * len(found)
    at = 0
    while at < len(found):
        start, noun = at, _other_person(found, at)
        if noun is None:
            if found[at].kind == Kind.PAST:
                at = _mute_until(found, muted, at, (Kind.BUT, Kind.COMMA))
            else:
                at += 1
            continue
        inherited = found[noun].owner and start > 0 and found[start - 1].kind in (Kind.HAVE, Kind.NOT)
        if inherited:  # "she has her mother's green eyes"
            muted[start : noun + 1] = [True] * (noun + 1 - start)
            at = noun + 1
            continue
        pronouns.others = True
        _count(found[start], pronouns)  # "her husband": she is the one described
        opens = start == 0 or found[start - 1].kind in (Kind.COMMA, Kind.AND, Kind.BUT)
        muted[start : noun + 1] = [True] * (noun + 1 - start)
        at = _mute_other(found, muted, noun + 1, opens)
    return muted


def _contradicts(first: Term, findings: Findings, pronouns: Pronouns) -> bool:
    """Whether a sentence opens with a pronoun that cannot be the person: "Her husband waits. He is bald."."""
    known = findings.numbers.get(Slot.GENDER)
    if known is None and pronouns.feminine != pronouns.masculine:
        known = 0.0 if pronouns.feminine > pronouns.masculine else 1.0
    if known is None:
        return False
    return (known < 0.4 and first.said in ("he", "his")) or (known > 0.6 and first.said in ("she", "her"))


def _other_person(found: Sequence[Term], at: int) -> int | None:
    """The index of the noun if a phrase about another person or an animal starts at ``at``."""
    term = found[at]
    if term.kind == Kind.OTHERS:
        return at
    if (
        term.kind == Kind.ARTICLE
        and at
        and (found[at - 1].kind == Kind.HAVE or found[at - 1].key in ("to", "for", "by"))
    ):
        for ahead in range(at + 1, min(at + 5, len(found))):  # "has a daughter", "cares for an elderly father"
            if found[ahead].key in words.RELATIVES:
                return ahead
            if found[ahead].kind not in ADJECTIVES | {Kind.MEASURE, Kind.UNKNOWN}:
                return None
    if term.kind != Kind.OWNER or term.said in ("my", "our", "your", "its"):
        return None
    if term.key in words.RELATIVES:
        return at
    if at and found[at - 1].kind in (Kind.COPULA, Kind.AS):
        return None  # "she is his teacher": still she
    for ahead in range(at + 1, min(at + 7, len(found))):
        then = found[ahead]
        if then.key in words.RELATIVES or then.kind == Kind.OTHERS:
            return ahead
        if then.kind not in ADJECTIVES | {
            Kind.MEASURE,
            Kind.FILLER,
            Kind.UNKNOWN,
            Kind.PERSON,
            Kind.OWNER,
            Kind.PART,
            Kind.AND,
        }:
            return None
        if then.kind == Kind.AND and any(passed.kind == Kind.PART for passed in found[at + 1 : ahead]):
            return None  # "her red hair and her dog"
    return None


def _mute_until(found: Sequence[Term], muted: list[bool], at: int, ends: tuple[Kind, ...]) -> int:
    while at < len(found) and found[at].kind not in ends:
        muted[at] = True
        at += 1
    return at


def _mute_other(found: Sequence[Term], muted: list[bool], at: int, opens: bool) -> int:
    """Mute what is said of another person; a subject ("her husband is ...") reaches further than an object."""
    relative = at < len(found) and found[at].kind == Kind.WHO
    while at < len(found):
        kind = found[at].kind
        if kind in (Kind.AND, Kind.COMMA, Kind.BUT) and at + 1 < len(found):
            then = found[at + 1]
            relative = relative or then.kind == Kind.WHO
            back = then.kind in (Kind.PRONOUN, Kind.NAME) or (
                then.kind == Kind.OWNER and _other_person(found, at + 1) is None
            )
            by_verb = then.kind in (Kind.HAVE, Kind.WEAR, Kind.ARTICLE)
            if back or (not opens and not relative and (by_verb or kind in (Kind.COMMA, Kind.BUT))):
                return at
        muted[at] = True
        at += 1
    return at


# --- one term at a time -----------------------------------------------------------------------------------------


def _step(scan: Scan, previous: Term | None, term: Term, following: Term | None, traits: bool) -> None:
    before = previous.kind if previous else None
    reached = scan.reaching and scan.hanging and term.key in _LANDMARKS
    scan.reaching = (term.kind == Kind.PREPOSITION and term.key in _REACHING) or (
        scan.reaching and term.kind in (Kind.OWNER, Kind.ARTICLE)
    )
    if reached:
        scan.findings.word(Slot.HAIR_LENGTH, _LANDMARKS[term.key], f"to the {term.key}")
        return
    match term.kind:
        case Kind.QUALITY if _sleeve_top(scan, term, following):
            _on_part(scan, previous, replace(term, kind=Kind.PART, slot=Slot.TOP), following, traits)
        case Kind.QUALITY | Kind.COLOUR | Kind.SHADE | Kind.DEGREE:
            scan.segments[-1].append(term)
        case Kind.UNKNOWN:
            _on_unknown(scan, before, term)
        case Kind.PART:
            _on_part(scan, previous, term, following, traits)
        case Kind.PERSON if following is not None and following.slot in CLOTHES and not term.owner:
            pass  # "a lumberjack shirt"
        case Kind.PERSON:
            _on_person(scan, term, following)
        case Kind.MEASURE:
            _on_measure(scan, term)
        case Kind.AND | Kind.OR | Kind.COMMA:
            if scan.segments[-1]:
                scan.segments.append([])
            elif term.kind == Kind.COMMA:
                scan.after = ()
            scan.article = False
            if term.kind != Kind.OR:
                if scan.denied:
                    _flush(scan, traits)
                scan.denied = False
        case Kind.COPULA | Kind.COLON:
            _on_copula(scan, previous, term, traits)
        case Kind.AS:
            if before in ADJECTIVES and scan.subject:  # "as blue as ice": blue is enough
                _flush(scan, traits)
                _reset(scan)
            elif scan.after:  # "hair like fire", "eyes as blue"
                _on_copula(scan, previous, term, traits)
        case Kind.HAVE | Kind.WEAR:
            _flush(scan, traits)
            if before != Kind.NOT:
                scan.denied = False
            _reset(scan, keep_denied=True)
            scan.wearing, scan.hanging = term.kind == Kind.WEAR, False
            if before != Kind.PRONOUN:  # but "the shirt she wears is pink" keeps its topic
                scan.topic = ()
        case Kind.IN:
            _on_in(scan, before, traits)
        case Kind.NOT:
            keep = scan.subject if before == Kind.COPULA else ()
            _flush(scan, traits)
            _reset(scan)
            scan.subject, scan.denied = keep, True
        case Kind.BUT:
            subject = scan.subject
            _flush(scan, traits)
            _reset(scan)
            scan.subject = subject
        case Kind.PREPOSITION | Kind.WHO | Kind.PRONOUN | Kind.NAME:
            hair = tuple(part for part in scan.after if part.slot in (Slot.HAIR, Slot.EYES)) if term.key == "of" else ()
            _flush(scan, traits)
            _reset(scan, keep_denied=term.kind == Kind.PREPOSITION)
            scan.subject = hair
            if term.kind in (Kind.PRONOUN, Kind.NAME) and term.key != "it" and before != Kind.PART:
                scan.topic = ()
        case Kind.ARTICLE | Kind.OWNER:
            if any(scan.segments):
                _flush(scan, traits)
                scan.subject = ()
            scan.after = scan.after if before == Kind.AND else ()
            scan.article = True
        case _:
            pass


def _sleeve_top(scan: Scan, term: Term, following: Term | None) -> bool:
    """Whether "a burgundy long sleeve" names a garment: no noun follows and none is there to have the sleeves."""
    if term.key not in garments.SLEEVE_TOPS or (scan.garment is not None and scan.garment.slot == Slot.TOP):
        return False
    return following is None or following.kind not in ADJECTIVES | {
        Kind.PART,
        Kind.FILLER,
        Kind.UNKNOWN,
        Kind.COPULA,
        Kind.PERSON,
    }


def _on_unknown(scan: Scan, before: Kind | None, term: Term) -> None:
    if scan.after and before == Kind.PART and term.key in _TOPIC_WORDS:
        return  # "hair colour: black"
    if not term.key.endswith("ly"):
        scan.segments[-1].append(term)


def _on_measure(scan: Scan, term: Term) -> None:
    if scan.denied or term.slot is None:
        return
    if term.slot == Slot.AGE:
        age(scan.findings, term.value, 2, f"{term.value:g} years")
    else:
        scan.findings.number(term.slot, term.value, f"{term.value:.3g} {'m' if term.slot == Slot.HEIGHT else 'kg'}")


def _on_copula(scan: Scan, previous: Term | None, term: Term, traits: bool) -> None:
    if previous is not None and previous.kind == Kind.COPULA and term.kind == Kind.COPULA:
        return  # "is dyed", "has gone"
    aside = previous is not None and (previous.kind in (Kind.COMMA, Kind.WEAR) or previous.key == "it")
    parts, article = scan.after or (scan.topic if aside else ()), scan.article
    _flush(scan, traits)
    unknown = (
        previous is not None and previous.kind == Kind.UNKNOWN and previous.key not in _ABOUT_PERSON | _TOPIC_WORDS
    )
    _reset(scan)
    if parts:
        scan.subject = parts
    elif previous is None or previous.kind in (
        Kind.PRONOUN,
        Kind.NAME,
        Kind.PERSON,
        Kind.WHO,
        Kind.AND,
        Kind.MEASURE,
        Kind.COMMA,
    ):
        scan.subject = (PERSON,)
    elif unknown and (article or term.kind == Kind.COLON):
        scan.elsewhere = True
    else:
        scan.subject = (PERSON,)


def _on_in(scan: Scan, before: Kind | None, traits: bool) -> None:
    worn = tuple(part for part in scan.after if part.slot in CLOTHES or part.slot in ACCESSORY_COLOURS)
    denied = scan.denied
    _flush(scan, traits)
    _reset(scan)
    scan.subject = worn
    scan.denied = denied
    scan.wearing = not worn and before in (
        Kind.PERSON,
        Kind.NAME,
        Kind.WEAR,
        Kind.MEASURE,
        Kind.COMMA,
        Kind.SILENT,
        None,
    )


def _in_noun_phrase(previous: Term | None, following: Term | None) -> bool:
    """Whether a doubtful word ("top", "watch", "suit") stands where a garment stands and not a verb."""
    opened = (
        previous is None
        or previous.kind
        in ADJECTIVES
        | {
            Kind.ARTICLE,
            Kind.OWNER,
            Kind.WEAR,
            Kind.IN,
            Kind.HAVE,
            Kind.NOT,
            Kind.AND,
            Kind.COMMA,
            Kind.COLON,
            Kind.FILLER,
            Kind.OR,
            Kind.SILENT,
            Kind.PART,
        }
        or (previous.kind == Kind.UNKNOWN and not previous.key.endswith("s"))
    )
    closed = (
        following is None
        or following.kind not in (Kind.UNKNOWN, Kind.PERSON, Kind.PRONOUN, Kind.ARTICLE, Kind.OWNER)
        or (following.kind == Kind.UNKNOWN and following.key.endswith(("ing", "ed")))
    )
    return opened and closed and not (following is not None and following.key == "of")


def _on_part(scan: Scan, previous: Term | None, term: Term, following: Term | None, traits: bool) -> None:
    if term.slot is None:
        return
    if term.key in garments.DOUBTFUL and not _in_noun_phrase(previous, following):
        scan.segments[-1].append(Term(Kind.UNKNOWN, term.key))
        return
    if term.slot in (Slot.LOGO, Slot.MOTIF) and not scan.denied and not _on_cloth(scan, previous, term):
        scan.segments[-1].append(Term(Kind.UNKNOWN, term.key))
        return
    if following is not None and following.key == "of" and term.slot in ACCESSORY_COLOURS:
        return  # glasses of wine
    if following is not None and following.kind == Kind.COLON and scan.subject and any(scan.segments):
        _flush(scan, traits)  # "hair: black eyes: green"
    part = Part(term.slot, term.key)
    if scan.denied:
        scan.segments, scan.after = [[]], ()
        unbind(scan.findings, part)
        return
    if following is not None and following.key in ("free", "less") and following.glued:
        unbind(scan.findings, part)
        return
    chained = previous is not None and previous.kind == Kind.AND and len(scan.segments) == 1 and not scan.segments[0]
    own = _gather(scan, part, glued=term.glued)
    _apply(scan, part, own)
    scan.after = (*scan.after, part) if chained and scan.after else (part,)
    scan.subject, scan.elsewhere, scan.wearing, scan.article = (), False, scan.wearing, False
    scan.topic, scan.hanging = scan.after, part.slot == Slot.HAIR
    if part.slot in CLOTHES:
        scan.garment = part


def _on_cloth(scan: Scan, previous: Term | None, term: Term) -> bool:
    """Whether a star or stripes are on the garment last spoken of: "a T-shirt with a yellow star"."""
    if scan.garment is None or any(part.slot == Slot.PERSON for part in scan.subject):
        return False
    if term.key not in garments.DOUBTFUL_LOGOS:
        return True
    return previous is not None and previous.kind in ADJECTIVES | {Kind.ARTICLE, Kind.OWNER, Kind.FILLER}


def _gather(scan: Scan, part: Part, *, glued: bool) -> list[Term]:
    """The terms that describe ``part``; the others go to the noun before it or to the person."""
    *earlier, last = [segment for segment in scan.segments if segment] if any(scan.segments) else [[]]
    if not scan.segments[-1] and last:  # "eyes blue, hair": nothing stands right before the noun
        earlier, last = [*earlier, last], []
    hung: list[Term] = []
    if glued:  # "tall dark-haired": only what hangs on by hyphens belongs to -haired
        cut = len(last)
        while cut > 0 and (cut == len(last) or last[cut].glued):
            cut -= 1
        hung, last = last[:cut], last[cut:]
    own = list(last)
    taken: list[Term] = []
    behind = not scan.subject  # whether the segments so far trail the noun before: "hair long and black, eyes blue"
    beside = _beside(part, earlier)
    for number, segment in enumerate(earlier):
        found = attributes(segment)
        behind = behind and any(claims(to, a) for to in scan.after for a in found)
        closed = bool(segment) and segment[-1].kind == Kind.UNKNOWN
        if scan.subject and any(claims(to, a) for to in scan.subject for a in found):
            _describe(scan, segment)
        elif scan.elsewhere:
            continue
        elif behind:
            _describe_parts(scan, scan.after, segment)
        elif closed:
            continue
        elif number >= beside and any(claims(part, a) for a in found):
            taken.extend(segment)
            rest = [t for t in segment if t.kind == Kind.QUALITY and not any(claims(part, a) for a in attributes([t]))]
            _describe_parts(scan, (MEANT,), rest)
        else:
            _describe_parts(scan, (MEANT,), segment)
    # of what stands right before the noun, only the unmistakable can be the person's: "tall blue-eyed", "elderly"
    scan.segments = [hung] if glued else [[]]
    if glued or part.slot in (Slot.HAIR, Slot.EYES, Slot.SKIN, Slot.FACIAL_HAIR, Slot.FRECKLES):
        rest = [t for t in own if t.kind == Kind.QUALITY and not any(claims(part, a) for a in attributes([t]))]
        if part.key in ("bald", "bearded", "freckled", "unshaven", "clean shaven", "beardless", "bald headed") or glued:
            _describe_parts(scan, (MEANT,), rest)
        elif rest and not scan.subject:
            _describe_parts(scan, (MEANT,), [t for t in rest if t.key in ("tall", "short", "slim")])
    return [*taken, *own]


def _beside(part: Part, segments: Sequence[Sequence[Term]]) -> int:
    """From which segment on all can describe ``part``: in "short, stocky, ginger beard" short is the man."""
    first = len(segments)
    for number in range(len(segments) - 1, -1, -1):
        found = attributes(segments[number])
        if found and not any(claims(part, attribute) for attribute in found):
            break
        first = number
    return first


def _apply(scan: Scan, part: Part, own: Sequence[Term]) -> None:
    found = [attribute for attribute in attributes(own) if claims(part, attribute)]
    if part.slot in _MARKS:
        if not bind_mark(scan.findings, part, found, scan.garment) and (colours := [a.said for a in found]):
            scan.findings.near[f"{Slot.LEFT_OUT}/{part.key}"] = f"{colours[0]} {part.key} -> left out"
        return
    bind(scan.findings, part, found)


def _on_person(scan: Scan, term: Term, following: Term | None) -> None:
    if term.owner or (following is not None and following.key == "of" and term.key in ("type", "figure", "model")):
        scan.segments = [[]]
        return
    if not scan.denied:
        scan.person = True
        for segment in scan.segments:
            taught = term.key in words.LANGUAGE_TRADES
            _describe_parts(scan, (PERSON,), [t for t in segment if not (taught and t.key in words.ANCESTRIES)])
        gender, years = words.PEOPLE.get(term.key, (None, None))
        if term.key not in words.PEOPLE and term.key not in words.OCCUPATIONS:
            gender = (
                0.07 if term.key.endswith(words.WOMANLY_ENDS) else 0.94 if term.key.endswith(words.MANLY_ENDS) else None
            )
        compound = following is not None and (
            following.kind == Kind.PERSON
            or (following.kind == Kind.UNKNOWN and not following.key.endswith(("ing", "ed")))
        )
        if gender is not None and not (compound and years is not None):
            scan.findings.number(Slot.GENDER, gender, term.said)
        if years is not None and not compound:
            age(scan.findings, years, 0, term.said)
    scan.segments, scan.after, scan.subject, scan.elsewhere, scan.article = [[]], (), (), False, False


# --- handing adjectives out -------------------------------------------------------------------------------------


def _reset(scan: Scan, *, keep_denied: bool = False) -> None:
    scan.segments, scan.subject, scan.after = [[]], (), ()
    scan.elsewhere = scan.article = scan.wearing = False
    scan.denied = scan.denied and keep_denied


def _describe(scan: Scan, segment: Sequence[Term]) -> None:
    _describe_parts(scan, scan.subject, segment)


def _describe_parts(scan: Scan, parts: Sequence[Part], segment: Sequence[Term]) -> None:
    found = attributes(segment)
    for part in parts:
        own = [attribute for attribute in found if claims(part, attribute)]
        if own:
            bind(scan.findings, part, own)


def _flush(scan: Scan, traits: bool) -> None:
    """Hand out what no noun has claimed: to the predicate's subject, the noun before, the clothes or the person."""
    segments = [segment for segment in scan.segments if segment]
    scan.segments = [[]]
    if scan.denied or scan.elsewhere or not segments:
        return
    behind = True
    for segment in segments:
        found = attributes(segment)
        closed = segment[-1].kind == Kind.UNKNOWN
        behind = behind and any(claims(part, a) for part in scan.after for a in found)
        if scan.subject:
            person = any(part.slot == Slot.PERSON for part in scan.subject)
            if not person:
                _describe(scan, segment)
            elif traits and closed:  # "is a burly ex-rugby player": the head is unknown, burly is not
                _describe_parts(scan, (MEANT,), [term for term in segment if term.kind in (Kind.QUALITY, Kind.DEGREE)])
            elif traits:
                _describe(scan, segment)
            continue
        if behind:
            _describe_parts(scan, scan.after, segment)
        elif scan.wearing and not closed and any(a.kind == Kind.COLOUR for a in found):
            bind(scan.findings, Part(Slot.OUTFIT, "clothes"), found)
        elif traits and not any(term.kind == Kind.UNKNOWN for term in segment):
            plain = scan.person and all(term.kind in (Kind.QUALITY, Kind.DEGREE) for term in segment)
            _describe_parts(scan, (PERSON if plain else MEANT,), segment)
            if scan.garment is not None:
                sleeves = [term for term in segment if term.key in garments.SLEEVES]
                _describe_parts(scan, (scan.garment,), sleeves)
