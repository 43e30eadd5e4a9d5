"""The command line: `jangrad demo`, `show`, `train`, `race`, `predict`, and more on models.

Data goes to stdout, progress and messages to stderr. Exit codes: 0 done; 1 the data, the model or
the expression cannot be used, or the training failed; 2 the command line cannot be read; 130
interrupted; 141 the reader of a pipe has gone, as for any program that writes into one; 143 a
training was terminated. Errors come without a traceback; `--traceback` before the command shows it.
"""

from __future__ import annotations

import io
import math
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any

import click

from jangrad.errors import JangradError, commands
from jangrad.interfaces.terminal import drop, prepare, say
from jangrad.interfaces.terminations import terminations

_CONTEXT = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


_COUNT = click.IntRange(min=1)


def _rate(_: click.Context, __: click.Parameter, rate: float | None) -> float | None:
    if rate is not None and not 0.0 < rate < math.inf:
        raise click.BadParameter(f"{rate} is not a finite number above 0.")
    return rate


def _tab(_: click.Context, __: click.Parameter, delimiter: str | None) -> str | None:
    return "\t" if delimiter == r"\t" else delimiter  # as one types it


_decimal = click.option(
    "--decimal", metavar="MARK", help="The decimal mark, . or , where DATA leaves it in doubt."
)
_delimiter = click.option(
    "--delimiter", metavar="MARK", callback=_tab, help=r"What separates the cells: , ; | or \t."
)
_ignore = click.option(
    "--ignore", multiple=True, metavar="COLUMN", help="No input; may be repeated."
)
_missing = click.option(
    "--missing",
    type=click.Choice(["mean", "error", "drop"]),
    default="mean",
    show_default=True,
    help="Fill empty cells with the column's mean, refuse them, or leave out their rows.",
)
_task = click.option(
    "--task",
    type=click.Choice(["auto", "classification", "regression"]),
    default="auto",
    show_default=True,
    help="Whether the target's numbers are labels or amounts.",
)
_encoding = click.option(
    "--encoding", metavar="NAME", help="How DATA is written, if not in UTF-8: cp1252, latin-1 ..."
)


def _typed() -> AbstractContextManager[None]:
    """Inside it messages advise what the command at hand takes."""
    context = click.get_current_context()
    return commands(option for given in context.command.params for option in given.opts)


class _ReaderGoneError(Exception):
    """A broken pipe, under a name that click does not handle in its own way."""


@contextmanager
def _pipes() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise _ReaderGoneError from error


class _Commands(click.Group):
    def make_context(self, *arguments: Any, **options: Any) -> click.Context:
        with _pipes():
            return super().make_context(*arguments, **options)

    def invoke(self, ctx: click.Context) -> Any:
        with _pipes():
            return super().invoke(ctx)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        from importlib.metadata import version

        from jangrad import engine
        from jangrad.nocython import spoken

        click.echo(f"jangrad, version {version('jangrad')}, {spoken(engine.compiled)}")
        ctx.exit()


@click.group(
    cls=_Commands,
    context_settings=_CONTEXT,
    epilog="""\b
Examples:
  jangrad demo
  jangrad show "a*a + a*b" a=2 b=3
  jangrad train houses.csv --target price --out houses.safetensors
  jangrad race houses.csv --target price --out race.html
  jangrad predict houses.safetensors new.csv
  jangrad check houses.safetensors sold.csv
  jangrad explain houses.safetensors new.csv --row 3 --data sold.csv
  jangrad inspect houses.safetensors
  jangrad export houses.safetensors --to c""",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version, and how the engine runs, and exit.",
)
@click.option("--traceback", is_flag=True, help="Show Python's traceback when something fails.")
def cli(traceback: bool) -> None:
    """Write a neural network one scalar at a time, and look inside any number of it."""


