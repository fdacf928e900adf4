"""The vocabulary: what words of appearance mean for a body, a face, hair and clothes.

Wishes name their targets in order of preference by enum value; the first that the generator can make is taken, so
the tables need no change when the wardrobe grows ("hoodie" becomes exact the day TopKind has one).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from avatar.describe.slots import Slot
from avatar.describe.tables import bag, phrases


def _entries(text: str) -> dict[str, str]:
    """``name=value`` pairs; ``a|b=value`` gives both names the value."""
    found: dict[str, str] = {}
    for entry in text.replace("\n", " ").split(","):
        names, _, value = entry.partition("=")
        found.update({name.strip(): value.strip() for name in names.split("|") if name.strip()})
    return found


def _numbers(text: str) -> Mapping[str, tuple[float | None, ...]]:
    """``name=1 - .5``: numbers, with ``-`` for left open."""
    return MappingProxyType(
        {
            name: tuple(None if part == "-" else float(part) for part in value.split())
            for name, value in _entries(text).items()
        }
    )


def _wishes(text: str) -> Mapping[str, tuple[str, ...]]:
    return MappingProxyType({name: tuple(value.split()) for name, value in _entries(text).items()})


def _traits(slots: tuple[Slot, ...], text: str) -> Mapping[str, Mapping[Slot, float]]:
    """``name=value ...``: one value for each of ``slots``, ``-`` where the word says nothing of it."""
    return MappingProxyType(
        {
            name: MappingProxyType(
                {slot: value for slot, value in zip(slots, values, strict=True) if value is not None}
            )
            for name, values in _numbers(text).items()
        }
    )


# --- the person -------------------------------------------------------------------------------------------------

# name -> gender (0 feminine, 1 masculine), age in years; either may be open
PEOPLE = _numbers("""
    woman|lady|gal|female|queen|duchess|empress|goddess|sorceress|priestess|nun|waitress|actress|stewardess|
    hostess|heroine|businesswoman|policewoman|saleswoman|spokeswoman|sportswoman|craftswoman|firewoman|horsewoman|
    congresswoman|chairwoman|anchorwoman|matriarch|cowgirl|mermaid|ballerina|seamstress|landlady|bride|madam|mrs|
    ms|ma'am|diva|mum|mom|mother|mommy|wife|sister|aunt|auntie|housewife|femme=.07 -,
    girl|lass|maiden=.07 15, little girl|small girl=.07 9, schoolgirl=.07 12, young woman|young lady=.07 23,
    teenage girl|teen girl=.07 16, princess|witch|fairy=.07 -, daughter|niece=.07 -, tomboy=.22 -,
    grandmother|grandma|granny|nana|nan|grandmom|babushka|old lady|old woman=.07 71, widow=.07 62, crone=.07 82,
    man|guy|gentleman|male|bloke|dude|chap|king|duke|emperor|wizard|warlock|monk|priest|waiter|steward|
    businessman|policeman|fireman|salesman|spokesman|fisherman|craftsman|sportsman|horseman|congressman|chairman|
    anchorman|patriarch|cowboy|landlord|groom|sir|mr|father|dad|daddy|uncle|brother|husband|bachelor|knight|
    handyman|cameraman|postman|mailman|nobleman|prince|butler|lumberjack=.94 -, boy|lad=.94 14,
    little boy|small boy=.94 9, schoolboy=.94 12, young man|young gentleman=.94 23, teenage boy|teen boy=.94 16,
    son|nephew=.94 -, grandfather|grandpa|granddad|grandad|gramps|old man|old gentleman=.94 71, widower=.94 66,
    person|individual|human|character|someone|figure|agent|avatar|companion|assistant|host|persona|parent|twin|
    being|soul|type|personality|professional|expert|specialist|fellow=- -,
    child|kid|youngster=- 10, toddler=- 3, baby|infant=- 1, preschooler=- 5, preteen|tween=- 11,
    teenager|teen|adolescent=- 16, youth=- 18, young adult=- 22, young person=- 23, student|undergraduate=- 21,
    university student|college student|graduate student=- 22, high school student=- 16, school student=- 14,
    schoolchild|pupil=- 12, grandparent=- 70, elder|senior citizen|old timer=- 74, old person=- 72,
    pensioner|retiree=- 69, apprentice=- 19, adult=- -, centenarian=- 100, nonagenarian=- 92, octogenarian=- 83,
    septuagenarian=- 74, sexagenarian=- 64
