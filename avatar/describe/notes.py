"""Wishes in ordinary English on top of a character: "older, kinder eyes", "red hair", "no glasses".

A note is cut into clauses. A clause with a comparative moves what is there ("longer hair", see
``avatar.describe.comparing`` and ``moves``); neighbouring clauses without one are read together as a description of
the person, by the describer's own reader, and laid over the character. Later clauses and later notes win.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from avatar.character import CharacterDescription, HairStyle
from avatar.describe import words
from avatar.describe.comparing import Comparison, compare, first_noun
from avatar.describe.description import Description
from avatar.describe.findings import Findings, for_people
from avatar.describe.moves import AMOUNTS, Effect, Shade, Tint, Turn, Years, effects_of, perform
from avatar.describe.offline import describe_offline
from avatar.describe.overlay import changed, overlay
from avatar.describe.phrasing import CLAUSE_ENDS, HAIRLESS, PHRASES, SENTENCE_ENDS, WORN_ALREADY, idle, reworded
from avatar.describe.reading import read
from avatar.describe.slots import Slot
from avatar.describe.summary import with_summary
from avatar.describe.tables import bag
from avatar.describe.tokens import Token, sentences
from avatar.profile import AgentProfile

MAX_SHOWN = 120  # characters of a wish that is quoted back
_MANY_CLAUSES = 12  # in longer runs it is not asked which clause meant what
_MANY_COMPARATIVES = 8  # in one clause; what comes after them is babble
# Adjectives that are as often about a part as about the whole person.
_OF_PARTS_TOO = bag("""
    short small little big large strong soft solid round broad heavy light thick full trim delicate slight huge tiny
    thin narrow wide powerful warm pale fair
""")
_LABELS: Mapping[str, str] = {
    "body.height": "height",
    "body.gender": "gender",
    "body.weight": "build",
    "body.muscle": "build",
    "skin.tone": "skin",
    "skin.undertone": "skin",
    "skin.freckles": "freckles",
    "skin.makeUp": "make-up",
    "skin.blush": "cheeks",
    "hair.style": "hair",
    "hair.facial": "facial hair",
    "outfit.top.kind": "top",
    "outfit.bottom.kind": "bottom",
}


@dataclass(frozen=True, slots=True)
class Noted:
    """A character after its notes. ``heard`` and ``approximated`` read as those of ``Description``; ``unheard`` are
    the wishes, in their own words, that meant nothing here."""

    character: CharacterDescription
    heard: tuple[str, ...] = ()
    approximated: tuple[str, ...] = ()
    unheard: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Clause:
    """A stretch of a sentence; ``start`` and ``end`` are its place there."""

    text: str
    start: int
    end: int
    tokens: tuple[Token, ...]
    joined: str  # how it hangs on the clause before: "", "," or "and"


@dataclass(slots=True)
class _Listening:
    """The character so far and what is to be told about it."""

    character: CharacterDescription
    heard: list[str] = field(default_factory=list)
    near: list[str] = field(default_factory=list)
    unheard: list[str] = field(default_factory=list)
    topic: tuple[str, str] | None = None  # the part last spoken of and its word
    wished: str = ""  # the adjective that was just asked for more of


def apply_notes(character: CharacterDescription, notes: Sequence[str]) -> Noted:
    """``character`` with ``notes``, oldest first, and a summary that is true of it.

    Values stay in the model's ranges. Deterministic, and it never fails: what is not understood comes back in
    ``unheard``. Without notes the character comes back as it is.
    """
    listening = _Listening(character)
    for note in notes:
        _hear_note(listening, note)
    made = listening.character
    return Noted(
        character=made if made == character else with_summary(made),
        heard=tuple(dict.fromkeys(listening.heard)),
        approximated=tuple(dict.fromkeys(listening.near)),
        unheard=tuple(dict.fromkeys(listening.unheard)),
    )


def describe_with(profile: AgentProfile, notes: Sequence[str]) -> Description:
    """The offline describer's character of ``profile`` after ``notes``, with what was heard of both and what was not.

    Deterministic; never fails.
    """
    plain = describe_offline(profile)
    noted = apply_notes(plain.character, notes)
    missed = tuple(f"not understood: {wish}" for wish in noted.unheard)
    return Description(
        character=noted.character,
        heard=plain.heard + tuple(f"note: {heard}" for heard in noted.heard),
        approximated=plain.approximated + noted.approximated + missed,
    )


def _hear_note(listening: _Listening, note: str) -> None:
    listening.topic, listening.wished = None, ""
    said: list[tuple[str, bool]] = []  # clauses in order, and whether they meant something
    for sentence in SENTENCE_ENDS.split(reworded(note)):
        said += _hear_sentence(listening, sentence)
    if not any(understood for _, understood in said) and note.strip():
        listening.unheard.append(_quoted(note))
        return
    run: list[str] = []
    for text, understood in [*said, ("", True)]:
        if not understood:
            run.append(text)
        elif run:
            listening.unheard.append(_quoted(", ".join(run)))
            run = []


def _quoted(text: str) -> str:
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= MAX_SHOWN else f"{plain[: MAX_SHOWN - 3]}..."


def _clauses(sentence: str) -> list[_Clause]:
    spans: list[tuple[int, int, str]] = []
    start, joined = 0, ""
    for cut in CLAUSE_ENDS.finditer(sentence):
        spans.append((start, cut.start(), joined))
        start, joined = cut.end(), "," if "," in cut.group() and "and" not in cut.group().lower() else "and"
        if not cut.group().strip():
            joined = "with"
    spans.append((start, len(sentence), joined))
    found = []
    for begin, end, how in spans:
        text = sentence[begin:end].strip()
        tokens = tuple(token for each in sentences(text) for token in each)
        if any(c.isalnum() for c in text):
            found.append(_Clause(text, begin, end, tokens, how))
    return found


def _hear_sentence(listening: _Listening, sentence: str) -> list[tuple[str, bool]]:
    clauses = _clauses(sentence)
    compared = [compare(clause.tokens) for clause in clauses]
    parts = _borrowed(clauses, compared)
    said: list[tuple[str, bool]] = []
    run: list[_Clause] = []
    for clause, found, ahead in zip(clauses, compared, parts, strict=True):
        if found is None:
            run.append(clause)
            continue
        said += _hear_run(listening, sentence, run, noun=found[0].noun)
        run = []
        said.append((clause.text, _hear_comparison(listening, clause, found, ahead)))
    return said + _hear_run(listening, sentence, run)


# --- comparatives -----------------------------------------------------------------------------------------------


def _borrowed(
    clauses: Sequence[_Clause], compared: Sequence[tuple[Comparison, str] | None]
) -> list[tuple[str, str] | None]:
    """For each clause the part of the clause after it, if its comparative can be about that too: in "longer, darker
    hair" both are about hair, in "older, kinder eyes" only one is about eyes."""
    parts: list[tuple[str, str] | None] = [None] * len(clauses)
    following: tuple[str, str] | None = None
    for at in range(len(clauses) - 1, -1, -1):
        found = compared[at]
        if found is None:
            following = first_noun(clauses[at].tokens)
        elif found[0].part is not None:
            following = found[0].part, found[0].noun
        else:
            joined = clauses[at + 1].joined if at + 1 < len(clauses) else ""
            key = found[0].key
            personal = bool(effects_of(Slot.PERSON, key)) and key not in _OF_PARTS_TOO and joined != "and"
            fits = following is not None and not personal and joined in (",", "and")
            if found[0].amount or not fits or following is None or not effects_of(following[0], key):
                following = None
            parts[at] = following
    return parts


