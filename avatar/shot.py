"""What a picture shows: size, framing, direction, background, pose and face."""

from __future__ import annotations

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field, field_validator

from avatar.character import HexColour
from avatar.frozen import Frozen

MAX_SIDE: Final = 2048  # pixels


class Framing(StrEnum):
    """How much of the avatar is in the picture."""

    FULL_BODY = "full_body"
    PORTRAIT = "portrait"
    FACE = "face"


class View(StrEnum):
    """From where the camera looks; side is the avatar's left."""

    FRONT = "front"
    THREE_QUARTER = "three_quarter"
    SIDE = "side"
    BACK = "back"


class Pose(StrEnum):
    """How the skeleton stands; bind is the file as it is. The last three are Ready Player Me's."""

    BIND = "bind"
    RELAXED = "relaxed"
    STANDING = "standing"
    POWER_STANCE = "power-stance"
    THUMBS_UP = "thumbs-up"


class Expression(StrEnum):
    """Faces by Ready Player Me's names."""

    HAPPY = "happy"
    LOL = "lol"
    SAD = "sad"
    SCARED = "scared"
    RAGE = "rage"


def _both(**weights: float) -> dict[str, float]:
    return {f"{name}{side}": weight for name, weight in weights.items() for side in ("Left", "Right")}


# In ARKit's shapes; looked at on our own faces.
EXPRESSIONS: Final[dict[Expression, dict[str, float]]] = {
    Expression.HAPPY: _both(mouthSmile=0.75, cheekSquint=0.5, eyeSquint=0.25, mouthDimple=0.3) | {"browInnerUp": 0.25},
    Expression.LOL: _both(mouthSmile=0.9, cheekSquint=0.8, eyeSquint=0.5, eyeBlink=0.25, browOuterUp=0.4)
    | {"jawOpen": 0.45, "browInnerUp": 0.3},
    Expression.SAD: _both(mouthFrown=0.7, eyeSquint=0.2, eyeLookDown=0.35, eyeBlink=0.12, mouthStretch=0.1)
    | {"browInnerUp": 0.85, "mouthShrugLower": 0.35},
    Expression.SCARED: _both(eyeWide=0.9, mouthStretch=0.5, browOuterUp=0.35, mouthFrown=0.3)
    | {"browInnerUp": 0.8, "jawOpen": 0.25},
    Expression.RAGE: _both(browDown=0.95, noseSneer=0.75, eyeSquint=0.35, mouthUpperUp=0.4, mouthFrown=0.35)
    | {"jawForward": 0.3, "jawOpen": 0.12},
}

Weight = Annotated[float, Field(ge=0.0, le=1.0)]


class Shot(Frozen):
    """One picture of an avatar.

    ``morphs`` are weights by morph-target name; names that the avatar lacks change nothing, so one shot fits every
    variant of an avatar. ``background`` None is transparent.
    """

    width: Annotated[int, Field(ge=16, le=MAX_SIDE)] = 768
    height: Annotated[int, Field(ge=16, le=MAX_SIDE)] = 1024
    framing: Framing = Framing.FULL_BODY
    view: View = View.FRONT
    pose: Pose = Pose.RELAXED
    background: HexColour | None = "#d5d9de"
    morphs: dict[str, Weight] = Field(default_factory=dict)

    @field_validator("morphs")
    @classmethod
    def _sorted(cls, morphs: dict[str, float]) -> dict[str, float]:
        """One form for one meaning: without what moves nothing, in the order of the names."""
        return {name: morphs[name] for name in sorted(morphs) if morphs[name]}


def shot_key(shot: Shot, source_sha256: str, recipe: int) -> str:
    """sha256 (hex) of all that decides a picture's bytes: equal keys, equal pictures."""
    said = {"source": source_sha256, "recipe": recipe, "shot": shot.model_dump(mode="json")}
    return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