""")
# Occupations carry no gender and no age, but a word before them describes the person.
OCCUPATIONS = bag("""
    engineer developer programmer architect teacher tutor professor lecturer trainer coach nurse doctor physician
    surgeon dentist vet pharmacist therapist psychologist counsellor counselor scientist researcher chemist
    physicist biologist astronomer historian librarian archivist curator guide lawyer attorney judge notary
    accountant banker broker analyst consultant manager director executive entrepreneur founder secretary
    receptionist clerk cashier shopkeeper seller merchant barista bartender chef cook baker butcher farmer gardener
    florist fisher hunter ranger sailor captain pilot astronaut driver mechanic electrician plumber carpenter
    blacksmith welder builder mason painter artist sculptor photographer designer illustrator musician singer
    drummer guitarist pianist violinist dj dancer actor comedian magician writer author poet journalist reporter
    presenter newsreader editor translator interpreter soldier officer guard detective spy sheriff firefighter
    paramedic lifeguard athlete runner swimmer boxer wrestler footballer cyclist climber surfer skater gamer
    streamer influencer model hairdresser barber stylist tailor jeweller concierge cleaner courier politician mayor
    diplomat warrior ranger druid elf ninja samurai pirate adventurer explorer hacker robot android advisor adviser
    mentor helper leader worker
""")
WOMANLY_ENDS = ("woman", "girl")
MANLY_ENDS = ("man", "boy")
WORKER_ENDS = ("ologist", "ician", "keeper", "maker", "smith", "eer", "grapher", "ist", "person")
# With "her", "his", "my" before them these are somebody else; in the plural always.
RELATIVES = bag("""
    husband wife son daughter mother father mom mum dad sister brother grandmother grandfather grandma grandpa
    granddaughter grandson aunt uncle niece nephew cousin friend friends boyfriend girlfriend partner fiance fiancee
    boss colleague colleagues coworker neighbour neighbor teacher mentor twin baby child children kids sons
    daughters parents grandparents grandchildren siblings sisters brothers students pupils patients clients
    customers guests team family assistant student patient client customer rival enemy hero idol doctor stepmother
    stepfather
""")
OTHERS = bag("""
    men women people children kids boys girls babies visitors students pupils patients clients customers guests dog
    dogs cat cats horse horses parrot bird puppy kitten pony dragon owl husbands wives others strangers daughters
    sons grandchildren tourists teenagers colleagues friends parents dolls doll statue
""")
FEMININE = frozenset(("she", "her", "hers", "herself"))
MASCULINE = frozenset(("he", "his", "him", "himself"))
NEUTRAL = frozenset(("they", "their", "them", "themself", "themselves"))

# name -> gender
GENDER_WORDS = _numbers("""
    feminine|womanly|girly|ladylike=.06, masculine|manly|macho=.95, boyish=.6, effeminate=.7,
    androgynous|nonbinary|non binary|enby|genderless|genderfluid|gender fluid|gender neutral|agender|genderqueer|
    unisex|gender nonconforming|intersex=.5
""")

# name -> weight, muscle
BUILDS = _numbers("""
    slim|slender|svelte|slight=.27 -, thin=.2 .4, skinny=.12 .33, scrawny=.1 .25, bony|gaunt|emaciated=.06 .25,
    willowy=.22 -, lithe|lissome=.27 .56, lean=.3 -, lanky|gangly|gangling|rangy=.2 .4, wiry|sinewy=.24 .66,
    athletic|sporty=.42 .74, fit|toned=.42 .68, trim=.36 .58, muscular|brawny|ripped|buff|jacked=- .88,
    beefy=.66 .84, strong|well built|powerful|powerfully built=.54 .76, bodybuilder=.6 1, burly=.7 .76,
    stocky|thickset=.66 .66, sturdy|solid|robust|solidly built=.6 .62,
    broad shouldered|broad|square shouldered=.54 .72, heavyset|heavy set=.8 .52, heavy|heavily built=.82 .5,
    chubby|tubby|podgy|pudgy=.76 .38, plump|roly poly=.75 .35, rotund|portly=.84 .4,
    curvy|curvaceous|voluptuous|full figured|buxom=.63 .48, fat=.9 .38, obese|very overweight=.97 .4,
    overweight=.8 .42, stout=.74 .5, big=.72 .58, large=.76 .55, huge=.86 .65, plus size|plus sized=.82 .42,
    big boned=.7 .55, round=.76 .4, frail|feeble=.17 .14, delicate|dainty|waifish=.2 .28, soft=.62 .35,
    average=.5 .5, medium=.5 .5, normal=.5 .5, pot bellied=.76 .4, underweight=.12 .35,
    slim built|slightly built=.26 -, leggy=.3 -, flabby=.72 .22
