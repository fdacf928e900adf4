"""Every error as ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.exceptions import HTTPException

from api import examples
from avatar.errors import AvatarError, InvalidInput, NotFound
from avatar.frozen import Frozen

log = structlog.get_logger()
MEDIA_TYPE = "application/problem+json"


class FieldProblem(Frozen):
    field: str
    message: str


class Problem(Frozen):
    """RFC 9457 problem details with our extensions."""

    type: str = Field(description="Names the kind of problem; stable.", examples=["urn:ar-avatar:problem:not_found"])
    title: str
    status: int
    detail: str
    instance: str = Field(description="The path that was asked for.")
    code: str = Field(description="Stable and short, for programs.", examples=["not_found"])
    retryable: bool = Field(description="Whether the same request may succeed later unchanged.")
    mend: str | None = Field(default=None, description="What to do about it.")
    errors: tuple[FieldProblem, ...] = Field(default=(), description="One for each field that does not fit.")
    request_id: str | None = Field(default=None, description="Find this in the logs.")


def responses(*kinds: type[AvatarError]) -> dict[int | str, dict[str, Any]]:
    """OpenAPI entries for the problems a route can answer with."""
    entries: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        entries[kind.status] = {
            "description": kind.title,
            "content": {
                MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": examples.problem(kind)}
            },
        }
    return entries


def install(app: FastAPI) -> None:
    """Answer every error that leaves a route as a problem."""
    app.add_exception_handler(AvatarError, _known)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _parameters)


def problem_response(request: Request, error: AvatarError, status: int | None = None) -> JSONResponse:
    """The response for one error of the tree."""
    headers: dict[str, str] = {}
    if error.retryable:
        headers["Retry-After"] = "2"
    if location := error.context.get("location"):
        headers["Location"] = str(location)
    headers.update(error.context.get("headers", {}))
    problem = Problem(
        type=f"urn:ar-avatar:problem:{error.code}",
        title=error.title,
        status=status or error.status,
        detail=error.detail,
        instance=request.url.path,
        code=error.code,
        retryable=error.retryable,
        mend=error.mend,
        errors=tuple(FieldProblem.model_validate(field) for field in error.context.get("errors", ())),
        request_id=structlog.contextvars.get_contextvars().get("request_id"),
    )
    body = problem.model_dump(mode="json", exclude_none=True)
    return JSONResponse(body, status_code=problem.status, media_type=MEDIA_TYPE, headers=headers)


async def _known(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, AvatarError)
    if error.status >= 500:
        log.warning("request failed", code=error.code, detail=str(error))
    return problem_response(request, error)


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        known: AvatarError = NotFound(f"there is nothing at {request.url.path}", mend="See /docs for what there is")
    else:
        known = InvalidInput(f"{request.method} {request.url.path}: {error.detail}")
    response = problem_response(request, known, status=error.status_code)
    response.headers.update(error.headers or {})
    return response


async def _parameters(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    fields = [
        {
            "field": ".".join(str(part) for part in problem["loc"][1:]) or str(problem["loc"][0]),
            "message": problem["msg"],
        }
        for problem in error.errors()
    ]
    told = "; ".join(f"{field['field']}: {field['message']}" for field in fields)
    return problem_response(request, InvalidInput(f"the request does not fit: {told}", errors=fields))


def unexpected(request: Request) -> JSONResponse:
    """The answer to an error that nobody foresaw; its detail stays in the log, it is not for strangers."""
    return problem_response(request, AvatarError("an unexpected error; the log has it under the request id"))
