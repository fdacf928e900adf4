"""How the catalog looks in MongoDB. Nothing outside this folder sees these classes."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from beanie import Document
from pydantic import Field
from pymongo import ASCENDING, DESCENDING, IndexModel


class AvatarDocument(Document):
    """One agent's avatar: which version is served, which number comes next, and what searches look at.

    A deleted avatar stays as a tombstone without ``current``: its numbers are never given out again, because the
    addresses of versions are cached for ever.
    """

    tenant: str
    agent_id: str
    name: str
    current: int | None
    latest: int
    style: str
    provider: str
    summary: str
    tags: list[str] = Field(default_factory=list)
    words: list[str] = Field(default_factory=list)  # lower-cased, of all that a search may name
    created_at: datetime
    updated_at: datetime

    class Settings:
        name = "avatars"
        use_revision = True  # optimistic concurrency: a stale save is refused
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("agent_id", ASCENDING)], name="one_per_agent", unique=True),
            IndexModel([("tenant", ASCENDING), ("created_at", DESCENDING), ("agent_id", ASCENDING)], name="newest"),
            IndexModel([("tenant", ASCENDING), ("words", ASCENDING)], name="by_word"),
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
            # For the sweep: which version names this blob?
            IndexModel([("record.source.sha256", ASCENDING)], name="by_source"),
            IndexModel([("record.lods.blob.sha256", ASCENDING)], name="by_lod"),
            IndexModel([("record.picture.sha256", ASCENDING)], name="by_picture"),
        ]


class RunDocument(Document):
    """One generation run and its journal."""

    tenant: str
    agent_id: str
    run_id: str
    request_hash: str
    order: dict[str, Any]  # an ``Order`` as JSON
    status: str
    paused: dict[str, Any] | None = None
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
    """What happened, for those who follow along; ``key`` makes writing it twice writing it once."""

    tenant: str
    agent_id: str
    number: int  # 1, 2, 3 ... for each agent, in the order in which they became visible
    key: str
    run_id: str | None = None
    kind: str
    version: int | None = None
    by: str = ""
    detail: str = ""
    at: datetime

    class Settings:
        name = "events"
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("agent_id", ASCENDING), ("key", ASCENDING)], name="once", unique=True),
            IndexModel(
                [("tenant", ASCENDING), ("agent_id", ASCENDING), ("number", ASCENDING)], name="by_number", unique=True
            ),
            IndexModel([("at", ASCENDING)], name="by_age"),
        ]


class EventCountDocument(Document):
    """How many events an agent's log has had; numbers are never given out again, even when old events are deleted."""

    tenant: str
    agent_id: str
    newest: int

    class Settings:
        name = "event_counts"
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("agent_id", ASCENDING)], name="one_per_agent", unique=True)
        ]


class ResultDocument(Document):
    """What a step has made of which input: a reference that later runs of the same agent may use again."""

    tenant: str
    agent_id: str
    step: str
    key: str  # hash of the input and of the recipe
    kin: str | None = None  # hash of the part of the input that decides the shape, where the step has one
    output: dict[str, Any]
    blobs: list[str] = Field(default_factory=list)  # sha256 of all that the output names
    run_id: str
    used_at: datetime

    class Settings:
        name = "results"
        indexes: ClassVar = [
            IndexModel(
                [("tenant", ASCENDING), ("agent_id", ASCENDING), ("step", ASCENDING), ("key", ASCENDING)],
                name="by_input",
                unique=True,
            ),
            IndexModel(
                [("tenant", ASCENDING), ("agent_id", ASCENDING), ("step", ASCENDING), ("kin", ASCENDING)], name="by_kin"
            ),
            IndexModel([("used_at", ASCENDING)], name="by_age"),
            IndexModel([("blobs", ASCENDING)], name="by_blob"),
        ]


class RequestDocument(Document):
    """The answer to a request that carried an Idempotency-Key, to be given again; MongoDB removes it after a day."""

    tenant: str
    key: str
    fingerprint: str
    run_id: str
    held_until: datetime  # whoever works on it is thought dead after this, unless there is an answer
    status: int | None = None  # None until the first request has been answered
    body: str = ""
    location: str = ""
    at: datetime

    class Settings:
        name = "requests"
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("key", ASCENDING)], name="once", unique=True),
            IndexModel([("at", ASCENDING)], name="forgotten", expireAfterSeconds=24 * 3600),
        ]


class WishDocument(Document):
    """A variant or a picture that was asked for by address: made, being made (neither blob nor failure), or
    impossible."""

    tenant: str
    key: str  # hash of all that decides its bytes
    agent_id: str  # who asked first
    source: str  # sha256 of the model it is made of
    kind: str
    wish: dict[str, Any]  # a ``Variant`` or a ``Shot`` as JSON
    query: str
    blob: dict[str, Any] | None = None
    facts: dict[str, Any] | None = None
    failure: dict[str, Any] | None = None
    asked_at: datetime
    ended_at: datetime | None = None
    used_at: datetime

    class Settings:
        name = "wishes"
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("key", ASCENDING)], name="once", unique=True),
            IndexModel(
                [("tenant", ASCENDING), ("source", ASCENDING), ("kind", ASCENDING), ("used_at", DESCENDING)],
                name="by_source",
            ),
            IndexModel([("used_at", ASCENDING)], name="by_age"),
            IndexModel([("blob.sha256", ASCENDING)], name="by_blob"),
        ]


class WishStartsDocument(Document):
    """Which variants and pictures a tenant has begun to make in one minute; MongoDB removes it after an hour."""

    tenant: str
    minute: int  # since 1970
    keys: list[str] = Field(default_factory=list)
    at: datetime

    class Settings:
        name = "wish_starts"
        indexes: ClassVar = [
            IndexModel([("tenant", ASCENDING), ("minute", ASCENDING)], name="once", unique=True),
            IndexModel([("at", ASCENDING)], name="forgotten", expireAfterSeconds=3600),
        ]


DOCUMENTS = (
    AvatarDocument,
    VersionDocument,
    RunDocument,
    EventDocument,
    EventCountDocument,
    ResultDocument,
    RequestDocument,
    WishDocument,
    WishStartsDocument,
)
