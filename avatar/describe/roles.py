"""What people of a calling usually wear, and what a temper does to colours; used only where the text is silent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType

from avatar.character import AccessoryKind, BottomKind, FootwearKind, TopKind
from avatar.describe.tables import bag
from avatar.describe.tokens import Token, sentences

_Top, _Bottom, _Shoe = TopKind, BottomKind, FootwearKind


@dataclass(frozen=True, slots=True)
class Dress:
    """What a calling wears, the most usual first: kinds, and colour names of :mod:`avatar.describe.colours`.

    An empty tuple leaves the choice open. Of kinds only those are taken that a person of that age and sex wears.
    """

    tops: tuple[TopKind, ...] = ()
    top_colours: tuple[str, ...] = ()
    bottoms: tuple[BottomKind, ...] = ()
    bottom_colours: tuple[str, ...] = ()
    shoes: tuple[FootwearKind, ...] = ()
    shoe_colours: tuple[str, ...] = ()
    accessory: AccessoryKind | None = None
    athletic: bool = False
    plain: bool = False  # working clothes: no patterns, no marks


_MEDICAL = Dress(
    (_Top.T_SHIRT, _Top.POLO),
    ("teal", "sky blue", "sea green", "navy"),
    (_Bottom.TROUSERS,),
    ("teal", "navy", "white"),
    (_Shoe.SNEAKERS,),
    ("white", "grey"),
    plain=True,
)
_OFFICE = Dress(
    (_Top.BLAZER, _Top.SHIRT, _Top.DRESS),
    ("white", "powder blue", "navy", "charcoal", "burgundy", "slate"),
    (_Bottom.TROUSERS, _Bottom.SKIRT),
    ("charcoal", "navy", "black", "taupe", "grey"),
    (_Shoe.LOAFERS, _Shoe.FLATS),
    ("black", "cognac", "espresso", "navy"),
)
_SPORT = Dress(
    (_Top.T_SHIRT, _Top.HOODIE),
    ("red", "royal blue", "orange", "lime green", "black", "turquoise"),
    (_Bottom.SHORTS,),
    ("black", "navy", "charcoal"),
    (_Shoe.SNEAKERS,),
    ("white", "red", "lime green", "black"),
    athletic=True,
)
_WORKSHOP = Dress(
    (_Top.T_SHIRT, _Top.SHIRT, _Top.LONG_SLEEVE),
    ("slate", "navy", "grey", "olive", "burnt orange", "brick"),
    (_Bottom.JEANS,),
    ("denim", "charcoal"),
    (_Shoe.BOOTS,),
    ("brown", "cognac", "black"),
)
_TECHNICAL = Dress(
    (_Top.HOODIE, _Top.T_SHIRT, _Top.SHIRT, _Top.LONG_SLEEVE),
    ("navy", "charcoal", "heather grey", "teal", "slate", "forest green", "plum"),
    (_Bottom.JEANS,),
    ("denim", "charcoal", "black", "midnight blue"),
    (_Shoe.SNEAKERS,),
    ("white", "grey", "black"),
)
_ARTIST = Dress(
    (_Top.LONG_SLEEVE, _Top.T_SHIRT, _Top.SHIRT, _Top.DRESS),
    ("black", "mustard", "terracotta", "plum", "teal", "coral", "cream"),
    (_Bottom.JEANS, _Bottom.SKIRT),
    ("black", "denim", "olive"),
    (_Shoe.BOOTS, _Shoe.SNEAKERS, _Shoe.FLATS),
    ("white", "black", "mustard", "cognac"),
)
_KITCHEN = Dress(
    (_Top.SHIRT,),
    ("white", "cream", "black"),
    (_Bottom.TROUSERS,),
    ("charcoal", "black"),
    (_Shoe.LOAFERS, _Shoe.SNEAKERS),
    ("black", "white"),
    plain=True,
)
_OUTDOORS = Dress(
    (_Top.SHIRT, _Top.HOODIE, _Top.LONG_SLEEVE),
    ("olive", "moss", "khaki", "forest green", "rust", "ochre"),
    (_Bottom.TROUSERS, _Bottom.JEANS),
    ("khaki", "brown", "olive", "denim"),
    (_Shoe.BOOTS,),
    ("brown", "olive", "cognac"),
)
_GUARD = Dress(
    (_Top.SHIRT, _Top.POLO),
    ("black", "navy", "charcoal"),
    (_Bottom.TROUSERS,),
    ("black", "navy"),
    (_Shoe.BOOTS,),
    ("black",),
    athletic=True,
    plain=True,
)
_SCHOOL = Dress(
    (_Top.SHIRT, _Top.LONG_SLEEVE, _Top.BLAZER, _Top.DRESS),
    ("sage", "burgundy", "mustard", "navy", "cream", "steel blue", "rust"),
    (_Bottom.TROUSERS, _Bottom.SKIRT, _Bottom.JEANS),
    ("brown", "navy", "taupe", "charcoal"),
    (_Shoe.LOAFERS, _Shoe.FLATS, _Shoe.BOOTS),
    ("cognac", "espresso", "navy", "black"),
)
_PHONE = Dress(
    (_Top.SHIRT, _Top.POLO, _Top.LONG_SLEEVE),
    ("sky blue", "white", "lavender", "navy", "teal"),
    (_Bottom.TROUSERS,),
    ("charcoal", "navy"),
    (_Shoe.LOAFERS, _Shoe.FLATS, _Shoe.SNEAKERS),
    ("white", "black", "navy"),
    AccessoryKind.HEADSET,
    plain=True,
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


_DIGITAL = bag("software data ai ml web cloud network systems security backend frontend platform")


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
    words = _plain_words(role)
    if any(first in _DIGITAL and then == "engineer" for first, then in pairwise(words)):
        return _TECHNICAL
    found = [_DRESSES[word] for word in words if word in _DRESSES]
    return found[-1] if found else Dress()


def mood_of(personality: str) -> Mood:
    """The first temper named: what people put first they mean most."""
    return next((_MOODS[word] for word in _plain_words(personality) if word in _MOODS), Mood.PLAIN)
