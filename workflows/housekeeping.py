"""KeepHouse: what has outlived its use is dropped, then the blobs are swept that nothing names any more."""

from __future__ import annotations

from temporalio import workflow

from avatar.frozen import Frozen
from avatar.request import Urgency
from avatar.retention import HouseKept, KeepRules
from workflows import steps
from workflows.execute import run_step

# A sixteenth of the blobs at a time: a hash's first digit is as good as dice.
PREFIXES = tuple("0123456789abcdef")
CHORES: tuple[steps.Old | str, ...] = (*steps.Old, *PREFIXES)
BEFORE_VARIANTS = tuple(chore for chore in CHORES if chore is not steps.Old.VARIANTS)
PAGES_PER_RUN = 100  # then the workflow continues as new, so that its history stays short


class KeepHouseRequest(Frozen):
    """``chore``, ``after`` and ``kept`` say how far it has come, when it continues as new."""

    rules: KeepRules
    dry_run: bool = False
    chore: int = 0
    after: str | None = None
    kept: HouseKept = HouseKept()


@workflow.defn
class KeepHouse:
    """First the references, oldest kinds of use first, then the bytes. All of it can be done again."""

    def __init__(self) -> None:
        self._chores = CHORES

    @workflow.run
    async def run(self, request: KeepHouseRequest) -> HouseKept:
        at = request.model_copy(update={"kept": request.kept.model_copy(update={"dry_run": request.dry_run})})
        pages = 0
        self._chores = CHORES if workflow.patched("variants") else BEFORE_VARIANTS
        while at.chore < len(self._chores):
            if pages >= PAGES_PER_RUN or workflow.info().is_continue_as_new_suggested():
                workflow.continue_as_new(at)
            at = await self._next_page(at)
            pages += 1
            workflow.set_current_details(told(at, len(self._chores)))
        return at.kept

    async def _next_page(self, at: KeepHouseRequest) -> KeepHouseRequest:
        """Do one page of the chore that is next."""
        chore, kept = self._chores[at.chore], at.kept
        if isinstance(chore, steps.Old):
            if chore is steps.Old.VERSIONS and at.rules.versions is None:
                return at.model_copy(update={"chore": at.chore + 1})
            dropped = await run_step(
                steps.DROP_OLD,
                steps.DropInput(rules=at.rules, dry_run=at.dry_run, what=chore, after=at.after),
                summary=f"{chore.value} that have outlived their use",
                urgency=Urgency.LOW,
            )
            kept = kept.model_copy(update={chore.value: getattr(kept, chore.value) + dropped.count})
            return at.model_copy(
                update={"kept": kept, "after": dropped.after, "chore": at.chore + (dropped.after is None)}
            )
        swept = await run_step(
            steps.SWEEP_BLOBS,
            steps.SweepInput(rules=at.rules, dry_run=at.dry_run, prefix=chore),
            summary=f"blobs {chore}… that nothing names",
            urgency=Urgency.LOW,
        )
        counts = {
            "blobs_seen": kept.blobs_seen + swept.seen,
            "blobs": kept.blobs + swept.blobs,
            "bytes": kept.bytes + swept.bytes,
        }
        return at.model_copy(update={"kept": kept.model_copy(update=counts), "chore": at.chore + 1})


def told(at: KeepHouseRequest, chores: int) -> str:
    """How far it has come, for the Temporal UI."""
    kept = at.kept
    would = "would be deleted" if at.dry_run else "deleted"
    rows = [f"| {old.value} | {getattr(kept, old.value):,} |" for old in steps.Old]
    rows.append(f"| blobs, of {kept.blobs_seen:,} seen | {kept.blobs:,} ({kept.bytes / 1e6:,.1f} MB) |")
    return "\n".join([f"**{at.chore} of {chores}** chores done", "", f"| | {would} |", "|---|---|", *rows])
