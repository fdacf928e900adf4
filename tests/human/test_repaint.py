"""A repainted person is the built one, byte for byte; whatever has another shape is refused."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from people import a_character

from avatar import recipes
from avatar.character import AccessoryKind, CharacterDescription, IrisPattern, Logo, Pattern
from avatar.errors import InvalidModel
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.fingerprint import fingerprint
from avatar.gltf.model.origin import Origin, signed
from avatar.human.coat import Coat, Paint, Slot
from avatar.human.gallery import Gallery
from avatar.human.human import make_human
from avatar.human.likeness import shape_key
from avatar.human.repaint import repaint_human
from avatar.human.skin import skin_coats

Patch = dict[str, Any]

COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)
UNITS = st.floats(0, 1)
GLASSES = [{"kind": "glasses", "colour": "#202020"}, {"kind": "earrings", "colour": "#c0a040"}]
HAIR = {"Wolf3D_Hair", "Wolf3D_Hair_Cap", "Wolf3D_Beard", "Wolf3D_Beard_Cap"}
BASES: dict[str, Patch] = {
    "bearded": {"hair": {"style": "crop", "colour": "#2a2018", "facial": "beard"}, "outfit": {"accessories": GLASSES}},
    "drawn": {"style": "anime", "hair": {"style": "bob", "colour": "#204080"}},
    "shaven": {
        "style": "stylised",
        "seed": 5,
        "body": {"gender": 1.0, "age": 61, "height": 1.82, "weight": 0.7, "muscle": 0.4},
        "hair": {"style": "buzz", "colour": "#808080"},
        "outfit": {"top": {"kind": "long_sleeve", "accent": "#ff0000"}, "bottom": {"kind": "shorts"}},
    },
}


def merged(base: Patch, patch: Patch) -> Patch:
    return {
        **base,
        **{
            name: merged(base[name], value) if isinstance(value, dict) and isinstance(base.get(name), dict) else value
            for name, value in patch.items()
        },
    }


def somebody(name: str, patch: Patch | None = None) -> CharacterDescription:
    plain = a_character().model_dump(mode="json", by_alias=False)
    return CharacterDescription.model_validate(merged(merged(plain, BASES[name]), patch or {}))


@cache
def built(name: str) -> bytes:
    return make_human(somebody(name))


@st.composite
def paints(draw: st.DrawFn, name: str) -> Patch:
    """Other colours for one of the bases: each field that is paint may change, and often none of a section does."""
    base = somebody(name)
    bearded = base.hair.facial.value == "beard"
    facial = st.just("beard") if bearded else st.sampled_from(["none", "stubble"])
    accessories = [{"kind": item.kind.value, "colour": draw(COLOURS)} for item in base.outfit.accessories]
    cloth: Patch = {"colour": COLOURS, "accent": st.none() | COLOURS, "pattern": st.sampled_from(Pattern)}
    sections: Patch = {
        "name": st.text(max_size=8),
        "summary": st.text(max_size=8),
        "face": st.fixed_dictionaries({}, optional={"brow_weight": st.floats(-1, 1)}),
        "skin": st.fixed_dictionaries(
            {},
            optional={
                "tone": UNITS,
                "undertone": st.floats(-1, 1),
                "freckles": UNITS,
                "blush": UNITS,
                "lip_colour": st.none() | COLOURS,
                "lid_colour": st.none() | COLOURS,
                "eyeliner": UNITS,
                "nail_colour": st.none() | COLOURS,
            },
        ),
        "eyes": st.fixed_dictionaries({}, optional={"colour": COLOURS, "iris": st.sampled_from(IrisPattern)}),
        "hair": st.fixed_dictionaries(
            {},
            optional={
                "colour": COLOURS,
                "highlights": st.none() | COLOURS,
                "roots": st.none() | COLOURS,
                "facial": facial,
            },
        ),
        "outfit": st.fixed_dictionaries(
            {"accessories": st.just(accessories)},
            optional={
                "top": st.fixed_dictionaries({}, optional={**cloth, "logo": st.sampled_from(Logo)}),
                "bottom": st.fixed_dictionaries({}, optional=cloth),
                "footwear": st.fixed_dictionaries({}, optional={"colour": COLOURS, "accent": st.none() | COLOURS}),
            },
        ),
    }
    return draw(st.fixed_dictionaries({}, optional=sections))


@pytest.mark.parametrize("name", list(BASES))
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_repainting_gives_the_bytes_of_a_full_build(name: str, data: st.DataObject) -> None:
    wanted = somebody(name, data.draw(paints(name)))
    assert repaint_human(built(name), wanted) == make_human(wanted)


def test_every_paint_at_once_and_back_again() -> None:
    patch = {
        "face": {"brow_weight": 0.8},
        "skin": {
            **{"tone": 0.9, "undertone": 0.4, "freckles": 0.6, "blush": 0.9, "lip_colour": "#aa1133"},
            **{"lid_colour": "#305080", "eyeliner": 0.9, "nail_colour": "#10a040"},
        },
        "eyes": {"colour": "#1040c0"},
        "hair": {"colour": "#c02020"},
        "outfit": {
            "top": {"colour": "#ffcc00", "accent": "#113355"},
            "bottom": {"colour": "#101010"},
            "footwear": {"colour": "#ff00ff"},
            "accessories": [{"kind": "glasses", "colour": "#ffffff"}, {"kind": "earrings", "colour": "#00ff00"}],
        },
    }
    wanted = somebody("bearded", patch)
    other = repaint_human(built("bearded"), wanted)
    assert other == make_human(wanted)
    assert repaint_human(other, somebody("bearded")) == built("bearded")
    assert fingerprint(require_sound(other)) == fingerprint(require_sound(built("bearded")))


def images(glb: bytes) -> dict[str, bytes]:
    """By the key of their paint."""
    document = read_glb(glb)
    views = document.list("bufferViews")
    places = {image["extras"]["paint"]: views[image["bufferView"]] for image in document.list("images")}
    return {
        key: document.binary[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]
        for key, view in places.items()
    }


@pytest.mark.parametrize(
    ("patch", "changed"),
    [
        (
            {"hair": {"colour": "#c02020"}},
            {"Wolf3D_Skin", "Wolf3D_Lashes", "Wolf3D_Hair_Cap"},
        ),  # one sheet of hair for all
        ({"outfit": {"top": {"colour": "#ffcc00"}}}, {"Wolf3D_Outfit_Top"}),
        ({"outfit": {"footwear": {"colour": "#ffcc00"}}}, {"Wolf3D_Outfit_Footwear"}),
        ({"eyes": {"colour": "#1040c0"}}, {"Wolf3D_Eye"}),
        ({"skin": {"nail_colour": "#aa1133"}}, {"Wolf3D_Body"}),
        ({"skin": {"lid_colour": "#305080"}}, {"Wolf3D_Skin"}),
        ({"skin": {"tone": 0.7}}, {"Wolf3D_Skin", "Wolf3D_Body", "Wolf3D_Eye"}),  # whites of the eyes differ a little
    ],
    ids=lambda value: "" if isinstance(value, set) else next(iter(value)),
)
def test_only_what_changed_is_painted_anew(patch: Patch, changed: set[str], monkeypatch: pytest.MonkeyPatch) -> None:
    before = built("bearded")
    painted: list[str] = []
    monkeypatch.setattr(Gallery, "_encoded", spy(painted))
    after = repaint_human(before, somebody("bearded", patch))
    assert set(painted) == changed
    kept = images(before).keys() & images(after).keys()
    assert kept and all(images(before)[key] == images(after)[key] for key in kept)


def spy(painted: list[str]) -> Any:
    encode = Gallery._encoded

    def noted(self: Gallery, material: Any, slot: Slot, pixels: Any, key: str | None) -> Any:
        painted.append(material.name)
        return encode(self, material, slot, pixels, key)

    return noted


def test_fair_hair_lightens_brows_lashes_beard_and_scalp() -> None:
    """What hangs on the colour of hair, as a full build has it."""
    dark, fair = (read_glb(repaint_human(built("bearded"), somebody("bearded", {"hair": {"colour": c}}))) for c in
                  ("#0a0808", "#f0e0b0"))  # fmt: skip

    def paint_of(document: Document, name: str) -> str:
        material = next(item for item in document.list("materials") if item["name"] == name)
        texture = document.list("textures")[material["pbrMetallicRoughness"]["baseColorTexture"]["index"]]
        key: str = document.list("images")[texture["source"]]["extras"]["paint"]
        return key

    coated = {material["name"] for material in dark.list("materials")}
    assert HAIR & coated
    for name in ("Wolf3D_Skin", "Wolf3D_Lashes", *(HAIR & coated)):
        assert paint_of(dark, name) != paint_of(fair, name)
    for name in ("Wolf3D_Body", "Wolf3D_Teeth", "Wolf3D_Outfit_Top"):
        assert paint_of(dark, name) == paint_of(fair, name)


# --- what is shape ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(BASES))
@given(data=st.data())
def test_paint_never_changes_the_shape(name: str, data: st.DataObject) -> None:
    assert shape_key(somebody(name, data.draw(paints(name)))) == shape_key(somebody(name))


SHAPES: dict[str, Patch] = {
    "style": {"style": "stylised"},
    "seed": {"seed": 8},
    "age": {"body": {"age": 35}},
    "weight": {"body": {"weight": 0.5}},
    "nose": {"face": {"nose_width": 0.1}},
    "face": {"face": {"shape": "round"}},
    "ancestry": {"face": {"ancestry": {"asian": 0.2}}},
    "make-up lengthens lashes": {"skin": {"make_up": 0.4}},
    "hair": {"hair": {"style": "side_part"}},
    "beard": {"hair": {"facial": "none"}},
    "top": {"outfit": {"top": {"kind": "long_sleeve"}}},
    "bottom": {"outfit": {"bottom": {"kind": "trousers"}}},
    "no accessories": {"outfit": {"accessories": []}},
    "another accessory": {"outfit": {"accessories": [{"kind": "headset", "colour": "#202020"}, *GLASSES]}},
    "order of accessories": {"outfit": {"accessories": GLASSES[::-1]}},
}


@pytest.mark.parametrize("what", list(SHAPES))
def test_another_shape_is_refused(what: str) -> None:
    other = somebody("bearded", SHAPES[what])
    assert shape_key(other) != shape_key(somebody("bearded"))
    with pytest.raises(InvalidModel, match="shape"):
        repaint_human(built("bearded"), other)


def test_of_two_glasses_the_last_counts_for_the_shape_too() -> None:
    twice = [*GLASSES, {"kind": AccessoryKind.GLASSES, "colour": "#ffffff"}]
    assert shape_key(somebody("bearded", {"outfit": {"accessories": twice}})) == shape_key(somebody("bearded"))


def test_the_shape_is_that_of_one_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = built("bearded")
    monkeypatch.setattr(recipes, "HUMAN", recipes.HUMAN + 1)
    with pytest.raises(InvalidModel, match="shape"):
        repaint_human(before, somebody("bearded"))


def test_the_key_of_a_shape_is_cheap_to_import() -> None:
    code = "import avatar.human.likeness, sys; print(any(name in sys.modules for name in ('numpy', 'PIL', 'scipy')))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


# --- bases that only look right ---------------------------------------------------------------------------------------


def altered(change: Any) -> bytes:
    document = read_glb(built("bearded"))
    change(document.tree)
    return write_glb(document)


def as_a_level(tree: Patch) -> None:
    tree["asset"] = signed(tree["asset"], Origin(level=0, recipe="0" * 64, geometry="0" * 64, materials=(), images=()))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda tree: tree["asset"].pop("extras"), "shape"),
        (lambda tree: tree["asset"].update(extras="none"), "shape"),
        (as_a_level, "level of detail"),
        (lambda tree: tree["materials"][0].update(name="Wolf3D_Other"), "Wolf3D_Other"),
        (lambda tree: tree["materials"].append({"name": "Wolf3D_Skin"}), "Wolf3D_Skin"),
        (lambda tree: tree["bufferViews"].append(dict(tree["bufferViews"][0])), "stand among"),
        (lambda tree: tree["images"][0].update(bufferView=tree["images"][1]["bufferView"]), "share"),
        (lambda tree: tree["materials"][0].update(name=7), "string"),
    ],
    ids=["no extras", "odd extras", "level", "material", "twice", "views", "shared", "schema"],
)
def test_a_base_that_does_not_fit_is_refused(change: Any, message: str) -> None:
    with pytest.raises(InvalidModel, match=message):
        repaint_human(altered(change), somebody("bearded"))


def test_a_base_that_is_no_model_is_refused() -> None:
    with pytest.raises(InvalidModel):
        repaint_human(b"glTF", somebody("bearded"))


def test_nothing_private_is_in_the_file() -> None:
    document = read_glb(repaint_human(built("drawn"), somebody("drawn", {"name": "Zaphod", "summary": "A president"})))
    said = repr(document.tree)
    assert "Zaphod" not in said and "president" not in said
    assert set(document.tree["asset"]["extras"]) == {"contract", "style", "shape", "humanoid"}


def test_a_coat_paints_what_its_keys_name() -> None:
    face, rest = skin_coats(somebody("bearded"))
    assert set(face.paints) == set(rest.paints) == set(Slot)
    assert rest.painted().keys == {slot.value: paint.key for slot, paint in rest.paints.items()}
    assert skin_coats(somebody("drawn"))[0].paints.keys() == {Slot.COLOUR}
    bare = Coat(face.material, {Slot.COLOUR: Paint("k", lambda: rest.paints[Slot.COLOUR].pixels())})
    assert bare.painted().normal is None
