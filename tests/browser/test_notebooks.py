"""What a notebook shows, in real JupyterLab and real marimo: the picture, the page, both themes.

Skipped where they are not installed: `pip install jupyterlab marimo`.
"""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from importlib.util import find_spec

import pytest

CELLS = [
    "from jangrad import Value\na = Value(2.0)\nb = Value(3.0)\ne = a * a + a * b\ne.backtrack()",
    "from jangrad import MLP\nMLP(3, [4, 1], 'tanh', seed=0).show([2.0, 3.0, -1.0])",
]
NO_NEWS = {"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}
LOCAL = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def needs(name):
    return pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")


@contextmanager
def served(command, folder, path):
    """The address of a server that answers; it ends with the block."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Settings and kernels of whoever runs the tests shall not matter.
    homes = ("HOME", "XDG_CONFIG_HOME", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "IPYTHONDIR")
    environment = os.environ | {name: str(folder / "home") for name in homes}
    with (folder / "server.log").open("w") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", *command, *port_of(command[0], port)],
            cwd=folder,
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        address = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                LOCAL.open(address, timeout=5).close()
                break
            except OSError:
                assert server.poll() is None, (folder / "server.log").read_text()
                time.sleep(0.1)
        yield address + path
    finally:
        server.terminate()
        server.wait(20)


def port_of(program, port):
    return [f"--ServerApp.port={port}"] if program == "jupyterlab" else [f"--port={port}"]


@contextmanager
def jupyterlab(browser, folder, dark):
    """JupyterLab's page, its cells run."""
    cells = [
        {
            "cell_type": "code",
            "id": f"cell{i}",
            "metadata": {},
            "source": source,
            "outputs": [],
            "execution_count": None,
        }
        for i, source in enumerate(CELLS)
    ]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    notebook = {"cells": cells, "metadata": {"kernelspec": kernel}}
    text = json.dumps(notebook | {"nbformat": 4, "nbformat_minor": 5})
    (folder / "notebook.ipynb").write_text(text)
    theme = {"theme": "JupyterLab Dark" if dark else "JupyterLab Light"}
    settings = NO_NEWS | {"@jupyterlab/apputils-extension:themes": theme}
    (folder / "home" / "labconfig").mkdir(parents=True)
    (folder / "home" / "labconfig" / "default_setting_overrides.json").write_text(
        json.dumps(settings)
    )
    command = ["jupyterlab", "--no-browser", "--allow-root", "--IdentityProvider.token="]
    command += ["--expose-app-in-browser", f"--ServerApp.root_dir={folder}"]
    with served(command, folder, "/doc/tree/notebook.ipynb") as address:
        page = browser.new_page(viewport={"width": 1100, "height": 1000})
        page.goto(address)
        page.wait_for_selector(".jp-Notebook .jp-CodeCell", timeout=30_000)
        page.wait_for_selector("text=Python 3 (ipykernel) | Idle", timeout=30_000)
        page.evaluate("void jupyterapp.commands.execute('notebook:run-all-cells')")
        page.wait_for_function("document.querySelectorAll('iframe').length === 2", timeout=30_000)
        yield page
        page.close()


@contextmanager
def marimo(browser, folder, dark):
    """marimo's page, its cells run."""
    cells = [
        "@app.cell\ndef _():\n" + "\n".join(f"    {line}" for line in source.splitlines())
        for source in CELLS
    ]
    text = "\n\n\n".join(["import marimo\n\napp = marimo.App()", *cells])
    (folder / "notebook.py").write_text(text + "\n")
    theme = "dark" if dark else "light"
    (folder / "pyproject.toml").write_text(f'[tool.marimo.display]\ntheme = "{theme}"\n')
    command = ["marimo", "run", "notebook.py", "--headless", "--no-token"]
    with served(command, folder, "/") as address:
        page = browser.new_page(viewport={"width": 1100, "height": 1000})
        page.goto(address)
        page.wait_for_function("document.querySelectorAll('iframe').length === 2", timeout=30_000)
        yield page
        page.close()


def look(page, dark):
    """The picture in the notebook's theme; the page in its frame, which can be stepped through."""
    picture = page.locator("img[src^='data:image/svg+xml']").first
    assert picture.evaluate("image => image.complete && image.naturalWidth > 100")
    ground = [13, 17, 23] if dark else [255, 255, 255]
    assert corner_of(picture) == ground
    for number, line in enumerate(["v1 = a * a = 2 * 2 = 4", "net.layers[0].neurons[0]"]):
        page.locator("details").nth(number).evaluate("details => { details.open = true; }")
        frame = page.frame_locator("iframe").nth(number)
        frame.locator("#first").click()
        frame.locator("#next").click()
        assert line in frame.locator("#line").text_content()
    style = page.locator("iframe").first.evaluate("frame => getComputedStyle(frame).filter")
    assert style.startswith("invert") is dark


def corner_of(picture):
    """The colour of a pixel near the corner, as it is on the screen."""
    image = pytest.importorskip("PIL.Image")
    from io import BytesIO

    return list(image.open(BytesIO(picture.screenshot())).convert("RGB").getpixel((4, 4)))


HOSTS = [
    pytest.param(jupyterlab, marks=needs("jupyterlab")),
    pytest.param(marimo, marks=needs("marimo")),
]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("host", HOSTS)
def test_it_is_shown_and_stepped_through(browser, tmp_path, host, dark):
    """In each, light and dark."""
    with host(browser, tmp_path, dark) as page:
        look(page, dark)
