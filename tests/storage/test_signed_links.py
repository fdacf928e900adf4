"""Addresses that we sign ourselves: one key for all processes, and no two links with one signature."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import Forbidden, Unavailable
from avatar.storage.blob import BlobRef, name_bytes
from avatar.storage.links import KEY_BYTES, Link, Links, inline, make_key, read_key, signature

REF = name_bytes(b"bytes", "model/gltf-binary")
names = st.text(st.characters(codec="utf-8"), max_size=12)
links = st.builds(
    Link,
    ref=st.builds(
        lambda size, media_type: BlobRef(sha256=REF.sha256, size=size, media_type=media_type),
        st.integers(0, 10**9),
        names,
    ),
    file_name=names,
    expires=st.integers(0, 2**40),
)


def parsed(url: str) -> tuple[Link, str]:
    query = {name: values[0] for name, values in parse_qs(urlsplit(url).query, keep_blank_values=True).items()}
    ref = BlobRef(sha256=url.partition("?")[0][-64:], size=int(query["size"]), media_type=query["type"])
    return Link(ref, query["name"], int(query["expires"])), query["signature"]


async def test_every_process_accepts_what_one_signed(tmp_path: Path) -> None:
    several = [Links("http://here/files", tmp_path / "data" / "key") for _ in range(8)]
    urls = await asyncio.gather(*(one.url(REF, 60, "ada v1 – ü&=.glb") for one in several))
    for url in urls:
        for one in several:
            link, signed = parsed(url)
            await one.check(link, signed)
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]
    assert (tmp_path / "data" / "key").stat().st_mode & 0o777 == 0o600


async def test_without_a_key_nothing_was_signed(tmp_path: Path) -> None:
    somewhere = Links("http://here/files", tmp_path / "key")
    with pytest.raises(Forbidden):
        await somewhere.check(Link(REF, "x", 2**40), "0" * 64)
    assert not (tmp_path / "key").exists(), "checking makes no key"
    link, signed = parsed(await somewhere.url(REF, 60, "x"))
    (tmp_path / "key").unlink()
    await somewhere.url(REF, 60, "x")
    with pytest.raises(Forbidden, match="signature"):
        await somewhere.check(link, signed)


async def test_an_expired_address_says_what_to_do(tmp_path: Path) -> None:
    somewhere = Links("http://here/files", tmp_path / "key")
    with pytest.raises(Forbidden, match=r"expired.*manifest"):
        await somewhere.check(*parsed(await somewhere.url(REF, 0, "x")))


def test_a_key_that_is_none_is_said(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_bytes(b"short")
    with pytest.raises(Unavailable, match="Delete it"):
        make_key(file)
    file.unlink()
    assert len(make_key(file)) == KEY_BYTES
    assert make_key(file) == read_key(file) == make_key(file)
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(Unavailable):
        make_key(tmp_path / "file" / "key")


@given(one=links, other=links)
def test_different_links_have_different_signatures(one: Link, other: Link) -> None:
    key = bytes(KEY_BYTES)
    assert (signature(key, one) == signature(key, other)) == (one == other)
    assert signature(key, one) != signature(bytes([1]) * KEY_BYTES, one)


@given(names)
def test_a_file_name_cannot_leave_its_header(name: str) -> None:
    header = inline(name)
    assert header.isascii() and header.isprintable()
    plain = header.partition('filename="')[2].partition('"')[0]
    assert len(plain) == len(name)
    assert header.count('"') == 2


def test_a_plain_name_stays_as_it_is() -> None:
    assert inline("ada-v1-lod0.glb") == 'inline; filename="ada-v1-lod0.glb"'
    assert inline("Åsa.glb") == "inline; filename=\"_sa.glb\"; filename*=UTF-8''%C3%85sa.glb"
