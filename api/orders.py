"""What the routes that start runs share: how they may be asked, and how they answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response

from api import examples
from api.shapes import status_of
from avatar.catalog import avatars
from avatar.request import Urgency
from avatar.run import RunRecord
from runtime.services import Services

Supersede = Annotated[
    bool, Query(description="Cancel a different run of the agent that is under way and start this one in its place.")
]
UrgencyInQuery = Annotated[
    Urgency, Query(alias="urgency", description="Which runs come first when there is more work than processes.")
]

LOCATION = {"Location": {"schema": {"type": "string"}, "description": "Where the status is."}}
STARTED: dict[int | str, dict[str, Any]] = {
    202: {
        "description": "Under way; poll Location. The same request while it runs joins the same run.",
        **examples.answer(examples.STATUS),
        "headers": {
            **LOCATION,
            "Idempotency-Replayed": {
                "schema": {"type": "string"},
                "description": "`true` when this is the first answer to this Idempotency-Key, given again.",
            },
        },
    }
}
UNCHANGED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "It is so already: nothing was started. The status of the latest run.",
        **examples.answer(examples.PUBLISHED),
        "headers": LOCATION,
    }
}


async def tell(services: Services, run: RunRecord, status_code: int = 202) -> Response:
    """The status of ``run`` as an answer, with the address where it can be followed."""
    agent_id = run.key.agent_id
    status = status_of(services.settings, run, await avatars.served_number(run.key.tenant, agent_id))
    return Response(
        status.model_dump_json(),
        status_code=status_code,
        media_type="application/json",
        headers={"Location": f"/api/avatars/{agent_id}/status"},
    )
