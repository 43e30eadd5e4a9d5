"""`jangrad export`: models of tables as C and as JavaScript, against `answers`."""

import csv
import ctypes
import math
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from tests.export.builds import STRICT, needs, run, self_tested
from tests.export.test_javascript import in_node, numbers

from jangrad import MLP, save_model
from jangrad.datasets import Column, Columns
from jangrad.datasets.columns import Scale
from jangrad.datasets.kinds import numbers_of_date
from jangrad.export.answers import answers_to, inputs_of, load_trained
from jangrad.export.code.c import write_c
from jangrad.export.code.requests import requested
from jangrad.export.code.table_model import arguments_of, table_model
from jangrad.interfaces.cli import cli

MODELS = Path(__file__).parent / "models"


def exported(model, folder, to, *options):
    """What `jangrad export` prints."""
    command = ["export", str(model), "--to", to, "--out", str(folder / "model"), *options]
    done = CliRunner().invoke(cli, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def in_c(folder, rows, outputs, single=False):
    """What the C code gives for rows of numbers, in single or double precision."""
    needs("gcc")
    shared = folder / "model.so"
    run("gcc", "-std=c99", *STRICT, "-shared", "-fPIC", folder / "model.c", "-o", shared, "-lm")
    value = ctypes.CDLL(str(shared)).model_value
    number = ctypes.c_float if single else ctypes.c_double
    kinds = [number] * len(rows[0])
    value.argtypes, value.restype = kinds, number
    if outputs == 1:
        return [[value(*row)] for row in rows]
    value.argtypes, value.restype = [*kinds, ctypes.POINTER(number)], None
    found = []
    for row in rows:
        y = (number * outputs)()
        value(*row, y)
        found.append(list(y))
    return found


def in_javascript(folder, rows):
    """What the module gives for them."""
    calls = ", ".join(f"m.value({', '.join(map(repr, row))})".replace("nan", "NaN") for row in rows)
    code = (
        f"import * as m from './model.mjs';\nconst found = [{calls}].map(x => x.length ? x : [x]);"
    )
    return [numbers(row) for row in in_node(folder, code)]


def expected(net, columns, rows):
    """The numbers in what `answers` says."""
    found = answers_to(net, columns, rows)
    if columns.classes is None:
        return [[row[columns.target]] for row in found]
    return [list(row["probabilities"].values()) for row in found]


def given(columns, row):
    """A row of a table as the numbers that an export is given."""
    found = []
    for column in columns.columns:
        cell = row[column.name]
        if column.values is not None:
            found.append(float(column.values.index(cell)) if cell in column.values else -1.0)
        elif column.kind == "number":
            found.append(float(cell) if cell else math.nan)
        elif column.kind == "boolean":
            found.append({"yes": 1.0, "no": 0.0}.get(cell, math.nan))
        else:
            found += numbers_of_date(cell, column.kind) or [math.nan] * len(column.scales)
    return found


def check(net, columns, rows, folder):
    there = [given(columns, row) for row in rows]
    wanted = expected(net, columns, rows)
    for found in (in_c(folder, there, len(wanted[0])), in_javascript(folder, there)):
        assert [x for row in found for x in row] == pytest.approx(
            [x for row in wanted for x in row], rel=1e-12
        )


@pytest.mark.parametrize("name", ["houses", "kinds"])
def test_models_that_were_trained(name, tmp_path):
    """Every row of the table, and one of which nothing is known: scales, texts, classes."""
    model = MODELS / f"{name}_1.safetensors"
    net, columns, _ = load_trained(model)
    printed = exported(model, tmp_path, "c", "--self-test")
    assert "model.c" in printed
    exported(model, tmp_path, "javascript")
    with open(MODELS / f"{name}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    rows.append(dict.fromkeys(rows[0], ""))
    check(net, columns, rows, tmp_path)
    assert self_tested(tmp_path / "model.c", "model") == "pass\n"
    if columns.classes is not None:
        texts = in_node(tmp_path, "import * as m from './model.mjs';\nconst found = m.kind_names;")
        assert tuple(texts) == columns.classes


@pytest.mark.parametrize("name", ["houses", "kinds"])
def test_fixed_point_of_a_table(name, tmp_path):
    """Scales, texts and cells that are missing in integers; near to the answers of the table."""
    net, columns, _ = load_trained(MODELS / f"{name}_1.safetensors")
    whole = table_model(net, columns)
    with open(MODELS / f"{name}.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    given_rows = arguments_of(inputs_of(rows, columns), columns)
    found = requested(whole.function, whole.example, "float64")
    found = found._replace(labels=whole.labels, notes=whole.notes)
    listed = [tuple(row) for row in given_rows]
    files = write_c(found, tmp_path / "model", dtype="q15", rows=listed, self_test=True)
    assert self_tested(tmp_path / "model.c", "model") == "pass\n"
    wanted = np.array(expected(net, columns, rows))
    assert files.fixed_point.rows == len(rows)
    assert files.fixed_point.worst < 0.004 * np.abs(wanted).max()
    missing = [dict.fromkeys(rows[0], "")]
    assert "NAN is INT16_MIN" in " ".join((tmp_path / "model.h").read_text().split())
    there = in_integers(tmp_path, [given(columns, row) for row in missing], wanted.shape[1])
    assert there[0] == pytest.approx(expected(net, columns, missing)[0], rel=0.01)


def test_fixed_point_from_the_command_line(tmp_path):
    """The rows of a file say how large numbers become; the errors are printed."""
    rows = ["--rows", str(MODELS / "houses.csv")]
    printed = exported(
        MODELS / "houses_1.safetensors", tmp_path, "c", "--dtype", "q15", "--self-test", *rows
    )
    said, *told = printed[printed.index(str(tmp_path)) :].splitlines()
    assert said.endswith("of stack")
    assert told[0].split() == ["largest", "on", "40", "rows", "differs", "by"]
    assert told[-1].split()[0] == "y"
    assert self_tested(tmp_path / "model.c", "model") == "pass\n"


def test_what_the_command_refuses(tmp_path):
    """Fixed point without rows, rows without fixed point, and what is no part of C."""
    save_model(tmp_path / "net.safetensors", MLP(2, [3, 1], seed=0))
    model, rows = str(tmp_path / "net.safetensors"), ["--rows", str(MODELS / "houses.csv")]
    for message, *options in (
        ("need each other", "--to", "c", "--dtype", "int8"),
        ("need each other", "--to", "c", *rows),
        ("are for --to c", "--to", "onnx", "--dtype", "q15", *rows),
        ("are for --to c", "--to", "javascript", "--no-libm"),
        ("saved from Python", "--to", "c", "--dtype", "q15", *rows),
    ):
        done = CliRunner().invoke(cli, ["export", model, *options])
        assert message in done.output + str(done.exception)
    assert [path.name for path in tmp_path.iterdir()] == ["net.safetensors"]


def test_no_library_from_the_command_line(tmp_path):
    """What is exported links to nothing."""
    exported(MODELS / "kinds_1.safetensors", tmp_path, "c", "--no-libm", "--self-test")
    needs("gcc")
    source, test = tmp_path / "model.c", "-DMODEL_SELF_TEST"
    run("gcc", "-std=c99", *STRICT, "-fno-builtin", test, source, "-o", tmp_path / "m")
    assert run(tmp_path / "m") == "pass\n"


def in_integers(folder, rows, outputs):
    """What code in fixed point gives, in the units of the table; nan is the least integer."""
    needs("gcc")
    shared = folder / "model.so"
    run("gcc", "-std=c99", *STRICT, "-shared", "-fPIC", folder / "model.c", "-o", shared)
    words = [line.split() for line in (folder / "model.h").read_text().splitlines()]
    *scales, last = [float(w[2].rstrip("F")) for w in words if w[1:] and w[1].endswith("_SCALE")]
    value = ctypes.CDLL(str(shared)).model_value
    value.restype = ctypes.c_int16
    found = []
    for row in rows:
        whole = [
            -32768 if math.isnan(x) else round(x * scale)
            for x, scale in zip(row, scales, strict=True)
        ]
        y = (ctypes.c_int16 * outputs)()
        told = value(*whole, y) if outputs > 1 else value(*whole)
        found.append([q / last for q in (y if outputs > 1 else [told])])
    return found


def test_every_kind_of_column(tmp_path):
    """Yes and no, dates, texts beyond ASCII, two classes."""
    scales = tuple(Scale(0.3, 0.4 + k) for k in range(3))
    texts = Column("größe (cm)", ("klein", 'gr"oß?', "*/"), scales, "text")
    columns = Columns(
        (
            Column("active", None, (Scale(0.4, 0.5),), "boolean"),
            Column("day", None, tuple(Scale(3.0 * k, 9.0 + k) for k in range(4)), "date dmy"),
            texts,
        ),
        "class",
        ("no", "yes"),
        None,
        "mean",
    )
    net = MLP(8, [3, 1], "tanh", seed=0)
    model = tmp_path / "model.safetensors"
    save_model(model, net, {"columns": columns.to_dict(), "format": 2})
    exported(model, tmp_path, "c")
    exported(model, tmp_path, "javascript")
    for said in map((tmp_path / "model").with_suffix, (".h", ".mjs")):
        text = " ".join(re.sub(r"^( \*|   )", "", said.read_text(), flags=re.M).split())
        assert "active is 1 for yes and 0 for no." in text
        assert "grosse_cm is the column 'größe (cm)'." in text
        assert "day_weekday from 0, Monday, to 6, Sunday; day_elapsed_days since 2000-01-01" in text
    rows = [
        {"active": "yes", "day": "31.03.2024", "größe (cm)": "klein"},
        {"active": "no", "day": "01.12.1999", "größe (cm)": "*/"},
        {"active": "", "day": "", "größe (cm)": "riesig"},
    ]
    check(net, columns, rows, tmp_path)
    code = "import * as m from './model.mjs';\nconst found = m.grosse_cm_names;"
    assert tuple(in_node(tmp_path, code)) == texts.values
    needs("gcc")
    main = tmp_path / "main.c"
    main.write_text(
        '#include <stdio.h>\n#include "model.h"\nint main(void)\n'
        "{ return puts(model_grosse_cm_names[1]) < 0; }\n"
    )
    run("gcc", main, tmp_path / "model.c", "-o", tmp_path / "main", "-lm")
    assert run(tmp_path / "main") == 'gr"oß?\n'


def test_columns_whose_names_are_alike(tmp_path):
    """The header says which argument is which column, also where a name would end its comment."""
    columns = [
        Column(name, None, (Scale(0.0, 1.0),), "number")
        for name in ("a\nb", "a b", "a-b", "/*", "*/")
    ]
    described = Columns(tuple(columns), "y", None, None, "mean").to_dict()
    model = tmp_path / "model.safetensors"
    save_model(model, MLP(5, [1], seed=0), {"columns": described, "format": 2})
    exported(model, tmp_path, "c", "--self-test")
    text = " ".join((tmp_path / "model.h").read_text().split())
    said = "a_b is the column 'a\\nb'. a_b_2 is the column 'a b'. a_b_3 is the column 'a-b'."
    assert said in text
    assert self_tested(tmp_path / "model.c", "model") == "pass\n"


def test_a_network_that_knows_no_table(tmp_path):
    """What `save_model` wrote is exported as it is."""
    net = MLP(2, [3, 1], seed=0)
    save_model(tmp_path / "net.safetensors", net)
    exported(tmp_path / "net.safetensors", tmp_path, "javascript", "--dtype", "float32")
    code = "import * as m from './model.mjs';\nconst found = m.value([0.5, -1.0]);"
    found = numbers(in_node(tmp_path, code))
    assert found == pytest.approx(net.predict([[0.5, -1.0]])[0], rel=1e-6)


def test_other_files_are_not_replaced(tmp_path):
    """Code of one's own at that place stays, without --force."""
    (tmp_path / "model.h").write_text("int mine;\n")
    command = ["export", str(MODELS / "kinds_1.safetensors"), "--to", "c"]
    command += ["--out", str(tmp_path / "model.c")]
    done = CliRunner().invoke(cli, command)
    assert "not C code of jangrad's, so it is not replaced" in str(done.exception)
    assert (tmp_path / "model.h").read_text() == "int mine;\n"
    assert not (tmp_path / "model.c").exists()
    assert CliRunner().invoke(cli, [*command, "--force"]).exit_code == 0
    first = (tmp_path / "model.c").read_bytes()
    assert CliRunner().invoke(cli, command).exit_code == 0
    assert (tmp_path / "model.c").read_bytes() == first
