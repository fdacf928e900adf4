"""The one error tree.

Every refusal or failure that a user can meet is one of these. In activities they become Temporal
``ApplicationError`` (type = code, non_retryable = not retryable), in the API ``application/problem+json``, in the
CLI one line and an exit code. Nothing else decides what is worth trying again.

A message answers three questions: what is wrong, where, and how to mend it.
"""

from __future__ import annotations

from typing import Any, ClassVar


class AvatarError(Exception):
    """Root of the tree.

    ``code`` is stable and machine-readable, ``title`` is the short human name of the kind of failure, ``status`` the
    HTTP status it maps to, ``exit_code`` the CLI's, ``retryable`` whether the same call may succeed later unchanged.
    """

    code: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong inside the service"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retryable: ClassVar[bool] = False

    def __init__(self, detail: str, *, where: str | None = None, mend: str | None = None, **context: Any) -> None:
        super().__init__(detail)
        self.detail = detail
        self.where = where
        self.mend = mend
        self.context = context

    def __str__(self) -> str:
        parts = [f"{self.where}: {self.detail}" if self.where else self.detail]
        if self.mend:
            parts.append(self.mend)
        return " ".join(part if part.endswith((".", "!", "?")) else f"{part}." for part in parts)


class InvalidInput(AvatarError):
    """The caller's data does not fit: unknown field, wrong type, value out of range."""

    code = "invalid_input"
    title = "The input does not fit"
    status = 422
    exit_code = 2


class TooLarge(AvatarError):
    """The caller's data is larger than the service takes."""

    code = "too_large"
    title = "The input is too large"
    status = 413
    exit_code = 2


class UnsupportedMediaType(AvatarError):
    """The body says that it is of a kind the service does not read there."""

    code = "unsupported_media_type"
    title = "The service does not read this kind of body"
    status = 415
    exit_code = 2


class Forbidden(AvatarError):
    """The caller is known or needs not be, and still may not have this."""

    code = "forbidden"
    title = "Not allowed"
    status = 403
    exit_code = 9


class NotFound(AvatarError):
    """Nothing by that name in this tenant."""

    code = "not_found"
    title = "Not found"
    status = 404
    exit_code = 3


class Conflict(AvatarError):
    """Another run or a newer revision is in the way."""

    code = "conflict"
    title = "In conflict with what is under way"
    status = 409
    exit_code = 4


class PreconditionFailed(AvatarError):
    """What the caller has read is not what is there now."""

    code = "precondition_failed"
    title = "It has changed meanwhile"
    status = 412
    exit_code = 4


class TooManyRequests(AvatarError):
    """The caller's share of this minute is used up."""

    code = "too_many_requests"
    title = "Too much was asked for at once"
    status = 429
    exit_code = 7
    retryable = True


class InvalidModel(AvatarError):
    """A GLB that lies, is broken, or tries to reach outside itself. Final: the same bytes stay bad."""

    code = "invalid_model"
    title = "The model file is not acceptable"
    status = 422
    exit_code = 5


class GenerationFailed(AvatarError):
    """A stage could not produce its result and trying again would not change that."""

    code = "generation_failed"
    title = "The avatar could not be made"
    status = 500
    exit_code = 6


class CodecFailed(AvatarError):
    """A guest codec (simplifier, validator, renderer) crashed or timed out; it was restarted."""

    code = "codec_failed"
    title = "A codec process failed"
    status = 500
    exit_code = 6
    retryable = True


class PictureUnavailable(AvatarError):
    """No picture can be rendered on this machine; avatars publish without one."""

    code = "picture_unavailable"
    title = "Pictures cannot be rendered here"
    status = 501
    exit_code = 7


class StorageFull(AvatarError):
    """No room to write; retryable, since somebody may make room."""

    code = "storage_full"
    title = "No room left on the storage"
    status = 507
    exit_code = 7
    retryable = True


class DamagedBlob(AvatarError):
    """Stored bytes no longer match their name."""

    code = "damaged_blob"
    title = "Stored bytes are damaged"
    status = 500
    exit_code = 7


class Cancelled(AvatarError):
    """Somebody stopped the run."""

    code = "cancelled"
    title = "The run was cancelled"
    status = 409
    exit_code = 6


class Unavailable(AvatarError):
    """A part the service needs (Temporal, MongoDB, storage) does not answer now."""

    code = "unavailable"
    title = "A needed part does not answer"
    status = 503
    exit_code = 7
    retryable = True


class SetupProblem(AvatarError):
    """The machine lacks something (a library, a free port, a program); the message says what to run."""

    code = "setup_problem"
    title = "This machine is not ready"
    status = 500
    exit_code = 8


def error_kinds() -> dict[str, type[AvatarError]]:
    """Every kind of the tree by its code."""
    kinds: list[type[AvatarError]] = [AvatarError, *AvatarError.__subclasses__()]
    return {kind.code: kind for kind in kinds}
