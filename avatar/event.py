"""What can happen to an avatar."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from avatar.frozen import Frozen
from avatar.profile import AgentId


class EventKind(StrEnum):
    RUN_STARTED = "run.started"
    RUN_PAUSED = "run.paused"
    RUN_RESUMED = "run.resumed"
    RUN_RETRIED = "run.retried"
    RUN_FAILED = "run.failed"
    RUN_CANCELLED = "run.cancelled"
    PUBLISHED = "avatar.published"
    ROLLED_BACK = "avatar.rolled_back"
    VERSION_DELETED = "version.deleted"
    DELETED = "avatar.deleted"


class AvatarEvent(Frozen):
    """One entry of an avatar's log."""

    id: str = Field(description="Send it as Last-Event-ID to go on after this event.")
    agent_id: AgentId
    run_id: str | None
    kind: EventKind
    version: int | None
    by: str
    detail: str
    at: datetime
