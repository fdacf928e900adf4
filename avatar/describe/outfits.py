"""A whole outfit from what was said of it: the rest is chosen to suit the person and to go together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import TypeVar

from avatar import character as c
from avatar.describe.chance import fraction, pick
from avatar.describe.dressing import ACCESSORY_COLOURS
from avatar.describe.findings import Findings
from avatar.describe.harmony import choose, is_neutral, own_shade, second_of
from avatar.describe.roles import MOOD_TOPS, Dress, Mood
from avatar.describe.slots import Slot

Kind = TypeVar("Kind", bound=StrEnum)
T, B, F, P = c.TopKind, c.BottomKind, c.FootwearKind, c.Pattern
TOLD_WELL = 6  # facts in the text; beyond that, what is not mentioned is not there

_FEMININE: frozenset[StrEnum] = frozenset((T.DRESS, B.SKIRT, F.FLATS))
_GROWN_UP: frozenset[StrEnum] = frozenset((T.BLAZER, F.LOAFERS))
# kind -> likelihood for children, the young (to 25), adults, the old (from 65)
_TOPS = {
    T.T_SHIRT: (4, 3.2, 2.2, 0.5), T.LONG_SLEEVE: (2, 1.7, 2.1, 2.2), T.POLO: (0.8, 0.7, 1.3, 1.8),
    T.SHIRT: (0.7, 1.3, 2.7, 3.2), T.HOODIE: (3, 3.2, 1.4, 0.2), T.BLAZER: (0, 0.4, 1.7, 1.5),
    T.DRESS: (2, 1.6, 2.0, 1.7),
}  # fmt: skip
_BOTTOMS = {
    B.JEANS: (3, 4.6, 4, 1.4), B.TROUSERS: (1, 1.4, 3.2, 4.4), B.SHORTS: (2.4, 1.3, 0.7, 0.15),
    B.SKIRT: (1.6, 1.8, 1.5, 1.4),
}  # fmt: skip
_SHOES = {F.SNEAKERS: (6, 5, 2.6, 1), F.BOOTS: (1, 1.6, 1.5, 1), F.LOAFERS: (0, 0.5, 2, 3), F.FLATS: (1.6, 1.4, 2, 2)}
# how a kind changes what is worn with it
_WITH_TOP: Mapping[c.TopKind, Mapping[StrEnum, float]] = MappingProxyType(
    {
        T.BLAZER: {B.SHORTS: 0, B.JEANS: 0.4, B.TROUSERS: 2, F.SNEAKERS: 0.2, F.LOAFERS: 2.4, F.FLATS: 1.6},
        T.SHIRT: {B.SHORTS: 0.3, F.SNEAKERS: 0.7, F.LOAFERS: 1.4},
        T.HOODIE: {B.TROUSERS: 0.3, B.JEANS: 1.4, F.LOAFERS: 0, F.FLATS: 0.1, F.SNEAKERS: 1.5},
        T.T_SHIRT: {F.LOAFERS: 0.25, B.TROUSERS: 0.6},
        T.DRESS: {F.SNEAKERS: 0.35, F.LOAFERS: 0.5, F.FLATS: 2, F.BOOTS: 1.1},
    }
)
_WITH_BOTTOM: Mapping[c.BottomKind, Mapping[StrEnum, float]] = MappingProxyType(
    {
        B.SHORTS: {F.SNEAKERS: 2, F.BOOTS: 0.15, F.LOAFERS: 0.2, F.FLATS: 0.5},
        B.SKIRT: {F.SNEAKERS: 0.6, F.FLATS: 1.6},
        B.TROUSERS: {F.SNEAKERS: 0.6, F.LOAFERS: 1.4},
    }
)
_PATTERNS: Mapping[c.TopKind, Mapping[c.Pattern, float]] = MappingProxyType(
    {
        T.T_SHIRT: {P.PLAIN: 6, P.STRIPES: 1.3, P.BANDS: 0.6, P.RAGLAN: 0.8},
        T.LONG_SLEEVE: {P.PLAIN: 5, P.STRIPES: 2.2, P.RAGLAN: 0.5, P.BANDS: 0.6},
        T.POLO: {P.PLAIN: 5, P.BANDS: 1, P.STRIPES: 0.5},
        T.SHIRT: {P.PLAIN: 5, P.CHECKS: 2, P.PINSTRIPES: 1.3, P.DOTS: 0.3},
        T.HOODIE: {P.PLAIN: 6, P.RAGLAN: 0.9, P.BANDS: 0.5},
        T.BLAZER: {P.PLAIN: 6, P.CHECKS: 0.8, P.PINSTRIPES: 0.9},
        T.DRESS: {P.PLAIN: 4, P.DOTS: 1.5, P.STRIPES: 0.7, P.CHECKS: 0.4},
    }
)
_USUAL_BOTTOMS: Mapping[c.BottomKind, tuple[str, ...]] = MappingProxyType(
    {
        B.JEANS: ("denim", "denim", "denim", "midnight blue", "steel blue", "black", "charcoal"),
        B.TROUSERS: ("charcoal", "khaki", "navy", "brown", "olive", "taupe", "black", "stone", "beige"),
        B.SHORTS: ("khaki", "navy", "olive", "stone", "denim", "charcoal"),
        B.SKIRT: ("black", "navy", "charcoal", "camel", "burgundy", "olive", "denim", "grey", "forest green"),
    }
)
_USUAL_SHOES: Mapping[c.FootwearKind, tuple[str, ...]] = MappingProxyType(
    {
        F.SNEAKERS: ("white", "white", "black", "grey", "navy", "cream", "red", "teal", "mustard"),
        F.BOOTS: ("brown", "black", "cognac", "espresso", "camel"),
        F.LOAFERS: ("cognac", "espresso", "black", "oxblood", "navy"),
        F.FLATS: ("black", "beige", "navy", "red", "taupe", "burgundy", "cream"),
    }
)
_LEATHER = frozenset((F.BOOTS, F.LOAFERS))
_JACKETS = ("navy", "charcoal", "grey", "slate", "camel", "brown", "forest green", "burgundy", "taupe", "black")
_UNDER_JACKETS = ("white", "white", "powder blue", "cream", "black", "heather grey")
_SHIRTS = ("white", "powder blue", "sky blue", "cream", "navy", "sage", "burgundy", "lavender", "steel blue", "olive")
_BRIGHT_CHILD = ("red", "sunflower", "turquoise", "royal blue", "lime green", "coral", "hot pink", "orange", "lavender")


def outfit_of(found: Findings, seed: int, dress: Dress, mood: Mood, gender: float, age: float) -> c.Outfit:
    """What the person wears: what was said, and for the rest what goes with it."""
    words = found.words
    below: Mapping[StrEnum, float] = {T.DRESS: 0.0, T.BLAZER: 0.0 if words.get(Slot.BOTTOM) == B.SHORTS else 1.0}
    top_kind = _kind(found, seed, Slot.TOP, _TOPS, dress.tops, gender, age, below if Slot.BOTTOM in words else {})
    with_top: Mapping[StrEnum, float] = _WITH_TOP.get(top_kind, {})
    bottom_kind = _kind(found, seed, Slot.BOTTOM, _BOTTOMS, dress.bottoms, gender, age, with_top)
    with_bottom = {} if top_kind == T.DRESS else _WITH_BOTTOM.get(bottom_kind, {})
    with_both: Mapping[StrEnum, float] = {kind: with_top.get(kind, 1.0) * with_bottom.get(kind, 1.0) for kind in F}
    shoe_kind = _kind(found, seed, Slot.SHOES, _SHOES, dress.shoes, gender, age, with_both)
    top = _top(found, seed, dress, mood, age, top_kind)
    bottom = _bottom(found, seed, dress, top, bottom_kind)
    return c.Outfit(
        top=top,
        bottom=bottom,
        footwear=_footwear(found, seed, dress, shoe_kind, top, bottom),
        accessories=_accessories(found, seed, dress, gender, age, top),
    )


def _kind(
    found: Findings,
    seed: int,
    slot: Slot,
    usual: Mapping[Kind, Sequence[float]],
    calling: Sequence[Kind],
    gender: float,
    age: float,
    matched: Mapping[StrEnum, float],
) -> Kind:
    kinds = list(usual)
    if slot in found.words:
        return next(kind for kind in kinds if kind == found.words[slot])
    column = 0 if age < 14 else 1 if age < 26 else 2 if age < 65 else 3
    shares = {kind: usual[kind][column] for kind in kinds}
    worn = [kind for kind in calling if _suits(kind, gender, age)]
    if worn:
        shares = {kind: 3.0 / (2 + worn.index(kind)) if kind in worn else 0.0 for kind in kinds}
    shares = {kind: share * _suits(kind, gender, age) for kind, share in shares.items()}
    together = {kind: share * matched.get(kind, 1.0) for kind, share in shares.items()}
    shares = together if any(together.values()) else shares
    return pick(seed, slot, kinds, [shares[kind] for kind in kinds])


def _suits(kind: StrEnum, gender: float, age: float) -> bool:
    """Whether people of this sex and age wear it unasked."""
    return not ((kind in _FEMININE and gender > 0.45) or (kind in _GROWN_UP and age < 14))


def _top(found: Findings, seed: int, dress: Dress, mood: Mood, age: float, kind: c.TopKind) -> c.Top:
    words = found.words
    silent = Slot.TOP not in words and Slot.TOP_COLOUR not in words
    colour = words.get(Slot.TOP_COLOUR)
    if colour is None:
        beside = [words[slot] for slot in (Slot.BOTTOM_COLOUR, Slot.SHOES_COLOUR) if slot in words]
        colour = own_shade(choose(seed, Slot.TOP_COLOUR, _top_names(seed, dress, mood, age, kind), beside), seed, "top")
    pattern = words.get(Slot.TOP_PATTERN)
    accent = words.get(Slot.TOP_ACCENT)
    if pattern is None:
        usual = _PATTERNS[kind]
        drawn = silent and accent is None and not dress.plain
        pattern = pick(seed, "top pattern", list(usual), list(usual.values())) if drawn else P.PLAIN
    if accent is None and pattern != P.PLAIN:
        accent = second_of(colour, seed, "top accent")
    elif accent is None and kind == T.BLAZER:
        accent = choose(seed, "shirt", _UNDER_JACKETS, [colour])
    elif accent is None and silent and kind in (T.T_SHIRT, T.POLO) and fraction(seed, "trim") < 0.16:
        accent = second_of(colour, seed, "top accent")
    logo = words.get(Slot.TOP_LOGO)
    if logo is None:
        marked = silent and not dress.plain and pattern == P.PLAIN and kind in (T.T_SHIRT, T.HOODIE) and age < 45
        logo = pick(seed, "logo", list(c.Logo)[1:]) if marked and fraction(seed, "marked") < 0.22 else c.Logo.NONE
    return c.Top(kind=kind, colour=colour, accent=accent, pattern=P(pattern), logo=c.Logo(logo))


def _top_names(seed: int, dress: Dress, mood: Mood, age: float, kind: c.TopKind) -> tuple[str, ...]:
    vivid = mood in (Mood.BRIGHT, Mood.WARM) and fraction(seed, "mood over role") < 0.5 and not dress.plain
    if dress.top_colours and not vivid:
        jackets = tuple(name for name in dress.top_colours if name not in ("white", "powder blue", "cream"))
        return jackets if kind == T.BLAZER and jackets else dress.top_colours
    if mood != Mood.PLAIN:
        return MOOD_TOPS[mood]
    if age < 14:
        return _BRIGHT_CHILD
    return {T.BLAZER: _JACKETS, T.SHIRT: _SHIRTS}.get(kind, MOOD_TOPS[mood])


def _bottom(found: Findings, seed: int, dress: Dress, top: c.Top, kind: c.BottomKind) -> c.Bottom:
    words = found.words
    colour, pattern = words.get(Slot.BOTTOM_COLOUR), words.get(Slot.BOTTOM_PATTERN)
    matching = top.kind == T.BLAZER and kind in (B.TROUSERS, B.SKIRT) and Slot.BOTTOM not in words
    if colour is None and matching and top.pattern != P.DOTS and fraction(seed, "suit") < 0.4:
        return c.Bottom(kind=kind, colour=top.colour, pattern=top.pattern, accent=_drawn(top))  # a suit
    if colour is None:
        of_calling = dress.bottom_colours if kind in dress.bottoms else ()
        shoes = [words[Slot.SHOES_COLOUR]] if Slot.SHOES_COLOUR in words else []
        names = of_calling or _USUAL_BOTTOMS[kind]
        colour = own_shade(choose(seed, Slot.BOTTOM_COLOUR, names, [top.colour, *shoes]), seed, "bottom")
    if pattern is None:
        checked = kind == B.SKIRT and top.pattern == P.PLAIN and Slot.BOTTOM not in words and not dress.plain
        pattern = pick(seed, "bottom pattern", (P.PLAIN, P.CHECKS, P.DOTS), (6, 1, 0.4)) if checked else P.PLAIN
    accent = words.get(Slot.BOTTOM_ACCENT)
    if accent is None and pattern != P.PLAIN:
        accent = second_of(colour, seed, "bottom accent")
    return c.Bottom(kind=kind, colour=colour, pattern=P(pattern), accent=accent)


def _drawn(top: c.Top) -> str | None:
    """The second colour of a pattern; on a plain jacket it is the shirt's."""
    return None if top.pattern == P.PLAIN else top.accent


