"""GenerateAvatar: from a profile to a published version."""

from __future__ import annotations

import asyncio

from temporalio import workflow
from temporalio.common import SearchAttributePair, TypedSearchAttributes
from temporalio.exceptions import ActivityError, ApplicationError, ChildWorkflowError, is_cancelled_exception

from avatar.errors import AvatarError, Cancelled, error_kinds
from avatar.frozen import Frozen
from avatar.profile import AgentProfile
from avatar.run import RunError, RunKey
from avatar.stage import Stage
from workflows import steps
from workflows.execute import run_step
from workflows.optimize import OptimizeAvatar, Optimized, OptimizeRequest
from workflows.policies import AGENT_ID, AVATAR_STYLE, AVATAR_VERSION, PROVIDER_NAME, STAGE, TENANT

WAITS_FOR = {
    Stage.DESCRIBE: "the describer (provider queue)",
    Stage.MODEL: "a mesh process that builds the human (mesh queue)",
    Stage.INSPECT: "a mesh process that inspects the model (mesh queue)",
    Stage.OPTIMIZE: "the child workflow that makes three levels and the picture (mesh queue)",
    Stage.PUBLISH: "the catalog (control queue)",
    Stage.ANNOUNCE: "the event log (control queue)",
}


class GenerateRequest(Frozen):
    run: RunKey
    profile: AgentProfile
    links: str = ""  # base address of the API, for the links in the Temporal UI


class Generated(Frozen):
    version: int


@workflow.defn
class GenerateAvatar:
    """describe, model, inspect, optimize, publish, announce. Only publish moves what users see."""

    @workflow.init
    def __init__(self, request: GenerateRequest) -> None:
        self._request = request
        self._stage = Stage.QUEUED
        self._notes: list[str] = []

    @workflow.run
    async def run(self, request: GenerateRequest) -> Generated:
        try:
            version = await self._generate()
        except (ActivityError, ChildWorkflowError, asyncio.CancelledError, ApplicationError) as failure:
            await self._fail(failure)
            raise
        return Generated(version=version)

    @workflow.query
    def stage(self) -> str:
        """What the run is doing now."""
        return self._stage.value

    async def _generate(self) -> int:
        run, profile = self._request.run, self._request.profile
        self._enter(Stage.DESCRIBE)
        described = await run_step(
            steps.DESCRIBE, steps.DescribeInput(run=run, profile=profile), summary=f"who is {profile.name}?"
        )
        self._note(f"**Character** ({described.describer}): {described.character.summary}")
        if described.approximated:
            self._note(f"**Nearest that can be made**: {'; '.join(described.approximated)}")

        self._enter(Stage.MODEL)
        source = await run_step(
            steps.BUILD_PARAMETRIC,
            steps.BuildInput(run=run, character=described.character),
            summary=f"parametric human, {profile.style.value}",
        )
        workflow.upsert_search_attributes([PROVIDER_NAME.value_set(source.provider)])
        self._note(f"**Model**: {source.provider}, {source.blob.size / 1e6:.1f} MB")

        self._enter(Stage.INSPECT)
        inspected = await run_step(
            steps.INSPECT_MODEL, steps.InspectInput(run=run, source=source.blob), summary="is the model sound?"
        )
        self._note(
            f"**Inspected**: {inspected.triangles:,} triangles, {len(inspected.model.joints)} joints, "
            f"{len(inspected.model.morphs)} morphs"
        )

        self._enter(Stage.OPTIMIZE)
        optimized: Optimized = await workflow.execute_child_workflow(
            OptimizeAvatar.run,
            OptimizeRequest(run=run, source=source.blob),
            id=f"optimize/{run.tenant}/{run.agent_id}/{run.run_id}",
            static_summary=f"LODs and picture of {profile.name}",
            # So that a search by agent or tenant finds the child as well.
            search_attributes=TypedSearchAttributes(
                [
                    SearchAttributePair(TENANT, run.tenant),
                    SearchAttributePair(AGENT_ID, run.agent_id),
                    SearchAttributePair(AVATAR_STYLE, profile.style.value),
                ]
            ),
        )
        for lod in optimized.lods:
            self._note(f"**LOD{lod.facts.level}**: {lod.facts.triangles:,} triangles, {lod.blob.size / 1024:,.0f} KiB")
        if optimized.picture.missing:
            self._note(f"**No picture**: {optimized.picture.missing}")

        self._enter(Stage.PUBLISH)
        published = await run_step(
            steps.PUBLISH,
            steps.PublishInput(
                run=run,
                profile=profile,
                described=described,
                source=source,
                model=inspected.model,
                lods=optimized.lods,
                picture=optimized.picture,
            ),
            summary="write the version whole, then move current",
        )
        workflow.upsert_search_attributes([AVATAR_VERSION.value_set(published.version)])
        if self._request.links:
            base = f"{self._request.links}/avatars/{run.agent_id}/versions/{published.version}"
            self._note(
                f"**Published as version {published.version}**: [picture]({base}/picture.png), "
                + ", ".join(f"[LOD{lod.facts.level}]({base}/lod{lod.facts.level}.glb)" for lod in optimized.lods)
            )

        self._enter(Stage.ANNOUNCE)
        await run_step(
            steps.ANNOUNCE, steps.AnnounceInput(run=run, version=published.version), summary="tell those who follow"
        )
        self._enter(Stage.DONE)
        return published.version

    def _enter(self, stage: Stage) -> None:
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
        if self._stage in WAITS_FOR:
            head.append(f"Waits for {WAITS_FOR[self._stage]}.")
        workflow.set_current_details("\n\n".join([*head, *self._notes]))

    async def _fail(self, failure: BaseException) -> None:
        """Write down why, so that the API and the CLI can say it; ``current`` is where it was."""
        error = run_error(failure, self._stage)
        stage, self._stage = self._stage, Stage.DONE
        self._note(f"**Failed in {stage.value}** (`{error.code}`): {error.detail}")
        workflow.upsert_search_attributes([STAGE.value_set("failed")])
        record = run_step(
            steps.RECORD_FAILURE,
            steps.FailureInput(run=self._request.run, error=error, cancelled=is_cancelled_exception(failure)),
            summary="write down why",
        )
        # Shielded: a cancelled run must still leave a true record behind.
        await asyncio.shield(asyncio.create_task(record))


def run_error(failure: BaseException, stage: Stage) -> RunError:
    """What went wrong, from the innermost cause that says it."""
    if is_cancelled_exception(failure):
        return RunError(
            code=Cancelled.code, title=Cancelled.title, detail="the run was cancelled", stage=stage, retryable=True
        )
    cause: BaseException = failure
    while isinstance(cause, ActivityError | ChildWorkflowError) and cause.__cause__:
        cause = cause.__cause__
    code = cause.type if isinstance(cause, ApplicationError) and cause.type else AvatarError.code
    kind = error_kinds().get(code, AvatarError)
    return RunError(
        code=kind.code,
        title=kind.title,
        detail=getattr(cause, "message", None) or str(cause) or type(cause).__name__,
        stage=stage,
        retryable=kind.retryable,
    )