@cli.command(epilog="\b\nExamples:\n  jangrad demo --out pictures\n  jangrad demo --json")
@click.option("--out", default="jangrad-demo", show_default=True, help="Folder for the pictures.")
@click.option("--seed", default=3, show_default=True, help="Seed of the network's weights.")
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
  jangrad train people.csv --target grade --ignore name --seeds 5
  jangrad train data.csv --target y --out model.safetensors --json
  jangrad train data.csv --target y --checkpoint run --resume

\b
What is not said is chosen, and why: the task, the network, the rate, when to
stop. A file is replaced only by one of its own kind. A training that diverged
(exit code 1), was interrupted (130) or terminated (143) leaves an older model
alone and is saved next to it, as NAME.unfinished."""
)
@click.argument("data", type=click.Path())
@click.option("--target", required=True, help="The column to predict; text means classes.")
@_ignore
@_missing
@_task
@_decimal
@_delimiter
@_encoding
@click.option("--out", default="model.safetensors", show_default=True, help="The model's file.")
@click.option("--force", is_flag=True, help="Replace what is at --out and --plot in any case.")
@click.option("--hidden", metavar="N,N", help="Neurons in each hidden layer; chosen if not said.")
@click.option("--epochs", type=_COUNT, help="Passes over the data, at most.")
@click.option("--rate", type=float, callback=_rate, help="Learning rate of Adam.")
@click.option("--batch", type=_COUNT, help="Rows in one step.")
@click.option("--seed", default=0, show_default=True, help="Seed of weights, split and order.")
@click.option(
    "--seeds",
    type=_COUNT,
    default=1,
    show_default=True,
    help="Try so many seeds, say how much the score depends on them, and keep the best of them by"
    " the rows that choose when to stop.",
)
@click.option("--plot", metavar="FILE", help="Also draw the loss curve (png, svg or pdf).")
@click.option(
    "--checkpoint", metavar="FOLDER", help="Keep there what is needed to go on with the training."
)
@click.option(
    "--resume", is_flag=True, help="Go on with the training that was kept; begin if there is none."
)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def train(**options: Any) -> int:
    """Train a network on DATA, a CSV file with a header (- for standard input), and save it."""
    from jangrad.interfaces.train_command import train as run

    with _typed(), terminations() as terminated:
        try:
            code = run(**options)
        except KeyboardInterrupt:
            if not terminated:
                raise
            say("terminated", err=True)
            return 143
    return 143 if terminated and code == 130 else code


@cli.command(
    epilog="""\b
Examples:
  jangrad race houses.csv --target price
  jangrad race houses.csv --target price --rates 0.01,0.1,1 --out race.html
  jangrad race iris.csv --target species --optimizer adam --plot race.svg"""
)
@click.argument("data", type=click.Path())
@click.option("--target", required=True, help="The column to predict; text means classes.")
@_ignore
@_missing
@_task
@_decimal
@_delimiter
@_encoding
@click.option("--rates", metavar="R,R", help="Learning rates; around the stable one if not said.")
@click.option("--hidden", metavar="N,N", help="Neurons in each hidden layer; chosen if not said.")
@click.option(
    "--optimizer",
    type=click.Choice(["sgd", "adam", "adamw", "rmsprop", "adagrad"]),
    default="sgd",
    show_default=True,
    help="Whose rates.",
)
@click.option("--steps", type=_COUNT, default=300, show_default=True, help="Steps at each rate.")
@click.option("--batch", type=_COUNT, help="Rows in one step; all if not said.")
@click.option("--seed", default=0, show_default=True, help="Seed of weights, split and order.")
@click.option("--out", metavar="FILE", help="Also write the race as an HTML page to play back.")
@click.option("--plot", metavar="FILE", help="Also draw it (png, svg or pdf).")
@click.option("--force", is_flag=True, help="Replace what is at --out and --plot in any case.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def race(**options: Any) -> int:
    """Train a network on DATA at several learning rates from one start, and judge each."""
    from jangrad.interfaces.race_command import race as run

    with _typed():
        return run(**options)


@cli.command(
    epilog="""\b
