"""How the catalog looks in MongoDB. Nothing outside this folder sees these classes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel


class AvatarDocument(Document):
    """One agent's avatar: which version is served, which number comes next."""

    tenant: str
    agent_id: str
    name: str
    current: int
    latest: int
    created_at: datetime
    updated_at: datetime

    class Settings:
        name = "avatars"
        use_revision = True  # optimistic concurrency: a stale save is refused
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("agent_id", ASCENDING)], name="one_per_agent", unique=True)
        ]


class VersionDocument(Document):
    """One published version; written once, never changed. ``record`` is a ``VersionRecord`` as JSON."""

    tenant: str
    agent_id: str
    number: int
    run_id: str
    record: dict[str, Any]

    class Settings:
        name = "versions"
        indexes: ClassVar = [
            IndexModel(
                [("tenant", ASCENDING), ("agent_id", ASCENDING), ("number", DESCENDING)], name="by_number", unique=True
            ),
            # Publishing twice for one run must find the first, not make a second.
            IndexModel([("run_id", ASCENDING)], name="one_per_run", unique=True),
        ]


class RunDocument(Document):
    """One generation run and its journal."""

    tenant: str
    agent_id: str
    run_id: str
    request_hash: str
    profile: dict[str, Any]
    status: str
    steps: dict[str, dict[str, Any]] = Field(default_factory=dict)  # step name -> StepRecord; names hold no dots
    error: dict[str, Any] | None = None
    version: int | None = None
    created_at: datetime
    updated_at: datetime
    finished_at: datetime | None = None

    class Settings:
        name = "runs"
        indexes: ClassVar = [
            IndexModel([("run_id", ASCENDING)], name="by_run", unique=True),
            IndexModel([("tenant", ASCENDING), ("agent_id", ASCENDING), ("created_at", DESCENDING)], name="latest"),
            # The guard against two runs of one agent at once.
            IndexModel(
                [("tenant", ASCENDING), ("agent_id", ASCENDING)],
                name="one_under_way",
                unique=True,
                partialFilterExpression={"status": "running"},
            ),
        ]


class EventDocument(Document):
    """What happened, for those who follow along; one of a kind per run."""

    tenant: str
    agent_id: str
    run_id: str
    kind: str
    version: int | None = None
    at: datetime

    class Settings:
        name = "events"
        indexes: ClassVar = [
            IndexModel([("run_id", ASCENDING), ("kind", ASCENDING)], name="once_per_run", unique=True),
            IndexModel([("tenant", ASCENDING), ("agent_id", ASCENDING), ("at", DESCENDING)], name="by_time"),
        ]


DOCUMENTS = (AvatarDocument, VersionDocument, RunDocument, EventDocument)
