"""A worker killed in each stage in turn: the run goes on from the last finished stage."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from avatar.manifest import GenerationStatus, StepTiming
from avatar.run import RunStatus
from avatar.stage import Stage
from chaos.clients import Clients
from chaos.victims import Stack, Victim

WORKS_IN: dict[Stage, Victim] = {
    Stage.DESCRIBE: Victim.PROVIDER,
    Stage.MODEL: Victim.MESH,
    Stage.INSPECT: Victim.MESH,
    Stage.OPTIMIZE: Victim.MESH,
    Stage.PUBLISH: Victim.CONTROL,
    Stage.ANNOUNCE: Victim.CONTROL,
}
LOOK_S = 0.005


@dataclass(frozen=True, slots=True)
class Death:
    """A worker killed while a run was in ``stage``."""

    stage: Stage
    victim: Victim
    finished_before: tuple[str, ...]  # steps that were done when the worker died
    done_again: tuple[str, ...]  # of those, the ones that ran once more: must be empty
    attempts: int  # most attempts that any step of the stage took
    seconds: float
    status: RunStatus


async def deaths(stack: Stack) -> list[Death]:
    """One run for each stage."""
    assert stack.where is not None
    clients = Clients(stack.where.api_url)
    try:
        return [await _death(stack, clients, stage) for stage in WORKS_IN]
    finally:
        await clients.close()


async def _death(stack: Stack, clients: Clients, stage: Stage) -> Death:
    agent = f"stage-{stage.value}"
    run_id = await clients.generate(agent, description="a woman with a bob")
    while True:
        status = await clients.status(agent)
        if status.stage.position >= stage.position or status.status is not RunStatus.RUNNING:
            break
        await asyncio.sleep(LOOK_S)
    await stack.kill(WORKS_IN[stage])
    before = {step.step: step for step in status.steps if step.seconds is not None}
    ended = await clients.ended(agent, run_id)
    again = tuple(name for name, step in before.items() if _of(ended, name) != step)
    of_stage = [step.attempts for step in ended.steps if step.stage is stage]
    death = Death(
        stage, WORKS_IN[stage], tuple(before), again, max(of_stage, default=0), ended.elapsed_seconds, ended.status
    )
    print(f"  {stage.value}: {death.status.value}, {death.attempts} attempts, {death.seconds:.1f} s", flush=True)
    return death


def _of(status: GenerationStatus, name: str) -> StepTiming | None:
    return next((step for step in status.steps if step.step == name), None)
