"""Networks on micro-controllers, in simulators: they pass their self-test, and learn there."""

import subprocess
from pathlib import Path

import numpy as np
import pytest
from tests.export.builds import STRICT, needs, run

from jangrad import MLP
from jangrad.export import to_c

BOARDS = Path(__file__).parent / "boards"
CODE = ("-Os", "-ffreestanding", "-DNET_SELF_TEST", *STRICT)


@pytest.fixture
def net(tmp_path):
    """The C of the network of the four rows."""
    made = MLP(3, [4, 4, 1], "tanh", seed=1)
    how = {"loss": "squared_error", "dtype": "float32", "self_test": True}
    files = to_c(made, tmp_path / "net", optimizer="sgd", **how)
    # 41 numbers of four bytes, and as many of their gradient; SGD remembers nothing.
    assert (files.flash, files.ram) == (164, 328)
    return tmp_path


def learned(text):
    """Whether all is right, and each of the four rows is near its target of 1 or -1."""
    words = text.split()
    assert words[:3] == ["wrong", "0", "outputs"], text
    outputs = [int(word.strip(".")) / 1000 for word in words[3:7]]
    assert outputs == pytest.approx([1.0, -1.0, -1.0, 1.0], abs=0.05)


def on_atmega(folder, shown, std="c99"):
    """What an ATmega328P says, and the bytes that it has in flash and in RAM."""
    needs("avr-gcc", "avr-size", "simavr")
    chip = ("-mmcu=atmega328p", f"-I{folder}", f'-DSHOWN="{shown}.h"')
    code = (f"-std={std}", *CODE)
    run("avr-gcc", *code, *chip, "-c", folder / "net.c", "-o", folder / "net.o")
    main = BOARDS / "atmega328p.c"
    linked = (folder / "net.o", "-o", folder / "net.elf", "-lm")
    run("avr-gcc", "-std=gnu99", "-Os", "-DNET_SELF_TEST", *chip, main, *linked)
    text, data, bss = map(int, run("avr-size", folder / "net.elf").split("\n")[1].split()[:3])
    done = subprocess.run(
        ["simavr", "-m", "atmega328p", "-f", "16000000", str(folder / "net.elf")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    # What goes out of the serial port is printed in colour.
    said = done.stdout + done.stderr
    return said[said.index("wrong") :], text + data, data + bss


def on_cortex(folder, shown):
    """What a Cortex-M3 says, without an operating system and a library but the compiler's own."""
    needs("arm-none-eabi-gcc", "qemu-system-arm")
    chip = ("-mcpu=cortex-m3", "-mthumb", f"-I{folder}", f'-DSHOWN="{shown}.h"')
    code = ("-std=c99", *CODE)
    run("arm-none-eabi-gcc", *code, *chip, "-c", folder / "net.c", "-o", folder / "net.o")
    script = BOARDS / "cortex_m3.ld"
    linked = ("-nostartfiles", "-T", script, BOARDS / "cortex_m3.c", folder / "net.o")
    program = folder / "net.elf"
    how = ("-std=gnu99", "-Os", "-DNET_SELF_TEST")
    run("arm-none-eabi-gcc", *how, *chip, *linked, "-o", program, "-lm")
    machine = ("-M", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "none")
    host = ("-semihosting-config", "enable=on,target=native")
    done = subprocess.run(
        ["qemu-system-arm", *machine, *host, "-kernel", str(program)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    return done.stdout + done.stderr


def test_an_atmega328p_learns(net):
    """32 KB of flash, 2 KB of RAM: what is used is a fraction of both."""
    said, flash, ram = on_atmega(net, "learn")
    learned(said)
    assert flash < 8_000
    assert ram < 1_000


def test_a_cortex_m3_learns(net):
    """The same network on a processor of 32 bits."""
    learned(on_cortex(net, "learn"))


def test_constants_of_an_atmega328p_are_in_flash(tmp_path):
    """As GNU C, where AVR has an address space for them; C99 has none, and copies them to RAM."""
    made = MLP(3, [16, 16, 1], "tanh", seed=0)
    files = to_c(made, tmp_path / "net", dtype="float32", self_test=True)
    said, _, ram = on_atmega(tmp_path, "check", "gnu99")
    copied, _, more = on_atmega(tmp_path, "check")
    assert said.startswith("wrong 0.")
    assert copied.startswith("wrong 0.")
    # Biases are 0 yet, which the compiler puts into the code.
    assert files.flash - 33 * 4 < more - ram <= files.flash
    assert ram < 40


@pytest.mark.parametrize(("dtype", "share", "error"), [("int8", 0.6, 0.01), ("q15", 0.7, 0.0003)])
def test_fixed_point_on_both_boards(tmp_path, dtype, share, error):
    """The same integers as here, to the last one; on AVR without the library's floats."""
    made = MLP(3, [16, 16, 1], "tanh", seed=0)
    rows = np.random.default_rng(0).normal(size=(200, 3))
    to_c(made, tmp_path / "net", dtype="float32", self_test=True)
    _, plain, _ = on_atmega(tmp_path, "check", "gnu99")
    files = to_c(made, tmp_path / "net", dtype=dtype, rows=rows, self_test=True)
    said, flash, ram = on_atmega(tmp_path, "check", "gnu99")
    assert said.startswith("wrong 0.")
    assert flash < share * plain
    assert ram < 40
    assert files.fixed_point.worst < error
    assert on_cortex(tmp_path, "check").startswith("wrong 0")


def test_functions_of_its_own_on_both_boards(tmp_path):
    """With libm=False: what is table, polynomial or binary digit lies in flash on AVR."""

    def f(x):
        angles = [(x * 1e6).sin(), x.tan(), x.atan(), (x * 0.3).asin(), x.atan2(x + 2.0)]
        return [*angles, x.erf(), x.exp(), (x * x).log1p(), x.cosh(), x.cbrt(), (x * 7.0) % 3.0]

    how = {"dtype": "float32", "self_test": True, "libm": False}
    to_c(f, tmp_path / "net", (0.7,), **how)
    said, _, ram = on_atmega(tmp_path, "check", "gnu99")
    assert said.startswith("wrong 0.")
    assert ram < 100
    assert on_cortex(tmp_path, "check").startswith("wrong 0")
