"""The type of the ``gateway`` fixture, for annotations."""

from __future__ import annotations

from dataclasses import dataclass

import httpx
from fastapi import FastAPI

from runtime.services import Services


@dataclass(frozen=True)
class Gateway:
    app: FastAPI
    services: Services
    http: httpx.AsyncClient

    async def terminate(self, agent_id: str) -> None:
        """End the agent's workflow, as somebody might in the Temporal UI."""
        await self.services.temporal.get_workflow_handle(f"generate/local/{agent_id}").terminate("test")
