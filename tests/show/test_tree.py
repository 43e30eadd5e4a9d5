"""The tree that `backtrack` returns: printing, asking, saving."""

import copy
import json
import pickle
import threading

import pytest

from jangrad import MLP, Value, log, softmax, where
from jangrad.errors import ConfigError, NameNotFound, StaleGraph
from jangrad.show import Tree, derive, names
from jangrad.show.names import names_of


def five_lines():
    """The expression of the first page."""
    a, b = Value(2.0), Value(3.0)
    c = a * a
    d = a * b
    e = c + d
    return Tree(e, {a: "a", b: "b", c: "c", d: "d", e: "e"})


def neuron():
    """Karpathy's neuron with tanh."""
    x1, x2 = Value(2.0, "x1"), Value(0.0, "x2")
    w1, w2, b = Value(-3.0, "w1"), Value(1.0, "w2"), Value(6.8813735870195432, "b")
    return (x1 * w1 + x2 * w2 + b).tanh().backtrack()


def cross_entropy():
    """A softmax with cross-entropy: divisions, negative numbers, functions."""
    logits = [Value(2.0, "x0"), Value(-1.0, "x1"), Value(0.5, "x2")]
    return (-softmax(logits)[1].log()).backtrack()


@pytest.mark.parametrize("make", [five_lines, neuron, cross_entropy])
def test_printed_tree_is_the_golden_one(make, golden):
    """The tree and its explanations read as they were approved."""
    tree = make()
    blocks = (tree.text(), str(tree.explain()), tree.latex())
    golden(f"tree_{make.__name__}.txt", "\n\n".join(blocks) + "\n")


def test_names_of_local_variables_are_found():
    """Local variables, lists and networks at the line of `backtrack` give their names."""
    a = Value(2.0)
    xs = [Value(1.0), Value(4.0)]
    net = MLP(1, [1], seed=0)
    shown = a * xs[1] + net([a])[0]
    tree = shown.backtrack()
    names = {node.name for node in tree}
    assert {"a", "xs[1]", "shown", "net.layers[0].neurons[0].weights[0]"} <= names
    assert tree["a"].value is a


def test_a_label_wins_over_a_variable():
    """A label is what the user chose to say."""
    a = Value(2.0, label="weight")
    tree = (a * 3.0).backtrack()
    assert tree["weight"].grad == 3.0
    assert "a" not in tree.gradients()


def test_a_variable_wins_over_a_list_that_holds_it():
    """The shortest way to a Value names it."""
    a = Value(1.0)
    assert names_of([("all_of_them", [a]), ("a", a)]) == {a: "a"}


def test_what_is_not_chosen_pays_nothing_in_a_tree():
    """The slope of log at 0 is inf, but `where` did not choose it: the tree, its words and the
    engine agree that the gradient is 2.
    """
    a = Value(0.0, label="a")
    e = where(a > 0.0, log(a), a * 2.0)
    tree = e.backtrack()
    assert a.grad == tree["a"].grad == 2.0
    assert sum(part.amount for part in tree["a"].contributions) == 2.0
    assert "= 2 + 0" in str(tree.explain("a"))
    assert "begins" not in tree.text()  # what is not finite has harmed nothing
    assert "= 2 + 0" in tree.explain("a").latex
    nodes = json.loads(tree.to_json())["nodes"]
    found = [
        part["contribution"] for node in nodes for part in node["inputs"] if part.get("node") == 0
    ]
    assert sum(found) == 2.0
    (logarithm,) = [node for node in nodes if node["op"] == "log"]
    assert logarithm["inputs"] == [{"node": 0, "partial": "inf", "contribution": 0.0}]


def test_numbers_stay_those_of_the_moment():
    """Another backtrack does not change a tree that was looked at."""
    a = Value(2.0, label="a")
    square = a * a
    tree = square.backtrack()
    assert tree["a"].grad == 4.0
    (square * 10.0).backtrack()
    assert tree["a"].grad == 4.0


_LOOKS = {
    "print": str,
    "repr": repr,
    "gradients": Tree.gradients,
    "explain": Tree.explain,
    "mistakes": Tree.mistakes,
    "json": Tree.to_json,
    "svg": Tree.svg,
    "page": Tree.page,
    "latex": Tree.latex,
    "name": lambda tree: tree["w"],
}


