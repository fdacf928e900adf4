"""Parameters of a model's address: every spelling gives one variant, every mistake is told."""

from __future__ import annotations

import random
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avatar.errors import InvalidInput
from avatar.morph_names import ARKIT, EXTRAS, VISEMES
from avatar.variant import Channel, Compression, Detail, RestPose, TextureFormat, Variant, variant_key
from avatar.variant_query import PARAMETERS, as_params, essential, file_stem, parse, spell, version_of

MORPHS = (*ARKIT, *VISEMES, *EXTRAS)


def read(query: str, morphs: tuple[str, ...] = MORPHS) -> Variant:
    return parse(parse_qsl(query, keep_blank_values=True), morphs).variant


def refused(query: str) -> dict[str, str]:
    """Field and message of each mistake."""
    with pytest.raises(InvalidInput) as caught:
        read(query)
    return {error["field"]: error["message"] for error in caught.value.context["errors"]}


MEANINGS = [
    ("", Variant()),
    ("quality=high", Variant()),
    ("Quality=Medium", Variant(lod=1)),
    ("quality=low", Variant(lod=2)),
    ("quality=low&lod=0", Variant(lod=0, texture_size=512)),
    ("quality=high&textureSizeLimit=512", Variant(texture_size=512)),
    ("MESHLOD=2", Variant(lod=2)),
    ("lod=1&meshLod=1", Variant(lod=1)),
    ("textureSizeLimit=1023.9", Variant(texture_size=512)),
    ("textureSizeLimit=1024", Variant()),
    ("textureSizeLimit=4096.0", Variant(texture_size=4096)),
    ("textureSizeLimit=64", Variant(texture_size=64)),
    ("textureQuality=low", Variant(texture_quality=Detail.LOW)),
    ("textureFormat=JPG", Variant()),
    ("textureFormat=ktx2", Variant(texture_format=TextureFormat.KTX2)),
    ("textureAtlas=none", Variant()),
    ("textureAtlas=1500", Variant(atlas=1024)),
    ("textureChannels=normal,BASECOLOR", Variant(channels=(Channel.BASE_COLOR, Channel.NORMAL))),
    ("textureChannels=normal&textureChannels=baseColor", Variant(channels=(Channel.BASE_COLOR, Channel.NORMAL))),
    ("textureChannels=baseColor,normal,metallicRoughness,emissive,occlusion", Variant()),
    ("textureChannels=none", Variant(channels=())),
    ("morphTargets=none", Variant(morphs=())),
    ("morphTargets=all", Variant()),
    ("morphTargets=ARKit,Oculus%20Visemes", Variant(morphs=(*ARKIT, *VISEMES))),
    ("morphTargets=Oculus+Visemes&morphTargets=arkit", Variant(morphs=(*ARKIT, *VISEMES))),
    ("morphTargets=Default", Variant(morphs=("mouthOpen", "mouthSmile"))),
    ("morphTargets=ARKit,Oculus Visemes,Basic expressions", Variant()),
    ("pose=t", Variant(pose=RestPose.T)),
    ("useDracoMeshCompression=TRUE", Variant(compression=Compression.DRACO)),
    ("useMeshOptCompression", Variant(compression=Compression.MESHOPT)),
    ("meshCompression=1&useDracoMeshCompression=no", Variant(compression=Compression.MESHOPT)),
    ("dracoCompression=false", Variant()),
    ("uat=2023-01-01&cacheControl=true&_=1&useHands=false&preview=true", Variant()),
]


@pytest.mark.parametrize(("query", "variant"), MEANINGS, ids=[query or "nothing" for query, _ in MEANINGS])
def test_what_is_asked_for(query: str, variant: Variant) -> None:
    assert read(query) == variant


@pytest.mark.parametrize("parameter", [parameter.name for parameter in PARAMETERS])
def test_every_parameter_tells_what_it_takes(parameter: str) -> None:
    assert set(refused(f"{parameter}=%00rubbish")) == {parameter}


def test_all_mistakes_are_told_at_once_with_what_fits() -> None:
    told = refused("lood=1&lod=7&textureFormat=wepb&pose=X&morphTargets=jawOpne&textureChannels=none,normal&v=0")
    assert "did you mean 'lod'" in told["lood"]
    assert told["lod"] == "must be 0, 1 or 2, not '7'"
    assert "did you mean 'webp'" in told["textureFormat"] and "ktx2" in told["textureFormat"]
    assert "A or T" in told["pose"] and "jawOpen" in told["morphTargets"]
    assert "cannot stand beside" in told["textureChannels"] and "from 1 to" in told["v"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("lod=0&lod=1", "lod"),
        ("lod=0&meshLod=2", "lod"),
        ("quality=low&quality=high", "quality"),
        ("useMeshOptCompression=1&dracoCompression=1", "useDracoMeshCompression"),
        ("morphTargets=none,ARKit", "morphTargets"),
        ("morphTargets=all&morphTargets=ARKit", "morphTargets"),
        ("morphTargets=", "morphTargets"),
        ("textureSizeLimit=63", "textureSizeLimit"),
        ("textureSizeLimit=4097", "textureSizeLimit"),
        ("textureSizeLimit=4096.5", "textureSizeLimit"),
        ("textureSizeLimit=-512", "textureSizeLimit"),
        ("textureSizeLimit=٥١٢", "textureSizeLimit"),
        ("textureAtlas=128", "textureAtlas"),
        ("v=1&v=2", "v"),
    ],
)
def test_contradictions_and_what_lies_outside_are_refused(query: str, field: str) -> None:
    assert set(refused(query)) == {field}


