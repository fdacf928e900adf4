"""The stages of a run, in order."""

from __future__ import annotations

from enum import StrEnum


class Stage(StrEnum):
    """What a run is doing."""

    QUEUED = "queued"
    DESCRIBE = "describe"
    MODEL = "model"
    INSPECT = "inspect"
    OPTIMIZE = "optimize"
    PUBLISH = "publish"
    ANNOUNCE = "announce"
    DONE = "done"

    @property
    def position(self) -> int:
        """0 for the first; a later stage has a higher one."""
        return list(Stage).index(self)


REDOABLE = (Stage.DESCRIBE, Stage.MODEL, Stage.INSPECT, Stage.OPTIMIZE)
"""The stages from which a run can be done anew; those after them only write down what these have made."""