Examples:
  jangrad predict model.safetensors new.csv
  jangrad predict model.safetensors new.csv --out predictions.csv --interval
  cat new.csv | jangrad predict model.safetensors - --json"""
)
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@_decimal
@_delimiter
@_encoding
@click.option("--interval", is_flag=True, help="Of amounts also the bounds that hold 9 in 10.")
@click.option("--out", metavar="FILE", help="Write the predictions there, and do not print them.")
@click.option("--force", is_flag=True, help="Replace what is at --out in any case.")
@click.option("--json", "as_json", is_flag=True, help="Print the predictions as JSON.")
def predict(**options: Any) -> int:
    """Predict every row of DATA, a CSV file with the columns that MODEL was trained on.

    With classes each of them has a column with its probability.
    """
    from jangrad.interfaces.predict_command import predict as run

    with _typed():
        return run(**options)


@cli.command(
    epilog="""\b
Examples:
  jangrad check model.safetensors this_year.csv
  jangrad check model.safetensors this_year.csv --out confusion.svg
  jangrad check model.safetensors this_year.csv --json"""
)
@click.argument("model", type=click.Path())
@click.argument("data", type=click.Path())
@_decimal
@_delimiter
@_encoding
@click.option("--out", metavar="FILE", help="Also draw confusions and calibration (png, svg, pdf).")
@click.option("--force", is_flag=True, help="Replace what is at --out in any case.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def check(**options: Any) -> int:
    """Measure MODEL on DATA, a CSV file with the targets too: is it as good as it was?

    Score, calibration, confusions of classes, and the drift of each column from the training data.
    """
    from jangrad.interfaces.check_command import check as run

    with _typed():
        return run(**options)


@cli.command(
    epilog="\b\nExamples:\n  jangrad inspect model.safetensors\n"
    "  jangrad inspect model.safetensors --json"
)
@click.argument("model", type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
def inspect(model: str, as_json: bool) -> int:
    """Show what the file MODEL holds: columns, classes, network, training, versions."""
    from jangrad.interfaces.inspect_command import inspect as run

    with _typed():
        return run(model, as_json)


@cli.command(
    epilog="""\b
Examples:
  jangrad explain model.safetensors new.csv --row 3
  jangrad explain model.safetensors new.csv --data houses.csv --out why.svg
  jangrad explain model.safetensors new.csv --data houses.csv --checkpoint run
  jangrad explain model.safetensors new.csv --json"""
)
@click.argument("model", type=click.Path())
@click.argument("rows", type=click.Path())
@click.option("--row", default=1, type=_COUNT, show_default=True, help="Which row of ROWS.")
@click.option(
    "--data",
    metavar="FILE",
    help="Rows to compare with, such as the training data; ROWS itself if it has 20 or more.",
)
@click.option(
    "--checkpoint",
    metavar="FOLDER",
    help="Where the training on --data was kept: which of its rows have moved the answer most.",
)
@click.option(
    "--weight", metavar="NAME", help="With --checkpoint: which have moved this weight instead."
)
@_decimal
@_delimiter
@_encoding
@click.option("--out", metavar="FILE", help="Also draw it (png, svg or pdf).")
@click.option("--force", is_flag=True, help="Replace what is at --out in any case.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def explain(**options: Any) -> int:
    """Say why MODEL answers as it does for one row of ROWS, a CSV file.

    Each column's part in the answer; with --data also what the answer would be with other values,
    what would have to be otherwise for another one, and what the model goes by as a whole; with
    --checkpoint also which rows of the training it owes its answer to.
    """
    from jangrad.interfaces.explain_command import explain as run

    with _typed():
        return run(**options)


@cli.command(
    epilog="""\b
