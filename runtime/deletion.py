"""Deleting an agent's avatar while a run of it may be under way."""

from __future__ import annotations

import asyncio

import structlog

from avatar.catalog import deletion
from avatar.errors import Conflict
from runtime import generations
from runtime.services import Services

log = structlog.get_logger()
PATIENCE_SECONDS = 30.0
AGAIN_SECONDS = 0.1


async def delete_avatar(
    services: Services, tenant: str, agent_id: str, *, by: str, if_served: int | None = None
) -> None:
    """Cancel the agent's run, if one is under way, then delete all that is kept of it.

    With ``if_served`` only when that version is served. Raises NotFound, PreconditionFailed, Unavailable; Conflict
    when runs of the agent are started faster than they can be cancelled.
    """
    deadline = asyncio.get_running_loop().time() + PATIENCE_SECONDS
    while True:
        under_way = await generations.run_under_way(services, tenant, agent_id)
        if under_way is not None:
            await generations.stop(services, under_way, reason="the avatar is deleted" + (f" by {by}" if by else ""))
        try:
            await deletion.delete_avatar(services.connection, tenant, agent_id, by=by, if_served=if_served)
        except Conflict:
            if asyncio.get_running_loop().time() > deadline:
                raise
            await asyncio.sleep(AGAIN_SECONDS)
        else:
            log.info("avatar deleted", tenant=tenant, agent_id=agent_id)
            return
