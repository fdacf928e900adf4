"""GrantWish: one variant of a model or one picture of it, made while somebody waits for it."""

from __future__ import annotations

from temporalio import workflow
from temporalio.exceptions import ActivityError, is_cancelled_exception

from avatar.frozen import Frozen
from avatar.request import Urgency
from avatar.stage import Stage
from avatar.variant import Variant
from avatar.wish import MadeFile, VariantFacts, Wish, WishFailure
from workflows import steps
from workflows.execute import run_step
from workflows.failures import run_error


class WishRequest(Frozen):
    """``query`` is the canonical spelling, ``links`` the base address of the API: both for people."""

    of: steps.WishKey
    wish: Wish
    query: str
    urgency: Urgency = Urgency.HIGH
    links: str = ""


@workflow.defn
class GrantWish:
    """Make it, then write it down. Its id is the wish's key, so all who ask for the same wait for the same."""

    @workflow.run
    async def run(self, request: WishRequest) -> MadeFile:
        of = request.of
        about = f"`{request.query}` of {of.agent_id}, version {of.version}"
        workflow.set_current_details(f"Waits for a mesh process that makes {about} (mesh queue).")
        try:
            built = await self._make(request)
        except ActivityError as failure:
            if not is_cancelled_exception(failure):
                await self._fail(request, failure)
            raise
        await run_step(
            steps.RECORD_WISH,
            steps.RecordWishInput(of=of, built=built),
            summary="where to find it",
            urgency=request.urgency,
        )
        size = f"{told(built)}, {built.blob.size / 1024:,.0f} KiB"
        where = f"[{size}]({request.links}/avatars/{of.agent_id}.{of.kind.ending}?{request.query}&v={of.version})"
        workflow.set_current_details(f"**Made** {about}: {where if request.links else size}")
        return built

    async def _make(self, request: WishRequest) -> MadeFile:
        summary = request.query[:200]
        if isinstance(request.wish, Variant):
            variant = steps.VariantInput(of=request.of, variant=request.wish)
            return await run_step(steps.BUILD_VARIANT, variant, summary=summary, urgency=request.urgency)
        shot = steps.ShotInput(of=request.of, shot=request.wish)
        return await run_step(steps.RENDER_SHOT, shot, summary=summary, urgency=request.urgency)

    async def _fail(self, request: WishRequest, failure: ActivityError) -> None:
        """Write down why, so that whoever asks next is told at once."""
        error = run_error(failure, Stage.DONE)
        workflow.set_current_details(f"**Failed** (`{error.code}`): {error.detail}")
        await run_step(
            steps.RECORD_WISH,
            steps.RecordWishInput(
                of=request.of,
                failure=WishFailure(code=error.code, title=error.title, detail=error.detail, retryable=error.retryable),
            ),
            summary="write down why",
            urgency=request.urgency,
        )


def told(built: MadeFile) -> str:
    """What there is to say of it, for people."""
    facts = built.facts
    return f"{facts.triangles:,} triangles" if isinstance(facts, VariantFacts) else f"{facts.width} x {facts.height}"
