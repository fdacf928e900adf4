"""Customization: what an owner sets over the described character, as a JSON merge patch (RFC 7396).

Three forms, from the outside in: what a caller sends (``parse_customization``, ``parse_settings``: aliases, colour
names), the canonical patch with nulls for what is to be taken back, and the canonical patch without nulls that a
request keeps (``amended``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from avatar.character import CharacterDescription
from avatar.describe.summary import with_summary
from avatar.errors import AvatarError, InvalidInput
from avatar.json_text import Expected, kind, read_json, shown
from avatar.manifest import FieldChange
from avatar.patch_reading import WHAT, Problems, read_section
from avatar.problems import Problem, path_of, refusal
from avatar.request import Customization
from avatar.settable import CHARACTER, NONE, Colour, Field, Section

MAX_CUSTOMIZATION = 64 * 1024  # bytes of JSON; everything set at once needs less than two
_DEEPEST = 6  # steps of a path that are looked at; the longest there is has three
_EXAMPLE = 'Give for example {"hair": {"colour": "#aa3311"}}'
_EXPECTED = Expected(
    what=WHAT,
    limit=MAX_CUSTOMIZATION,
    shorten="Give only the fields that are to be set",
    example=_EXAMPLE,
    shape="No field lies deeper than outfit.top.colour",
)

# --- merging ----------------------------------------------------------------------------------------------------


def merge_patch(target: JsonValue, patch: JsonValue) -> JsonValue:
    """``target`` with ``patch`` applied: null removes a member, objects merge, all else replaces (RFC 7396, 2)."""
    if not isinstance(patch, dict):
        return patch
    merged = dict(target) if isinstance(target, dict) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def amended(customization: Customization, patch: Customization) -> Customization:
    """What a request keeps after ``patch``: nulls take back what was set, and nothing empty stays behind.

    So a field that is set and taken back leaves the request, and its hash, as they were.
    """
    merged = merge_patch(customization, patch)
    return _without_nothing(merged) if isinstance(merged, dict) else {}


def _without_nothing(patch: Customization) -> Customization:
    kept: Customization = {}
    for name, value in patch.items():
        rest = _without_nothing(value) if isinstance(value, dict) else value
        if rest is not None and rest != {}:
            kept[name] = rest
    return kept


def apply_customization(character: CharacterDescription, customization: Customization) -> CharacterDescription:
    """The character with what its owner has set, and with a summary that is true of it.

    A null leaves what the character has. Raises InvalidInput for a customization that does not fit the model; one
    that came through ``parse_customization`` always does, whatever the character.
    """
    wanted = _without_nothing(customization)
    if not wanted:
        return character
    merged = merge_patch(character.model_dump(mode="json"), _absences(wanted, CHARACTER))
    try:
        changed = CharacterDescription.model_validate(merged)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [Problem(path_of(each["loc"]), each["msg"][:1].lower() + each["msg"][1:]) for each in found]
        raise refusal(problems, "customization", WHAT) from None
    return character if changed == character else with_summary(changed)


def _absences(patch: Customization, section: Section) -> Customization:
    """``patch`` with null for 'none' where a colour may be absent: in a patch over a character null removes it."""
    told: Customization = {}
    for name, value in patch.items():
        node = section.fields.get(name)
        if isinstance(node, Section) and isinstance(value, dict):
            told[name] = _absences(value, node)
        elif isinstance(node, Field) and isinstance(node.leaf, Colour) and node.leaf.absent and value == NONE:
            told[name] = None
        else:
            told[name] = value
    return told


def validate_against(
    character: CharacterDescription, customization: Customization, where: str = "customization"
) -> CharacterDescription:
    """The customized character. Raises InvalidInput, all problems at once by camelCase path, when the customization
    does not fit: before a run is started, or because the model has changed since it was kept."""
    return apply_customization(character, parse_customization(customization, where))


def field_changes(before: BaseModel, after: BaseModel) -> tuple[FieldChange, ...]:
    """The fields that differ, by path, in the order of the model. Lists are compared whole; the summary, which
    follows from the other fields, is left out."""
    old, new = before.model_dump(mode="json"), after.model_dump(mode="json")
    return tuple(change for change in _differences("", old, new) if change.path != "summary")


def _differences(path: str, before: JsonValue, after: JsonValue) -> list[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        found: list[FieldChange] = []
        for name in {**before, **after}:
            found += _differences(f"{path}.{name}" if path else name, before.get(name), after.get(name))
        return found
    return [] if before == after else [FieldChange(path=path, before=before, after=after)]


# --- from outside -----------------------------------------------------------------------------------------------


def parse_customization(data: bytes | str | object, where: str) -> Customization:
    """A merge patch in canonical form, nulls kept, from a JSON document (bytes or text) or from already parsed JSON.

    Canonical: camelCase names, words of the closed sets as the model spells them, colours as ``#rrggbb``, accessories
    as objects with kind and colour. Taken besides: snake_case and American names (``lip_color``), words in any case
    with spaces or hyphens, colours by name or as ``#rgb``, accessories as texts ("gold earrings"). null anywhere but
    in a list means: back to what the profile says. Parsing what was parsed changes nothing.

    Raises TooLarge above 64 KiB, InvalidInput for everything else that does not fit: all problems at once, in
    ``context["errors"]`` by camelCase path.
    """
    if isinstance(data, bytes | bytearray | memoryview | str):
        data = read_json(data, where, _EXPECTED)
    if not isinstance(data, Mapping):
        raise refusal([Problem("", f"must be an object, not {kind(data)}. {_EXAMPLE}")], where, WHAT)
    problems = Problems()
    parsed = read_section(CHARACTER, data, "", problems)
    problems.raise_any(where)
    return parsed


def parse_settings(assignments: Sequence[str], where: str = "--set") -> Customization:
    """A merge patch in canonical form from ``PATH=VALUE`` texts: ``hair.color=#aa3311``, ``body.age=42``.

    The value is JSON where it reads as JSON (numbers, null, lists, objects, quoted text), else text. Raises as
    ``parse_customization``; a field that is set twice, in whatever spelling, is refused.
    """
    read_json(json.dumps(list(assignments)), where, _EXPECTED)  # for the size alone
    problems = Problems()
    patch: dict[str, Any] = {}
    taken: dict[tuple[str, ...], tuple[str, ...]] = {}  # a path that is set, and each that leads to it -> the path
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        steps = _canonical(name.strip().split("."))
        path = path_of(steps)
        if not equals or not all(steps):
            problems.add("", f"{shown(assignment)} is no setting. Write PATH=VALUE, such as hair.colour=#aa3311")
        elif "[" in name:
            problems.add(path, "a list is set whole, such as outfit.accessories=glasses,earrings")
        elif (other := _clash(steps, taken)) is not None:
            same = other == steps
            problems.add(path, "is set twice; keep one" if same else f"is set here and by {path_of(other)}; keep one")
        else:
            taken |= {steps[:length]: steps for length in range(1, len(steps) + 1)}
            inner = patch
            for step in steps[:-1]:
                inner = inner.setdefault(step, {})
            try:
                inner[steps[-1]] = _value(text.strip(), where)
            except AvatarError as error:
                problems.add(path, error.detail)
    parsed = read_section(CHARACTER, patch, "", problems)
    problems.raise_any(where)
    return parsed


def _clash(steps: tuple[str, ...], taken: Mapping[tuple[str, ...], tuple[str, ...]]) -> tuple[str, ...] | None:
    """The path that was set before and says something about the same fields as ``steps``."""
    if steps in taken:
        return taken[steps]
    leading = (steps[:length] for length in range(1, len(steps)))
    return next((lead for lead in leading if taken.get(lead) == lead), None)


def _canonical(steps: Sequence[str]) -> tuple[str, ...]:
    """The names of a path as the model spells them, as far as they are known; too deep a path is cut."""
    node: Section | Field | None = CHARACTER
    found = []
    for step in steps[:_DEEPEST]:
        name = node.spellings.get(step, step) if isinstance(node, Section) else step
        node = node.fields.get(name) if isinstance(node, Section) else None
        found.append(name)
    return tuple(found)


def _value(text: str, where: str) -> object:
    """A setting's value: JSON where it begins like JSON or is a word or number of JSON, else the text itself.

    Raises InvalidInput for what begins like JSON and is none, and for no value at all.
    """
    if not text:
        raise InvalidInput("has no value. Give one, or null for what the profile says")
    if text[0] in '[{"' or text in ("null", "true", "false") or re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        return read_json(text, where, _EXPECTED)
    return text
