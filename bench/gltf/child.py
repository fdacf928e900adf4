"""One level of ours without textures, as a process: ``python -m bench.gltf.child IN.glb OUT.glb TRIANGLES``."""

from __future__ import annotations

import sys
from pathlib import Path

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.transforms.compact import compact
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import simplify
from runtime.toolchain import toolchain


def shape(data: bytes, target: int, sidecar: Sidecar) -> Document:
    """The model with at most ``target`` triangles, its images as they were."""
    document = weld(require_sound(data, sidecar)).document
    return compact(simplify(document, target, sidecar).document, sidecar).document


def main(arguments: list[str]) -> int:
    """Read, shape, write."""
    source, made, target = arguments
    with Sidecar(toolchain()) as sidecar:
        Path(made).write_bytes(write_glb(shape(Path(source).read_bytes(), int(target), sidecar)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
