"""Steps that follow a script: for what real parts do not do on demand (fail twice, hang, lie)."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from people import a_character
from temporalio import activity

from avatar.manifest import Bounds, LodFacts, ModelFacts, PublishedLod
from avatar.storage.blob import name_bytes
from avatar.wish import MadeFile, PictureFacts, VariantFacts
from workflows import steps

SOURCE = name_bytes(b"source", "model/gltf-binary")
REPAINTED = name_bytes(b"repainted", "model/gltf-binary")
SCRIPTED_BYTES = (
    (b"source", "model/gltf-binary"),
    (b"repainted", "model/gltf-binary"),
    *((b"lod%d" % level, "model/gltf-binary") for level in (0, 1, 2)),
    (b"png", "image/png"),
)
"""All that scripted steps claim to have stored."""
Play = Callable[[Any, int], Awaitable[Any] | Any]


def a_lod(level: int) -> PublishedLod:
    facts = LodFacts(level=level, triangles=15_000 >> level, vertices=9_000, draw_calls=9, textures=())
    return PublishedLod(facts=facts, blob=name_bytes(b"lod%d" % level, "model/gltf-binary"))


def a_variant(data: bytes = b"variant") -> MadeFile:
    facts = VariantFacts(triangles=3_000, vertices=2_000, draw_calls=4, morphs=72, textures=())
    return MadeFile(blob=name_bytes(data, "model/gltf-binary"), facts=facts)


def a_picture(data: bytes = b"png") -> MadeFile:
    return MadeFile(blob=name_bytes(data, "image/png"), facts=PictureFacts(width=800, height=800))


GOOD: dict[str, Play] = {
    "recall": lambda given, n: steps.Recalled(),
    "describe": lambda given, n: steps.Described(character=a_character(), describer="scripted"),
    "build_parametric": lambda given, n: steps.SourceModel(blob=SOURCE, provider="parametric", degraded=False),
    "repaint_parametric": lambda given, n: steps.SourceModel(blob=REPAINTED, provider="parametric", degraded=False),
    "inspect_model": lambda given, n: steps.Inspected(
        triangles=20_000,
        model=ModelFacts(joints=("Hips",), morphs=("jawOpen",), bounds=Bounds(min=(0, 0, 0), max=(1, 2, 1))),
        warnings=(),
    ),
    "build_lod": lambda given, n: a_lod(given.level),
    "repaint_lod": lambda given, n: given.kin,
    "render_picture": lambda given, n: steps.Picture(blob=name_bytes(b"png", "image/png")),
    "publish": lambda given, n: steps.Published(version=1),
    "announce": lambda given, n: steps.Nothing(),
    "record_failure": lambda given, n: steps.Nothing(),
    "record_pause": lambda given, n: steps.Nothing(),
    "record_retry": lambda given, n: steps.Nothing(),
    "build_variant": lambda given, n: a_variant(),
    "render_shot": lambda given, n: a_picture(),
    "record_wish": lambda given, n: steps.Nothing(),
}


class Script:
    """Plays each step; remembers what was asked, in order."""

    def __init__(self, **plays: Play) -> None:
        self.plays: Mapping[str, Play] = {**GOOD, **plays}
        self.asked: list[tuple[str, Any]] = []
        self.done: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.priorities: dict[str, int | None] = {}

    def names(self) -> list[str]:
        return [name for name, _ in self.asked]

    def given(self, name: str) -> Any:
        """What the last call of a step was given."""
        return next(given for asked, given in reversed(self.asked) if asked == name)

    def activities(self) -> list[Callable[..., Any]]:
        return [self._activity(step) for step in steps.ALL_STEPS]

    def _activity(self, step: steps.Step[Any, Any]) -> Callable[..., Any]:
        async def play(given: Any) -> Any:
            self.asked.append((step.name, given))
            self.priorities[step.name] = activity.info().priority.priority_key
            result = self.plays[step.name](given, activity.info().attempt)
            result = await result if asyncio.iscoroutine(result) else result
            self.done[step.name].set()
            return result

        play.__annotations__ = {"given": step.takes, "return": step.gives}
        return activity.defn(name=step.name)(play)
