"""What a describer hands back: the character, and how the profile's words became it."""

from __future__ import annotations

from pydantic import Field

from avatar.character import CharacterDescription
from avatar.frozen import Frozen


class Description(Frozen):
    """A described character with its reasons, for people who wonder why the avatar looks as it does."""

    character: CharacterDescription
    heard: tuple[str, ...] = Field(default=(), description='What was read from the text: "hair: long, auburn".')
    approximated: tuple[str, ...] = Field(
        default=(), description='Wishes that were mapped to something near: "sandals -> flats".'
    )
