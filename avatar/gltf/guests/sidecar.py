"""A child process that hosts the native codecs: one long-lived Node with a memory, CPU and time limit.

Whatever its guests do (crash, hang, grow, answer nonsense) costs one call,
which raises ``CodecFailed``; the next call starts a fresh child. Calls from several threads queue up.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import resource
import selectors
import struct
import subprocess
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import numpy as np
import psutil
from numpy.typing import NDArray

from avatar.errors import CodecFailed, SetupProblem

Arrays = Mapping[str, NDArray[Any]]

_SCRIPT: Final = Path(__file__).with_name("host.mjs")
_TYPES: Final[dict[str, np.dtype[Any]]] = {
    "i8": np.dtype(np.int8),
    "u8": np.dtype(np.uint8),
    "i16": np.dtype(np.int16),
    "u16": np.dtype(np.uint16),
    "i32": np.dtype(np.int32),
    "u32": np.dtype(np.uint32),
    "f32": np.dtype(np.float32),
}
_TYPE_NAMES: Final = {dtype: name for name, dtype in _TYPES.items()}
_MAX_HEADER = 4 * 2**20
_STDERR_KEPT = 4000  # bytes
_PIPE = 2**20  # bytes: a system gives no more to most users


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
    def toolchain(self) -> Toolchain:
        """Where the guests live, for those that are programs of their own."""
        return self._toolchain

    @property
    def pid(self) -> int | None:
        """Process id of the running child, for those who watch over processes."""
        child = self._child
        return child.process.pid if child else None

    def call(self, operation: str, arrays: Arrays | None = None, **options: Any) -> Reply:
        """Send one request to ``operation`` ("guest.verb") and wait for its answer.

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
            with contextlib.suppress(OSError):  # a user may hold few such pipes; small ones only take longer
                fcntl.fcntl(pipe, fcntl.F_SETPIPE_SZ, _PIPE)
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
        outgoing += [array.reshape(-1).view(np.uint8).data for array in chunks.values() if array.nbytes]
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
