"""Set-up: what it asks for on a bare machine, and lock files that hold what they should."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)
TOOLS = (
    "bash", "dirname", "mkdir", "flock", "sha256sum", "cut", "id", "grep", "uname", "sed", "tail", "ldd", "awk", "sort",
    "paste", "rm",
)  # fmt: skip


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A folder like a fresh checkout, and in ``bin`` all programs that this machine has: no Python, not root."""
    for name in ("tools/setup.sh", "requirements.lock", "requirements-dev.lock", "pyproject.toml", "package.json",
                 "package-lock.json"):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        shutil.copy(PROJECT / name, tmp_path / name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in TOOLS:
        found = shutil.which(name)
        assert found, f"{name} is part of every Debian"
        (programs / name).symlink_to(found)
    program(programs, "id", "echo 1000")
    return tmp_path


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).unlink(missing_ok=True)
    (folder / name).write_text(f"#!/bin/bash\n{script}\n")
    (folder / name).chmod(0o755)


def run_setup(machine: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(machine / "bin"), "HOME": str(machine)}
    script = ["/bin/bash", str(machine / "tools" / "setup.sh"), *arguments]
    return subprocess.run(
        script, env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False
    )


def test_without_python_311_it_prints_one_apt_line(machine: Path) -> None:
    done = run_setup(machine, "run")
    assert done.returncode == 1
    lines = [line for line in done.stderr.splitlines() if "apt-get" in line]
    assert len(lines) == 1
    assert lines[0].startswith("  sudo apt-get install -y --no-install-recommends python3.11 python3.11-venv")
    assert "make PYTHON=/path/to/python3.11" in done.stderr
    assert not (machine / ".venv").exists()


def test_where_the_release_has_no_python_311_it_says_so(machine: Path) -> None:
    program(machine / "bin", "apt-cache", '[[ "${@: -1}" == python3 ]] && echo "Package: python3"')
    done = run_setup(machine, "run")
    assert done.returncode == 1
    assert "its release does not package it" in done.stderr
    assert "apt-get" not in done.stderr


def test_packages_with_the_names_of_newer_releases_are_found(machine: Path) -> None:
    known = '[[ "${@: -1}" == *t64 || "${@: -1}" == python3.11* ]] && echo "Package: ${@: -1}"'
    program(machine / "bin", "apt-cache", known)
    program(machine / "bin", "ldconfig", "true")
    script = machine / "tools" / "setup.sh"
    script.write_text(script.read_text().replace("/sbin/ldconfig", str(machine / "bin" / "ldconfig")))
    assert " libcurl4t64 libssl3t64 " in run_setup(machine, "run").stderr


def test_another_python_version_does_not_count(machine: Path) -> None:
    program(machine / "bin", "python3", "exit 1")
    assert "This machine lacks: python3.11 python3.11-venv" in run_setup(machine, "run").stderr


def test_python_without_venv_asks_for_that_alone(machine: Path) -> None:
    program(machine / "bin", "python3.11", '[[ "$*" != *ensurepip* ]]')
    done = run_setup(machine, "run")
    assert done.returncode == 1
    assert "This machine lacks: python3.11-venv." in done.stderr
    assert "make PYTHON" not in done.stderr


def test_a_step_that_fails_shows_the_end_of_its_log_and_is_tried_again(machine: Path) -> None:
    venv_fails = 'if [[ "$*" == *"-m venv"* ]]; then echo "the attic is locked"; exit 3; fi'
    program(machine / "bin", "python3.11", venv_fails)
    for _ in range(2):
        done = run_setup(machine, "run")
        assert done.returncode == 1
        assert "Python environment in .venv" in done.stdout
        assert "the attic is locked" in done.stderr
        assert ".avatar/setup.log" in done.stderr


def test_as_root_missing_packages_are_installed_and_those_for_pictures_may_fail(machine: Path) -> None:
    program(machine / "bin", "id", "echo 0")
    program(machine / "bin", "ldconfig", f"cat {machine / 'libraries'} 2>/dev/null")
    program(machine / "bin", "cat", 'while IFS= read -r line; do echo "$line"; done <"$1"')
    libraries = "".join(
        f"\\t{name} (libc6,x86-64) => /x\\n"
        for name in ("libcurl.so.4", "libssl.so.3", "liblzma.so.5", "libgcc_s.so.1")
    )
    apt = f"""
echo "$*" >>{machine / "asked"}
[[ "$*" != *libegl1* ]] || exit 100
[[ "$*" != *libcurl4* ]] || printf '{libraries}' >{machine / "libraries"}
"""
    program(machine / "bin", "apt-get", apt)
    program(machine / "bin", "python3.11", '[[ "$*" != *"-m venv"* ]]')
    script = machine / "tools" / "setup.sh"
    script.write_text(script.read_text().replace("/sbin/ldconfig", str(machine / "bin" / "ldconfig")))
    done = run_setup(machine, "run")
    asked = (machine / "asked").read_text().splitlines()
    assert asked[:2] == ["update -qq", "install -y -qq --no-install-recommends libcurl4 libssl3 liblzma5 libgcc-s1"]
    assert "libegl1" in asked[-1]
    assert "Pictures of avatars cannot be rendered here" in done.stdout
    assert "Set-up stopped at: Python environment in .venv" in done.stderr


def test_another_machine_is_refused(machine: Path) -> None:
    program(machine / "bin", "uname", "echo Darwin")
    done = run_setup(machine, "run")
    assert done.returncode == 1
    assert "needs Linux on x86-64" in done.stderr


def test_an_unknown_mode_is_refused(machine: Path) -> None:
    assert run_setup(machine, "everything").returncode == 2


def test_the_runtime_lock_is_part_of_the_development_lock() -> None:
    run = dict(PIN.findall((PROJECT / "requirements.lock").read_text()))
    dev = dict(PIN.findall((PROJECT / "requirements-dev.lock").read_text()))
    assert run.items() <= dev.items()
    assert {"temporalio", "setuptools"} <= run.keys()
    assert {"pytest", "mypy"} <= dev.keys() - run.keys()


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_python_locks_name_no_index_and_hash_everything(name: str) -> None:
    text = (PROJECT / name).read_text()
    assert "://" not in text
    assert not re.search(r"^--?(i|index|extra|find|trusted)", text, re.MULTILINE)
    entries = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) == len(PIN.findall(text))
    assert all("--hash=sha256:" in entry for entry in entries)


def test_the_npm_lock_names_no_host_and_hashes_everything() -> None:
    packages = json.loads((PROJECT / "package-lock.json").read_text())["packages"]
    for path, entry in packages.items():
        assert "resolved" not in entry, path
        assert not path or entry["integrity"].startswith("sha512-"), path
