"""@pixiv/three-vrm: a reader that is not ours takes our VRM, makes its faces and lets its hair swing."""

from __future__ import annotations

import pytest
from people import a_character

from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.variants import build_variant
from avatar.human.human import make_human
from avatar.variant import ModelFormat, Variant
from viewers.browser import Browser, complaints


@pytest.mark.parametrize("style", ["realistic", "anime"])
def test_three_vrm_reads_and_moves_it(
    style: str, sidecar: Sidecar, toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    human = make_human(a_character(style=style))
    made = build_variant(human, Variant(lod=1, format=ModelFormat.VRM), sidecar)
    with Browser(toolchain, tmp_path_factory.mktemp("vrm")) as browser:
        seen = browser.call("vrm", "look", made.data, size=(240, 320), width=240, height=320)
    assert "error" not in seen, seen["error"]
    assert complaints(seen) == []
    assert seen["vrm"] and seen["meta"]["metaVersion"] == "1"
    assert len(seen["bones"]) == 54
    for name in ("happy", "angry", "sad", "surprised", "aa", "ou", "oh", "blink"):
        assert seen["moved"][name] > 150, name  # of 76,800 pixels
    assert 10 < seen["gaze"] < 25  # degrees, at something far to the side
    assert ("MToonMaterial" in seen["materials"] or "ShaderMaterial" in seen["materials"]) == (style == "anime")
