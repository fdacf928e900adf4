"""The cache of encoded images: once is enough, damage heals, the oldest go, several processes agree."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import stat
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from avatar.errors import CodecFailed
from avatar.gltf.encoded import Encoded, EncodedImages


def key(number: int) -> str:
    return hashlib.sha256(str(number).encode()).hexdigest()


class Maker:
    """Makes an image and counts how often."""

    def __init__(self, data: bytes = b"an image\nof lines", seconds: float = 0.0) -> None:
        self.data, self.seconds, self.calls = data, seconds, 0

    def __call__(self) -> Encoded:
        self.calls += 1
        time.sleep(self.seconds)
        return self.data, "image/jpeg"


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "locks")


def test_it_is_made_once_and_found_ever_after(tmp_path: Path) -> None:
    make = Maker()
    first = EncodedImages(tmp_path / "new", 10_000).get_or_make(key(1), make)
    again = EncodedImages(tmp_path / "new", 10_000).get_or_make(key(1), make)
    assert (first, again) == (((make.data, "image/jpeg"), False), ((make.data, "image/jpeg"), True))
    assert make.calls == 1


def test_different_keys_are_different_images(tmp_path: Path) -> None:
    cache = EncodedImages(tmp_path, 10_000)
    cache.get_or_make(key(1), Maker(b"one"))
    assert cache.get_or_make(key(2), Maker(b"two")) == ((b"two", "image/jpeg"), False)


def test_no_bytes_are_an_answer_too(tmp_path: Path) -> None:
    cache, make = EncodedImages(tmp_path, 10_000), Maker(b"")
    assert [cache.get_or_make(key(1), make)[1] for _ in range(2)] == [False, True]


@pytest.mark.parametrize(
    "damage", [lambda data: data[:-1], lambda data: data[:-1] + b"?", lambda data: b"", bytes.upper]
)
def test_damage_is_noticed_and_healed(damage: Any, tmp_path: Path) -> None:
    cache, make = EncodedImages(tmp_path, 10_000), Maker()
    cache.get_or_make(key(1), make)
    (path,) = files(tmp_path)
    path.write_bytes(damage(path.read_bytes()))
    assert cache.get_or_make(key(1), make) == ((make.data, "image/jpeg"), False)
    assert cache.get_or_make(key(1), make)[1]
    assert make.calls == 2


def test_a_failure_is_told_and_not_kept(tmp_path: Path) -> None:
    cache = EncodedImages(tmp_path, 10_000)

    def fail() -> Encoded:
        raise CodecFailed("no", where="here")

    with pytest.raises(CodecFailed):
        cache.get_or_make(key(1), fail)
    assert cache.get_or_make(key(1), Maker())[1] is False
    assert len(files(tmp_path)) == 1


def test_what_was_not_used_for_longest_goes(tmp_path: Path) -> None:
    cache = EncodedImages(tmp_path, 10_000)
    for number in range(8):
        cache.get_or_make(key(number), Maker(b"x" * 1000))
        (path,) = [path for path in files(tmp_path) if key(number) in path.name]
        os.utime(path, (1_000_000 + number, 1_000_000 + number))
    assert cache.get_or_make(key(0), Maker())[1]  # used again, and so the youngest
    for number in range(8, 14):
        cache.get_or_make(key(number), Maker(b"x" * 1000))
    left = [path.stem for path in files(tmp_path)]
    assert sum(path.stat().st_size for path in files(tmp_path)) <= 10_000
    assert key(0) in left and key(13) in left
    assert key(1) not in left and key(2) not in left


def test_what_would_fill_it_alone_is_not_kept(tmp_path: Path) -> None:
    cache = EncodedImages(tmp_path, 1000)
    cache.get_or_make(key(1), Maker(b"x" * 100))
    assert cache.get_or_make(key(2), Maker(b"x" * 2000))[0][0] == b"x" * 2000
    assert [path.stem for path in files(tmp_path)] == [key(1)]


def test_leftovers_of_killed_processes_go(tmp_path: Path) -> None:
    (tmp_path / "ab").mkdir()
    old, new = tmp_path / "ab" / ".old", tmp_path / "ab" / ".new"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (1_000_000, 1_000_000))
    EncodedImages(tmp_path, 1000).get_or_make(key(1), Maker())
    assert (old.exists(), new.exists()) == (False, True)


def test_threads_that_want_one_image_make_it_once(tmp_path: Path) -> None:
    cache, make = EncodedImages(tmp_path, 10_000), Maker(seconds=0.1)
    threads = [threading.Thread(target=cache.get_or_make, args=(key(1), make)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert make.calls == 1


def test_other_images_do_not_wait(tmp_path: Path) -> None:
    cache = EncodedImages(tmp_path, 10_000)
    inside, leave = threading.Event(), threading.Event()

    def slow() -> Encoded:
        inside.set()
        leave.wait(20)
        return b"slow", "image/png"

    thread = threading.Thread(target=cache.get_or_make, args=(key(1), slow))
    thread.start()
    inside.wait(20)
    assert cache.get_or_make(key(2), Maker())[1] is False
    leave.set()
    thread.join()


def _work(folder: Path, log: Path, most: int) -> None:
    cache = EncodedImages(folder, most)
    for round_ in range(3):
        for number in range(10):
            data = str(number).encode() * 100

            def make(number: int = number, data: bytes = data) -> Encoded:
                with log.open("a") as file:
                    file.write(f"{number}\n")
                time.sleep(0.005)
                return data, "image/png"

            assert cache.get_or_make(key(number), make)[0] == (data, "image/png"), round_


@pytest.mark.parametrize(("most", "once"), [(100_000, True), (600, False)])
def test_processes_share_it(most: int, once: bool, tmp_path: Path) -> None:
    """Also where it is far too small for them: what is swept away under another's eyes is made again."""
    context = multiprocessing.get_context("fork")
    log = tmp_path / "made"
    workers = [context.Process(target=_work, args=(tmp_path / "cache", log, most)) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(30)
    assert [worker.exitcode for worker in workers] == [0] * 4
    if once:
        assert sorted(log.read_text().split()) == [str(number) for number in range(10)]


def _die_inside(folder: Path) -> None:
    EncodedImages(folder, 10_000).get_or_make(key(1), lambda: os._exit(7))


def test_a_process_that_dies_while_it_encodes_blocks_nobody(tmp_path: Path) -> None:
    worker = multiprocessing.get_context("fork").Process(target=_die_inside, args=(tmp_path,))
    worker.start()
    worker.join(20)
    assert worker.exitcode == 7
    began = time.monotonic()
    EncodedImages(tmp_path, 10_000).get_or_make(key(1), Maker())
    assert time.monotonic() - began < 20  # less than one waits for a process that lives


def test_a_folder_that_cannot_be_used_costs_only_time(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"in the way")
    cache, make = EncodedImages(tmp_path / "file" / "cache", 10_000), Maker()
    assert [cache.get_or_make(key(1), make) for _ in range(2)] == [((make.data, "image/jpeg"), False)] * 2


def test_others_may_not_read_it_through_its_lock(tmp_path: Path) -> None:
    EncodedImages(tmp_path, 10_000).get_or_make(key(1), Maker())
    assert stat.S_IMODE((tmp_path / "locks").stat().st_mode) == 0o600
