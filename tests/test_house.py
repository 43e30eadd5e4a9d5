"""The house rules: what may import what, a light front door, files that can be read."""

import ast
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from tools.generate_reference import everything

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "jangrad"
FILES = sorted(SOURCE.rglob("*.py"))
HEAVY = (
    "numpy",
    "matplotlib",
    "rich",
    "click",
    "safetensors",
    "llvmlite",
    "sympy",
    "torch",
    "sklearn",
)


def test_rooms_import_only_downward():
    """The contracts of import-linter in pyproject.toml hold."""
    pytest.importorskip("importlinter")
    done = subprocess.run(
        [sys.executable, "-c", "from importlinter.cli import lint_imports_command as c; c()"],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stdout


#: Packages that are entered through their doors alone: what these import is what they show.
DOORS = {
    "jangrad.compiler": ("", ".predicting", ".running", ".building", ".exporting"),
    "jangrad.compiler.vector_functions": ("", ".alone"),
    "jangrad.guards": ("",),
}


def imports_of(file):
    """Each module that a file imports from, at whatever place, with the names."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, ()) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module, [alias.name for alias in node.names]


@pytest.mark.parametrize("package", DOORS)
def test_packages_are_entered_through_their_doors(package):
    """Nothing outside names a module inside, be it for types or at first use."""
    inside = SOURCE.parent / package.replace(".", "/")
    shown = {}
    for door in DOORS[package]:
        file = (inside / (door[1:] or "__init__")).with_suffix(".py")
        made = ast.parse(file.read_text(encoding="utf-8")).body
        defined = [n.name for n in made if isinstance(n, ast.FunctionDef | ast.ClassDef)]
        # A door hands on what it imports, unless the house begins behind it.
        shown[package + door] = {name for name in defined if name[0] != "_"} or set().union(
            *(names for _, names in imports_of(file))
        )
        assert shown[package + door]
    used = {door: set() for door in shown}
    for file in FILES:
        if not file.is_relative_to(inside):
            for module, names in imports_of(file):
                if f"{module}.".startswith(f"{package}."):
                    assert module in shown, f"{file.name} imports from inside: {module}"
                    assert set(names) <= shown[module], f"{file.name}: {names}"
                    used[module].update(names)
    # What is for users, and for tests and benchmarks that run a vector function alone.
    others = {"jit", "Compiled", "ArrayFunction", "Vector", "bits_of"}
    others |= {"SWITCHES", "without"}  # to find faults with
    for door, names in used.items():
        unused = shown[door] - names - others
        assert not unused, f"nothing outside asks {door} for {unused}"


def test_the_front_door_is_light():
    """`import jangrad` loads none of the heavy libraries, and none of the upper rooms."""
    code = "import sys, jangrad; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert not loaded & set(HEAVY)
    upper = {"show", "nn", "train", "interfaces", "compiler", "guards", "sklearn"}
    assert not {f"jangrad.{room}" for room in upper} & loaded


def test_a_first_training_by_python_is_light():
    """It loads no library either, with the engine that is chosen by itself."""
    code = """import sys, jangrad
from jangrad.datasets import four_rows
history = jangrad.fit(jangrad.MLP(3, [4, 1]), *four_rows(), steps=3, batch_size=2, progress=False)
print(history.engine, *sorted(sys.modules))"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    engine, *loaded = done.stdout.split()
    assert engine == "eager"
    assert not {*loaded} & set(HEAVY)


def test_files_can_be_read_in_one_sitting():
    """No file has more than 600 lines that are written by hand, but for the engine."""
    printed = re.compile(r"(?ms)^ *# <(\w+)>$.*?^ *# </\1>$")
    long = {f.name: n for f in FILES if (n := printed.sub("", f.read_text()).count("\n")) > 600}
    assert set(long) <= {"engine.py"}
    assert long.get("engine.py", 0) < 1150


#: What may have a name that something else in the package has.
SAME_FILES = {"__init__", "engine", "nn"}  # micrograd's modules are called so
SAME_CLASSES = {
    *("Value", "Module", "Neuron", "Layer", "MLP"),  # so are its classes
    *("Const", "Call", "Function"),  # nodes of grammars: of rules, of loop programs and of plans
    "Bin",  # of a histogram; the sign of a rule
    "Source",  # of a data set; of a step
    "Target",  # a machine; where a kernel writes
}


def test_no_two_files_or_public_classes_share_a_name():
    """One who searches for a name finds one thing."""
    files = Counter(file.stem for file in FILES)
    assert {name for name, count in files.items() if count > 1} <= SAME_FILES
    classes = Counter(
        node.name
        for file in FILES
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.ClassDef) and node.name[0] != "_"
    )
    assert {name for name, count in classes.items() if count > 1} <= SAME_CLASSES


