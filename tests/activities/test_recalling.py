"""What is reused, and what is not: the recall step on a real catalog and a real blob store."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from people import a_character, an_order

from activities import reuse
from activities.recalling import Recalling
from avatar import recipes
from avatar.catalog import results, runs
from avatar.catalog.connection import Connection
from avatar.character import CharacterDescription
from avatar.manifest import Bounds, LodFacts, ModelFacts, PublishedLod
from avatar.request import Order
from avatar.run import RunKey
from avatar.stage import Stage
from avatar.storage.local import LocalBlobs
from workflows import steps

DESCRIBED = steps.Described(character=a_character(), describer="offline")
FACTS = ModelFacts(joints=("Hips",), morphs=("jawOpen",), bounds=Bounds(min=(0, 0, 0), max=(1, 2, 1)))


class Earlier:
    """An agent with a finished run whose results are known."""

    def __init__(self, blobs: LocalBlobs) -> None:
        self.blobs = blobs
        self.run = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)

    async def work(self, character: CharacterDescription = DESCRIBED.character) -> steps.SourceModel:
        """Remember what a whole run makes of ``character``; its source."""
        run, order = self.run, an_order()
        source = steps.SourceModel(
            blob=await self.blobs.put(character.model_dump_json().encode(), "model/gltf-binary"),
            provider="parametric",
            degraded=False,
        )
        made: list[tuple[steps.StepInput, Any]] = [
            (steps.DescribeInput(run=run, profile=order.request.profile), DESCRIBED),
            (steps.BuildInput(run=run, character=character), source),
            (
                steps.InspectInput(run=run, source=source.blob),
                steps.Inspected(triangles=1, model=FACTS, warnings=()),
            ),
            (
                steps.PictureInput(run=run, source=source.blob),
                steps.Picture(blob=await self.blobs.put(b"png", "image/png")),
            ),
        ]
        for level in (0, 1, 2):
            facts = LodFacts(level=level, triangles=9, vertices=9, draw_calls=1, textures=())
            blob = await self.blobs.put(source.blob.sha256.encode() + b"%d" % level, "model/gltf-binary")
            lod = PublishedLod(facts=facts, blob=blob)
            made.append((steps.LodInput(run=run, source=source.blob, level=level), lod))
        for given, output in made:
            result = reuse.result_of(given, output)
            assert result is not None
            await results.remember(run, result)
        return source

    async def recall(self, order: Order, described: steps.Described | None = None) -> steps.Recalled:
        """What a new run finds; its journal is in ``journal``."""
        run = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
        await runs.open_run(run, order)
        found = await Recalling(self.blobs).recall(steps.RecallInput(run=run, order=order, described=described))
        self.journal = {step.name for step in (await runs.get_run(run.run_id)).steps if step.reused}
        return found


@pytest.fixture
def earlier(catalog: Connection, tmp_path: Path) -> Earlier:
    return Earlier(LocalBlobs(tmp_path))


RED = {"hair": {"colour": "#aa3311"}}
TALL = {"body": {"height": 1.95}}


async def test_the_same_request_finds_everything(earlier: Earlier) -> None:
    source = await earlier.work()
    found = await earlier.recall(an_order())
    assert (found.described, found.source) == (DESCRIBED, source)
    assert found.inspected and found.picture and [lod.facts.level for lod in found.lods] == [0, 1, 2]
    assert found.kin is None
    assert earlier.journal == {
        "describe", "build_parametric", "inspect_model", "render_picture", "build_lod/0", "build_lod/1", "build_lod/2",
    }  # fmt: skip


async def test_another_colour_finds_a_model_of_the_same_shape(earlier: Earlier) -> None:
    source = await earlier.work()
    found = await earlier.recall(an_order(request={"customization": RED}))
    assert found.source is None and found.picture is None and found.lods == ()
    assert found.kin is not None and found.kin.source == source
    assert [lod.facts.level for lod in found.kin.lods] == [0, 1, 2]
    assert earlier.journal == {"describe"}


async def test_another_shape_finds_only_the_description(earlier: Earlier) -> None:
    await earlier.work()
    found = await earlier.recall(an_order(request={"customization": TALL}))
    assert found == steps.Recalled(described=DESCRIBED)


async def test_a_wish_needs_a_new_description_and_may_then_find_the_rest(earlier: Earlier) -> None:
    source = await earlier.work()
    order = an_order(request={"notes": ("kinder eyes",)})
    assert await earlier.recall(order) == steps.Recalled()
    await runs.close_run((await runs.latest_run("local", "ada")).key, runs.RunStatus.CANCELLED)
    again = await earlier.recall(order, described=DESCRIBED)
    assert (again.described, again.source) == (None, source), "the wish changed nothing that is built"


@pytest.mark.parametrize(
    ("stage", "kept"),
    [
        (Stage.DESCRIBE, set()),
        (Stage.MODEL, {"described"}),
        (Stage.INSPECT, {"described", "source"}),
        (Stage.OPTIMIZE, {"described", "source", "inspected"}),
    ],
)
async def test_anew_from_a_stage_reuses_only_what_comes_before(earlier: Earlier, stage: Stage, kept: set[str]) -> None:
    await earlier.work()
    found = await earlier.recall(an_order(anew_from=stage))
    assert {name for name in steps.Recalled.model_fields if getattr(found, name)} == kept


async def test_what_is_not_in_the_store_any_more_is_not_reused(earlier: Earlier) -> None:
    source = await earlier.work()
    await earlier.blobs.delete(source.blob.sha256)
    found = await earlier.recall(an_order())
    assert found == steps.Recalled(described=DESCRIBED), "and no level of a model that nobody has"


@pytest.mark.parametrize("recipe", ["DESCRIBER", "HUMAN", "INSPECTION", "LODS", "PICTURE"])
async def test_what_an_older_recipe_made_is_not_reused(
    earlier: Earlier, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await earlier.work()
    monkeypatch.setattr(recipes, recipe, 10_000)
    found = await earlier.recall(an_order())
    lost = {
        "DESCRIBER": "described",
        "HUMAN": "source",
        "INSPECTION": "inspected",
        "LODS": "lods",
        "PICTURE": "picture",
    }
    assert not getattr(found, lost[recipe])


async def test_a_picture_that_is_missing_is_tried_again(earlier: Earlier) -> None:
    run = earlier.run
    given = steps.PictureInput(run=run, source=await earlier.blobs.put(b"glb", "model/gltf-binary"))
    assert reuse.result_of(given, steps.Picture(blob=None, missing="no EGL")) is None


async def test_a_repainted_model_counts_as_built(earlier: Earlier) -> None:
    run, character = earlier.run, a_character()
    blob = await earlier.blobs.put(b"glb", "model/gltf-binary")
    source = steps.SourceModel(blob=blob, provider="parametric", degraded=False)
    built = reuse.result_of(steps.BuildInput(run=run, character=character), source)
    repainted = reuse.result_of(steps.RepaintInput(run=run, character=character, kin=blob), source)
    assert built == repainted
