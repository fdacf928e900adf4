"""Thirty generations while parts are killed at random."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

from chaos.clients import Clients
from chaos.verify import faults
from chaos.victims import Stack, Victim, now

AGENTS = 30
CUSTOMIZED = 10
PAUSE_S = (3.0, 8.0)  # between two kills
PEOPLE = ("a tall woman with long red hair", "an old man with a beard", "a boy with short black hair and glasses")
ORDER = (*Victim, *Victim)  # each at least twice, in an order that the seed decides


@dataclass(slots=True)
class Storm:
    """What was done and what was seen."""

    seed: int
    kills: list[tuple[float, Victim]] = field(default_factory=list)
    seconds: float = 0.0
    answers: Counter[str] = field(default_factory=Counter)
    steps_again: int = 0
    wrong: list[str] = field(default_factory=list)


async def storm(stack: Stack, seed: int) -> Storm:
    """Ask for thirty avatars and change ten of them, kill meanwhile, wait for all, check everything."""
    chance = random.Random(seed)
    assert stack.where is not None
    clients = Clients(stack.where.api_url)
    seen = Storm(seed)
    began = now()
    killing = asyncio.create_task(_kill(stack, chance, seen, began))
    agents = [f"storm-{number:02}" for number in range(AGENTS)]
    try:
        await asyncio.gather(*(_life(clients, agent, number, seen) for number, agent in enumerate(agents)))
        seen.seconds = now() - began
        await killing
        # The last kill may have hit the API or MongoDB a moment ago.
        for agent in agents:
            manifest = await clients.manifest(agent)
            seen.wrong += await clients.check_files(manifest) if manifest else [f"{agent} is not served"]
        expected = {agent: 2 if number < CUSTOMIZED else 1 for number, agent in enumerate(agents)}
        seen.wrong += await faults(stack, expected)
    finally:
        killing.cancel()
        await clients.close()
    seen.answers = clients.answers
    return seen


async def _kill(stack: Stack, chance: random.Random, seen: Storm, began: float) -> None:
    order = list(ORDER)
    chance.shuffle(order)
    for victim in order:
        await asyncio.sleep(chance.uniform(*PAUSE_S))
        if await stack.kill(victim):
            seen.kills.append((now() - began, victim))
            print(f"  {now() - began:6.1f} s  killed {victim}", flush=True)


async def _life(clients: Clients, agent: str, number: int, seen: Storm) -> None:
    """One agent: generated, some customized; what is served must never go back or vanish meanwhile."""
    watching = asyncio.create_task(_watch(clients, agent, seen))
    try:
        run_id = await clients.generate(agent, description=PEOPLE[number % len(PEOPLE)])
        status = await clients.ended(agent, run_id)
        if number < CUSTOMIZED:
            seen.steps_again += sum(step.attempts > 1 for step in status.steps)
            run_id = await clients.customize(agent, {"hair": {"colour": "#aa3311"}})
            status = await clients.ended(agent, run_id)
        seen.steps_again += sum(step.attempts > 1 for step in status.steps)
    finally:
        watching.cancel()


async def _watch(clients: Clients, agent: str, seen: Storm) -> None:
    served = 0
    while True:
        manifest = await clients.manifest(agent)
        number = manifest.version if manifest else 0
        if number < served:
            seen.wrong.append(f"{agent}: version {number} is served after {served}")
        served = max(served, number)
        await asyncio.sleep(1.0)
