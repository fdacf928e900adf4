"""``make bench``: the main job on the real stack, our levels of detail beside gltfpack's, changes, bursts.

Writes bench-out/bench.md. Figures are of this machine and this moment; quote them with both.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from bench import burst, customize, main_job, polls, variants
from bench.gltf import report as levels
from bench.machine import machine
from runtime.toolchain import toolchain

OUT = Path("bench-out")


def main() -> int:
    header = f"# Bench\n\n{machine()}\n\n## The main job: examples/ada.json, offline, three levels\n"
    measured = asyncio.run(main_job.measure(main_job.ADA.read_bytes()))
    text = "\n".join(
        [
            header,
            main_job.report(measured),
            "\n## Levels of detail beside gltfpack and glTF-Transform, on the same source\n",
            levels.compare(measured.source, toolchain()),
            "\n## A change of colours\n",
            customize.report(asyncio.run(customize.measure())),
            "\n## Twenty generations at once\n",
            burst.report(asyncio.run(burst.measure())),
            "\n## Five hundred status polls a second\n",
            polls.report(asyncio.run(polls.measure())),
            "\n## Variants by address\n",
            variants.report(asyncio.run(variants.measure())),
            "",
        ]
    )
    OUT.mkdir(exist_ok=True)
    (OUT / "bench.md").write_text(text)
    print(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
