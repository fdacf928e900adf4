"""BuildVariant: one variant of one model, made while somebody waits for it."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from avatar.built_variant import BuiltVariant, VariantFailure
from avatar.frozen import Frozen
from avatar.request import Urgency
from avatar.stage import Stage
from avatar.variant import Variant
from workflows import steps
from workflows.execute import run_step
from workflows.failures import run_error


class VariantRequest(Frozen):
    """``query`` is the canonical spelling, ``links`` the base address of the API: both for people."""

    of: steps.VariantKey
    variant: Variant
    query: str
    urgency: Urgency = Urgency.HIGH
    links: str = ""


@workflow.defn
class BuildVariant:
    """Make it, then write it down. Its id is the variant's key, so all who ask for the same wait for the same."""

    @workflow.run
    async def run(self, request: VariantRequest) -> BuiltVariant:
        of = request.of
        about = f"`{request.query}` of {of.agent_id}, version {of.version}"
        workflow.set_current_details(f"Waits for a mesh process that makes {about} (mesh queue).")
        try:
            built = await run_step(
                steps.BUILD_VARIANT,
                steps.VariantInput(of=of, variant=request.variant),
                summary=request.query[:200],
                urgency=request.urgency,
            )
        except ActivityError as failure:
            if not is_cancelled_exception(failure):
                await self._fail(request, failure)
            raise
        await run_step(
            steps.RECORD_VARIANT,
            steps.RecordVariantInput(of=of, built=built),
            summary="where to find it",
            urgency=request.urgency,
        )
        facts = built.facts
        size = f"{facts.triangles:,} triangles, {built.blob.size / 1024:,.0f} KiB"
        where = f"[{size}]({request.links}/avatars/{of.agent_id}.glb?{request.query}&v={of.version})"
        workflow.set_current_details(f"**Made** {about}: {where if request.links else size}")
        return built

    async def _fail(self, request: VariantRequest, failure: ActivityError) -> None:
        """Write down why, so that whoever asks next is told at once."""
        error = run_error(failure, Stage.DONE)
        workflow.set_current_details(f"**Failed** (`{error.code}`): {error.detail}")
        await run_step(
            steps.RECORD_VARIANT,
            steps.RecordVariantInput(
                of=request.of,
                failure=VariantFailure(
                    code=error.code, title=error.title, detail=error.detail, retryable=error.retryable
                ),
            ),
            summary="write down why",
            urgency=request.urgency,
        )
