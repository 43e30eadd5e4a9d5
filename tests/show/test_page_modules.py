"""The page's JavaScript, module by module, in Node: its numbers and formulas are Python's."""

import json
import math
import re
import subprocess

import pytest
from hypothesis import given, settings
from tests.strategies import programs, run
from tools.bundle_page import ASSETS, BUNDLE, heading

from jangrad import MLP, Value, log, ops, where
from jangrad.engine import apply
from jangrad.show import derive, formula
from jangrad.show.equations import local, local_formula, value_expression, with_numbers
from jangrad.show.javascript import table
from jangrad.show.page import page


def node(code, **data):
    """What a script prints as JSON, with the modules at hand and `given` as data."""
    names = ("numbers", "rules", "graph", "boxes", "formulas")
    imports = "".join(
        f"import * as {name} from {json.dumps((ASSETS / f'{name}.mjs').as_uri())};\n"
        for name in names
    )
    script = f"{imports}const given = {json.dumps(data)};\n{code}"
    try:
        done = subprocess.run(
            ["node", "--input-type=module", "-"], input=script, capture_output=True, text=True
        )
    except FileNotFoundError:
        pytest.skip("Node.js is not installed")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def data_of(derivation):
    """A page's data."""
    found = re.search(r'id="data">(.*?)</script>', page(derivation), re.S)
    return json.loads(found[1])


def graph(derivation, code):
    """What a script prints that has the graph, and its formulas as `words`."""
    used = {n.op for n in derivation if n.op and not n.own}
    own = {f"{n.op}'{n.index}": n.own for n in derivation if n.own}
    start = f"""{table(used, own)}
    const g = graph.graphOf(given.data, OPS), words = formulas.formulasOf(g), R = g.run(g.first);
    """
    return node(start + code, data=data_of(derivation))


NUMBERS = [0.0, 1.0, -2.5, 10.0, 2 / 3, 1.5e-9, 1e-4, 9.99999e-5, 123456.0, 999999.5, 1234567.0]
NUMBERS += [1e22, 1e300, -1e-300, 0.1 + 0.2, 100000.0, 5e-324]


def test_numbers_are_written_as_python_writes_them():
    """Six digits, exponents of two digits; of a value the sign of a zero is told."""
    found = node("console.log(JSON.stringify(given.xs.map(numbers.show)))", xs=NUMBERS)
    assert found == [formula.number(x) for x in NUMBERS]
    code = "console.log(JSON.stringify([NaN, 1 / 0, -1 / 0, -0].map(numbers.showValue)))"
    assert node(code) == ["nan", "inf", "-inf", "-0"]
    assert node("console.log(JSON.stringify(numbers.show(-0)))") == "0"


@pytest.mark.parametrize("digits", [2, 3, 10, 17])
def test_numbers_in_other_digits(digits):
    """As Python writes them in so many; where two are equally near JavaScript takes the larger."""
    code = "numbers.writeIn(given.digits); console.log(JSON.stringify(given.xs.map(numbers.show)))"
    with formula.in_digits(digits):
        assert node(code, xs=NUMBERS, digits=digits) == [formula.number(x) for x in NUMBERS]


def test_values_alone():
    """Without gradients there is no step backward, and the numbers are the same."""
    derivation = derive(Value(2.0, "alpha") * 3.0 + 1.0)
    code = """const values = graph.graphOf({...given.data, forward: true}, OPS);
    console.log(JSON.stringify([values.STEPS, g.SEED, [...values.run(values.first).data],
      values.received(0), words.valueLine(1, R.data)[1].includes("α")]));"""
    assert graph(derivation, code) == [2, 2, [2.0, 6.0, 7.0], [], True]


def test_what_somebody_types():
    """Numbers in the usual notations; anything else is no number, and never 0."""
    texts = {"2.5": 2.5, "2,5": 2.5, " -1e-3 ": -0.001, "1/4": 0.25, "−3": -3.0, ".5": 0.5}
    texts |= dict.fromkeys(["abc", "-", "٤", "", "1/2/3", "1e", "0x10", "/2", "2/", "1 2"])
    code = "console.log(JSON.stringify(given.texts.map(t => numbers.typed(t) ?? null)))"
    assert node(code, texts=list(texts)) == list(texts.values())
    code = "console.log(JSON.stringify(['inf', '-inf', 'nan'].map(t => String(numbers.typed(t)))))"
    assert node(code) == ["Infinity", "-Infinity", "NaN"]


