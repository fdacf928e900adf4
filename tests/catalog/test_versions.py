"""Going back, comparing and deleting on a real mongod, also when two do it at once."""

from __future__ import annotations

import asyncio

import pytest
from people import a_character, a_version, an_order
from publications import a_key, a_lod, publish

from avatar.catalog import avatars, deletion, listing, results, runs
from avatar.catalog.connection import Connection
from avatar.catalog.documents import AvatarDocument, ResultDocument, RunDocument, VersionDocument
from avatar.catalog.events import events_after
from avatar.errors import Conflict, InvalidInput, NotFound, PreconditionFailed
from avatar.event import EventKind
from avatar.manifest import VersionRecord
from avatar.run import RunKey, RunStatus
from avatar.storage.blob import name_bytes
from avatar.version import diff_versions


async def served(agent: str = "ada", tenant: str = "local") -> int:
    return (await avatars.current_version(tenant, agent)).number


async def kinds(agent: str = "ada") -> list[EventKind]:
    return [event.kind for event in await events_after("local", agent, None)]


async def test_going_back_moves_what_is_served_and_nothing_else(catalog: Connection) -> None:
    first = await publish(catalog, order={"profile": {"name": "Old Ada"}})
    second = await publish(catalog, order={"profile": {"name": "New Ada"}})
    back = await avatars.roll_back(catalog, "local", "ada", 1, by="eve")
    assert back == first == await avatars.current_version("local", "ada")
    assert await avatars.get_version("local", "ada", 2) == second
    page = await listing.list_avatars("local", listing.Wanted(text="old"), limit=9)
    assert [(card.name, card.version) for card in page.items] == [("Old Ada", 1)]
    (event,) = await events_after("local", "ada", None)
    assert (event.kind, event.version, event.by) == (EventKind.ROLLED_BACK, 1, "eve")
    assert (await publish(catalog)).number == 3, "numbers go on"


async def test_going_back_twice_is_going_back_once(catalog: Connection) -> None:
    await publish(catalog)
    await publish(catalog)
    await asyncio.gather(*(avatars.roll_back(catalog, "local", "ada", 1, by="") for _ in range(5)))
    assert await served() == 1
    assert await kinds() == [EventKind.ROLLED_BACK]


async def test_going_back_to_what_is_not_there(catalog: Connection) -> None:
    await publish(catalog)
    await publish(catalog, tenant="other")
    await publish(catalog, tenant="other")
    for agent, number in (("ada", 2), ("ada", 0), ("bob", 1)):
        with pytest.raises(NotFound):
            await avatars.roll_back(catalog, "local", agent, number, by="")
    assert await served() == 1


async def test_a_run_under_way_publishes_over_a_version_that_was_gone_back_to(catalog: Connection) -> None:
    await publish(catalog)
    await publish(catalog)
    key = a_key()
    await runs.open_run(key, an_order())
    await avatars.roll_back(catalog, "local", "ada", 1, by="")
    assert (await runs.get_run(key.run_id)).status is RunStatus.RUNNING
    published = await avatars.publish_version(catalog, key, lambda slot: a_version(key, slot.number, slot.now))
    assert (published.number, await served()) == (3, 3)


async def test_publishing_and_going_back_at_once_both_happen(catalog: Connection) -> None:
    for _ in range(4):
        await publish(catalog)
        await asyncio.gather(publish(catalog), avatars.roll_back(catalog, "local", "ada", 1, by=""))
        newest = (await listing.list_versions("local", "ada", limit=1)).items[0].number
        assert await served() in (1, newest)
    assert newest == 8


async def test_versions_come_newest_first_page_by_page(catalog: Connection) -> None:
    for _ in range(5):
        await publish(catalog)
    await avatars.roll_back(catalog, "local", "ada", 2, by="")
    numbers, after, pages = [], None, 0
    while True:
        page = await listing.list_versions("local", "ada", limit=2, after=after)
        assert page.current == 2
        numbers += [version.number for version in page.items]
        pages += 1
        if (after := page.next) is None:
            break
    assert (numbers, pages) == ([5, 4, 3, 2, 1], 3)
    await publish(catalog, "bob")
    cursor = (await listing.list_versions("local", "ada", limit=2)).next
    with pytest.raises(InvalidInput, match="cursor"):
        await listing.list_versions("local", "bob", limit=2, after=cursor)


async def test_a_version_that_is_served_is_not_deleted(catalog: Connection) -> None:
    await publish(catalog)
    await publish(catalog)
    with pytest.raises(Conflict, match="Roll back"):
        await deletion.delete_version(catalog, "local", "ada", 2, by="")
    await deletion.delete_version(catalog, "local", "ada", 1, by="eve")
    with pytest.raises(NotFound):
        await avatars.get_version("local", "ada", 1)
    with pytest.raises(NotFound):
        await deletion.delete_version(catalog, "local", "ada", 1, by="")
    assert await kinds() == [EventKind.VERSION_DELETED]
    assert await served() == 2


async def test_deleting_a_version_while_somebody_goes_back_to_it(catalog: Connection) -> None:
    for attempt in range(6):
        agent = f"ada{attempt}"
        await publish(catalog, agent)
        await publish(catalog, agent)
        back, deleted = await asyncio.gather(
            avatars.roll_back(catalog, "local", agent, 1, by=""),
            deletion.delete_version(catalog, "local", agent, 1, by=""),
            return_exceptions=True,
        )
        current = await avatars.current_version("local", agent)  # never a version that is not there
        if isinstance(back, NotFound):
            assert (deleted, current.number) == (None, 2)
        else:
            assert isinstance(back, VersionRecord) and isinstance(deleted, Conflict)
            assert current.number == 1


