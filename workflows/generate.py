"""GenerateAvatar: from an order to a published version."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, is_cancelled_exception

from avatar.customize import apply_customization
from avatar.frozen import Frozen
from avatar.request import Order
from avatar.run import RunKey
from avatar.stage import Stage
from workflows import steps
from workflows.control import REFUSED, Asked, AskedRetry, refusal_to_pause, refusal_to_resume, refusal_to_retry
from workflows.execute import run_step
from workflows.failures import run_error
from workflows.made import RECALLED, Made, there
from workflows.optimize import LEVELS, OptimizeAvatar, Optimized, OptimizeRequest
from workflows.policies import AGENT_ID, AVATAR_STYLE, AVATAR_VERSION, PROVIDER_NAME, STAGE, TENANT

WAITS_FOR = {
    Stage.DESCRIBE: "the describer (provider queue)",
    Stage.MODEL: "a mesh process that builds the human (mesh queue)",
    Stage.INSPECT: "a mesh process that inspects the model (mesh queue)",
    Stage.OPTIMIZE: "the child workflow that makes three levels and the picture (mesh queue)",
    Stage.PUBLISH: "the catalog (control queue)",
    Stage.ANNOUNCE: "the event log (control queue)",
}
NOBODY_NAMED = Asked()
FAILURES = (ActivityError, ChildWorkflowError, asyncio.CancelledError, ApplicationError)


class GenerateRequest(Frozen):
    run: RunKey
    order: Order
    links: str = ""  # base address of the API, for the links in the Temporal UI


class Generated(Frozen):
    version: int


@workflow.defn
class GenerateAvatar:
    """recall, describe, model, inspect, optimize, publish, announce. Only publish moves what users see.

    Updates: ``pause`` (before the next stage), ``resume``, ``retry`` (back to a stage). To stop a run, cancel it.
    """

    @workflow.init
    def __init__(self, request: GenerateRequest) -> None:
        self._request = request
        self._stage = Stage.QUEUED
        self._made = Made()
        self._notes: list[str] = []
        self._paused: Asked | None = None
        self._back_to: AskedRetry | None = None
        self._went_back = False
        self._turn = 0
        self._in_turn = asyncio.Lock()
        self._work: asyncio.Task[int] | None = None

    @workflow.run
    async def run(self, request: GenerateRequest) -> Generated:
        while True:
            self._work = asyncio.create_task(self._generate())
            try:
                version = await self._work
            except FAILURES as failure:
                if self._back_to and is_cancelled_exception(failure) and workflow.cancellation_reason() is None:
                    await self._go_back(self._back_to)
                    continue
                await self._fail(failure)
                raise
            await workflow.wait_condition(workflow.all_handlers_finished)
            return Generated(version=version)

    @workflow.query
    def stage(self) -> str:
        """What the run is doing now."""
        return self._stage.value

    @workflow.update(
        description='Wait before the next stage. Input: {"by": "who", "reason": "why"}, or none.',
        unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON,
    )
    async def pause(self, asked: Asked = NOBODY_NAMED) -> str:
        self._paused = asked
        self._tell()
        await self._record_pause(asked, paused=True)
        return f"paused; it stops after {self._stage.value}"

    @pause.validator
    def _may_pause(self, asked: Asked = NOBODY_NAMED) -> None:
        refuse(refusal_to_pause(self._stage, paused=self._paused is not None))

    @workflow.update(
        description='Go on after a pause. Input: {"by": "who"}, or none.',
        unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON,
    )
    async def resume(self, asked: Asked = NOBODY_NAMED) -> str:
        self._paused = None
        self._tell()
        await self._record_pause(asked, paused=False)
        return f"going on with {self._stage.value}"

    @resume.validator
    def _may_resume(self, asked: Asked = NOBODY_NAMED) -> None:
        refuse(refusal_to_resume(paused=self._paused is not None))

    @workflow.update(
        description='Do a stage and all after it again. Input: {"fromStage": "model", "by": "who"}.',
        unfinished_policy=workflow.HandlerUnfinishedPolicy.ABANDON,
    )
    async def retry(self, asked: AskedRetry) -> str:
        self._back_to = asked
        if self._work is not None:
            self._work.cancel()
        # Recorded by the run itself, once the work under way has let go.
        await workflow.wait_condition(lambda: self._back_to is None)
        return f"again from {asked.from_stage.value}"

    @retry.validator
    def _may_retry(self, asked: AskedRetry) -> None:
        refuse(refusal_to_retry(self._stage, asked.from_stage))
        refuse("the run is going back to an earlier stage already" if self._back_to else None)

    async def _generate(self) -> int:
        await self._recall()
        await self._describe()
        await self._model()
        await self._inspect()
        await self._optimize()
        await self._enter(Stage.PUBLISH)
        # The point of no return: a cancellation that comes from here on is too late.
        finishing = asyncio.create_task(self._finish())
        try:
            return await asyncio.shield(finishing)
        except asyncio.CancelledError:
            return await finishing

    async def _recall(self) -> None:
        """Take what earlier runs have made of the same inputs. Asked again once there is a new description."""
        run, order, made = self._request.run, self._request.order, self._made
        if order.first or self._went_back:
            return
        found = await run_step(
            steps.RECALL,
            steps.RecallInput(run=run, order=order, described=made.described),
            summary="what can be reused?",
            urgency=order.urgency,
        )
        described = made.described or found.described
        if described is None:
            return
        taken = tuple((step.stage, step.name) for step, part in RECALLED if getattr(found, part))
        taken += tuple((Stage.OPTIMIZE, f"{steps.BUILD_LOD.name}/{lod.facts.level}") for lod in found.lods)
        self._made = replace(
            made,
            described=described,
            character=apply_customization(described.character, order.request.customization),
            source=found.source,
            kin=found.kin,
            inspected=found.inspected,
            optimized=Optimized(lods=found.lods, picture=found.picture),
            reused=(*made.reused, *taken),
        )
        if taken:
            self._note(f"**Reused** from earlier runs: {', '.join(name for _, name in taken)}")

    async def _describe(self) -> None:
        run, order = self._request.run, self._request.order
        await self._enter(Stage.DESCRIBE)
        if self._made.described is None:
            described = await run_step(
                steps.DESCRIBE,
                steps.DescribeInput(run=run, profile=order.request.profile, notes=order.request.notes),
                summary=f"who is {order.request.profile.name}?",
                urgency=order.urgency,
            )
            character = apply_customization(described.character, order.request.customization)
            self._made = replace(self._made, described=described, character=character)
            await self._recall()
        described, character = there(self._made.described), there(self._made.character)
        self._note(f"**Character** ({described.describer}): {character.summary}")
        if order.request.customization:
            self._note(f"**Customized**: `{json.dumps(order.request.customization, sort_keys=True)[:500]}`")
        if described.approximated:
            self._note(f"**Nearest that can be made**: {'; '.join(described.approximated)}")

    async def _model(self) -> None:
        run, order, made = self._request.run, self._request.order, self._made
        character = there(made.character)
        await self._enter(Stage.MODEL)
        if made.source is not None:
            source = made.source
        elif made.kin is not None:
            source = await run_step(
                steps.REPAINT_PARAMETRIC,
                steps.RepaintInput(run=run, character=character, kin=made.kin.source.blob),
                summary="same shape, other colours: the body stays",
                urgency=order.urgency,
            )
            self._take(Stage.MODEL, "geometry")
            self._note("**Reused**: the geometry of body, hair and clothes; only what paints them is new")
        else:
            source = await run_step(
                steps.BUILD_PARAMETRIC,
                steps.BuildInput(run=run, character=character),
                summary=f"parametric human, {character.style.value}",
                urgency=order.urgency,
            )
        workflow.upsert_search_attributes([PROVIDER_NAME.value_set(source.provider)])
        self._note(f"**Model**: {source.provider}, {source.blob.size / 1e6:.1f} MB")
        self._made = replace(self._made, source=source)

    async def _inspect(self) -> None:
        await self._enter(Stage.INSPECT)
        if self._made.inspected is not None:
            return
        inspected = await run_step(
            steps.INSPECT_MODEL,
            steps.InspectInput(run=self._request.run, source=there(self._made.source).blob),
            summary="is the model sound?",
            urgency=self._request.order.urgency,
        )
        self._note(
            f"**Inspected**: {inspected.triangles:,} triangles, {len(inspected.model.joints)} joints, "
            f"{len(inspected.model.morphs)} morphs"
        )
        self._made = replace(self._made, inspected=inspected)

    async def _optimize(self) -> None:
        run, order, made = self._request.run, self._request.order, self._made
        character = there(made.character)
        await self._enter(Stage.OPTIMIZE)
        known = made.optimized or Optimized()
        kin = made.kin.lods if made.kin else ()
        if known.picture is None or len(known.lods) < len(LEVELS):
            for lod in kin:
                self._take(Stage.OPTIMIZE, f"geometry/{lod.facts.level}")
            known = await workflow.execute_child_workflow(
                OptimizeAvatar.run,
                OptimizeRequest(run=run, source=there(made.source).blob, known=known, kin=kin, urgency=order.urgency),
                id=f"optimize/{run.tenant}/{run.agent_id}/{run.run_id}",
                static_summary=f"LODs and picture of {character.name}",
                # So that a search by agent or tenant finds the child as well.
                search_attributes=TypedSearchAttributes(
                    [
                        SearchAttributePair(TENANT, run.tenant),
                        SearchAttributePair(AGENT_ID, run.agent_id),
                        SearchAttributePair(AVATAR_STYLE, character.style.value),
                    ]
                ),
            )
        for lod in known.lods:
            self._note(f"**LOD{lod.facts.level}**: {lod.facts.triangles:,} triangles, {lod.blob.size / 1024:,.0f} KiB")
        if known.picture and known.picture.missing:
            self._note(f"**No picture**: {known.picture.missing}")
        self._made = replace(self._made, optimized=known)

    async def _finish(self) -> int:
        run, order, made = self._request.run, self._request.order, self._made
        optimized = there(made.optimized)
        published = await run_step(
            steps.PUBLISH,
            steps.PublishInput(
                run=run,
                order=order,
                described=there(made.described),
                character=there(made.character),
                source=there(made.source),
                model=there(made.inspected).model,
                lods=optimized.lods,
                picture=there(optimized.picture),
                reused=tuple(name for _, name in made.reused),
            ),
            summary="write the version whole, then move current",
            urgency=order.urgency,
        )
        workflow.upsert_search_attributes([AVATAR_VERSION.value_set(published.version)])
        if self._request.links:
            base = f"{self._request.links}/avatars/{run.agent_id}/versions/{published.version}"
            self._note(
                f"**Published as version {published.version}**: [picture]({base}/picture.png), "
                + ", ".join(f"[LOD{lod.facts.level}]({base}/lod{lod.facts.level}.glb)" for lod in optimized.lods)
            )
        self._mark(Stage.ANNOUNCE)
        await run_step(
            steps.ANNOUNCE,
            steps.AnnounceInput(run=run, version=published.version),
            summary="tell those who follow",
            urgency=order.urgency,
        )
        self._mark(Stage.DONE)
        return published.version

    def _take(self, stage: Stage, what: str) -> None:
        self._made = replace(self._made, reused=(*self._made.reused, (stage, what)))

    async def _enter(self, stage: Stage) -> None:
        """Begin ``stage``, unless the run is to wait before it."""
        if self._paused is not None:
            await workflow.wait_condition(lambda: self._paused is None)
        self._mark(stage)

    def _mark(self, stage: Stage) -> None:
        self._stage = stage
        workflow.upsert_search_attributes([STAGE.value_set(stage.value)])
        self._tell()

    def _note(self, line: str) -> None:
        self._notes.append(line)
        self._tell()

    def _tell(self) -> None:
        links = self._request.links
        status = f" ([status]({links}/api/avatars/{self._request.run.agent_id}/status))" if links else ""
        head = [f"### {self._stage.value}{status}"]
        if self._paused is not None:
            why = f": {self._paused.reason}" if self._paused.reason else ""
            head.append(
                f"**Paused** by {self._paused.by}{why}. It waits for the update `resume` before the next stage."
            )
        elif self._stage in WAITS_FOR:
            head.append(f"Waits for {WAITS_FOR[self._stage]}.")
        workflow.set_current_details("\n\n".join([*head, *self._notes]))

    async def _record_pause(self, asked: Asked, *, paused: bool) -> None:
        async with self._in_turn:
            self._turn += 1
            await run_step(
                steps.RECORD_PAUSE,
                steps.PauseInput(
                    run=self._request.run, turn=self._turn, paused=paused, by=asked.by, reason=asked.reason
                ),
                summary="paused" if paused else "going on",
            )

    async def _go_back(self, asked: AskedRetry) -> None:
        """Strike what ``asked.from_stage`` and later stages have made; from there on nothing is reused."""
        stage = asked.from_stage
        self._made, self._went_back = self._made.before(stage), True
        self._note(f"**Again from {stage.value}**, asked by {asked.by}" + (f": {asked.reason}" if asked.reason else ""))
        async with self._in_turn:
            self._turn += 1
            await run_step(
                steps.RECORD_RETRY,
                steps.RetryInput(run=self._request.run, turn=self._turn, stage=stage, by=asked.by),
                summary=f"again from {stage.value}",
            )
        self._back_to = None

    async def _fail(self, failure: BaseException) -> None:
        """Write down why, so that the API and the CLI can say it; ``current`` is where it was."""
        error = run_error(failure, self._stage)
        stage, self._stage = self._stage, Stage.DONE
        self._back_to = None
        self._note(f"**Failed in {stage.value}** (`{error.code}`): {error.detail}")
        workflow.upsert_search_attributes([STAGE.value_set("failed")])
        record = run_step(
            steps.RECORD_FAILURE,
            steps.FailureInput(run=self._request.run, error=error, cancelled=is_cancelled_exception(failure)),
            summary="write down why",
        )
        # Shielded: a cancelled run must still leave a true record behind.
        await asyncio.shield(asyncio.create_task(record))


def refuse(why: str | None) -> None:
    """Reject an update in the words of ``why``; None accepts it."""
    if why:
        raise ApplicationError(why, type=REFUSED, non_retryable=True)
