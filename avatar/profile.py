"""What a caller asks for: the agent's profile."""

from __future__ import annotations

import hashlib
import re
from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from avatar.frozen import Frozen

MAX_TEXT = 20_000  # characters; a profile is a page or two of prose, not a document store
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

    @field_validator("role", "personality", "description", "name")
    @classmethod
    def _no_control_characters(cls, value: str) -> str:
        bad = sorted({ord(c) for c in value if (ord(c) < 32 and c not in "\t\n\r") or ord(c) == 127})
        if bad:
            codes = ", ".join(f"U+{code:04X}" for code in bad)
            raise ValueError(f"holds control characters ({codes}); remove them")
        return value

    def request_hash(self) -> str:
        """sha256 (hex) of the canonical profile: two requests with the same hash ask for the same avatar."""
        return hashlib.sha256(self.model_dump_json(by_alias=True).encode()).hexdigest()
