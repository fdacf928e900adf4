"""What a client reads of an avatar's versions and of many avatars at once."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Generic, TypeVar

from pydantic import Field

from avatar.customize import field_changes
from avatar.frozen import Frozen
from avatar.manifest import FieldChange, LodFacts, PublishedLod, VersionRecord
from avatar.profile import AgentId, AvatarStyle
from avatar.request import Customization, Note, OrderKind

MAX_PAGE = 100
PageSize = Annotated[int, Field(ge=1, le=MAX_PAGE)]
Item = TypeVar("Item")


class Page(Frozen, Generic[Item]):
    """A part of a list. Ask again with ``next`` as the cursor for what follows."""

    items: tuple[Item, ...]
    next: str | None = Field(description="The cursor of the next page; null on the last one.")


class VersionSummary(Frozen):
    """One version in the list of an avatar's versions."""

    agent_id: AgentId
    number: int = Field(examples=[3])
    current: bool = Field(description="Whether this is the version that is served now.")
    kind: OrderKind = Field(description="Why its run was started.")
    by: str = Field(description="Who asked for it.")
    notes: tuple[Note, ...] = Field(description="Wishes, oldest first.")
    customization: Customization = Field(description="What its owner had set.")
    based_on: int | None = Field(description="The version that was served when this one was published.")
    changes: tuple[FieldChange, ...] = Field(description="What differs from the version it is based on.")
    reused: tuple[str, ...] = Field(description="Steps whose earlier results were taken.")
    cost_micros: int = Field(description="What providers charged, in millionths of a US dollar.")
    seconds: float = Field(description="From the request to the publication.")
    name: str
    style: AvatarStyle
    provider: str
    degraded: bool
    published_at: datetime
    manifest_url: str
    picture_url: str | None


class AvatarSummary(Frozen):
    """One avatar in a list."""

    agent_id: AgentId
    name: str
    style: AvatarStyle
    provider: str
    summary: str
    tags: tuple[str, ...]
    version: int = Field(description="The version that is served now.")
    created_at: datetime
    updated_at: datetime
    manifest_url: str
    picture_url: str | None


class LodChange(Frozen):
    """One level of detail in two versions; None where a version lacks it."""

    level: int
    before: LodFacts | None
    after: LodFacts | None
    same_bytes: bool


class VersionDiff(Frozen):
    """What differs between two versions of an avatar."""

    agent_id: AgentId
    before: int
    after: int
    character: tuple[FieldChange, ...] = Field(description="Fields of the character as it was built.")
    request: tuple[FieldChange, ...] = Field(description="Fields of the request: profile, notes, customization.")
    lods: tuple[LodChange, ...] = Field(description="Levels whose facts or bytes differ.")
    same_source: bool = Field(description="Whether both were made from the very same model.")
    same_picture: bool


def diff_versions(before: VersionRecord, after: VersionRecord) -> VersionDiff:
    """What differs from ``before`` to ``after``, two versions of one agent."""
    return VersionDiff(
        agent_id=after.agent_id,
        before=before.number,
        after=after.number,
        character=field_changes(before.character, after.character),
        request=field_changes(before.order.request, after.order.request),
        lods=tuple(lod for lod in _lods(before, after) if lod.before != lod.after or not lod.same_bytes),
        same_source=before.source.sha256 == after.source.sha256,
        same_picture=(before.picture and before.picture.sha256) == (after.picture and after.picture.sha256),
    )


def _lods(before: VersionRecord, after: VersionRecord) -> list[LodChange]:
    old, new = _by_level(before), _by_level(after)
    return [_lod_change(level, old.get(level), new.get(level)) for level in sorted(old.keys() | new.keys())]


def _lod_change(level: int, old: PublishedLod | None, new: PublishedLod | None) -> LodChange:
    return LodChange(
        level=level,
        before=old.facts if old else None,
        after=new.facts if new else None,
        same_bytes=old is not None and new is not None and old.blob.sha256 == new.blob.sha256,
    )


def _by_level(version: VersionRecord) -> dict[int, PublishedLod]:
    return {lod.facts.level: lod for lod in version.lods}
