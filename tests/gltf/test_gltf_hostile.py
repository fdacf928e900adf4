"""Every hostile file of the catalogue gets what the documentation says, at the gate and through the door."""

from __future__ import annotations

import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hostile import CATALOGUE, TAKEN, put, table
from specimens import altered, figure, unpack

from avatar.errors import InvalidModel
from avatar.gltf.gate.checks import Severity
from avatar.gltf.gate.inspect import inspect, require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod
from cli.output import plain

ROOT = Path(__file__).parents[2]
REFUSED = [name for name, entry in CATALOGUE.items() if entry.code not in (TAKEN, InvalidModel.code)]
LATER = [name for name, entry in CATALOGUE.items() if entry.code == InvalidModel.code]
HARMLESS = [name for name, entry in CATALOGUE.items() if entry.code == TAKEN]


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """No file of the catalogue may cost half a gigabyte or two seconds of CPU."""
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    yield
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 512 * 1024
    assert time.process_time() - start < 4  # making the file included


@pytest.mark.parametrize("name", REFUSED)
def test_a_hostile_file_is_refused_for_what_it_tries(name: str) -> None:
    entry = CATALOGUE[name]
    data = entry.make()
    errors = [problem for problem in inspect(data).problems if problem.severity is Severity.ERROR]
    assert entry.code in {problem.code for problem in errors}
    assert all(problem.message.endswith(".") and len(problem.message) < 1000 for problem in errors)
    with pytest.raises(InvalidModel) as caught:
        require_sound(data)
    assert entry.code in {problem.code for problem in caught.value.context["problems"]}


@pytest.mark.parametrize("name", LATER)
def test_what_only_a_decoder_sees_is_a_fault_of_the_file(name: str, sidecar: Sidecar) -> None:
    with pytest.raises(InvalidModel) as caught:
        build_lod(CATALOGUE[name].make(), 2, sidecar)
    assert caught.value.where and caught.value.where.startswith("/")


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_taken_gives_a_valid_level_without_the_lie(name: str, sidecar: Sidecar) -> None:
    made = build_lod(CATALOGUE[name].make(), 2, sidecar)
    assert made.report.validation.errors == 0
    tree = unpack(made.data)[0]
    assert "EVIL_ext" not in str(tree)
    assert "9999" not in str(tree.get("extensions", {})) + str(tree["materials"])


def test_bytes_of_this_machine_never_reach_the_output(sidecar: Sidecar, tmp_path: Path) -> None:
    """What gltfpack and gltf-transform do with such a file: read the path and embed what is there."""
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"\x89PNG the secret of this machine")
    for uri in (str(secret), f"file://{secret}", f"../../../../../../../..{secret}"):
        data = altered(figure(4, texture=16), put("images", 0, value={"uri": uri}))
        with pytest.raises(InvalidModel) as caught:
            build_lod(data, 2, sidecar)
        assert "secret of this machine" not in str(caught.value.context)


DOOR = {"inspect": ("PNG bomb", "image: path upwards"), "optimize": ("image: path upwards",)}


def _avatar(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", *arguments]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=120, check=False)


@pytest.mark.parametrize("command", DOOR)
def test_the_command_line_says_no(command: str, tmp_path: Path) -> None:
    """A process takes a second or two to start: a few files stand for all."""
    for number, name in enumerate(DOOR[command]):
        file = tmp_path / f"{number}.glb"
        file.write_bytes(CATALOGUE[name].make())
        done = _avatar(command, str(file), *(["--out", str(tmp_path / "out")] if command == "optimize" else []))
        assert done.returncode == InvalidModel.exit_code, (name, done.stderr)
        assert "Traceback" not in done.stderr
        assert "root:" not in done.stdout + done.stderr
    assert not (tmp_path / "out").exists()


def test_names_cannot_steer_the_terminal(tmp_path: Path) -> None:
    file = tmp_path / "names.glb"
    file.write_bytes(altered(CATALOGUE["markup"].make(), put("asset", "copyright", value="x")))
    done = _avatar("inspect", str(file))
    assert done.returncode == 0, done.stderr
    assert "[/nothing][red]" in done.stdout
    assert plain("\x1b[2J\x07ok\x9b") == "\ufffd[2J\ufffdok\ufffd"


def test_the_documentation_holds_the_catalogue() -> None:
    assert table() in (ROOT / "docs" / "safety.md").read_text()
