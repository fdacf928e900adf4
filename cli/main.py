"""The ``avatar`` command: what is there, and how errors leave it."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import Annotated

import structlog
import typer

from avatar.errors import AvatarError
from cli import avatars, changes, control, models, options, stack, storage, variants, versions, workers
from cli.output import print_error
from runtime.leaving import leave

app = typer.Typer(
    name="avatar",
    help="An agent profile goes in; a rigged, talking avatar comes out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for command in (
    stack.up,
    stack.demo,
    avatars.generate,
    changes.customize,
    changes.regenerate,
    avatars.status,
    control.pause,
    control.resume,
    control.cancel,
    control.retry,
    avatars.download,
    variants.variant,
    variants.picture,
    variants.precompile,
    versions.versions,
    versions.diff,
    versions.rollback,
    versions.delete,
    versions.housekeeping,
    options.options,
    models.inspect,
    models.optimize,
    stack.doctor,
):
    app.command()(command)
app.command("list")(versions.list_avatars)
app.command("variants")(variants.list_variants)
app.add_typer(storage.app, name="storage")
app.add_typer(workers.app, name="workers")


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(version("ar-avatar"))
        raise typer.Exit


@app.callback()
def _options(
    show_version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """An agent profile goes in; a rigged, talking avatar comes out."""


def main() -> None:
    """Run the command; errors of the tree become one line and their exit code."""
    # Results go to stdout; what the stack has to say meanwhile must not mix with them.
    structlog.configure(
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
    )
    try:
        app()
    except AvatarError as error:
        print_error(error, as_json="--json" in sys.argv)
        leave(error.exit_code)
    except KeyboardInterrupt:
        leave(130)
    except SystemExit as done:  # what a command that is through raises
        leave(done.code if isinstance(done.code, int) else 0)


if __name__ == "__main__":
    main()
