"""`jangrad export --to onnx` and `--to numpy`: from the cells of tables, against `answers`."""

import csv
import warnings
from datetime import date, datetime, timedelta
from importlib import util
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from jangrad import MLP, save_model
from jangrad.datasets import Column, Columns
from jangrad.datasets.columns import Scale
from jangrad.datasets.kinds import DATES, TIMES, moment, numbers_of_date
from jangrad.errors import ConfigError, SaveError
from jangrad.export.answers import answers_to, load_trained
from jangrad.export.vectorised.numpy_module import write_numpy
from jangrad.export.vectorised.onnx_dates import date_parts, function_name
from jangrad.export.vectorised.onnx_table import table_to_onnx
from jangrad.export.vectorised.table_rows import Tried, difference
from jangrad.interfaces.cli import cli

MODELS = Path(__file__).parent / "models"


def exported(model, out, to, *options):
    """What `jangrad export` prints."""
    done = CliRunner().invoke(cli, ["export", str(model), "--to", to, "--out", str(out), *options])
    assert done.exit_code == 0, done.exception
    return done.output


def module_of(path):
    """The module in a file, without jangrad."""
    spec = util.spec_from_file_location("exported", path)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cell(text, column):
    """A cell as it is given to what was exported."""
    if column.kind in (*DATES, *TIMES):
        return np.datetime64(moment(text, column.kind) or "NaT", "s")
    if column.kind in ("text", "boolean"):
        return text
    return float(text) if text else None


def in_onnx(path, columns, rows):
    """What onnxruntime gives."""
    runtime = pytest.importorskip("onnxruntime")
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    kinds = {x.name: x.type for x in session.get_inputs()}
    assert [*kinds] == [column.name for column in columns.columns]
    types = {
        "tensor(float)": np.float32,
        "tensor(double)": np.float64,
        "tensor(string)": object,
        "tensor(int64)": np.int64,
    }
    given = {}
    for column in columns.columns:
        cells = np.array([cell(row[column.name], column) for row in rows])
        given[column.name] = cells.astype(types[kinds[column.name]])[:, None]
    assert session.get_outputs()[0].name == columns.target
    found = session.run(None, given)
    return found[0][:, 0] if columns.classes is None else found


def in_numpy(path, columns, rows):
    """What the module gives."""
    table = {c.name: [cell(row[c.name], c) for row in rows] for c in columns.columns}
    return module_of(path).predict(table)


def check(net, columns, rows, found, allowed):
    expected = answers_to(net, columns, rows)
    if columns.classes is None:
        np.testing.assert_allclose(found, [row[columns.target] for row in expected], rtol=allowed)
        return
    labels, shares = found
    assert [*labels] == [row[columns.target] or "" for row in expected]
    wanted = [[*row["probabilities"].values()] for row in expected]
    np.testing.assert_allclose(shares, wanted, atol=allowed)


WAYS = {"onnx": (in_onnx, "model.onnx"), "numpy": (in_numpy, "model.py")}
BOUNDS = {"float64": 1e-12, "float32": 1e-5}


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("to", WAYS)
@pytest.mark.parametrize("name", ["houses", "kinds"])
def test_models_that_were_trained(name, to, dtype, tmp_path):
    """Every row of the table, one alone, and one of which nothing is known."""
    model = MODELS / f"{name}_1.safetensors"
    net, columns, _ = load_trained(model)
    run, file = WAYS[to]
    printed = exported(model, tmp_path / "model", to, "--dtype", dtype)
    assert "it differs from jangrad by" in printed.replace("\n", " ")
    with open(MODELS / f"{name}.csv", newline="") as opened:
        rows = list(csv.DictReader(opened))
    rows.append(dict.fromkeys(rows[0], ""))
    for some in (rows, rows[:1]):
        check(net, columns, some, run(tmp_path / file, columns, some), BOUNDS[dtype])


