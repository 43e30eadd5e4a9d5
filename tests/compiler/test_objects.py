"""`save_object`: machine code for this processor and for others, linked and run."""

import subprocess

import pytest
from tests.export.builds import STRICT, needs, run
from tests.export.test_boards import BOARDS

from jangrad import MLP, Value, jit, softmax
from jangrad.errors import ConfigError, SaveError

ROW = [2.0, 3.0, -1.0]


@pytest.fixture
def net():
    """A network with functions that no processor has."""
    made = MLP(3, [4, 4, 3], "tanh", seed=1)
    f = jit(lambda xs, t: softmax([y * t for y in made(xs)]), dtype="float32")
    f(ROW, 0.5)
    return f


def test_this_processor(tmp_path, net):
    """Linked to C, and called: what `jit` gives."""
    needs("gcc")
    made = net.save_object(tmp_path / "net.o")
    assert made.size == (tmp_path / "net.o").stat().st_size
    main = tmp_path / "main.c"
    main.write_text(
        '#include <stdio.h>\n#include "net.h"\nint main(void) {\n'
        "    const float x[4] = {2, 3, -1, 0.5F};\n    float y[3];\n    net(x, y);\n"
        '    return printf("%.9g %.9g %.9g", (double)y[0], (double)y[1], (double)y[2]) < 0;\n}\n'
    )
    run("gcc", "-std=c99", *STRICT, main, made.path, "-o", tmp_path / "main", "-lm")
    found = [float(x) for x in run(tmp_path / "main").split()]
    assert found == pytest.approx(net(ROW, 0.5).tolist(), rel=1e-6)


def test_a_cortex_m3(tmp_path, net):
    """The same in a simulator of a processor without arithmetic of fractions."""
    needs("arm-none-eabi-gcc", "qemu-system-arm")
    net.save_object(tmp_path / "net.o", target="thumbv7m-none-eabi", cpu="cortex-m3")
    (tmp_path / "call.h").write_text(
        '#include "net.h"\n#include "say.h"\n'
        "static void show(void)\n{\n"
        "    const float x[4] = {2, 3, -1, 0.5F};\n    float y[3];\n    net(x, y);\n"
        '    for (int k = 0; k < 3; ++k) {\n        say(" ");\n'
        "        say_number((long)(y[k] * 1e6F));\n    }\n}\n"
    )
    chip = ("-mcpu=cortex-m3", "-mthumb", "-Os", f"-I{tmp_path}", f"-I{BOARDS}")
    linked = (
        '-DSHOWN="call.h"',
        "-nostartfiles",
        "-T",
        BOARDS / "cortex_m3.ld",
        BOARDS / "cortex_m3.c",
    )
    program = tmp_path / "net.elf"
    run("arm-none-eabi-gcc", *chip, *linked, tmp_path / "net.o", "-o", program, "-lm")
    machine = ("-M", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "none")
    host = ("-semihosting-config", "enable=on,target=native")
    done = subprocess.run(
        ["qemu-system-arm", *machine, *host, "-kernel", str(program)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    found = [int(x) / 1e6 for x in (done.stdout + done.stderr).split()]
    assert found == pytest.approx(net(ROW, 0.5).tolist(), abs=2e-6)


@pytest.mark.parametrize(
    ("target", "begins"),
    [
        ("aarch64-linux-gnu", b"\x7fELF\x02\x01"),
        ("riscv32-unknown-elf", b"\x7fELF\x01\x01"),
        ("wasm32-unknown-unknown", b"\x00asm"),
        ("x86_64-pc-windows-msvc", b"\x64\x86"),
        ("arm64-apple-darwin", b"\xcf\xfa\xed\xfe"),
    ],
)
def test_other_processors(tmp_path, net, target, begins):
    """Each has its kind of file, which is the same again, and may be replaced."""
    for _ in range(2):
        net.save_object(tmp_path / "net", target=target)
        made = (tmp_path / "net.o").read_bytes()
        assert made.startswith(begins)
    assert target in (tmp_path / "net.h").read_text()
    assert str(tmp_path).encode() not in made


def test_what_is_refused(tmp_path, net):
    """Targets that are not there are answered by those that are."""
    with pytest.raises(ConfigError, match=r"no code for 'xtensa-esp32'[\s\S]*aarch64-linux-gnu"):
        net.save_object(tmp_path / "f.o", target="xtensa-esp32")
    double = jit(lambda x: x * 2.0)
    with pytest.raises(ConfigError, match=r"of no shapes[\s\S]*try: call it once before"):
        double.save_object(tmp_path / "f.o")
    double(1.0)
    with pytest.raises(ConfigError, match=r"double precision[\s\S]*float32"):
        double.save_object(tmp_path / "f.o", target="avr")
    (tmp_path / "f.h").write_text("int mine;\n")
    with pytest.raises(SaveError, match="not a header of jangrad's"):
        double.save_object(tmp_path / "f.o")
    assert [file.name for file in tmp_path.iterdir()] == ["f.h"]
    double.save_object(tmp_path / "f.o", force=True)


def test_parameters_that_are_not_finite(tmp_path):
    """They are what they are."""
    needs("gcc")
    p = [Value(float("inf")), Value(float("nan")), Value(-0.0)]
    f = jit(lambda x: [x * w for w in p])
    f(1.0)
    f.save_object(tmp_path / "f.o")
    main = tmp_path / "main.c"
    main.write_text(
        '#include <stdio.h>\n#include "f.h"\nint main(void) {\n    const double x[1] = {2};\n'
        '    double y[3];\n    f(x, y);\n    return printf("%g %d %g", y[0], y[1] != y[1], y[2])'
        " < 0;\n}\n"
    )
    run("gcc", "-std=c99", main, tmp_path / "f.o", "-o", tmp_path / "main", "-lm")
    assert run(tmp_path / "main") == "inf 1 -0"
