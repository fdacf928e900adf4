"""``python -m gallery [SHEET ...] [--out FOLDER]``: contact sheets, all of them unless some are named."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from avatar.picture import Studio
from gallery.paper import save
from gallery.sheets import SHEETS
from runtime.toolchain import toolchain
from viewers.browser import Browser

OUT = Path("docs/images/gallery")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("sheets", nargs="*", metavar="SHEET", help=", ".join(SHEETS))
    parser.add_argument("--out", type=Path, default=OUT)
    arguments = parser.parse_args()
    unknown = [name for name in arguments.sheets if name not in SHEETS]
    if unknown:
        parser.error(f"there is no sheet {', '.join(unknown)}; known are {', '.join(SHEETS)}")
    arguments.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, Studio() as studio, Browser(toolchain(), Path(folder)) as browser:
        for name in arguments.sheets or SHEETS:
            start = time.perf_counter()
            paper = SHEETS[name](studio, browser)
            save(paper, arguments.out / f"{name}.jpg")
            print(f"{name}: {paper.width} x {paper.height}, {time.perf_counter() - start:.0f} s", flush=True)


if __name__ == "__main__":
    main()