def a_step():
    """A tree, its weight, and what a step of descent does with that."""
    x, w = Value(2.0, label="x"), Value(3.0, label="w")
    tree = ((w * x - 1.0) ** 2).backtrack()
    return tree, x, w


@pytest.mark.parametrize("look", _LOOKS.values(), ids=list(_LOOKS))
def test_a_tree_that_is_first_looked_at_after_a_step_is_refused(look):
    """It would mix the new weight with products and gradients of the old one."""
    tree, x, w = a_step()
    w.data -= 0.1 * w.grad
    assert (w.data, x.grad) == (1.0, 30.0)
    with pytest.raises(StaleGraph, match=r"`w`.*assigned after") as caught:
        look(tree)
    assert "print(tree)" in caught.value.try_


@pytest.mark.parametrize("look", _LOOKS.values(), ids=list(_LOOKS))
def test_a_tree_that_was_looked_at_keeps_its_numbers(look):
    """Whatever it is asked later: gradients, words, pictures and mistakes are those of then."""
    before, _, _ = a_step()
    tree, _, w = a_step()
    assert len(tree) == 5
    w.data -= 0.1 * w.grad
    assert str(look(tree)) == str(look(before))


def test_what_is_in_a_tree():
    """The nodes that it can be asked for, and those that it gives."""
    tree, x, w = a_step()
    node = tree["w"]
    assert node.value is w
    assert all(one in tree for one in (x, "w", node))
    assert not any(one in tree for one in (Value(2.0), "y", 3.0))


def test_gradients_agree_with_the_engine():
    """The derivation's own sums are those of `backtrack`."""
    net = MLP(3, [4, 4, 1], activation="tanh", seed=3)
    tree = ((net([2.0, 3.0, -1.0])[0] - 1.0) ** 2).backtrack()
    for node in tree:
        assert node.grad == pytest.approx(node.value.grad, rel=1e-13, abs=1e-15)


def test_a_shared_part_is_written_once():
    """What was written above is not written again."""
    a = Value(2.0, label="a")
    c = a * a
    c.label = "c"
    text = (c + c.tanh()).backtrack().text()
    assert text.count("c = a * a") == 1
    assert "shown above" in text


def test_a_large_tree_is_cut_and_says_so():
    """The screen is not flooded, and the rest is counted."""
    x = Value(1.0, label="x")
    y = x
    for _ in range(5000):
        y = y * 1.0001 + x
    tree = y.backtrack()
    lines = tree.text().splitlines()
    assert len(lines) <= 62
    assert lines[-1].startswith("... and 9,9")
    assert max(map(len, lines)) <= 100


@pytest.mark.parametrize("width", [30, 40, 50, 80])
def test_narrow_screens_are_kept_to(width):
    """No line is wider than the screen, down to 40 columns; narrower ones keep the numbers."""
    tree = neuron()
    longest = max(len(line) for line in tree.text(width=width).splitlines())
    assert longest <= max(width, 40)


def test_a_deep_tree_is_drawn_with_short_branches():
    """Twenty levels fit a usual screen, and every one of them is there."""
    y = Value(0.5, label="x")
    for _ in range(20):
        y = y.tanh()
    text = y.backtrack().text(width=100)
    assert "too deep" not in text
    assert len(text.splitlines()) == 22
    assert text.count("tanh(") == 20
    assert text.splitlines()[-1].split()[-3] == "x"


def test_values_before_backtrack_are_not_computed():
    """A gradient that was not computed is shown as such, never as 0."""
    a = Value(2.0, label="a")
    derivation = derive(a * a, gradients=False)
    assert [node.grad for node in derivation] == [None, None]


def test_unknown_and_ambiguous_names_teach():
    """Asking for a name that is not there, or twice there, says what to ask for."""
    tree = five_lines()
    with pytest.raises(NameNotFound, match=r"no node is named `aa`\n(.|\n)*try"):
        tree["aa"]
    one, other = Value(1.0, "w"), Value(2.0, "w")
    twice = (one + other).backtrack()
    with pytest.raises(NameNotFound, match=r"2 nodes are named `w`(.|\n)*`w`, `w'2`"):
        twice["w"]
    assert twice[other].data == 2.0
    assert twice["w'2"].value is other
    with pytest.raises(NameNotFound, match="not behind this root"):
        twice[Value(1.0)]


