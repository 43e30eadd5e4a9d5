"""Networks on micro-controllers, in simulators: they pass their self-test, and learn there."""

import subprocess
from pathlib import Path

import pytest
from tests.export.builds import STRICT, needs, run

from jangrad import MLP
from jangrad.export import to_c

BOARDS = Path(__file__).parent / "boards"
CODE = ("-std=c99", "-Os", "-ffreestanding", "-DNET_SELF_TEST", *STRICT)


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


def test_atmega328p(net):
    """32 KB of flash, 2 KB of RAM: what is used is a fraction of both."""
    needs("avr-gcc", "avr-size", "simavr")
    chip = ("-mmcu=atmega328p", f"-I{net}")
    run("avr-gcc", *CODE, *chip, "-c", net / "net.c", "-o", net / "net.o")
    main = BOARDS / "atmega328p.c"
    linked = (net / "net.o", "-o", net / "net.elf", "-lm")
    run("avr-gcc", "-std=gnu99", "-Os", "-DNET_SELF_TEST", *chip, main, *linked)
    text, data, bss = map(int, run("avr-size", net / "net.elf").split("\n")[1].split()[:3])
    assert text + data < 8_000
    assert data + bss < 1_000
    # What goes out of the serial port is printed in colour.
    done = subprocess.run(
        ["simavr", "-m", "atmega328p", "-f", "16000000", str(net / "net.elf")],
        capture_output=True,
        text=True,
        timeout=120,
    )
    said = done.stdout + done.stderr
    learned(said[said.index("wrong") :])


def test_cortex_m3(net):
    """Without an operating system and without a library but the compiler's own."""
    needs("arm-none-eabi-gcc", "qemu-system-arm")
    chip = ("-mcpu=cortex-m3", "-mthumb", f"-I{net}")
    run("arm-none-eabi-gcc", *CODE, *chip, "-c", net / "net.c", "-o", net / "net.o")
    script = BOARDS / "cortex_m3.ld"
    linked = ("-nostartfiles", "-T", script, BOARDS / "cortex_m3.c", net / "net.o")
    program = net / "net.elf"
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
    learned(done.stdout + done.stderr)
