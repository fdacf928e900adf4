"""Conditional and partial requests (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from fastapi import Request, Response

ONE_RANGE = re.compile(r"^bytes=(\d*)-(\d*)$")


def etag_matches(request: Request, etag: str) -> bool:
    """Whether If-None-Match names ``etag`` (quoted, weak or not); weak comparison, as section 13.1.2 asks."""
    header = request.headers.get("if-none-match")
    if header is None:
        return False
    if header == etag:
        return True
    named = [part.strip().removeprefix("W/") for part in header.split(",")]
    return etag.removeprefix("W/") in named or named == ["*"]


def if_match_names(header: str, etag: str) -> bool:
    """Whether an If-Match names ``etag`` (unquoted); strong comparison, as section 13.1.1 asks."""
    named = [part.strip() for part in header.split(",")]
    return named == ["*"] or f'"{etag}"' in named


def json_answer(request: Request, body: str, etag: str) -> Response:
    """A JSON document with its ETag (given unquoted), or the 304 that a GET's headers ask for."""
    headers = {"ETag": f'"{etag}"', "Cache-Control": "no-cache"}
    if request.method == "GET" and etag_matches(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes ``start`` up to and without ``stop``."""

    start: int
    stop: int


class UnsatisfiableRange(Exception):
    """A range that lies outside the representation: the answer is 416."""


def requested_range(request: Request, size: int, etag: str) -> ByteRange | None:
    """The one byte range asked for, or None when the whole is to be sent.

    Several ranges, other units and malformed headers are ignored, as section 14.2 allows; so is a range whose
    If-Range names other bytes. Raises UnsatisfiableRange.
    """
    header = request.headers.get("range")
    if header is None or request.headers.get("if-range", etag) != etag:
        return None
    match = ONE_RANGE.match(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = int(last)
        if length == 0 or size == 0:
            raise UnsatisfiableRange
        return ByteRange(max(0, size - length), size)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size:
        raise UnsatisfiableRange
    return ByteRange(start, min(size, int(last) + 1) if last else size)