""")
# name -> centimetres beside the average of the person's sex and age
STATURES = _numbers("""
    tall=10, towering|giant|gigantic=20, statuesque=12, lofty=12, short=-9, small=-8, petite=-9, tiny=-14,
    diminutive=-13, little=-10, minute=-14, average height|medium height|middling height|normal height=0
""")
ALSO_SLIM = frozenset(("petite", "tiny"))
# name -> years
AGE_WORDS = _numbers("""
    young=24, youthful=25, youngish=28, teenage|teenaged|teen|adolescent=16, preteen=11, adult=35, mature=48,
    middle aged|midlife=48, older=62, aging|ageing=62, elderly=75, old=71, aged=72, ancient=92, senior citizen=74,
    retired=67, grizzled=60, wizened=82, childlike=10, prepubescent=10, college aged|college age=20,
    university aged=20, wrinkled|wrinkly=72
""")

# name -> African, Asian, European share, skin tone
ANCESTRIES = _numbers("""
    african|black african|sub saharan=1 0 0 .82,
    nigerian|ghanaian|senegalese|congolese|ivorian|cameroonian|malian|west african|yoruba|igbo=1 0 0 .86,
    kenyan|tanzanian|ugandan|zimbabwean|rwandan|south african|zulu|east african=1 0 0 .84, sudanese=1 0 0 .93,
    ethiopian|eritrean|somali=.75 0 .25 .72,
    african american|afro american|afro caribbean|afro latina|afro latino|jamaican|haitian|caribbean|
    black british|barbadian=.85 0 .15 .74, asian|east asian=0 1 0 .24, chinese|taiwanese=0 1 0 .22,
    japanese=0 1 0 .18, korean=0 1 0 .16, mongolian=0 .95 .05 .32,
    vietnamese|southeast asian|south east asian=0 1 0 .34, thai|cambodian|laotian|burmese=0 .95 .05 .4,
    filipino|filipina|indonesian|malaysian|malay=.05 .9 .05 .44,
    indian|south asian|pakistani|bangladeshi|nepali|nepalese|punjabi|bengali=.15 .3 .55 .52,
    tamil|sri lankan=.3 .3 .4 .66,
    middle eastern|arab|arabic|arabian|iranian|persian|iraqi|syrian|lebanese|jordanian|palestinian|saudi|kurdish|
    afghan=.08 .1 .82 .36, turkish|armenian|georgian|israeli|jewish=.02 .08 .9 .27,
    egyptian|moroccan|algerian|tunisian|north african|berber|libyan=.25 .05 .7 .42,
    latina|latino|latin american|latinx|hispanic|mexican|colombian|venezuelan|guatemalan=.1 .35 .55 .4,
    peruvian|bolivian|ecuadorian=.05 .6 .35 .46, brazilian|cuban|dominican|puerto rican=.3 .1 .6 .44,
    argentinian|argentine|chilean|uruguayan=.02 .1 .88 .24,
    native american|indigenous|amerindian|first nations|cherokee|navajo|inuit=.0 .85 .15 .45,
    polynesian|samoan|hawaiian|maori|tongan|pacific islander=.15 .7 .15 .52,
    aboriginal|aboriginal australian|melanesian|papuan|fijian=.85 .15 0 .85, european|caucasian|western=0 0 1 .14,
    scandinavian|nordic|swedish|norwegian|danish|finnish|icelandic=0 0 1 .07,
    irish|scottish|welsh|english|british|celtic=0 0 1 .08,
    german|dutch|austrian|swiss|belgian|french|canadian|australian|american=0 0 1 .13,
    russian|ukrainian|slavic|czech|eastern european|lithuanian|estonian|latvian|hungarian=0 .05 .95 .11,
    mediterranean|italian|greek|spanish|portuguese|maltese|sicilian|romanian|balkan|serbian|croatian=0 0 1 .26,
    romani=0 .1 .9 .4, biracial|mixed race|multiracial|mixed=.5 .1 .4 .5, eurasian=0 .5 .5 .2,
    kazakh|uzbek=0 .7 .3 .3
