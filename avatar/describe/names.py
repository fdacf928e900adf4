"""First names and scripts as weak hints: used only where the text says nothing."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from avatar.describe.tokens import TOKEN, sentences


class Region(StrEnum):
    """Where a family may come from; decides which skin, hair and eyes go together."""

    EUROPE = "europe"
    AFRICA = "africa"
    EAST_ASIA = "east asia"
    SOUTH_ASIA = "south asia"
    MIDDLE_EAST = "middle east"
    LATIN = "latin america"


_FIRST_NAMES: Mapping[Region, tuple[str, str]] = MappingProxyType(
    {
        Region.EUROPE: (
            "ada alice amelia amy andrea anna anne astrid barbara beatrice birgit bridget carla "
            "carol caroline charlotte chloe "
            "christine claire clara daisy diana dorothy eleanor elena elisabeth elizabeth ella ellen "
            "elsa emily emma erika eva evelyn "
            "fiona flora florence freya frida gabriele giulia grace greta hannah heidi helen helga "
            "ingrid irene isabel isabella jane "
            "jennifer jessica joan johanna josephine judith julia karen katarina kate katherine "
            "kirsten laura lena lily linda lisa "
            "louise lucy magdalena margaret maria marie marta martha mary matilda mia michelle molly "
            "monika nancy natalia natasha "
            "nina nora olga olivia paula petra rebecca rosa rose ruth sabine sally sandra sarah "
            "signe silvia sigrid sofia sophia sophie "
            "stella susan svetlana sylvia tatiana theresa ursula valentina vera veronika victoria "
            "violet zoe hazel ivy ruby",
            "adam alan albert alexander alfred andrew anders anton arthur axel benjamin bjorn boris "
            "brian bruno charles christian "
            "christopher daniel david dieter dmitri edgar edward elias emil eric erik ernst ethan "
            "felix filip francis frank fred "
            "frederick friedrich gabriel george giovanni graham gregory gunther gustav hans harold "
            "harry heinrich henrik henry hugo "
            "ian igor isaac ivan jack jacob jakob james jan jean jeremy johan john jonas jonathan "
            "joseph jurgen karl kevin klaus lars "
            "leo leonard liam louis luca lucas ludwig luke magnus marco mario mark markus martin "
            "matthew max michael mikhail nicholas "
            "niels nikolai oliver olaf oscar otto patrick paul peter philip pierre ralph richard "
            "robert roger roman rudolf samuel "
            "sean sebastian sergei simon stefan stephen steven sven theodore thomas timothy tom "
            "victor viktor vincent vladimir walter "
            "werner wilhelm william wolfgang bob",
        ),
        Region.AFRICA: (
            "abena adaeze adanna adwoa aisha ama amara amina asha ayana chiamaka chidinma "
            "efua esi fatoumata folasade imani "
            "kamaria lerato makena mariama naledi ngozi nia nkechi nomsa oluchi sade thandi thandiwe "
            "wanjiru yaa zainab zola zuri",
            "abebe adebayo akin amadou babajide bakari chidi chike chinedu diallo emeka femi "
            "ibrahima jabari kofi kwabena kwame kwesi "
            "lamine lwazi mamadou musa ngugi obi okoro olu oluwaseun ousmane sefu sipho tau tendai "
            "thabo themba tunde uche yaw",
        ),
        Region.EAST_ASIA: (
            "aiko akemi akiko ayumi eun fumiko hanako haruka hinata hiroko hua hui jia jiyeon keiko "
            "lan lanh lien linh mai mei mei-ling "
            "mika min-ji misaki miyu momoko naoko ngoc noriko phuong sakura sayuri soo-jin suki thao "
            "thi thuy tomoko trang xia "
            "xiaoling ying yoko yui yuki yumi yuna",
            "akira bao chen daichi daiki dong duc feng haruto hideo hiro hiroshi huang huy jin jian "
            "jun kaito kazuo ken kenji kenta "
            "long masato minh min-ho nam naoki quan ren riku ryo satoshi shin sho takashi takeshi "
            "taro tetsuo tuan wei xin yamato yong "
            "yosuke yusuke zhang",
        ),
        Region.SOUTH_ASIA: (
            "aditi ananya anika anjali asha deepa deepika devi divya gita indira ishani kamala "
            "kavita kiran lakshmi lalita leela maya "
            "meera nandini neha nisha padma parvati pooja prisha priya radha rani riya saanvi sarita "
            "shanti shreya sita sunita uma usha",
            "aarav aditya ajay amit anand anil arjun arun ashok deepak dev dinesh ganesh gopal hari "
            "kartik krishna mahesh manoj mohan "
            "nikhil pradeep prakash raj rajesh raju rakesh ravi rohan sachin sanjay sunil suresh "
            "varun vijay vikram vivek",
        ),
        Region.MIDDLE_EAST: (
            "aaliyah aya ayse azadeh dalia dina elif emine esra farah farida fatima hala hana huda "
            "jamila khadija laila layla leyla "
            "mariam maryam mina nadia nasrin noor nour parisa rania rim salma samira shirin soraya yasmin zahra zeynep",
            "abbas abdul abdullah ahmad ahmed ali amir arash bilal cem cyrus darius ehsan emre farid "
            "farhad hamid hasan hassan hussein "
            "ibrahim jamal kamal karim khalid mahmoud mehmet mohamed mohammad mohammed muhammad "
            "mustafa nasser omar osman reza said "
            "salim sami tariq yusuf zayd",
        ),
        Region.LATIN: (
            "adriana alejandra alma ana camila carmen catalina consuelo daniela dolores esperanza "
            "fernanda gabriela guadalupe ines jimena "
            "juana juanita lucia luciana luisa luz mariana marisol mercedes paloma paola pilar rocio "
            "rosario teresa valeria ximena "
            "yolanda",
            "alejandro alfonso alvaro andres angel antonio armando carlos cesar diego eduardo emilio "
            "enrique ernesto esteban felipe "
            "fernando francisco gustavo hector javier jesus joaquin jorge jose juan julio luis "
            "manuel mateo miguel pablo pedro rafael "
            "ramon raul ricardo roberto rodrigo salvador santiago sergio tomas xavier",
        ),
    }
)
_BY_NAME: Mapping[str, tuple[float, Region]] = MappingProxyType(
    {
        name: (gender, region)
        for region, groups in _FIRST_NAMES.items()
        for gender, group in zip((0.07, 0.94), groups, strict=True)
        for name in group.split()
    }
)
# Unicode script words (the first word of a character's name) -> region
_SCRIPTS: Mapping[str, Region] = MappingProxyType(
    {
        "CJK": Region.EAST_ASIA,
        "HIRAGANA": Region.EAST_ASIA,
        "KATAKANA": Region.EAST_ASIA,
        "HANGUL": Region.EAST_ASIA,
        "THAI": Region.EAST_ASIA,
        "BOPOMOFO": Region.EAST_ASIA,
        "KHMER": Region.EAST_ASIA,
        "DEVANAGARI": Region.SOUTH_ASIA,
        "BENGALI": Region.SOUTH_ASIA,
        "TAMIL": Region.SOUTH_ASIA,
        "TELUGU": Region.SOUTH_ASIA,
        "GURMUKHI": Region.SOUTH_ASIA,
        "GUJARATI": Region.SOUTH_ASIA,
        "SINHALA": Region.SOUTH_ASIA,
        "MALAYALAM": Region.SOUTH_ASIA,
        "ARABIC": Region.MIDDLE_EAST,
        "HEBREW": Region.MIDDLE_EAST,
        "ETHIOPIC": Region.AFRICA,
        "CYRILLIC": Region.EUROPE,
        "GREEK": Region.EUROPE,
        "ARMENIAN": Region.MIDDLE_EAST,
        "GEORGIAN": Region.MIDDLE_EAST,
    }
)
# endings that mostly belong to one sex: kanji, Cyrillic, Arabic, Devanagari; and -a where letters are Latin
_ENDINGS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (0.07, ("子", "美", "香", "恵", "奈", "а", "я", "ة", "ी")),
    (0.94, ("郎", "男", "夫", "太", "介", "雄", "ий", "ей", "слав", "мир")),
    (0.07, ("a",)),
)


def hints(name: str) -> tuple[float | None, Region | None]:
    """What a name suggests about gender (0 feminine .. 1 masculine) and region; None where it says nothing."""
    region = next(
        (
            _SCRIPTS[script]
            for c in name
            if c.isalpha() and (script := unicodedata.name(c, "").split(" ")[0].split("-")[0]) in _SCRIPTS
        ),
        None,
    )
    words = [token.text for sentence in sentences(name) for token in sentence if TOKEN.fullmatch(token.text)]
    for word in words:
        if word in _BY_NAME:
            gender, known = _BY_NAME[word]
            return gender, region or known
    for word in name.split():
        for gender, endings in _ENDINGS:
            if len(word) > 1 and word.lower().endswith(endings):
                return gender, region
    return None, region
