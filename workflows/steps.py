"""The typed signature of every activity: the one thing that workflows and activities share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from avatar.character import CharacterDescription
from avatar.frozen import Frozen
from avatar.manifest import ModelFacts, PublishedLod
from avatar.profile import AgentProfile
from avatar.run import RunError, RunKey, Stage
from avatar.storage.blob import BlobRef

In = TypeVar("In", bound="StepInput")
Out = TypeVar("Out", bound=Frozen)


class StepInput(Frozen):
    """Every step knows whom it works for."""

    run: RunKey


@dataclass(frozen=True, slots=True)
class Step(Generic[In, Out]):
    """A named signature. The name is in recorded histories: changing it needs ``workflow.patched``."""

    name: str
    stage: Stage
    takes: type[In]
    gives: type[Out]


class Nothing(Frozen):
    """A step that is done for its effect."""


class DescribeInput(StepInput):
    profile: AgentProfile


class Described(Frozen):
    character: CharacterDescription
    describer: str
    heard: tuple[str, ...] = ()
    approximated: tuple[str, ...] = ()


class BuildInput(StepInput):
    character: CharacterDescription


class SourceModel(Frozen):
    """A GLB as a provider delivered it, before inspection."""

    blob: BlobRef
    provider: str
    degraded: bool


class InspectInput(StepInput):
    source: BlobRef


class Inspected(Frozen):
    triangles: int
    model: ModelFacts
    warnings: tuple[str, ...]


class LodInput(StepInput):
    source: BlobRef
    level: int


class PictureInput(StepInput):
    source: BlobRef


class Picture(Frozen):
    """``blob`` is None when no picture can be rendered here; ``missing`` then says why."""

    blob: BlobRef | None
    missing: str | None = None


class PublishInput(StepInput):
    profile: AgentProfile
    described: Described
    source: SourceModel
    model: ModelFacts
    lods: tuple[PublishedLod, ...]
    picture: Picture


class Published(Frozen):
    version: int


class AnnounceInput(StepInput):
    version: int


class FailureInput(StepInput):
    error: RunError
    cancelled: bool = False


DESCRIBE = Step("describe", Stage.DESCRIBE, DescribeInput, Described)
BUILD_PARAMETRIC = Step("build_parametric", Stage.MODEL, BuildInput, SourceModel)
INSPECT_MODEL = Step("inspect_model", Stage.INSPECT, InspectInput, Inspected)
BUILD_LOD = Step("build_lod", Stage.OPTIMIZE, LodInput, PublishedLod)
RENDER_PICTURE = Step("render_picture", Stage.OPTIMIZE, PictureInput, Picture)
PUBLISH = Step("publish", Stage.PUBLISH, PublishInput, Published)
ANNOUNCE = Step("announce", Stage.ANNOUNCE, AnnounceInput, Nothing)
RECORD_FAILURE = Step("record_failure", Stage.DONE, FailureInput, Nothing)

ALL_STEPS: tuple[Step[Any, Any], ...] = (
    DESCRIBE,
    BUILD_PARAMETRIC,
    INSPECT_MODEL,
    BUILD_LOD,
    RENDER_PICTURE,
    PUBLISH,
    ANNOUNCE,
    RECORD_FAILURE,
)