def test_json_holds_every_node_and_partial():
    """Programs read the same numbers that people do."""
    content = json.loads(five_lines().to_json())
    assert [node["name"] for node in content["nodes"]] == ["a", "c", "b", "d", "e"]
    assert content["nodes"][3]["inputs"] == [
        {"node": 0, "partial": 3.0, "contribution": 3.0},
        {"node": 2, "partial": 2.0, "contribution": 2.0},
    ]
    assert content["nodes"][0]["grad"] == 7.0


def test_json_spells_what_json_lacks():
    """inf becomes text, so any JSON reader accepts it."""
    content = json.loads((Value(1.0) / 0.0).backtrack().to_json())
    assert content["nodes"][1]["data"] == "inf"


def test_saving_by_ending(tmp_path):
    """The ending decides; an unknown one names those there are."""
    tree = five_lines()
    assert "e = c + d" in tree.save(tmp_path / "e.txt").read_text()
    assert tree.save(tmp_path / "e.tex").read_text().startswith(r"\documentclass")
    assert json.loads(tree.save(tmp_path / "e.json").read_text())["root"] == 4
    with pytest.raises(ConfigError, match=r"'.docx', which says no format\n(.|\n)*\.txt"):
        tree.save(tmp_path / "e.docx")


def test_rich_prints_the_same_words():
    """The coloured tree holds the same lines."""
    from rich.console import Console

    console = Console(width=100, force_terminal=True, color_system=None, no_color=True)
    with console.capture() as captured:
        console.print(five_lines())
    lines = [line.rstrip() for line in captured.get().splitlines()]
    assert lines == five_lines().text().splitlines()


@pytest.mark.parametrize("width", [12, 30, 60])
def test_a_narrow_terminal_cuts_no_number(monkeypatch, capsys, width):
    """A line may be longer than the terminal; a number without its last digits would be another."""
    monkeypatch.setenv("COLUMNS", str(width))
    tree = neuron()
    tree.show()
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) > len(tree)
    for line, wide in zip(shown, tree.text(width=200).splitlines(), strict=True):
        assert line.split()[-2:] == wide.split("   used")[0].split()[-2:]


def test_data_of_plain_numbers_is_not_walked_for_names(monkeypatch):
    """Rows of numbers hold no Value; a list that does is looked into."""
    rows = [[0.5] * 784 for _ in range(2000)]
    weights = [1.0, [Value(2.0), 3.0], *range(5)]
    walk, walked = names._walk, []

    def counting(path, *rest):
        walked.append(path)
        return walk(path, *rest)

    monkeypatch.setattr(names, "_walk", counting)
    tree = (weights[1][0] * rows[0][0]).backtrack()
    assert tree["weights[1][0]"].grad == 0.5
    assert len(walked) < 10 * len(rows)


@pytest.mark.parametrize("look_first", [False, True])
@pytest.mark.parametrize("how", [copy.deepcopy, lambda tree: pickle.loads(pickle.dumps(tree))])
def test_a_copy_of_a_tree_is_the_graph_and_its_names(how, look_first):
    """None of the user's other variables are copied with it, whether it was looked at or not."""
    lock, data = threading.Lock(), [0.0] * 100_000
    a, b = Value(2.0), [Value(3.0)]
    net = MLP(1, [1], "tanh", seed=0)
    c = a * b[0] * net([1.0])[0]
    tree = c.backtrack()
    if look_first:
        assert len(tree) > 3
    twin = how(tree)
    assert str(twin) == str(tree)
    assert twin.derivation.activations == tree.derivation.activations
    assert twin.root is not tree.root
    assert len(pickle.dumps(tree)) < 10_000
    assert (lock.locked(), len(data)) == (False, 100_000)