""")
COUNTRIES: Mapping[str, str] = MappingProxyType(
    _entries("""
    nigeria=nigerian, ghana=ghanaian, senegal=senegalese, kenya=kenyan, tanzania=tanzanian, uganda=ugandan,
    ethiopia=ethiopian, somalia=somali, sudan=sudanese, jamaica=jamaican, haiti=haitian, china=chinese,
    taiwan=taiwanese, japan=japanese, korea=korean, south korea=korean, mongolia=mongolian, vietnam=vietnamese,
    thailand=thai, philippines=filipino, the philippines=filipino, indonesia=indonesian, malaysia=malaysian,
    india=indian, pakistan=pakistani, bangladesh=bangladeshi, nepal=nepali, sri lanka=sri lankan, iran=iranian,
    iraq=iraqi, syria=syrian, lebanon=lebanese, turkey=turkish, egypt=egyptian, morocco=moroccan, mexico=mexican,
    colombia=colombian, peru=peruvian, brazil=brazilian, cuba=cuban, sweden=swedish, norway=norwegian,
    denmark=danish, finland=finnish, iceland=icelandic, ireland=irish, scotland=scottish, england=english,
    wales=welsh, germany=german, holland=dutch, france=french, russia=russian, ukraine=ukrainian, italy=italian,
    greece=greek, spain=spanish, portugal=portuguese, samoa=samoan, hawaii=hawaiian, fiji=fijian
""")
)

# --- hair -------------------------------------------------------------------------------------------------------

HAIR_STYLES = _wishes("""
    bald|bald headed|hairless|shaven headed|shaved head|shaven head|shaved headed|bald head|bald pate=bald,
    balding|receding hairline|tonsure=buzz,
    buzz cut|buzzcut|buzz|buzzed|crew cut|crewcut|military cut|shaved|shaven|stubbly=buzz,
    cornrows=cornrows buzz,
    crop|cropped|close cropped|pixie cut|pixie|fade|undercut|shaved sides|french crop|caesar cut|ivy league|
    short back and sides|tapered=crop, mohawk|mohican|faux hawk|fauxhawk=mohawk crop,
    spiky|spiked|spikes=spiky crop, afro|afro hair|flat top=afro crop, tight curls=curly crop,
    side part|side parting|side parted|parted|comb over|quiff|pompadour|slicked back|slick back|swept back|
    side swept|brushed back=side_part,
    bob|bob cut|bobbed|pageboy|page boy|chin length|ear length|jaw length|lob|long bob|bowl cut|wedge cut|
    collar length|flapper=bob, mullet|shag|shaggy=shag bob,
    bun|topknot|top knot|man bun|chignon|updo|french twist=bun bob, beehive=updo bob,
    space buns|twin buns|odango=twin_buns bob, ponytail|pony tail|high ponytail=ponytail long_straight,
    pigtails|pig tails|twintails|twin tails|bunches=pigtails long_straight,
    braid|braids|plait|plaits|braided|plaited|french braid|box braids=braids long_straight,
    dreadlocks|dreads|locs|dreadlocked=locs long_straight, hime cut|long straight=long_straight
""")
HAIR_STYLE_EXACT = phrases("""
    bald, bald headed, hairless, shaven headed, shaved head, shaven head, shaved headed, bald head, bald pate,
    buzz cut, buzzcut, buzz, buzzed, crew cut, crewcut, military cut, shaved, shaven, stubbly, crop, cropped,
    close cropped, pixie cut, pixie, french crop, caesar cut, ivy league, short back and sides, tapered, side part,
    side parting, side parted, parted, comb over, bob, bob cut, bobbed, pageboy, page boy, chin length, ear length,
    jaw length, lob, long bob, long straight, collar length
