"""Which haircut is meant: what was said of style, length, texture and fringe in one; and what grows on silent heads."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from avatar.character import FacialHair, HairStyle
from avatar.describe.chance import pick
from avatar.describe.dressing import made_name
from avatar.describe.findings import Findings
from avatar.describe.names import Region
from avatar.describe.slots import Slot

H = HairStyle
# from short to long; what is moved along keeps its texture and its fringe where there is such a style
LADDER: tuple[tuple[HairStyle, ...], ...] = (
    (H.BALD,),
    (H.BUZZ,),
    (H.CROP, H.SIDE_PART, H.UNDERCUT, H.PIXIE),
    (H.BOB, H.BOB_BANGS, H.CURLY, H.AFRO),
    (H.LONG_STRAIGHT, H.LONG_BANGS, H.LONG_WAVY, H.PONYTAIL, H.BRAIDS, H.BUN),
)
CURLS: tuple[tuple[HairStyle, ...], ...] = (
    (H.LONG_STRAIGHT, H.LONG_BANGS, H.BOB, H.BOB_BANGS, H.CROP, H.SIDE_PART, H.UNDERCUT, H.PIXIE, H.BUZZ),
    (H.LONG_WAVY,),
    (H.CURLY,),
    (H.AFRO,),
)
_LONGER = {H.CURLY: H.LONG_WAVY, H.AFRO: H.LONG_WAVY, H.BOB_BANGS: H.LONG_BANGS}
_SHORTER = {H.LONG_BANGS: H.BOB_BANGS, H.LONG_WAVY: H.CURLY}
# texture -> style as it would be -> the style that has the texture
_TEXTURED: Mapping[str, Mapping[HairStyle, HairStyle]] = MappingProxyType(
    {
        "curly": dict.fromkeys((H.BOB, H.BOB_BANGS), H.CURLY) | dict.fromkeys((H.LONG_STRAIGHT,), H.LONG_WAVY),
        "coily": dict.fromkeys((H.BOB, H.BOB_BANGS, H.LONG_STRAIGHT), H.AFRO),
        "wavy": {H.LONG_STRAIGHT: H.LONG_WAVY, H.LONG_BANGS: H.LONG_WAVY},
        "straight": {H.LONG_WAVY: H.LONG_STRAIGHT, H.CURLY: H.BOB, H.AFRO: H.CROP},
    }
)
_HAS_TEXTURE: Mapping[str, frozenset[HairStyle]] = MappingProxyType(
    {
        "curly": frozenset((H.CURLY, H.AFRO)),
        "coily": frozenset((H.AFRO, H.CURLY, H.BRAIDS, H.BUZZ, H.CROP)),
        "wavy": frozenset((H.LONG_WAVY, H.CURLY)),
        "straight": frozenset(set(H) - {H.CURLY, H.AFRO, H.LONG_WAVY}),
    }
)
_FRINGED = {H.BOB: H.BOB_BANGS, H.LONG_STRAIGHT: H.LONG_BANGS, H.LONG_WAVY: H.LONG_BANGS}
_UNFRINGED = {fringed: plain for plain, fringed in _FRINGED.items() if plain != H.LONG_WAVY}
_HAS_FRINGE = frozenset((H.PIXIE, H.CROP, H.BOB_BANGS, H.LONG_BANGS))
SHORT = LADDER[2]


def style_of(length: str, seed: int, gender: float) -> HairStyle | None:
    """The style of hair that is only said to be long, medium, short or very short; None for any other word."""
    match length:
        case "long":
            return H.LONG_STRAIGHT
        case "medium":
            return H.BOB
        case "short" if gender < 0.4:
            return pick(seed, "short hair", (H.PIXIE, H.SIDE_PART), (3, 1))
        case "short":
            return pick(seed, "short hair", (H.CROP, H.SIDE_PART))
        case "very short":
            return H.BUZZ if gender >= 0.4 else H.PIXIE
    return None


def cut_of(found: Findings, seed: int, gender: float, now: HairStyle | None = None) -> HairStyle | None:
    """The style that ``found`` asks for, over the style that is ``now`` there; None when no word was about the cut.

    What there is no style for goes to ``found.near``.
    """
    texture, fringe = found.words.get(Slot.HAIR_TEXTURE), found.words.get(Slot.FRINGE)
    said = found.words.get(Slot.HAIR_STYLE)
    length = found.words.get(Slot.HAIR_LENGTH)
    if said is not None:
        style = HairStyle(said)
    elif length is not None:
        short_already = length == "short" and now in SHORT
        style = now if short_already and now is not None else style_of(length, seed, gender) or H.BOB
        if length in ("short", "very short") and texture in ("curly", "coily"):
            style = H.AFRO if texture == "coily" else H.CURLY
    elif texture is not None or fringe is not None:
        kept = _of_texture(texture, fringe, seed, gender) if now is None else now
        if kept is None:
            return None
        style = kept
    else:
        return None
    if fringe is not None:
        style = _with_fringe(found, style, fringe)
    return style if texture is None else _with_texture(found, style, texture, explicit=said is not None)


def _of_texture(texture: str | None, fringe: str | None, seed: int, gender: float) -> HairStyle | None:
    """Hair of which only the texture or the fringe is known."""
    if texture == "coily":
        return H.AFRO
    if texture == "curly":
        return H.CURLY
    if texture == "wavy":
        return H.LONG_WAVY if gender < 0.5 else H.SIDE_PART
    if fringe == "bangs":
        return pick(seed, "fringe", (H.BOB, H.LONG_STRAIGHT)) if gender < 0.5 else H.CROP
    return None


def _with_fringe(found: Findings, style: HairStyle, fringe: str) -> HairStyle:
    if fringe == "none":
        return _UNFRINGED.get(style, style)
    if style in _HAS_FRINGE:
        return style
    if style not in _FRINGED:
        found.near[Slot.FRINGE] = f"{found.heard[Slot.FRINGE]} -> left out"
    return _FRINGED.get(style, style)


def _with_texture(found: Findings, style: HairStyle, texture: str, *, explicit: bool) -> HairStyle:
    if style in _HAS_TEXTURE[texture]:
        return style
    made = _TEXTURED[texture].get(style, style)
    if not explicit and made == style and texture in ("curly", "coily") and style in SHORT:
        made = H.CURLY if texture == "curly" else H.AFRO
    if made not in _HAS_TEXTURE[texture] and texture != "straight":
        name = made_name(made) if made in (H.LONG_WAVY, H.LONG_STRAIGHT) else f"a {made_name(made)}"
        found.near[Slot.HAIR_TEXTURE] = f"{found.heard[Slot.HAIR_TEXTURE]} hair -> {name}"
    return made


def moved(now: HairStyle, steps: int, seed: int, gender: float) -> HairStyle:
    """Hair that grew (or was cut) by ``steps`` lengths."""
    rung = next(number for number, styles in enumerate(LADDER) if now in styles)
    to = min(max(rung + steps, 0), len(LADDER) - 1)
    if to == rung:
        return now
    if LADDER[to] == SHORT:
        return style_of("short", seed, gender) or H.CROP
    by_texture = _LONGER.get(now) if to > rung else _SHORTER.get(now)
    return by_texture if by_texture in LADDER[to] else LADDER[to][0]


def curled(now: HairStyle, steps: int) -> HairStyle:
    """Hair with more curl, or less: straight, wavy (where it is long), curly, afro."""
    rung = next((number for number, styles in enumerate(CURLS) if now in styles), None)
    if rung is None or now == H.BUZZ:
        return now  # tied or shaven: nothing falls
    long = now in LADDER[4]
    to = min(max(rung + (steps if long or rung > 1 else steps + (steps > 0)), 0), len(CURLS) - 1)
    if to == 1 and not long:
        to = 0
    return (H.LONG_STRAIGHT if long else H.BOB) if to == 0 and rung else CURLS[to][0] if to else now


# --- what grows where nothing is said -----------------------------------------------------------------------------

_BOYS = {H.CROP: 4, H.SIDE_PART: 3, H.CURLY: 1.6, H.BUZZ: 0.8, H.UNDERCUT: 0.6, H.BOB: 0.3}
_GIRLS = {
    H.BRAIDS: 2.6, H.PONYTAIL: 2.2, H.LONG_STRAIGHT: 1.6, H.LONG_BANGS: 1.6, H.BOB_BANGS: 1.6, H.BOB: 1,
    H.LONG_WAVY: 1, H.CURLY: 1.2,
}  # fmt: skip
_MEN = {
    H.CROP: 3.2, H.SIDE_PART: 3.2, H.UNDERCUT: 2.0, H.BUZZ: 1.4, H.CURLY: 0.9, H.LONG_STRAIGHT: 0.25, H.BUN: 0.3,
    H.LONG_WAVY: 0.25, H.PONYTAIL: 0.15,
}  # fmt: skip
_WOMEN = {
    H.LONG_STRAIGHT: 2.2, H.LONG_WAVY: 2.4, H.LONG_BANGS: 1.2, H.BOB: 1.9, H.BOB_BANGS: 1.3, H.PONYTAIL: 1.5,
    H.BUN: 1.1, H.BRAIDS: 0.6, H.CURLY: 1.1, H.PIXIE: 1.0, H.SIDE_PART: 0.15, H.UNDERCUT: 0.2,
}  # fmt: skip
_OLD_MEN = {H.SIDE_PART: 3.4, H.CROP: 2.6, H.BUZZ: 1.4, H.CURLY: 0.3, H.PONYTAIL: 0.2}
_OLD_WOMEN = {H.BOB: 2.4, H.PIXIE: 2.2, H.BUN: 2.0, H.CURLY: 2.0, H.SIDE_PART: 0.6, H.BOB_BANGS: 0.6, H.LONG_WAVY: 0.5}
_EITHER = {
    H.BOB: 1.6, H.SIDE_PART: 2, H.CROP: 2, H.UNDERCUT: 2, H.PIXIE: 1.6, H.CURLY: 1.2, H.LONG_STRAIGHT: 1, H.BUN: 0.8,
    H.BUZZ: 0.7,
}  # fmt: skip


def likely_cut(found: Findings, seed: int, region: Region, gender: float, age: float) -> HairStyle:
    """A style that people of this sex, age and family often have."""
    child, old = age < 14, age >= 62
    if gender >= 0.6:
        base: Mapping[HairStyle, float] = _BOYS if child else _OLD_MEN if old else _MEN
    elif gender <= 0.4:
        base = _GIRLS if child else _OLD_WOMEN if old else _WOMEN
    else:
        base = _EITHER
    weights = {style: base.get(style, 0.0) for style in HairStyle}
    if gender >= 0.6 and not child:
        weights[H.BALD] = 0.2 + 1.8 * min(max((age - 30) / 40, 0), 1)
    if region == Region.AFRICA:
        for style in weights:
            weights[style] *= 1.0 if style in _HAS_TEXTURE["coily"] or style in (H.BALD, H.BUN) else 0.18
        weights[H.AFRO] += 1.4 if gender >= 0.6 else 2.8
        weights[H.CURLY] += 0.8
        weights[H.BUZZ] += 1.6 if gender >= 0.6 else 0.5
        weights[H.BRAIDS] += 0.0 if gender >= 0.6 else 1.8
    elif region == Region.EAST_ASIA:
        weights[H.CURLY] *= 0.2
        weights[H.LONG_WAVY] *= 0.5
        weights[H.BOB_BANGS] *= 1.6
        weights[H.LONG_BANGS] *= 1.6
    if Slot.HAIR_COLOUR in found.words or Slot.HIGHLIGHTS in found.words:
        weights[H.BALD] = 0.0  # hair that was spoken of is there
    if found.words.get(Slot.HAIR_TEXTURE) == "straight":
        weights |= {H.CURLY: 0.0, H.AFRO: 0.0, H.LONG_WAVY: 0.0, H.BALD: 0.0}
    return pick(seed, "hair style", list(weights), list(weights.values()))


def likely_beard(seed: int, gender: float, age: float) -> FacialHair:
    """What a man of this age may have on his chin; nothing on anybody else's."""
    if gender <= 0.62 or age < 20:
        return FacialHair.NONE
    old = age >= 55
    weights = {
        FacialHair.NONE: 5.0,
        FacialHair.STUBBLE: 2.2 if not old else 1.0,
        FacialHair.SHORT_BEARD: 1.8,
        FacialHair.BEARD: 1.0 if age > 27 else 0.4,
        FacialHair.MOUSTACHE: 1.0 if old else 0.5,
        FacialHair.GOATEE: 0.6 if age > 25 else 0.2,
    }
    return pick(seed, "facial hair", list(weights), list(weights.values()))
