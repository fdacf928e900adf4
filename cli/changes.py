"""``avatar customize | regenerate``: another version of an avatar that is there."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from avatar.customize import parse_customization, parse_settings
from avatar.errors import InvalidInput, NotFound
from avatar.request import Customization, Urgency
from avatar.stage import REDOABLE, Stage
from cli.avatars import AgentArgument, SupersedeOption, UrgencyOption, WaitOption, follow
from cli.client import ApiOption, open_api
from cli.output import AsJson


def redoable(text: str) -> Stage:
    """The stage of that name. Raises typer.BadParameter for one that cannot be done again."""
    if text not in REDOABLE:
        raise typer.BadParameter(f"'{text}' is not one of {', '.join(REDOABLE)}")
    return Stage(text)


FromStageOption = Annotated[
    Stage | None,
    typer.Option(
        "--from-stage",
        parser=redoable,
        metavar="|".join(REDOABLE),
        help="Do this stage and those after it anew, whatever could be reused.",
    ),
]


def customize(
    agent: AgentArgument,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Set a field, such as hair.color=#aa3311. Repeatable."),
    ] = None,
    unset: Annotated[
        list[str] | None,
        typer.Option("--unset", metavar="PATH", help="Take a field, or a group of them, back. Repeatable."),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", metavar="PATCH.json", help="A JSON merge patch; --set goes over it.")
    ] = None,
    reset: Annotated[bool, typer.Option("--reset", help="Take back all that was set: the description holds.")] = False,
    wait: WaitOption = True,
    supersede: SupersedeOption = False,
    urgency: UrgencyOption = Urgency.NORMAL,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Set fields of an avatar over its description, and wait for the new version. Other colours take the least."""
    given = settings or unset or file
    if bool(given) == reset:
        raise InvalidInput(
            "--reset stands alone" if reset else "nothing was named to be changed",
            mend="Give --set PATH=VALUE, --unset PATH or --file PATCH.json, or else --reset",
        )
    patch = wanted_patch(settings or [], unset or [], file)
    with open_api(api) as client:
        if reset:
            ordered = client.reset_customization(agent, supersede=supersede, urgency=urgency)
        else:
            ordered = client.customize(agent, patch, supersede=supersede, urgency=urgency)
        follow(client, ordered, wait=wait, as_json=as_json)


def regenerate(
    agent: AgentArgument,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="A wish in your own words, added to those before it.")
    ] = None,
    from_stage: FromStageOption = None,
    wait: WaitOption = True,
    supersede: SupersedeOption = False,
    urgency: UrgencyOption = Urgency.NORMAL,
    api: ApiOption = None,
    as_json: AsJson = False,
) -> None:
    """Make an avatar again: with a wish more, anew from a stage, or without either wholly anew."""
    with open_api(api) as client:
        ordered = client.regenerate(agent, note=note, from_stage=from_stage, supersede=supersede, urgency=urgency)
        follow(client, ordered, wait=wait, as_json=as_json)


def wanted_patch(settings: list[str], unset: list[str], file: Path | None) -> Customization:
    """The merge patch that the options ask for, nulls kept. Raises InvalidInput, NotFound, TooLarge."""
    named = parse_settings([*settings, *(f"{path}=null" for path in unset)], where="--set" if settings else "--unset")
    if file is None:
        return named
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise NotFound(f"there is no file {file}") from error
    except OSError as error:
        raise InvalidInput(f"{file} cannot be read: {error.strerror}") from error
    patch: Customization = over(parse_customization(content, where=str(file)), named)
    return patch


def over(patch: Any, later: Any) -> Any:
    """One merge patch that does what ``patch`` and then ``later`` would do."""
    if not isinstance(patch, dict) or not isinstance(later, dict):
        return later
    return {**patch, **{name: over(patch.get(name), value) for name, value in later.items()}}
