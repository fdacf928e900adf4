"""Every Prometheus metric of ours, in one table. Labels have few values: no ids, no paths, no messages.

Each process counts what it did itself; Prometheus adds them up.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

from avatar.errors import AvatarError
from runtime import temporal_core

CONTENT_TYPE = CONTENT_TYPE_LATEST
disable_created_metrics()  # type: ignore[no-untyped-call]  # theirs has no types; else each one has a second series

HTTP_REQUESTS = Counter(
    "avatar_http_requests_total", "HTTP requests by route and status", ["method", "route", "status"]
)
HTTP_SECONDS = Histogram(
    "avatar_http_request_seconds",
    "Time to the last byte of the answer by route",
    ["method", "route"],
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)

STEP_SECONDS = Histogram(
    "avatar_step_seconds",
    "Wall time of one successful attempt at a step",
    ["step"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120),
)
STEP_FAILURES = Counter(
    "avatar_step_failures_total", "Attempts at a step that failed, by the error's code", ["step", "code"]
)
STEPS_REUSED = Counter(
    "avatar_steps_reused_total", "Steps that took an earlier run's result instead of running", ["step"]
)
RUNS = Counter(
    "avatar_runs_total",
    "Runs that ended: published, failed or cancelled, by why they were asked for",
    ["status", "kind"],
)
RUN_SECONDS = Histogram(
    "avatar_run_seconds",
    "Wall time of a published run from its start, pauses included",
    ["kind"],
    buckets=(0.5, 1, 2.5, 5, 10, 15, 20, 30, 45, 60, 120, 300, 600, 1800),
)

POOL_SIZE = Gauge("avatar_mesh_pool_size", "Mesh processes of this worker", registry=None)
POOL_BUSY = Gauge("avatar_mesh_pool_busy", "Mesh processes that work on a job now", registry=None)
JOB_WAIT = Histogram(
    "avatar_mesh_job_wait_seconds",
    "How long a job waited for a free mesh process",
    buckets=(0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30),
    registry=None,
)
PROCESS_MEMORY = Gauge(
    "avatar_mesh_process_memory_bytes", "Resident memory of a mesh process and its guests", ["process"]
)
PROCESSES_REPLACED = Counter(
    "avatar_mesh_processes_replaced_total",
    "Mesh processes that were replaced: died, cancelled, outgrown (ended over the limit), grown (near it), worn (age)",
    ["reason"],
)

QUEUE_BACKLOG = Gauge("avatar_queue_backlog", "Tasks that wait in a queue of Temporal, about", ["queue"])
QUEUE_BACKLOG_AGE = Gauge("avatar_queue_backlog_age_seconds", "How long the oldest of them waits, about", ["queue"])


@contextmanager
def mesh_pool_shown(size: int) -> Iterator[None]:
    """Tell of a mesh pool of ``size`` processes while it is open; a process without one says nothing of it."""
    POOL_SIZE.set(size)
    POOL_BUSY.set(0)
    shown = (POOL_SIZE, POOL_BUSY, JOB_WAIT)
    for metric in shown:
        REGISTRY.register(metric)
    try:
        yield
    finally:
        for metric in shown:
            REGISTRY.unregister(metric)
        PROCESS_MEMORY.clear()


def exposition() -> bytes:
    """All of ours and, when they are collected, the Temporal SDK's, as Prometheus text. Blocks for a moment."""
    return generate_latest() + temporal_core.metrics()


def bounded_code(code: str | None) -> str:
    """``code`` when it is one of the error tree, else ``internal``: whatever may come, the label stays small."""
    return code if code in _CODES else AvatarError.code


def _codes(kind: type[AvatarError]) -> set[str]:
    return {kind.code}.union(*(_codes(heir) for heir in kind.__subclasses__()))


_CODES = _codes(AvatarError)
