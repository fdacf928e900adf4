"""Under which key the result of a step may be used again: a hash of its input and of the recipe that made it."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, JsonValue

from avatar import recipes
from avatar.catalog.results import Result
from avatar.character import CharacterDescription
from avatar.human.likeness import shape_key
from avatar.manifest import PublishedLod
from avatar.profile import AgentProfile
from avatar.storage.blob import BlobRef
from workflows import steps

LOD = steps.BUILD_LOD.name
MODEL = steps.BUILD_PARAMETRIC.name


def description_key(profile: AgentProfile, notes: tuple[str, ...]) -> str:
    """The key of a description."""
    return _hash(recipes.DESCRIBER, profile.model_dump(mode="json"), list(notes))


def model_key(character: CharacterDescription) -> str:
    """The key of a source model; the sentence about the character is not in it."""
    return _hash(recipes.HUMAN, character.model_dump(mode="json", exclude={"summary"}))


def inspection_key(source: BlobRef) -> str:
    """The key of an inspection."""
    return _hash(recipes.INSPECTION, source.sha256)


def lod_key(source: BlobRef, level: int) -> str:
    """The key of a level of detail."""
    return _hash(recipes.LODS, source.sha256, level)


def picture_key(source: BlobRef) -> str:
    """The key of a picture."""
    return _hash(recipes.PICTURE, source.sha256)


def result_of(given: Any, made: Any) -> Result | None:
    """What to remember of a step that took ``given`` and made ``made``; None for steps that are never reused.

    A model or level that was repainted is remembered as if it had been built: it is the same.
    """
    match given, made:
        case steps.DescribeInput(), steps.Described():
            return _result(steps.DESCRIBE.name, description_key(given.profile, given.notes), made)
        case steps.BuildInput() | steps.RepaintInput(), steps.SourceModel(blob=blob):
            return _result(MODEL, model_key(given.character), made, blob, kin=shape_key(given.character))
        case steps.InspectInput(), steps.Inspected():
            return _result(steps.INSPECT_MODEL.name, inspection_key(given.source), made)
        case steps.LodInput() | steps.RepaintLodInput(), PublishedLod(blob=blob):
            return _result(LOD, lod_key(given.source, given.level), made, blob)
        case steps.PictureInput(), steps.Picture(blob=BlobRef() as blob):
            return _result(steps.RENDER_PICTURE.name, picture_key(given.source), made, blob)
        case _:
            return None


def _result(step: str, key: str, made: BaseModel, blob: BlobRef | None = None, kin: str | None = None) -> Result:
    blobs = (blob.sha256,) if blob else ()
    return Result(step=step, key=key, output=made.model_dump(mode="json"), kin=kin, blobs=blobs)


def _hash(*parts: JsonValue) -> str:
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