@pytest.mark.parametrize("file", FILES, ids=lambda f: str(f.relative_to(SOURCE)))
def test_every_file_says_what_it_is_for(file):
    """A docstring on top, and no import of a heavy library outside the function that needs it."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a file starts by saying what it is for"
    for node in tree.body:
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        top = {name.split(".")[0] for name in names}
        # What is itself imported at first use only may rest on a library.
        allowed = {"click"} if "interfaces" in file.parts else set()
        later = {"compiler", "compiled", "solvers", "guards", "explain", "studies"}
        later |= {"code", "vectorised"}
        if later.intersection(file.parts) or file.relative_to(SOURCE) == Path("nn/machine_code.py"):
            allowed = {"numpy"}
        if "sklearn" in file.relative_to(SOURCE).parts:  # for those who have imported it already
            allowed = {"numpy", "sklearn"}
        assert not top & set(HEAVY) - allowed


def test_generated_code_is_fresh():
    """The engine's operators are those that the table gives."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "generate_engine.py"), "--check"],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_random_example_is_passed_over_in_silence():
    """Hypothesis counts what `assume` and `reject` leave out; a `return` would count as passed."""
    silent = []
    for file in sorted((ROOT / "tests").rglob("test_*.py")):
        for test in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(test, ast.FunctionDef):
                continue
            calls = [d.func for d in test.decorator_list if isinstance(d, ast.Call)]
            random = {"given", "drawn"} & {getattr(call, "id", "") for call in calls}
            inner = {n for f in test.body for n in ast.walk(f) if isinstance(n, ast.FunctionDef)}
            nested = {id(n) for f in inner for n in ast.walk(f)}
            returns = (
                n for n in ast.walk(test) if isinstance(n, ast.Return) and id(n) not in nested
            )
            if random:
                silent += [f"{file.name}:{found.lineno}" for found in returns]
    assert silent == []


def test_the_repository_speaks_of_the_project_alone():
    """No path of a machine and no address of a registry in anything that is kept."""
    done = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        pytest.skip("not a git checkout")
    strange = re.compile(r"(?<![\w.])/(home|root|work|Users)/\w|pypi\.org/simple|index-url")
    for name in done.stdout.split():
        file = ROOT / name
        if file.suffix in (".py", ".md", ".toml", ".yml", ".js", ".css", ".h", ".pxd", "") and (
            file.exists() and file != Path(__file__)
        ):
            assert not strange.search(file.read_text(encoding="utf-8")), name


def test_ci_runs_the_commands_of_the_readme():
    """The two commands that the README promises are those that are checked."""
    readme = (ROOT / "README.md").read_text()
    checked = (ROOT / ".ci" / "run").read_text()
    commands = re.findall(r"^python3 -m venv \.venv && (.+)$", readme, re.MULTILINE)
    assert len(commands) == 2
    assert all(command in checked for command in commands)


#: What prose is not to say, and what to write instead; identifiers and other code stay as they are.
INSTEAD = {
    r"h(ang|angs|ung) on": "depend on",
    r"whole numbers?": "integer",
    r"(nearest|second|third) cache": "L1, L2, L3 cache",
    r"(is|are|has|have) paid|pays (it|its|each|nothing|the)|payments?": "contribute, propagate",
    r"melt(s|ed)? into": "inlined",
    r"one's own": "your own, of the user's",
    r"length of (the|its) gradients?": "gradient norm",
    r"(optim|vector|initial|normal|regular|standard|general|minim|maxim|serial)iz\w+": "-ise",
    r"analyz\w+|behavior\w*|colors?|centers?|neighbors?|favor\w*|gray": "-ys-, -our, -re, grey",
}


def prose_of_the_docs():
    """Each page and each public docstring, without code and links."""
    pages = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    for page in pages:
        if page.name != "glossary.md" and page.parent.name != "reference":  # which tells such words
            yield page.name, page.read_text(encoding="utf-8")
    # Examples, titles of papers and names of arguments are as they are.
    own = re.compile(r"(?ms)^(>>>|Sources?:).*?(?=^$|\Z)|^ +[\w, ]+:(?= )")
    for entry in everything():
        yield entry.name, own.sub("", entry.doc)


@pytest.mark.parametrize("word", INSTEAD)
def test_prose_is_plain_and_spelled_one_way(word):
    """In the field's words and British spelling, as CONTRIBUTING.md says."""
    found = []
    for name, text in prose_of_the_docs():
        prose = re.sub(r"(?ms)^ *```.*?^ *```|`[^`\n]*`|\]\(.*?\)", "", text)
        for match in re.finditer(rf"\b({word})\b", " ".join(prose.split()), re.IGNORECASE):
            found.append(f"{name}: {match[0]}, write: {INSTEAD[word]}")
    assert found == []


def test_environment_variables_are_in_one_table():
    """Each that the sources, the tests or the build read, and no other."""
    text = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    table = set(re.findall(r"(?m)^\| `(JANGRAD_\w+)`", text))
    done = subprocess.run(["git", "ls-files"], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        pytest.skip("not a git checkout")
    read = set()
    for name in done.stdout.split():
        file = ROOT / name
        if file.suffix in (".py", "") and file.is_file() and file != Path(__file__):
            code = file.read_text(encoding="utf-8")
            read |= set(re.findall(r"environ(?:\.get\(|\[)\s*\"(JANGRAD_\w+)\"", code))
    assert table == read - {"JANGRAD_TEST_RATE"}  # what a test invents


def test_every_extra_is_in_the_table_of_installing():
    """With the command that installs it."""
    text = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?m)^\| .* \| `pip install '\.\[(\w+)\]'` \|$", text))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert named == set(project["optional-dependencies"])


def test_the_picture_of_levels_is_the_contract():
    """ARCHITECTURE.md has each room on the level that pyproject.toml gives it."""
    contract = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    layers = [line.split(" | ") for line in contract["contracts"][0]["layers"]]
    held = {room: level for level, rooms in enumerate(reversed(layers)) for room in rooms}
    rows = re.findall(
        r"(?m)^\| (\d+) \| `(\w+)(?:\.py|/)?` \|", (ROOT / "ARCHITECTURE.md").read_text()
    )
    drawn = {room: int(level) for level, room in rows}
    assert drawn == {room: level for room, level in held.items() if room != "nocython"}
