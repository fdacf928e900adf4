"""Customization: what an owner sets over the described character, as a JSON merge patch (RFC 7396)."""

from __future__ import annotations

from pydantic import JsonValue

from avatar.character import CharacterDescription
from avatar.manifest import FieldChange
from avatar.request import Customization


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


def apply_customization(character: CharacterDescription, customization: Customization) -> CharacterDescription:
    """The character with what its owner has set."""
    if not customization:
        return character
    return CharacterDescription.model_validate(merge_patch(character.model_dump(mode="json"), customization))


def field_changes(before: CharacterDescription, after: CharacterDescription) -> tuple[FieldChange, ...]:
    """The fields that differ, by path, in the order of the model."""
    return tuple(_differences("", before.model_dump(mode="json"), after.model_dump(mode="json")))


def _differences(path: str, before: JsonValue, after: JsonValue) -> list[FieldChange]:
    if isinstance(before, dict) and isinstance(after, dict):
        found: list[FieldChange] = []
        for name in {**before, **after}:
            found += _differences(f"{path}.{name}" if path else name, before.get(name), after.get(name))
        return found
    return [] if before == after else [FieldChange(path=path, before=before, after=after)]
