"""A platform without llvmlite: all but machine code works, and it is said once."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from jangrad.compiler.run import native

MISSING = "import sys; sys.modules['llvmlite'] = None\n"

LIBRARIES = {
    "missing": None,
    "too old": '__version__ = "0.44.0"',
    "broken": 'raise OSError("libLLVM.so: cannot open shared object file")',
    "half there": '__version__ = "0.45.0"',
}


def run(code, tmp_path, library="missing", arguments=()):
    """Run code in a process that finds such a llvmlite."""
    environment = {**os.environ, "JANGRAD_CACHE": str(tmp_path / "cache")}
    if LIBRARIES[library] is None:
        code = MISSING + code
    else:
        (tmp_path / "lib" / "llvmlite").mkdir(parents=True)
        (tmp_path / "lib" / "llvmlite" / "__init__.py").write_text(LIBRARIES[library])
        paths = [str(tmp_path / "lib"), os.environ.get("PYTHONPATH", "")]
        environment["PYTHONPATH"] = os.pathsep.join(path for path in paths if path)
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
    )


@pytest.mark.parametrize("library", LIBRARIES)
def test_training_goes_on_in_python_and_says_so_once(tmp_path, library):
    """`fit` as it is called by most: the same numbers as eager, one warning, however many runs."""
    code = """
from jangrad import MLP, fit
X, y = [[2.0, 3.0, -1.0], [3.0, -1.0, 0.5]], [1.0, -1.0]
def trained(engine):
    net = MLP(3, [4, 1], "tanh")
    history = fit(net, X, y, steps=8000, engine=engine, progress=False)
    return history.engine, history.loss, net.predict(X)
first, second = trained("auto"), trained("auto")
print(first == second == trained("eager"), first[0], first[1][-1] < 1e-3)
"""
    done = run(code, tmp_path, library)
    assert done.stdout == "True eager True\n"
    assert done.stderr.count("RuntimeWarning") == 1
    assert re.search(r"^<string>:\d: RuntimeWarning", done.stderr, re.M)  # where `fit` is called
    assert "this training and others run in Python, which is slower" in done.stderr
    assert "pip install --upgrade 'llvmlite>=" in done.stderr


def test_predictions_go_on_in_python_and_say_so_once(tmp_path):
    """The same numbers for as many rows as machine code would compute, and one warning."""
    code = """
from jangrad import MLP
net = MLP(3, [4, 1], "tanh")
rows = [[0.001 * i, 1.0, -1.0] for i in range(60000)]
found = [net.predict(rows), net.predict(rows)]
print(found[0] == found[1] == [[net(row)[0].data] for row in rows])
"""
    done = run(code, tmp_path)
    assert done.stdout == "True\n"
    assert done.stderr.count("RuntimeWarning") == 1
    assert re.search(
        r"^<string>:\d: RuntimeWarning: these predictions and others", done.stderr, re.M
    )
    assert "pip install --upgrade 'llvmlite>=" in done.stderr


ASKED = """
from jangrad import MLP, Value, compile_step, fit, jit
from jangrad.errors import NoCompiler
w = Value(1.0)
for asked in [
    lambda: jit(lambda x: x * x)(2.0),
    lambda: jit(lambda x: x * x).map([2.0, 3.0]),
    lambda: compile_step(lambda x: (w * x) ** 2, [w])(2.0),
    lambda: compile_step(lambda x: (w * x) ** 2, [w], per_row=True)([2.0]),
    lambda: fit(MLP(1, [1]), [[1.0]], [1.0], engine="native"),
    lambda: fit(MLP(1, [1]), [[1.0]], [1.0], dtype="float32"),
    lambda: fit(MLP(1, [1]), [[1.0]], [1.0], engine="native", loss=lambda o, t: o[0][0] ** 2),
]:
    for _ in range(2):
        try:
            asked()
        except NoCompiler as error:
            assert isinstance(error, ImportError)
            print(str(error).replace("\\n", "|"))
print(w.data)
"""


@pytest.mark.parametrize("library", LIBRARIES)
def test_machine_code_is_refused_with_what_to_install(tmp_path, library):
    """Whoever asks for machine code learns why there is none, and what would help."""
    done = run(ASKED, tmp_path, library)
    assert done.returncode == 0, done.stderr
    because = {"too old": "0.44.0, older than 0.45", "broken": "libLLVM"}.get(library, "")
    pattern = (
        rf"there is no compiler, for llvmlite cannot be used: .*{because}[^|]*"
        r"(\|  where: [^|]*)?\|  why: jit, compile_step [^|]*\|  try: pip install [^|]*"
    )
    *messages, data = done.stdout.splitlines()
    assert (len(messages), data) == (14, "1.0")
    assert all(re.fullmatch(pattern, message) for message in messages), messages


def test_all_else_works(tmp_path):
    """Graphs, trees, networks, derivatives, models."""
    code = """
import jangrad
from jangrad import MLP, Value, grad, gradcheck, jit, load_model, save_model
a = Value(2.0)
tree = (a * a).backtrack()
net = MLP(2, [3, 1], "tanh")
save_model("model.safetensors", net)
same = load_model("model.safetensors")[0].predict([[1.0, 2.0]]) == net.predict([[1.0, 2.0]])
print(a.grad, grad(lambda x: x * x)(3.0), same, len(str(tree)) > 0, jit(lambda x: x))
"""
    done = run(code, tmp_path)
    assert done.stderr == ""
    assert done.stdout.startswith("4.0 6.0 True True jit(<lambda>")


def test_the_commands_work(tmp_path):
    """Demo, train and predict do what was asked; where it costs time, a warning says so."""
    code = "from jangrad.interfaces.cli import main; main()"
    (tmp_path / "data.csv").write_text(
        "x,y\n" + "".join(f"{x / 50},{x / 25 - 1}\n" for x in range(50))
    )
    train = ["train", "data.csv", "--target", "y", "--epochs", "400", "--out", "m.safetensors"]
    for arguments in (["demo"], train, ["predict", "m.safetensors", "data.csv"]):
        done = run(code, tmp_path, arguments=arguments)
        assert done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        assert done.stderr.count("RuntimeWarning") == (arguments[0] == "train")


def test_the_oldest_version_is_that_of_the_declaration():
    """One number, in two places."""
    pyproject = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())
    assert f"llvmlite>={native.OLDEST}" in pyproject["project"]["dependencies"]
