"""People at random: seconds and size of the source model, and whether every budget of the three levels holds.

``python -m bench.humans [COUNT]``: 100 unless said. One core: numpy's threads are off, one person after the other.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from avatar.errors import GenerationFailed
from avatar.gltf.gate.inspect import inspect
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.variants import LEVELS, build_variant
from avatar.human.human import make_human, warm_up
from avatar.variant import Compression, Variant
from gallery.anyone import anyone
from runtime.toolchain import toolchain

LIMITS = (2_000_000, 700_000, 250_000)  # bytes of a level, meshopt and JPEG
CALLS = (14, 14, 2)
SECONDS = 3.0  # of the source model


@dataclass(frozen=True, slots=True)
class Person:
    """One of them."""

    seed: int
    seconds: float
    source: int  # bytes
    triangles: int
    bytes: tuple[int, ...]  # of each level
    level_triangles: tuple[int, ...]
    calls: tuple[int, ...]

    @property
    def faults(self) -> list[str]:
        """What is over its limit."""
        found = [f"source {self.seconds:.1f} s"] if self.seconds > SECONDS else []
        for at, level in enumerate(LEVELS):
            if self.bytes[at] > LIMITS[at]:
                found.append(f"LOD{at} {self.bytes[at]:,} bytes")
            if self.level_triangles[at] > level.triangles:
                found.append(f"LOD{at} {self.level_triangles[at]:,} triangles")
            if self.calls[at] > CALLS[at]:
                found.append(f"LOD{at} {self.calls[at]} draw calls")
        return found


def measure(seed: int, sidecar: Sidecar) -> Person:
    """One person, all levels. Raises GenerationFailed when a level has errors."""
    character = anyone(seed)
    start = time.perf_counter()
    model = make_human(character)
    seconds = time.perf_counter() - start
    reports = [
        build_variant(model, Variant(lod=lod, compression=Compression.MESHOPT), sidecar).report
        for lod in range(len(LEVELS))
    ]
    return Person(
        seed,
        seconds,
        len(model),
        inspect(model).triangles,
        tuple(report.bytes for report in reports),
        tuple(report.triangles for report in reports),
        tuple(report.draw_calls for report in reports),
    )


def table(people: Sequence[Person], peak: float) -> str:
    """Medians and worst, for people."""
    rows = ["| figure | median | worst | limit |", "|---|---|---|---|"]

    def row(name: str, values: Sequence[float], limit: str, show: str) -> None:
        ordered = sorted(values)
        rows.append(f"| {name} | {ordered[len(ordered) // 2]:{show}} | {ordered[-1]:{show}} | {limit} |")

    row("source model, s", [person.seconds for person in people], "3", ".2f")
    row("its triangles", [person.triangles for person in people], "", ",")
    for at in range(len(LEVELS)):
        row(f"LOD{at}, KB (meshopt, JPEG)", [p.bytes[at] / 1000 for p in people], f"{LIMITS[at] / 1000:,.0f}", ",.0f")
        row(f"LOD{at}, triangles", [p.level_triangles[at] for p in people], f"{LEVELS[at].triangles:,}", ",")
        row(f"LOD{at}, draw calls", [p.calls[at] for p in people], str(CALLS[at]), "d")
    rows.append(f"| peak of the process, MB | | {peak:,.0f} | 500 |")
    return "\n".join(rows)


def main(arguments: Sequence[str]) -> int:
    """Measure, print; 1 when somebody is over a limit or cannot be made."""
    count = int(arguments[0]) if arguments else 100
    warm_up()
    people, wrong = [], 0
    with Sidecar(toolchain()) as sidecar:
        for seed in range(count):
            try:
                person = measure(seed, sidecar)
            except GenerationFailed as error:
                wrong += 1
                print(f"{seed}: {error}", flush=True)
                continue
            people.append(person)
            if person.faults:
                wrong += 1
                print(f"{seed}: {', '.join(person.faults)}", flush=True)
    peak = psutil.Process().memory_info().rss / 1e6
    print(table(people, peak))
    print(f"\n{len(people)} people, {wrong} over a limit")
    return 1 if wrong else 0


if __name__ == "__main__":
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":  # read when numpy is loaded, so before all
        os.environ["OPENBLAS_NUM_THREADS"] = "1"
        os.execv(sys.executable, [sys.executable, "-m", "bench.humans", *sys.argv[1:]])
    sys.exit(main(sys.argv[1:]))
