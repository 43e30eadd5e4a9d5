"""The user's own operations in files and pickles: what is loaded computes what was saved."""

from __future__ import annotations

import copy
import functools
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jangrad import MLP, Value, functions, operation
from jangrad.errors import OperationError
from jangrad.export import load_model, save_model
from jangrad.train import UpdateRule

SAME = (
    'operation("sent_inner", "x ** 3", "3 * x ** 2");'
    ' operation("sent_bent", "2 * sent_inner(x)", "6 * x * x")'
)
INNER_ONE_OTHER = (
    'operation("sent_inner", "x ** 3 + 1", "3 * x ** 2");'
    ' operation("sent_bent", "2 * sent_inner(x)", "6 * x * x")'
)
OUTER_ONE_OTHER = (
    'operation("sent_inner", "x ** 3", "3 * x ** 2");'
    ' operation("sent_bent", "4 * sent_inner(x)", "12 * x * x")'
)


@functools.cache
def bent() -> Any:
    """An operation of ours, made of another one."""
    operation("sent_inner", "x ** 3", "3 * x ** 2")
    return operation("sent_bent", "2 * sent_inner(x)", "6 * x * x")


def elsewhere(registered: str, load: str, file: Path) -> str:
    """What another process prints that loads the file, once it has registered these."""
    code = (
        "import pickle, sys\nfrom jangrad import operation\nfrom jangrad.export import load_model\n"
        f"{registered}\ntry:\n    print({load})\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(file)], capture_output=True, text=True, check=True
    )
    return done.stdout


def things(folder: Path) -> dict[str, tuple[str, Path, str]]:
    """What is sent: how it is loaded and shown, its file, and what is shown."""
    net = MLP(2, [2, 1], bent(), seed=0)
    model, graph, rule = (folder / name for name in ("net.safetensors", "graph", "rule"))
    save_model(model, net, force=True)
    graph.write_bytes(pickle.dumps(bent()(Value(1.5))))
    rule.write_bytes(pickle.dumps(UpdateRule("p = p - rate * sent_bent(g)", (), ())))
    number = net.predict([[1.0, 2.0]])
    opened = "pickle.load(open(sys.argv[1], 'rb'))"
    return {
        "model": ("load_model(sys.argv[1])[0].predict([[1.0, 2.0]])", model, f"{number}\n"),
        "graph": (opened, graph, "Value(data=6.75)\n"),
        "rule": (opened, rule, "p = p - rate * sent_bent(g)\n"),
    }


@pytest.mark.parametrize("what", ["model", "graph", "rule"])
def test_what_is_loaded_computes_what_was_saved(what: str, tmp_path: Path) -> None:
    """With the same operations; with others of that name, or none, it is refused."""
    load, file, shown = things(tmp_path)[what]
    assert elsewhere(SAME, load, file) == shown
    for other, name in ((INNER_ONE_OTHER, "sent_inner"), (OUTER_ONE_OTHER, "sent_bent")):
        said = elsewhere(other, load, file)
        assert f"uses the operation `{name}`, which is [" in said
        assert "it would compute something else" in said
    said = elsewhere("", load, file)
    assert "uses the operation `sent_bent`, which is not here" in said
    assert "jangrad.operation('sent_bent', '2 * sent_inner(x)', '6 * x * x')" in said


def test_an_operation_as_an_activation_has_its_name() -> None:
    """So that the network can be saved, copied and sent."""
    net = MLP(2, [2, 1], bent(), seed=0)
    assert net.activations == ["sent_bent", "linear"]
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert twin.predict([[1.0, 2.0]]) == net.predict([[1.0, 2.0]])


def test_operations_are_pickled_by_name() -> None:
    """As functions are; a module has no other names than these."""
    assert pickle.loads(pickle.dumps(bent())) is bent()
    assert not hasattr(functions, "sent_nowhere")


def test_a_model_file_that_was_changed(tmp_path: Path) -> None:
    """What stands in the place of operations is not believed."""
    from jangrad.errors import ModelFileError
    from jangrad.export.model_file import _rebuilt

    net = MLP(1, [1], seed=0)
    header = {"network": net.config(), "names": list(net.state())}
    for wrong in ([], {"a": 3}, {"a": []}):
        with pytest.raises(ModelFileError, match="its operations are none"):
            _rebuilt(tmp_path, header | {"operations": wrong}, list(net.state().values()))
    save_model(tmp_path / "net", net)
    assert load_model(tmp_path / "net")[0].state() == net.state()


def test_operations_with_the_name_of_an_attribute_of_value() -> None:
    """As an activation by its name, in its place as a function, and compiled: its rule counts."""
    code = """
from jangrad import MLP, Value, grad, jit, operation
for name in ("arctan", "absolute", "detach", "clamp", "conjugate", "data", "grad", "real",
             "backward", "hex", "label", "inputs", "item"):
    function = operation(name, "3 * x * x", "6 * x")
    for activation in (name, function):
        net = MLP(1, [1], output=activation, seed=0)
        net.load_state({key: 1.0 for key in net.state()})
        assert net.activations == [name]
        (out,) = net([2.0])
        out.backward()
        assert (out.data, net.parameters()[1].grad) == (27.0, 18.0), name
        assert jit(lambda x: net([x])[0])(2.0) == 27.0, name
    assert (function(3.0), grad(function)(3.0)) == (27.0, 18.0), name
for name in ("linear", "prelu"):
    try:
        operation(name, "x ** 3", "3 * x ** 2")
    except Exception as error:
        assert f"`{name}` is the name of an activation already" in str(error)
    else:
        raise AssertionError(name)
"""
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.usefixtures("own_table")
def test_a_cell_of_a_notebook_may_be_run_again() -> None:
    """The same rules give the same function; other rules of that name are refused."""
    cube = operation("sent_cube", "x ** 3", "3 * x ** 2")
    assert operation("sent_cube", "x ** 3", "3 * x ** 2") is cube
    with pytest.raises(OperationError, match="`sent_cube` is in the table already"):
        operation("sent_cube", "2 * x ** 3", "6 * x ** 2")


@pytest.mark.parametrize("name", ["g", "_own", "_power", "rate", "step", "zip", "v3", "new_p"])
def test_names_that_printed_functions_have_inside_are_refused(name: str) -> None:
    """When the operation is made, and not where another one first calls it."""
    with pytest.raises(OperationError, match=f"`{name}` is no name for an operation"):
        operation(name, "x * x", "2 * x")


def test_a_graph_of_another_version() -> None:
    """Operations go by their names; one that is not here is told by its name."""
    sent = pickle.dumps(Value(2.0).tanh() * 3.0)
    assert b"tanh" in sent
    with pytest.raises(OperationError, match="the graph uses the operation `tamh`"):
        pickle.loads(sent.replace(b"tanh", b"tamh"))