def columns_of_every_kind(missing="mean"):
    """Yes and no, percent, dates, texts beyond ASCII, and names that values in the graph have."""
    return Columns(
        (
            Column("active", None, (Scale(0.4, 0.5),), "boolean"),
            Column("day", None, tuple(Scale(m, 9.0) for m in (2012, 6, 3, 4500)), "date dmy"),
            Column("x", ("klein", 'gr"oß?', "*/"), (Scale(0.3, 0.4),) * 3, "text"),
            Column("W1", None, (Scale(20.0, 4.0),), "percent"),
            Column("at", None, tuple(Scale(m, 9.0) for m in (2012, 6, 3, 4500, 12)), "time ymd"),
            Column("probabilities", ("means", "shares"), (Scale(0.3, 0.4),) * 2, "text"),
        ),
        "result",
        ("no", "yes"),
        None,
        missing,
    )


ROWS = [
    ("yes", "31.03.2024", "klein", "12.5", "2024-02-29 23:59:30", "means"),
    ("TRUE", "01.12.1999", "*/", "-1", "1969-07-20 20:17:40", "means"),
    ("Off", "28.02.1900", 'gr"oß?', "0", "2000-01-01", "other"),
]
UNKNOWN = [("", "", "riesig", "", "", "?"), ("no", "", "klein", "1", "", "means")]


@pytest.mark.parametrize("dtype", BOUNDS)
@pytest.mark.parametrize("to", WAYS)
def test_every_kind_of_column(to, dtype, tmp_path):
    columns = columns_of_every_kind()
    net = MLP(16, [3, 1], "tanh", seed=0)
    model = tmp_path / "model.safetensors"
    save_model(model, net, {"columns": columns.to_dict(), "format": 2})
    run, file = WAYS[to]
    exported(model, tmp_path / file, to, "--dtype", dtype)
    rows = [dict(zip((c.name for c in columns.columns), row, strict=True)) for row in ROWS]
    rows += [dict(zip(rows[0], row, strict=True)) for row in UNKNOWN]
    check(net, columns, rows, run(tmp_path / file, columns, rows), BOUNDS[dtype])


@pytest.mark.parametrize("to", WAYS)
def test_without_fills_what_is_not_known_has_no_answer(to, tmp_path):
    """`answers` refuses such a row; here its probabilities are nan, and its class is empty."""
    columns = columns_of_every_kind("error")
    net = MLP(16, [3, 1], "tanh", seed=0)
    run, file = WAYS[to]
    write = {"onnx": table_to_onnx, "numpy": write_numpy}[to]
    write(net, columns, tmp_path / file, dtype="float64")
    names = [column.name for column in columns.columns]
    rows = [dict(zip(names, row, strict=True)) for row in (ROWS[0], *UNKNOWN)]
    labels, shares = run(tmp_path / file, columns, rows)
    assert [*labels][1:] == ["", ""]
    assert np.isnan(shares[1:]).all()
    check(net, columns, rows[:1], (labels[:1], shares[:1]), 1e-12)


@pytest.mark.parametrize("timed", [False, True])
def test_dates_in_a_graph(timed):
    """Each day from 1600 to 2400 that begins or ends a month, and any moments."""
    onnx = pytest.importorskip("onnx")
    runtime = pytest.importorskip("onnxruntime")
    helper = onnx.helper
    function = date_parts(timed, np.dtype(np.float64))
    info = helper.make_tensor_value_info
    graph = helper.make_graph(
        [helper.make_node(function_name(timed), ["when"], ["parts"], domain="jangrad")],
        "dates",
        [info("when", onnx.TensorProto.INT64, ["n", 1])],
        [info("parts", onnx.TensorProto.DOUBLE, ["n", None])],
    )
    sets = [helper.make_opsetid("", 18), helper.make_opsetid("jangrad", 1)]
    model = helper.make_model(graph, functions=[function], opset_imports=sets, ir_version=8)
    session = runtime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    firsts = [date(year, month, 1) for year in range(1600, 2401) for month in range(1, 13)]
    days = [day - timedelta(days=k) for day in firsts[1:] for k in (0, 1)]
    draw = np.random.default_rng(0)
    some = draw.integers(0, 86400, len(days)) if timed else np.zeros(len(days), int)
    times = [
        datetime(day.year, day.month, day.day) + timedelta(seconds=int(s))
        for day, s in zip(days, some, strict=True)
    ]
    when = np.array(times, "datetime64[s]").astype(np.int64)[:, None]
    (found,) = session.run(None, {"when": when})
    kind = "time ymd" if timed else "date ymd"
    expected = [numbers_of_date(str(time), kind) for time in times]
    np.testing.assert_allclose(found, expected, rtol=1e-15)
    (nothing,) = session.run(None, {"when": np.array([["NaT"]], "datetime64[s]").astype(int)})
    assert np.isnan(nothing).all()


