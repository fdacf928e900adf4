"""A generation run: its identity, its stages, and what is known of it at any moment."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from avatar.frozen import Frozen
from avatar.profile import AgentId
from avatar.request import Order
from avatar.stage import Stage


class RunKey(Frozen):
    """Who a run works for. Every step carries it, so that logs, journal and history can be joined."""

    tenant: str
    agent_id: AgentId
    run_id: str

    @property
    def workflow_id(self) -> str:
        """The business key: at most one run per agent is under way."""
        return f"generate/{self.tenant}/{self.agent_id}"


class RunStatus(StrEnum):
    RUNNING = "running"
    PUBLISHED = "published"
    FAILED = "failed"
    CANCELLED = "cancelled"


class RunError(Frozen):
    """Why a run failed, as the API, the CLI and the Temporal UI show it."""

    code: str
    title: str
    detail: str
    stage: Stage
    retryable: bool = Field(description="Whether the same request may succeed later unchanged.")


class StepRecord(Frozen):
    """One step of a run as the journal saw it; optimize has one per LOD and one for the picture."""

    name: str
    stage: Stage
    attempts: int = 1
    started_at: datetime
    finished_at: datetime | None = None
    last_error: str | None = Field(default=None, description="What the latest failed attempt said.")
    reused: bool = Field(default=False, description="Nothing ran: an earlier run's result was taken.")

    @property
    def seconds(self) -> float | None:
        """Wall time from first start to finish; None while it runs, 0 when it was reused."""
        return (self.finished_at - self.started_at).total_seconds() if self.finished_at else None


class Pause(Frozen):
    """A run that waits before its next stage until somebody resumes it."""

    by: str
    reason: str = ""
    at: datetime


class RunRecord(Frozen):
    """Everything the catalog knows of a run."""

    key: RunKey
    request_hash: str
    order: Order
    status: RunStatus
    paused: Pause | None = None
    steps: tuple[StepRecord, ...] = ()
    error: RunError | None = None
    version: int | None = None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None


Percent = Annotated[int, Field(ge=0, le=100)]

# Shares of a run's wall time on the reference machine; only the progress bar leans on them.
STEP_WEIGHTS = {
    "describe": 2,
    "build_parametric": 48,
    "inspect_model": 4,
    "build_lod/0": 14,
    "build_lod/1": 12,
    "build_lod/2": 10,
    "render_picture": 6,
    "publish": 3,
    "announce": 1,
}
STANDS_FOR = {
    "repaint_parametric": "build_parametric",
    "repaint_lod/0": "build_lod/0",
    "repaint_lod/1": "build_lod/1",
    "repaint_lod/2": "build_lod/2",
}
"""Steps that some runs take instead of others."""


def current_stage(run: RunRecord) -> Stage:
    """The furthest stage that has begun; DONE once published."""
    if run.status is RunStatus.PUBLISHED:
        return Stage.DONE
    return max((step.stage for step in run.steps), key=lambda stage: stage.position, default=Stage.QUEUED)


def percent_done(run: RunRecord) -> Percent:
    """0..100 by the weights of the finished steps; 100 only when published."""
    if run.status is RunStatus.PUBLISHED:
        return 100
    done = {STANDS_FOR.get(step.name, step.name) for step in run.steps if step.finished_at}
    weight = sum(STEP_WEIGHTS.get(name, 0) for name in done)
    return min(99, round(100 * weight / sum(STEP_WEIGHTS.values())))
