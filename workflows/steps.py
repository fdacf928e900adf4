"""The typed signature of every activity: the one thing that workflows and activities share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, TypeVar

from avatar.character import CharacterDescription
from avatar.frozen import Frozen
from avatar.manifest import ModelFacts, PublishedLod
from avatar.profile import AgentId, AgentProfile
from avatar.request import Order
from avatar.retention import KeepRules
from avatar.run import RunError, RunKey
from avatar.shot import Shot
from avatar.stage import Stage
from avatar.storage.blob import BlobRef
from avatar.variant import Variant
from avatar.wish import MadeFile, WishFailure, WishKind

In = TypeVar("In", bound=Frozen)
Out = TypeVar("Out", bound=Frozen)


class StepInput(Frozen):
    """Every step of a run knows whom it works for. Wishes and the housekeeping have steps that work for no run."""

    run: RunKey


def workflow_id(kind: WishKind, tenant: str, key: str) -> str:
    """Under which the file of that wish is made."""
    return f"{kind.value}/{tenant}/{key}"


class WishKey(Frozen):
    """Which variant or picture of whose: of a model (``source``) that ``version`` of the agent has."""

    kind: WishKind
    tenant: str
    agent_id: AgentId
    version: int
    key: str
    source: BlobRef

    @property
    def workflow_id(self) -> str:
        """Single-flight: a file is made once at a time, whoever asks."""
        return workflow_id(self.kind, self.tenant, self.key)


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
    notes: tuple[str, ...] = ()


class Described(Frozen):
    character: CharacterDescription
    describer: str
    heard: tuple[str, ...] = ()
    approximated: tuple[str, ...] = ()
    cost_micros: int = 0


class BuildInput(StepInput):
    character: CharacterDescription


class RepaintInput(StepInput):
    """``kin`` has the shape of ``character`` in other colours."""

    character: CharacterDescription
    kin: BlobRef


class SourceModel(Frozen):
    """A GLB as a provider delivered it, before inspection."""

    blob: BlobRef
    provider: str
    degraded: bool
    cost_micros: int = 0


class InspectInput(StepInput):
    source: BlobRef


class Inspected(Frozen):
    triangles: int
    model: ModelFacts
    warnings: tuple[str, ...]


class LodInput(StepInput):
    source: BlobRef
    level: int


class RepaintLodInput(StepInput):
    """``kin`` is this level of a model with the shape of ``source``: its geometry stays, only what paints it is new."""

    source: BlobRef
    level: int
    kin: PublishedLod


class PictureInput(StepInput):
    source: BlobRef


class Picture(Frozen):
    """``blob`` is None when no picture can be rendered here; ``missing`` then says why."""

    blob: BlobRef | None
    missing: str | None = None


class Kin(Frozen):
    source: SourceModel
    lods: tuple[PublishedLod, ...] = ()


class RecallInput(StepInput):
    """``described`` is given once the describe stage has run; before that the step looks for it too."""

    order: Order
    described: Described | None = None


class Recalled(Frozen):
    """What earlier runs of the agent have made of the same inputs, as far as it may be used again.

    ``kin`` is a model of the same shape in other colours, with what was made of it; it is looked for only when there
    is no ``source``.
    """

    described: Described | None = None
    source: SourceModel | None = None
    inspected: Inspected | None = None
    lods: tuple[PublishedLod, ...] = ()
    picture: Picture | None = None
    kin: Kin | None = None


class PublishInput(StepInput):
    order: Order
    described: Described
    character: CharacterDescription
    source: SourceModel
    model: ModelFacts
    lods: tuple[PublishedLod, ...]
    picture: Picture
    reused: tuple[str, ...] = ()


class Published(Frozen):
    version: int


class AnnounceInput(StepInput):
    version: int


class FailureInput(StepInput):
    error: RunError
    cancelled: bool = False


class PauseInput(StepInput):
    """``turn`` counts pauses and resumptions of the run, so that each is written once. Not ``paused``: it goes on."""

    turn: int
    paused: bool
    by: str
    reason: str = ""


class RetryInput(StepInput):
    """The run goes back to ``stage``. ``turn`` as in PauseInput."""

    turn: int
    stage: Stage
    by: str


class VariantInput(Frozen):
    of: WishKey
    variant: Variant


class ShotInput(Frozen):
    of: WishKey
    shot: Shot


class RecordWishInput(Frozen):
    """Either what was made or why not."""

    of: WishKey
    built: MadeFile | None = None
    failure: WishFailure | None = None


class Old(StrEnum):
    """What is dropped when it has outlived its use; named as ``HouseKept`` counts it."""

    VERSIONS = "versions"
    RESULTS = "results"
    RUNS = "runs"
    EVENTS = "events"
    VARIANTS = "variants"  # and pictures: all that was made on demand


class DropInput(Frozen):
    """One page, after the document ``after``."""

    rules: KeepRules
    dry_run: bool
    what: Old
    after: str | None = None


class Dropped(Frozen):
    """``after`` is None when that was the last page."""

    count: int
    after: str | None


class SweepInput(Frozen):
    """Blobs whose sha256 begins with ``prefix``."""

    rules: KeepRules
    dry_run: bool
    prefix: str


class Swept(Frozen):
    seen: int
    blobs: int
    bytes: int


RECALL = Step("recall", Stage.QUEUED, RecallInput, Recalled)
DESCRIBE = Step("describe", Stage.DESCRIBE, DescribeInput, Described)
BUILD_PARAMETRIC = Step("build_parametric", Stage.MODEL, BuildInput, SourceModel)
REPAINT_PARAMETRIC = Step("repaint_parametric", Stage.MODEL, RepaintInput, SourceModel)
INSPECT_MODEL = Step("inspect_model", Stage.INSPECT, InspectInput, Inspected)
BUILD_LOD = Step("build_lod", Stage.OPTIMIZE, LodInput, PublishedLod)
REPAINT_LOD = Step("repaint_lod", Stage.OPTIMIZE, RepaintLodInput, PublishedLod)
RENDER_PICTURE = Step("render_picture", Stage.OPTIMIZE, PictureInput, Picture)
PUBLISH = Step("publish", Stage.PUBLISH, PublishInput, Published)
ANNOUNCE = Step("announce", Stage.ANNOUNCE, AnnounceInput, Nothing)
RECORD_FAILURE = Step("record_failure", Stage.DONE, FailureInput, Nothing)
RECORD_PAUSE = Step("record_pause", Stage.DONE, PauseInput, Nothing)
RECORD_RETRY = Step("record_retry", Stage.DONE, RetryInput, Nothing)
BUILD_VARIANT = Step("build_variant", Stage.DONE, VariantInput, MadeFile)
RENDER_SHOT = Step("render_shot", Stage.DONE, ShotInput, MadeFile)
RECORD_WISH = Step("record_wish", Stage.DONE, RecordWishInput, Nothing)
DROP_OLD = Step("drop_old", Stage.DONE, DropInput, Dropped)
SWEEP_BLOBS = Step("sweep_blobs", Stage.DONE, SweepInput, Swept)


def tenant_of(given: Frozen) -> str:
    """For whom a step works; "" for nobody in particular."""
    match given:
        case StepInput():
            return given.run.tenant
        case VariantInput() | ShotInput() | RecordWishInput():
            return given.of.tenant
        case _:
            return ""


ALL_STEPS: tuple[Step[Any, Any], ...] = (
    RECALL,
    DESCRIBE,
    BUILD_PARAMETRIC,
    REPAINT_PARAMETRIC,
    INSPECT_MODEL,
    BUILD_LOD,
    REPAINT_LOD,
    RENDER_PICTURE,
    PUBLISH,
    ANNOUNCE,
    RECORD_FAILURE,
    RECORD_PAUSE,
    RECORD_RETRY,
    BUILD_VARIANT,
    RENDER_SHOT,
    RECORD_WISH,
    DROP_OLD,
    SWEEP_BLOBS,
)
