"""JSON from outside: read strictly, refused in words that help."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from avatar.errors import InvalidInput, TooLarge


@dataclass(frozen=True, slots=True)
class Expected:
    """What a document should be, for its refusals."""

    what: str  # "the profile"
    limit: int  # bytes
    shorten: str  # how to mend one that is too large
    example: str  # how to mend an empty one
    shape: str  # how to mend one that is nested too deeply
    digits: str = "Give fewer digits"  # how to mend a number that is too long


def read_json(data: bytes | bytearray | memoryview | str, where: str, expected: Expected) -> object:
    """The JSON value in ``data`` (UTF-8, a byte order mark is taken).

    Stricter than ``json.loads``: a name that stands twice in an object, NaN and Infinity are refused. Raises TooLarge
    above ``expected.limit`` bytes, else InvalidInput with ``context["errors"]`` as told in ``avatar.problems``.
    """
    size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(bytes(data))
    if size > expected.limit:
        raise TooLarge(
            f"{expected.what} has {size} bytes, at most {expected.limit} are taken", where=where, mend=expected.shorten
        )

    def refuse(detail: str, mend: str) -> InvalidInput:
        return InvalidInput(detail, where=where, mend=mend, errors=[{"field": "", "message": detail}])

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = sorted({name for name in names if names.count(name) > 1}) if len(names) <= 1000 else []
            told = ", ".join(shown(name) for name in twice[:5]) or "a field"
            raise refuse(f"{told} stands more than once in one object", "Keep one of them")
        return found

    def no_constant(name: str) -> object:
        raise refuse(f"{name} is not JSON", "Leave the field out or give a finite number")

    try:
        text = data if isinstance(data, str) else bytes(data).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise refuse(f"not UTF-8: byte {error.start} cannot be read", "Save the document as UTF-8") from None
    text = text.removeprefix("\ufeff")
    try:
        parsed: object = json.loads(text, object_pairs_hook=unique, parse_constant=no_constant)
    except json.JSONDecodeError as error:
        at = f"line {error.lineno}, column {error.colno}"
        if not text.strip():
            raise refuse("the document is empty", expected.example) from None
        if text[: error.pos].rstrip().endswith(",") and text[error.pos :].lstrip()[:1] in ("}", "]"):
            raise refuse(f"not JSON: a comma before the closing bracket at {at}", "Remove that comma") from None
        raise refuse(f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} at {at}", "Mend the document there") from None
    except RecursionError:
        raise refuse("objects or lists are nested too deeply", expected.shape) from None
    except ValueError:
        raise refuse("a number has too many digits", expected.digits) from None
    return parsed


def shown(value: object) -> str:
    """A caller's value in a message: quoted, short, and safe to print and to encode."""
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) + "'"


def kind(value: object) -> str:
    """What a value is called in JSON."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int() | float():
            return "a number"
        case str():
            return "text"
        case Mapping():
            return "an object"
        case _:
            return "a list"
