"""Cursors of paged lists: where the next page begins, as text that clients hand back as it is."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from typing import Any

from avatar.errors import InvalidInput

CHECK = 8  # bytes


def cursor(position: list[Any], *asked: str | None) -> str:
    """The cursor for the page after ``position``. It fits only the list that ``asked`` names: tenant, agent, filters.

    What it holds is no secret and opens nothing: every query names its tenant itself. The check stops cursors that
    were changed, cut off, or taken from another list, which would quietly give wrong pages.
    """
    told = json.dumps(position, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_check(told, asked) + told).decode().rstrip("=")


def position_of(text: str, *asked: str | None) -> list[Any]:
    """The position in a cursor that was given for the same list. Raises InvalidInput."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        check, told = raw[:CHECK], raw[CHECK:]
        if check == _check(told, asked):
            position: list[Any] = json.loads(told)
            return position
    except (binascii.Error, ValueError):
        pass
    message = "is not a cursor of this list"
    raise InvalidInput(
        f"the cursor {message}",
        mend="Send `next` of the page before, with the same query; leave it out for the first page",
        errors=[{"field": "cursor", "message": message}],
    )


def _check(told: bytes, asked: tuple[str | None, ...]) -> bytes:
    return hashlib.sha256(json.dumps(asked).encode() + b"\n" + told).digest()[:CHECK]
