"""Publishing as a run does it, for tests that need versions to be there."""

from __future__ import annotations

import uuid
from typing import Any

from people import a_version, an_order

from avatar.catalog import avatars, runs
from avatar.catalog.connection import Connection
from avatar.manifest import LodFacts, PublishedLod, VersionRecord
from avatar.run import RunKey, RunStatus
from avatar.storage.blob import BlobRef, name_bytes


def a_key(agent: str = "ada", tenant: str = "local") -> RunKey:
    """The key of a new run."""
    return RunKey(tenant=tenant, agent_id=agent, run_id=uuid.uuid4().hex)


def a_lod(blob: BlobRef | None = None, level: int = 0, triangles: int = 15_000) -> PublishedLod:
    """A level of detail with that blob."""
    facts = LodFacts(level=level, triangles=triangles, vertices=9_000, draw_calls=9, textures=())
    return PublishedLod(facts=facts, blob=blob or name_bytes(b"lod%d" % level, "model/gltf-binary"))


async def publish(connection: Connection, agent: str = "ada", tenant: str = "local", **changes: Any) -> VersionRecord:
    """The next version of the agent, from opening its run to closing it. ``order`` holds what ``an_order`` takes;
    all other ``changes`` replace fields of the version."""
    key = a_key(agent, tenant)
    order = an_order(agent, **changes.pop("order", {}))
    await runs.open_run(key, order)
    name = order.request.profile.name
    version = await avatars.publish_version(
        connection,
        key,
        lambda slot: a_version(
            key,
            slot.number,
            slot.now,
            **{"order": order, "name": name, "style": order.request.profile.style, **changes},
        ),
    )
    await runs.close_run(key, RunStatus.PUBLISHED)
    return version
