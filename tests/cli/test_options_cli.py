"""avatar options: the catalogue on a terminal."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from avatar.choices.catalogue import Catalogue, CatalogueField, catalogue
from avatar.errors import NotFound
from cli.main import app


def told(*arguments: str) -> str:
    result = CliRunner().invoke(app, ["options", *arguments], catch_exceptions=False, env={"COLUMNS": "200"})
    assert result.exit_code == 0
    return result.stdout


def test_all_fields() -> None:
    text = told()
    assert all(each.path in text for group in catalogue().groups for each in group.fields)
    assert Catalogue.model_validate_json(told("--json")) == catalogue()


def test_the_options_of_one_field() -> None:
    assert "long_wavy" in told("hair.style") and "Long and wavy" in told("hair.style")
    assert "dusty rose" in told("skin.lip_color")
    assert "not with beanie" in told("outfit.accessories")
    assert "narrow" in told("face.jawWidth")
    assert CatalogueField.model_validate(json.loads(told("hair.style", "--json"))).path == "hair.style"


def test_a_field_that_is_not_there() -> None:
    with pytest.raises(NotFound, match=r"did you mean 'hair\.style'"):
        told("hair.stile")
