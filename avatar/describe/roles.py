"""What people of a calling usually wear, and what a temper does to colours; used only where the text is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from avatar.character import AccessoryKind, BottomKind, TopKind
from avatar.describe.tokens import Token, sentences


@dataclass(frozen=True, slots=True)
class Dress:
    """Colour names of :mod:`avatar.describe.colours`; an empty tuple leaves the choice open."""

    top: TopKind | None = None
    tops: tuple[str, ...] = ()
    bottom: BottomKind | None = None
    bottoms: tuple[str, ...] = ()
    shoes: tuple[str, ...] = ()
    accessory: AccessoryKind | None = None
    athletic: bool = False


T, L = TopKind.T_SHIRT, TopKind.LONG_SLEEVE
JEANS, TROUSERS, SHORTS = BottomKind.JEANS, BottomKind.TROUSERS, BottomKind.SHORTS

_MEDICAL = Dress(T, ("teal", "sky blue", "sea green", "navy"), TROUSERS, ("teal", "navy", "white"), ("white",))
_OFFICE = Dress(
    L,
    ("white", "powder blue", "navy", "charcoal", "burgundy"),
    TROUSERS,
    ("charcoal", "navy", "black", "taupe"),
    ("black", "white", "brown"),
)
_SPORT = Dress(
    T,
    ("red", "royal blue", "orange", "lime green", "black"),
    SHORTS,
    ("black", "navy", "charcoal"),
    ("white", "red", "lime green", "black"),
    athletic=True,
)
_WORKSHOP = Dress(
    T, ("slate", "navy", "grey", "olive", "burnt orange"), JEANS, ("denim", "charcoal"), ("brown", "grey", "black")
)
_TECHNICAL = Dress(
    None,
    ("navy", "charcoal", "heather grey", "teal", "slate"),
    JEANS,
    ("denim", "charcoal", "black"),
    ("white", "grey", "black"),
)
_ARTIST = Dress(
    None,
    ("black", "mustard", "terracotta", "plum", "teal", "coral"),
    JEANS,
    ("black", "denim", "olive"),
    ("white", "red", "mustard"),
)
_KITCHEN = Dress(L, ("white", "cream", "black"), TROUSERS, ("charcoal", "black"), ("black", "white"))
_OUTDOORS = Dress(
    None, ("olive", "moss", "khaki", "forest green", "rust"), TROUSERS, ("khaki", "brown", "olive"), ("brown", "olive")
)
_GUARD = Dress(L, ("black", "navy", "charcoal"), TROUSERS, ("black", "navy"), ("black",), athletic=True)
_SCHOOL = Dress(
    L,
    ("sage", "burgundy", "mustard", "navy", "cream"),
    TROUSERS,
    ("brown", "navy", "taupe", "charcoal"),
    ("brown", "white", "navy"),
)
_PHONE = Dress(
    L,
    ("sky blue", "white", "lavender", "navy"),
    TROUSERS,
    ("charcoal", "navy"),
    ("white", "black"),
    AccessoryKind.HEADSET,
)

_DRESSES: Mapping[str, Dress] = MappingProxyType(
    {
        word: dress
        for group, dress in (
            (
                "nurse doctor physician surgeon dentist vet veterinarian paramedic pharmacist "
                "caregiver carer midwife medical health",
                _MEDICAL,
            ),
            (
                "lawyer attorney banker accountant manager director executive consultant analyst "
                "broker advisor adviser secretary "
                "receptionist politician diplomat judge notary sales finance insurance estate concierge",
                _OFFICE,
            ),
            (
                "coach trainer fitness athlete runner swimmer boxer footballer cyclist climber "
                "surfer skater yoga gym sports sport dancer",
                _SPORT,
            ),
            (
                "mechanic electrician plumber carpenter welder builder mason blacksmith engineer technician mechanical",
                _WORKSHOP,
            ),
            (
                "developer programmer software hacker data gamer it scientist researcher physicist chemist astronomer",
                _TECHNICAL,
            ),
            (
                "artist painter designer musician singer writer poet author photographer illustrator "
                "actor sculptor drummer dj",
                _ARTIST,
            ),
            ("chef cook baker butcher barista waiter waitress bartender kitchen", _KITCHEN),
            (
                "gardener farmer florist ranger hunter fisher adventurer explorer biologist botanist "
                "forester geologist",
                _OUTDOORS,
            ),
            ("guard police officer soldier detective security firefighter sheriff policewoman policeman", _GUARD),
            (
                "teacher tutor professor lecturer librarian historian archivist curator guide mentor "
                "counsellor counselor "
                "psychologist therapist storyteller",
                _SCHOOL,
            ),
            ("support helpdesk operator call hotline service agent dispatcher", _PHONE),
        )
        for word in group.split()
    }
)


class Mood(StrEnum):
    BRIGHT = "bright"
    WARM = "warm"
    CALM = "calm"
    DARK = "dark"
    PLAIN = "plain"


MOOD_TOPS: Mapping[Mood, tuple[str, ...]] = MappingProxyType(
    {
        Mood.BRIGHT: ("coral", "sunflower", "turquoise", "hot pink", "lime green", "sky blue", "orange", "red"),
        Mood.WARM: ("terracotta", "mustard", "rust", "salmon", "burgundy", "peach", "cream"),
        Mood.CALM: ("sage", "powder blue", "lavender", "heather grey", "mint", "stone", "steel blue"),
        Mood.DARK: ("black", "charcoal", "navy", "oxblood", "forest green", "aubergine"),
        Mood.PLAIN: (
            "navy",
            "white",
            "teal",
            "burgundy",
            "forest green",
            "mustard",
            "lavender",
            "charcoal",
            "coral",
            "sky blue",
            "olive",
            "cream",
            "rust",
            "plum",
        ),
    }
)
_MOODS: Mapping[str, Mood] = MappingProxyType(
    {
        word: mood
        for mood, group in (
            (
                Mood.BRIGHT,
                "cheerful happy playful energetic lively bubbly enthusiastic upbeat optimistic fun "
                "funny bold joyful extroverted "
                "outgoing spontaneous vibrant adventurous bouncy",
            ),
            (
                Mood.WARM,
                "warm kind friendly caring motherly nurturing gentle generous welcoming "
                "compassionate empathetic hearted cosy",
            ),
            (
                Mood.CALM,
                "calm quiet shy thoughtful patient serene wise relaxed introverted peaceful reserved "
                "soothing mindful dreamy",
            ),
            (
                Mood.DARK,
                "serious stern formal mysterious gloomy sarcastic cynical strict brooding dark "
                "grumpy melancholic cold cool edgy",
            ),
        )
        for word in group.split()
    }
)


def _plain_words(text: str) -> list[str]:
    def words(sentence: Sequence[Token]) -> list[str]:
        return [
            token.text
            for token, before in zip(sentence, (None, *sentence), strict=False)
            if before is None or before.text != "not"
        ]

    return [word for sentence in sentences(text) for word in words(sentence)]


def dress_of(role: str) -> Dress:
    """The usual dress of the last calling named in ``role`` ("software sales manager" dresses as a manager)."""
    found = [_DRESSES[word] for word in _plain_words(role) if word in _DRESSES]
    return found[-1] if found else Dress()


def mood_of(personality: str) -> Mood:
    """The first temper named: what people put first they mean most."""
    return next((_MOODS[word] for word in _plain_words(personality) if word in _MOODS), Mood.PLAIN)
