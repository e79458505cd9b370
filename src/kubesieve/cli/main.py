"""The command line: ``kubesieve COMMAND``, also as ``kubectl kubesieve COMMAND``. One module a command."""

from __future__ import annotations

import importlib
import os
import sys

import click

from kubesieve import __version__
from kubesieve.faults import BodyFault, Fault, OwnFault

COMMANDS = (
    "demo",
    "serve",
    "filter",
    "doctor",
    "audit",
    "agent",
    "explain",
    "policy",
    "check-config",
    "can-see",
    "stage",
    "lab",
    "version",
)

FINE, FINDINGS, COULD_NOT = 0, 1, 2


class Commands(click.Group):
    """Imports a command only when it is asked for, so that ``filter`` does not wait for a web server."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in COMMANDS:
            return None
        module = name.replace("-", "_")
        command = getattr(importlib.import_module(f"kubesieve.cli.{module}"), module)
        assert isinstance(command, click.Command)  # noqa: S101 - for the type checker; tests run every command
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(__version__, prog_name="kubesieve")
def kubesieve() -> None:
    """An exact, fail-closed namespace filter in front of the kubelet.

    Exit codes: 0 fine, 1 findings or refused input, 2 could not look or wrong usage.

    Shell completion: eval "$(_KUBESIEVE_COMPLETE=bash_source kubesieve)" (or zsh_source, fish_source).
    """


def main() -> None:
    """Runs the command line and exits; a fault becomes one line on stderr and an exit code."""
    try:
        _check_streams()
        sys.exit(kubesieve.main(standalone_mode=False) or FINE)
    except click.Abort:
        sys.exit(130)
    except click.ClickException as wrong:
        wrong.show()
        sys.exit(wrong.exit_code)
    except Fault as fault:
        click.echo(f"kubesieve: {fault.reason}: {fault.sentence}", err=True)
        sys.exit(FINDINGS if isinstance(fault, BodyFault) else COULD_NOT)
    except BrokenPipeError:
        sys.exit(FINDINGS)
    except OSError as error:
        _write_no_more()
        click.echo(f"kubesieve: system: expected to read and write; got: {error.strerror or 'an error'}", err=True)
        sys.exit(COULD_NOT)


def _check_streams() -> None:
    """A stream closed by whoever started us is None here, and its number would go to the next file or socket."""
    if sys.stdin is None or sys.stdout is None or sys.stderr is None:
        raise OwnFault("stream-closed", "expected stdin, stdout and stderr to be open; got a closed one")


def _write_no_more() -> None:
    """What stdout could not take is not tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
