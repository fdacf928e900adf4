"""One level of ours as a process: ``python -m bench.gltf.child IN.glb OUT.glb LEVEL ROUNDS``.

The level is packed with meshopt and checked as the product does it. With rounds it is made again so often, now that
all is warm, and the best seconds are said: with all checks, and without them.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.pipeline import run_steps
from avatar.gltf.transforms.compact import compact
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import simplify
from avatar.gltf.variants import PREPARING, Kit, build_variant, dressing, packing, reducing
from avatar.variant import Compression, Variant
from runtime.toolchain import toolchain


def shape(data: bytes, target: int, sidecar: Sidecar) -> Document:
    """The model with at most ``target`` triangles, its images as they were."""
    document = weld(require_sound(data, sidecar)).document
    return compact(simplify(document, target, sidecar).document, sidecar).document


def checked(data: bytes, level: int, sidecar: Sidecar) -> bytes:
    """What the product makes: the result is held against the source, inspected and validated, plain and packed."""
    return build_variant(data, Variant(lod=level, compression=Compression.MESHOPT), sidecar).data


def unchecked(data: bytes, level: int, sidecar: Sidecar) -> bytes:
    """The same bytes, by the same steps; nobody looks at them. The source is checked: it comes from anywhere."""
    variant, kit = Variant(lod=level, compression=Compression.MESHOPT), Kit(sidecar)
    steps = (*PREPARING, *reducing(variant, kit), *dressing(variant, kit), *packing(variant, kit))
    return write_glb(run_steps(require_sound(data, sidecar), steps)[0])


def _best(
    make: Callable[[bytes, int, Sidecar], bytes], data: bytes, level: int, sidecar: Sidecar, rounds: int
) -> float:
    best = float("inf")
    for _ in range(rounds):
        start = time.perf_counter()
        make(data, level, sidecar)
        best = min(best, time.perf_counter() - start)
    return best


def main(arguments: list[str]) -> int:
    """Read, make, write; then again, for the clock."""
    source, made, number, rounds = arguments
    level, data = int(number), Path(source).read_bytes()
    with Sidecar(toolchain()) as sidecar:
        Path(made).write_bytes(checked(data, level, sidecar))
        if int(rounds):
            times = (_best(make, data, level, sidecar, int(rounds)) for make in (checked, unchecked))
            print(*times)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