def _hear_comparison(
    listening: _Listening, clause: _Clause, found: tuple[Comparison, str] | None, ahead: tuple[str, str] | None
) -> bool:
    """Whether the clause meant something. What is left beside a comparative may hold another one."""
    understood = False
    for _ in range(_MANY_COMPARATIVES):
        if found is None:
            break
        comparison, rest = found
        part, noun = _about(listening, clause, comparison, ahead)
        effects = AMOUNTS[comparison.key] if comparison.amount else effects_of(part, comparison.key) if part else ()
        if effects:
            understood = True
            if comparison.key != listening.wished or not comparison.said.startswith("not too"):
                _move(listening, comparison, part, noun, effects)  # "longer, but not too long" is longer
            listening.wished = comparison.key if comparison.more else ""
        tokens = tuple(token for sentence in sentences(rest) for token in sentence)
        found = compare(tokens) if rest else None
        if found is None and rest:
            understood = _hear_text(listening, rest) or understood
    return understood


def _about(
    listening: _Listening, clause: _Clause, comparison: Comparison, ahead: tuple[str, str] | None
) -> tuple[str | None, str]:
    """The part that a comparative speaks of: its own, the next clause's, the one spoken of before, or the person."""
    if comparison.amount or comparison.part is not None:
        return comparison.part, comparison.noun
    key, topic = comparison.key, listening.topic
    if ahead is not None:
        return ahead
    personal = effects_of(Slot.PERSON, key)
    before = topic is not None and effects_of(topic[0], key)
    if topic is not None and before and (not personal or key in _OF_PARTS_TOO or clause.joined == "and"):
        return topic
    return (Slot.PERSON, "") if personal else (None, "")


def _move(
    listening: _Listening, comparison: Comparison, part: str | None, noun: str, effects: Sequence[Effect]
) -> None:
    unit, amount = comparison.measured or ("", None)
    fits = unit == ("years" if isinstance(effects[0], Years) else "metres")
    before = listening.character
    made, hindrance = perform(
        before, effects, more=comparison.more, strength=comparison.strength, amount=amount if fits else None
    )
    listening.character = made
    if part is not None and noun:
        listening.topic = part, noun
    said = for_people(comparison.said)
    if hindrance:
        listening.near.append(f"{' '.join(filter(None, (said, for_people(noun))))} -> {hindrance}")
        return
    figures = ""
    if isinstance(effects[0], Years):
        figures = f" ({before.body.age:g} to {made.body.age:g})"
    elif made.body.height != before.body.height:
        figures = f" ({before.body.height:.2f} to {made.body.height:.2f} m)"
    listening.heard.append(f"{_label(part, effects[0])}: {said}{figures}")


