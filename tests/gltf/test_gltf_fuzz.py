"""A short run of the fuzzer with a fixed seed, and what it has found so far."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import CATALOGUE, put
from specimens import altered, figure, unpack
from vrm_specimens import vrm_0, vrm_1

from avatar.errors import InvalidModel
from avatar.gltf.gate.checks import ProblemCode
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod
from avatar.gltf.model.document import write_glb
from avatar.gltf.transforms.meshopt import compress_meshopt
from avatar.gltf.transforms.quantize import quantize
from avatar.gltf.variants import build_variant
from avatar.variant import Variant
from fuzz.mutate import mutated
from fuzz.run import Child, Result, note, run

SMALL = figure(4, texture=16)
COUNT = 420


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory, sidecar: Sidecar) -> list[Path]:
    folder = tmp_path_factory.mktemp("sources")
    level = build_lod(SMALL, 0, sidecar).data
    packed = compress_meshopt(quantize(require_sound(level)).document, sidecar).document
    sources = {"figure": SMALL, "vrm0": vrm_0(SMALL), "vrm1": vrm_1(SMALL), "level": level, "packed": write_glb(packed)}
    for name, data in sources.items():
        (folder / f"{name}.glb").write_bytes(data)
    return sorted(folder.iterdir())


def test_broken_files_raise_nothing_of_their_own_and_cost_little(files: list[Path]) -> None:
    """In a child process: a crash, a hang or a gigabyte would be its own."""
    result = run(files, COUNT, seed=20_261_122, seconds=60)
    assert result.findings == []
    assert result.outcomes["refused"] > result.count // 4
    assert result.outcomes["built"] > 5


@pytest.fixture
def child() -> Iterator[Child]:
    started = Child()
    yield started
    started.close()


def test_a_death_is_noticed_and_the_next_file_has_its_turn(child: Child, files: list[Path]) -> None:
    result = Result()
    note(result, {"file": "x", "seed": 0}, child.ask({"file": "/nowhere", "seed": 0, "build": None}))
    assert result.findings[0]["error"].startswith("died")
    note(result, {"file": "x", "seed": 1}, child.ask({"file": str(files[0]), "seed": 1, "build": None}))
    assert (result.count, len(result.findings)) == (2, 1)


def test_what_breaks_a_bound_is_a_finding() -> None:
    result = Result()
    note(result, {"seed": 1}, {"outcome": "sound", "read": 2.5, "memory": 90})
    note(result, {"seed": 2}, {"outcome": "sound", "read": 0.1, "memory": 700})
    note(result, {"seed": 3}, {"outcome": "sound", "read": 0.1, "memory": 90})
    assert [finding["seed"] for finding in result.findings] == [1, 2]


def test_a_seed_makes_the_same_file_again() -> None:
    assert mutated(SMALL, 7) == mutated(SMALL, 7) != mutated(SMALL, 8)


# --- what was found ---------------------------------------------------------------------------------------------------


def test_a_rotation_track_of_matrices_is_refused() -> None:
    """mend made quaternions of whatever a track held."""
    output = unpack(SMALL)[0]["animations"][0]["samplers"][0]["output"]
    data = altered(SMALL, put("accessors", output, "type", value="VEC2"))
    with pytest.raises(InvalidModel) as caught:
        require_sound(data)
    assert {problem.code for problem in caught.value.context["problems"]} == {ProblemCode.ACCESSOR_LAYOUT}


def test_vrm_of_wrong_insides_meets_no_transform(sidecar: Sidecar) -> None:
    """The atlas looked into lists that were none."""
    data = CATALOGUE["VRM of wrong insides"].make()
    vrm = require_sound(data).tree["extensions"]["VRM"]
    assert vrm == {"humanoid": {}, "blendShapeMaster": {"blendShapeGroups": [{}]}}
    build_variant(data, Variant(lod=2, atlas=256), sidecar)
