"""How a worker is: does it live, does it work, what has it done."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from http import HTTPStatus

from temporalio.service import RPCError

from runtime.metrics import CONTENT_TYPE, exposition
from runtime.queues import BacklogGauges, asks_for_work
from workers.http_server import Answer, Page
from workers.roles import Opened, Role
from workflows.policies import Queue

PROBE_SECONDS = 2.5


class Health:
    """What one worker answers over HTTP; set ``draining`` when it stops."""

    def __init__(self, role: Role, opened: Opened) -> None:
        self.draining = False
        self._queue = Queue[role.name]
        self._opened = opened
        # One kind of worker tells of the queues: they are the same whoever is asked.
        self._backlog = BacklogGauges(opened.worker.client) if role is Role.CONTROL else None

    def pages(self) -> Mapping[str, Page]:
        """Path -> answer."""
        return {"/metrics": self.metrics, "/health/live": self.live, "/health/ready": self.ready}

    async def metrics(self) -> Answer:
        """Prometheus text: ours and the Temporal SDK's."""
        if self._backlog is not None:
            await self._backlog.refresh()
        return Answer(HTTPStatus.OK, await asyncio.to_thread(exposition), CONTENT_TYPE)

    async def live(self) -> Answer:
        """Yes, while the event loop turns."""
        return Answer.json(HTTPStatus.OK, {"ok": True})

    async def ready(self) -> Answer:
        """Whether it takes work at full speed: warm, known to Temporal as a poller, not draining."""
        why = "it is draining" if self.draining else None if self._opened.warm.done() else "it is warming up"
        why = why or await self._unreachable()
        status = HTTPStatus.OK if why is None else HTTPStatus.SERVICE_UNAVAILABLE
        return Answer.json(status, {"ok": why is None, "detail": why or ""})

    async def _unreachable(self) -> str | None:
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                known = await asks_for_work(self._opened.worker.client, self._queue)
        except (RPCError, RuntimeError, TimeoutError) as error:
            return f"Temporal does not answer: {error}".strip(": ")
        return None if known else "Temporal has not seen it ask for work yet"
