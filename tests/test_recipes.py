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

LEVELS_OF = (6, ("b69fbf9cc6b50a1d", "e37ab909ee651c3a", "51747c45ba9d65d0"))


def test_the_number_of_levels_of_detail_stands_for_their_options() -> None:
    found = (recipes.LODS, tuple(recipe(level)[:16] for level in range(len(LEVELS))))
    assert found == LEVELS_OF, advice("LODS", found)


def test_the_number_is_part_of_the_recipe(monkeypatch: pytest.MonkeyPatch) -> None:
    before = recipe(0)
    monkeypatch.setattr(recipes, "LODS", recipes.LODS + 1)
    assert recipe(0) != before


# --- the parametric human ---------------------------------------------------------------------------------------------

BAKED_OF = (4, "492dabcab084f9e5")
TOLERANCE = {"mesh": 2e-4, "material": 2e-3, "image": 0.3}  # metres; factors; 255ths
HUMAN_OF: tuple[int, dict[str, Sample]] = (
    4,
    {
        "mesh Wolf3D_Head 0": (4111, (-5e-05, 1.59507, 0.1009, 0.43201, 0.52708, 0.02438)),
        "mesh Wolf3D_Body 0": (4830, (0.0, 1.32118, 0.02659, 0.62912, 0.43445, 0.0)),
        "mesh EyeLeft 0": (217, (0.03064, 1.62709, 0.13934, 0.5, 0.5, 0.01332)),
        "mesh EyeRight 0": (217, (-0.03064, 1.62709, 0.13934, 0.5, 0.5, 0.01332)),
        "mesh Wolf3D_Teeth 0": (650, (0.0, 1.55794, 0.12664, 0.5, 0.4843, 0.04524)),
        "mesh Wolf3D_Lashes 0": (666, (0.0, 1.63541, 0.14324, 0.49473, 0.51197, 0.0085)),
        "mesh Wolf3D_Hair 0": (2512, (-0.0003, 1.70953, 0.04076, 0.44409, 0.40298, 0.0)),
        "mesh Wolf3D_Hair 1": (432, (-0.00081, 1.72375, 0.01154, 0.67969, 0.51427, 0.0)),
        "mesh Wolf3D_Beard 0": (1559, (-0.00081, 1.54479, 0.13363, 0.36352, 0.66026, 0.07817)),
        "mesh Wolf3D_Outfit_Top 0": (1296, (0.00068, 1.24203, 0.03747, 0.55801, 0.4941, 0.0)),
        "mesh Wolf3D_Outfit_Bottom 0": (965, (0.00256, 0.47513, 0.03318, 0.45595, 0.51102, 0.0)),
        "mesh Wolf3D_Outfit_Footwear 0": (726, (0.0, 0.05261, 0.08426, 0.58361, 0.53885, 0.0)),
        "mesh Wolf3D_Glasses 0": (252, (8e-05, 1.62505, 0.14577, 0.0, 0.0, 0.0)),
        "mesh Wolf3D_Glasses 1": (40, (0.0, 1.62504, 0.16063, 0.0, 0.0, 0.0)),
        "mesh Wolf3D_Facewear 0": (140, (-0.00026, 1.58244, 0.04188, 0.0, 0.0, 0.0)),
        "mesh Wolf3D_Headwear 0": (260, (0.00623, 1.6281, 0.05019, 0.0, 0.0, 0.0)),
        "material Wolf3D_Skin": (0, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.7)),
        "material Wolf3D_Body": (0, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.7)),
        "material Wolf3D_Eye": (0, (1.0, 1.0, 1.0, 1.0, 0.06, 0.0, 0.5, 0.45)),
        "material Wolf3D_Teeth": (1, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 0.5)),
        "material Wolf3D_Lashes": (5, (1.0, 1.0, 1.0, 1.0, 0.9, 0.0, 0.5, 0.2)),
        "material Wolf3D_Hair_Cap": (4, (1.0, 1.0, 1.0, 1.0, 0.75, 0.0, 0.5, 0.5)),
        "material Wolf3D_Hair": (1, (1.0, 1.0, 1.0, 1.0, 0.55, 0.0, 0.5, 0.5)),
        "material Wolf3D_Beard": (4, (1.0, 1.0, 1.0, 1.0, 0.75, 0.0, 0.5, 0.5)),
        "material Wolf3D_Outfit_Top": (1, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 1.0)),
        "material Wolf3D_Outfit_Bottom": (1, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 1.0)),
        "material Wolf3D_Outfit_Footwear": (1, (1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.5, 1.0)),
        "material Wolf3D_Glasses": (0, (0.352, 0.03, 0.014, 1.0, 0.3, 0.4, 0.5, 1.0)),
        "material Wolf3D_Glasses_Lens": (5, (0.0, 0.0, 0.0, 0.06, 0.05, 0.0, 0.5, 1.0)),
        "material Wolf3D_Facewear": (0, (0.352, 0.03, 0.014, 1.0, 0.22, 1.0, 0.5, 1.0)),
        "material Wolf3D_Headwear_Headset": (0, (0.352, 0.03, 0.014, 1.0, 0.45, 0.0, 0.5, 1.0)),
        "image 0": (1048576, (173.2, 126.1, 105.5)),
        "image 1": (1048576, (128.0, 127.1, 254.5)),
        "image 2": (262144, (226.7, 163.1, 0.6)),
        "image 3": (1048576, (206.3, 150.2, 126.5)),
        "image 4": (1048576, (128.0, 127.1, 254.3)),
        "image 5": (65536, (220.4, 141.4, 0.8)),
        "image 6": (262144, (157.7, 152.0, 138.2)),
        "image 7": (131072, (153.8, 111.5, 102.2)),
        "image 8": (32768, (172.5, 125.5, 0.7)),
        "image 9": (524288, (42.7, 32.0, 24.8, 50.0)),
        "image 10": (524288, (73.5, 48.2, 24.8, 67.0)),
        "image 11": (1048576, (28.8, 40.3, 79.0)),
        "image 12": (262144, (127.4, 126.8, 251.2)),
        "image 13": (65536, (226.8, 224.9, 0.9)),
        "image 14": (1048576, (60.0, 79.4, 119.7)),
        "image 15": (262144, (127.3, 126.9, 252.1)),
        "image 16": (65536, (231.4, 219.7, 0.6)),
        "image 17": (262144, (170.8, 171.4, 171.6)),
        "image 18": (262144, (127.0, 126.8, 249.0)),
        "image 19": (65536, (232.2, 187.1, 0.9)),
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

DESCRIBER_OF = (2, "ab045e5261a3fd48")
PICTURE_OF = (2, "cd435f0988ebb049")


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
