"""The small words of English: what opens, closes, links, denies; and phrases that look like looks but are not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from avatar.describe.tables import phrases


class Kind(StrEnum):
    """What a word does in a description of a person."""

    PART = "part"  # hair, eyes, a garment: something adjectives describe
    PERSON = "person"
    OTHERS = "others"  # people and animals that are not the person described
    QUALITY = "quality"
    COLOUR = "colour"
    SHADE = "shade"
    DEGREE = "degree"
    FILLER = "filler"  # leather, cotton, nice: may stand between a colour and its noun
    MEASURE = "measure"
    COPULA = "copula"
    HAVE = "have"
    WEAR = "wear"
    IN = "in"
    PREPOSITION = "preposition"
    AND = "and"
    OR = "or"
    COMMA = "comma"
    COLON = "colon"
    BUT = "but"
    ARTICLE = "article"
    OWNER = "owner"  # her, his, Ada's
    PRONOUN = "pronoun"
    NAME = "name"
    NOT = "not"
    PAST = "past"
    AS = "as"
    WHO = "who"
    SILENT = "silent"  # no weight here
    UNKNOWN = "unknown"


FUNCTION_WORDS: Mapping[Kind, frozenset[str]] = MappingProxyType(
    {
        Kind.COPULA: phrases("""
            is, are, am, be, was, were, looks, look, appears, remains, stays, seems, turned, turning, gone, going,
            dyed, cut, kept, tied, coloured, colored, colour of, color of, shade of, hue of, the colour of,
            the color of, has gone, have gone, has turned, has been, worn, tied back
        """),
        Kind.HAVE: phrases("""
            with, has, have, having, had, got, sports, features, featuring, boasts, boasting, bearing, bears
        """),
        Kind.WEAR: phrases("""
            wearing, wears, wear, wore, dressed, dressed in, dresses in, clad, clad in, clothed, clothed in, garbed,
            attired, attired in, dons, donning, sporting, all in, usually in
        """),
        Kind.IN: frozenset(("in",)),
        Kind.PREPOSITION: phrases("""
            of, for, at, on, to, from, by, under, over, about, into, onto, through, around, near, behind, beside,
            between, during, after, before, since, until, within, across, along, among, against, toward, towards,
            underneath, beneath, off, out, up, down, beyond, above, below, via, per, past
        """),
        Kind.AND: frozenset(("and", "&", "plus", "as well as")),
        Kind.OR: frozenset(("or", "nor", "/")),
        Kind.COMMA: frozenset(
            (",", "(", ")", "while", "where", "because", "so that", "which", "then", "though", "although")
        ),
        Kind.COLON: frozenset((":", "=", "-")),
        Kind.BUT: phrases("but, yet, now, today, however, instead, nowadays, currently, though now"),
        Kind.ARTICLE: phrases("a, an, the, this, that, these, those, some, any, each, every, another, one"),
        Kind.OWNER: phrases("her, his, their, its, my, our, your"),
        Kind.PRONOUN: phrases("""
            she, he, they, it, i, you, him, them, herself, himself, themself, themselves, hers
        """),
        Kind.NOT: phrases("""
            no, not, without, without any, never, lacks, lacking, neither, hates, dislikes, avoids, refuses to wear,
            instead of, rather than, free of, devoid of, hardly any, anything but, does not, do not, did not, minus,
            sans
        """),
        Kind.PAST: phrases("""
            used to, formerly, previously, as a child, as a girl, as a boy, as a teenager, once had, once was,
            in her youth, in his youth, in their youth, years ago, dreams of, wishes for, looking for, looks for,
            wants, wanted, likes people, loves people
        """),
        Kind.AS: frozenset(("as", "like")),
        Kind.WHO: frozenset(("who", "whose", "whom")),
        Kind.SILENT: phrases("""
            all, nothing but, only,
            also, always, often, usually, sometimes, just, even, still, both, same, own, there, here, named,
            called, if, when, can, will, would, does, do, did, that is, type, kind, glass, pair of, a pair of,
            set of, made of, not only, no nonsense, no longer, no doubt, no one, no matter, young at heart,
            old soul, old fashioned, old school, old world, old people, older people, elderly people, young people,
            the elderly, the old, the young, black belt, black market, blue collar, white collar, blue chip,
            green thumb, green energy, red cross, golden rule, golden retriever, silver lining, black coffee,
            black tea, green tea, red wine, white wine, rose garden, apple pie, tan lines, fair minded,
            light hearted, kind hearted, dark humour, dark humor, warm smile, bright smile, wine glasses,
            champagne glasses, magnifying glass, top notch, top of, on top, on top of, at the top, head over heels,
            dress code, dress well, dresses well, personal trainers, fish tank, hair salon, hair stylist, skin care,
            eye contact, eye for, an eye for, keeps an eye on, keep an eye on, in the face of, face to face,
            a head for, full time, part time, high school, middle school, for long, as long as, so long, how long,
            before long, long ago, long time, a long time, long term, long day, long days, short term, short notice,
            in short, at large, by and large
        """),
    }
)