def test_wide_letters_take_two_columns():
    """As a terminal and a monospaced font have them."""
    code = "console.log(JSON.stringify(given.texts.map(numbers.columns)))"
    assert node(code, texts=["weight", "重み", "é😀"]) == [6, 4, 3]


def test_reading_takes_its_time():
    """Four words a second, and never less than asked for."""
    code = "console.log(JSON.stringify([numbers.readingTime('one two', 1200),"
    code += " numbers.readingTime('word '.repeat(30), 1200)]))"
    assert node(code) == [1200, 7500]


@given(programs())
@settings(max_examples=12, deadline=None)
def test_formulas_are_those_of_python(program):
    """Of random graphs: how each node is computed, with names and with numbers, and each slope."""
    derivation = derive(run(program, [Value(x) for x in program.leaves], apply))
    found = graph(
        derivation,
        """console.log(JSON.stringify(given.data.op.map((op, i) => op ? [words.formula(i),
        rules.asText(words.computed(i, R.data)), g.operands(i).map(k => {
          const rule = words.slope(i, k, R.data);
          return rule === undefined ? null : rules.asText(rule);
        })] : null)));""",
    )
    for n, js in zip(derivation, found, strict=True):
        if not n.op:
            assert js is None
            continue
        assert js[0] == formula.text(value_expression(n))
        assert js[1] == formula.text(with_numbers(n))
        for part, text in zip(n.children, js[2], strict=True):
            places = tuple(p for p, x in enumerate(n.inputs) if x is part)
            wanted = local_formula(n, places)
            if text is None:
                constant = formula.as_number(wanted)
                assert constant is not None or len(formula.text(wanted)) > 60
            else:
                assert text == formula.text(wanted)


def test_formulas_of_every_operation():
    """Names that read as formulas stand in parentheses."""
    for name, row in ops.OPS.items():
        point = [0.3 * low + 0.7 * high for low, high in row.safe or ((-1.3, 1.7),) * 2]
        leaves = [Value(x, label) for x, label in zip(point, ("a", "w - 1"), strict=False)]
        if not row.inputs or len(leaves) < len(row.inputs):
            continue
        derivation = derive(apply(name, *leaves[: len(row.inputs)]))
        found = graph(derivation, "console.log(JSON.stringify(words.formula(g.ROOT)));")
        assert found == formula.text(value_expression(derivation.root)), name


def test_a_node_that_is_used_twice_by_one_is_one_step():
    """`a * a` hands a all of 2 a in one step: typed into the quiz, 4 is right."""
    a, b = Value(2.0, "a"), Value(3.0, "b")
    derivation = derive(a * a + a * b)
    found = graph(
        derivation,
        """const steps = [...Array(g.STEPS - g.SEED - 1).keys()].map(s => s + g.SEED + 1);
        console.log(JSON.stringify(steps.map(s => [g.stepNode[s], g.stepInput[s], R.local[s],
          R.amount[s], R.before[s], R.after[s]])));""",
    )
    names = [n.handle for n in derivation]
    said = {(names[i], names[k]): rest for i, k, *rest in found}
    assert len(found) == 5
    assert said["v1", "a"][:2] == [4.0, 4.0]
    assert said["v2", "b"][:2] == [2.0, 2.0]
    (last,) = [rest for (_, k), rest in said.items() if k == "a" and rest[3] == 7.0]
    assert last[2] + last[1] == 7.0


@given(programs())
@settings(max_examples=12, deadline=None)
def test_gradients_are_those_of_the_engine(program):
    """Of random graphs, bit by bit where JavaScript's functions agree; each step's slope is that
    of all places in which a node has the input.
    """
    derivation = derive(run(program, [Value(x) for x in program.leaves], apply))
    found = graph(
        derivation,
        """const steps = [...Array(g.STEPS).keys()].filter(s => g.stepInput[s] >= 0);
        console.log(JSON.stringify([[...R.grad].map(String),
          steps.map(s => [g.stepNode[s], g.stepInput[s], String(R.local[s])])]));""",
    )
    for n, grad in zip(derivation, found[0], strict=True):
        assert read(grad) == pytest.approx(n.grad, rel=1e-9, abs=1e-12, nan_ok=True)
    nodes = derivation.nodes
    for user, part, slope in found[1]:
        places = tuple(p for p, x in enumerate(nodes[user].inputs) if x is nodes[part])
        wanted = local(nodes[user], places)
        assert read(slope) == pytest.approx(wanted, rel=1e-9, abs=1e-12, nan_ok=True)


def read(text):
    return float(text.replace("Infinity", "inf"))