def test_unknown_parameters_are_told_with_all_that_there_are() -> None:
    with pytest.raises(InvalidInput) as caught:
        read("colour=red")
    assert all(parameter.name in str(caught.value.mend) for parameter in PARAMETERS)


def test_a_group_stands_for_what_the_avatar_has_of_it() -> None:
    assert read("morphTargets=ARKit", ("jawOpen", "viseme_aa")).morphs == ("jawOpen",)
    assert read("morphTargets=jawOpen,mouthSmileLeft", ("jawOpen", "viseme_aa")).morphs == ("jawOpen",)
    assert read("morphTargets=none", ()) == Variant(), "nothing is all there is"


def test_a_version_is_read_before_the_rest() -> None:
    assert version_of([("lod", "9"), ("V", "3")]) == 3
    assert version_of([("v", "x")]) is None
    assert parse([("version", "03")], MORPHS).version == 3


VARIANTS = st.builds(
    Variant,
    lod=st.integers(0, 2),
    texture_size=st.none() | st.sampled_from((64, 128, 256, 512, 1024, 2048, 4096)),
    texture_quality=st.sampled_from(Detail),
    texture_format=st.sampled_from(TextureFormat),
    atlas=st.none() | st.sampled_from((256, 512, 1024, 2048)),
    channels=st.none() | st.lists(st.sampled_from(Channel), max_size=5).map(tuple),
    morphs=st.none()
    | st.lists(st.sampled_from(MORPHS), max_size=9).map(tuple)
    | st.sampled_from((ARKIT, VISEMES, (*ARKIT, "mouthOpen"))),
    pose=st.none() | st.sampled_from(RestPose),
    compression=st.sampled_from(Compression),
)


@given(VARIANTS, st.integers(0, 2**32), st.none() | st.integers(1, 9))
def test_every_spelling_gives_the_same_key(variant: Variant, seed: int, version: int | None) -> None:
    canonical = spell(variant, MORPHS, version=version)
    pairs = parse_qsl(canonical)
    assert parse(pairs, MORPHS) == parse(pairs[::-1], MORPHS)
    assert parse(pairs, MORPHS).variant == variant and parse(pairs, MORPHS).version == version
    chance = random.Random(seed)
    shuffled = [(odd(chance, name), odd(chance, value)) for name, value in pairs]
    shuffled += [*chance.sample(shuffled, k=len(shuffled) // 2), ("uat", str(seed))]
    chance.shuffle(shuffled)
    again = parse(shuffled, MORPHS).variant
    assert variant_key(again, "0" * 64, 1) == variant_key(variant, "0" * 64, 1)
    assert spell(again, MORPHS, version=version) == canonical
    assert "/" not in file_stem(variant) and len(file_stem(variant)) < 100


def odd(chance: random.Random, text: str) -> str:
    """Another spelling of the same."""
    listed = text.split(",")
    chance.shuffle(listed)
    return ",".join(chance.choice((word, word.upper(), word.lower())) for word in listed)


NAMES = st.sampled_from([parameter.name for parameter in PARAMETERS]) | st.text(max_size=20)
VALUES = st.text(max_size=30) | st.sampled_from(["0", "1", "none", "all", "ARKit", "1024", "true", "ktx2", "baseColor"])


@given(st.lists(st.tuples(NAMES, VALUES), max_size=12), st.lists(st.text(max_size=8), max_size=5))
def test_whatever_is_sent_is_read_or_refused(params: list[tuple[str, str]], morphs: list[str]) -> None:
    version_of(params)
    assert essential(params) == essential(params[::-1])
    try:
        query = parse(params, morphs)
    except InvalidInput as error:
        assert error.context["errors"]
        str(error).encode()
    else:
        assert parse(params[::-1], morphs) == query


def test_more_parameters_than_anybody_sends_are_refused() -> None:
    assert set(refused("&".join(f"uat={number}" for number in range(101)))) == {""}


def test_a_wish_in_a_document_may_be_a_query_or_an_object() -> None:
    wish = {"lod": 1, "morphTargets": ["ARKit", "mouthOpen"], "useMeshOptCompression": True}
    said = parse(as_params(wish, "variants[0]"), MORPHS)
    assert said == parse(as_params("?lod=1&morphTargets=ARKit,mouthOpen&meshCompression=true", "variants[0]"), MORPHS)
    with pytest.raises(InvalidInput, match=r"variants\[0\].lod"):
        as_params({"lod": {}}, "variants[0]")
    with pytest.raises(InvalidInput, match="100 parameters"):
        as_params("&".join("a=1" for _ in range(200)), "variants[0]")


def test_the_page_names_every_parameter() -> None:
    page = (Path(__file__).parents[1] / "docs" / "variants.md").read_text()
    for parameter in PARAMETERS:
        for name in (parameter.name, *parameter.also):
            assert f"`{name}`" in page, name
