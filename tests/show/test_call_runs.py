"""Graphs cut up as the user's program has made them: calls, turns of loops, statements."""

import gc
import threading
import weakref

from tests.scalar_gpt import GPT

from jangrad import Value, call_places, strict, trace_lines
from jangrad.show import derive
from jangrad.show.call_runs import runs_of
from jangrad.show.folding import fold_to, fold_tree


def norm(x):
    mean_square = sum(xi * xi for xi in x) / len(x)
    scale = (mean_square + 1e-5) ** -0.5
    return [xi * scale for xi in x]


def softmax(x):
    exps = [xi.exp() for xi in x]
    total = sum(exps)
    return [e / total for e in exps]


def scored(x):
    total = 0.0
    for turn in range(3):
        y = norm(x)
        a, b = (softmax(row) for row in (y, x))
        for one, other in zip(a, b, strict=True):
            total = total + one * other * turn
    return total


def labels(run):
    return [part.label for part in run.parts]


def traced():
    x = [Value(0.1 * i, f"x{i}") for i in range(4)]
    with trace_lines():
        total = scored(x)
    return derive(total), runs_of(derive(total))


def test_it_is_cut_up_by_turns_calls_and_statements():
    """With the names of functions, and of what their statements assign."""
    _, run = traced()
    assert labels(run) == ["turn · 1 of 3", "turn · 2 of 3", "turn · 3 of 3"]
    turn = run.parts[1]
    assert labels(turn) == ["y = norm(x)", "a = softmax(row)", "b = softmax(row)", "one, other"]
    assert labels(turn.parts[0]) == ["mean_square", "scale", "return [xi * scale for xi in x]"]
    assert labels(turn.parts[2]) == ["exps", "total", "return [e / total for e in exps]"]
    assert {node.name for node in run.nodes} == {f"x{i}" for i in range(4)}  # used in all turns


def test_what_is_appended_is_called_after_its_list():
    """As what is assigned is, whether a function makes it or the statement itself."""
    x = [Value(0.1 * i, f"x{i}") for i in range(4)]
    with trace_lines():
        ys, zs = [], []
        for k in range(2):
            ys.append(norm(x))
            zs.append([xi * k for xi in ys[k]])
        total = sum(zs[0], Value(0.0)) + sum(zs[1], Value(0.0))
    run = runs_of(derive(total))
    assert labels(run)[:2] == ["k · 1 of 2", "k · 2 of 2"]
    assert labels(run.parts[0]) == ["ys = norm(x)", "zs"]


def test_no_fold_of_it_makes_a_circle():
    """However much is opened; each node is in one box (boxes are ordered, inputs first)."""
    derivation, _ = traced()
    for boxes, edges in fold_to(derivation, 5, 10, 20, 40, 80):
        assert all(u < v for u, v in edges)
        assert sorted(node.index for box in boxes for node in box.nodes) == list(
            range(len(derivation))
        )
    assert fold_tree(derivation).size == len(derivation)


def test_a_gpt_is_folded_into_steps_heads_scores_and_softmaxes():
    """What a reader opens one after the other, from the loss to the scalars of a softmax."""
    gpt = GPT(Value, size=8, heads=2)
    with trace_lines():
        loss = gpt.loss([1, 5, 3])
    tree = fold_tree(loss.backtrack().derivation)
    step = next(part for part in tree.parts if part.label == "place, token · 2 of 2")
    assert [part.label for part in step.parts][:2] == ["logits = step(…)", "softmax(logits)"]
    inside = [part.label for part in step.parts[0].parts]
    assert inside[1:8] == [
        "x = norm(x) · 1 of 2",
        "x = norm(x) · 2 of 2",
        "q = linear(x, w)",
        "k = linear(x, w)",
        "v = linear(x, w)",
        "h · 1 of 2",
        "h · 2 of 2",
    ]
    head = next(part for part in step.parts[0].parts if part.label == "h · 1 of 2")
    assert [p.label for p in head.parts] == ["scores", "weights = softmax(scores)", "joined"]


def test_parameters_of_an_object_of_ones_own_have_names():
    """A class that is no Module: its attributes are walked through."""
    gpt = GPT(Value, size=8, heads=2)
    loss = gpt.loss([1, 5])
    names = {node.name for node in loss.backtrack() if not node.op and node.name}
    assert "gpt.head[10][7]" in names
    assert all(name.startswith("gpt.") for name in names)


def test_without_traces_nothing_is_known():
    """Nor where one operation was made outside of them."""
    x = [Value(0.1 * i) for i in range(4)]
    with trace_lines():
        inside = sum(softmax(x))
    assert runs_of(derive(inside)) is not None
    assert runs_of(derive(inside * 2.0)) is None
    assert runs_of(derive(sum(softmax(x)))) is None


def test_what_two_threads_made_is_not_cut_up():
    """Each did something while the other did: what was made without a break is not known."""
    x = Value(1.0)
    parts = []
    with trace_lines():
        thread = threading.Thread(target=lambda: parts.extend(softmax([x, x * 2.0])))
        thread.start()
        thread.join()
        total = sum(softmax(parts))
    assert runs_of(derive(total)) is None


def test_frames_are_let_go_of_behind_the_trace():
    """They hold all local variables of the user's functions."""

    class Large:
        pass

    def made():
        large = Large()
        return Value(1.0) + 1.0, weakref.ref(large)

    for context in (trace_lines, strict):
        with context():
            value, held = made()
            assert call_places._running
        gc.collect()
        assert held() is None
        assert not call_places._running
        assert [call.name for call in value.made_at.calls][-2:] == [
            "test_frames_are_let_go_of_behind_the_trace",
            "made",
        ]
