"""The vocabulary: what words of appearance mean for a body, a face and hair. Clothes: `avatar.describe.garments`.

Wishes name their targets in order of preference by enum value; the first that the generator can make is taken, so
the tables need no change when it learns more ("mohawk" becomes exact the day HairStyle has one).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from avatar.describe.slots import Slot
from avatar.describe.tables import bag, entries, numbers, traits, wishes

# --- the person -------------------------------------------------------------------------------------------------

# name -> gender (0 feminine, 1 masculine), age in years; either may be open
PEOPLE = numbers("""
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
GENDER_WORDS = numbers("""
    feminine|womanly|girly|ladylike=.06, masculine|manly|macho=.95, boyish=.6, effeminate=.7,
    androgynous|nonbinary|non binary|enby|genderless|genderfluid|gender fluid|gender neutral|agender|genderqueer|
    unisex|gender nonconforming|intersex=.5
""")

# name -> weight, muscle
BUILDS = numbers("""
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
STATURES = numbers("""
    tall=10, towering|giant|gigantic=20, statuesque=12, lofty=12, short=-9, small=-8, petite=-9, tiny=-14,
    diminutive=-13, little=-10, minute=-14, average height|medium height|middling height|normal height=0
""")
ALSO_SLIM = frozenset(("petite", "tiny"))
# name -> years
AGE_WORDS = numbers("""
    young=24, youthful=25, youngish=28, teenage|teenaged|teen|adolescent=16, preteen=11, adult=35, mature=48,
    middle aged|midlife=48, older=62, aging|ageing=62, elderly=75, old=71, aged=72, ancient=92, senior citizen=74,
    retired=67, grizzled=60, wizened=82, childlike=10, prepubescent=10, college aged|college age=20,
    university aged=20, wrinkled|wrinkly=72
""")

# name -> African, Asian, European share, skin tone
ANCESTRIES = numbers("""
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
    entries("""
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

HAIR_STYLES = wishes("""
    bald|bald headed|hairless|shaven headed|shaved head|shaven head|shaved headed|bald head|bald pate=bald,
    balding|receding hairline|tonsure=balding buzz,
    buzz cut|buzzcut|buzz|buzzed|crew cut|crewcut|military cut|shaved|shaven|stubbly=buzz,
    crop|cropped|close cropped|french crop|caesar cut|ivy league|short back and sides|tapered=crop,
    spiky|spiked|spikes=spiky crop, pixie cut|pixie|pixie crop|gamine cut=pixie,
    undercut|shaved sides|shaved side|fade|skin fade|high fade|low fade|taper fade|side shave=undercut,
    mohawk|mohican|faux hawk|fauxhawk=mohawk undercut, flat top=flat_top afro,
    afro|afro hair|natural afro|big afro=afro, tight curls|short curls|curly bob=curly,
    jheri curl|perm|bouffant=perm curly,
    side part|side parting|side parted|parted|comb over|side swept=side_part,
    quiff|pompadour=quiff side_part, slicked back|slick back|swept back|brushed back=slicked_back side_part,
    bob|bob cut|bobbed|pageboy|page boy|chin length|ear length|jaw length|lob|long bob|wedge cut|
    collar length|flapper=bob, bowl cut=bowl_cut bob_bangs, mullet|shag|shaggy=shag bob,
    bob with bangs|bob with fringe|bob with a fringe|fringed bob=bob_bangs,
    bun|topknot|top knot|man bun|chignon|updo|low bun|high bun|hair bun|messy bun=bun,
    french twist|beehive|ballerina bun=updo bun, space buns|twin buns|odango=twin_buns bun,
    ponytail|pony tail|high ponytail|low ponytail|ponytails=ponytail,
    braid|braids|plait|plaits|braided|plaited|twin braids|two braids|box braids|pigtail braids=braids,
    french braid|french braids|cornrows=cornrows braids,
    pigtails|pig tails|twintails|twin tails|bunches=pigtails braids,
    dreadlocks|dreads|locs|dreadlocked=locs braids, long straight=long_straight,
    long with bangs|long with a fringe=long_bangs, hime cut=hime_cut long_bangs,
    beach waves|long waves|hollywood waves=long_wavy
""")
# length words: what they mean is settled with texture, fringe and gender in mind (see avatar.describe.haircuts)
HAIR_LENGTHS: Mapping[str, str] = MappingProxyType(
    entries("""
    long|longish|waist length|hip length|knee length hair|floor length hair|back length|flowing|shoulder length|
    shoulder blade length|thigh length|very long=long, medium length|mid length|medium|neck length=medium,
    short|shortish=short, very short|close cut|closely cropped=very short
""")
)
HAIR_TEXTURES: Mapping[str, str] = MappingProxyType(
    entries("""
    curly|curled|ringletted|permed|crimped|curls|ringlets|loose curls|frizzy=curly,
    kinky|coily|coiled|afro textured|nappy|coils=coily,
    wavy|waves|waved|tousled|windswept=wavy, straight|sleek|poker straight|pin straight=straight
""")
)
# of hair that falls as it falls here; the wish is kept as a note
HAIR_UNRULY = bag("messy unruly wild fluffy bushy layered feathered untidy")
HAIR_NEUTRAL = bag("thick fine glossy shiny silky smooth neat tidy thin full dyed natural")
FACIAL_HAIR = wishes("""
    beard|full beard|bearded|beards|big beard|bushy beard|long beard=beard, whiskers=beard,
    short beard|trimmed beard|neat beard|boxed beard|light beard|cropped beard|small beard|short boxed beard|
    close cropped beard|well groomed beard=short_beard,
    goatee|van dyke|vandyke|chin beard|goateed|circle beard=goatee, soul patch|imperial=soul_patch goatee,
    stubble|stubbly chin|stubbled|unshaven|designer stubble|five o'clock shadow|5 o'clock shadow|scruff|
    stubbly beard|three day beard|stubbly face=stubble,
    moustache|mustache|moustached|mustachioed|moustachioed|moustaches=moustache,
    handlebar moustache|handlebar mustache|walrus moustache=handlebar moustache,
    sideburns|mutton chops|muttonchops=sideburns stubble,
    clean shaven|beardless|smooth shaven|cleanshaven|smooth faced=none
""")

# --- face -------------------------------------------------------------------------------------------------------

FACE_SHAPES: Mapping[str, str] = MappingProxyType(
    entries("""
    oval|egg shaped=oval, round|moon|full|plump|chubby|round cheeked=round,
    square|angular|boxy|blocky|broad=square, heart|heart shaped|triangular=heart,
    long|oblong|narrow|thin|gaunt|rectangular|lean=long, diamond|diamond shaped=diamond
""")
)
# part -> quality -> what it sets
FACE_QUALITIES: Mapping[Slot, Mapping[str, Mapping[Slot, float]]] = MappingProxyType(
    {
        Slot.NOSE: traits(
            (Slot.NOSE_WIDTH, Slot.NOSE_LENGTH, Slot.NOSE_PROFILE),
            """
            wide|broad=.6 - -, flat=.6 - -.3, narrow|thin|slim|slender|fine=-.5 - -, pointy|sharp=-.5 - .3,
            straight=-.2 - 0, long=- .6 -, aquiline|roman|hooked|beaky|hawk like|bumpy|arched|crooked=- .3 .75,
            short=- -.6 -, button|pug=- -.6 -.5, snub|upturned|turned up|scooped|ski slope|retrousse=- -.4 -.75,
            big|large|prominent|huge|bulbous|strong=.5 .5 -, small|little|tiny|petite|delicate|dainty=-.5 -.5 -
            """,
        ),
        Slot.JAW: traits(
            (Slot.JAW,),
            """
            square|strong|wide|broad|heavy|chiselled|chiseled|angular|firm|lantern=.6,
            narrow|soft|delicate|slim|slender|small|fine|weak|pointed=-.5
            """,
        ),
        Slot.CHIN: traits(
            (Slot.CHIN,),
            """
            prominent|strong|big|pointed|pointy|sharp|jutting|long|large|square|firm|cleft=.6,
            weak|receding|small|soft|little|short=-.6
            """,
        ),
        Slot.CHEEKBONES: traits(
            (Slot.CHEEKBONES,), "high|prominent|sharp|strong|defined|chiselled|chiseled=.7, low|flat|soft=-.5"
        ),
        Slot.LIPS: traits(
            (Slot.LIPS,), "full|plump|thick|pouty|big|large|luscious|generous=.65, thin|narrow|small|fine=-.6"
        ),
        Slot.MOUTH: traits(
            (Slot.MOUTH_WIDTH, Slot.LIPS),
            "wide|broad|big|large|generous=.65 -, small|narrow|little|tiny|rosebud|dainty=-.6 -, full=- .65,thin=- -.6",
        ),
        Slot.BROWS: traits(
            (Slot.BROWS,),
            """
            bushy|thick|heavy|bold|strong|full|dark|unruly=.7,
            thin|fine|plucked|sparse|light|delicate|pencilled|faint=-.6
            """,
        ),
        Slot.EYES: traits(
            (Slot.EYE_SIZE, Slot.EYE_SPACING, Slot.EYE_TILT),
            """
            big|large|huge|round|doe=.6 - -, wide=.6 - -, small|narrow|beady|little|tiny=-.5 - -,
            wide set|widely set|wide apart|widely spaced=- .7 -, close set|closely set|close together=- -.7 -,
            upturned|almond|almond shaped|cat like|catlike|feline|slanted|slanting=- - .6,
            downturned|droopy|drooping|sloping=- - -.6
            """,
        ),
        Slot.CHEEKS: traits(
            (Slot.BLUSH, Slot.FULLNESS),
            """
            rosy|red|pink|flushed|blushing|ruddy=.75 -, apple=.75 .4, pale=.1 -, hollow|sunken|gaunt|lean|thin=.1 -.65,
            full|chubby|plump|round|fat|puffy|big|soft=- .65
            """,
        ),
        Slot.EARS: traits(
            (Slot.EARS,),
            """
            big|large|protruding|huge|prominent|sticking out|stick out|jug|floppy|long=.7,
            small|little|tiny|neat|delicate|dainty|close=-.6
            """,
        ),
    }
)
# part -> quality -> the style by enum value
BROW_STYLES: Mapping[str, str] = MappingProxyType(
    entries("""
    bushy|shaggy|unruly|wild=bushy, arched|curved|high|rounded=arched, straight|flat|level|horizontal=straight,
    natural=natural
""")
)
LASH_STYLES: Mapping[str, str] = MappingProxyType(
    entries("""
    long|curled|curly|beautiful=long, thick|full|dramatic|false|fake|dark|heavy|black|lush|voluminous=dramatic,
    sparse|short|thin|few|pale|light|fine|blonde|white=sparse, natural=natural
""")
)
IRIS_PATTERNS: Mapping[str, str] = MappingProxyType(
    entries("""
    speckled|flecked|dotted|freckled|spotted=speckled, ringed|two coloured|two toned=ringed
""")
)

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
