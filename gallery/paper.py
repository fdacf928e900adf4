"""Pictures with captions on one sheet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

from PIL import Image, ImageDraw

GROUND: Final = "#d5d9de"
INK: Final = "#30343a"
QUALITY: Final = 85


def sheet(cells: Iterable[tuple[str, Image.Image]], columns: int) -> Image.Image:
    """Cells of one size, row by row, each with its caption in the upper left corner."""
    pictures = list(cells)
    width, height = pictures[0][1].size
    rows = -(-len(pictures) // columns)
    paper = Image.new("RGB", (width * min(columns, len(pictures)), height * rows), GROUND)
    write = ImageDraw.Draw(paper)
    for number, (caption, picture) in enumerate(pictures):
        corner = number % columns * width, number // columns * height
        paper.paste(picture.convert("RGB"), corner)
        write.text((corner[0] + 6, corner[1] + 4), caption, fill=INK)
    return paper


def save(paper: Image.Image, path: Path) -> None:
    """As JPEG, which is a tenth of the PNG."""
    paper.save(path, "JPEG", quality=QUALITY, optimize=True)


def cut(strip: Image.Image, count: int) -> Sequence[Image.Image]:
    """A strip of ``count`` pictures side by side, taken apart."""
    width = strip.width // count
    return [strip.crop((number * width, 0, (number + 1) * width, strip.height)) for number in range(count)]
