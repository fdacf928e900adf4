"""A child process that hosts the native codecs: one long-lived Node with a memory, CPU and time limit.

meshoptimizer and the glTF validator are guests. Whatever they do (crash, hang, grow, answer nonsense) costs one call,
which raises ``CodecFailed``; the next call starts a fresh child. Calls from several threads queue up.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import selectors
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import psutil
from numpy.typing import NDArray

from avatar.errors import CodecFailed, InvalidModel, SetupProblem

U32 = NDArray[np.uint32]
F32 = NDArray[np.float32]
U8 = NDArray[np.uint8]
Arrays = Mapping[str, NDArray[Any]]

_SCRIPT: Final = Path(__file__).with_name("sidecar.mjs")
_TYPES: Final[dict[str, np.dtype[Any]]] = {
    "u8": np.dtype(np.uint8),
    "u32": np.dtype(np.uint32),
    "f32": np.dtype(np.float32),
}
_TYPE_NAMES: Final = {dtype: name for name, dtype in _TYPES.items()}
_MAX_HEADER = 4 * 2**20
_STDERR_KEPT = 4000  # bytes


@dataclass(frozen=True, slots=True)
class Toolchain:
    """Where the guests live: the ``node`` program and the ``node_modules`` folder."""

    node: Path
    modules: Path


@dataclass(frozen=True, slots=True)
class Limits:
    """What one request may use. CPU seconds are what a hang costs; the wall clock only catches a child that sleeps."""

    cpu_seconds: float = 60.0
    wall_seconds: float = 180.0
    memory: int = 1536 * 2**20  # resident bytes
    heap_megabytes: int = 768  # of JavaScript objects; WebAssembly memory comes on top
    answer: int = 128 * 2**20  # bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """The header of an answer and its arrays."""

    header: Mapping[str, Any]
    arrays: Arrays


class Sidecar:
    """The child process, started by the first call. Close it, or use it in a ``with`` block.

    It ends with its parent: its input ends then. A process that was forked starts a child of its own.
    """

    def __init__(self, toolchain: Toolchain, limits: Limits | None = None) -> None:
        self._toolchain = toolchain
        self._limits = limits or Limits()
        self._lock = threading.Lock()
        self._child: _Child | None = None
        self._requests = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the child; a later call would start a new one."""
        with self._lock:
            self._drop()

    @property
    def pid(self) -> int | None:
        """Process id of the running child, for those who watch over processes."""
        child = self._child
        return child.process.pid if child else None

    def call(self, operation: str, arrays: Arrays | None = None, **options: Any) -> Reply:
        """Send one request and wait for its answer.

        Raises ``CodecFailed`` (retryable) when the child fails in any way, ``SetupProblem`` when it cannot be started.
        """
        with self._lock:
            if self._child is not None and not self._child.usable():
                self._drop()
            if self._child is None:
                self._child = _Child(self._toolchain, self._limits)
            self._requests += 1
            try:
                reply = self._child.exchange(self._requests, operation, arrays or {}, options)
            except BaseException:  # also KeyboardInterrupt: half an answer may be in the pipe
                self._drop()
                raise
            if "error" in reply.header and isinstance(reply.header["error"], str):
                self._drop()
                raise CodecFailed(f"{operation} failed: {reply.header['error'][:500]}", where="sidecar")
            return reply

    def _drop(self) -> None:
        child, self._child = self._child, None
        if child is not None:
            child.end()

    # --- the guests' work -----------------------------------------------------------------------------------------

    def simplify(
        self,
        indices: U32,
        positions: F32,
        attributes: F32,
        target_triangles: int,
        *,
        locked: NDArray[np.bool_] | None = None,
        flags: Sequence[str] = (),
    ) -> U32:
        """meshopt_simplifyWithAttributes: (t, 3) -> (t', 3), t' near ``target_triangles``; vertices stay as they are.

        ``positions`` (n, 3) and ``attributes`` (n, k <= 32); errors in attribute columns count like errors in positions
        divided by the extent of all positions. Raises ``InvalidModel`` for indices or numbers out of range.
        """
        _check_mesh(indices, positions)
        if not np.isfinite(attributes).all():
            raise InvalidModel("vertex attributes hold NaN or infinite numbers", mend="Export the model again")
        arrays: dict[str, NDArray[Any]] = {"indices": indices, "positions": positions, "attributes": attributes}
        if locked is not None:
            arrays["lock"] = locked.astype(np.uint8)
        target = min(target_triangles, len(indices)) * 3
        reply = self.call("simplify", arrays, target=target, error=1e6, flags=list(flags), width=attributes.shape[1])
        return _triangles(reply, "simplify", len(positions))

    def simplify_sloppy(self, indices: U32, positions: F32, target_triangles: int) -> U32:
        """meshopt_simplifySloppy: like ``simplify`` but blind to topology, so it always gets there."""
        _check_mesh(indices, positions)
        target = min(target_triangles, len(indices)) * 3
        reply = self.call("simplifySloppy", {"indices": indices, "positions": positions}, target=target)
        return _triangles(reply, "simplifySloppy", len(positions))

    def reorder(self, indices: U32) -> tuple[U32, NDArray[np.int64]]:
        """Triangles (t, 3) in vertex-cache order on renumbered vertices; the old number of each new vertex (n',)."""
        reply = self.call("reorder", {"indices": indices})
        count = int(indices.max()) + 1
        ordered, remap = reply.arrays["indices"].reshape(-1, 3), reply.arrays["remap"].astype(np.int64)
        used = np.unique(indices)
        places = remap[used] if len(remap) == count else np.zeros(0, np.int64)
        if ordered.shape != indices.shape or not np.array_equal(np.sort(places), np.arange(len(used))):
            raise CodecFailed("reorder answered with something that is no renumbering", where="sidecar")
        old = np.empty(len(used), np.int64)
        old[places] = used
        return ordered, old

    def validate(self, data: bytes, max_issues: int) -> Mapping[str, Any]:
        """The Khronos validator's report on a GLB: ``version`` and ``issues``."""
        reply = self.call("validate", {"data": np.frombuffer(data, np.uint8)}, maxIssues=max_issues)
        return reply.header


