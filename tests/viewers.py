"""three.js in headless Chromium: a reader that is not ours loads a GLB, moves its face and an arm, and tells of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from avatar.gltf.guests.sidecar import Toolchain

SCRIPT = Path(__file__).parent / "viewer" / "viewer.mjs"
PATIENCE = 60.0  # seconds


class Viewer:
    """One browser for many files. ``look`` takes the bytes of a GLB and gives back what the page saw."""

    def __init__(self, toolchain: Toolchain, folder: Path) -> None:
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

    def look(self, glb: bytes, picture: Path | None = None) -> dict[str, Any]:
        """What three.js says of ``glb``: meshes, morphs, triangles, textures; ``error`` when it does not load."""
        file = self._folder / "model.glb"
        file.write_bytes(glb)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"file": str(file), "picture": str(picture) if picture else None}) + "\n")
        self._process.stdin.flush()
        seen: dict[str, Any] = json.loads(self._line())
        return seen

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"the browser ended (exit code {self._process.wait(5)})"
        return line
