"""What a phone has to download: the avatar of the README, all 72 morphs, meshopt and JPEG."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from avatar.describe.offline import describe_offline
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.variants import LEVELS, build_variant
from avatar.human.human import make_human
from avatar.profile import AgentProfile
from avatar.variant import Compression, Variant

ADA = Path(__file__).parents[2] / "examples" / "ada.json"


@pytest.fixture(scope="module")
def ada() -> bytes:
    profile = AgentProfile.model_validate(json.loads(ADA.read_text()))
    return make_human(describe_offline(profile).character)


@pytest.mark.parametrize(("lod", "texture", "most"), [(0, 1024, 1_200_000), (2, 512, 200_000)])
def test_ada_is_small(ada: bytes, sidecar: Sidecar, lod: int, texture: int, most: int) -> None:
    made = build_variant(ada, Variant(lod=lod, compression=Compression.MESHOPT), sidecar)
    report = made.report
    assert len(made.data) == report.bytes <= most
    assert len(report.morphs) == 72
    assert 0.99 * LEVELS[lod].triangles <= report.triangles <= LEVELS[lod].triangles
    assert max(max(image.width, image.height) for image in report.textures) == texture
    assert report.validation.errors == 0
