"""The vocabulary of clothes and of what is worn on a head."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from avatar.describe.tables import bag, entries, phrases, wishes

TOPS = wishes("""
    t shirt|tshirt|t shirts|tee|tee shirt|top=t_shirt, polo|polo shirt|polo t shirt|golf shirt=polo,
    tank top|tank|singlet|camisole|sleeveless top|crop top|halter top|sports bra|undershirt=tank_top t_shirt,
    scrubs|scrub top=scrubs t_shirt, jersey|football shirt=jersey t_shirt, rugby shirt=polo,
    hawaiian shirt|aloha shirt|bowling shirt|short sleeved shirt|short sleeve shirt=shirt_short polo,
    long sleeve top|long sleeved top|long sleeve|longsleeve|long sleeve shirt|long sleeved shirt|
    long sleeved t shirt|long sleeve t shirt|long sleeved tee|long sleeve tee=long_sleeve,
    shirt|button down|button down shirt|button up|button up shirt|dress shirt|flannel shirt|flannel|
    oxford shirt|blouse|denim shirt|silk blouse=shirt,
    sweater|jumper|pullover|sweatshirt|jersey sweater|knit|fleece=sweater long_sleeve,
    cardigan=cardigan long_sleeve, turtleneck|turtle neck|roll neck|polo neck=turtleneck long_sleeve,
    hoodie|hoody|hooded sweatshirt|hooded jumper|hooded sweater|zip hoodie=hoodie,
    bomber|bomber jacket|windbreaker|anorak|parka|rain jacket|puffer jacket|raincoat|sports top=jacket hoodie,
    jacket|leather jacket|denim jacket|biker jacket|tweed jacket|velvet jacket=jacket blazer,
    blazer|suit jacket|sport coat|sports jacket|tuxedo jacket|dinner jacket|sportcoat=blazer,
    coat|overcoat|trench coat|trenchcoat|lab coat|labcoat|white coat=coat blazer,
    vest|waistcoat|gilet=vest t_shirt,
    tunic|kurta|kaftan|caftan|poncho|shawl|robe|robes|kimono|yukata|cloak|cape|armor|armour=robe long_sleeve,
    apron=apron t_shirt, corset=corset t_shirt, chef's jacket|chef jacket|chef whites=chef_jacket shirt,
    dress|sundress|summer dress|cocktail dress|minidress|mini dress|little black dress|shift dress|day dress|
    knee length dress|short dress|t shirt dress|shirt dress|skater dress=dress, pinafore=pinafore dress,
    long dress|maxi dress|gown|evening gown|ball gown|evening dress|wedding dress|prom dress=gown dress,
    sari|saree|abaya|cheongsam|qipao=sari dress
""")
OUTER = phrases("""
    jacket, leather jacket, denim jacket, bomber, bomber jacket, windbreaker, anorak, parka, biker jacket, blazer,
    suit jacket, sport coat, sports jacket, tuxedo jacket, coat, overcoat, trench coat, trenchcoat, raincoat,
    lab coat, labcoat, white coat, cardigan, cloak, cape, hoodie, hoody, hooded sweatshirt, sweater, jumper,
    pullover, rain jacket, puffer jacket, tweed jacket, velvet jacket, dinner jacket, sportcoat, zip hoodie
""")
BOTTOMS = wishes("""
    jeans|denims|skinny jeans|denim trousers=jeans,
    trousers|pants|slacks|chinos|khakis|dress pants|suit trousers|dress trousers|chino trousers=trousers,
    leggings|tights|yoga pants=leggings trousers,
    joggers|sweatpants|tracksuit bottoms|jogging bottoms|track pants=joggers trousers,
    cargo pants|cargo trousers|cargos|corduroys|cords|breeches|flares=trousers,
    culottes|capris|capri pants=culottes trousers,
    shorts|bermudas|bermuda shorts|cargo shorts|gym shorts|jean shorts|denim shorts|cutoffs=shorts,
    skirt|miniskirt|mini skirt|short skirt|pleated skirt|knee length skirt|pencil skirt|denim skirt|
    a line skirt=skirt, tutu|kilt=kilt skirt, long skirt|maxi skirt=long_skirt skirt, loincloth=loincloth shorts