def test_the_graph_is_what_a_person_would_draw(tmp_path):
    """Texts looked up, columns side by side, scaled; then layers; then the unit of the target."""
    onnx = pytest.importorskip("onnx")
    net, columns, _ = load_trained(MODELS / "houses_1.safetensors")
    made = table_to_onnx(net, columns, tmp_path / "a.onnx")
    graph = onnx.load(tmp_path / "a.onnx").graph
    kinds = [node.op_type for node in graph.node]
    cells = ["LabelEncoder", "Squeeze", "Gather", "Concat", "IsNaN", "Where", "Sub", "Div"]
    assert kinds == [*cells, "Gemm", "Relu", "Gemm", "Mul", "Add"]
    assert made.data == table_to_onnx(net, columns, tmp_path / "a.onnx").data
    assert "differs from jangrad by" in repr(made)


@pytest.mark.parametrize("to", WAYS)
def test_digits_that_single_precision_loses_are_refused(to, tmp_path):
    """With the column that loses them, and nothing is written."""
    columns = Columns(
        (Column("serial", None, (Scale(4e9, 3.0),), "number"),), "y", None, Scale(0.0, 1.0), "mean"
    )
    save_model(
        tmp_path / "model.safetensors",
        MLP(1, [2, 1], "tanh", seed=0),
        {"columns": columns.to_dict(), "format": 2},
    )
    out = tmp_path / WAYS[to][1]
    command = ["export", str(tmp_path / "model.safetensors"), "--to", to, "--out", str(out)]
    done = CliRunner().invoke(cli, [*command, "--dtype", "float32"])
    assert isinstance(done.exception, ConfigError)
    assert "`serial` lies 1e+09 deviations from 0" in str(done.exception)
    assert "try: --dtype float64" in str(done.exception)
    assert not out.exists()
    assert CliRunner().invoke(cli, [*command, "--dtype", "float64"]).exit_code == 0
    assert out.exists()


def test_another_class_is_a_difference():
    """Unless two are as likely as each other."""
    columns = Columns(columns_of_every_kind().columns, "y", ("a", "b"), None, "mean")
    tried = Tried({}, ["a", "b", None], np.array([[0.9, 0.1], [0.5, 0.5], [np.nan, np.nan]]))
    there = tried.numbers
    assert difference(tried, ["a", "a", ""], there, columns, "float64", "here") == 0.0
    for labels in (["b", "b", ""], ["a", "b", "a"]):
        with pytest.raises(ConfigError, match="in here `y` differs"):
            difference(tried, labels, there, columns, "float64", "here")
    with pytest.raises(ConfigError, match="differs from jangrad by inf"):
        difference(tried, tried.labels, np.nan_to_num(there), columns, "float64", "here")


