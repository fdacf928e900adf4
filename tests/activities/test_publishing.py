"""publish: what it writes of a run, and what it refuses."""

from __future__ import annotations

import uuid
from pathlib import Path
from typing import Any

import pytest
from people import a_character, an_order
from scripted import GOOD, SCRIPTED_BYTES, a_lod

from activities.publishing import Publishing
from avatar.catalog import avatars, runs
from avatar.catalog.connection import Connection
from avatar.errors import GenerationFailed, NotFound
from avatar.run import RunKey
from avatar.storage.local import LocalBlobs
from workflows import steps


@pytest.fixture
async def publishing(catalog: Connection, tmp_path: Path) -> Publishing:
    blobs = LocalBlobs(tmp_path)
    for data, media_type in SCRIPTED_BYTES:
        await blobs.put(data, media_type)
    return Publishing(catalog, blobs)


async def a_finished_run(**changes: Any) -> steps.PublishInput:
    """What a run of Ada hands to publish; ``changes`` replace its fields."""
    run = RunKey(tenant="local", agent_id="ada", run_id=uuid.uuid4().hex)
    order = changes.pop("order", an_order(by="ada"))
    await runs.open_run(run, order)
    fields: dict[str, Any] = {
        "run": run,
        "order": order,
        "described": steps.Described(character=a_character(), describer="scripted", cost_micros=300),
        "character": a_character(),
        "source": GOOD["build_parametric"](None, 1).model_copy(update={"cost_micros": 5_000}),
        "model": GOOD["inspect_model"](None, 1).model,
        "lods": tuple(map(a_lod, (0, 1, 2))),
        "picture": GOOD["render_picture"](None, 1),
    }
    return steps.PublishInput(**fields | changes)


async def close(given: steps.PublishInput) -> None:
    await runs.close_run(given.run, runs.RunStatus.PUBLISHED)


async def test_a_version_says_what_changed_who_asked_and_what_it_cost(publishing: Publishing) -> None:
    first = await a_finished_run()
    await publishing.publish(first)
    await close(first)
    red = a_character(hair={"style": "long_straight", "colour": "#aa3311"})
    order = an_order(by="bob", kind="customize", request={"customization": {"hair": {"colour": "#aa3311"}}})
    second = await a_finished_run(order=order, character=red, reused=("describe", "geometry"))
    assert (await publishing.publish(second)).version == 2
    one, two = [await avatars.get_version("local", "ada", number) for number in (1, 2)]
    assert (one.based_on, one.changes, one.cost_micros, one.order.by) == (None, (), 5_300, "ada")
    assert (two.based_on, two.cost_micros, two.order.by, two.reused) == (1, 5_000, "bob", ("describe", "geometry"))
    (change,) = two.changes
    assert (change.path, change.before, change.after) == ("hair.colour", "#7a3b1d", "#aa3311")
    assert two.described.hair.colour == "#7a3b1d"
    assert two.seconds >= 0


@pytest.mark.parametrize("gone", range(len(SCRIPTED_BYTES)))
async def test_nothing_is_published_whose_bytes_are_gone(publishing: Publishing, tmp_path: Path, gone: int) -> None:
    given = await a_finished_run()
    named = {given.source.blob.sha256, *(lod.blob.sha256 for lod in given.lods)}
    named |= {given.picture.blob.sha256} if given.picture.blob else set()
    ref = await LocalBlobs(tmp_path).put(*SCRIPTED_BYTES[gone])
    await LocalBlobs(tmp_path).delete(ref.sha256)
    if ref.sha256 not in named:
        assert (await publishing.publish(given)).version == 1, "what the run does not name may go"
        return
    with pytest.raises(GenerationFailed, match="not in the store any more"):
        await publishing.publish(given)
    with pytest.raises(NotFound):
        await avatars.current_version("local", "ada")
