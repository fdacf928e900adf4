"""KTX2 by basisu: what comes out of it, what comes back, and what a broken file or a broken program costs."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image
from specimens import picture

from avatar.errors import AvatarError, CodecFailed, InvalidModel, SetupProblem, StorageFull
from avatar.gltf.guests import basis
from avatar.gltf.guests.basis import Ktx2Header, Limits, Mode, decode_ktx2, encode_ktx2, read_ktx2
from avatar.gltf.guests.sidecar import Toolchain
from avatar.variant import Detail

U8 = NDArray[np.uint8]

DESCRIPTOR_AT = 48  # where the header says where the data format descriptor is


def pixels(size: int, mode: str = "RGB") -> U8:
    return np.asarray(picture(size, mode))


def skin(size: int, mode: str = "RGB") -> U8:
    """Tones that vary as those of a person do, the shade more than the colour; with holes in RGBA."""
    y, x = np.mgrid[0:size, 0:size] / size
    shade = 0.75 + 0.25 * np.sin(9 * x) * np.cos(7 * y)
    tones = np.array([180, 130, 105]) * shade[..., None] + np.stack([10 * x, 8 * y, 5 * x * y], -1)
    holes = np.where((x - 0.5) ** 2 + (y - 0.5) ** 2 < 0.16, 255, 40)[..., None]
    return np.concatenate([tones, holes], -1)[..., : len(mode)].astype(np.uint8)


def bumps(size: int) -> U8:
    y, x = np.mgrid[0:size, 0:size] * (8 * np.pi / size)
    vectors = np.stack([0.4 * np.sin(x), 0.4 * np.sin(y), np.ones_like(x)], -1)
    vectors /= np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.round((vectors + 1) * 127.5).astype(np.uint8)


def decoded(data: bytes, toolchain: Toolchain) -> U8:
    return np.asarray(Image.open(io.BytesIO(decode_ktx2(data, toolchain))))


def decibels(first: U8, second: U8) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, ((first.astype(float) - second) ** 2).mean())))


@pytest.fixture(scope="module")
def texture(toolchain: Toolchain) -> bytes:
    return encode_ktx2(pixels(64), Mode.ETC1S, srgb=True, toolchain=toolchain)


# --- there and back ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "kind", "least"),
    [(Mode.ETC1S, "RGB", 39), (Mode.ETC1S, "RGBA", 36), (Mode.UASTC, "RGB", 44), (Mode.UASTC, "RGBA", 40)],
)
def test_pixels_come_back_much_as_they_were(mode: Mode, kind: str, least: float, toolchain: Toolchain) -> None:
    before = skin(128, kind)
    data = encode_ktx2(before, mode, srgb=True, toolchain=toolchain)
    assert read_ktx2(data) == Ktx2Header(128, 128, 8, mode, srgb=True, alpha=kind == "RGBA")
    after = decoded(data, toolchain)
    assert after.shape == before.shape
    assert decibels(before, after) > least


def test_rows_and_columns_keep_their_places(toolchain: Toolchain) -> None:
    before = skin(64)[:16]
    data = encode_ktx2(before, Mode.ETC1S, srgb=True, toolchain=toolchain)
    assert (read_ktx2(data).width, read_ktx2(data).height, read_ktx2(data).levels) == (64, 16, 7)
    assert decibels(before, decoded(data, toolchain)) > 36


def test_normals_point_where_they_pointed(toolchain: Toolchain) -> None:
    before = bumps(128)
    data = encode_ktx2(before, Mode.UASTC, srgb=False, normal_map=True, toolchain=toolchain)
    first, second = (image.astype(float) / 127.5 - 1 for image in (before, decoded(data, toolchain)))
    cosine = (first * second).sum(-1) / np.linalg.norm(first, axis=-1) / np.linalg.norm(second, axis=-1)
    assert np.degrees(np.arccos(np.clip(cosine, -1, 1))).mean() < 2.5


def test_dark_cloth_keeps_its_hue(toolchain: Toolchain) -> None:
    """basisu's own measure of colours turns it into purple."""
    rng = np.random.default_rng(3)
    cloth = np.clip(np.array([30.4, 41.8, 78.4]) + rng.normal(0, 1.5, (256, 256, 1)), 0, 255).astype(np.uint8)
    after = decoded(encode_ktx2(cloth, Mode.ETC1S, srgb=True, toolchain=toolchain), toolchain)
    assert np.abs(after.astype(float).mean((0, 1)) - cloth.mean((0, 1))).max() < 2.8