def test_saving_takes_the_options_of_the_format(tmp_path):
    """Those of `svg`, `page` and `text`; another one is refused by its name."""
    a = Value(2.0, label="a")
    tree = (a * a + a).backtrack()
    saved = tree.save(tmp_path / "e.svg", partials=True, theme="dark").read_text()
    assert saved == tree.svg(partials=True, theme="dark")
    saved = tree.save(tmp_path / "e.html", quiz=True, title="ours", start=2).read_text()
    assert saved == tree.page(quiz=True, title="ours", start=2)
    assert tree.save(tmp_path / "e.txt", limit=1).read_text() == tree.text(1) + "\n"
    assert tree.save(tmp_path / "e.txt", digits=2, width=40).read_text() == (
        tree.text(None, 40, digits=2) + "\n"
    )
    with pytest.raises(ConfigError, match=r"ends in '\.svg' has no option `quiz`") as caught:
        tree.save(tmp_path / "e.svg", quiz=True)
    assert caught.value.why == ".html has it"
    with pytest.raises(ConfigError, match=r"why: \.txt, \.svg, \.png, \.pdf and \.gif have it"):
        tree.save(tmp_path / "e.html", width=300)
    looks = {"partials": True, "theme": "dark", "fold": False, "forward_only": True, "digits": 3}
    looks |= {"annotate": {"a": "ours"}, "colours": {"a": "crimson"}}
    assert tree.save(tmp_path / "e.html", **looks).read_text() == tree.page(**looks)
    with pytest.raises(ConfigError, match=r"no option `them`(.|\n)*did you mean `theme`"):
        tree.save(tmp_path / "e.svg", them="dark")
    with pytest.raises(ConfigError, match="it has no options"):
        tree.save(tmp_path / "e.json", limit=3)
    assert not (tmp_path / "e.json").exists()


@pytest.mark.parametrize("bad", [0, -1, 2.5, "x", True])
def test_lines_and_columns_are_counted(bad):
    """Neither a traceback nor an empty tree."""
    tree = (Value(2.0, label="a") * 3.0).backtrack()
    with pytest.raises(ConfigError, match=r"`limit` is .*, not an integer of at least 1"):
        tree.text(limit=bad)
    with pytest.raises(ConfigError, match=r"`width` is .*, not an integer of at least 1"):
        tree.text(width=bad)
    assert tree.text(1, 1)


def test_a_page_cannot_open_behind_its_end():
    """The message says how many steps there are."""
    a = Value(2.0, label="a")
    tree = (a * a + a).backtrack()
    assert tree.page(start=6)
    with pytest.raises(ConfigError, match=r"start=3: the page has 2 steps"):
        tree.page(start=3, forward_only=True)
    with pytest.raises(ConfigError, match=r"start=7: the page has 6 steps(.|\n)*0 to 6"):
        tree.page(start=7)
    with pytest.raises(ConfigError, match="start=-1"):
        tree.page(start=-1)


def test_a_long_sum_is_one_line():
    """Its terms stand below it, each once; every Value is counted; what has a name is a term."""
    net = MLP(3, [5, 1], seed=0)
    tree = net([1.0, 2.0, 3.0])[0].backtrack()
    lines = tree.text(limit=None).splitlines()
    assert "= Σ of 6 terms" in lines[1]
    assert sum(line.startswith(("├── ", "└── ")) for line in lines) == 6
    assert "more Values" not in lines[-1]
    parts = [Value(float(i), f"x{i}") for i in range(8)]
    half = sum(parts[1:4], parts[0])
    half.label = "half"
    whole = sum(parts[4:], half)
    assert "Σ of 5 terms" in whole.backtrack().text()
    assert "half = v2 + x3" in whole.backtrack().text()  # of three additions
    product = Value(2.0)
    for part in [*parts[1:5], parts[1]]:
        product = product * part
    text = product.backtrack().text()
    assert "product = ∏ of 6 factors" in text
    assert "x1" in text
    assert "used 2 times here" in text


def test_names_of_weights_are_shortened_before_they_are_cut():
    """As in the pictures: which weight it is can be read on a narrow screen."""
    net = MLP(2, [6, 1], "tanh", seed=2)
    text = net([0.2, 0.4])[0].backtrack().text(width=72)
    assert "v1 = net[0][0].w[0] * 0.2" in text
    assert "…" not in text
