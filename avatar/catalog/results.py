"""What steps have made of which inputs: references that later runs of the same agent may use again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from avatar.catalog.connection import answers_or_unavailable
from avatar.catalog.documents import ResultDocument
from avatar.run import RunKey


@dataclass(frozen=True, slots=True)
class Result:
    """``key`` is the hash of the input and the recipe, ``kin`` that of the part which decides the shape."""

    step: str
    key: str
    output: dict[str, Any]
    kin: str | None = None
    blobs: tuple[str, ...] = ()


@answers_or_unavailable
async def remember(run: RunKey, result: Result) -> None:
    """Keep the result for later runs of the run's agent; the latest one for an input stays."""
    identity = {"tenant": run.tenant, "agent_id": run.agent_id, "step": result.step, "key": result.key}
    await ResultDocument.get_pymongo_collection().update_one(
        identity,
        {
            "$set": {
                "kin": result.kin,
                "output": result.output,
                "blobs": list(result.blobs),
                "run_id": run.run_id,
                "used_at": datetime.now(UTC),
            }
        },
        upsert=True,
    )


@answers_or_unavailable
async def recall(run: RunKey, step: str, key: str) -> dict[str, Any] | None:
    """The output of ``step`` for that input, if it is known. Its age starts anew: it is in use."""
    return await _use({"tenant": run.tenant, "agent_id": run.agent_id, "step": step, "key": key})


@answers_or_unavailable
async def recall_kin(run: RunKey, step: str, kin: str) -> dict[str, Any] | None:
    """The latest used output of ``step`` for an input of the same shape."""
    return await _use({"tenant": run.tenant, "agent_id": run.agent_id, "step": step, "kin": kin})


@answers_or_unavailable
async def forget(run: RunKey, keys: Iterable[tuple[str, str]]) -> None:
    """Forget results (step, key), because what they name is not there any more."""
    for step, key in keys:
        await ResultDocument.find_one(
            {"tenant": run.tenant, "agent_id": run.agent_id, "step": step, "key": key}
        ).delete()


async def _use(wanted: dict[str, Any]) -> dict[str, Any] | None:
    found: dict[str, Any] | None = await ResultDocument.get_pymongo_collection().find_one_and_update(
        wanted, {"$set": {"used_at": datetime.now(UTC)}}, sort=[("used_at", -1)]
    )
    return found["output"] if found else None
