"""Task queues, retry policies, time-outs and search attributes: one table each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from temporalio.common import Priority, RetryPolicy, SearchAttributeKey

from avatar.request import Urgency
from avatar.stage import Stage
from workflows import steps


class Queue(StrEnum):
    """Who does the work. Workflows run on CONTROL; heavy CPU work only ever on MESH."""

    CONTROL = "avatar-control"
    PROVIDER = "avatar-provider"
    MESH = "avatar-mesh"


# Catalog and other near things: they come back, so wait for them, up to the schedule-to-close of the step.
PATIENT = RetryPolicy(
    initial_interval=timedelta(milliseconds=200), backoff_coefficient=2.0, maximum_interval=timedelta(seconds=10)
)
# CPU work: the same input fails the same way, but a killed worker or codec deserves another go.
FEW = RetryPolicy(
    initial_interval=timedelta(milliseconds=500),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=10),
    maximum_attempts=5,
)
# Providers that are asked over a network.
PROVIDER = RetryPolicy(
    initial_interval=timedelta(seconds=1),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=30),
    maximum_attempts=4,
)


@dataclass(frozen=True, slots=True)
class Policy:
    """How a step is run. ``start_to_close`` bounds one attempt, ``schedule_to_close`` all of them together."""

    queue: Queue
    retry: RetryPolicy
    start_to_close: timedelta
    schedule_to_close: timedelta
    heartbeat: timedelta | None = None


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


MESH_POLICY = Policy(Queue.MESH, FEW, _seconds(120), timedelta(minutes=20), heartbeat=_seconds(10))
CONTROL_POLICY = Policy(Queue.CONTROL, PATIENT, _seconds(20), timedelta(minutes=15))
# Somebody waits for a wish, so a bad one must not be tried for long; whoever asks again begins anew.
WISH_RETRY = RetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    backoff_coefficient=2.0,
    maximum_interval=timedelta(seconds=5),
    maximum_attempts=3,
)
WISH_POLICY = Policy(Queue.MESH, WISH_RETRY, _seconds(120), timedelta(minutes=8), heartbeat=_seconds(10))
# A page of it is small; what is done twice is done once.
HOUSE_POLICY = Policy(Queue.CONTROL, PATIENT, timedelta(minutes=5), timedelta(minutes=30), heartbeat=_seconds(30))

POLICIES: dict[str, Policy] = {
    steps.DESCRIBE.name: Policy(Queue.PROVIDER, PROVIDER, _seconds(60), timedelta(minutes=10), heartbeat=_seconds(10)),
    steps.RECALL.name: CONTROL_POLICY,
    steps.BUILD_PARAMETRIC.name: MESH_POLICY,
    steps.REPAINT_PARAMETRIC.name: MESH_POLICY,
    steps.INSPECT_MODEL.name: MESH_POLICY,
    steps.BUILD_LOD.name: MESH_POLICY,
    steps.REPAINT_LOD.name: MESH_POLICY,
    steps.RENDER_PICTURE.name: MESH_POLICY,
    steps.PUBLISH.name: CONTROL_POLICY,
    steps.ANNOUNCE.name: CONTROL_POLICY,
    steps.RECORD_FAILURE.name: CONTROL_POLICY,
    steps.RECORD_PAUSE.name: CONTROL_POLICY,
    steps.RECORD_RETRY.name: CONTROL_POLICY,
    steps.BUILD_VARIANT.name: WISH_POLICY,
    steps.RENDER_SHOT.name: WISH_POLICY,
    steps.RECORD_WISH.name: CONTROL_POLICY,
    steps.DROP_OLD.name: HOUSE_POLICY,
    steps.SWEEP_BLOBS.name: HOUSE_POLICY,
}

# Temporal's five levels, 1 first. Within an urgency what has begun comes before what has not: so the first of many
# runs is published early, and few half-made models lie about.
LEVELS: dict[Urgency, tuple[int, int]] = {Urgency.HIGH: (2, 1), Urgency.NORMAL: (4, 3), Urgency.LOW: (5, 5)}
BEGINNING = (Stage.QUEUED, Stage.DESCRIBE, Stage.MODEL)


def priority_of(urgency: Urgency, stage: Stage, tenant: str) -> Priority:
    """The place in its queue of a step of ``stage``; tenants take turns among equals."""
    beginning, going_on = LEVELS[urgency]
    return Priority(priority_key=beginning if stage in BEGINNING else going_on, fairness_key=tenant[:64])


TENANT = SearchAttributeKey.for_keyword("Tenant")
AGENT_ID = SearchAttributeKey.for_keyword("AgentId")
AVATAR_VERSION = SearchAttributeKey.for_int("AvatarVersion")
PROVIDER_NAME = SearchAttributeKey.for_keyword("Provider")
STAGE = SearchAttributeKey.for_keyword("Stage")
AVATAR_STYLE = SearchAttributeKey.for_keyword("AvatarStyle")

SEARCH_ATTRIBUTES: tuple[SearchAttributeKey[Any], ...] = (
    TENANT,
    AGENT_ID,
    AVATAR_VERSION,
    PROVIDER_NAME,
    STAGE,
    AVATAR_STYLE,
)
