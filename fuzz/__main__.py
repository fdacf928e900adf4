"""``make fuzz [N=5000] [SEED=1] [FILES="a.glb b.glb"]``: break files and see what the reader makes of them.

Without FILES it breaks small ones of its own; real avatars find more. Ends with code 1 when something was found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from fuzz.run import run


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("files", nargs="*", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        files = [file.resolve() for file in asked.files] or _small_files(Path(folder))
        result = run(files, asked.count, asked.seed)
    print(f"{result.count:,} files: {dict(result.outcomes)}; errors {dict(result.errors)}")
    print(f"reader at most {result.slowest:.2f} s of CPU and {result.largest} MB; building {result.largest_build} MB")
    for kind, entries in (("finding", result.findings), ("doubt", result.doubts)):
        for entry in entries:
            print(kind, json.dumps(entry))
    return 1 if result.findings else 0


def _small_files(folder: Path) -> list[Path]:
    from fuzz.sources import sources  # needs tests/gltf on the path, which ``make fuzz`` sees to

    return sources(folder)


if __name__ == "__main__":
    sys.exit(main())
