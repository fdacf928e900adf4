"""How far a hairstyle stands off the head: what hats, headsets and glasses have to leave room for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from avatar.character import CharacterDescription, HairStyle
from avatar.human.hair.anime import DRAWN
from avatar.human.hair.hat import wears_hat, wears_headset
from avatar.profile import AvatarStyle


@dataclass(frozen=True, slots=True)
class Volume:
    """Metres at adult head size, measured on grown hair, a little pressed; a few strands reach further."""

    crown: float = 0.0  # above the skull
    side: float = 0.0  # beyond the ears, at their height
    temple: float = 0.0  # in front of the ears, where glasses lie over the hair; 0 where it falls over them


_GROWN = {
    HairStyle.BALD: Volume(),
    HairStyle.BUZZ: Volume(0.003, 0.0, 0.003),
    HairStyle.CROP: Volume(0.009, 0.0, 0.005),
    HairStyle.UNDERCUT: Volume(0.016, 0.0, 0.004),
    HairStyle.PIXIE: Volume(0.011, 0.003, 0.006),
    HairStyle.SIDE_PART: Volume(0.011, 0.003, 0.006),
    HairStyle.AFRO: Volume(0.052, 0.008),
    HairStyle.CURLY: Volume(0.011, 0.024),
    HairStyle.BOB: Volume(0.007, 0.014),
    HairStyle.BOB_BANGS: Volume(0.007, 0.014),
    HairStyle.BUN: Volume(0.011, 0.0, 0.003),
    HairStyle.PONYTAIL: Volume(0.009, 0.0, 0.003),
    HairStyle.BRAIDS: Volume(0.003, 0.006, 0.009),
    HairStyle.LONG_STRAIGHT: Volume(0.007, 0.013),
    HairStyle.LONG_BANGS: Volume(0.007, 0.013),
    HairStyle.LONG_WAVY: Volume(0.008, 0.020),
}
_DRAWN = {
    HairStyle.CROP: Volume(0.034, 0.006),
    HairStyle.UNDERCUT: Volume(0.028, 0.0, 0.003),
    HairStyle.PIXIE: Volume(0.028, 0.006),
    HairStyle.SIDE_PART: Volume(0.028, 0.007),
    HairStyle.AFRO: Volume(0.060, 0.004),
    HairStyle.CURLY: Volume(0.024, 0.036),
    HairStyle.BOB: Volume(0.020, 0.030),
    HairStyle.BOB_BANGS: Volume(0.020, 0.030),
    HairStyle.BUN: Volume(0.018, 0.0, 0.003),
    HairStyle.PONYTAIL: Volume(0.016, 0.0, 0.003),
    HairStyle.BRAIDS: Volume(0.008, 0.012, 0.008),
    HairStyle.LONG_STRAIGHT: Volume(0.017, 0.032),
    HairStyle.LONG_BANGS: Volume(0.017, 0.032),
    HairStyle.LONG_WAVY: Volume(0.018, 0.038),
}


def volume(character: CharacterDescription) -> Volume:
    """The room that the character's hair takes: none above the ears under a hat, little under a headset."""
    style = character.hair.style
    drawn = character.style is AvatarStyle.ANIME and style in DRAWN
    room = _DRAWN[style] if drawn else _GROWN[style]
    if wears_hat(character):
        return replace(room, crown=0.0)
    if wears_headset(character):  # presses what is under it
        return replace(room, crown=max(min(room.crown, 0.012), 0.6 * room.crown), side=min(room.side, 0.012))
    return room