""")
# length words: what they mean is settled with the person's gender in mind (see avatar.describe.defaults)
HAIR_LENGTHS: Mapping[str, str] = MappingProxyType(
    _entries("""
    long|longish|waist length|hip length|knee length hair|floor length hair|back length|flowing|shoulder length|
    shoulder blade length|thigh length|very long=long, medium length|mid length|medium|neck length=medium,
    short|shortish=short, very short|close cut|closely cropped=very short
""")
)
# kinds of hair that fall straight here; the wish is kept as a note
HAIR_TEXTURES = bag("""
    curly wavy frizzy kinky coily coiled ringletted permed crimped tousled messy unruly wild fluffy bushy curled
    layered feathered windswept untidy
""")
HAIR_NEUTRAL = bag("straight thick fine sleek glossy shiny silky smooth neat tidy thin full dyed natural")
FACIAL_HAIR = _wishes("""
    beard|full beard|bearded|beards|big beard|bushy beard=beard,
    goatee|van dyke|vandyke|soul patch|chin beard=goatee beard,
    stubble|stubbly chin|stubbled|unshaven|designer stubble|five o'clock shadow|5 o'clock shadow|scruff|
    light beard|stubbly beard|three day beard|stubbly face=stubble,
    moustache|mustache|moustached|mustachioed|moustachioed|handlebar moustache|
    handlebar mustache=moustache stubble, sideburns|mutton chops|muttonchops=sideburns stubble, whiskers=beard,
    goateed=goatee beard, clean shaven|beardless|smooth shaven|cleanshaven|smooth faced=none
""")
FACIAL_HAIR_NEAR = phrases("""
    goatee, van dyke, vandyke, soul patch, chin beard, moustache, mustache, moustached, mustachioed, moustachioed,
    handlebar moustache, handlebar mustache, sideburns, mutton chops, muttonchops, goateed
""")

# --- face -------------------------------------------------------------------------------------------------------

FACE_SHAPES: Mapping[str, str] = MappingProxyType(
    _entries("""
    oval|egg shaped=oval, round|moon|full|plump|chubby|round cheeked=round,
    square|angular|boxy|blocky|broad=square, heart|heart shaped|triangular=heart,
    long|oblong|narrow|thin|gaunt|rectangular|lean=long, diamond|diamond shaped=diamond
