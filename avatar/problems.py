"""Everything that is wrong with a caller's document, told at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from typing import Any, NamedTuple

from avatar.errors import InvalidInput
from avatar.json_text import shown

MAX_ERRORS = 40  # told at once; a document with more does not hold slips but something else
SPOKEN = 5  # of them in the one line for people


class Problem(NamedTuple):
    """One field that does not fit."""

    field: str  # "tags[2]", "hair.colour"; "" is the document itself
    message: str  # "must be text, not a number"


def refusal(problems: Sequence[Problem], where: str, what: str, *, total: int | None = None) -> InvalidInput:
    """The error that tells ``problems`` of ``what`` ("the profile"): the first in words, more in ``errors``.

    ``total`` is how many there are when the caller did not word them all.
    """
    count = len(problems) if total is None else total
    errors: list[dict[str, Any]] = [problem._asdict() for problem in problems[:MAX_ERRORS]]
    told = "; ".join(f"{error['field']} {error['message']}".strip() for error in errors[:SPOKEN])
    more = f"; and {count - SPOKEN} more" if count > SPOKEN else ""
    mend = None if count == 1 else f"Mend these {count} and send {what} again"
    return InvalidInput(told + more, where=where, mend=mend, errors=errors)


def path_of(location: Iterable[int | str]) -> str:
    """("tags", 2) as "tags[2]"."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path if len(path) <= 80 and path.isprintable() else shown(path)[1:-1]


def like(word: object, known: Iterable[str]) -> str:
    """ "; did you mean 'description'?", or nothing."""
    lower = {name.lower(): name for name in known}
    close = get_close_matches(str(word)[:100].lower().replace("_", ""), lower, n=1, cutoff=0.6)
    return f"; did you mean '{lower[close[0]]}'?" if close else ""
