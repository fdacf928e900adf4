"""A merge patch from outside, field by field, to its canonical form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from pydantic import JsonValue

from avatar.character import AccessoryKind
from avatar.describe.colours import ACCESSORY_COLOURS, COLOURS, hex_of
from avatar.json_text import kind, shown
from avatar.problems import MAX_ERRORS, Problem, like, path_of, refusal
from avatar.request import Customization
from avatar.settable import (
    CHARACTER,
    FIXED,
    NONE,
    ONE_OF,
    Accessories,
    Choice,
    Colour,
    Field,
    Leaf,
    Number,
    Section,
    settable_fields,
)

WHAT = "the customization"
_MOST_ACCESSORIES = 16  # that are looked at one by one


@dataclass(slots=True)
class Problems:
    """What does not fit so far; only as many are put in words as will be told."""

    told: list[Problem] = field(default_factory=list)
    count: int = 0

    def add(self, path: str, message: str | Callable[[], str]) -> None:
        self.count += 1
        if len(self.told) < MAX_ERRORS:
            self.told.append(Problem(path, message if isinstance(message, str) else message()))

    def raise_any(self, where: str) -> None:
        if self.count:
            raise refusal(self.told, where, WHAT, total=self.count)


def read_section(section: Section, given: Mapping[Any, object], path: str, problems: Problems) -> Customization:
    """The canonical form of what ``given`` sets of ``section``, nulls kept; ``path`` is where the section lies.

    What does not fit goes to ``problems``.
    """
    read: Customization = {}
    spelt: dict[str, str] = {}
    for key, value in given.items():
        said = str(key)
        name = section.spellings.get(said, said)
        below = f"{path}.{name}" if path else name
        node = section.fields.get(name)
        if node is None:
            problems.add(path_of([below]), partial(_unknown, section, said, path))
        elif name in spelt:
            problems.add(below, f"stands twice, as {shown(spelt[name])} and as {shown(said)}; keep one")
        elif value is None:
            spelt[name] = said
            read[name] = None
        elif isinstance(node, Section):
            spelt[name] = said
            if isinstance(value, Mapping):
                read[name] = read_section(node, value, below, problems)
            else:
                problems.add(below, f"must be an object with {', '.join(node.fields)}, not {kind(value)}")
        else:
            spelt[name] = said
            read[name] = _read_leaf(node.leaf, value, below, problems)
    return read


def _unknown(section: Section, said: str, path: str) -> str:
    if section is CHARACTER and said in FIXED:
        return f"cannot be set: it {FIXED[said]}"
    close = like(said, section.spellings)
    if close:
        meant = section.spellings[close.split("'")[1]]
        return f"is not a field of {path or 'a character'}; did you mean '{meant}'?"
    lower = said.lower().replace("_", "").replace("color", "colour")
    elsewhere = [each.path for each in settable_fields() if each.path.lower().split(".")[-1] == lower]
    elsewhere += [p for p in _section_paths(CHARACTER, "") if p.lower().split(".")[-1] == lower]
    if elsewhere:
        return f"is not a field of {path or 'a character'}; did you mean {' or '.join(map(shown, elsewhere[:3]))}?"
    return f"is not a field of {path or 'a character'}; known are {', '.join(section.fields)}"


def _section_paths(section: Section, path: str) -> list[str]:
    found: list[str] = []
    for name, node in section.fields.items():
        if isinstance(node, Section):
            below = f"{path}.{name}" if path else name
            found += [below, *_section_paths(node, below)]
    return found


def _read_leaf(leaf: Leaf, value: object, path: str, problems: Problems) -> JsonValue:
    match leaf:
        case Number():
            return _read_number(leaf, value, path, problems)
        case Choice():
            return _read_choice(leaf, value, path, problems)
        case Colour():
            return _read_colour(leaf, value, path, problems)
        case Accessories():
            return _read_accessories(leaf, value, path, problems)


def _read_number(leaf: Number, value: object, path: str, problems: Problems) -> JsonValue:
    if isinstance(value, bool) or not isinstance(value, int | float):
        problems.add(path, f"must be {leaf.takes()}, not {kind(value)}")
        return None
    if not leaf.low <= value <= leaf.high or (leaf.whole and value != int(value)):
        told = f"{value:g}" if isinstance(value, float) else shown(value)[1:-1]
        problems.add(path, f"must be {leaf.takes()}, not {told}")
        return None
    return int(value) if leaf.whole else float(value) + 0.0  # no minus zero


def _plain(word: str) -> str:
    """ "T-shirt", "t_shirt" and "tshirt" as one, "stylized" as "stylised"."""
    return re.sub(r"[^a-z0-9]", "", word[:60].lower()).replace("z", "s")


def _read_choice(leaf: Choice, value: object, path: str, problems: Problems) -> JsonValue:
    if not isinstance(value, str):
        problems.add(path, f"must be {leaf.takes()}, not {kind(value)}")
        return None
    found = next((known for known in leaf.values if _plain(known) == _plain(value)), None)
    if found is None:
        problems.add(path, f"must be {leaf.takes()}, not {shown(value)}{like(value, leaf.values)}")
    return found


def _read_colour(leaf: Colour, value: object, path: str, problems: Problems) -> JsonValue:
    if not isinstance(value, str):
        back = "; null takes back what was set" if leaf.absent and value is False else ""
        problems.add(path, f"must be {leaf.takes()}, not {kind(value)}{back}")
        return None
    if leaf.absent and value.strip().lower() == NONE:
        return NONE
    found = _hex(value) or hex_of(value, leaf.own)
    if found is None:
        bare = re.fullmatch(r"[0-9a-fA-F]{6}|[0-9a-fA-F]{3}", value)
        close = f"; did you mean '#{value}'?" if bare else like(value, (*leaf.own, *COLOURS))
        problems.add(path, f"must be {leaf.takes()}, not {shown(value)}{close}")
    return found


def _hex(value: str) -> str | None:
    digits = value.strip().lower()
    if re.fullmatch(r"#[0-9a-f]{3}", digits):
        return "#" + "".join(2 * digit for digit in digits[1:])
    return digits if re.fullmatch(r"#[0-9a-f]{6}", digits) else None


_LONGEST_KIND = 2  # words
_KINDS = Choice(tuple(known.value for known in AccessoryKind))
_ITEM = Section(
    {
        "kind": Field("kind", _KINDS, ""),
        "colour": Field("colour", Colour({}, absent=False), ""),
    },
    {"kind": "kind", "colour": "colour", "color": "colour"},
)


def _read_accessories(leaf: Accessories, value: object, path: str, problems: Problems) -> JsonValue:
    if isinstance(value, str):  # "glasses, gold earrings"
        value = [] if value.strip().lower() == NONE else value.split(",")
    if not isinstance(value, list | tuple):
        problems.add(path, f"must be {leaf.takes()}, not {kind(value)}")
        return None
    if len(value) > _MOST_ACCESSORIES:
        problems.add(path, f"has {len(value)} entries; at most {leaf.most} can be worn")
        return None
    worn: dict[str, JsonValue] = {}
    for number, item in enumerate(value):
        at = f"{path}[{number}]"
        found = _read_accessory(item, at, problems)
        if found is None:
            continue
        same = next((other for other in worn if other == found[0] or _same_place(other, found[0])), None)
        if same is not None:
            other = f"the second {found[0]}" if same == found[0] else f"worn where the {same.replace('_', ' ')} is"
            problems.add(at, f"is {other}; keep one")
        worn[found[0]] = {"kind": found[0], "colour": found[1]}
    if len(worn) > leaf.most:
        problems.add(path, f"has {len(worn)} entries; at most {leaf.most} can be worn")
    return list(worn.values())


def _same_place(one: str, other: str) -> bool:
    return any(one in kinds and other in kinds for kinds in ONE_OF)


def _accessory_said(text: str) -> Mapping[str, str | None]:
    """ "black square glasses": the kind is as many of the last words as name one, the colour what is before."""
    words = text.split() or [""]
    at = len(words) - 1
    for start in range(max(len(words) - _LONGEST_KIND, 0), len(words)):
        if any(_plain(known) == _plain(" ".join(words[start:])) for known in _KINDS.values):
            at = start
            break
    return {"kind": " ".join(words[at:]), "colour": " ".join(words[:at]) or None}


def _read_accessory(item: object, at: str, problems: Problems) -> tuple[str, str] | None:
    if isinstance(item, str):
        item = _accessory_said(item)
    if not isinstance(item, Mapping):
        problems.add(at, f"must be text such as 'gold earrings', or an object with kind and colour, not {kind(item)}")
        return None
    before = problems.count
    read = read_section(_ITEM, item, at, problems)
    name, colour = read.get("kind"), read.get("colour")
    if problems.count > before:
        return None
    if not isinstance(name, str):
        problems.add(f"{at}.kind", f"is required: {_KINDS.takes()}")
        return None
    return name, colour if isinstance(colour, str) else ACCESSORY_COLOURS[AccessoryKind(name)]
