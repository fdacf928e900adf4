"""What has been read from a text so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from avatar.describe.slots import Slot

# How findings are grouped when they are shown to people.
GROUPS: Mapping[Slot, str] = MappingProxyType(
    {
        Slot.STATURE: "height",
        Slot.MASS: "build",
        Slot.MUSCLE: "build",
        Slot.TONE: "skin",
        Slot.HAIR_LENGTH: "hair",
        Slot.HAIR_STYLE: "hair",
        Slot.HAIR_TEXTURE: "hair",
        Slot.HAIR_COLOUR: "hair",
        Slot.FRINGE: "hair",
        Slot.HIGHLIGHTS: "hair",
        Slot.ROOTS: "hair",
        Slot.FACIAL_COLOUR: "facial hair",
        Slot.EYE_COLOUR: "eyes",
        Slot.EYE_SIZE: "eyes",
        Slot.EYE_SPACING: "eyes",
        Slot.EYE_TILT: "eyes",
        Slot.IRIS: "eyes",
        Slot.FACE_SHAPE: "face",
        Slot.NOSE_WIDTH: "nose",
        Slot.NOSE_LENGTH: "nose",
        Slot.NOSE_PROFILE: "nose",
        Slot.MOUTH_WIDTH: "mouth",
        Slot.BROW_STYLE: "brows",
        Slot.FULLNESS: "cheeks",
        Slot.BLUSH: "cheeks",
        Slot.LIP_COLOUR: "lips",
        Slot.LID_COLOUR: "eye shadow",
        Slot.NAIL_COLOUR: "nails",
        Slot.TOP_COLOUR: "top",
        Slot.TOP_ACCENT: "top",
        Slot.TOP_PATTERN: "top",
        Slot.TOP_LOGO: "top",
        Slot.BOTTOM_COLOUR: "bottom",
        Slot.BOTTOM_ACCENT: "bottom",
        Slot.BOTTOM_PATTERN: "bottom",
        Slot.SHOES_COLOUR: "shoes",
        Slot.SHOES_ACCENT: "shoes",
        Slot.GLASSES_COLOUR: "glasses",
        Slot.EARRINGS_COLOUR: "earrings",
        Slot.HEADSET_COLOUR: "headset",
        Slot.HAT_COLOUR: "hat",
        Slot.TOP: "top",
        Slot.BOTTOM: "bottom",
        Slot.SHOES: "shoes",
    }
)


def for_people(words: str) -> str:
    """Canonical words as people spell them."""
    for plain, spelt in (("t shirt", "T-shirt"), ("make up", "make-up"), ("salt and pepper", "salt-and-pepper")):
        words = words.replace(plain, spelt)
    return words


@dataclass(slots=True)
class Findings:
    """Numbers and words by slot; ``heard`` and ``near`` say, in the text's own words, where they come from."""

    numbers: dict[Slot, float] = field(default_factory=dict)
    words: dict[Slot, str] = field(default_factory=dict)  # enum values, hex colours, length words
    heard: dict[Slot, str] = field(default_factory=dict)
    near: dict[str, str] = field(default_factory=dict)  # slot (or "left out/..."): "sandals -> flats"

    def number(self, slot: Slot, value: float, said: str) -> None:
        """Set a number; what was said before about the slot is forgotten."""
        self.numbers[slot] = value
        self.heard[slot] = said
        self.near.pop(slot, None)

    def word(self, slot: Slot, value: str, said: str, *, near: str = "") -> None:
        """Set a word, with a note when it is only near to what was said."""
        self.words[slot] = value
        self.heard[slot] = said
        self.near.pop(slot, None)
        if near and near != said:
            self.near[slot] = f"{said} -> {near}"

    def forget(self, slot: Slot) -> None:
        """Take back whatever was read for the slot."""
        self.numbers.pop(slot, None)
        self.words.pop(slot, None)
        self.heard.pop(slot, None)
        self.near.pop(slot, None)

    def has(self, slot: Slot) -> bool:
        return slot in self.numbers or slot in self.words

    def lines(self) -> tuple[str, ...]:
        """``heard`` for people, grouped: "hair: long, auburn"."""
        grouped: dict[str, list[str]] = {}
        for slot in Slot:
            if slot in self.heard:
                said = grouped.setdefault(GROUPS.get(slot, slot.value), [])
                words = for_people(self.heard[slot])
                if words not in said:
                    said.append(words)
        return tuple(f"{group}: {', '.join(said)}" for group, said in grouped.items())


# Slots that answer one question together: when the better text answers any, the other text's answers go unheard.
_TOGETHER: tuple[frozenset[Slot], ...] = (
    frozenset((Slot.HEIGHT, Slot.STATURE)),
    frozenset((Slot.MASS, Slot.WEIGHT)),
    frozenset((Slot.HAIR_STYLE, Slot.HAIR_LENGTH, Slot.HAIR_TEXTURE, Slot.FRINGE)),
    frozenset((Slot.HAIR_COLOUR, Slot.HIGHLIGHTS, Slot.ROOTS)),
    frozenset((Slot.AFRICAN, Slot.ASIAN, Slot.EUROPEAN, Slot.ANCESTRY)),
    frozenset((Slot.TOP, Slot.TOP_COLOUR, Slot.TOP_ACCENT, Slot.TOP_LAYER, Slot.TOP_PATTERN, Slot.TOP_LOGO)),
    frozenset((Slot.BOTTOM, Slot.BOTTOM_COLOUR, Slot.BOTTOM_ACCENT, Slot.BOTTOM_PATTERN)),
    frozenset((Slot.SHOES, Slot.SHOES_COLOUR, Slot.SHOES_ACCENT)),
    frozenset((Slot.GLASSES, Slot.GLASSES_COLOUR, Slot.GLASSES_KIND)),
    frozenset((Slot.HAT, Slot.HAT_COLOUR, Slot.HAT_KIND)),
    frozenset((Slot.EARRINGS, Slot.EARRINGS_COLOUR)),
    frozenset((Slot.HEADSET, Slot.HEADSET_COLOUR)),
    frozenset((Slot.TONE, Slot.UNDERTONE)),
)


def merged(better: Findings, other: Findings) -> Findings:
    """Both texts' findings; where they speak about the same thing, ``better`` is believed."""
    closed = set(better.numbers) | set(better.words)
    for slots in _TOGETHER:
        if closed & slots:
            closed |= slots
    return Findings(
        {slot: value for slot, value in other.numbers.items() if slot not in closed} | better.numbers,
        {slot: value for slot, value in other.words.items() if slot not in closed} | better.words,
        {slot: said for slot, said in other.heard.items() if slot not in closed} | better.heard,
        {key: note for key, note in other.near.items() if key not in closed} | better.near,
    )
