"""The local blob store: whole or not at all, and damage is noticed."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avatar.errors import DamagedBlob, NotFound, Unavailable
from avatar.storage.blob import BlobRef, name_bytes
from avatar.storage.local import LocalBlobs, write_whole

GLB = "model/gltf-binary"


async def collect(store: LocalBlobs, ref: BlobRef, start: int = 0, stop: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.stream(ref, start, stop)])


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    data = os.urandom(700_000)
    ref = await store.put(data, GLB)
    assert ref == name_bytes(data, GLB)
    assert await store.get(ref) == data
    assert await collect(store, ref) == data
    assert await collect(store, ref, 5, 9) == data[5:9]
    assert await collect(store, ref, 699_990) == data[-10:]
    assert await store.exists(ref)


async def test_the_same_bytes_are_one_file_however_often_and_from_however_many(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    refs = await asyncio.gather(*(store.put(b"the same", GLB) for _ in range(20)))
    assert len(set(refs)) == 1
    assert files_below(tmp_path) == [store.path(refs[0])], "and no half-written ones stay behind"


async def test_missing_and_damaged_blobs(tmp_path: Path) -> None:
    store = LocalBlobs(tmp_path)
    ref = await store.put(b"precious", GLB)
    store.path(ref).write_bytes(b"previous")
    with pytest.raises(DamagedBlob, match="generate the avatar again"):
        await store.get(ref)
    with pytest.raises(NotFound):
        await store.get(ref)
    await store.put(b"precious", GLB)
    assert await store.get(ref) == b"precious", "doing the step again heals it"
    store.path(ref).write_bytes(b"pre")
    assert not await store.exists(ref)
    with pytest.raises(DamagedBlob):
        await collect(store, ref)


FILLED = """
import asyncio, resource, sys
from pathlib import Path
from avatar.errors import StorageFull
from avatar.storage.local import LocalBlobs, write_whole
resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
store = LocalBlobs(Path(sys.argv[1]))
small = asyncio.run(store.put(b"fits", "text/plain"))
for write in (
    lambda: asyncio.run(store.put(b"x" * 50_000, "text/plain")),
    lambda: write_whole(Path(sys.argv[1]) / "out.bin", b"x" * 50_000),
):
    try:
        write()
    except StorageFull as error:
        assert error.retryable and "AVATAR_DATA" in str(error), error
    else:
        sys.exit("no StorageFull")
assert asyncio.run(store.get(small)) == b"fits"
"""


def test_no_room_is_said_and_leaves_nothing_half_written(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", FILLED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert [path.name for path in files_below(tmp_path)] == [name_bytes(b"fits", "").sha256]


async def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    store = LocalBlobs(tmp_path / "file" / "blobs")
    with pytest.raises(Unavailable):
        await store.put(b"x", GLB)
    with pytest.raises(Unavailable):
        await store.check()


def test_writing_for_a_user_makes_the_folder_and_replaces_the_file(tmp_path: Path) -> None:
    target = tmp_path / "a" / "b" / "lod0.glb"
    write_whole(target, b"one")
    write_whole(target, b"two")
    assert target.read_bytes() == b"two"
    assert [path.name for path in target.parent.iterdir()] == ["lod0.glb"]


@given(data=st.binary(max_size=64), start=st.integers(0, 70), length=st.integers(0, 70))
@settings(max_examples=60, deadline=None)
def test_a_part_is_that_part(tmp_path_factory: pytest.TempPathFactory, data: bytes, start: int, length: int) -> None:
    store = LocalBlobs(tmp_path_factory.getbasetemp() / "parts")

    async def both() -> bytes:
        ref = await store.put(data, GLB)
        return await collect(store, ref, start, start + length)

    assert asyncio.run(both()) == data[start : start + length]
