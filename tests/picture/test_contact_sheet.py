"""The sheet that people look at avatars with."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from avatar.picture import Framing, Pose, View
from tools.contact_sheet import main, shot_of


def test_cells_are_views_heads_or_morphs() -> None:
    assert shot_of("bind", 32, 48).pose is Pose.BIND
    assert (shot_of("back", 32, 48).framing, shot_of("back", 32, 48).view) == (Framing.FULL_BODY, View.BACK)
    side = shot_of("face_side", 32, 48)
    assert (side.framing, side.view, side.width, side.height) == (Framing.FACE, View.SIDE, 32, 48)
    assert shot_of("jawOpen+mouthSmile", 32, 48).morphs == {"jawOpen": 1.0, "mouthSmile": 1.0}


def test_a_sheet_has_every_cell_of_every_avatar(man: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "man.glb").write_bytes(man)
    out, glb = str(tmp_path / "sheet.png"), str(tmp_path / "man.glb")
    arguments = [out, glb, glb, "--cells", "front,side,portrait", "--cell", "48x64", "--columns", "2"]
    monkeypatch.setattr("sys.argv", ["contact_sheet", *arguments])
    main()
    sheet = Image.open(out)
    assert sheet.size == (2 * 48, 4 * 64)
    for left, top in ((0, 0), (48, 0), (0, 64), (0, 128), (48, 128), (0, 192)):
        assert len(sheet.crop((left, top + 16, left + 48, top + 64)).getcolors(4000) or []) > 3
    assert sheet.crop((48, 64, 96, 128)).getcolors() == [(48 * 64, (0xD5, 0xD9, 0xDE))]
