"""Faces side by side: the original, ours, and both peers at the lowest target."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from avatar.picture.studio import Studio
from avatar.shot import Framing, Pose, Shot, View

ORDER = ("original", "ours", "gltfpack", "gltf-transform")
SIDE = 420  # pixels


def side_by_side(files: Mapping[str, bytes], made: Path) -> None:
    """Write one PNG: makers from left to right, the face at rest, from the side, and with its mouth open."""
    shots = (
        Shot(width=SIDE, height=SIDE, framing=Framing.FACE, pose=Pose.BIND),
        Shot(width=SIDE, height=SIDE, framing=Framing.FACE, view=View.THREE_QUARTER, pose=Pose.BIND),
        Shot(
            width=SIDE,
            height=SIDE,
            framing=Framing.FACE,
            pose=Pose.BIND,
            morphs={"jawOpen": 0.5, "mouthSmileLeft": 0.7, "mouthSmileRight": 0.7, "eyeBlinkLeft": 1.0},
        ),
    )
    sheet = Image.new("RGB", (SIDE * len(ORDER), SIDE * len(shots)))
    with Studio() as studio:
        for column, maker in enumerate(ORDER):
            studio.place(files[maker])
            for row, shot in enumerate(shots):
                sheet.paste(Image.open(io.BytesIO(studio.take(shot))).convert("RGB"), (SIDE * column, SIDE * row))
    sheet.save(made)
