"""Request bodies: read with a limit, parsed with every problem named."""

from __future__ import annotations

from typing import TypeVar

from fastapi import Request
from pydantic import BaseModel, ValidationError

from avatar.errors import TooLarge, UnsupportedMediaType
from avatar.json_text import Expected, kind, read_json
from avatar.problems import Problem, path_of, refusal

Body = TypeVar("Body", bound=BaseModel)
MAX_BODY = 256 * 1024
WHERE = "request body"
OBJECT = Expected(
    what="the body",
    limit=MAX_BODY,
    shorten="Shorten the texts in it",
    example="Send an object, or no body",
    shape="Nothing that is read here is nested so deeply",
)


async def read_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body, refused as soon as it is known to be larger than ``limit`` bytes. Raises TooLarge."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise TooLarge(
                f"the body is larger than {limit // 1024} KiB", mend="What is read here is a page of text: shorten it"
            )
    return bytes(body)


def check_media_type(request: Request, *taken: str) -> None:
    """Raise UnsupportedMediaType unless Content-Type is one of ``taken``; parameters such as charset are ignored."""
    given = request.headers.get("content-type", "")
    if given.partition(";")[0].strip().lower() not in taken:
        raise UnsupportedMediaType(
            f"the body is {given[:100] or 'of no kind that it names'}",
            mend=f"Send it as {' or '.join(taken)}",
            headers={"Accept-Patch": ", ".join(taken)} if request.method == "PATCH" else {},
        )


def parse_model(model: type[Body], body: bytes) -> Body:
    """``body`` as a ``model``; an empty body is one with nothing set. Raises InvalidInput with every problem."""
    parsed = read_json(body, WHERE, OBJECT) if body.strip() else {}
    if not isinstance(parsed, dict):
        raise refusal([Problem("", f"must be an object, not {kind(parsed)}")], WHERE, OBJECT.what)
    try:
        return model.model_validate(parsed)
    except ValidationError as error:
        problems = [Problem(path_of(found["loc"]), found["msg"]) for found in error.errors(include_url=False)]
        raise refusal(problems, WHERE, OBJECT.what) from None
