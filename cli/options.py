"""``avatar options``: what can be chosen, by the names that --set takes."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from avatar.choices.catalogue import CatalogueField, FieldKind, catalogue
from avatar.choices.palettes import PALETTES
from avatar.errors import NotFound
from avatar.problems import like
from cli.output import AsJson, people, print_json


def options(
    path: Annotated[str | None, typer.Argument(help="A field such as hair.style; all of them when left out.")] = None,
    as_json: AsJson = False,
) -> None:
    """What can be chosen: all fields, or the options of one."""
    whole = catalogue()
    if path is None:
        if as_json:
            print_json(whole)
        else:
            _show_fields()
        return
    fields = {each.path: each for group in whole.groups for each in group.fields}
    field = next((each for each in fields.values() if _plain(each.path) == _plain(path)), None)
    if field is None:
        raise NotFound(f"no field is called '{path}'{like(path, fields)}", mend="avatar options lists them all")
    if as_json:
        print_json(field)
    else:
        _show_field(field)


def _plain(path: str) -> str:
    return path.strip().replace("_", "").lower().replace("color", "colour")


def _show_fields() -> None:
    for group in catalogue().groups:
        people.print(f"[bold]{escape(group.label)}[/]")
        table = Table(box=None, show_header=False, padding=(0, 2))
        for field in group.fields:
            table.add_row(field.path, field.label, _takes(field))
        people.print(table)


def _takes(field: CatalogueField) -> str:
    match field.kind:
        case FieldKind.NUMBER if field.range is not None:
            ends = [
                f"{number:.10g}{f' ({label})' if label else ''}"
                for number, label in (
                    (field.range.low, field.range.low_label),
                    (field.range.high, field.range.high_label),
                )
            ]
            return " to ".join(ends)
        case FieldKind.COLOUR:
            return "a colour, or none" if field.can_be_none else "a colour"
        case FieldKind.LIST:
            return f"up to {field.most} of {', '.join(option.value for option in field.options)}"
    return ", ".join(option.value for option in field.options)


def _show_field(field: CatalogueField) -> None:
    people.print(f"[bold]{escape(field.label)}[/]  {escape(field.path)}")
    if field.about:
        people.print(escape(field.about))
    table = Table(box=None, show_header=False, padding=(0, 2))
    for option in field.options:
        notes = [f"shows no {path}" for path in option.idle] + [f"not with {other}" for other in option.instead_of]
        table.add_row(option.value, option.label, ", ".join(notes))
    for palette in PALETTES:
        if palette.name == field.palette:
            for swatch in palette.colours:
                table.add_row(swatch.name, swatch.label, swatch.colour)
    if field.range is not None:
        table.add_row(_takes(field))
    people.print(table)
