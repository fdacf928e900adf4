"""Variants through the eyes of three.js: every file loads, shows the same figure, moves its face and its arm."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from people import a_character

from avatar.gltf.encoded import EncodedImages
from avatar.gltf.gate.inspect import inspect
from avatar.gltf.guests.sidecar import Sidecar, Toolchain
from avatar.gltf.variants import build_variant
from avatar.human.human import make_human
from avatar.variant import Channel, Compression, RestPose, TextureFormat, Variant
from viewers.browser import Browser, complaints

WHOLE = Variant(lod=2, texture_format=TextureFormat.KTX2, compression=Compression.MESHOPT)
VARIANTS = {
    "LOD 0 as published": Variant(),
    "LOD 2, meshopt": Variant(lod=2, compression=Compression.MESHOPT),
    "LOD 2, Draco": Variant(lod=2, compression=Compression.DRACO),
    "LOD 2, meshopt, KTX2": WHOLE,
    "LOD 2, WebP": Variant(lod=2, texture_format=TextureFormat.WEBP),
    "LOD 2, PNG, A-pose": Variant(lod=2, texture_format=TextureFormat.PNG, pose=RestPose.A),
    "LOD 2, one colour map": Variant(lod=2, channels=(Channel.BASE_COLOR,)),
    "LOD 2, two morphs": Variant(lod=2, morphs=("jawOpen", "mouthSmile"), compression=Compression.MESHOPT),
    "LOD 2, atlas": Variant(lod=2, atlas=512),
    "LOD 2, atlas, meshopt, KTX2": WHOLE.model_copy(update={"atlas": 256}),
}


@pytest.fixture(scope="module")
def viewer(toolchain: Toolchain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with Browser(toolchain, tmp_path_factory.mktemp("viewer")) as opened:
        yield opened


@pytest.fixture(scope="module")
def human() -> bytes:
    return make_human(a_character())


@pytest.fixture(scope="module")
def encoded(tmp_path_factory: pytest.TempPathFactory) -> EncodedImages:
    return EncodedImages(tmp_path_factory.mktemp("images"), 2**26)


@pytest.mark.parametrize("name", VARIANTS)
def test_three_js_shows_it_and_moves_it(
    name: str, human: bytes, viewer: Browser, sidecar: Sidecar, encoded: EncodedImages
) -> None:
    variant = VARIANTS[name]
    made = build_variant(human, variant, sidecar, encoded)
    assert made.report.validation.errors == 0
    seen = viewer.look(made.data)
    assert "error" not in seen, seen["error"]
    assert complaints(seen) == []
    assert seen["triangles"] == made.report.triangles
    assert seen["meshes"] == seen["skinned"] == made.report.draw_calls
    assert seen["broken"] == 0
    wanted = set(inspect(human).morphs) if variant.morphs is None else set(variant.morphs)
    assert set(seen["morphs"]) == set(made.report.morphs) == wanted
    assert seen["moved"]["jawOpen"] > 800 and seen["moved"]["mouthSmile"] > 300  # of 98,304 pixels, at a close look
    assert seen["posed"] > 400
    assert seen["drawn"] > 8000
    if variant.pose is None:
        bounds = inspect(human).bounds
        assert bounds is not None
        np.testing.assert_allclose((seen["low"], seen["high"]), (bounds.low, bounds.high), atol=0.03)
