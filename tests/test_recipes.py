"""The numbers in ``avatar/recipes.py`` stand for how things are made: who changes the one must change the other.

Each test pins something small and stable beside the number. When it fails, what is stored from earlier runs is no
longer what would be made today: raise the number, then pin what the failure shows.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from people import a_character
from PIL import Image

from activities.modelling import FRIENDLY
from avatar import recipes
from avatar.describe.offline import describe_offline
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.lods import recipe
from avatar.gltf.model.accessors import read_floats
from avatar.gltf.model.layout import image_bytes
from avatar.gltf.variants import LEVELS
from avatar.human.human import make_human
from avatar.profile import AgentProfile

DATA = Path(__file__).parents[1] / "avatar" / "human" / "data"
Sample = tuple[int, tuple[float, ...]]


def advice(name: str, found: object) -> str:
    return (
        f"what avatar/recipes.{name} = {getattr(recipes, name)} stands for has changed. Results of earlier runs "
        f"would be reused as if they were today's: raise {name} by one, then pin here, beside its number:\n{found!r}"
    )


# --- levels of detail -------------------------------------------------------------------------------------------------

LEVELS_OF = (5, ("2ce75a67e15d53f0", "de63bd4cbb83abc3", "62e05a9893fdae95"))


def test_the_number_of_levels_of_detail_stands_for_their_options() -> None:
    found = (recipes.LODS, tuple(recipe(level)[:16] for level in range(len(LEVELS))))
    assert found == LEVELS_OF, advice("LODS", found)


def test_the_number_is_part_of_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe(0)
    monkeypatch.setattr(recipes, "LODS", recipes.LODS + 1)
    assert recipe(0) != before


# --- the parametric human ---------------------------------------------------------------------------------------------

BAKED_OF = (3, "e0386b00acf1710c")
TOLERANCE = {"mesh": 2e-4, "material": 2e-3, "image": 0.3}  # metres; factors; 255ths
HUMAN_OF: tuple[int, dict[str, Sample]] = (
    3,
    {
        "mesh Wolf3D_Head 0": (4111, (0.0, 1.59501, 0.09984, 0.43201, 0.52708, 0.02098)),
        "mesh Wolf3D_Body 0": (4887, (0.0, 1.33334, 0.02709, 0.69056, 0.3349, 0.0)),
        "mesh EyeLeft 0": (217, (0.02906, 1.6269, 0.13663, 0.5, 0.5, 0.01299)),
        "mesh EyeRight 0": (217, (-0.02906, 1.6269, 0.13663, 0.5, 0.5, 0.01299)),
        "mesh Wolf3D_Teeth 0": (450, (0.0, 1.55821, 0.12343, 0.5, 0.46877, 0.03758)),
        "mesh Wolf3D_Lashes 0": (366, (0.0, 1.62618, 0.13846, 0.5, 0.60112, 0.00948)),
        "mesh Wolf3D_Hair 0": (686, (7e-05, 1.7003, 0.0293, 0.5, 0.06736, 0.0)),
        "mesh Wolf3D_Hair 1": (2692, (0.00023, 1.69094, 0.05146, 0.88577, 0.50708, 0.0)),
        "mesh Wolf3D_Beard 0": (241, (-2e-05, 1.56018, 0.10844, 0.5, 0.27175, 0.04511)),
        "mesh Wolf3D_Beard 1": (1218, (-0.00158, 1.55094, 0.1189, 0.88182, 0.87891, 0.05172)),
        "mesh Wolf3D_Outfit_Top 0": (1183, (-0.00084, 1.24336, 0.03605, 0.54244, 0.49085, 0.0)),
        "mesh Wolf3D_Outfit_Bottom 0": (868, (-0.00174, 0.49572, 0.03364, 0.45852, 0.49358, 0.0)),
        "mesh Wolf3D_Outfit_Footwear 0": (462, (0.0, 0.03982, 0.07437, 0.5, 0.45636, 0.0)),
        "mesh Wolf3D_Glasses 0": (141, (0.0, 1.62451, 0.13897, 0.0, 0.0, 0.0)),
        "mesh Wolf3D_Glasses 1": (32, (0.0, 1.62499, 0.15858, 0.0, 0.0, 0.0)),
        "mesh Wolf3D_Facewear 0": (96, (0.0, 1.58528, 0.04371, 0.0, 0.0, 0.0)),
        "mesh Wolf3D_Headwear 0": (200, (0.00907, 1.63967, 0.05818, 0.0, 0.0, 0.0)),
        "material Wolf3D_Skin": (0, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.7)),
        "material Wolf3D_Body": (0, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.7)),
        "material Wolf3D_Eye": (0, (1.0, 1.0, 1.0, 1.0, 0.06, 0.0, 0.5, 0.63)),
        "material Wolf3D_Teeth": (1, (1.0, 1.0, 1.0, 1.0, 0.6, 0.0, 0.5, 0.4)),
        "material Wolf3D_Lashes": (5, (1.0, 1.0, 1.0, 1.0, 0.9, 0.0, 0.5, 0.2)),
        "material Wolf3D_Hair_Cap": (4, (1.0, 1.0, 1.0, 1.0, 0.75, 0.0, 0.5, 0.5)),
        "material Wolf3D_Hair": (3, (1.0, 1.0, 1.0, 1.0, 0.55, 0.0, 0.35, 0.5)),
        "material Wolf3D_Beard_Cap": (4, (1.0, 1.0, 1.0, 1.0, 0.75, 0.0, 0.5, 0.5)),
        "material Wolf3D_Beard": (3, (1.0, 1.0, 1.0, 1.0, 0.55, 0.0, 0.35, 0.5)),
        "material Wolf3D_Outfit_Top": (1, (1.0, 1.0, 1.0, 1.0, 0.88, 0.0, 0.5, 1.0)),
        "material Wolf3D_Outfit_Bottom": (1, (1.0, 1.0, 1.0, 1.0, 0.86, 0.0, 0.5, 1.0)),
        "material Wolf3D_Outfit_Footwear": (1, (1.0, 1.0, 1.0, 1.0, 0.6, 0.0, 0.5, 1.0)),
        "material Wolf3D_Glasses": (0, (0.352, 0.03, 0.014, 1.0, 0.35, 0.0, 0.5, 1.0)),
        "material Wolf3D_Glasses_Lens": (5, (0.0, 0.0, 0.0, 0.06, 0.05, 0.0, 0.5, 1.0)),
        "material Wolf3D_Facewear": (0, (0.352, 0.03, 0.014, 1.0, 0.25, 1.0, 0.5, 1.0)),
        "material Wolf3D_Headwear": (0, (0.352, 0.03, 0.014, 1.0, 0.5, 0.0, 0.5, 1.0)),
        "image 0": (1048576, (162.5, 121.8, 100.9)),
        "image 1": (262144, (127.7, 127.3, 254.9)),
        "image 2": (262144, (226.5, 164.4, 0.5)),
        "image 3": (1048576, (201.2, 154.6, 129.4)),
        "image 4": (262144, (225.6, 146.9, 0.5)),
        "image 5": (262144, (164.7, 162.6, 148.3)),
        "image 6": (131072, (121.5, 90.3, 81.0)),
        "image 7": (131072, (16.2, 8.0, 6.2, 96.4)),
        "image 8": (262144, (75.4, 50.0, 25.8, 178.3)),
        "image 9": (1048576, (28.6, 39.9, 78.2)),
        "image 10": (262144, (127.1, 126.9, 252.6)),
        "image 11": (1048576, (59.6, 78.8, 118.7)),
        "image 12": (262144, (127.2, 126.9, 251.8)),
        "image 13": (262144, (144.7, 145.5, 145.8)),
        "image 14": (262144, (127.2, 127.3, 251.6)),
    },
)


def test_the_number_of_the_human_stands_for_its_data() -> None:
    digest = hashlib.sha256()
    for path in sorted(DATA.glob("*.npz")):
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    found = (recipes.HUMAN, digest.hexdigest()[:16])
    assert found == BAKED_OF, advice("HUMAN", found)


def test_the_number_of_the_human_stands_for_what_it_makes() -> None:
    """One person in numbers: the last bits differ between processors, a tenth of a millimetre does not."""
    accessories = [{"kind": kind, "colour": "#a03020"} for kind in ("glasses", "earrings", "headset")]
    outfit = a_character().outfit.model_dump() | {"accessories": accessories}
    hair = {"style": "crop", "colour": "#4a3018", "facial": "beard"}
    skin = {"tone": 0.3, "freckles": 0.4, "make_up": 0.3}
    found = dict(samples(make_human(a_character(hair=hair, outfit=outfit, skin=skin))))
    number, pinned = HUMAN_OF
    same = found.keys() == pinned.keys() and all(
        found[name][0] == count and found[name][1] == pytest.approx(means, abs=TOLERANCE[name.split()[0]])
        for name, (count, means) in pinned.items()
    )
    assert (number, same) == (recipes.HUMAN, True), advice("HUMAN", (recipes.HUMAN, found))


def samples(glb: bytes) -> Iterator[tuple[str, Sample]]:
    """Vertices and mean place of each primitive, of all its morph targets; factors of materials; pixels
    and mean colour of each image."""
    document = require_sound(glb)
    for mesh in document.list("meshes"):
        for number, primitive in enumerate(mesh["primitives"]):
            places = read_floats(document, primitive["attributes"]["POSITION"])
            uv = read_floats(document, primitive["attributes"]["TEXCOORD_0"])
            moves = {target["POSITION"] for target in primitive.get("targets", ())}
            stirred = sum(float(np.abs(read_floats(document, at)).mean()) for at in moves)
            means = (*places.mean(0, np.float64).tolist(), *uv.mean(0, np.float64).tolist(), stirred)
            yield f"mesh {mesh['name']} {number}", (len(places), rounded(means, 5))
    for material in document.list("materials"):
        pbr, specular = (
            material["pbrMetallicRoughness"],
            material.get("extensions", {}).get("KHR_materials_specular", {}),
        )
        factors = (*pbr.get("baseColorFactor", (1, 1, 1, 1)), pbr["roughnessFactor"], pbr["metallicFactor"])
        more = (material.get("alphaCutoff", 0.5), specular.get("specularFactor", 1))
        kind = 2 * ("OPAQUE", "MASK", "BLEND").index(material.get("alphaMode", "OPAQUE"))
        yield f"material {material['name']}", (kind + material.get("doubleSided", False), rounded((*factors, *more), 3))
    for number, data in enumerate(image_bytes(document)):
        pixels = np.asarray(Image.open(io.BytesIO(data)))
        yield f"image {number}", (pixels[..., 0].size, rounded(pixels.mean((0, 1)).tolist(), 1))


def rounded(values: tuple[float, ...] | list[float], digits: int) -> tuple[float, ...]:
    return tuple(round(float(value), digits) + 0.0 for value in values)


# --- the rest ---------------------------------------------------------------------------------------------------------

DESCRIBER_OF = (1, "396c69894c02761d")
PICTURE_OF = (1, "cd435f0988ebb049")


def test_the_number_of_the_describer_stands_for_what_it_reads() -> None:
    profiles = (
        AgentProfile(agent_id="ada", name="Ada", description="A tall woman of 34 with long red hair and green eyes."),
        AgentProfile(agent_id="bo", name="Bo", role="chess teacher", personality="calm and old", tags=("glasses",)),
    )
    read = "\n".join(describe_offline(profile).character.model_dump_json() for profile in profiles)
    found = (recipes.DESCRIBER, hashlib.sha256(read.encode()).hexdigest()[:16])
    assert found == DESCRIBER_OF, advice("DESCRIBER", found)


def test_the_number_of_the_picture_stands_for_how_it_is_taken() -> None:
    found = (recipes.PICTURE, hashlib.sha256(FRIENDLY.model_dump_json().encode()).hexdigest()[:16])
    assert found == PICTURE_OF, advice("PICTURE", found)
