"""Clients that others wrote take our models as they are: TalkingHead makes them talk, model-viewer shows them."""

from __future__ import annotations

import io
from collections.abc import Iterator

import numpy as np
import pytest
from people import a_character
from PIL import Image

from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.variants import build_variant
from avatar.human.human import make_human
from avatar.variant import Variant
from viewers.browser import Browser, complaints


@pytest.fixture(scope="module")
def browser(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(toolchain, tmp_path_factory.mktemp("clients")) as opened:
        yield opened


@pytest.fixture(scope="module")
def model(sidecar: Sidecar) -> bytes:
    return build_variant(make_human(a_character()), Variant(lod=1), sidecar).data


def drawn(png: bytes) -> float:
    """The share of a picture's pixels that show something."""
    return float((np.array(Image.open(io.BytesIO(png)).convert("RGBA"))[..., 3] > 128).mean())


def test_talkinghead_makes_it_talk_feel_and_move(browser: Browser, model: bytes) -> None:
    visemes = ["PP", "aa", "O", "FF", "E", "TH"]
    seen = browser.call(
        "talkinghead",
        "talk",
        model,
        size=(160, 220),
        visemes=["sil", "sil", *visemes],
        moods=["happy", "sad", "angry"],
        gesture="thumbup",
        pose="sitting",
        view="full",
    )
    assert "error" not in seen, seen["error"]
    assert complaints(seen) == []
    for name in visemes:
        assert seen["spoken"][f"viseme_{name}"] > 0.4, name
    assert max(seen["felt"]["happy"][name] for name in ("mouthSmile", "mouthSmileLeft")) > 0.1
    assert seen["felt"]["sad"]["mouthFrownLeft"] > 0.2 and seen["felt"]["sad"]["browInnerUp"] > 0.2
    assert seen["felt"]["angry"]["browDownLeft"] > 0.15
    assert seen["raised"] > 20 and seen["posed"] > 40  # degrees: of the forearm, of the thigh
    assert 0.01 < drawn(seen["png"]) < 0.9


def test_model_viewer_shows_it(browser: Browser, model: bytes) -> None:
    seen = browser.call("model-viewer", "show", model, size=(240, 320))
    assert "error" not in seen, seen["error"]
    assert complaints(seen) == []
    assert seen["loaded"] and seen["animations"] == []
    assert "Wolf3D_Skin" in seen["materials"]
    assert 1.4 < seen["size"][1] < 2.1  # metres
    assert 0.05 < drawn(seen["png"]) < 0.9
