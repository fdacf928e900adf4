"""recall: what have earlier runs of the agent made of the same inputs?"""

from __future__ import annotations

from typing import TypeVar

import structlog
from pydantic import BaseModel, ValidationError

from activities import reuse
from activities.implement import implements
from avatar.catalog import results, runs
from avatar.character import CharacterDescription
from avatar.customize import apply_customization
from avatar.human.likeness import shape_key
from avatar.manifest import PublishedLod
from avatar.run import RunKey
from avatar.stage import Stage
from avatar.storage.blob import BlobRef
from avatar.storage.port import BlobStore
from workflows import steps
from workflows.optimize import LEVELS

M = TypeVar("M", bound=BaseModel)

log = structlog.get_logger()


class Recalling:
    """The recall step. Only what is still in the blob store counts as known."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    @implements(steps.RECALL)
    async def recall(self, given: steps.RecallInput) -> steps.Recalled:
        run, order = given.run, given.order
        anew = order.anew_from.position if order.anew_from else Stage.DONE.position
        request = order.request
        described = given.described
        if described is None:
            if anew <= Stage.DESCRIBE.position:
                return steps.Recalled()
            key = reuse.description_key(request.profile, request.notes)
            described = await self._known(run, steps.DESCRIBE.name, key, steps.Described)
            if described is None:
                return steps.Recalled()
        character = apply_customization(described.character, request.customization)
        found = steps.Recalled(described=None if given.described else described)
        if anew > Stage.MODEL.position:
            found = await self._model(run, character, found, anew)
        await runs.steps_reused(run, journal_of(found))
        return found

    async def _model(
        self, run: RunKey, character: CharacterDescription, found: steps.Recalled, anew: int
    ) -> steps.Recalled:
        """Add the model of exactly this character, or one of its shape, and what was made of it."""
        source = await self._known(run, reuse.MODEL, reuse.model_key(character), steps.SourceModel)
        if source is None:
            kin = await self._checked(
                await results.recall_kin(run, reuse.MODEL, shape_key(character)), steps.SourceModel
            )
            if kin is None:
                return found
            lods = await self._lods(run, kin.blob) if anew > Stage.OPTIMIZE.position else ()
            return found.model_copy(update={"kin": steps.Kin(source=kin, lods=lods)})
        inspected, lods, picture = None, (), None
        if anew > Stage.INSPECT.position:
            key = reuse.inspection_key(source.blob)
            inspected = await self._known(run, steps.INSPECT_MODEL.name, key, steps.Inspected)
        if anew > Stage.OPTIMIZE.position:
            lods = await self._lods(run, source.blob)
            key = reuse.picture_key(source.blob)
            picture = await self._known(run, steps.RENDER_PICTURE.name, key, steps.Picture)
        update = {"source": source, "inspected": inspected, "lods": lods, "picture": picture}
        return found.model_copy(update=update)

    async def _lods(self, run: RunKey, source: BlobRef) -> tuple[PublishedLod, ...]:
        lods = [await self._known(run, reuse.LOD, reuse.lod_key(source, level), PublishedLod) for level in LEVELS]
        return tuple(lod for lod in lods if lod)

    async def _known(self, run: RunKey, step: str, key: str, kind: type[M]) -> M | None:
        return await self._checked(await results.recall(run, step, key), kind)

    async def _checked(self, output: object, kind: type[M]) -> M | None:
        """The output, unless an older program wrote it in another shape or its bytes are gone."""
        if output is None:
            return None
        try:
            made = kind.model_validate(output)
        except ValidationError:
            log.info("a result of an older program is not reused", kind=kind.__name__)
            return None
        blob = getattr(made, "blob", None)
        if isinstance(blob, BlobRef) and not await self._blobs.exists(blob):
            log.warning("a result whose blob is gone is not reused", sha256=blob.sha256)
            return None
        return made


def journal_of(found: steps.Recalled) -> list[tuple[str, Stage]]:
    """The steps that need not run, as the journal names them."""
    named = (
        (steps.DESCRIBE, found.described),
        (steps.BUILD_PARAMETRIC, found.source),
        (steps.INSPECT_MODEL, found.inspected),
        (steps.RENDER_PICTURE, found.picture),
    )
    levels = [(f"{steps.BUILD_LOD.name}/{lod.facts.level}", Stage.OPTIMIZE) for lod in found.lods]
    return [(step.name, step.stage) for step, part in named if part is not None] + levels
