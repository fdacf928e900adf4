"""What came of a variant: the file that was made and its facts, or why there is none."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from avatar.frozen import Frozen
from avatar.manifest import Texture
from avatar.storage.blob import BlobRef
from avatar.variant import Variant


class VariantFacts(Frozen):
    """What is true of a variant's file; measured from its bytes, never assumed."""

    triangles: int
    vertices: int
    draw_calls: int
    morphs: int = Field(description="How many morph targets it carries.")
    textures: tuple[Texture, ...]
    warnings: int = Field(default=0, description="Of Khronos' validator; files with errors are never served.")


class BuiltVariant(Frozen):
    blob: BlobRef
    facts: VariantFacts


class VariantFailure(Frozen):
    """Why a variant could not be made."""

    code: str
    title: str
    detail: str
    retryable: bool


class VariantState(StrEnum):
    ABSENT = "absent"  # nobody has asked for it, or it was evicted
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class KnownVariant(Frozen):
    """A variant as the catalog keeps it. ``source`` is the sha256 of the model it is made of."""

    key: str
    agent_id: str
    source: str
    variant: Variant
    query: str
    built: BuiltVariant | None = None
    failure: VariantFailure | None = None
    asked_at: datetime
    ended_at: datetime | None = None
    used_at: datetime

    @property
    def state(self) -> VariantState:
        """As far as the catalog knows; a build that was stopped from outside still counts as building."""
        if self.built is not None:
            return VariantState.READY
        return VariantState.BUILDING if self.failure is None else VariantState.FAILED


class VariantStatus(Frozen):
    """A variant as a client sees it."""

    key: str = Field(description="Names all that decides its bytes: equal keys, equal files.")
    query: str = Field(description="The canonical spelling of its parameters.", examples=["lod=1&textureFormat=ktx2"])
    url: str = Field(description="Where it is, or where asking makes it; names the version, so it may be kept.")
    state: VariantState
    bytes: int | None = None
    sha256: str | None = None
    facts: VariantFacts | None = None
    failure: VariantFailure | None = None


class VariantList(Frozen):
    """Variants of one version of an avatar."""

    agent_id: str
    version: int
    variants: tuple[VariantStatus, ...]