def test_it_pays_nothing_along_what_was_not_chosen():
    """At a = 0 the slope of log is inf, but `where` leads elsewhere: 2, not nan."""
    a = Value(0.0, label="a")
    derivation = derive(where(a > 0.0, log(a), a * 2.0))
    assert graph(derivation, "console.log(JSON.stringify(R.grad[0]));") == 2.0


def test_what_gradients_say_of_several_changes():
    """The sum over all that was changed, by the gradients of before; nan can be put back."""
    a, b = Value(2.0, "a"), Value(3.0, "b")
    found = graph(
        derive(a * a + a * b),
        """const leaves = g.first.slice();
        leaves[0] = 3;
        const one = graph.predicted(R, g.first, leaves, [0]);
        const b = g.D.name.indexOf("b");
        leaves[b] = 4;
        console.log(JSON.stringify([one, graph.predicted(R, g.first, leaves, [0, b]),
          g.run(leaves).data[g.ROOT]]));""",
    )
    assert found == [7.0, 9.0, 21.0]
    for leaf in (math.nan, math.inf):
        code = """const leaves = g.first.slice();
        leaves[0] = 1; const there = g.run(leaves).data[g.ROOT];
        leaves[0] = g.first[0]; const back = g.run(leaves).data[g.ROOT];
        console.log(JSON.stringify([there, String(back)]));
        """
        found = graph(derive(Value(leaf, "a") * 2.0), code)
        assert found == [2.0, "NaN" if math.isnan(leaf) else "Infinity"]


def test_skipping_goes_to_another_box():
    """As far as the next thing, forward and back, and never over the turn at the root."""
    found = node(
        """const steps = {STEPS: 9, SEED: 4, stepNode: [1, 2, 3, 4, 4, 4, 3, 2, 2],
          stepInput: [-1, -1, -1, -1, -2, 3, 2, 1, 0]};
        const key = i => i < 3 ? "A" : "B", ways = [[], []];
        for (let s = 0; s < 9;) ways[0].push(s = graph.skip(steps, s, 1, key));
        for (let s = 9; s > 0;) ways[1].push(s = graph.skip(steps, s, -1, key));
        console.log(JSON.stringify(ways));"""
    )
    assert found == [[2, 4, 5, 6, 9], [6, 5, 4, 2, 0]]


def test_mathml_escapes_names():
    """A name is text in a formula too."""
    hostile = "</math><img src=x onerror=alert(1)>"
    found = graph(
        derive(Value(2.0, hostile) * 3.0),
        """const s = g.STEPS - 1;
        console.log(JSON.stringify([words.valueLine(g.ROOT, R.data)[1],
          words.chainLine(s, g.stepNode[s], g.stepInput[s], R)[1]]));""",
    )
    for math_ in found:
        assert "<img" not in math_
        assert "&lt;img" in math_


def test_the_bundle_is_made_of_the_modules():
    """As they are now: after a change of one, `python tools/bundle_page.py`."""
    assert BUNDLE.read_text(encoding="utf-8").startswith(heading())
    assert "</script" not in BUNDLE.read_text(encoding="utf-8")


def test_modules_import_what_they_use():
    """And nothing else; each is there."""
    for path in ASSETS.glob("*.mjs"):
        code = path.read_text(encoding="utf-8")
        body = re.sub(r"^import .*;\n", "", code, flags=re.M)
        for names, module in re.findall(r'^import \{(.*)\} from "\./(.*)";', code, re.M):
            assert (ASSETS / module).exists(), f"{path.name} imports {module}"
            named = [n.strip() for n in names.split(",")]
            assert [n for n in named if not re.search(rf"(?<!\w){re.escape(n)}(?!\w)", body)] == []


def test_boxes_of_a_folded_network():
    """Every node is in one box, inputs come first, and the first opening keeps to its number."""
    net = MLP(3, [4, 4, 1], "tanh", seed=0)
    data = data_of(derive((net([2.0, 3.0, -1.0])[0] - 1.0) ** 2))
    found = node(
        """const {groups, home} = given.data, {sizes, inside} = boxes.sizesOf(groups, home);
        const g = {N: home.length, ins: given.data.inputs};
        console.log(JSON.stringify([40, 22].map(most => {
          const open = boxes.openedFirst(groups, inside, most);
          const {boxes: found, edges, boxOf} = boxes.boxesOf(g, groups, home, sizes, open);
          return [found.length, edges.every(([u, v]) => u < v), new Set(boxOf).size];
        })));""",
        data=data,
    )
    for (count, ordered, used), most in zip(found, (40, 22), strict=True):
        assert count <= most
        assert ordered
        assert used == count
