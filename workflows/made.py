"""What a run has by now: made by its stages or taken from earlier runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from avatar.character import CharacterDescription
from avatar.stage import Stage
from workflows import steps
from workflows.optimize import Optimized

T = TypeVar("T")

RECALLED = (
    (steps.DESCRIBE, "described"),
    (steps.BUILD_PARAMETRIC, "source"),
    (steps.INSPECT_MODEL, "inspected"),
    (steps.RENDER_PICTURE, "picture"),
)
"""The steps whose results can be recalled, and where in ``Recalled`` they are; levels of detail aside."""


@dataclass(frozen=True, slots=True)
class Made:
    """Each stage adds its part."""

    described: steps.Described | None = None
    character: CharacterDescription | None = None
    source: steps.SourceModel | None = None
    kin: steps.Kin | None = None
    inspected: steps.Inspected | None = None
    optimized: Optimized | None = None
    reused: tuple[tuple[Stage, str], ...] = ()

    def before(self, stage: Stage) -> Made:
        """Only what stages before ``stage`` have made."""

        def kept(made: Stage, part: T) -> T | None:
            return part if made.position < stage.position else None

        return Made(
            described=kept(Stage.DESCRIBE, self.described),
            character=kept(Stage.DESCRIBE, self.character),
            source=kept(Stage.MODEL, self.source),
            inspected=kept(Stage.INSPECT, self.inspected),
            reused=tuple(taken for taken in self.reused if taken[0].position < stage.position),
        )


def there(part: T | None) -> T:
    """``part``, which an earlier stage has made."""
    assert part is not None, "stages run in order"
    return part
