"""The catalogue tells everything that can be set, and nothing that cannot."""

from __future__ import annotations

import io
from collections import Counter

import pytest
from PIL import Image

from avatar.character import AccessoryKind
from avatar.choices.catalogue import CatalogueField, FieldKind, catalogue, option_values
from avatar.choices.labels import ABOUT, ENDS, FIELDS, GROUPS, OPTIONS
from avatar.choices.palettes import PALETTES
from avatar.choices.thumbnails import MAX_BYTES, SIDE, stem_of, thumbnail_named, thumbnails
from avatar.customize import apply_customization, parse_customization
from avatar.describe.offline import describe_offline
from avatar.profile import AgentProfile
from avatar.settable import Number, settable_fields

SETTABLE = {each.path: each for each in settable_fields()}
WHOLE = catalogue("/t/")
CHOSEN: list[CatalogueField] = [each for group in WHOLE.groups for each in group.fields]
ADA = describe_offline(AgentProfile(agent_id="ada", name="Ada", description="a woman of 34")).character


def test_every_field_is_in_one_group() -> None:
    assert Counter(each.path for each in CHOSEN) == Counter(list(SETTABLE))
    assert {group.name for group in WHOLE.groups} == set(GROUPS)


def test_tables_name_only_what_there_is() -> None:
    assert {*FIELDS, *ABOUT, *ENDS} <= set(SETTABLE)
    assert set(OPTIONS) <= {value for each in SETTABLE.values() for value in option_values(each)}
    assert set(ENDS) == {path for path, each in SETTABLE.items() if isinstance(each.leaf, Number)} - {"seed"}


def test_labels_tell_fields_and_options_apart() -> None:
    for group in WHOLE.groups:
        assert max(Counter(each.label for each in group.fields).values()) == 1
    for each in CHOSEN:
        assert not each.options or max(Counter(option.label for option in each.options).values()) == 1
        assert each.label[0].isupper() and "_" not in each.label


def test_options_carry_the_patch_that_sets_them() -> None:
    for each in CHOSEN:
        assert tuple(option.value for option in each.options) == option_values(SETTABLE[each.path])
        for option in each.options:
            assert parse_customization(option.patch, "x") == option.patch
            made = apply_customization(ADA, option.patch).model_dump(mode="json")
            for step in each.path.split("."):
                made = made[step]
            assert made == option.value or [item["kind"] for item in made] == [option.value]


def test_swatches_carry_names_that_customization_takes() -> None:
    by_name = {palette.name: palette for palette in PALETTES}
    assert len(by_name) == len(PALETTES)
    for each in CHOSEN:
        if each.palette is None:
            assert each.kind != FieldKind.COLOUR
            continue
        for swatch in by_name[each.palette].colours:
            if swatch.patch is not None:
                assert parse_customization(swatch.patch, "x") == swatch.patch and each.path == "skin.tone"
            elif each.kind == FieldKind.COLOUR:
                patch: object = swatch.name
                for step in reversed(each.path.split(".")):
                    patch = {step: patch}
                assert swatch.colour in str(parse_customization(patch, "x")), (each.path, swatch.name)


def test_a_dress_has_no_bottom_and_there_is_one_hat() -> None:
    options = {(each.path, option.value): option for each in CHOSEN for option in each.options}
    idle = options["outfit.top.kind", "dress"].idle
    assert set(idle) == {path for path in SETTABLE if path.startswith("outfit.bottom.")}
    assert {path for option in options.values() for path in option.idle} <= set(SETTABLE)
    assert options["outfit.accessories", "cap"].instead_of == ("beanie",)
    assert options["outfit.accessories", "earrings"].instead_of == ()
    for kind in AccessoryKind:
        for other in options["outfit.accessories", kind.value].instead_of:
            assert kind.value in options["outfit.accessories", other].instead_of


def test_there_is_a_picture_of_every_option_and_none_left_over() -> None:
    wanted = {stem_of(path, value) for path, each in SETTABLE.items() for value in option_values(each)}
    assert set(thumbnails()) == wanted
    assert len({picture.sha256 for picture in thumbnails().values()}) == len(wanted)  # no two options look the same
    for each in CHOSEN:
        for option in each.options:
            assert option.thumbnail is not None and option.thumbnail.startswith("/t/")
            assert (
                thumbnail_named(option.thumbnail.removeprefix("/t/")) == thumbnails()[stem_of(each.path, option.value)]
            )


@pytest.mark.parametrize("stem", sorted(thumbnails()))
def test_pictures_are_small(stem: str) -> None:
    picture = thumbnails()[stem]
    assert len(picture.data) <= MAX_BYTES
    image = Image.open(io.BytesIO(picture.data))
    assert (image.format, image.size) == ("WEBP", (SIDE, SIDE))
    colours = image.convert("RGB").getcolors(SIDE * SIDE)
    assert colours is not None and len(colours) > 200  # something is on it


def test_the_version_is_that_of_the_content() -> None:
    assert catalogue("/t/") is WHOLE
    assert catalogue("/elsewhere/").version != WHOLE.version
    assert len(WHOLE.version) == 16
