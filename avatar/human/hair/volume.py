"""How far a hairstyle stands off the head: what hats, headsets and glasses have to leave room for."""

from __future__ import annotations

from dataclasses import dataclass

from avatar.character import CharacterDescription, HairStyle
from avatar.human.hair.anime import DRAWN
from avatar.profile import AvatarStyle


@dataclass(frozen=True, slots=True)
class Volume:
    """Metres at adult head size, measured on grown hair, a little pressed; a few strands reach further."""

    crown: float = 0.0  # above the skull
    side: float = 0.0  # beyond the ears, at their height
    temple: float = 0.0  # in front of the ears, where glasses lie over the hair; 0 where it falls over them


_CARDS = {
    HairStyle.BALD: Volume(),
    HairStyle.BUZZ: Volume(0.005, 0.0, 0.003),
    HairStyle.CROP: Volume(0.012, 0.005, 0.007),
    HairStyle.SIDE_PART: Volume(0.011, 0.013, 0.010),
    HairStyle.BOB: Volume(0.010, 0.017),
    HairStyle.LONG_STRAIGHT: Volume(0.010, 0.017),
}
_LOCKS = {
    HairStyle.CROP: Volume(0.022, 0.020),
    HairStyle.SIDE_PART: Volume(0.022, 0.022),
    HairStyle.BOB: Volume(0.022, 0.023),
    HairStyle.LONG_STRAIGHT: Volume(0.022, 0.026),
}


def volume(character: CharacterDescription) -> Volume:
    """The room that the character's hair takes."""
    style = character.hair.style
    drawn = character.style is AvatarStyle.ANIME and style in DRAWN
    return _LOCKS.get(style, Volume(0.022, 0.024)) if drawn else _CARDS.get(style, Volume(0.012, 0.02))
