"""Temporal or MongoDB hang for twenty seconds: clients hear so quickly, and work goes on afterwards."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import dataclass, field

import httpx

from avatar.run import RunStatus
from chaos.clients import Clients
from chaos.victims import Stack, Victim, now

AWAY_S = 20.0


@dataclass(slots=True)
class Outage:
    """What clients heard while ``victim`` hung, and how the run under way ended."""

    victim: Victim
    answers: Counter[str] = field(default_factory=Counter)  # "POST generate: 503"
    slowest_s: float = 0.0
    run: RunStatus = RunStatus.RUNNING
    after_s: float = 0.0  # from the end of the outage to the publication


async def outage(stack: Stack, victim: Victim) -> Outage:
    """Let ``victim`` hang while a run is under way and clients ask."""
    assert stack.where is not None
    seen = Outage(victim)
    clients = Clients(stack.where.api_url)
    agent = f"outage-{victim.name.lower()}"
    try:
        run_id = await clients.generate(agent, description="a man in a green shirt")
        async with stack.frozen(victim), httpx.AsyncClient(base_url=stack.where.api_url, timeout=60) as http:
            until = now() + AWAY_S
            turn = 0
            while now() < until:
                turn += 1
                profile = {"agentId": f"{agent}-{turn}", "name": "Late"}
                await asyncio.gather(
                    _ask(http, seen, "GET status", "GET", f"/api/avatars/{agent}/status"),
                    _ask(http, seen, "POST generate", "POST", "/api/avatars/generate", profile),
                    _ask(http, seen, "GET ready", "GET", "/health/ready"),
                )
                await asyncio.sleep(1)
        back = now()
        seen.run = (await clients.ended(agent, run_id)).status
        seen.after_s = now() - back
        # A client that had been refused asks again and is served.
        late = f"{agent}-1"
        await clients.ended(late, await clients.generate(late))
    finally:
        await clients.close()
    return seen


async def _ask(
    http: httpx.AsyncClient, seen: Outage, name: str, method: str, path: str, body: dict[str, str] | None = None
) -> None:
    began = now()
    try:
        answer = str((await http.request(method, path, json=body)).status_code)
    except httpx.TransportError as error:
        answer = type(error).__name__
    seen.answers[f"{name}: {answer}"] += 1
    seen.slowest_s = max(seen.slowest_s, now() - began)
