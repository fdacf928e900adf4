"""What clients wish for by address, a variant of a model or a picture of it, and what came of the wish."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum

from pydantic import Field

from avatar import recipes, shot_query, variant_query
from avatar.frozen import Frozen
from avatar.manifest import Texture
from avatar.shot import Shot, shot_key
from avatar.storage.blob import BlobRef
from avatar.variant import Variant, variant_key

Wish = Variant | Shot


class WishKind(StrEnum):
    VARIANT = "variant"
    PICTURE = "picture"

    @property
    def ending(self) -> str:
        """Of its file's name and address."""
        return "glb" if self is WishKind.VARIANT else "png"


def kind_of(wish: Wish) -> WishKind:
    return WishKind.VARIANT if isinstance(wish, Variant) else WishKind.PICTURE


def wish_key(wish: Wish, source_sha256: str) -> str:
    """sha256 (hex) of all that decides the file's bytes: equal keys, equal files."""
    if isinstance(wish, Variant):
        return variant_key(wish, source_sha256, recipes.VARIANTS)
    return shot_key(wish, source_sha256, recipes.PICTURE)


def spell(wish: Wish, available_morphs: Sequence[str]) -> str:
    """The canonical query of ``wish``."""
    if isinstance(wish, Variant):
        return variant_query.spell(wish, available_morphs)
    return shot_query.spell(wish, available_morphs)


class VariantFacts(Frozen):
    """What is true of a variant's file; measured from its bytes, never assumed."""

    triangles: int
    vertices: int
    draw_calls: int
    morphs: int = Field(description="How many morph targets it carries.")
    textures: tuple[Texture, ...]
    warnings: int = Field(default=0, description="Of Khronos' validator; files with errors are never served.")


class PictureFacts(Frozen):
    """What is true of a picture's file, measured from its bytes."""

    width: int
    height: int


class MadeFile(Frozen):
    blob: BlobRef
    facts: VariantFacts | PictureFacts


class WishFailure(Frozen):
    """Why a file could not be made."""

    code: str
    title: str
    detail: str
    retryable: bool


class WishState(StrEnum):
    ABSENT = "absent"  # nobody has asked for it, or it was evicted
    BUILDING = "building"
    READY = "ready"
    FAILED = "failed"


class KnownWish(Frozen):
    """A wish as the catalog keeps it. ``source`` is the sha256 of the model that its file is made of."""

    key: str
    agent_id: str
    source: str
    wish: Wish
    query: str
    built: MadeFile | None = None
    failure: WishFailure | None = None
    asked_at: datetime
    ended_at: datetime | None = None
    used_at: datetime

    @property
    def state(self) -> WishState:
        """As far as the catalog knows; a build that was stopped from outside still counts as building."""
        if self.built is not None:
            return WishState.READY
        return WishState.BUILDING if self.failure is None else WishState.FAILED


class VariantStatus(Frozen):
    """A variant as a client sees it."""

    key: str = Field(description="Names all that decides its bytes: equal keys, equal files.")
    query: str = Field(description="The canonical spelling of its parameters.", examples=["lod=1&textureFormat=ktx2"])
    url: str = Field(description="Where it is, or where asking makes it; names the version, so it may be kept.")
    state: WishState
    bytes: int | None = None
    sha256: str | None = None
    facts: VariantFacts | None = None
    failure: WishFailure | None = None


class VariantList(Frozen):
    """Variants of one version of an avatar."""

    agent_id: str
    version: int
    variants: tuple[VariantStatus, ...]