def _footwear(
    found: Findings, seed: int, dress: Dress, kind: c.FootwearKind, top: c.Top, bottom: c.Bottom
) -> c.Footwear:
    words = found.words
    colour = words.get(Slot.SHOES_COLOUR)
    if colour is None:
        names = dress.shoe_colours if kind in dress.shoes and dress.shoe_colours else _USUAL_SHOES[kind]
        if kind in _LEATHER:
            leather = ("black", "brown", "cognac", "espresso", "camel", "oxblood", "navy", "olive")
            names = tuple(name for name in names if name in leather) or _USUAL_SHOES[kind]
        beside = [top.colour] if top.kind == T.DRESS else [top.colour, bottom.colour]
        loud = [each for each in beside if not is_neutral(each)]
        colour = choose(seed, Slot.SHOES_COLOUR, names, loud)
    accent = words.get(Slot.SHOES_ACCENT)
    silent = Slot.SHOES not in words and Slot.SHOES_COLOUR not in words
    if accent is None and silent and kind == F.SNEAKERS and fraction(seed, "shoe stripe") < 0.3:
        accent = second_of(colour, seed, "shoe accent")
    return c.Footwear(kind=kind, colour=colour, accent=accent)


_SPECTACLES = (c.AccessoryKind.GLASSES, c.AccessoryKind.SQUARE_GLASSES, c.AccessoryKind.SUNGLASSES)
_HATS = (c.AccessoryKind.CAP, c.AccessoryKind.BEANIE)
_DYES: Mapping[Slot, tuple[str, ...]] = MappingProxyType(
    {
        Slot.GLASSES: ("black", "tortoiseshell", "silver", "gold", "burgundy", "navy"),
        Slot.EARRINGS: ("gold", "silver", "pearl", "turquoise", "rose gold"),
        Slot.HEADSET: ("black", "white", "grey"),
        Slot.HAT: ("navy", "charcoal", "black", "burgundy", "mustard", "olive", "cream", "red"),
    }
)


