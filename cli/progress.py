"""Watching a run: a live display for people, plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from avatar.errors import AvatarError, Cancelled, Conflict, Unavailable, error_kinds
from avatar.manifest import GenerationStatus
from avatar.run import RunStatus
from cli.client import ApiClient
from cli.output import people

POLL_SECONDS = 0.25
PATIENCE_SECONDS = 60.0  # how long the API may be away while we wait


def watch(
    api: ApiClient, started: GenerationStatus, *, quiet: bool = False, stop: threading.Event | None = None
) -> GenerationStatus:
    """Poll until the run of ``started`` ends.

    Raises its error when it failed, Conflict when another run has superseded it, Unavailable when the API stays away,
    Cancelled when ``stop`` is set (then the run goes on without us).
    """
    stop = stop or threading.Event()
    live = not quiet and people.is_terminal
    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}%"),
        TextColumn("{task.fields[stage]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=people, transient=False, disable=not live) as progress:
        bar = progress.add_task(started.agent_id, total=100, stage=started.stage.value)
        status, told = started, ""
        while True:
            progress.update(bar, completed=status.percent, stage=status.stage.value)
            if not quiet and not live and status.stage.value != told:
                told = status.stage.value
                people.print(f"{status.agent_id}: {told} ({status.percent} %, {status.elapsed_seconds:.1f} s)")
            if status.status is not RunStatus.RUNNING or status.run_id != started.run_id:
                break
            stop.wait(POLL_SECONDS)
            status = _poll(api, status, stop)
    if status.run_id != started.run_id:
        raise Conflict(
            f"another run ({status.run_id}) of '{started.agent_id}' has taken the place of the one that was waited for",
            mend=f"`avatar status {started.agent_id}` tells where that one is",
        )
    if status.status is not RunStatus.PUBLISHED:
        raise run_failure(status)
    return status


def run_failure(status: GenerationStatus) -> AvatarError:
    """The error of a run that did not publish."""
    if status.error is None:
        return AvatarError(f"run {status.run_id} of {status.agent_id} ended as {status.status.value}")
    kind = error_kinds().get(status.error.code, AvatarError)
    where = f"{status.agent_id}, stage {status.error.stage.value}"
    kept = f"version {status.current_version} is still served" if status.current_version else None
    return kind(status.error.detail, where=where, mend=kept)


def _poll(api: ApiClient, last: GenerationStatus, stop: threading.Event) -> GenerationStatus:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not stop.is_set():
        try:
            return api.status(last.agent_id)
        except Unavailable:
            # The run goes on without us; only give up when nobody answers for a minute.
            if time.monotonic() > deadline:
                raise
            stop.wait(1.0)
    raise Cancelled("stopped waiting")