""")
)
# part -> quality -> what it sets
FACE_QUALITIES: Mapping[Slot, Mapping[str, Mapping[Slot, float]]] = MappingProxyType(
    {
        Slot.NOSE: _traits(
            (Slot.NOSE_WIDTH, Slot.NOSE_LENGTH),
            """
            wide|broad|flat=.6 -, narrow|thin|slim|slender|fine|pointy|sharp|straight=-.5 -,
            long|aquiline|roman|hooked|beaky=- .6, short|button|snub|upturned|turned up|pug=- -.6,
            big|large|prominent|huge|bulbous|strong=.5 .5, small|little|tiny|petite|delicate|dainty=-.5 -.5
            """,
        ),
        Slot.JAW: _traits(
            (Slot.JAW,),
            """
            square|strong|wide|broad|heavy|chiselled|chiseled|angular|firm|lantern=.6,
            narrow|soft|delicate|slim|slender|small|fine|weak|pointed=-.5
            """,
        ),
        Slot.CHIN: _traits(
            (Slot.CHIN,),
            """
            prominent|strong|big|pointed|pointy|sharp|jutting|long|large|square|firm|cleft=.6,
            weak|receding|small|soft|little|short=-.6
            """,
        ),
        Slot.CHEEKBONES: _traits(
            (Slot.CHEEKBONES,), "high|prominent|sharp|strong|defined|chiselled|chiseled=.7, low|flat|soft=-.5"
        ),
        Slot.LIPS: _traits(
            (Slot.LIPS,), "full|plump|thick|pouty|big|large|luscious|generous=.65, thin|narrow|small|fine=-.6"
        ),
        Slot.BROWS: _traits(
            (Slot.BROWS,),
            "bushy|thick|heavy|bold|strong|full|dark=.7, thin|fine|plucked|sparse|light|delicate|pencilled=-.6",
        ),
        Slot.EYES: _traits((Slot.EYE_SIZE,), "big|large|wide|huge|round|doe=.6, small|narrow|beady|little|tiny=-.5"),
        Slot.CHEEKS: _traits((Slot.BLUSH,), "rosy|red|pink|flushed|blushing|ruddy|apple=.75, pale|hollow|sunken=.1"),
    }
)

# --- clothes ----------------------------------------------------------------------------------------------------

TOPS = _wishes("""
    t shirt|tshirt|t shirts|tee|tee shirt|top=t_shirt, polo|polo shirt=polo t_shirt,
    tank top|tank|singlet|camisole|sleeveless top|crop top|halter top|sports bra|undershirt=tank_top t_shirt,
    scrubs|scrub top=scrubs t_shirt, jersey|football shirt=jersey t_shirt,
    hawaiian shirt|aloha shirt|bowling shirt|short sleeved shirt|short sleeve shirt=shirt_short t_shirt,
    long sleeve top|long sleeved top|long sleeve|longsleeve|long sleeve shirt|long sleeved shirt|
    long sleeved t shirt|long sleeve t shirt|long sleeved tee|long sleeve tee=long_sleeve,
    shirt|button down|button down shirt|button up|button up shirt|dress shirt|flannel shirt|flannel|
    oxford shirt=shirt long_sleeve, blouse=blouse shirt long_sleeve,
    sweater|jumper|pullover|sweatshirt|jersey sweater|knit|cardigan|fleece=sweater long_sleeve,
    turtleneck|turtle neck|roll neck|polo neck=turtleneck sweater long_sleeve,
    hoodie|hoody|hooded sweatshirt=hoodie sweater long_sleeve,
    jacket|leather jacket|denim jacket|bomber|bomber jacket|windbreaker|anorak|parka|
    biker jacket=jacket long_sleeve,
    blazer|suit jacket|sport coat|sports jacket|tuxedo jacket=blazer jacket long_sleeve,
    coat|overcoat|trench coat|trenchcoat|raincoat|lab coat|labcoat|white coat=coat jacket long_sleeve,
    vest|waistcoat|gilet=vest t_shirt,
    tunic|kurta|kaftan|caftan|poncho|shawl|robe|robes|kimono|yukata|cloak|cape|armor|armour=robe long_sleeve,
    apron=apron t_shirt, corset=corset t_shirt, chef's jacket|chef jacket|chef whites=chef_jacket long_sleeve
""")
TOPS_EXACT = phrases("""
    t shirt, tshirt, t shirts, tee, tee shirt, top, long sleeve top, long sleeved top, long sleeve, longsleeve,
    long sleeve shirt, long sleeved shirt, long sleeved t shirt, long sleeve t shirt, long sleeved tee,
    long sleeve tee
""")
OUTER = phrases("""
    jacket, leather jacket, denim jacket, bomber, bomber jacket, windbreaker, anorak, parka, biker jacket, blazer,
    suit jacket, sport coat, sports jacket, tuxedo jacket, coat, overcoat, trench coat, trenchcoat, raincoat,
    lab coat, labcoat, white coat, cardigan, cloak, cape, hoodie, hoody, hooded sweatshirt, sweater, jumper,
    pullover
""")
BOTTOMS = _wishes("""
    jeans|denims|skinny jeans=jeans,
    trousers|pants|slacks|chinos|khakis|dress pants|suit trousers|dress trousers=trousers,
    leggings|tights|yoga pants=leggings trousers,
    joggers|sweatpants|tracksuit bottoms|jogging bottoms|track pants=joggers trousers,
    cargo pants|cargo trousers|cargos|corduroys|cords|culottes|capris|capri pants|breeches|flares=trousers,
    shorts|bermudas|bermuda shorts|cargo shorts|gym shorts=shorts, jean shorts|denim shorts|cutoffs=shorts,
    skirt=skirt trousers, long skirt|maxi skirt=long_skirt skirt trousers,
    miniskirt|mini skirt|short skirt|pleated skirt|knee length skirt|tutu=skirt shorts, kilt=kilt shorts,
    pencil skirt=skirt shorts, loincloth=shorts
""")
BOTTOMS_EXACT = phrases("""
    jeans, denims, skinny jeans, trousers, pants, slacks, chinos, khakis, dress pants, suit trousers,
    dress trousers, shorts, bermudas, bermuda shorts, gym shorts