async def test_a_deleted_avatar_is_gone_and_its_numbers_go_on(catalog: Connection) -> None:
    await publish(catalog)
    await publish(catalog, order={"profile": {"name": "Ada Secret", "tags": ["guide"]}})
    await publish(catalog, "bob")
    await publish(catalog, tenant="other")
    await results.remember(a_key(), results.Result("describe", "k", {"x": 1}))
    await deletion.delete_avatar(catalog, "local", "ada", by="eve")
    for gone in (
        avatars.current_version("local", "ada"),
        avatars.get_version("local", "ada", 1),
        runs.latest_run("local", "ada"),
        listing.list_versions("local", "ada", limit=9),
        deletion.delete_avatar(catalog, "local", "ada", by=""),
        avatars.roll_back(catalog, "local", "ada", 2, by=""),
    ):
        with pytest.raises(NotFound):
            await gone
    assert await results.recall(a_key(), "describe", "k") is None
    assert not await runs.has_runs("local", "ada"), "the next run recalls nothing"
    tombstone = await AvatarDocument.find_one({"tenant": "local", "agent_id": "ada"})
    assert tombstone is not None and tombstone.latest == 2
    assert "Secret" not in tombstone.model_dump_json() and tombstone.words == tombstone.tags == []
    assert [event.kind for event in await events_after("local", "ada", None)][-1] is EventKind.DELETED
    left = await listing.list_avatars("local", listing.Wanted(), limit=9)
    assert [card.agent_id for card in left.items] == ["bob"]
    assert await served(tenant="other") == 1
    again = await publish(catalog)
    assert (again.number, await served()) == (3, 3)
    page = await listing.list_avatars("local", listing.Wanted(), limit=9)
    assert [card.agent_id for card in page.items] == ["ada", "bob"], "born again, so the newest"


async def test_an_agent_whose_only_run_failed_can_be_deleted_once(catalog: Connection) -> None:
    key = a_key()
    await runs.open_run(key, an_order())
    with pytest.raises(Conflict):
        await deletion.delete_avatar(catalog, "local", "ada", by="")
    await runs.close_run(key, RunStatus.CANCELLED)
    await deletion.delete_avatar(catalog, "local", "ada", by="")
    with pytest.raises(NotFound):
        await deletion.delete_avatar(catalog, "local", "ada", by="")


async def test_deleting_only_what_was_read(catalog: Connection) -> None:
    await publish(catalog)
    await publish(catalog)
    with pytest.raises(PreconditionFailed):
        await deletion.delete_avatar(catalog, "local", "ada", by="", if_served=1)
    assert await served() == 2
    await deletion.delete_avatar(catalog, "local", "ada", by="", if_served=2)


async def test_publishing_while_the_avatar_is_deleted_ends_in_one_of_two_states(catalog: Connection) -> None:
    outcomes = set()
    for attempt in range(12):
        agent = f"ada{attempt}"
        await publish(catalog, agent)
        key = a_key(agent)
        await runs.open_run(key, an_order(agent))

        async def publishing(key: RunKey = key) -> VersionRecord:
            return await avatars.publish_version(catalog, key, lambda slot: a_version(key, slot.number, slot.now))

        async def deleting(agent: str = agent, key: RunKey = key, turn: int = attempt) -> None:
            await asyncio.sleep(0.002 * (turn % 6))
            await runs.close_run(key, RunStatus.CANCELLED)
            await deletion.delete_avatar(catalog, "local", agent, by="")

        published, deleted = await asyncio.gather(publishing(), deleting(), return_exceptions=True)
        assert deleted is None
        tombstone = await AvatarDocument.find_one({"tenant": "local", "agent_id": agent})
        assert tombstone is not None and tombstone.current is None
        of_agent = {"tenant": "local", "agent_id": agent}
        for kind in (VersionDocument, RunDocument, ResultDocument):
            assert await kind.find(of_agent).count() == 0, "nothing is left either way"
        if isinstance(published, VersionRecord):
            outcomes.add("published, then deleted")
            assert tombstone.latest == published.number == 2, "its number is spent"
        else:
            outcomes.add("deleted, then refused")
            assert isinstance(published, Conflict) and tombstone.latest == 1
    assert outcomes


async def test_a_diff_names_fields_levels_and_files(catalog: Connection) -> None:
    before = await publish(catalog, lods=(a_lod(), a_lod(level=1)))
    after = await publish(
        catalog,
        order={"request": {"notes": ("a hat",), "customization": {"eyes": {"colour": "#112233"}}}},
        character=a_character(eyes={"colour": "#112233"}),
        lods=(a_lod(name_bytes(b"new", "model/gltf-binary"), triangles=14_000), a_lod(level=1), a_lod(level=2)),
        picture=name_bytes(b"png", "image/png"),
    )
    found = diff_versions(before, after)
    assert [(change.path, change.before, change.after) for change in found.character] == [
        ("eyes.colour", "#4a7a4f", "#112233")
    ]
    assert [change.path.split(".")[0] for change in found.request] == ["notes", "customization"]
    assert [(lod.level, lod.same_bytes) for lod in found.lods] == [(0, False), (2, False)]
    assert found.lods[1].before is None and found.lods[0].after == after.lods[0].facts
    assert (found.same_source, found.same_picture) == (True, False)
    nothing = diff_versions(after, after)
    assert (nothing.character, nothing.request, nothing.lods) == ((), (), ())
