"""ONNX models: checked, run in onnxruntime, and refused where they differ."""

import math
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from tests.compiler.strategies import data_of, programs
from tests.export.test_numpy_random import arrays, on_values, scale_of

from jangrad import MLP, Value, jit, log_softmax, norm, table
from jangrad.errors import ConfigError, SaveError
from jangrad.export import to_onnx

onnx = pytest.importorskip("onnx")
runtime = pytest.importorskip("onnxruntime")

some = settings(
    max_examples=int(os.environ.get("JANGRAD_EXAMPLES", "12")),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    deadline=None,
)


def run(model, **given):
    session = runtime.InferenceSession(model.data, providers=["CPUExecutionProvider"])
    return session.run(None, given)


@pytest.mark.usefixtures("own_operations")
@pytest.mark.parametrize(("dtype", "allowed"), [("float64", 1e-11), ("float32", 1e-4)])
@pytest.mark.parametrize("mapped", [False, True])
def test_random_programs(mapped, dtype, allowed):
    """Of one call, and of rows; `JANGRAD_EXAMPLES=500` tries as many of each kind."""

    @some
    @given(program=programs(most_rows=6) | programs(most_rows=6, looking=True))
    def check(program):
        assume(program.rows[0] or not mapped)
        f, _ = program.make()
        roots = [on_values(f, row, program.indices) for row in program.rows]
        compiled = jit(f)
        row = list(zip(*program.rows, strict=True)) if mapped else program.rows[0]
        (compiled.map if mapped else compiled)(*row)
        try:
            model = to_onnx(compiled, dtype=dtype)
        except ConfigError as error:
            assume("has no Erf in float64" not in str(error))
            raise
        given = {f"x{i}": x for i, x in enumerate(arrays(row, program.indices))}
        kinds = {
            x.name: onnx.helper.tensor_dtype_to_np_dtype(x.type.tensor_type.elem_type)
            for x in onnx.load_from_string(model.data).graph.input
        }
        (found,) = run(model, **{name: given[name].astype(kind) for name, kind in kinds.items()})
        roots = roots if mapped else roots[:1]
        for each, root in zip(np.broadcast_to(found, len(roots)), roots, strict=True):
            assert abs(each - data_of(root)) <= allowed * scale_of(root)

    check()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_network_is_gemm_and_activations(dtype):
    """As a person would draw it, for any number of rows."""
    net = MLP(3, [4, 4, 2], ["relu", "tanh"], seed=1)
    model = to_onnx(net, dtype=dtype)
    graph = onnx.load_from_string(model.data).graph
    assert [node.op_type for node in graph.node] == ["Gemm", "Relu", "Gemm", "Tanh", "Gemm"]
    assert [tensor.name for tensor in graph.initializer] == ["W1", "b1", "W2", "b2", "W3", "b3"]
    assert model.difference < (1e-6 if dtype == "float32" else 1e-14)
    for rows in (1, 9):
        X = np.random.default_rng(0).normal(size=(rows, 3)).astype(dtype)
        (found,) = run(model, x=X)
        np.testing.assert_allclose(found, net.predict(X), atol=1e-6)


def test_rows_of_turned_matrices_by_a_vector():
    """onnxruntime 1.32 joins such a Transpose and MatMul, and computes them wrongly."""
    w = [Value(0.5 * k - 1.0) for k in range(4)]
    f = jit(
        lambda X: [
            sum(x * v for x, v in zip(column, w, strict=True)) for column in zip(*X, strict=True)
        ]
    )
    X = np.random.default_rng(0).normal(size=(3, 4, 5))
    expected = f.map(X.tolist())
    (found,) = run(to_onnx(f, dtype="float64"), X=X)
    np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_mean_is_one_node():
    """As it is in NumPy."""
    f = jit(lambda X: [sum(column) / 4.0 for column in zip(*X, strict=True)])
    f([[1.0, 2.0], [3.0, 5.0], [0.5, 1.0], [2.0, -1.0]])
    graph = onnx.load_from_string(to_onnx(f).data).graph
    assert [node.op_type for node in graph.node] == ["ReduceMean"]


@pytest.mark.parametrize("activation", ["leaky_relu", "elu", "selu", "gelu", "prelu", "softplus"])
def test_activations_in_single_precision(activation):
    """One node where ONNX has one."""
    model = to_onnx(MLP(2, [3, 1], activation, seed=0))
    kinds = [node.op_type for node in onnx.load_from_string(model.data).graph.node]
    named = {"leaky_relu": "LeakyRelu", "elu": "Elu", "selu": "Selu", "softplus": "Softplus"}
    assert activation not in named or kinds == ["Gemm", named[activation], "Gemm"]
    assert model.difference < 1e-6


