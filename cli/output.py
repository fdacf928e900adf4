"""How commands speak: for people by default, one JSON document with ``--json``; errors on stderr."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any

import typer
from pydantic import BaseModel
from rich.console import Console

from avatar.errors import AvatarError

people = Console(highlight=False, soft_wrap=True)
problems = Console(stderr=True, highlight=False, soft_wrap=True)

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on stdout instead of text for people.")]


def print_json(value: BaseModel | dict[str, Any] | list[Any]) -> None:
    """Print one JSON document."""
    text = value.model_dump_json(indent=2) if isinstance(value, BaseModel) else json.dumps(value, indent=2)
    sys.stdout.write(text + "\n")


def print_line(value: BaseModel) -> None:
    """Print one JSON document on one line, now: somebody may be reading along."""
    sys.stdout.write(value.model_dump_json() + "\n")
    sys.stdout.flush()


def print_error(error: AvatarError, *, as_json: bool) -> None:
    """One line on stderr; with ``--json`` a document with the code as well."""
    if as_json:
        document = {
            "code": error.code,
            "title": error.title,
            "detail": error.detail,
            "mend": error.mend,
            "retryable": error.retryable,
            "errors": list(error.context.get("errors", ())),
        }
        sys.stderr.write(json.dumps(document) + "\n")
        return
    problems.print(f"[bold red]{error.title}.[/] ", end="")
    problems.print(plain(str(error)), markup=False)
    for field in error.context.get("errors", ()):
        problems.print(plain(f"  {field['field']}: {field['message']}"), markup=False)


def plain(text: str) -> str:
    """``text`` that comes from outside, without the characters that would steer a terminal."""
    return "".join(sign if sign.isprintable() or sign in "\n\t" else "\ufffd" for sign in text)


def size(count: int) -> str:
    """A number of bytes for people."""
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{count / 1024:.0f} KiB"
