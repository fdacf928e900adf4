"""Avatars at a glance: GLB files in, one PNG sheet out.

    python -m tools.contact_sheet OUT.png A.glb [B.glb ...] [--cells front,side,face,viseme_aa,...] [--cell 320x480]

Each avatar's cells follow one another, ``--columns`` a row; with one cell each, the avatars do. A cell is a view
(front, three_quarter, side, back; bind shows the T-pose), a head view (portrait, face, face_three_quarter, face_side,
face_back), or any morph target's name, shown on the face; several morphs joined by + show together.
"""

from __future__ import annotations

import argparse
import io
from pathlib import Path

from PIL import Image, ImageDraw

from avatar.picture import Framing, Pose, Shot, Studio, View

DEFAULT_CELLS = "front,side,back,portrait,face,face_three_quarter,viseme_aa,viseme_PP,eyesClosed,mouthSmile"


def shot_of(cell: str, width: int, height: int) -> Shot:
    size = {"width": width, "height": height}
    views = {view.value: view for view in View}
    if cell == "bind":
        return Shot(**size, pose=Pose.BIND)
    if cell in views:
        return Shot(**size, view=views[cell])
    for framing in (Framing.PORTRAIT, Framing.FACE):
        if cell == framing.value:
            return Shot(**size, framing=framing)
        if cell.startswith(framing.value + "_") and cell.removeprefix(framing.value + "_") in views:
            return Shot(**size, framing=framing, view=views[cell.removeprefix(framing.value + "_")])
    return Shot(**size, framing=Framing.FACE, morphs=dict.fromkeys(cell.split("+"), 1.0))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("glb", type=Path, nargs="+")
    parser.add_argument("--cells", default=DEFAULT_CELLS)
    parser.add_argument("--cell", default="320x480", help="pixels of one cell, WIDTHxHEIGHT")
    parser.add_argument("--columns", type=int, default=5)
    parser.add_argument("--plain", action="store_true", help="no labels")
    arguments = parser.parse_args()
    cells = arguments.cells.split(",")
    width, height = map(int, arguments.cell.split("x"))
    flowing = len(cells) == 1  # one cell an avatar: they share the rows
    columns = min(arguments.columns, len(arguments.glb) if flowing else len(cells))
    stride = 1 if flowing else columns * -(-len(cells) // columns)  # places from one avatar to the next
    rows = -(-stride * len(arguments.glb) // columns)
    sheet = Image.new("RGB", (width * columns, height * rows), "#d5d9de")
    write = ImageDraw.Draw(sheet)
    with Studio() as studio:
        for number, path in enumerate(arguments.glb):
            studio.place(path.read_bytes())
            for index, cell in enumerate(cells):
                picture = Image.open(io.BytesIO(studio.take(shot_of(cell, width, height))))
                row, column = divmod(number * stride + index, columns)
                corner = column * width, row * height
                sheet.paste(picture.convert("RGB"), corner)
                if not arguments.plain:
                    label = f"{path.stem}: {cell}" if index == 0 else cell
                    write.text((corner[0] + 6, corner[1] + 4), label, fill="#30343a")
    sheet.save(arguments.out)


if __name__ == "__main__":
    main()
