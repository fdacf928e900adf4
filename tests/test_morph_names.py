"""Names of morph targets as clients spell them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import InvalidInput
from avatar.human.face import CONTRACT_MORPHS
from avatar.morph_names import ARKIT, EXTRAS, GROUPS, VISEMES, resolve

FOREIGN = ("Fcl_ALL_Joy", "A", "a", "eyeBlink_L", "jawOpen", "mouthLeft", "mouth_left")


def test_the_lists_are_those_that_the_human_has() -> None:
    assert (len(ARKIT), len(VISEMES)) == (52, 15)
    assert (*ARKIT, *VISEMES, *EXTRAS) == CONTRACT_MORPHS
    assert {name for group in GROUPS.values() for name in group} == set(CONTRACT_MORPHS)


@pytest.mark.parametrize(
    ("wanted", "meant"),
    [
        (["ARKit"], ARKIT),
        (["arkit", "Oculus+Visemes"], (*ARKIT, *VISEMES)),
        (["Oculus Visemes"], VISEMES),
        (["oculus_visemes"], VISEMES),
        (["OCULUS-VISEMES "], VISEMES),
        (["Default"], ("mouthOpen", "mouthSmile")),
        (["Eyes Extra"], ("eyesClosed", "eyesLookUp", "eyesLookDown")),
        (["Basic+Expressions"], EXTRAS),
        (["mouthsmile", "viseme_AA", "VisemeAA", "mouthSmile"], ("viseme_aa", "mouthSmile")),
        (["none"], ()),
        (["None", "none"], ()),
        ([], ()),
        (["", " "], ()),
    ],
)
def test_groups_and_names_in_any_spelling(wanted: list[str], meant: tuple[str, ...]) -> None:
    assert resolve(wanted, CONTRACT_MORPHS) == meant


def test_a_foreign_model_keeps_its_spellings_and_gives_what_it_has_of_a_group() -> None:
    assert resolve(["ARKit", "fcl all joy"], FOREIGN) == ("Fcl_ALL_Joy", "jawOpen", "mouthLeft")
    assert resolve(["Oculus Visemes", "mouthOpen"], FOREIGN) == ()
    assert resolve(["a"], FOREIGN) == ("a",)
    assert resolve(["MouthLeft"], FOREIGN) == ("mouthLeft", "mouth_left")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (["mouthSmyle"], "mouthSmyle.*similar: .*mouthSmile"),
        (["Oculus"], "groups: ARKit, Oculus Visemes"),
        (["ARKit", "xyzzy"], "'xyzzy' is no morph target"),
        (["none", "ARKit"], "none stands beside ARKit"),
        ([f"unheard{i}" for i in range(9)], "and 4 more"),
    ],
)
def test_unknown_names_are_refused_with_what_is_near(wanted: list[str], said: str) -> None:
    with pytest.raises(InvalidInput, match=said):
        resolve(wanted, CONTRACT_MORPHS)


@given(st.lists(st.sampled_from(CONTRACT_MORPHS), unique=True))
def test_names_come_in_the_order_of_the_model(names: list[str]) -> None:
    assert resolve(names, CONTRACT_MORPHS) == tuple(name for name in CONTRACT_MORPHS if name in names)
    assert resolve([name.swapcase() for name in names], CONTRACT_MORPHS) == resolve(names, CONTRACT_MORPHS)


def test_reading_a_request_loads_no_mesh_code() -> None:
    program = "import sys, avatar.morph_names; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
