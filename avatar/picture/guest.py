"""The pipe to the guest process: framed messages, a deadline, a memory ceiling."""

from __future__ import annotations

import contextlib
import json
import struct
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from typing import Any, BinaryIO, cast

import psutil

from avatar.errors import CodecFailed, InvalidModel, PictureUnavailable

FRAME = struct.Struct("<II")
CHILD = Path(__file__).with_name("child.py")
ADDRESS_SPACE_BYTES = 6 << 30  # Mesa and LLVM map 1.7 GB for an ordinary avatar; the backstop behind the ceiling below
RESIDENT_BYTES = 1 << 30
WATCH_SECONDS = 0.05
APT_LINE = "apt-get install -y libegl1 libgl1 libgl1-mesa-dri"


class Guest:
    """One guest process. After any CodecFailed it is dead; make a new one."""

    def __init__(self, *, timeout: float, resident_bytes: int = RESIDENT_BYTES) -> None:
        self.timeout = timeout
        self.resident_bytes = resident_bytes
        self.log = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the guest; close() closes it
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(CHILD), str(ADDRESS_SPACE_BYTES)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.log,
        )

    def ask(self, request: dict[str, Any], payload: bytes = b"") -> tuple[dict[str, Any], bytes]:
        """Send one request and wait for its answer.

        Raises PictureUnavailable when the machine cannot render, InvalidModel when the renderer refuses the file,
        CodecFailed when the guest died, took too long or grew too large.
        """
        overrun: list[str] = []
        done = threading.Event()
        watcher = threading.Thread(target=self.watch, args=(done, overrun), daemon=True)
        watcher.start()
        try:
            reply, image = self.exchange(request, payload)
        except (OSError, EOFError, ValueError) as error:
            self.process.kill()
            self.process.wait()
            reason = overrun[0] if overrun else f"it ended with code {self.process.returncode}"
            raise CodecFailed(f"the renderer stopped: {reason}. {self.last_words()}".strip()) from error
        finally:
            done.set()
            watcher.join()
        if reply["ok"]:
            return reply, image
        detail = f"{reply['detail']}"
        if reply["kind"] == "unavailable":
            raise PictureUnavailable(detail, mend=f"Install what Filament needs: {APT_LINE}.")
        if reply["kind"] == "AssetError":
            raise InvalidModel(f"the renderer cannot read the file: {detail}")
        raise CodecFailed(f"the renderer failed: {reply['kind']}: {detail}")

    def exchange(self, request: dict[str, Any], payload: bytes) -> tuple[dict[str, Any], bytes]:
        text = json.dumps(request).encode()
        sink, source = cast(BinaryIO, self.process.stdin), cast(BinaryIO, self.process.stdout)
        sink.write(FRAME.pack(len(text), len(payload)))
        sink.write(text)
        sink.write(payload)
        sink.flush()
        head, body = FRAME.unpack(exactly(source, FRAME.size))
        return json.loads(exactly(source, head)), exactly(source, body)

    def watch(self, done: threading.Event, overrun: list[str]) -> None:
        """Kill the guest when it takes too long or too much; the blocked reader then sees the end of the pipe."""
        waited = 0.0
        while not done.wait(WATCH_SECONDS):
            waited += WATCH_SECONDS
            try:
                resident = psutil.Process(self.process.pid).memory_info().rss
            except psutil.Error:
                return
            if waited > self.timeout:
                overrun.append(f"no answer in {self.timeout:g} s")
            elif resident > self.resident_bytes:
                overrun.append(f"it took {resident >> 20} MB of memory, {self.resident_bytes >> 20} MB are allowed")
            if overrun:
                self.process.kill()
                return

    def last_words(self) -> str:
        """The last line the guest wrote to its log."""
        self.log.seek(0)
        lines = [line for line in self.log.read().decode("utf-8", "replace").splitlines() if line.strip()]
        return f"Its last words: {lines[-1].strip()[:300]}" if lines else ""

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):  # a broken pipe with unsent bytes
                    stream.close()
        self.log.close()


def exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) != size:
        raise EOFError
    return data