Examples:
  jangrad export model.safetensors --to c
  jangrad export model.safetensors --to c --dtype float32 --self-test
  jangrad export model.safetensors --to c --dtype int8 --rows houses.csv
  jangrad export model.safetensors --to javascript --out web/model.mjs
  jangrad export model.safetensors --to onnx"""
)
@click.argument("model", type=click.Path())
@click.option(
    "--to",
    type=click.Choice(["c", "javascript", "numpy", "onnx"]),
    required=True,
    help="The language, or ONNX, which other runtimes read.",
)
@click.option(
    "--out", metavar="FILE", help="Where, without an ending; the model's name if not said."
)
@click.option(
    "--dtype",
    type=click.Choice(["float64", "float32", "int8", "q15"]),
    help="The precision of all that is computed; float64 if not said, of ONNX float32. int8 and q15"
    " are C in fixed point, and need --rows.",
)
@click.option(
    "--rows",
    metavar="FILE",
    help="Rows like those of the training, for fixed point: how large numbers become.",
)
@click.option("--self-test", is_flag=True, help="With a main in C that says pass or fail.")
@click.option("--no-libm", is_flag=True, help="C that needs no library of mathematics.")
@click.option("--force", is_flag=True, help="Replace what is there in any case.")
def export(**options: Any) -> int:
    """Write MODEL as what needs no jangrad, from a table's cells to its answer."""
    from jangrad.interfaces.export_command import export as run

    fixed = options["dtype"] in ("int8", "q15")
    if options["to"] != "c":
        if options["self_test"]:
            raise click.UsageError(
                "--self-test is a part of C; numpy and onnx are always compared."
            )
        if fixed or options["no_libm"]:
            raise click.UsageError("--dtype int8, --dtype q15 and --no-libm are for --to c.")
    if fixed != (options["rows"] is not None):
        raise click.UsageError("--rows and fixed point, --dtype int8 or q15, need each other.")
    with commands():
        return run(**options)


@cli.command(
    epilog="""\b
Examples:
  jangrad play
  jangrad play iris.csv --target species
  jangrad play lesson.py:net --out lesson.html --closed"""
)
@click.argument("subject", required=False, metavar="[DATA | SCRIPT:NET]")
@click.option("--target", help="The column to predict; the last one if not said.")
@click.option("--ignore", multiple=True, metavar="COLUMN", help="No input; may be repeated.")
@_decimal
@_delimiter
@_encoding
@click.option("--out", default="playground.html", show_default=True, help="The page's file.")
@click.option("--force", is_flag=True, help="Replace what is at --out in any case.")
@click.option("--closed", is_flag=True, help="Write the page, and do not open it.")
def play(**options: Any) -> int:
    """Write and open a page in which a network learns, and can be changed while it does.

    DATA is a CSV file; SCRIPT:NET a network in a script, with its X and y if it has them; without
    either there are built-in sets. The page needs no server and asks for nothing.
    """
    from jangrad.interfaces.play_command import play as run

    with commands():
        return run(**options)


def main() -> None:
    """The program `jangrad`."""
    show_traceback = "--traceback" in sys.argv
    prepare()
    try:
        with _pipes():
            code = _run(show_traceback)
            sys.stdout.flush()
    except _ReaderGoneError:
        code = 141
    except OSError as error:  # a full disk
        if show_traceback:
            raise
        code = _failed(error)
    drop()
    sys.exit(code)


def _run(show_traceback: bool) -> int:
    """The exit code of the command that was typed."""
    try:
        return cli.main(standalone_mode=False) or 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        say("interrupted", err=True)
        return 130
    except click.ClickException as error:
        shown = io.StringIO()
        error.show(shown)
        say(shown.getvalue().rstrip(), err=True)
        return error.exit_code
    except JangradError as error:
        if show_traceback:
            raise
        return _failed(error)
    except MemoryError:
        if show_traceback:
            raise
        return _failed("there is not enough memory: fewer rows, columns, classes or neurons do")


def _failed(reason: object) -> int:
    with suppress(OSError):
        say(f"jangrad: {reason}", err=True)
    return 1


if __name__ == "__main__":
    main()
