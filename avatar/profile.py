"""What a caller asks for: the agent's profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, ValidationError, field_validator
from pydantic_core import ErrorDetails

from avatar.errors import InvalidInput
from avatar.frozen import Frozen
from avatar.json_text import Expected, kind, read_json, shown
from avatar.problems import MAX_ERRORS, Problem, like, path_of, refusal

MAX_TEXT = 20_000  # characters; a profile is a page or two of prose, not a document store
MAX_DOCUMENT = 256 * 1024  # bytes of JSON
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
        data = read_json(data, where, _EXPECTED)
    if not isinstance(data, Mapping):
        raise InvalidInput(
            f"a profile is a JSON object, not {kind(data)}",
            where=where,
            mend='Give at least {"agentId": "ada", "name": "Ada"}',
            errors=[{"field": "", "message": f"must be an object, not {kind(data)}"}],
        )
    try:
        return AgentProfile.model_validate(data)
    except ValidationError as error:
        found = error.errors(include_url=False)
        problems = [Problem(path_of(each["loc"]), _message(each)) for each in found[:MAX_ERRORS]]
        raise refusal(problems, where, "the profile", total=len(found)) from None


_EXPECTED = Expected(
    what="the profile",
    limit=MAX_DOCUMENT,
    shorten=f"Shorten the texts: a description has at most {MAX_TEXT} characters",
    example='Give at least {"agentId": "ada", "name": "Ada"}',
    shape="A profile is one flat object",
    digits="No field of a profile takes a number",
)
_FIELDS: Mapping[str, str] = {name: info.alias or name for name, info in AgentProfile.model_fields.items()}
_PATTERNS: Mapping[str, str] = {
    "language": "must be a language tag such as 'en' or 'pt-BR'",
    "referenceImage": "must be an address that starts with http:// or https://",
}


def _message(error: ErrorDetails) -> str:
    """One problem in plain words: what is wrong and how to mend it."""
    given, bounds = error["input"], error.get("ctx", {})
    field = str(error["loc"][0]) if error["loc"] else ""
    match error["type"]:
        case "missing":
            return "is required"
        case "extra_forbidden":
            known = tuple(_FIELDS.values())
            return f"is not a field of a profile{like(field, known) or '; known are ' + ', '.join(known)}"
        case "string_type":
            return f"must be text, not {kind(given)}"
        case "tuple_type":
            return f"must be a list of texts, not {kind(given)}"
        case "string_too_short":
            return "must not be empty"
        case "string_too_long":
            return f"has {len(str(given))} characters, at most {bounds['max_length']} are taken; shorten it"
        case "too_long":
            return f"has {bounds.get('actual_length') or 'too many'} entries, at most {bounds['max_length']} are taken"
        case "enum":
            styles = tuple(style.value for style in AvatarStyle)
            said = shown(given) if isinstance(given, str) else kind(given)
            return f"must be {bounds['expected']}, not {said}{like(given, styles)}"
        case "string_pattern_mismatch":
            return f"{_PATTERNS.get(field, error['msg'])}, not {shown(given)}"
        case "string_unicode":
            return "holds half of a surrogate pair, which is no character; remove it or send the whole pair"
        case "value_error":
            detail = error["msg"].removeprefix("Value error, ")
            return f"must be {detail}" if field == "agentId" else detail
        case _:
            return error["msg"]