@pytest.mark.parametrize(("to", "dtype"), [("onnx", "float32"), ("numpy", "float64")])
def test_a_network_that_knows_no_table(to, dtype, tmp_path):
    """Rows in, outputs out."""
    net = MLP(3, [4, 2], "gelu", seed=0)
    save_model(tmp_path / "net.safetensors", net)
    out = tmp_path / WAYS[to][1]
    assert dtype in exported(tmp_path / "net.safetensors", out, to)
    X = np.random.default_rng(1).normal(size=(5, 3))
    if to == "numpy":
        found = module_of(out).predict(X)
    else:
        runtime = pytest.importorskip("onnxruntime")
        session = runtime.InferenceSession(str(out), providers=["CPUExecutionProvider"])
        (found,) = session.run(None, {"x": X.astype(dtype)})
    np.testing.assert_allclose(found, net.predict(X), atol=1e-6 if dtype == "float32" else 1e-12)


def test_a_column_that_is_missing_is_named(tmp_path):
    """With those that there are, of a dict, pandas and polars."""
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    columns = columns_of_every_kind()
    write_numpy(MLP(16, [3, 1], "tanh", seed=0), columns, tmp_path / "model.py")
    predict = module_of(tmp_path / "model.py").predict
    first, second, *_ = (column.name for column in columns.columns)
    for made in (dict, pandas.DataFrame, polars.DataFrame):
        said = rf"lacks the columns \['{first}', .*\]; it has \['{second}', 'other'\]"
        with pytest.raises(ValueError, match=said):
            predict(made({second: [1.0], "other": [2.0]}))


def test_a_module_takes_tables_of_pandas_and_is_written_once(tmp_path):
    """Also with dates of pandas; another file is not replaced; no path is in it."""
    pandas = pytest.importorskip("pandas")
    columns = columns_of_every_kind()
    net = MLP(16, [3, 1], "tanh", seed=0)
    path = tmp_path / "model.py"
    text = write_numpy(net, columns, path).text
    assert path.read_text(encoding="utf-8") == text == write_numpy(net, columns, path).text
    assert str(tmp_path) not in text
    names = [column.name for column in columns.columns]
    rows = [dict(zip(names, row, strict=True)) for row in ROWS]
    table = pandas.DataFrame(
        {c.name: [cell(row[c.name], c) for row in rows] for c in columns.columns}
    )
    table["active"] = [True, True, False]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check(net, columns, rows, module_of(path).predict(table), 1e-12)
    mine = tmp_path / "mine.py"
    mine.write_text("x = 1\n")
    with pytest.raises(SaveError, match="not a module of jangrad's"):
        write_numpy(net, columns, mine)
    assert mine.read_text() == "x = 1\n"


def test_weights_that_are_no_numbers_are_refused(tmp_path):
    net = MLP(2, [1], seed=0)
    net.layers[0].neurons[0].bias.data = float("nan")
    with pytest.raises(ConfigError, match="nothing but inf and nan"):
        write_numpy(net, None, tmp_path / "net.py")
    assert not any(tmp_path.iterdir())


def test_a_self_test_is_of_c_alone():
    command = ["export", str(MODELS / "houses_1.safetensors"), "--to", "onnx", "--self-test"]
    done = CliRunner().invoke(cli, command)
    assert done.exit_code == 2
    assert "--self-test is a part of C" in done.output


@pytest.mark.parametrize(
    ("name", "match", "advised"),
    [
        ("numpy.py", "would be imported by whoever wants numpy", "numpy_model.py"),
        ("random", "would be imported by whoever wants random", "random_model.py"),
        ("my model-1.py", "cannot be imported", "my_model_1_model.py"),
        ("class", "cannot be imported", "class_model.py"),
    ],
)
def test_a_module_that_python_cannot_import(tmp_path, name, match, advised):
    """Nor one in whose folder nothing runs any more."""
    model, out = MODELS / "houses_1.safetensors", tmp_path / name
    command = ["export", str(model), "--to", "numpy", "--out", str(out)]
    done = CliRunner().invoke(cli, command)
    assert isinstance(done.exception, ConfigError)
    assert match in str(done.exception)
    assert f"--out {advised}" in str(done.exception)
    assert not list(tmp_path.iterdir())
