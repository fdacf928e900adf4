"""``python slow_worker.py mesh``: the real mesh worker, whose first build takes as long as the test wants."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from activities.pool import MeshTools
    from avatar.character import CharacterDescription

BEGUN = "TEST_BUILD_BEGUN"
GO = "TEST_BUILD_MAY_END"


def slow_build(tools: MeshTools, character: CharacterDescription) -> bytes:
    """Say that the build has begun, wait until it may end, then do it."""
    from activities.modelling import build_human

    Path(os.environ[BEGUN]).touch()
    while not Path(os.environ[GO]).exists():
        time.sleep(0.02)
    return build_human(tools, character)


if __name__ == "__main__":
    import slow_worker  # the mesh processes know it by this name

    from activities import modelling
    from workers.__main__ import main

    modelling.build_human = slow_worker.slow_build
    sys.exit(main())
