"""Watching a run: a live display for people, plain lines where there is no terminal."""

from __future__ import annotations

import threading
import time

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from avatar.errors import AvatarError, Cancelled, Conflict, Unavailable, error_kinds
from avatar.manifest import GenerationStatus
from avatar.run import RunStatus
from cli.client import ApiClient, News
from cli.output import people

HOLD_SECONDS = 5.0  # how long the API may hold an answer; so late at most do we see that we are to stop
PAUSE_SECONDS = 0.25  # between two questions, however much happens and however old the API is
PATIENCE_SECONDS = 60.0  # how long the API may be away while we wait


def watch(
    api: ApiClient, started: GenerationStatus, *, quiet: bool = False, stop: threading.Event | None = None
) -> GenerationStatus:
    """Follow the run of ``started`` until it ends; the API answers when there is news.

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
        status, etag, told = started, "", ""
        while True:
            progress.update(bar, completed=status.percent, stage=status.stage.value)
            if not quiet and not live and status.stage.value != told:
                told = status.stage.value
                people.print(f"{status.agent_id}: {told} ({status.percent} %, {status.elapsed_seconds:.1f} s)")
            if status.status is not RunStatus.RUNNING or status.run_id != started.run_id:
                break
            stop.wait(PAUSE_SECONDS)
            news = _news(api, started.agent_id, etag, stop)
            status, etag = news.status, news.etag
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


def _news(api: ApiClient, agent_id: str, etag: str, stop: threading.Event) -> News:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not stop.is_set():
        try:
            if (news := api.news(agent_id, etag, HOLD_SECONDS)) is not None:
                return news
            deadline = time.monotonic() + PATIENCE_SECONDS
            stop.wait(PAUSE_SECONDS)
        except Unavailable:
            # The run goes on without us; only give up when nobody answers for a minute.
            if time.monotonic() > deadline:
                raise
            stop.wait(1.0)
    raise Cancelled("stopped waiting")