""")
SHOES = _wishes("""
    sneakers|sneaker|trainers|running shoes|tennis shoes|sports shoes|gym shoes|athletic shoes|canvas shoes|
    plimsolls|kicks|converse|shoes|high tops|footwear=sneakers,
    boots|ankle boots|hiking boots|cowboy boots|combat boots|work boots|wellingtons|wellies|
    chelsea boots=boots sneakers, heels|high heels|stilettos|pumps|wedges=heels sneakers,
    sandals|flip flops|flipflops|clogs|crocs=sandals sneakers,
    loafers|oxfords|brogues|dress shoes|derbies|leather shoes|moccasins|monk straps=loafers sneakers,
    flats|ballet flats|slippers|mary janes|ballerinas=flats sneakers
""")
SHOES_EXACT = phrases("""
    sneakers, sneaker, trainers, running shoes, tennis shoes, sports shoes, gym shoes, athletic shoes, canvas shoes,
    plimsolls, kicks, converse, shoes, footwear
""")
# garments whose name says their colour
DYES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("white coat", "lab coat", "labcoat", "chef whites", "chef's jacket", "chef jacket"), "white"),
        "khakis": "khaki",
    }
)
# one word for a whole outfit: top wishes / bottom wishes
WHOLE_OUTFITS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(
            ("dress", "sundress", "summer dress", "cocktail dress", "minidress", "pinafore"),
            (("dress", "t_shirt"), ("dress", "shorts")),
        ),
        **dict.fromkeys(
            (
                "long dress",
                "maxi dress",
                "gown",
                "evening gown",
                "ball gown",
                "sari",
                "saree",
                "evening dress",
                "abaya",
                "cheongsam",
                "qipao",
                "wedding dress",
            ),
            (("gown", "long_sleeve"), ("gown", "trousers")),
        ),
        **dict.fromkeys(
            (
                "suit",
                "business suit",
                "pantsuit",
                "trouser suit",
                "tuxedo",
                "three piece suit",
                "dinner suit",
                "uniform",
                "school uniform",
                "police uniform",
                "space suit",
                "spacesuit",
                "wetsuit",
                "costume",
            ),
            (("suit", "long_sleeve"), ("suit", "trousers")),
        ),
        **dict.fromkeys(
            (
                "jumpsuit",
                "boiler suit",
                "coveralls",
                "tracksuit",
                "track suit",
                "pyjamas",
                "pajamas",
                "onesie",
                "romper",
                "bodysuit",
                "salwar kameez",
                "shalwar kameez",
                "judogi",
                "gi",
            ),
            (("jumpsuit", "long_sleeve"), ("jumpsuit", "trousers")),
        ),
        **dict.fromkeys(
            ("overalls", "dungarees", "swimsuit", "bikini"), (("overalls", "t_shirt"), ("overalls", "jeans"))
        ),
    }
)
ACCESSORIES = _wishes("""
    glasses|spectacles|eyeglasses|specs|reading glasses|horn rimmed glasses|wire rimmed glasses|bespectacled|
    round glasses|eye glasses=glasses, sunglasses|shades|goggles|monocle|pince nez|aviators=sunglasses glasses,
    earrings|earring|ear rings|ear studs|studs|hoops|hoop earrings|stud earrings|ear ring=earrings,
    headset|headphones|earphones|earpiece|headphone|head set=headset, earbuds|airpods=earbuds headset
""")
ACCESSORIES_EXACT = phrases("""
    glasses, spectacles, eyeglasses, specs, reading glasses, horn rimmed glasses, wire rimmed glasses, bespectacled,
    eye glasses, round glasses, earrings, earring, ear rings, ear ring, ear studs, studs, hoops, hoop earrings,
    stud earrings, headset, headphones, earphones, headphone, head set
""")
# worn or carried, not made by any generator here: said in a note
LEFT_OUT = phrases("""
    hat, cap, baseball cap, beanie, beret, straw hat, top hat, cowboy hat, helmet, hard hat, crown, tiara, headband,
    hairband, bandana, hijab, headscarf, turban, veil, niqab, yarmulke, kippah, scarf, tie, necktie, bow tie,
    bowtie, necklace, pendant, choker, pearls, wristwatch, watch, smartwatch, bracelet, bangles, ring, rings,
    wedding ring, nose ring, belt, suspenders, braces, gloves, mittens, bag, handbag, backpack, rucksack, satchel,
    briefcase, tattoo, tattoos, tattooed, piercing, piercings, lip ring, eyepatch, eye patch, mask, face mask,
    wings, horns, tail, cat ears, elf ears, pointed ears, cane, walking stick, wheelchair, umbrella, sword, staff,
    wand, brooch, badge, name tag, lanyard, stethoscope, tool belt, scar, scars, scarred, birthmark, mole, dimples,
    dimple, beauty spot, prosthetic arm, hearing aid, hearing aids, socks, stockings, flower, ribbon, hair clip,
    barrette, bindi, sash, cigarette, pipe, tusks, fangs, halo
