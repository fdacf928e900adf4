"""The next version of GenerateAvatar, as tests imagine it: somebody is asked twice who the avatar is."""

from __future__ import annotations

from temporalio import workflow

from workflows import steps
from workflows.execute import run_step
from workflows.generate import GenerateAvatar, Generated, GenerateRequest

CHANGE = "ask-twice"


@workflow.defn(name="GenerateAvatar")
class Guarded(GenerateAvatar):
    """As a change has to be: runs that began before it go the old way."""

    @workflow.init
    def __init__(self, request: GenerateRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GenerateRequest) -> Generated:
        if workflow.patched(CHANGE):
            await ask_once_more(request)
        return await super().run(request)


@workflow.defn(name="GenerateAvatar")
class Unguarded(GenerateAvatar):
    """The same change without a guard: the mistake that replaying histories has to catch."""

    @workflow.init
    def __init__(self, request: GenerateRequest) -> None:
        super().__init__(request)

    @workflow.run
    async def run(self, request: GenerateRequest) -> Generated:
        await ask_once_more(request)
        return await super().run(request)


async def ask_once_more(request: GenerateRequest) -> None:
    profile = request.order.request.profile
    await run_step(steps.DESCRIBE, steps.DescribeInput(run=request.run, profile=profile), summary="asked twice")
