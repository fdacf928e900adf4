"""What a run is asked to do: the request that decides what an avatar is, and the order that carries it out."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue, StringConstraints

from avatar.frozen import Frozen
from avatar.profile import AgentProfile
from avatar.stage import Stage

MAX_NOTES = 50
Note = Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]
Customization = dict[str, JsonValue]
"""A JSON merge patch (RFC 7396) over the described character, camelCase, without nulls: only what its owner has set."""


class OrderKind(StrEnum):
    """Why a run was started."""

    GENERATE = "generate"
    CUSTOMIZE = "customize"
    REGENERATE = "regenerate"
    RETRY = "retry"


class Urgency(StrEnum):
    """Which runs come first when there is more work than processes."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


class AvatarRequest(Frozen):
    """Everything that decides what an avatar is: the profile, wishes added since, and what its owner has set."""

    profile: AgentProfile
    notes: tuple[Note, ...] = Field(default=(), max_length=MAX_NOTES, description="Wishes, oldest first.")
    customization: Customization = Field(default={}, description="Set over what the profile describes.")


class Order(Frozen):
    """One run's task."""

    request: AvatarRequest
    kind: OrderKind = OrderKind.GENERATE
    by: str = Field(default="", description="Who asked for it.")
    anew_from: Stage | None = Field(
        default=None, description="Nothing of this stage or a later one is reused; None reuses all that is unchanged."
    )
    urgency: Urgency = Urgency.NORMAL
    first: bool = Field(default=False, description="No earlier run of the agent exists, so nothing can be reused.")

    @property
    def agent_id(self) -> str:
        """Whose avatar."""
        return self.request.profile.agent_id

    def request_hash(self) -> str:
        """sha256 (hex): two orders with the same hash ask for the same work, so the second joins the first."""
        wanted = {"request": self.request.model_dump(mode="json"), "anewFrom": self.anew_from}
        return hashlib.sha256(json.dumps(wanted, sort_keys=True).encode()).hexdigest()