def _label(part: str | None, effect: Effect) -> str:
    """What a moved thing is called for people."""
    if isinstance(effect, Years):
        return "age"
    if part == Slot.OUTFIT:
        return "clothes"
    if part is not None and part != Slot.PERSON:
        return for_people(str(part))
    path = effect.paths[0] if isinstance(effect, Tint | Shade) else getattr(effect, "path", "")
    if isinstance(effect, Turn) and path.startswith("face."):
        return "face"
    return _LABELS.get(path, "hair" if path.startswith("hair") else "clothes" if path.startswith("outfit") else "skin")


# --- plain statements -------------------------------------------------------------------------------------------


def _hear_run(
    listening: _Listening, sentence: str, run: Sequence[_Clause], *, noun: str = ""
) -> list[tuple[str, bool]]:
    """Neighbouring clauses without a comparative, read as one text; for each whether it meant something. ``noun`` is
    what the next clause speaks of: "long and darker hair"."""
    if not run:
        return []
    meant = [
        _hear_phrase(listening, clause) or idle(clause.text, clause.tokens, follows=bool(clause.joined))
        for clause in run
    ]
    for clause, done in zip(run, meant, strict=True):
        listening.topic = (first_noun(clause.tokens) if done else None) or listening.topic
    clauses = [clause for clause, done in zip(run, meant, strict=True) if not done]
    if not clauses:
        return [(clause.text, True) for clause in run]
    whole = len(clauses) == len(run)
    text = sentence[run[0].start : run[-1].end] if whole else ", ".join(clause.text for clause in clauses)
    found = _read(listening, text)
    if _nothing(found) and noun:
        found = _read(listening, f"{text} {noun}")
    if _nothing(found) and listening.topic is not None:
        text = re.sub(r"\b(?:it|them)\b", f"the {listening.topic[1]}", text, flags=re.IGNORECASE)
        found = _read(listening, text)
    heard = {id(clause): _contributes(listening, clause, clauses, found) for clause in clauses}
    _lay(listening, found, text)
    for clause in run:
        listening.topic = first_noun(clause.tokens) or listening.topic
    return [(clause.text, done or heard[id(clause)]) for clause, done in zip(run, meant, strict=True)]


def _hear_phrase(listening: _Listening, clause: _Clause) -> bool:
    for phrase in PHRASES:
        if phrase.pattern.search(clause.text):
            bald = listening.character.hair.style == HairStyle.BALD
            if "hair.style" not in phrase.values or bald:
                listening.character = changed(listening.character, phrase.values)
            listening.heard.append(_quoted(clause.text))
            return True
    return False


def _contributes(listening: _Listening, clause: _Clause, run: Sequence[_Clause], found: Findings) -> bool:
    if _nothing(found):
        return False
    if len(run) == 1 or len(run) > _MANY_CLAUSES or not _nothing(_read(listening, clause.text)):
        return True
    others = ", ".join(each.text for each in run if each is not clause)
    return _read(listening, others) != found


def _hear_text(listening: _Listening, text: str) -> bool:
    found = _read(listening, text)
    _lay(listening, found, text)
    return not _nothing(found)


def _read(listening: _Listening, text: str) -> Findings:
    """The describer's findings, without what is said differently in a wish than in a portrait.

    A pronoun is no wish for a gender ("make her older"), "her shirt" is the one she wears, whatever its sleeves, and
    hair is gone only where no hair was wished.
    """
    found = read(text, listening.character.name)
    if found.heard.get(Slot.HAIR_STYLE) == "no hair" and not HAIRLESS.search(text):
        found.forget(Slot.HAIR_STYLE)
    worn = WORN_ALREADY.search(text)
    for slot in (Slot.TOP, Slot.BOTTOM):
        if worn and found.heard.get(slot) == worn.group(1).lower():
            found.forget(slot)
            found.numbers.pop(Slot.TOP_LAYER, None)
    if found.heard.get(Slot.GENDER) in words.FEMININE | words.MASCULINE | words.NEUTRAL:
        found.forget(Slot.GENDER)
    return found


def _nothing(found: Findings) -> bool:
    return not (found.numbers or found.words or found.near)


def _lay(listening: _Listening, found: Findings, text: str) -> None:
    if _nothing(found):
        return
    listening.character = overlay(listening.character, found)
    listening.heard += found.lines() or ([] if found.near else [_quoted(text)])
    listening.near += [for_people(note) for note in found.near.values()]
