"""``make bench-gltf``: writes bench-out/gltf.md and pictures of faces. Ends with 1 where a peer is better.

``python -m bench.gltf NAME ...`` measures these avatars only.
"""

from __future__ import annotations

import sys
from pathlib import Path

from avatar.gltf.guests.sidecar import Sidecar
from avatar.variant import TextureFormat
from bench.gltf import corpus, levels
from bench.gltf.pictures import side_by_side
from bench.gltf.report import Measured, cost_table, error_table, faults, measure
from bench.machine import machine
from runtime.toolchain import toolchain

OUT = Path("bench-out")
PICTURED = ("readyplayerme", "valid", "ada")


def main(names: list[str]) -> int:
    """Measure, print, write."""
    tools = toolchain()
    found, missing = corpus.foreign()
    avatars = found | corpus.ours()
    rows: list[Measured] = []
    OUT.mkdir(exist_ok=True)
    with Sidecar(tools) as sidecar:
        for name, data in avatars.items():
            if names and name not in names:
                continue
            measured, files = measure(name, data, tools, sidecar)
            rows += measured
            if name in PICTURED:
                side_by_side(files, OUT / f"gltf-{name}.png")
            print(error_table(measured), flush=True)
        whole = levels.specimen(avatars["ada"], sidecar)
    made = [levels.measure(whole, kind) for kind in (TextureFormat.JPEG, TextureFormat.KTX2)]
    problems = [fault for row in rows for fault in faults(row)]
    text = "\n".join(
        [
            f"# Bench of levels of detail\n\n{machine()}\n",
            *(f"- {sentence}" for sentence in missing),
            "\n## Distance from the original, posed and with a moving face: mean / 99th percentile / Hausdorff, mm\n",
            error_table(rows),
            "\n## What it costs\n",
            cost_table(rows),
            "\n## Three levels with textures, meshopt, validated: 18,000 triangles, 4 images of 1024 px\n",
            "| images | s | KiB of LOD0, LOD1, LOD2 | peak MB: mesh processes | their codecs | their KTX2 encoders |",
            "|---|---|---|---|---|---|",
            *map(_line, made),
            "\n## Where a peer is better\n",
            *([f"- {problem}" for problem in problems] or ["Nowhere."]),
            "",
        ]
    )
    (OUT / "gltf.md").write_text(text)
    print(text)
    return 1 if problems else 0


def _line(made: levels.Levels) -> str:
    sizes = ", ".join(f"{size / 1024:,.0f}" for size in made.bytes)
    peaks = [
        ", ".join(f"{size:.0f}" for size in sizes)
        for sizes in zip(*((peak.python, peak.codecs, peak.encoder) for peak in made.peaks), strict=True)
    ]
    return f"| {made.format.value} | {made.seconds:.2f} | {sizes} | {' | '.join(peaks)} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
