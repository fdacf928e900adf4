"""Lists and search on a real mongod: what is found, in which order, by which index; and cursors that are not ours."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from publications import publish

from avatar.catalog.avatars import MAX_WORD, words_of
from avatar.catalog.connection import Connection
from avatar.catalog.cursors import cursor, position_of
from avatar.catalog.documents import AvatarDocument, VersionDocument
from avatar.catalog.listing import Wanted, avatars_query, list_avatars
from avatar.errors import InvalidInput
from avatar.profile import AvatarStyle
from avatar.storage.blob import name_bytes

PEOPLE: dict[str, dict[str, Any]] = {
    "ada": {"name": "Ada Lindqvist", "role": "museum guide", "tags": ["Front desk"]},
    "zoe-2": {"name": "Zoë Ñandú", "role": "Straße (guide)", "style": "anime"},
    "bot.7": {"name": "山田花子", "tags": ["kiosk", "Front desk"]},
}


async def found(text: str = "", tenant: str = "local", **wanted: Any) -> list[str]:
    page = await list_avatars(tenant, Wanted(text=text, **wanted), limit=50)
    return [card.agent_id for card in page.items]


@pytest.mark.parametrize(
    ("text", "agents"),
    [
        ("", ["bot.7", "zoe-2", "ada"]),
        ("ada", ["ada"]),
        ("ADA LIND", ["ada"]),
        ("guide ada", ["ada"]),
        ("guide", ["zoe-2", "ada"]),
        ("uide", []),
        ("ada kiosk", []),
        ("zoe nandu", ["zoe-2"]),
        ("ZOË", ["zoe-2"]),
        ("strasse", ["zoe-2"]),
        ("山田", ["bot.7"]),
        ("anime", ["zoe-2"]),
        ("param", ["bot.7", "zoe-2", "ada"]),
        ("desk fro", ["bot.7", "ada"]),
        (".*", ["bot.7", "zoe-2", "ada"]),
        ("bot.7", ["bot.7"]),
        ("b.t", []),
        ("ada|zoe", []),
        ("(guide)", ["zoe-2", "ada"]),
    ],
)
async def test_every_word_begins_a_word(catalog: Connection, text: str, agents: list[str]) -> None:
    for agent, profile in PEOPLE.items():
        await publish(catalog, agent, order={"profile": profile})
    assert await found(text) == agents
    assert await found(text, tenant="other") == []


async def test_filters_and_what_a_card_says(catalog: Connection) -> None:
    for agent, profile in PEOPLE.items():
        await publish(catalog, agent, order={"profile": profile})
    await publish(
        catalog, "ada", provider="meshy", picture=name_bytes(b"p", "image/png"), order={"profile": {"tags": ["x"]}}
    )
    assert await found(style=AvatarStyle.ANIME) == ["zoe-2"]
    assert await found(tag="Front desk") == ["bot.7"], "the version that is served decides"
    assert await found(tag="Front") == []
    assert await found(provider="meshy") == ["ada"]
    assert await found("ada", provider="parametric") == []
    (card,) = (await list_avatars("local", Wanted(text="ada"), limit=1)).items
    assert (card.version, card.provider, card.has_picture, card.tags, card.summary) == (
        2, "meshy", True, ("x",), "A woman of 34."
    )  # fmt: skip
    (card,) = (await list_avatars("local", Wanted(text="zoe"), limit=1)).items
    assert (card.version, card.has_picture, card.style) == (1, False, AvatarStyle.ANIME)


async def test_pages_hold_each_avatar_once_also_when_born_at_the_same_moment(catalog: Connection) -> None:
    for number in range(7):
        await publish(catalog, f"a{number}")
    first = await AvatarDocument.find_one({"agent_id": "a0"})
    assert first is not None
    born = {"$set": {"created_at": first.created_at}}
    await AvatarDocument.get_pymongo_collection().update_many({"agent_id": {"$in": ["a1", "a2", "a3"]}}, born)
    seen, after = [], None
    while True:
        page = await list_avatars("local", Wanted(), limit=2, after=after)
        seen += [card.agent_id for card in page.items]
        if (after := page.next) is None:
            break
        await publish(catalog, f"late{len(seen)}")  # newcomers do not shift the pages
    assert seen == ["a6", "a5", "a4", "a0", "a1", "a2", "a3"]


async def test_a_cursor_fits_its_own_list_alone(catalog: Connection) -> None:
    for agent in ("a", "b"):
        await publish(catalog, agent)
    after = (await list_avatars("local", Wanted(), limit=1)).next
    assert after is not None
    raw = bytearray(base64.urlsafe_b64decode(after + "=="))
    raw[-2] ^= 1
    for tenant, wanted, given_cursor in (
        ("other", Wanted(), after),
        ("local", Wanted(text="a"), after),
        ("local", Wanted(style=AvatarStyle.ANIME), after),
        ("local", Wanted(), after[:-3]),
        ("local", Wanted(), base64.urlsafe_b64encode(raw).decode().rstrip("=")),
        ("local", Wanted(), "🦜"),
        ("local", Wanted(), ""),
    ):
        with pytest.raises(InvalidInput, match="cursor"):
            await list_avatars(tenant, wanted, limit=1, after=given_cursor)


async def test_lists_are_answered_from_indexes(catalog: Connection) -> None:
    for agent, profile in PEOPLE.items():
        await publish(catalog, agent, order={"profile": profile})
    avatars = AvatarDocument.get_pymongo_collection()
    searches = (Wanted(), Wanted(text="ada"), Wanted(text="ada lind"), Wanted(tag="x"), Wanted(style=AvatarStyle.ANIME))
    for wanted in searches:
        query = avatars_query("local", wanted)
        plan = str(
            (await avatars.find(query).sort([("created_at", -1), ("agent_id", 1)]).limit(3).explain())["queryPlanner"]
        )
        assert "IXSCAN" in plan and "COLLSCAN" not in plan, wanted
    # The whole list needs no sorting, a word no reading of those that lack it.
    whole = await avatars.find(avatars_query("local", Wanted())).sort([("created_at", -1), ("agent_id", 1)]).explain()
    assert "'SORT'" not in str(whole["queryPlanner"]["winningPlan"])
    word = await avatars.find(avatars_query("local", Wanted(text="lind"))).hint("by_word").explain()
    assert word["executionStats"]["totalDocsExamined"] == 1
    for field in ("record.source.sha256", "record.lods.blob.sha256", "record.picture.sha256"):
        swept = await VersionDocument.get_pymongo_collection().find({field: {"$in": ["a", "b"]}}).explain()
        assert "IXSCAN" in str(swept["queryPlanner"]["winningPlan"]), field


@given(st.text(max_size=80))
def test_words_are_found_again_by_any_beginning(text: str) -> None:
    words = words_of(text)
    for word in words:
        assert 0 < len(word) <= MAX_WORD
        for end in (1, len(word)):
            (asked,) = words_of(word[:end]) or ("",)
            assert word.startswith(asked)
    assert words_of(text.swapcase()) == words or text.swapcase().casefold() != text.casefold()


@given(
    st.lists(st.integers(-(2**60), 2**60) | st.text(max_size=20), max_size=4),
    st.text(max_size=9),
    st.binary(max_size=40),
)
def test_cursors_come_back_as_they_were_and_noise_is_refused(position: list[Any], tenant: str, noise: bytes) -> None:
    assert position_of(cursor(position, tenant, None), tenant, None) == position
    with pytest.raises(InvalidInput):
        position_of(base64.urlsafe_b64encode(noise).decode(), tenant)