def _check_mesh(indices: U32, positions: F32) -> None:
    """Native code trusts indices: one out of range reads foreign memory."""
    if len(indices) == 0 or int(indices.max()) >= len(positions):
        raise InvalidModel("triangle indices reach past the vertices", mend="Export the model again")
    if not np.isfinite(positions).all():
        raise InvalidModel("vertex positions hold NaN or infinite numbers", mend="Export the model again")


def _triangles(reply: Reply, operation: str, vertices: int) -> U32:
    indices = reply.arrays["indices"]
    if indices.dtype != np.uint32 or indices.size % 3 or (indices.size and int(indices.max()) >= vertices):
        raise CodecFailed(f"{operation} answered with indices out of range", where="sidecar")
    return indices.reshape(-1, 3)


class _Child:
    """One run of the program: three non-blocking pipes and the limits on it."""

    def __init__(self, toolchain: Toolchain, limits: Limits) -> None:
        needed = ((toolchain.node, "node"), (toolchain.modules / "meshoptimizer", "the npm package meshoptimizer"))
        for path, what in needed:
            if not path.exists():
                raise SetupProblem(f"{what} is missing", where=str(path), mend="Run `make setup`")
        self._limits = limits
        self._owner = os.getpid()
        self._stderr: deque[bytes] = deque(maxlen=16)
        command = [
            str(toolchain.node),
            f"--max-old-space-size={limits.heap_megabytes}",
            "--permission",  # no writing, no children, no workers, no reading beyond the two folders
            f"--allow-fs-read={_SCRIPT.parent}",
            f"--allow-fs-read={toolchain.modules.resolve()}",
            str(_SCRIPT),
            str(toolchain.modules.resolve()),
        ]
        try:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                bufsize=0,
                env={"LANG": "C.UTF-8"},
                start_new_session=True,  # a Ctrl-C at the terminal is for the parent, which then ends its children
            )
        except OSError as error:
            detail = f"node does not start ({error})"
            raise SetupProblem(detail, where=str(toolchain.node), mend="Run `make setup`") from None
        self._watch = psutil.Process(self.process.pid)
        for pipe in self._pipes():
            os.set_blocking(pipe, False)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            resource.prlimit(self.process.pid, resource.RLIMIT_CORE, (0, 0))
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (0, 0))

    def _pipes(self) -> tuple[int, int, int]:
        process = self.process
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise CodecFailed("the child process has no pipes", where="sidecar")
        return process.stdin.fileno(), process.stdout.fileno(), process.stderr.fileno()

    def usable(self) -> bool:
        """False once it ended, and in a process that only inherited it by forking."""
        return self._owner == os.getpid() and self.process.poll() is None

    def end(self) -> None:
        """Kill and reap it; in a forked process only close the inherited pipes."""
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        if self._owner == os.getpid():
            self.process.kill()
            self.process.wait()

    def exchange(self, number: int, operation: str, arrays: Arrays, options: Mapping[str, Any]) -> Reply:
        """One request, one answer, within the limits."""
        chunks = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
        parts = [
            {"name": name, "type": _TYPE_NAMES[array.dtype], "bytes": array.nbytes} for name, array in chunks.items()
        ]
        header = json.dumps({**options, "id": number, "op": operation, "parts": parts}).encode()
        lengths = struct.pack("<II", len(header), sum(array.nbytes for array in chunks.values()))
        outgoing = [memoryview(lengths + header)]
        outgoing += [memoryview(array.tobytes()) for array in chunks.values() if array.nbytes]
        answer = _Answer(self._limits.answer)
        self._allow_cpu()
        self._transfer(operation, outgoing, answer)
        return answer.reply(number)

    def _allow_cpu(self) -> None:
        """Let the kernel end the child when this request burns more than its share, even if we are gone by then."""
        with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
            times = self._watch.cpu_times()
            until = int(times.user + times.system + self._limits.cpu_seconds) + 1
            resource.prlimit(self.process.pid, resource.RLIMIT_CPU, (until, resource.RLIM_INFINITY))

    def _transfer(self, operation: str, outgoing: list[memoryview], answer: _Answer) -> None:
        stdin, stdout, stderr = self._pipes()
        deadline = time.monotonic() + self._limits.wall_seconds
        with selectors.DefaultSelector() as selector:
            selector.register(stdin, selectors.EVENT_WRITE)
            selector.register(stdout, selectors.EVENT_READ)
            selector.register(stderr, selectors.EVENT_READ)
            while not answer.complete:
                left = deadline - time.monotonic()
                if left <= 0:
                    raise self._failure(operation, f"gave no answer for {self._limits.wall_seconds:g} s")
                for key, _ in selector.select(min(left, 0.1)):
                    if key.fd == stdin:
                        if not self._write(operation, stdin, outgoing):
                            selector.unregister(stdin)
                    elif not self._read(operation, key.fd, stdout, answer):
                        selector.unregister(key.fd)
                self._check_memory(operation)

    def _write(self, operation: str, stdin: int, outgoing: list[memoryview]) -> bool:
        """Send what the pipe takes; False when all is sent."""
        try:
            sent = os.write(stdin, outgoing[0][: 2**20])
        except BlockingIOError:
            return True
        except OSError:
            raise self._failure(operation, "ended") from None
        outgoing[0] = outgoing[0][sent:]
        if not outgoing[0]:
            outgoing.pop(0)
        return bool(outgoing)

    def _read(self, operation: str, pipe: int, stdout: int, answer: _Answer) -> bool:
        """Take what the pipe holds; False when it ended."""
        try:
            data = os.read(pipe, 2**20)
        except BlockingIOError:
            return True
        if pipe != stdout:
            self._stderr.append(data[-_STDERR_KEPT:])
            return bool(data)
        if not data:
            raise self._failure(operation, "ended")
        answer.take(data)
        return True

    def _check_memory(self, operation: str) -> None:
        try:
            used = self._watch.memory_info().rss
        except psutil.Error:
            return  # it ended: the pipe will say so
        if used > self._limits.memory:
            raise self._failure(operation, f"used {used >> 20} MB, over its {self._limits.memory >> 20} MB")

    def _failure(self, operation: str, what: str) -> CodecFailed:
        """The error, with how the child ended and the last it said on stderr."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(0.2 if what == "ended" else 0)
        with contextlib.suppress(OSError):
            self._stderr.append(os.read(self._pipes()[2], _STDERR_KEPT))
        code = self.process.returncode
        ending = "" if code is None else f" (exit code {code})" if code >= 0 else f" (signal {-code})"
        said = b"".join(self._stderr)[-_STDERR_KEPT:].decode(errors="replace").strip()
        return CodecFailed(
            f"the codec process {what}{ending} during {operation}", where="sidecar", stderr=said, exit_code=code
        )


class _Answer:
    """Puts an answer together from what the pipe delivers."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._data = bytearray()
        self._total: int | None = None

    @property
    def complete(self) -> bool:
        return self._total is not None and len(self._data) >= self._total

    def take(self, data: bytes) -> None:
        self._data += data
        if self._total is None and len(self._data) >= 8:
            header, payload = struct.unpack_from("<II", self._data)
            if header > _MAX_HEADER or payload > self._limit:
                raise CodecFailed("the codec process sent a frame that is too long", where="sidecar")
            self._total = 8 + header + payload

    def reply(self, number: int) -> Reply:
        """The parsed answer; raises ``CodecFailed`` unless it is exactly the answer to request ``number``."""
        length = struct.unpack_from("<I", self._data)[0]
        try:
            header = json.loads(self._data[8 : 8 + length])
            offset = 8 + length
            arrays: dict[str, NDArray[Any]] = {}
            for part in header.pop("parts"):
                end = offset + part["bytes"]
                dtype: np.dtype[Any] = _TYPES[part["type"]]
                arrays[part["name"]] = np.frombuffer(bytes(self._data[offset:end]), dtype)
                offset = end
            if header.pop("id") != number or offset != len(self._data):
                raise ValueError("out of step")
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise CodecFailed(f"the codec process sent a broken frame ({error})", where="sidecar") from None
        return Reply(header, arrays)
