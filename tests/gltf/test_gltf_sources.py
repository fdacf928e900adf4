"""What the files of one model share is made once, for the model that was asked for last, and changes no byte."""

from __future__ import annotations

import copy

import pytest
from specimens import figure, unpack

from avatar.errors import InvalidModel
from avatar.gltf import sources
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod
from avatar.gltf.sources import forget, source_of

FIRST, SECOND = figure(24), figure(20)


@pytest.fixture(autouse=True)
def _nothing_known() -> None:
    forget()


def test_the_last_model_is_known_by_its_bytes(sidecar: Sidecar) -> None:
    first = source_of(FIRST, sidecar)
    assert source_of(bytes(bytearray(FIRST)), sidecar) is first
    assert first.welded is first.welded and first.measured is first.measured

    second = source_of(SECOND, sidecar)
    assert second.geometry != first.geometry
    assert source_of(FIRST, sidecar) is not first, "one is remembered, not two"


def test_what_is_broken_or_large_is_not_remembered(sidecar: Sidecar, monkeypatch: pytest.MonkeyPatch) -> None:
    first = source_of(FIRST, sidecar)
    for _ in range(2):
        with pytest.raises(InvalidModel):
            source_of(FIRST[:-4], sidecar)
    assert source_of(FIRST, sidecar) is not first

    forget()
    monkeypatch.setattr(sources, "MAX_KEPT", len(FIRST))
    assert source_of(FIRST, sidecar) is not source_of(FIRST, sidecar)


def test_variants_of_one_level_share_its_triangles(sidecar: Sidecar) -> None:
    source = source_of(FIRST, sidecar)
    plain = source.simplified(900, sidecar)
    assert source.simplified(900, sidecar) is plain
    assert source.simplified(500, sidecar).notes != plain.notes
    again = source.simplified(900, sidecar)
    assert again is not plain and again == plain


def test_levels_of_one_model_are_what_they_are_alone(sidecar: Sidecar) -> None:
    alone = []
    for level in (2, 1, 0):
        forget()
        alone.append(build_lod(FIRST, level, sidecar))
    forget()
    source = source_of(FIRST, sidecar)
    before = copy.deepcopy(source.document.tree)
    assert [build_lod(FIRST, level, sidecar) for level in (2, 1, 0)] == alone
    assert source_of(FIRST, sidecar) is source and source.document.tree == before
    assert source.document.binary == source.welded.document.binary[: len(source.document.binary)]
    assert unpack(FIRST)[0]["meshes"], "the file itself is left alone"
