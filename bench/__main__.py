"""``make bench``: the main job on the real stack, then our levels of detail beside gltfpack's.

Writes bench-out/bench.md. Figures are of this machine and this moment; quote them with both.
"""

from __future__ import annotations

import asyncio
import os
import platform
import sys
from pathlib import Path

import psutil

from bench import lods, main_job
from runtime.toolchain import toolchain

OUT = Path("bench-out")


def machine() -> str:
    """What the figures were measured on."""
    model = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    memory = psutil.virtual_memory().total / 2**30
    load = os.getloadavg()[0]
    return f"{len(os.sched_getaffinity(0))} cores of {model}, {memory:.0f} GiB, load before the run {load:.1f}"


def main() -> int:
    header = f"# Bench\n\n{machine()}\n\n## The main job: examples/ada.json, offline, three levels\n"
    measured = asyncio.run(main_job.measure(main_job.ADA.read_bytes()))
    text = "\n".join(
        [
            header,
            main_job.report(measured),
            "\n## Levels of detail beside gltfpack 1.3.0, on the same source\n",
            lods.compare(measured.source, toolchain()),
            "",
        ]
    )
    OUT.mkdir(exist_ok=True)
    (OUT / "bench.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
