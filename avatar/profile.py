"""What a caller asks for: the agent's profile."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from difflib import get_close_matches
from enum import StrEnum
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import ErrorDetails

from avatar.errors import InvalidInput, TooLarge
from avatar.frozen import Frozen

MAX_TEXT = 20_000  # characters; a profile is a page or two of prose, not a document store
MAX_DOCUMENT = 256 * 1024  # bytes of JSON
MAX_ERRORS = 40  # told at once; a document with more is not a profile with slips but something else
AGENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class AvatarStyle(StrEnum):
    """How the avatar is drawn."""

    REALISTIC = "realistic"
    STYLISED = "stylised"
    ANIME = "anime"


def check_agent_id(value: str) -> str:
    """Raise ValueError unless ``value`` can stand in a URL path, a file name and a workflow id as it is."""
    if not AGENT_ID.fullmatch(value) or ".." in value:
        raise ValueError(
            "1 to 64 of A-Z a-z 0-9 . _ - that start with a letter or digit and hold no '..': "
            "it becomes part of URLs, file names and workflow ids"
        )
    return value


AgentId = Annotated[str, AfterValidator(check_agent_id)]
Text = Annotated[str, StringConstraints(max_length=MAX_TEXT, strip_whitespace=True)]
Tag = Annotated[str, StringConstraints(min_length=1, max_length=64, strip_whitespace=True)]


class AgentProfile(Frozen):
    """An agent as its owner describes it. Only ``agentId`` and ``name`` are required.

    Whatever the text leaves open is chosen from a seed made of the agent id, so the same profile gives the same
    avatar.
    """

    agent_id: AgentId = Field(description="Stable identifier, unique in its tenant.", examples=["ada"])
    name: Annotated[str, StringConstraints(min_length=1, max_length=200, strip_whitespace=True)] = Field(
        examples=["Ada Lindqvist"]
    )
    role: Text = Field(default="", examples=["museum guide"])
    personality: Text = Field(default="", examples=["warm, curious, a little ironic"])
    description: Text = Field(
        default="",
        description="Ordinary English: age, build, height, skin, hair, eyes, clothes, accessories, colours.",
        examples=["A tall woman in her thirties with long auburn hair and green eyes, in a navy T-shirt and jeans."],
    )
    style: AvatarStyle = AvatarStyle.REALISTIC
    language: Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$")] = Field(
        default="en", description="BCP 47 tag of the language the agent speaks.", examples=["en-GB"]
    )
    voice: Annotated[str, StringConstraints(max_length=200)] | None = Field(
        default=None, description="Name of a voice; chosen to fit the character when absent."
    )
    reference_image: Annotated[str, StringConstraints(max_length=2048, pattern=r"^https?://")] | None = Field(
        default=None, description="Address of a picture for providers that take one; never fetched offline."
    )
    tags: tuple[Tag, ...] = Field(default=(), max_length=32)

    @field_validator("role", "personality", "description", "name", "voice", "tags")
    @classmethod
    def _no_control_characters(cls, value: str | tuple[str, ...] | None) -> str | tuple[str, ...] | None:
        text = value if isinstance(value, str) else "".join(value or ())
        bad = sorted({ord(c) for c in text if (ord(c) < 32 and c not in "\t\n\r") or ord(c) == 127})
        if bad:
            codes = ", ".join(f"U+{code:04X}" for code in bad)
            raise ValueError(f"holds control characters ({codes}); remove them")
        return value


def parse_profile(data: bytes | str | object, where: str) -> AgentProfile:
    """A profile from a JSON document (bytes or text) or from already parsed JSON.

    ``where`` names the source for people: "request body", "ada.json". All problems are told at once: the raised
    error carries ``context["errors"]``, a list of ``{"field": "tags[2]", "message": "..."}`` with camelCase paths.

    Raises TooLarge for a document above 256 KiB, InvalidInput for everything else that does not fit.
    """
    if isinstance(data, AgentProfile):
        return data
    if isinstance(data, bytes | bytearray | memoryview | str):
        data = _parse_json(data, where)
    if not isinstance(data, Mapping):
        raise InvalidInput(
            f"a profile is a JSON object, not {_kind(data)}",
            where=where,
            mend='Give at least {"agentId": "ada", "name": "Ada"}',
            errors=[{"field": "", "message": f"must be an object, not {_kind(data)}"}],
        )
    try:
        return AgentProfile.model_validate(data)
    except ValidationError as error:
        raise _invalid(error.errors(include_url=False), where) from None


def _parse_json(data: bytes | bytearray | memoryview | str, where: str) -> object:
    size = len(data.encode("utf-8", "surrogatepass")) if isinstance(data, str) else len(bytes(data))
    if size > MAX_DOCUMENT:
        raise TooLarge(
            f"the profile has {size} bytes, at most {MAX_DOCUMENT} are taken",
            where=where,
            mend=f"Shorten the texts: a description has at most {MAX_TEXT} characters",
        )

    def refuse(detail: str, mend: str) -> InvalidInput:
        return InvalidInput(detail, where=where, mend=mend, errors=[{"field": "", "message": detail}])

    def unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
        found = dict(pairs)
        if len(found) < len(pairs):
            names = [name for name, _ in pairs]
            twice = sorted({name for name in names if names.count(name) > 1}) if len(names) <= 1000 else []
            told = ", ".join(_shown(name) for name in twice[:5]) or "a field"
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
            raise refuse("the document is empty", 'Give at least {"agentId": "ada", "name": "Ada"}') from None
        if text[: error.pos].rstrip().endswith(",") and text[error.pos :].lstrip()[:1] in ("}", "]"):
            raise refuse(f"not JSON: a comma before the closing bracket at {at}", "Remove that comma") from None
        raise refuse(f"not JSON: {error.msg[:1].lower()}{error.msg[1:]} at {at}", "Mend the document there") from None
    except RecursionError:
        raise refuse("objects or lists are nested too deeply", "A profile is one flat object") from None
    except ValueError:
        raise refuse("a number has too many digits", "No field of a profile takes a number") from None
    return parsed


def _shown(value: object) -> str:
    """A caller's value in a message: quoted, short, and safe to print and to encode."""
    text = str(value)
    text = text if len(text) <= 60 else f"{text[:57]}..."
    return "'" + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in text) + "'"


