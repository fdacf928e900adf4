"""Phrases of ordinary English and what must be read from them."""

from __future__ import annotations

import pytest

from avatar.describe.colours import COLOURS, EYE_COLOURS, HAIR_COLOURS, SKIN_TONES, mixed, shaded
from avatar.describe.findings import Findings
from avatar.describe.reading import read
from avatar.describe.slots import Slot

S = Slot
HAIR, EYES, TOP, BOTTOM, SHOES = S.HAIR_COLOUR, S.EYE_COLOUR, S.TOP_COLOUR, S.BOTTOM_COLOUR, S.SHOES_COLOUR
H, E, C = HAIR_COLOURS, EYE_COLOURS, COLOURS
DENIM = COLOURS["denim"]
F, M = 0.07, 0.94


def value(found: Findings, slot: Slot) -> object:
    """The word or number read for a slot; for the age the number."""
    if slot in found.words and slot != Slot.AGE:
        return str(found.words[slot])
    return found.numbers.get(slot)


PHRASES: list[tuple[str, dict[Slot, object]]] = [
    # colours bind to the noun that follows
    ("green eyes", {EYES: E["green"]}),
    ("navy T-shirt", {S.TOP: "t_shirt", TOP: C["navy"]}),
    (
        "a dark-green T-shirt and brown trousers",
        {TOP: shaded(C["green"], ["dark"]), S.BOTTOM: "trousers", BOTTOM: C["brown"], HAIR: None},
    ),
    ("brown hair and blue eyes", {HAIR: H["brown"], EYES: E["blue"]}),
    ("blue-eyed", {EYES: E["blue"]}),
    ("brown-haired", {HAIR: H["brown"]}),
    ("a tall blue-eyed, dark-haired man", {S.STATURE: 10, EYES: E["blue"], HAIR: H["dark"], S.GENDER: M}),
    ("a short-haired woman", {S.HAIR_LENGTH: "short", S.STATURE: None, S.GENDER: F}),
    ("long, dark brown hair", {S.HAIR_LENGTH: "long", HAIR: H["dark brown"], S.STATURE: None}),
    ("dark, wavy hair", {HAIR: H["dark"]}),
    ("light brown hair", {HAIR: H["light brown"]}),
    ("platinum blonde hair", {HAIR: H["platinum blonde"]}),
    ("strawberry blond hair", {HAIR: H["strawberry blonde"]}),
    ("hair of pure silver", {HAIR: H["silver"]}),
    ("pink hair", {HAIR: C["pink"]}),
    ("salt-and-pepper hair", {HAIR: H["salt and pepper"]}),
    ("blue-green eyes", {EYES: mixed([E["blue"], E["green"]])}),
    ("hazel eyes", {EYES: E["hazel"]}),
    ("#aa3311 hair", {HAIR: "#aa3311"}),
    ("a #0f0 T-shirt", {TOP: "#00ff00"}),
    (
        "a red T-shirt, green shorts and yellow trainers",
        {TOP: C["red"], S.BOTTOM: "shorts", BOTTOM: C["green"], S.SHOES: "sneakers", SHOES: C["yellow"]},
    ),
    ("black leather jacket", {S.TOP: "blazer", TOP: C["black"]}),
    ("a crisp white cotton shirt", {S.TOP: "shirt", TOP: C["white"]}),
    ("wears a red top with white stripes", {S.TOP: "t_shirt", TOP: C["red"], S.TOP_ACCENT: C["white"]}),
    ("a blue shirt with a yellow collar", {TOP: C["blue"], S.TOP_ACCENT: C["yellow"]}),
    ("a red and white striped T-shirt", {TOP: C["red"], S.TOP_ACCENT: C["white"]}),
    ("a black and orange hoodie", {TOP: C["black"], S.TOP_ACCENT: C["orange"]}),
    ("a white T-shirt under a black jacket", {S.TOP: "blazer", TOP: C["black"], S.TOP_ACCENT: C["white"]}),
    ("pale blue shirt", {TOP: shaded(C["blue"], ["pale"])}),
    ("a faded green tee", {TOP: shaded(C["green"], ["faded"])}),
    ("bright red sneakers", {SHOES: shaded(C["red"], ["bright"])}),
    ("blue jeans", {S.BOTTOM: "jeans", BOTTOM: DENIM}),
    ("dark jeans", {BOTTOM: shaded(DENIM, ["dark"])}),
    ("black jeans", {BOTTOM: C["black"]}),
    ("khaki chinos", {S.BOTTOM: "trousers", BOTTOM: C["khaki"]}),
    (
        "a woman in a navy blue sweater, charcoal slacks and brown boots",
        {S.TOP: "long_sleeve", TOP: C["navy blue"], S.BOTTOM: "trousers", BOTTOM: C["charcoal"], SHOES: C["brown"]},
    ),
    ("dressed in black", {TOP: C["black"], BOTTOM: C["black"]}),
    ("a man all in white", {TOP: C["white"], BOTTOM: C["white"]}),
    ("a grey suit", {S.TOP: "blazer", TOP: C["grey"], S.BOTTOM: "trousers", BOTTOM: C["grey"]}),
    ("a T-shirt in navy and jeans", {TOP: C["navy"], S.BOTTOM: "jeans", BOTTOM: None}),
    # after "is", ":" and the like they bind to the noun before
    ("hair: black", {HAIR: H["black"]}),
    ("Hair: black\nEyes: green\nAge: 41", {HAIR: H["black"], EYES: E["green"], S.AGE: 41}),
    ("hair: black, eyes: green", {HAIR: H["black"], EYES: E["green"]}),
    ("Hair colour: red; eye colour: grey", {HAIR: H["red"], EYES: E["grey"]}),
    ("hair - blonde, eyes - brown", {HAIR: H["blonde"], EYES: E["brown"]}),
    ("eyes as blue as ice", {EYES: E["blue"]}),
    ("eyes the colour of honey", {EYES: E["honey"]}),
    ("hair like fire", {HAIR: H["fire"]}),
    ("her hair is short and silver", {S.HAIR_LENGTH: "short", HAIR: H["silver"], S.GENDER: F}),
    ("Her hair is black and her eyes are green", {HAIR: H["black"], EYES: E["green"]}),
    ("her hair and eyes are brown", {HAIR: H["brown"], EYES: E["brown"]}),
    ("hair long and black, eyes blue", {S.HAIR_LENGTH: "long", HAIR: H["black"], EYES: E["blue"]}),
    ("his hair has gone grey", {HAIR: H["grey"]}),
    ("hair dyed green", {HAIR: C["green"]}),
    ("The shirt is red and the trousers are black", {TOP: C["red"], BOTTOM: C["black"]}),
    ("Her eyes are a deep blue", {EYES: E["deep blue"]}),
    ("hair down to her waist", {S.HAIR_LENGTH: "long"}),
    # adjectives before the wrong noun belong to the person
    ("Tall, slim, short brown hair", {S.STATURE: 10, S.WEIGHT: 0.27, S.HAIR_LENGTH: "short"}),
    ("short, brown eyes", {S.STATURE: -9, EYES: E["brown"], S.HAIR_LENGTH: None}),
    ("a tall woman with short hair", {S.STATURE: 10, S.HAIR_LENGTH: "short"}),
    ("a short man with long hair", {S.STATURE: -9, S.HAIR_LENGTH: "long"}),
    ("a young man in old jeans", {S.AGE: 23}),
    ("a slim man in dark clothes", {S.WEIGHT: 0.27, TOP: "#2c2f36"}),
    # denial
    ("no glasses", {S.GLASSES: 0}),
    ("a man without a beard", {S.FACIAL_HAIR: "none", S.GENDER: M}),
    ("beardless", {S.FACIAL_HAIR: "none"}),
    ("clean-shaven", {S.FACIAL_HAIR: "none"}),
    ("doesn't wear glasses", {S.GLASSES: 0}),
    ("does not wear glasses or earrings, but has freckles", {S.GLASSES: 0, S.EARRINGS: 0, S.FRECKLES: 0.62}),
    ("never wears make-up", {S.MAKE_UP: 0}),
    ("he isn't bald", {S.HAIR_STYLE: None}),
    ("not bald, brown hair", {S.HAIR_STYLE: None, HAIR: H["brown"]}),
    ("no beard or moustache", {S.FACIAL_HAIR: "none"}),
    ("no hair", {S.HAIR_STYLE: "bald"}),
    ("her hair is not blonde but brown", {HAIR: H["brown"]}),
    ("not tall", {S.STATURE: None}),
    ("no glasses and a red shirt", {S.GLASSES: 0, TOP: C["red"]}),
    ("without freckles, green eyes", {S.FRECKLES: 0, EYES: E["green"]}),
    ("She used to have long red hair but now it is black and short", {S.HAIR_LENGTH: None, HAIR: None}),
    # hair
    ("bald", {S.HAIR_STYLE: "bald"}),
    ("a shaved head", {S.HAIR_STYLE: "bald"}),
    ("a buzz cut", {S.HAIR_STYLE: "buzz"}),
    ("a blonde bob", {S.HAIR_STYLE: "bob", HAIR: H["blonde"]}),
    ("a side parting", {S.HAIR_STYLE: "side_part"}),
    ("pixie cut", {S.HAIR_STYLE: "pixie"}),
    ("her red hair in a ponytail", {HAIR: H["red"]}),
    ("shoulder-length hair", {S.HAIR_LENGTH: "long"}),
    ("chin-length hair", {S.HAIR_STYLE: "bob"}),
    ("curly black hair", {HAIR: H["black"]}),
    ("a redhead", {HAIR: H["red"]}),
    ("a brunette with blue eyes", {HAIR: H["brown"], EYES: E["blue"]}),
    ("a blonde woman", {HAIR: H["blonde"], S.GENDER: F}),
    ("she is blonde", {HAIR: H["blonde"]}),
    # facial hair
    ("a bearded man", {S.FACIAL_HAIR: "beard"}),
    ("a full grey beard", {S.FACIAL_HAIR: "beard", S.FACIAL_COLOUR: H["grey"]}),
    ("a salt-and-pepper beard", {S.FACIAL_COLOUR: H["salt and pepper"], HAIR: None}),
    ("three-day beard", {S.FACIAL_HAIR: "stubble"}),
    ("five o'clock shadow", {S.FACIAL_HAIR: "stubble"}),
    ("unshaven", {S.FACIAL_HAIR: "stubble"}),
    # age
    ("34 years old", {S.AGE: 34}),
    ("a 34-year-old woman", {S.AGE: 34, S.GENDER: F}),
    ("an eight-year-old girl", {S.AGE: 8}),
    ("aged 60", {S.AGE: 60}),
    ("a woman aged about 60", {S.AGE: 60}),
    ("in her late thirties", {S.AGE: 38}),
    ("in his early 20s", {S.AGE: 22}),
    ("in their mid-forties", {S.AGE: 45}),
    ("a woman in her fifties", {S.AGE: 55}),
    ("thirty-something", {S.AGE: 34}),
    ("She is twenty-seven", {S.AGE: 27}),
    ("Ada, 34, has brown hair", {S.AGE: 34, HAIR: H["brown"]}),
    ("a guide of about 34 with red hair", {S.AGE: 34, HAIR: H["red"]}),
    ("middle-aged", {S.AGE: 48}),
    ("an elderly gentleman", {S.AGE: 75, S.GENDER: M}),
    ("a teenage boy", {S.AGE: 16, S.GENDER: M}),
    ("an octogenarian", {S.AGE: 83}),
    ("a grandmother", {S.AGE: 71, S.GENDER: F}),
    ("a 45 year old grandmother", {S.AGE: 45}),
    ("20 years of experience", {S.AGE: None}),
    ("for thirty years he has cooked", {S.AGE: None}),
    ("born in the late eighties", {S.AGE: None}),
    ("her 8-year-old son", {S.AGE: None}),
    ("a young woman, 19 years old", {S.AGE: 19}),
    # height and build
    ("1.82 m tall", {S.HEIGHT: pytest.approx(1.82)}),
    ("1,75m", {S.HEIGHT: pytest.approx(1.75)}),
    ("1m82", {S.HEIGHT: pytest.approx(1.82)}),
    ("182 cm", {S.HEIGHT: pytest.approx(1.82)}),
    ("6'1\"", {S.HEIGHT: pytest.approx(1.854, abs=0.001)}),
    ("5 foot 10", {S.HEIGHT: pytest.approx(1.778, abs=0.001)}),
    ("six feet tall", {S.HEIGHT: pytest.approx(1.829, abs=0.001)}),
    ("stands 5 ft 7 in", {S.HEIGHT: pytest.approx(1.702, abs=0.001)}),
    ("two metres from the door", {S.HEIGHT: None}),
    ("very tall", {S.STATURE: 16.5}),
    ("slightly short", {S.STATURE: pytest.approx(-5.4)}),
    ("petite", {S.STATURE: -9, S.WEIGHT: 0.3}),
    ("of average height and athletic build", {S.STATURE: 0, S.MUSCLE: 0.74}),
    ("weighs 70 kg", {S.MASS: 70}),
    ("slim", {S.WEIGHT: 0.27}),
    ("very slim", {S.WEIGHT: pytest.approx(0.178)}),
    ("stocky", {S.WEIGHT: 0.66}),
    ("a heavyset man", {S.WEIGHT: 0.8}),
    ("muscular but lean", {S.MUSCLE: 0.88, S.WEIGHT: 0.3}),
    ("a medium build", {S.WEIGHT: 0.5}),
    ("broad-shouldered", {S.MUSCLE: 0.72}),
    # gender
    ("She guides visitors", {S.GENDER: F}),
    ("He guides visitors", {S.GENDER: M}),
    ("They are non-binary", {S.GENDER: 0.5}),
    ("an androgynous person", {S.GENDER: 0.5}),
    ("They wear a green T-shirt", {S.GENDER: 0.5, TOP: C["green"]}),
    ("a policewoman", {S.GENDER: F}),
    ("a tomboy", {S.GENDER: 0.22}),
    ("It speaks with a woman's voice", {S.GENDER: None}),
    ("a women's rights lawyer", {S.GENDER: None}),
    # skin, freckles, ancestry
    ("fair skin", {S.TONE: SKIN_TONES["fair"][0]}),
    ("dark-skinned", {S.TONE: SKIN_TONES["dark"][0]}),
    ("olive skin", {S.TONE: SKIN_TONES["olive"][0]}),
    ("dark brown skin", {S.TONE: SKIN_TONES["dark brown"][0]}),
    ("a pale complexion", {S.TONE: SKIN_TONES["pale"][0]}),
    ("ebony skin and brown eyes", {S.TONE: SKIN_TONES["ebony"][0], EYES: E["brown"]}),
    ("freckled", {S.FRECKLES: 0.62}),
    ("lots of freckles", {S.FRECKLES: 0.92}),
    ("a few freckles", {S.FRECKLES: 0.3}),
    ("a Black woman", {S.AFRICAN: 1, S.ANCESTRY: 0.82, HAIR: None}),
    ("a Japanese woman", {S.ASIAN: 1}),
    ("of Nigerian descent", {S.AFRICAN: 1}),
    ("half Irish, half Japanese", {S.ASIAN: 0.5, S.EUROPEAN: 0.5}),
    ("an English teacher who speaks Japanese", {S.ASIAN: None}),
    ("loves Chinese food", {S.ASIAN: None}),
    # face and make-up
    ("a round face", {S.FACE_SHAPE: "round"}),
    ("heart-shaped face", {S.FACE_SHAPE: "heart"}),
    ("a square jaw", {S.JAW: 0.6}),
    ("high cheekbones and full lips", {S.CHEEKBONES: 0.7, S.LIPS: 0.65}),
    ("a long nose", {S.NOSE_LENGTH: 0.6, S.HAIR_LENGTH: None}),
    ("bushy eyebrows", {S.BROWS: 0.7}),
    ("big brown eyes", {S.EYE_SIZE: 0.6, EYES: E["brown"]}),
    ("a receding chin", {S.CHIN: -0.6}),
    ("rosy cheeks", {S.BLUSH: 0.75}),
    ("red lipstick", {S.LIP_COLOUR: C["red"], S.MAKE_UP: 0.6}),
    ("heavy make-up", {S.MAKE_UP: 0.9}),
    ("light make-up", {S.MAKE_UP: 0.3}),
    # accessories
    ("wears round glasses", {S.GLASSES: 1}),
    ("black-rimmed glasses", {S.GLASSES: 1, S.GLASSES_COLOUR: C["black"]}),
    ("gold earrings", {S.EARRINGS: 1, S.EARRINGS_COLOUR: C["gold"]}),
    ("a white headset", {S.HEADSET: 1, S.HEADSET_COLOUR: C["white"]}),
    ("two glasses of wine", {S.GLASSES: None}),
    # things that are not looks
    ("She loves red wine and black coffee", {TOP: None, HAIR: None, S.TONE: None, S.AFRICAN: None}),
    ("Her favourite colour is blue", {TOP: None, EYES: None}),
    ("a top engineer", {S.TOP: None}),
    ("drives a green car and has blue eyes", {EYES: E["blue"], TOP: None}),
    ("a light sleeper and a heavy smoker", {S.WEIGHT: None}),
    ("long experience, short answers", {S.HAIR_LENGTH: None, S.STATURE: None}),
    ("likes to watch old films", {S.AGE: None}),
    # other people
    ("her husband is bald", {S.HAIR_STYLE: None, S.GENDER: F}),
    (
        "Her husband is bald. He has a beard. She has red hair.",
        {S.HAIR_STYLE: None, S.FACIAL_HAIR: None, HAIR: H["red"]},
    ),
    ("She lives with her bald husband and has green eyes", {S.HAIR_STYLE: None, EYES: E["green"], S.GENDER: F}),
    ("He has a daughter; his daughter has red hair", {HAIR: None, S.GENDER: M}),
    ("She has her mother's green eyes", {EYES: E["green"]}),
    ("She has a black cat with yellow eyes", {EYES: None, HAIR: None}),
    ("teaches children with blue eyes", {EYES: None, S.AGE: None}),
    # the last explicit statement wins
    ("She has brown hair. Her hair is red.", {HAIR: H["red"]}),
    ("blue eyes. Actually green eyes.", {EYES: E["green"]}),
    # sentences that were once misread
    ("He is a burly ex-rugby player in his early fifties", {S.WEIGHT: 0.7, S.AGE: 52}),
    ("Short, stocky, 40ish, ginger beard, no hair", {S.STATURE: -9, S.WEIGHT: 0.66, S.AGE: 40, S.HAIR_STYLE: "bald"}),
    ("a man whose hair, once black, is now white", {HAIR: H["white"], S.EUROPEAN: None}),
    ("dark hair pulled back in a ponytail", {HAIR: H["dark"], S.HAIR_LENGTH: None, S.HAIR_STYLE: "ponytail"}),
    ("a white coat over a pale blue shirt", {TOP: C["white"], S.TOP_ACCENT: shaded(C["blue"], ["pale"])}),
    ("dark trousers", {S.BOTTOM: "trousers", BOTTOM: "#2c2f36"}),
    ("tall, broad-shouldered, with short bleached hair", {S.STATURE: 10, S.MUSCLE: 0.72, HAIR: H["bleached"]}),
    ("black lipstick and pale skin", {S.LIP_COLOUR: C["black"], S.TONE: SKIN_TONES["pale"][0]}),
    ("a hijab and a long-sleeved emerald tunic", {S.TOP: "long_sleeve", TOP: C["emerald"]}),
    (
        "Her hair isn't long; it's short and black.",
        {S.HAIR_LENGTH: "short", HAIR: H["black"], S.STATURE: None, S.AFRICAN: None},
    ),
    ("a green lumberjack shirt", {TOP: C["green"], S.GENDER: None}),
    ("wears nothing but black", {TOP: C["black"], BOTTOM: C["black"]}),
    ("Blonde hair. Australian. 25.", {S.AGE: 25, HAIR: H["blonde"]}),
    ("the shirt she wears is pink", {TOP: C["pink"]}),
    ("an orange and blue dress", {S.TOP: "dress", TOP: C["orange"], S.TOP_ACCENT: C["blue"], S.BOTTOM: None}),
    ("He likes cream shirts", {S.TOP: "shirt", TOP: C["cream"]}),
    # every kind of hair, and what is in it
    ("an afro", {S.HAIR_STYLE: "afro"}),
    ("a blonde undercut", {S.HAIR_STYLE: "undercut", HAIR: H["blonde"]}),
    ("her hair in two braids", {S.HAIR_STYLE: "braids"}),
    ("his hair in a man bun", {S.HAIR_STYLE: "bun", S.GENDER: M}),
    ("a black bob with bangs", {S.HAIR_STYLE: "bob_bangs", HAIR: H["black"]}),
    ("long brown hair with a fringe", {S.HAIR_LENGTH: "long", S.FRINGE: "bangs", HAIR: H["brown"]}),
    ("no fringe", {S.FRINGE: "none"}),
    ("long curly red hair", {S.HAIR_LENGTH: "long", S.HAIR_TEXTURE: "curly", HAIR: H["red"]}),
    ("black curls", {S.HAIR_TEXTURE: "curly", HAIR: H["black"]}),
    ("wavy hair down to her chin", {S.HAIR_TEXTURE: "wavy", S.HAIR_LENGTH: "medium"}),
    ("hair to his ears", {S.HAIR_LENGTH: "short", S.EARS: None}),
    ("brown hair with blonde highlights", {HAIR: H["brown"], S.HIGHLIGHTS: H["blonde"]}),
    ("blonde hair with dark roots", {HAIR: H["blonde"], S.ROOTS: H["dark"]}),
    ("black hair with pink tips", {HAIR: H["black"], S.HIGHLIGHTS: C["pink"]}),
    ("black and pink hair", {HAIR: H["black"], S.HIGHLIGHTS: C["pink"]}),
    ("of Irish roots", {S.EUROPEAN: 1, S.ROOTS: None}),
    # every kind of beard
    ("a moustache", {S.FACIAL_HAIR: "moustache"}),
    ("a goatee", {S.FACIAL_HAIR: "goatee"}),
    ("a neat short beard", {S.FACIAL_HAIR: "short_beard"}),
    ("a trimmed grey beard", {S.FACIAL_HAIR: "short_beard", S.FACIAL_COLOUR: H["grey"]}),
    ("a full beard and a moustache", {S.FACIAL_HAIR: "beard"}),
    ("a moustache and stubble", {S.FACIAL_HAIR: "stubble"}),
    # every kind of garment
    ("a green polo shirt", {S.TOP: "polo", TOP: C["green"]}),
    ("a black hoodie", {S.TOP: "hoodie", TOP: C["black"]}),
    ("a grey blazer over a white shirt", {S.TOP: "blazer", TOP: C["grey"], S.TOP_ACCENT: C["white"]}),
    ("a navy suit with a pale blue shirt", {S.TOP: "blazer", BOTTOM: C["navy"], S.BOTTOM: "trousers"}),
    ("a blazer over a black dress", {S.TOP: "blazer", S.BOTTOM: "skirt", BOTTOM: C["black"], S.TOP_ACCENT: C["black"]}),
    ("a burgundy long sleeve, dark jeans", {S.TOP: "long_sleeve", TOP: C["burgundy"], S.BOTTOM: "jeans"}),
    ("a long-sleeved shirt", {S.TOP: "long_sleeve"}),
    ("a red skirt and black ballerinas", {S.BOTTOM: "skirt", BOTTOM: C["red"], S.SHOES: "flats", SHOES: C["black"]}),
    ("brown leather boots", {S.SHOES: "boots", SHOES: C["brown"]}),
    ("cognac loafers", {S.SHOES: "loafers", SHOES: C["cognac"]}),
    ("white sneakers with red laces", {SHOES: C["white"], S.SHOES_ACCENT: C["red"]}),
    # patterns and marks
    ("a red and white striped T-shirt", {S.TOP_PATTERN: "stripes", S.TOP_ACCENT: C["white"]}),
    ("a checked flannel shirt", {S.TOP: "shirt", S.TOP_PATTERN: "checks"}),
    ("a pinstriped suit", {S.TOP_PATTERN: "pinstripes", S.BOTTOM_PATTERN: "pinstripes", S.TOP: "blazer"}),
    ("a yellow dress with white polka dots", {S.TOP_PATTERN: "dots", TOP: C["yellow"], S.TOP_ACCENT: C["white"]}),
    ("a plaid skirt", {S.BOTTOM_PATTERN: "checks", S.TOP_PATTERN: None}),
    ("a black T-shirt with a yellow star", {S.TOP_LOGO: "star", TOP: C["black"], S.TOP_ACCENT: C["yellow"]}),
    ("a hoodie with a lightning bolt on it", {S.TOP_LOGO: "bolt"}),
    ("She has a good heart and wears a T-shirt", {S.TOP_LOGO: None}),
    ("She wears a T-shirt and is a rising star", {S.TOP_LOGO: None}),
    # on the head
    ("a red baseball cap", {S.HAT: 1, S.HAT_KIND: "cap", S.HAT_COLOUR: C["red"]}),
    ("a grey beanie", {S.HAT: 1, S.HAT_KIND: "beanie", S.HAT_COLOUR: C["grey"]}),
    ("no hat", {S.HAT: 0}),
    ("square black glasses", {S.GLASSES: 1, S.GLASSES_KIND: "square_glasses", S.GLASSES_COLOUR: C["black"]}),
    ("horn-rimmed glasses", {S.GLASSES_KIND: "square_glasses"}),
    ("sunglasses", {S.GLASSES: 1, S.GLASSES_KIND: "sunglasses"}),
    ("round glasses", {S.GLASSES_KIND: "glasses"}),
    # make-up
    ("blue eye shadow and black eyeliner", {S.LID_COLOUR: C["blue"], S.EYELINER: 0.6, S.MAKE_UP: 0.6}),
    ("bold eyeliner", {S.EYELINER: 0.95, S.MAKE_UP: None}),
    ("red nails", {S.NAIL_COLOUR: C["red"]}),
    ("black nail polish", {S.NAIL_COLOUR: C["black"]}),
    ("heavy eyelids", {S.MAKE_UP: None}),
    # features
    ("an aquiline nose", {S.NOSE_PROFILE: 0.75}),
    ("a snub nose", {S.NOSE_PROFILE: -0.75}),
    ("wide-set green eyes", {S.EYE_SPACING: 0.7, EYES: E["green"]}),
    ("close-set eyes", {S.EYE_SPACING: -0.7}),
    ("almond-shaped brown eyes", {S.EYE_TILT: 0.6, EYES: E["brown"]}),
    ("speckled green eyes", {S.IRIS: "speckled", EYES: E["green"]}),
    ("full cheeks", {S.FULLNESS: 0.65, S.BLUSH: None}),
    ("hollow cheeks", {S.FULLNESS: -0.65}),
    ("big ears", {S.EARS: 0.7}),
    ("a wide mouth", {S.MOUTH_WIDTH: 0.65, S.LIPS: None}),
    ("arched eyebrows", {S.BROW_STYLE: "arched"}),
    ("bushy brows", {S.BROW_STYLE: "bushy", S.BROWS: 0.7}),
    ("long lashes", {S.LASHES: "long", S.HAIR_LENGTH: None}),
    ("thick dark eyelashes", {S.LASHES: "dramatic"}),
    ("a man with a white beard, heavy", {S.WEIGHT: 0.82}),
    # not English
    ("Eine Frau mit langen roten Haaren und einer Brille, sie ist bald alt", {S.HAIR_STYLE: None, S.AGE: None}),
    ("Une femme avec les yeux verts et des cheveux blonds", {HAIR: None}),
    ("赤い髪の女性、三十歳", {HAIR: None, S.AGE: None}),
    ("💇‍♀️🔥 red hair 🔥", {HAIR: H["red"]}),
]


