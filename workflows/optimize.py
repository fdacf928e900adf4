"""OptimizeAvatar: one source model in, three levels of detail and a picture out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from temporalio import workflow

from avatar.frozen import Frozen
from avatar.manifest import PublishedLod
from avatar.request import Urgency
from avatar.run import RunKey
from avatar.storage.blob import BlobRef
from workflows import steps
from workflows.execute import run_step

LEVELS = (0, 1, 2)


class Optimized(Frozen):
    """Levels in order; complete once all are there and the picture is, or says why it is missing."""

    lods: tuple[PublishedLod, ...] = ()
    picture: steps.Picture | None = None


class OptimizeRequest(Frozen):
    """``known`` need not be made again; ``kin`` are levels of a model with the same shape in other colours."""

    run: RunKey
    source: BlobRef
    known: Optimized = Optimized()
    kin: tuple[PublishedLod, ...] = ()
    urgency: Urgency = Urgency.NORMAL


@workflow.defn
class OptimizeAvatar:
    """All levels and the picture at once; the mesh queue decides how many really run side by side."""

    @workflow.run
    async def run(self, request: OptimizeRequest) -> Optimized:
        # The picture first: it is the longest and needs nothing from the levels.
        picture = asyncio.ensure_future(self._picture(request))
        levels = [asyncio.ensure_future(self._level(request, level)) for level in LEVELS]
        try:
            lods = await asyncio.gather(*levels)
            rendered = await picture
        except BaseException:
            for task in (picture, *levels):
                task.cancel()
            raise
        workflow.set_current_details("\n".join(f"- LOD{lod.facts.level}: {_told(lod)}" for lod in lods))
        return Optimized(lods=tuple(lods), picture=rendered)

    async def _picture(self, request: OptimizeRequest) -> steps.Picture:
        return request.known.picture or await run_step(
            steps.RENDER_PICTURE,
            steps.PictureInput(run=request.run, source=request.source),
            summary="picture for the manifest",
            urgency=request.urgency,
        )

    def _level(self, request: OptimizeRequest, level: int) -> Awaitable[PublishedLod]:
        known = of_level(request.known.lods, level)
        kin = of_level(request.kin, level)
        if known is not None:
            return _given(known)
        if kin is not None:
            return run_step(
                steps.REPAINT_LOD,
                steps.RepaintLodInput(run=request.run, source=request.source, level=level, kin=kin),
                summary=f"LOD{level}: geometry kept, colours new",
                urgency=request.urgency,
            )
        return run_step(
            steps.BUILD_LOD,
            steps.LodInput(run=request.run, source=request.source, level=level),
            summary=f"LOD{level}",
            urgency=request.urgency,
        )


def of_level(lods: tuple[PublishedLod, ...], level: int) -> PublishedLod | None:
    """The level among ``lods``, if it is there."""
    return next((lod for lod in lods if lod.facts.level == level), None)


async def _given(lod: PublishedLod) -> PublishedLod:
    return lod


def _told(lod: PublishedLod) -> str:
    return f"{lod.facts.triangles:,} triangles, {lod.blob.size / 1024:,.0f} KiB"