def accessory_kind(found: Findings, slot: Slot) -> c.AccessoryKind | None:
    """The kind that was said for an accessory of which there are several kinds."""
    said = found.words.get({Slot.GLASSES: Slot.GLASSES_KIND, Slot.HAT: Slot.HAT_KIND}.get(slot, slot))
    return c.AccessoryKind(said) if said else None


def _accessories(
    found: Findings, seed: int, dress: Dress, gender: float, age: float, top: c.Top
) -> tuple[c.Accessory, ...]:
    casual = top.kind in (T.T_SHIRT, T.HOODIE, T.LONG_SLEEVE) and age < 60 and not dress.plain
    likely = {
        Slot.GLASSES: 0.05 if age < 14 else 0.16 + (0.2 if age > 45 else 0.0),
        Slot.EARRINGS: 0.36 if gender < 0.4 and age > 14 else 0.03 if age > 16 else 0.0,
        Slot.HEADSET: 0.85 if dress.accessory == c.AccessoryKind.HEADSET else 0.0,
        Slot.HAT: 0.07 if casual and found.words.get(Slot.HAIR_STYLE) is None else 0.0,
    }
    if len(found.heard) >= TOLD_WELL:
        likely = dict.fromkeys(likely, 0.0)
    worn = []
    for slot, chance in likely.items():
        said = found.numbers.get(slot)
        if said != 1.0 and (said is not None or fraction(seed, f"wears {slot}") >= chance):
            continue
        kind = accessory_kind(found, slot)
        if kind is None:
            kinds: Sequence[c.AccessoryKind] = (c.AccessoryKind(slot.value),) if slot != Slot.HAT else _HATS
            if slot == Slot.GLASSES and said is None:
                kinds = _SPECTACLES[:2]
            kind = pick(seed, f"kind of {slot}", kinds)
        colour = found.words.get(ACCESSORY_COLOURS[slot])
        if colour is None:
            beside = [top.colour] if slot == Slot.HAT else []
            names = ("black", "tortoiseshell") if kind == c.AccessoryKind.SUNGLASSES else _DYES[slot]
            colour = choose(seed, f"{slot} colour", names, beside)
        worn.append(c.Accessory(kind=kind, colour=colour))
    return tuple(worn)