def _kind(value: object) -> str:
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


def _path(location: tuple[int | str, ...]) -> str:
    """("tags", 2) as "tags[2]"."""
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}" if path else str(step)
    return path if len(path) <= 80 and path.isprintable() else _shown(path)[1:-1]


_FIELDS: Mapping[str, str] = {name: info.alias or name for name, info in AgentProfile.model_fields.items()}
_PATTERNS: Mapping[str, str] = {
    "language": "must be a language tag such as 'en' or 'pt-BR'",
    "referenceImage": "must be an address that starts with http:// or https://",
}


def _like(word: object, known: tuple[str, ...]) -> str:
    """ "; did you mean 'description'?", or nothing."""
    lower = {name.lower(): name for name in known}
    close = get_close_matches(str(word)[:100].lower().replace("_", ""), lower, n=1, cutoff=0.6)
    return f"; did you mean '{lower[close[0]]}'?" if close else ""


def _message(error: ErrorDetails) -> str:
    """One problem in plain words: what is wrong and how to mend it."""
    given, bounds = error["input"], error.get("ctx", {})
    field = str(error["loc"][0]) if error["loc"] else ""
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            known = tuple(_FIELDS.values())
            return f"is not a field of a profile{_like(field, known) or '; known are ' + ', '.join(known)}"
        case "string_type":
            return f"must be text, not {_kind(given)}"
        case "tuple_type":
            return f"must be a list of texts, not {_kind(given)}"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"has {len(str(given))} characters, at most {bounds['max_length']} are taken; shorten it"
        case "too_long":
            return f"has {bounds.get('actual_length') or 'too many'} entries, at most {bounds['max_length']} are taken"
        case "enum":
            styles = tuple(style.value for style in AvatarStyle)
            said = _shown(given) if isinstance(given, str) else _kind(given)
            return f"must be {bounds['expected']}, not {said}{_like(given, styles)}"
        case "string_pattern_mismatch":
            return f"{_PATTERNS.get(field, error['msg'])}, not {_shown(given)}"
        case "string_unicode":
            return "holds half of a surrogate pair, which is no character; remove it or send the whole pair"
        case "value_error":
            detail = error["msg"].removeprefix("Value error, ")
            return f"must be {detail}" if field == "agentId" else detail
        case _:
            return error["msg"]


def _invalid(problems: list[ErrorDetails], where: str) -> InvalidInput:
    errors: list[dict[str, Any]] = [
        {"field": _path(problem["loc"]), "message": _message(problem)} for problem in problems[:MAX_ERRORS]
    ]
    told = "; ".join(f"{error['field']} {error['message']}" for error in errors[:5])
    more = f"; and {len(problems) - 5} more" if len(problems) > 5 else ""
    mend = None if len(problems) == 1 else f"Mend these {len(problems)} and send the profile again"
    return InvalidInput(told + more, where=where, mend=mend, errors=errors)
