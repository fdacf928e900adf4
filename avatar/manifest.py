"""What a client reads: the published avatar and the state of a run."""

from __future__ import annotations

from datetime import datetime

from pydantic import Field, JsonValue

from avatar.character import CharacterDescription
from avatar.frozen import Frozen
from avatar.profile import AvatarStyle
from avatar.request import Order, OrderKind
from avatar.run import Pause, Percent, RunError, RunStatus
from avatar.stage import Stage
from avatar.storage.blob import BlobRef


class Bounds(Frozen):
    """Axis-aligned box of the bind pose in metres."""

    min: tuple[float, float, float]
    max: tuple[float, float, float]


class Texture(Frozen):
    width: int
    height: int
    media_type: str
    bytes: int


class LodFacts(Frozen):
    """What is true of one level of detail; measured from its bytes, never assumed."""

    level: int = Field(ge=0, le=2, examples=[0])
    triangles: int
    vertices: int
    draw_calls: int
    textures: tuple[Texture, ...]


class PublishedLod(Frozen):
    """One level as the catalog keeps it."""

    facts: LodFacts
    blob: BlobRef


class ManifestLod(LodFacts):
    """One level as a client downloads it."""

    url: str = Field(description="Immutable address of exactly these bytes.")
    bytes: int
    sha256: str


class ManifestPicture(Frozen):
    url: str
    width: int
    height: int
    bytes: int
    sha256: str
    alt: str = Field(description="What the picture shows, for people who do not see it.")


class ModelFacts(Frozen):
    """What all levels share."""

    joints: tuple[str, ...]
    morphs: tuple[str, ...]
    bounds: Bounds


class FieldChange(Frozen):
    """One field that differs between two versions."""

    path: str = Field(examples=["hair.colour"])
    before: JsonValue = Field(examples=["#6a2e1f"])
    after: JsonValue = Field(examples=["#aa3311"])


class VersionRecord(Frozen):
    """One published, immutable version as the catalog keeps it."""

    tenant: str
    agent_id: str
    number: int
    run_id: str
    order: Order
    based_on: int | None = Field(default=None, description="The version that was served when this one was published.")
    changes: tuple[FieldChange, ...] = Field(default=(), description="Against ``based_on``.")
    reused: tuple[str, ...] = Field(default=(), description="Steps whose earlier results were taken.")
    cost_micros: int = Field(default=0, description="What providers charged, in millionths of a US dollar.")
    seconds: float = Field(default=0.0, description="From the request to here.")
    name: str
    style: AvatarStyle
    provider: str
    degraded: bool
    described: CharacterDescription = Field(description="As the describer wrote it, before customization.")
    character: CharacterDescription = Field(description="As it was built: described, with the customization over it.")
    source: BlobRef
    lods: tuple[PublishedLod, ...]
    model: ModelFacts
    picture: BlobRef | None
    picture_missing: str | None
    published_at: datetime


class Skeleton(Frozen):
    convention: str = Field(default="ready-player-me", description="Whose joint names these are.")
    joints: tuple[str, ...]


class Manifest(Frozen):
    """The published avatar: everything a client needs to choose, download and drive it."""

    agent_id: str
    name: str
    version: int
    etag: str = Field(description="Changes whenever anything in this manifest does.")
    style: AvatarStyle
    provider: str
    degraded: bool = Field(description="True when the avatar is not what the first-choice provider would have made.")
    summary: str
    lods: tuple[ManifestLod, ...]
    morphs: tuple[str, ...] = Field(description="Blendshapes that every level carries, by name.")
    skeleton: Skeleton
    bounds: Bounds
    picture: ManifestPicture | None
    picture_missing: str | None = Field(default=None, description="Why there is no picture, when there is none.")
    variants_url: str = Field(
        default="",
        description="Template (RFC 6570) of the addresses of this version's variants; docs/variants.md has the values.",
    )
    updated_at: datetime


class StepTiming(Frozen):
    step: str
    stage: Stage
    attempts: int
    seconds: float | None = Field(description="None while it runs.")
    last_error: str | None = None
    reused: bool = Field(default=False, description="Nothing ran: an earlier run's result was taken.")


class GenerationStatus(Frozen):
    """Where the latest run of an agent is."""

    agent_id: str
    run_id: str
    kind: OrderKind
    status: RunStatus
    paused: Pause | None = Field(default=None, description="Set while the run waits for somebody to resume it.")
    stage: Stage
    percent: Percent
    version: int | None = Field(description="The version this run published.")
    current_version: int | None = Field(description="The version that is being served now.")
    steps: tuple[StepTiming, ...]
    elapsed_seconds: float
    error: RunError | None
    started_at: datetime
    updated_at: datetime
    manifest_url: str
    workflow_url: str | None = Field(default=None, description="The run in the Temporal Web UI.")
