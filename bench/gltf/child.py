"""One level of ours as a process: ``python -m bench.gltf.child IN.glb OUT.glb LEVEL ROUNDS``.

The level is packed with meshopt and checked as the product does it. With rounds it is made again so often, now that
all is warm, and the best seconds are said: with all checks; without them, both of a model that the process does not
know; and with all checks, right after another level of the same model.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.model.document import Document, write_glb
from avatar.gltf.pipeline import run_steps
from avatar.gltf.sources import forget, source_of
from avatar.gltf.transforms.compact import compact
from avatar.gltf.transforms.reindex import weld
from avatar.gltf.transforms.simplify import simplify
from avatar.gltf.variants import Kit, build_variant, dressing, packing, reducing
from avatar.variant import Compression, Variant
from runtime.toolchain import toolchain

OTHER: Final = {0: 1, 1: 0, 2: 1}  # which level was made before one that comes after another


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
    source = source_of(data, sidecar)
    steps = (*reducing(source, variant, kit), *dressing(variant, kit), *packing(variant, kit))
    return write_glb(run_steps(source.document, steps)[0])


def _best(make: Callable[[], object], rounds: int, before: Callable[[], object]) -> float:
    """The least seconds of ``make``, right after ``before``."""
    best = float("inf")
    for _ in range(rounds):
        before()
        start = time.perf_counter()
        make()
        best = min(best, time.perf_counter() - start)
    return best


def main(arguments: list[str]) -> int:
    """Read, make, write; then again, for the clock."""
    source, made, number, rounds = arguments
    level, data = int(number), Path(source).read_bytes()
    with Sidecar(toolchain()) as sidecar:
        Path(made).write_bytes(checked(data, level, sidecar))

        def another() -> None:
            forget()
            checked(data, OTHER[level], sidecar)

        clocks = ((checked, forget), (unchecked, forget), (checked, another))
        if int(rounds):
            print(*(_best(partial(make, data, level, sidecar), int(rounds), before) for make, before in clocks))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