""")
SHOES = wishes("""
    sneakers|sneaker|trainers|running shoes|tennis shoes|sports shoes|gym shoes|athletic shoes|canvas shoes|
    plimsolls|kicks|converse|shoes|high tops|footwear=sneakers,
    boots|ankle boots|hiking boots|cowboy boots|combat boots|work boots|wellingtons|wellies|
    chelsea boots|leather boots|lace up boots|walking boots=boots,
    heels|high heels|stilettos|pumps|wedges=heels flats, court shoes=flats,
    sandals|flip flops|flipflops|clogs|crocs=sandals flats,
    loafers|dress shoes|leather shoes|moccasins|penny loafers|slip ons|business shoes=loafers,
    oxfords|brogues|derbies|monk straps|boat shoes=oxfords loafers,
    flats|ballet flats|mary janes|ballerinas|ballet shoes|ballet pumps|flat shoes=flats, slippers=slippers flats
""")
# garments whose name says their colour
DYES: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("white coat", "lab coat", "labcoat", "chef whites", "chef's jacket", "chef jacket"), "white"),
        "khakis": "khaki",
        "little black dress": "black",
        "denim shirt": "denim",
        **dict.fromkeys(("denim jacket", "denim shorts", "jean shorts", "denim skirt", "cutoffs"), "denim"),
        **dict.fromkeys(("leather jacket", "biker jacket"), "black"),
    }
)
_SUITS = """suit, business suit, pantsuit, trouser suit, tuxedo, three piece suit, dinner suit, skirt suit"""
# one word for a whole outfit: top wishes / bottom wishes
WHOLE_OUTFITS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = MappingProxyType(
    {
        **dict.fromkeys(phrases(_SUITS), (("blazer",), ("trousers",))),
        "skirt suit": (("blazer",), ("skirt",)),
        **dict.fromkeys(
            phrases("uniform, school uniform, police uniform, costume"), (("uniform", "shirt"), ("uniform", "trousers"))
        ),
        **dict.fromkeys(
            phrases("""
                jumpsuit, boiler suit, coveralls, pyjamas, pajamas, onesie, romper, bodysuit, salwar kameez,
                shalwar kameez, judogi, gi, space suit, spacesuit, wetsuit
            """),
            (("jumpsuit", "long_sleeve"), ("jumpsuit", "trousers")),
        ),
        **dict.fromkeys(("tracksuit", "track suit"), (("tracksuit", "hoodie"), ("tracksuit", "trousers"))),
        **dict.fromkeys(
            ("overalls", "dungarees", "swimsuit", "bikini"), (("overalls", "t_shirt"), ("overalls", "jeans"))
        ),
    }
)
GLASSES = wishes("""
    glasses|spectacles|eyeglasses|specs|reading glasses|wire rimmed glasses|bespectacled|round glasses|
    eye glasses|thin glasses=glasses, monocle|pince nez=monocle glasses,
    square glasses|rectangular glasses|horn rimmed glasses|horn rims|angular glasses|thick rimmed glasses|
    square framed glasses|square rimmed glasses|chunky glasses|browline glasses=square_glasses,
    sunglasses|shades|dark glasses|sun glasses=sunglasses, aviators|goggles=aviators sunglasses
""")
EARRINGS = wishes("""
    earrings|earring|ear rings|ear studs|studs|stud earrings|ear ring=earrings,
    hoops|hoop earrings=hoops earrings
