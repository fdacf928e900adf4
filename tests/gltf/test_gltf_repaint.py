"""Levels of detail of a model in other colours: the same file as when built from scratch, or a refusal."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from specimens import Tree, altered, encoded, figure, overwritten, picture, unpack, with_image

from avatar.errors import GenerationFailed, InvalidInput, InvalidModel
from avatar.gltf.gate.inspect import require_sound
from avatar.gltf.guests.sidecar import Sidecar
from avatar.gltf.lods import build_lod, repaint_lod
from avatar.gltf.model.accessors import read_raw
from avatar.gltf.model.document import Document, read_glb, write_glb
from avatar.gltf.model.fingerprint import fingerprint
from avatar.gltf.model.layout import geometry_only, image_bytes, with_images
from avatar.gltf.model.origin import KEY, origin_of
from avatar.gltf.variants import LEVELS

Change = Callable[[Tree], object]


@pytest.fixture(scope="module")
def levels(person: bytes, sidecar: Sidecar) -> tuple[bytes, ...]:
    """All levels of the person as it is."""
    return tuple(build_lod(person, level, sidecar).data for level in range(len(LEVELS)))


def tinted(red: int, size: int = 64) -> bytes:
    """A picture of one more red."""
    pixels = np.asarray(picture(size)).copy()
    pixels[..., 0] = red
    return encoded(Image.fromarray(pixels), "JPEG")


def factor(*values: float) -> Change:
    return lambda tree: tree["materials"][0]["pbrMetallicRoughness"].update(baseColorFactor=list(values))


def assert_same(one: bytes, other: bytes) -> None:
    """Every accessor, every image, and the whole tree."""
    first, second = require_sound(one), require_sound(other)
    assert first.tree == second.tree
    assert image_bytes(first) == image_bytes(second)
    for at in range(len(first.list("accessors"))):
        np.testing.assert_array_equal(read_raw(first, at), read_raw(second, at))


@pytest.mark.parametrize("level", [0, 1])
def test_a_repainted_level_is_the_built_one(
    person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar, level: int
) -> None:
    other = altered(with_image(person, tinted(200, 300)), factor(0.2, 0.3, 0.4, 1))
    built, repainted = build_lod(other, level, sidecar), repaint_lod(other, levels[level], level, sidecar)
    assert_same(built.data, repainted.data)
    assert built.data == repainted.data
    assert repainted.report.model_copy(update={"steps": ()}) == built.report.model_copy(update={"steps": ()})
    (textures,) = (step for step in repainted.report.steps if step.step == "textures")
    assert "2 of them were known" in textures.notes[0]  # the cloth and its relief


def test_a_level_with_an_atlas_is_built(person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar) -> None:
    other = altered(with_image(person, tinted(200, 300)), factor(0.2, 0.3, 0.4, 1))
    assert repaint_lod(other, levels[2], 2, sidecar).data == build_lod(other, 2, sidecar).data
    assert repaint_lod(other, b"whatever", 2, sidecar).data == build_lod(other, 2, sidecar).data


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    red=st.integers(0, 255),
    size=st.sampled_from([16, 64, 130, 300]),
    colour=st.tuples(*[st.floats(0, 1)] * 4),
    roughness=st.floats(0, 1),
    cutoff=st.floats(0, 1),
)
def test_whatever_the_colours_are(
    person: bytes,
    levels: tuple[bytes, ...],
    sidecar: Sidecar,
    red: int,
    size: int,
    colour: tuple[float, ...],
    roughness: float,
    cutoff: float,
) -> None:
    def change(tree: Tree) -> None:
        factor(*colour)(tree)
        tree["materials"][1]["pbrMetallicRoughness"]["roughnessFactor"] = roughness
        tree["materials"][1]["alphaCutoff"] = cutoff

    other = altered(with_image(person, tinted(red, size)), change)
    assert repaint_lod(other, levels[1], 1, sidecar).data == build_lod(other, 1, sidecar).data


def shared(tree: Tree) -> None:
    """One image for both materials."""
    tree["materials"][1]["pbrMetallicRoughness"]["baseColorTexture"]["index"] = 0


def untextured(tree: Tree) -> None:
    for key in ("images", "textures"):
        del tree[key]
    tree["materials"] = [{"name": material["name"]} for material in tree["materials"]]
    tree["materials"][1]["alphaMode"] = "MASK"


def without_materials(tree: Tree) -> None:
    untextured(tree)
    del tree["materials"]
    for mesh in tree["meshes"]:
        del mesh["primitives"][0]["material"]


def test_materials_that_share_an_image_have_the_same_shape(
    person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar
) -> None:
    other = altered(person, shared)
    assert fingerprint(require_sound(other)) == fingerprint(require_sound(person))
    level = build_lod(other, 1, sidecar).data
    assert repaint_lod(other, levels[1], 1, sidecar).data == level
    assert repaint_lod(person, level, 1, sidecar).data == levels[1]


def test_without_a_texture_seams_may_open_so_it_is_another_shape(
    person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar
) -> None:
    with pytest.raises(InvalidModel, match="geometry"):
        repaint_lod(altered(person, untextured), levels[1], 1, sidecar)


@pytest.mark.parametrize(
    "source",
    [altered(figure(16), without_materials), figure(16, skinned=False, indexed=False)],
    ids=["no materials", "plain"],
)
def test_any_model_can_be_its_own_kin(source: bytes, sidecar: Sidecar) -> None:
    for level in range(len(LEVELS)):
        built = build_lod(source, level, sidecar).data
        assert repaint_lod(source, built, level, sidecar).data == built


def test_an_image_in_webp_or_with_alpha_is_treated_as_ever(
    person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar
) -> None:
    see_through = encoded(picture(80, "RGBA"), "PNG")

    def webp(tree: Tree) -> None:
        tree["textures"][0] = {"extensions": {"EXT_texture_webp": {"source": 0}}}
        tree["images"][0]["mimeType"] = "image/webp"
        tree["extensionsUsed"] = tree["extensionsRequired"] = ["EXT_texture_webp"]

    def blended(tree: Tree) -> None:
        tree["images"][0]["mimeType"] = "image/png"

    for other in (
        altered(with_image(person, encoded(picture(80), "WEBP")), webp),
        altered(with_image(person, see_through), blended),
    ):
        assert repaint_lod(other, levels[0], 0, sidecar).data == build_lod(other, 0, sidecar).data


# --- refusals ---------------------------------------------------------------------------------------------------------


def moved(data: bytes) -> bytes:
    """One vertex of the head a millimetre off."""
    tree, _ = unpack(data)
    at = tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    place = read_raw(read_glb(data), at)[7:8] + np.float32([0, 0, 0.001])
    return overwritten(data, at, place, at=7)


GEOMETRY: dict[str, Callable[[bytes], bytes]] = {
    "a vertex": moved,
    "a morph's name": lambda data: altered(
        data, lambda tree: tree["meshes"][0]["extras"]["targetNames"].__setitem__(0, "x")
    ),
    "a node": lambda data: altered(data, lambda tree: tree["nodes"][3].update(translation=[0, 0.21, 0])),
    "a joint": lambda data: altered(data, lambda tree: tree["skins"][0].update(joints=[1, 3, 2])),
    "an animation": lambda data: altered(
        data, lambda tree: tree["animations"][0]["samplers"][0].update(interpolation="STEP")
    ),
    "a material's name": lambda data: altered(data, lambda tree: tree["materials"][0].update(name="Hair")),
    "an alpha mode": lambda data: altered(data, lambda tree: tree["materials"][1].update(alphaMode="BLEND")),
    "two sides": lambda data: altered(data, lambda tree: tree["materials"][1].update(doubleSided=True)),
    "a material's place": lambda data: altered(
        data, lambda tree: tree["meshes"][0]["primitives"][0].update(material=1)
    ),
    "importance": lambda data: altered(data, lambda tree: tree["meshes"][0]["extras"].update(importance=2.0)),
    "an attribute": lambda data: altered(
        data, lambda tree: tree["meshes"][1]["primitives"][0]["attributes"].pop("TEXCOORD_0")
    ),
}


@pytest.mark.parametrize("what", list(GEOMETRY))
def test_another_geometry_is_refused(person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar, what: str) -> None:
    other = GEOMETRY[what](person)
    assert fingerprint(require_sound(other)) != fingerprint(require_sound(person))
    with pytest.raises(InvalidModel, match="level 1 of a model of this geometry"):
        repaint_lod(other, levels[1], 1, sidecar)


def said(change: Callable[[dict[str, Any]], object]) -> Callable[[bytes], bytes]:
    return lambda data: altered(data, lambda tree: change(tree["asset"]["extras"][KEY]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: altered(data, lambda tree: tree["asset"].pop("extras")), "not made by"),
        (lambda data: altered(data, lambda tree: tree["asset"].update(extras=[1])), "not made by"),
        (said(lambda origin: origin.update(recipe="0" * 64)), "today's recipe"),
        (said(lambda origin: origin.update(level=0)), "level 1"),
        (said(lambda origin: origin["images"].pop()), "not made by"),
        (said(lambda origin: origin.pop("geometry")), "does not say"),
        (said(lambda origin: origin.update(images=["x"])), "does not say"),
        (lambda data: data[:100], "header says"),
    ],
    ids=["nothing", "odd", "recipe", "level", "images", "torn", "digests", "bytes"],
)
def test_a_level_of_unknown_origin_is_refused(
    person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar, change: Callable[[bytes], bytes], message: str
) -> None:
    with pytest.raises(InvalidModel, match=message):
        repaint_lod(person, change(levels[1]), 1, sidecar)


def test_a_level_with_broken_numbers_does_not_get_through(
    person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar
) -> None:
    tree, _ = unpack(levels[1])
    at = tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    with pytest.raises(GenerationFailed, match="not valid"):
        repaint_lod(person, overwritten(levels[1], at, np.full((1, 3), np.nan, np.float32)), 1, sidecar)


def test_a_level_that_points_nowhere_is_refused(person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar) -> None:
    lost = altered(levels[1], lambda tree: tree["meshes"][0]["primitives"][0].update(indices=10**6))
    with pytest.raises(InvalidModel):
        repaint_lod(person, lost, 1, sidecar)


def test_a_source_is_no_level_and_there_are_three(person: bytes, levels: tuple[bytes, ...], sidecar: Sidecar) -> None:
    with pytest.raises(InvalidModel, match="not made by"):
        repaint_lod(person, person, 0, sidecar)
    with pytest.raises(InvalidModel, match="level 1"):
        repaint_lod(person, levels[0], 1, sidecar)
    with pytest.raises(InvalidInput, match="0 to 2"):
        repaint_lod(person, levels[0], 3, sidecar)


# --- the fingerprint and the layout it rests on -----------------------------------------------------------------------


def restored(data: bytes) -> bytes:
    """The same values in another order, form and place: accessors dealt backwards, sparse ones written out."""
    document = read_glb(data)
    tree, chunks, size = dict(document.tree), [b"\0" * 8], 8
    count = len(tree["accessors"])
    views: list[Tree] = []
    accessors: list[Tree] = []
    for at in reversed(range(count)):
        raw = np.ascontiguousarray(read_raw(document, at)).tobytes()
        padding = -size % 4
        old = tree["accessors"][at]
        views.append({"buffer": 0, "byteOffset": size + padding, "byteLength": len(raw)})
        accessors.append(
            {key: value for key, value in old.items() if key not in ("sparse", "byteOffset")}
            | {"bufferView": len(views) - 1}
        )
        chunks += [b"\0" * padding, raw]
        size += padding + len(raw)

    def last(numbers: Tree) -> Tree:
        return {name: count - 1 - at for name, at in numbers.items()}

    def dealt(primitive: Tree) -> Tree:
        made = {**primitive, "attributes": last(primitive["attributes"])}
        made |= last({"indices": primitive["indices"]})
        if "targets" in primitive:
            made["targets"] = [last(target) for target in primitive["targets"]]
        return made

    tree["meshes"] = [{**mesh, "primitives": [dealt(p) for p in mesh["primitives"]]} for mesh in tree["meshes"]]
    tree["skins"] = [skin | last({"inverseBindMatrices": skin["inverseBindMatrices"]}) for skin in tree["skins"]]
    tree["animations"] = [
        {**item, "samplers": [s | last({"input": s["input"], "output": s["output"]}) for s in item["samplers"]]}
        for item in tree["animations"]
    ]
    tree |= {"accessors": accessors}
    made, binary = with_images(views, b"".join(chunks), image_bytes(document))
    tree["images"] = [{**image, "bufferView": len(views) + at} for at, image in enumerate(tree["images"])]
    return write_glb(Document({**tree, "bufferViews": made}, binary))


def test_a_fingerprint_looks_at_values_and_not_at_where_they_lie(levels: tuple[bytes, ...]) -> None:
    other = restored(levels[2])
    assert other != levels[2] and require_sound(other).tree["accessors"] != require_sound(levels[2]).tree["accessors"]
    assert fingerprint(require_sound(other)) == fingerprint(require_sound(levels[2]))


def test_a_fingerprint_does_not_look_at_paint(person: bytes) -> None:
    def change(tree: Tree) -> None:
        factor(1, 0, 0, 1)(tree)
        tree["materials"][0] |= {"emissiveFactor": [1, 0, 0], "extras": {"note": 1}}
        tree["materials"][0]["extensions"] = {"KHR_materials_specular": {"specularFactor": 0.1}}
        tree["asset"]["generator"] = "another"
        tree["extensionsUsed"] = ["KHR_materials_specular"]

    assert fingerprint(require_sound(altered(with_image(person, tinted(3)), change))) == fingerprint(
        require_sound(person)
    )


def test_a_level_says_what_it_was_made_from_and_keeps_what_its_source_said(person: bytes, sidecar: Sidecar) -> None:
    talkative = altered(person, lambda tree: tree["asset"].update(extras={"style": "anime"}))
    made = read_glb(build_lod(talkative, 2, sidecar).data)
    origin = origin_of(made)
    assert origin is not None and origin.level == 2 and origin.geometry == fingerprint(require_sound(person))
    assert len(origin.images) == len(made.list("images")) == 3
    assert made.tree["asset"]["extras"]["style"] == "anime"


def test_images_lie_behind_the_geometry(levels: tuple[bytes, ...]) -> None:
    document = read_glb(levels[1])
    views, binary = geometry_only(document)
    assert len(views) == len(document.list("bufferViews")) - 3
    assert document.binary.startswith(binary)
    for data in image_bytes(document):
        Image.open(io.BytesIO(data)).load()


def test_images_among_the_geometry_are_not_exchanged(person: bytes) -> None:
    with pytest.raises(InvalidModel, match="stand among the others"):
        geometry_only(require_sound(person))
