"""What a picture shows: size, framing, direction, background, pose and face."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from avatar.character import HexColour
from avatar.frozen import Frozen


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
    """How the skeleton stands; bind is the file as it is."""

    BIND = "bind"
    RELAXED = "relaxed"


class Shot(Frozen):
    """One picture of an avatar.

    ``morphs`` are weights by morph-target name; names that the avatar lacks change nothing, so one shot fits every
    variant of an avatar. ``background`` None is transparent.
    """

    width: Annotated[int, Field(ge=16, le=2048)] = 768
    height: Annotated[int, Field(ge=16, le=2048)] = 1024
    framing: Framing = Framing.FULL_BODY
    view: View = View.FRONT
    pose: Pose = Pose.RELAXED
    background: HexColour | None = "#d5d9de"
    morphs: dict[str, Annotated[float, Field(ge=0.0, le=1.0)]] = Field(default_factory=dict)
