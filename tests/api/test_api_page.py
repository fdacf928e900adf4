"""docs/api.md names every route, and what each can answer."""

from __future__ import annotations

import re
from pathlib import Path

from api.app import create_app
from runtime.settings import load_settings

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
ROW = re.compile(r"^\| `([A-Z]+) (/\S*)` \| .+ \| ([0-9, ]+) \|$", re.MULTILINE)
EVERYWHERE = {"422", "503"}


def test_the_page_names_every_route_and_its_answers() -> None:
    told = {(method, path): set(answers.split(", ")) for method, path, answers in ROW.findall(PAGE.read_text())}
    paths = create_app(load_settings({})).openapi()["paths"]
    there = {
        (method.upper(), path): set(operation["responses"]) - EVERYWHERE
        for path, operations in paths.items()
        for method, operation in operations.items()
    }
    assert told == there