@pytest.mark.parametrize(("text", "expected"), PHRASES, ids=[text[:60] for text, _ in PHRASES])
def test_phrase(text: str, expected: dict[Slot, object]) -> None:
    found = read(text)
    assert {slot: value(found, slot) for slot in expected} == expected


NOTES = [
    ("a jumpsuit", "jumpsuit -> long sleeve"),
    ("a long red skirt", "long skirt -> skirt"),
    ("brown sandals", "sandals -> flats"),
    ("a blue sweater", "sweater -> long sleeve"),
    ("a leather jacket", "leather jacket -> blazer"),
    ("hair in pigtails", "pigtails -> braids"),
    ("dreadlocks", "dreadlocks -> braids"),
    ("a mohawk", "mohawk -> undercut"),
    ("a green scarf", "green scarf -> left out"),
    ("messy hair", "messy hair -> as it falls"),
    ("sideburns", "sideburns -> stubble"),
    ("a beret", "beret -> beanie"),
    ("goggles", "goggles -> sunglasses"),
    ("a floral shirt", "floral -> plain"),
    ("a houndstooth blazer", "houndstooth -> checks"),
    ("short-sleeved hoodie", "short sleeved hoodie -> its usual sleeves"),
]


@pytest.mark.parametrize(("text", "note"), NOTES)
def test_what_cannot_be_made_is_noted(text: str, note: str) -> None:
    assert note in read(text).near.values()


@pytest.mark.parametrize(
    "text",
    [
        *(
            "a navy T-shirt",
            "long straight hair",
            "jeans and sneakers",
            "a beard",
            "glasses",
            "a grey hoodie",
            "an afro",
        ),
        *("a red dress", "boots", "a goatee", "sunglasses", "a cap", "a checked skirt", "brown loafers", "a ponytail"),
    ],
)
def test_what_can_be_made_needs_no_note(text: str) -> None:
    assert not read(text).near


def test_names_are_not_colours() -> None:
    found = read("Hazel Green wears white. Olive eyes.", "Hazel Green")
    assert value(found, TOP) == C["white"]
    assert value(found, EYES) == E["olive"]


def test_traits_of_character_are_not_looks() -> None:
    assert read("strong, tall, warm", traits=False).numbers == {}
    assert S.STATURE in read("strong, tall, warm").numbers