def test_quality_costs_bytes(toolchain: Toolchain) -> None:
    noisy = np.random.default_rng(5).integers(0, 255, (128, 128, 3)).astype(np.uint8) // 4 + pixels(128) // 2
    sizes = [
        [len(encode_ktx2(noisy, mode, srgb=True, quality=quality, toolchain=toolchain)) for quality in Detail]
        for mode in Mode
    ]
    assert all(low < medium < high for low, medium, high in sizes)


def test_levels_of_our_own_are_joined(toolchain: Toolchain) -> None:
    """Each level another colour: the file has them all, and other programs read it."""
    levels = [np.full((32 >> at, 32 >> at, 4), (40 * at, 200, 90, 128), np.uint8) for at in range(6)]
    data = encode_ktx2(levels[0], Mode.UASTC, srgb=True, mips=levels[1:], toolchain=toolchain)
    assert read_ktx2(data).levels == 6
    np.testing.assert_allclose(decoded(data, toolchain), levels[0], atol=2)
    with basis._folder() as folder:
        (folder / "in.ktx2").write_bytes(data)
        basis._run(["-unpack", "-no_ktx", "-format_only", "6", "in.ktx2"], folder, toolchain, basis.LIMITS)
        for at, level in enumerate(levels):
            found = np.asarray(Image.open(folder / f"in_unpacked_rgb_BC7_RGBA_{at}_0_0000.png"))
            np.testing.assert_allclose(found, level[..., :3], atol=2)


@pytest.mark.parametrize(("srgb", "said"), [(True, (1, 2)), (False, (0, 1))])
def test_the_descriptor_says_what_gltf_demands(srgb: bool, said: tuple[int, int], toolchain: Toolchain) -> None:
    """KHR_texture_basisu: BT.709 and sRGB for colours, no primaries and linear for the rest."""
    data = encode_ktx2(pixels(16), Mode.ETC1S, srgb=srgb, toolchain=toolchain)
    (at,) = struct.unpack_from("<I", data, DESCRIPTOR_AT)
    assert (data[at + 13], data[at + 14]) == said
    assert read_ktx2(data).srgb is srgb


def test_the_same_bytes_with_any_number_of_threads(toolchain: Toolchain) -> None:
    for mode in Mode:
        made = {encode_ktx2(pixels(64), mode, srgb=True, threads=n, toolchain=toolchain) for n in (1, 2)}
        assert len(made) == 1


@pytest.mark.parametrize("shape", [(30, 32, 3), (32, 2, 3), (32, 32, 1), (16384, 4, 3)])
def test_what_makes_no_texture_for_gltf_is_not_tried(shape: tuple[int, int, int], toolchain: Toolchain) -> None:
    with pytest.raises(ValueError, match="no KTX2 texture"):
        encode_ktx2(np.zeros(shape, np.uint8), Mode.ETC1S, srgb=True, toolchain=toolchain)


# --- hostile files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "value", "said"),
    [
        (12, 37, "not Basis Universal"),
        (20, 100_000, "pixels"),
        (20, 0, "pixels"),
        (28, 4, "2D"),
        (32, 2, "2D"),
        (36, 6, "2D"),
        (40, 30, "mip levels"),
        (44, 2, "scheme"),
        (48, 2**31, "outside"),
        (52, 2**31, "outside"),
        (64, 2**31, "outside"),
        (80, 2**31, "level 0 lies outside"),
        (88, 2**31, "level 0 lies outside"),
    ],
)
def test_headers_that_lie_are_refused_before_anything_runs(at: int, value: int, said: str, texture: bytes) -> None:
    lying = texture[:at] + struct.pack("<I", value) + texture[at + 4 :]
    with pytest.raises(InvalidModel, match=said):
        read_ktx2(lying)


def test_a_level_that_unpacks_to_more_than_its_texels_is_refused(toolchain: Toolchain) -> None:
    data = encode_ktx2(pixels(16), Mode.UASTC, srgb=True, toolchain=toolchain)
    bomb = data[:96] + struct.pack("<Q", 2**40) + data[104:]
    with pytest.raises(InvalidModel, match="where its texels take 256"):
        read_ktx2(bomb)


def test_every_truncation_is_refused(texture: bytes) -> None:
    for size in range(0, len(texture), 7):
        with pytest.raises(InvalidModel):
            read_ktx2(texture[:size])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_mutations_decode_or_are_refused(texture: bytes, toolchain: Toolchain, edits: list[tuple[float, int]]) -> None:
    broken = bytearray(texture)
    for place, value in edits:
        broken[int(place * (len(broken) - 1))] = value
    try:
        shape = decoded(bytes(broken), toolchain).shape
    except AvatarError:
        return
    header = read_ktx2(bytes(broken))
    assert shape[:2] == (header.height, header.width)


# --- a program that misbehaves ----------------------------------------------------------------------------------------


