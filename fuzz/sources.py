"""Small sound files of every kind that the reader takes, to be broken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from specimens import figure  # of tests/gltf, which ``make fuzz`` puts on the path
from vrm_specimens import vrm_0, vrm_1

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod
from avatar.gltf.model.document import write_glb
from avatar.gltf.transforms.meshopt import compress_meshopt
from avatar.gltf.transforms.quantize import quantize
from runtime.toolchain import toolchain


def sources(folder: Path) -> list[Path]:
    """Files of a few KB to 100 KB, written into ``folder``: plain, unskinned, VRM of both kinds, sparse, compressed."""
    made: list[Path] = []
    for name, data in _files():
        made.append(folder / f"{name}.glb")
        made[-1].write_bytes(data)
    return made


def _files() -> Iterator[tuple[str, bytes]]:
    small = figure(4, texture=16)
    yield "figure", small
    yield "bare", figure(4, texture=16, skinned=False, indexed=False)
    yield "vrm0", vrm_0(small)
    yield "vrm1", vrm_1(small)
    with Sidecar(toolchain()) as sidecar:
        level = build_lod(figure(8, texture=16), 0, sidecar).data
        yield "level", level
        quantized = quantize(require_sound(level)).document
        yield "quantized", write_glb(quantized)
        yield "meshopt", write_glb(compress_meshopt(quantized, sidecar).document)
