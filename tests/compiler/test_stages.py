"""Every pass by its name: what it makes is shown, in order, and verified."""

import re
from pathlib import Path

import numpy as np
import pytest

from jangrad import MLP, compile_step, grad, jit, tanh
from jangrad.compiler.run import native, pipeline
from jangrad.compiler.run.pipeline import PASSES, Passes
from jangrad.errors import ShapeError
from jangrad.nn import squared_error

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture
def avx2(monkeypatch):
    """The processor that golden files are made for, whatever this one is."""
    host = native.host()._replace(vector_bytes=32, registers=16)
    monkeypatch.setattr(native, "host", lambda: host)


def without_machine(text):
    """All but what LLVM made of it, which is another on each processor and of each version."""
    return text.partition("\n\n== machine code")[0]


def dot():
    return jit(lambda a, b: sum(x * y for x, y in zip(a, b, strict=True)))


def network():
    """A training step of a network with two layers, on rows."""
    net = MLP(16, [16, 1], "tanh", seed=0)
    step = compile_step(
        lambda x, target: squared_error([net(x)], [target]),
        net.parameters(),
        "sgd",
        learning_rate=0.1,
        per_row=True,
    )
    step(np.zeros((32, 16)), np.ones(32))
    return step


@pytest.mark.usefixtures("avx2")
def test_a_dot_product_through_all_passes(golden):
    """Eight products, from the trace to LLVM's text."""
    f = dot()
    f([0.5] * 8, [2.0] * 8)
    golden("stages_dot.txt", without_machine(f.stages(lines=None)))


@pytest.mark.usefixtures("avx2")
def test_a_training_step_through_all_passes(golden):
    """Two layers over rows: loss, gradients, update; the most of it that fits a page."""
    golden("stages_network.txt", without_machine(network().stages(lines=110)))


def test_the_page_shows_what_the_compiler_shows():
    """Each block of docs/stages.md is a part of the golden file, word by word."""
    whole = (Path(__file__).parents[1] / "golden" / "stages_network.txt").read_text()
    blocks = re.findall(r"```text\n(.*?)```", (DOCS / "stages.md").read_text(), re.DOTALL)
    assert len(blocks) > 5
    for block in blocks:
        assert block in whole, f"this is not what the compiler shows:\n{block}"


def names_in(text):
    return re.findall(r"^== ([a-z ]+):", text, re.MULTILINE)


@pytest.mark.parametrize(
    ("f", "arguments", "shape"),
    [
        (dot(), ([0.5] * 8, [2.0] * 8), "f(list[8], list[8])"),
        (jit(grad(lambda x: sum(tanh(xi) for xi in x))), ([0.5] * 300,), "f(list[300])"),
    ],
)
def test_passes_come_in_order(f, arguments, shape):
    """Those that are listed, and the shape of the arguments above them."""
    f(*arguments)
    text = f.stages()
    assert text.startswith(f"{shape}\n")
    found = names_in(text)
    assert found == [name for name in PASSES if name in found]
    assert {"trace", "classes", "kernels", "fuse", "loops", "llvm", "machine code"} <= {*found}


def test_steps_have_passes_of_their_own():
    """Mean, gradients and what is pruned."""
    found = names_in(network().stages())
    assert found == [name for name in PASSES if name not in ("check", "threads")]


def test_long_programs_are_cut():
    """So many lines of each pass, and how many more there are."""
    f = jit(lambda x: sum(tanh(xi) for xi in x))
    f([0.1] * 500)
    short = f.stages(lines=5)
    assert "... 997 more lines" in short
    assert len(short.splitlines()) < 100 < len(f.stages(lines=None).splitlines())


def test_a_notebook_opens_each_pass():
    """A heading for each pass below its program, and what it holds as text."""
    f = dot()
    f([0.5] * 2, [2.0] * 2), f([0.5], [2.0])
    stages = f.stages()
    html = stages._repr_html_()
    assert re.findall(r"<summary><b>([a-z ]+)</b>", html) == names_in(stages)
    assert re.findall(r"<p><code>(.*?)</code></p>", html) == f.shapes
    assert "%4 = mul %0 %1\n" in html
    assert "define void @run(ptr %buffers" in html
    assert "call &lt;" in html or "<4" not in html  # what LLVM writes is no tag


def test_nothing_is_shown_before_the_first_call():
    """As with `report`."""
    with pytest.raises(ShapeError, match="nothing has been compiled yet"):
        jit(lambda x: x).stages()


# -- verified between passes ----------------------------------------------------------------------


def test_passes_are_taken_in_order():
    """One that comes too late, or that nobody has listed."""
    passes = Passes()
    passes("kernels", None)
    for name in ("trace", "kernels", "polish"):
        with pytest.raises(ValueError, match=name):
            passes(name, None)


def broken(monkeypatch, name, change):
    """A pass makes something else."""
    before = getattr(pipeline, name)
    monkeypatch.setattr(pipeline, name, lambda *given, **named: change(before(*given, **named)))


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "plan",
            lambda made: made._replace(kernels=[k._replace(members=9) for k in made.kernels]),
            "9 members in its loops",
        ),
        ("fuse", lambda made: made._replace(kernels=made.kernels[::-1]), "nobody has written"),
        (
            "loop_program",
            lambda made: made._replace(sizes={b: n - 1 for b, n in made.sizes.items()}),
            "to 299, of 299",
        ),
    ],
)
def test_what_a_pass_breaks_is_found(monkeypatch, name, change, message):
    """Behind the pass, and not in the machine."""

    def f(x):
        hidden = [tanh(xi) for xi in x]
        total = sum(hidden)
        return [h * total for h in hidden]

    monkeypatch.setattr(pipeline.irregular, "plan", lambda *given, **_: pipeline.plan(*given[:-1]))
    broken(monkeypatch, name, change)
    with pytest.raises(AssertionError, match=message):
        jit(f)([0.1] * 300)
    monkeypatch.setattr(pipeline, "verifying", False)
    jit(f)([0.1] * 299)  # nobody looks
