"""What can be said to a run under way, from the API, the CLI or the Temporal UI."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from avatar.frozen import Frozen
from avatar.stage import REDOABLE, Stage

Words = Annotated[str, StringConstraints(max_length=500, strip_whitespace=True)]
REFUSED = "refused"
"""The error type of a command that does not fit the state of the run."""


class Asked(Frozen):
    """Who wants it, and why."""

    by: Words = "the Temporal UI"
    reason: Words = ""


class AskedRetry(Asked):
    """``from_stage`` and what follows it are done again."""

    from_stage: Stage = Field(examples=[stage.value for stage in REDOABLE])


def refusal_to_pause(stage: Stage, *, paused: bool) -> str | None:
    """Why a run in ``stage`` cannot be paused; None when it can."""
    if stage.position >= Stage.PUBLISH.position:
        return f"the run is in {stage.value} already and will be done in a moment"
    return "the run is paused already" if paused else None


def refusal_to_resume(*, paused: bool) -> str | None:
    """Why a run cannot go on; None when it can."""
    return None if paused else "the run is not paused"


def refusal_to_retry(stage: Stage, wanted: Stage) -> str | None:
    """Why a run in ``stage`` cannot go back to ``wanted``; None when it can."""
    if wanted not in REDOABLE:
        return f"a run cannot go back to {wanted.value}; it can to {', '.join(REDOABLE)}"
    if stage.position >= Stage.PUBLISH.position:
        return f"the run is in {stage.value} already; regenerate the avatar when it is done"
    if wanted.position > stage.position:
        return f"the run is in {stage.value} and has not come to {wanted.value} yet"
    return None
