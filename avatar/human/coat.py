"""Materials before they are painted: what they are made of is known, their images are painted when they are needed.

Nothing here or in a painter looks at a body: images belong to texture space. So a person in other colours needs new
images and nothing else (`avatar.human.repaint`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from enum import StrEnum
from typing import Any

import numpy as np

from avatar import recipes
from avatar.human.figure import U8, Material

KEY_LENGTH = 32  # hex digits; 128 bits keep any two paintings apart


class Slot(StrEnum):
    """The images of a material, named as its fields."""

    COLOUR = "colour"
    NORMAL = "normal"
    PACKED = "occlusion_roughness_metallic"


@dataclass(frozen=True, slots=True)
class Paint:
    """One image to be. Equal keys mean equal pixels, on every machine that has the same numpy and Pillow."""

    key: str
    pixels: Callable[[], U8]


@dataclass(frozen=True, slots=True)
class Coat:
    """A material and what is to be painted on it; ``material`` itself has no images."""

    material: Material
    paints: Mapping[Slot, Paint]

    def painted(self) -> Material:
        """The material with its images."""

        def image(slot: Slot) -> U8 | None:
            return self.paints[slot].pixels() if slot in self.paints else None

        return replace(
            self.material,
            colour=image(Slot.COLOUR),
            normal=image(Slot.NORMAL),
            occlusion_roughness_metallic=image(Slot.PACKED),
            keys={slot.value: paint.key for slot, paint in self.paints.items()},
        )


def paint_key(painter: str, *inputs: object) -> str:
    """The key of what ``painter`` makes of ``inputs``: numbers, texts, None, arrays, enums; tuples and
    dataclasses of these."""
    said = json.dumps([recipes.HUMAN, painter, [_plain(value) for value in inputs]])
    return hashlib.sha256(said.encode()).hexdigest()[:KEY_LENGTH]


def _plain(value: object) -> Any:
    """``value`` as JSON that differs whenever the value does."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if is_dataclass(value):
        return [_plain(getattr(value, field.name)) for field in fields(value)]
    return value
