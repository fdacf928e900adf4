"""OptimizeAvatar: one source model in, three levels of detail and a picture out."""

from __future__ import annotations

import asyncio

from temporalio import workflow

from avatar.frozen import Frozen
from avatar.manifest import PublishedLod
from avatar.run import RunKey
from avatar.storage.blob import BlobRef
from workflows import steps
from workflows.execute import run_step

LEVELS = (0, 1, 2)


class OptimizeRequest(Frozen):
    run: RunKey
    source: BlobRef


class Optimized(Frozen):
    lods: tuple[PublishedLod, ...]
    picture: steps.Picture


@workflow.defn
class OptimizeAvatar:
    """All levels and the picture at once; the mesh queue decides how many really run side by side."""

    @workflow.run
    async def run(self, request: OptimizeRequest) -> Optimized:
        # The picture first: it is the longest and needs nothing from the levels.
        picture = asyncio.create_task(
            run_step(
                steps.RENDER_PICTURE,
                steps.PictureInput(run=request.run, source=request.source),
                summary="picture for the manifest",
            )
        )
        levels = [
            asyncio.create_task(
                run_step(
                    steps.BUILD_LOD,
                    steps.LodInput(run=request.run, source=request.source, level=level),
                    summary=f"LOD{level}",
                )
            )
            for level in LEVELS
        ]
        try:
            lods = await asyncio.gather(*levels)
            rendered = await picture
        except BaseException:
            for task in (picture, *levels):
                task.cancel()
            raise
        workflow.set_current_details("\n".join(f"- LOD{lod.facts.level}: {_told(lod)}" for lod in lods))
        return Optimized(lods=tuple(lods), picture=rendered)


def _told(lod: PublishedLod) -> str:
    return f"{lod.facts.triangles:,} triangles, {lod.blob.size / 1024:,.0f} KiB"