def stand_in(folder: Path, script: str, toolchain: Toolchain, *, executable: bool = True) -> Toolchain:
    """A toolchain whose basisu is a shell script."""
    for kind in ("x64", "x64_sse", "arm64"):
        path = folder / "basisu" / "bin" / "linux" / kind / "basisu"
        path.parent.mkdir(parents=True)
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755 if executable else 0o644)
    return Toolchain(node=toolchain.node, modules=folder)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("kill -SEGV $$", "signal 11: nothing"),
        ("echo 'ERROR: out of cheese'; exit 3", "code 3: ERROR: out of cheese"),
        ("exit 0", "wrote no result"),
        ("echo rubbish > level0.ktx2", "broken file"),
        ("sleep 60", "did not end within"),
        ("while :; do :; done", "signal"),
        ("head -c 3000000 /dev/zero > level0.ktx2; kill -9 $$", "signal 9"),
    ],
)
def test_each_way_to_fail_is_a_codec_that_failed(script: str, said: str, tmp_path: Path, toolchain: Toolchain) -> None:
    broken = stand_in(tmp_path, script, toolchain)
    limits = Limits(cpu_seconds=1, wall_seconds=0.5 if "sleep" in script else 30, file=2**20)
    with pytest.raises(CodecFailed, match=said):
        encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=broken, limits=limits)


def test_another_texture_than_was_asked_for_is_noticed(tmp_path: Path, texture: bytes, toolchain: Toolchain) -> None:
    (tmp_path / "other.ktx2").write_bytes(texture)
    broken = stand_in(tmp_path / "modules", f"cp {tmp_path}/other.ktx2 level0.ktx2", toolchain)
    with pytest.raises(CodecFailed, match="another texture"):
        encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=broken)


def test_it_may_not_grow_without_end(toolchain: Toolchain) -> None:
    with pytest.raises(CodecFailed):
        encode_ktx2(pixels(256), Mode.ETC1S, srgb=True, toolchain=toolchain, limits=Limits(memory=24 * 2**20))


def test_nothing_is_left_behind(tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    broken = stand_in(tmp_path / "modules", "sleep 300 & echo $! > ../../child; kill -9 $$", toolchain)
    with pytest.raises(CodecFailed):
        encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=broken)
    encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=toolchain)
    assert list((tmp_path / "scratch").iterdir()) == []
    child = int((tmp_path / "child").read_text()) if (tmp_path / "child").exists() else 0
    until = time.monotonic() + 10
    while child and _runs(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not (child and _runs(child))


def test_it_dies_with_its_parent(tmp_path: Path, toolchain: Toolchain) -> None:
    script = f"echo $$ > {tmp_path}/starting; mv {tmp_path}/starting {tmp_path}/child; sleep 300"
    slow = stand_in(tmp_path / "modules", script, toolchain)
    program = (
        "import sys, numpy; from pathlib import Path\n"
        "from avatar.gltf.guests.basis import Mode, encode_ktx2\n"
        "from avatar.gltf.guests.sidecar import Toolchain\n"
        "tools = Toolchain(Path(sys.argv[1]), Path(sys.argv[2]))\n"
        "encode_ktx2(numpy.zeros((4, 4, 3), 'u1'), Mode.ETC1S, srgb=True, toolchain=tools)\n"
    )
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    parent = subprocess.Popen([sys.executable, "-c", program, slow.node, slow.modules], env=environment)
    until = time.monotonic() + 30
    while not (tmp_path / "child").exists() and time.monotonic() < until:
        time.sleep(0.02)
    child = int((tmp_path / "child").read_text())
    parent.kill()
    parent.wait()
    while _runs(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not _runs(child)


def test_a_full_disk_is_said(tmp_path: Path, toolchain: Toolchain, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(StorageFull):
        encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=toolchain)


def _runs(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def test_a_program_that_npm_left_without_its_executable_bit_runs(tmp_path: Path, toolchain: Toolchain) -> None:
    original = Path(basis._program(toolchain.modules)[-1])
    path = tmp_path / original.relative_to(toolchain.modules.resolve())
    path.parent.mkdir(parents=True)
    path.write_bytes(original.read_bytes())
    path.chmod(0o644)
    assert os.access(path, os.X_OK) is False
    made = encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=Toolchain(toolchain.node, tmp_path))
    assert read_ktx2(made).width == 16


def test_a_missing_program_says_what_to_do(tmp_path: Path, toolchain: Toolchain) -> None:
    with pytest.raises(SetupProblem, match="make setup"):
        encode_ktx2(pixels(16), Mode.ETC1S, srgb=True, toolchain=Toolchain(toolchain.node, tmp_path))
