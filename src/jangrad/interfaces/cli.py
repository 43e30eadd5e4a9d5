"""The command line: `jangrad demo`, `show`, `train`, `predict`.

Data goes to stdout, progress and messages to stderr. Exit codes: 0 done, 1 the data, the model or
the expression cannot be used, 2 the command line cannot be read, 130 interrupted. Errors come
without a traceback; `--traceback` before the command shows it.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from io import TextIOWrapper
from typing import Any

import click

from jangrad.errors import JangradError

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.group(
    context_settings=_CONTEXT,
    epilog="""\b
Examples:
  jangrad demo
  jangrad show "a*a + a*b" a=2 b=3
  jangrad train houses.csv --target price --out houses.safetensors
  jangrad predict houses.safetensors new.csv""",
)
@click.version_option(package_name="jangrad", prog_name="jangrad")
@click.option("--traceback", is_flag=True, help="Show Python's traceback when something fails.")
def cli(traceback: bool) -> None:
    """Write a neural network one scalar at a time, and look inside any number of it."""


@cli.command(epilog="\b\nExamples:\n  jangrad demo --out pictures\n  jangrad demo --json")
@click.option("--out", default="jangrad-demo", show_default=True, help="Folder for the pictures.")
@click.option("--seed", default=0, show_default=True, help="Seed of the network's weights.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
def demo(out: str, seed: int, as_json: bool) -> None:
    """Tell the story of jangrad: an expression, a network, a rate too high, a rate that works."""
    from jangrad.interfaces.demo import run

    run(out, seed, as_json)


@cli.command(
    epilog="""\b
Examples:
  jangrad show "a*a + a*b" a=2 b=3
  jangrad show "tanh(w*x + b)" w=-3 x=2 b=6.88 --explain w
  jangrad show "softplus(x)" x=1 --json"""
)
@click.argument("expression")
@click.argument("numbers", nargs=-1, metavar="[NAME=NUMBER]...")
@click.option("--explain", metavar="NAME", help="Say how the gradient of NAME came to be.")
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON.")
def show(expression: str, numbers: tuple[str, ...], explain: str | None, as_json: bool) -> None:
    """Show the tree of EXPRESSION: every operation, value and gradient."""
    from jangrad.interfaces.show_command import run

    run(expression, numbers, explain, as_json)


@cli.command(
    epilog="""\b
Examples:
  jangrad train houses.csv --target price
  jangrad train iris.csv --target species --hidden 16,16 --epochs 300
  jangrad train data.csv --target y --out model.safetensors --json"""
)
@click.argument("data", type=click.Path())
@click.option("--target", required=True, help="The column to predict; text means classes.")
@click.option("--out", default="model.safetensors", show_default=True, help="The model's file.")
@click.option("--hidden", default="16,16", show_default=True, help="Neurons in each hidden layer.")
@click.option("--epochs", default=200, show_default=True, help="Passes over the data, at most.")
@click.option("--rate", default=0.01, show_default=True, help="Learning rate of Adam.")
@click.option("--batch", default=32, show_default=True, help="Rows in one step.")
@click.option("--seed", default=0, show_default=True, help="Seed of weights, split and order.")
@click.option("--plot", metavar="FILE", help="Also draw the loss curve (png, svg or pdf).")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def train(**options: Any) -> None:
    """Train a network on DATA, a CSV file with a header, and save it."""
    from jangrad.interfaces.table_commands import train as run

    run(**options)


@cli.command(
    epilog="""\b
Examples:
  jangrad predict model.safetensors new.csv
  jangrad predict model.safetensors new.csv --json > predictions.json"""
)
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print the predictions as JSON.")
def predict(model: str, data: str, as_json: bool) -> None:
    """Predict every row of DATA, a CSV file with the columns that MODEL was trained on."""
    from jangrad.interfaces.table_commands import predict as run

    run(model, data, as_json)


def main() -> None:
    """The program `jangrad`."""
    show_traceback = "--traceback" in sys.argv
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # where there are no letters such as ├
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        code = 130
    except KeyboardInterrupt:
        code = 130
        click.echo("interrupted", err=True)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has what it wanted
        code = 0
    except JangradError as error:
        if show_traceback:
            raise
        click.echo(f"jangrad: {error}", err=True)
        code = 1
    except OSError as error:
        if show_traceback:
            raise
        click.echo(f"jangrad: {error}", err=True)
        code = 1
        with suppress(OSError):
            sys.stdout.close()  # what a full disk could not take would be tried again at the exit
    else:
        code = 0
    sys.exit(code)