""")
# nouns that are just as often something else: they count as clothes only in a noun phrase of their own
DOUBTFUL = phrases("""
    top, tank, suit, dress, coat, tie, watch, ring, rings, belt, vest, pumps, flats, heels, shades, studs, hoops,
    cap, crown, mask, tail, staff, pipe, badge, braces, bag, flower, sash, fade, crop, part, wedges, cords, knit,
    fleece, bob, bun, buzz, shag, spikes, cape, jersey, kicks, horns, wings, sword, tights, robe, bangs, shaved,
    parted, uniform, costume, trainers, ribbon, halo, mole, cane, hat, model, lob, wand, helmet, umbrella, pearls,
    gi, bowl cut, goggles, cigarette, veil, scar, pendant, tattoo, gloves, socks, converse, armor, armour
""")
PATTERNS = bag("""
    check striped stripy stripey plaid tartan checked checkered chequered gingham floral flowered polka-dot dotted
    spotted patterned paisley camouflage camo printed embroidered herringbone leopard zebra pinstriped houndstooth
    sequined
""")
STRIPED = frozenset(("striped", "stripy", "stripey", "pinstriped"))
SLEEVES = _wishes("""
    long sleeved|long sleeve|long sleeves|full sleeved|rolled up sleeves=long_sleeve,
    short sleeved|short sleeve|short sleeves|sleeveless|cap sleeved=t_shirt
""")
# between a colour and its garment; they say nothing that is made here
FILLERS = bag("""
    cotton linen wool woollen woolen silk satin velvet leather suede denim tweed cashmere knitted knit canvas
    corduroy lace nylon polyester fleece cable fitted loose oversized baggy tight slim-fit tailored crisp clean
    simple plain basic casual smart elegant stylish trendy fashionable worn old new comfy comfortable cosy cozy
    practical neat tidy pair rimmed framed thin thick round oval square small large big tiny huge wire horn metal
    plastic stud hoop matching cropped skinny ripped straight high low waisted heeled laced collar neck crew v
    buttoned hooded zip zipped quilted puffy padded designer vintage retro classic modern favourite favorite usual
    signature nice beautiful pretty lovely gorgeous handsome striking piercing sparkling twinkling kind gentle
    friendly expressive intelligent tired bright warm cool almond shaped deep set hooded naturally slightly graded
    ornate simple flowy shiny glossy matte
""")

# --- quantity ---------------------------------------------------------------------------------------------------

MANY = frozenset(
    (
        "many",
        "lots of",
        "a lot of",
        "plenty of",
        "covered in",
        "covered with",
        "heavy",
        "heavily",
        "dense",
        "thick",
        "full of",
        "dramatic",
        "strong",
        "bold",
        "gothic",
        "goth",
        "glamorous",
    )
)
FEW = frozenset(
    (
        "few",
        "a few",
        "some",
        "light",
        "lightly",
        "faint",
        "subtle",
        "a sprinkle of",
        "a sprinkling of",
        "a dusting of",
        "sprinkling of",
        "dusting of",
        "a hint of",
        "a touch of",
        "hint of",
        "touch of",
        "minimal",
        "natural",
        "discreet",
        "slight",
        "soft",
        "a bit of",
        "a little",
    )
)
# "an English teacher" teaches English
LANGUAGE_TRADES = frozenset(
    ("teacher", "tutor", "translator", "interpreter", "lecturer", "professor", "student", "undergraduate")
)
STRONGER = bag("very extremely really super incredibly exceptionally remarkably unusually so")
WEAKER = frozenset(
    ("slightly", "a bit", "a little", "somewhat", "fairly", "rather", "kind of", "moderately", "quite", "mildly")
)