def test_rows_that_numbers_pick():
    """An embedding, softmax and a label, with integers as inputs."""
    rows = [[Value(0.1 * i - 0.2 * j) for j in range(3)] for i in range(5)]
    f = jit(lambda word, label: -table(log_softmax(table(rows)[word]))[label])
    expected = f.map([1, 4, 2], [0, 2, 1])
    model = to_onnx(f, dtype="float64")
    (found,) = run(model, word=np.array([1, 4, 2]), label=np.array([0, 2, 1]))
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_numbers_that_have_several_names():
    """One that is a result, and another; one that is called so, and so again."""
    w = [Value(-1.5), Value(0.5)]

    @jit
    def f(x):
        a = [wi * xi for wi, xi in zip(w, x, strict=True)]
        first = a[0]
        again = norm([first, first])
        return {"a": a, "b": [*a], "first": first, "again": again}

    expected = f([2.0, 3.0])
    model = to_onnx(f, dtype="float64")
    names = [x.name for x in onnx.load_from_string(model.data).graph.output]
    found = dict(zip(names, run(model, x=np.array([2.0, 3.0])), strict=True))
    for name, numbers in expected.items():
        np.testing.assert_allclose(found[name], numbers, rtol=1e-15)
    g = jit(lambda: norm(([w[0]] * 3)[::2]))
    number = g()
    assert run(to_onnx(g, dtype="float64"))[0] == pytest.approx(number, rel=1e-15)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [
        ("atan", [-math.inf, -1e38, -1.5, 0.0, 1e-9, 0.3, 1e200, math.inf]),
        ("asin", [-1.0, -0.999999, -0.3, 0.0, 1e-9, 0.7, 1.0]),
        ("acos", [-1.0, -0.5, 0.0, 0.3, 0.99999, 1.0]),
        ("tan", [0.1, 1.5, -2.0, 10.0]),
        ("acosh", [1.0, 1.0000001, 2.0, 1e10]),
        ("atanh", [-0.9, 0.0, 1e-3, 0.5, 0.99999]),
    ],
)
def test_double_precision_that_onnxruntime_lacks(name, numbers):
    """Is made of what it has."""
    f = jit(lambda xs: [getattr(x, name)() for x in xs])
    expected = f(numbers)
    found = run(to_onnx(f, dtype="float64"), x=np.array(numbers))[0]
    np.testing.assert_allclose(found, expected, rtol=1e-14, atol=1e-15)


def test_infinite_numbers_of_the_code():
    """Are numbers of the graph like others."""
    f = jit(lambda x: [x / math.inf + x, (x - math.inf).maximum(x)])
    assert [*f(2.0)] == [2.0, 2.0]
    assert [*np.ravel(run(to_onnx(f, dtype="float64"), x=np.array(2.0)))] == [2.0, 2.0]


def test_rows_that_are_lists_and_dicts():
    """The exporter calls the function with what it was called with."""
    w = Value(1.5)
    f = jit(lambda x: sum(a.sin() * w for a in x[1:] + x[:1]))
    f.map([[1.0, 2.0], [2.0, 3.0]])
    assert to_onnx(f).difference < 1e-6
    g = jit(lambda row, k: row["a"] * row["b"][1] * k)
    expected = g.map(
        [{"a": 1.0, "b": [1.0, 2.0]}, {"a": 2.0, "b": [3.0, 4.0]}], 3.0, in_axes=[0, None]
    )
    model = to_onnx(g, dtype="float64")
    columns = {"a": np.array([1.0, 2.0]), "b": np.array([[1.0, 2.0], [3.0, 4.0]])}
    (found,) = run(model, **columns, k=np.array(3.0))
    np.testing.assert_array_equal(found, expected)


def test_what_is_the_same_for_all_rows_is_given_once():
    """As in the NumPy source."""
    w = Value(2.0)
    f = jit(lambda x: w.exp())
    assert (f.map([1.0, 2.0]) == w.exp().data).all()
    (found,) = run(to_onnx(f, dtype="float64"), x=np.array([1.0, 2.0]))
    assert found == pytest.approx(w.exp().data, rel=1e-15)


def test_the_file_is_written_at_once_and_is_the_same_again(tmp_path):
    """Nothing of the machine or the time is in it; another file is not replaced."""
    net = MLP(2, [2, 1], seed=0)
    model = to_onnx(net, tmp_path / "net.onnx")
    assert (tmp_path / "net.onnx").read_bytes() == model.data == to_onnx(net).data
    assert str(tmp_path).encode() not in model.data
    to_onnx(net, tmp_path / "net.onnx")
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(SaveError):
        to_onnx(net, tmp_path / "notes.txt")
    assert (tmp_path / "notes.txt").read_text() == "mine"
    to_onnx(net, tmp_path / "notes.txt", force=True)
    assert "differs from jangrad by" in repr(model)


def test_what_onnxruntime_cannot_compute_is_refused(tmp_path):
    """With the operation, and nothing is written."""
    f = jit(lambda x: [a.erf() for a in x])
    f([0.1, 0.2])
    with pytest.raises(ConfigError, match="onnxruntime has no Erf in float64, which `f` needs"):
        to_onnx(f, tmp_path / "f.onnx", dtype="float64")
    assert not any(tmp_path.iterdir())
    assert to_onnx(f).difference < 1e-6
    with pytest.raises(ConfigError, match="no dtype"):
        to_onnx(f, dtype="float16")


def test_what_loses_its_digits_is_refused(tmp_path):
    """In single precision this difference is noise."""
    f = jit(lambda x: [(1.0 + a * 1e-6).log() * 1e6 for a in x])
    f([0.1, 0.2])
    with pytest.raises(ConfigError, match="differs from jangrad by"):
        to_onnx(f, tmp_path / "f.onnx")
    assert not any(tmp_path.iterdir())


def test_what_gives_no_number_cannot_be_compared():
    """And is refused."""
    f = jit(lambda x: (x * 0.0).log() * 0.0)
    f(1.0)
    with pytest.raises(ConfigError, match="inf and nan"):
        to_onnx(f)


def test_constants_beyond_single_precision_are_not_warned_of():
    """`norm` scales by 1e180 and the like where numbers are small, in float32 never."""
    f = jit(lambda x: norm(x))
    f.map([[3.0, 4.0], [1e-9, 0.0]])
    assert "float32" in str(to_onnx(f))