""")
HEADSETS = wishes("headset|headphones|earphones|earpiece|headphone|head set=headset, earbuds|airpods=earbuds headset")
HATS = wishes("""
    cap|baseball cap|peaked cap|snapback|visor cap|trucker cap|flat cap=cap,
    beanie|woolly hat|wool hat|woolen hat|woollen hat|knit cap|knitted cap|knit hat|knitted hat|bobble hat|
    winter hat|beanie hat|watch cap|toque|woolly cap=beanie,
    hat|sun hat|straw hat|bucket hat|trilby|fedora|panama hat=hat cap, beret=beret beanie
""")
# worn or carried, not made by any generator here: said in a note
LEFT_OUT = phrases("""
    top hat, cowboy hat, helmet, hard hat, crown, tiara, headband, witch hat,
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
    gi, bowl cut, goggles, cigarette, veil, scar, pendant, tattoo, gloves, socks, converse, armor, armour, gown,
    nails, nail, ears, ear, roots, lashes, perm, imperial, slip ons, flat shoes
""")
PATTERNS = wishes("""
    striped|stripy|stripey|breton|nautical=stripes, banded|colour block|color block|colour blocked|chest stripe=bands,
    raglan|baseball sleeved|two tone=raglan,
    check|plaid|tartan|checked|checkered|chequered|gingham|lumberjack|windowpane=checks, houndstooth=houndstooth checks,
    pinstriped|pinstripe|pin striped|pin stripe=pinstripes,
    polka dot|polka dotted|dotted|spotted|dotty|spotty|polka-dot=dots,
    floral=floral plain, flowered=floral plain, patterned=patterned plain, paisley=paisley plain,
    camouflage=camouflage plain, camo=camouflage plain, printed=printed plain, embroidered=embroidered plain,
    herringbone=herringbone plain, leopard=leopard plain, zebra=zebra plain, sequined=sequined plain,
    plain|solid coloured=plain
""")
# nouns of what is on a cloth: the pattern of each; the others colour its trims
MOTIFS: Mapping[str, str] = MappingProxyType(
    entries("""
    stripes|stripe|horizontal stripes=stripes, pinstripes|pin stripes=pinstripes,
    dots|polka dots|spots=dots, checks|plaid pattern|check pattern=checks,
    chest band|wide stripe=bands, raglan sleeves|contrast sleeves|contrasting sleeves=raglan
""")
)
TRIMS = phrases("""
    collar, trim, trims, piping, accents, cuffs, soles, laces, buttons, print, lining, details, drawstrings, cords
""")
# marks on a chest, by the enum's value
LOGOS: Mapping[str, str] = MappingProxyType(
    entries("""
    star|star logo|star print|star on it|star on the chest|star on the front|star motif=star,
    heart|heart logo|heart print|heart on it|heart on the chest|heart on the front|heart motif=heart,
    lightning bolt|bolt|bolt logo|lightning logo|lightning|flash|lightning bolt on it=bolt,
    triangle|triangle logo|triangle on it=triangle,
    circle|ring logo|circle logo|ring on it|circle on it|ring on the chest=ring,
    initial|monogram|her initial|his initial|their initial|letter|first letter|initial on it|logo|logo on it|
    company logo|emblem=initial
""")
)
# marks that are mostly something else: only right after an article or a colour, in what is said of a top
DOUBTFUL_LOGOS = phrases("star, heart, bolt, triangle, circle, letter, initial, flash, lightning")
SLEEVES = wishes("""
    long sleeved|long sleeve|long sleeves|full sleeved|rolled up sleeves=long_sleeve,
    short sleeved|short sleeve|short sleeves|sleeveless|cap sleeved=t_shirt
""")
# sleeves that are a garment by themselves: "a burgundy long sleeve"
SLEEVE_TOPS = phrases("long sleeve, longsleeve")
# kinds that have long sleeves already, and what the short word means for them
LONG_SLEEVED = frozenset(("long_sleeve", "shirt", "hoodie", "blazer"))
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
    ornate simple flowy shiny glossy matte polished painted manicured varnished
""")
