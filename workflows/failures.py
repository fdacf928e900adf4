"""What to tell of a run that did not publish."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, is_cancelled_exception

from avatar.errors import AvatarError, Cancelled, error_kinds
from avatar.run import RunError
from avatar.stage import Stage


def run_error(failure: BaseException, stage: Stage) -> RunError:
    """What went wrong, from the innermost cause that says it."""
    if is_cancelled_exception(failure):
        why = workflow.cancellation_reason()
        return RunError(
            code=Cancelled.code,
            title=Cancelled.title,
            detail=f"the run was cancelled: {why}" if why else "the run was cancelled",
            stage=stage,
            retryable=True,
        )
    cause: BaseException = failure
    while isinstance(cause, ActivityError | ChildWorkflowError) and cause.__cause__:
        cause = cause.__cause__
    code = cause.type if isinstance(cause, ApplicationError) and cause.type else AvatarError.code
    kind = error_kinds().get(code, AvatarError)
    return RunError(
        code=kind.code,
        title=kind.title,
        detail=getattr(cause, "message", None) or str(cause) or type(cause).__name__,
        stage=stage,
        retryable=kind.retryable,
    )
