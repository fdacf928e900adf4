"""One browser for many files: a page of ``pages/`` is opened, its function called with the address of a GLB."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from avatar.gltf.guests.sidecar import Toolchain

SCRIPT = Path(__file__).parent / "browser.mjs"
PATIENCE = 60.0  # seconds


class Browser:
    """Headless Chromium with software GL. A context manager, for one thread at a time."""

    def __init__(self, toolchain: Toolchain, folder: Path) -> None:
        """``folder`` is where the models lie for the time that they are looked at."""
        self._folder = folder
        browser = toolchain.modules / ".chromium"  # unpacked once, beside the package it comes from
        browser.mkdir(exist_ok=True)
        self._process = subprocess.Popen(
            [str(toolchain.node), str(SCRIPT), str(toolchain.modules), str(browser)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert json.loads(self._line()) == {"ready": True}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()

    def call(
        self, page: str, function: str, model: bytes, *, size: tuple[int, int] = (256, 384), **options: Any
    ) -> dict[str, Any]:
        """What ``function(address of model, options)`` of ``pages/<page>.html`` answers: JSON, ``error`` when it threw,
        ``said`` with what the page wrote to the console as warnings and errors. ``size`` is of the page, in pixels;
        a PNG that the function gives as a data URL in ``png`` comes back as bytes."""
        file = self._folder / "model.glb"
        file.write_bytes(model)
        question = {"page": page, "call": function, "file": str(file), "size": size, "options": options}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        seen: dict[str, Any] = json.loads(self._line())
        if "png" in seen:
            seen["png"] = base64.b64decode(seen["png"].split(",", 1)[1])
        return seen

    def look(self, model: bytes) -> dict[str, Any]:
        """What three.js says of ``model``: meshes, morphs, triangles, textures, and what moved when it was moved."""
        return self.call("three", "look", model)

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the browser ended (exit code {self._process.wait(5)})"
        return line


def complaints(seen: dict[str, Any]) -> list[str]:
    """What the page said, but for the software driver's talk of its own speed."""
    return [line for line in seen["said"] if "GL Driver Message" not in line and "GPU stall" not in line]
