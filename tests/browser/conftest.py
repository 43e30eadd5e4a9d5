"""A browser, and pages opened in it that must neither fail nor ask for anything."""

import shutil

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium; without it, or without Playwright, the tests that ask are skipped."""
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium")
    with playwright.sync_playwright() as p:
        browser = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, tmp_path):
    """`opened(tree)` gives the page; at the end: no error, no request beyond the file."""
    troubles = []
    pages = []

    def open_(tree, width=1200, height=760, scheme="light", calm=False, **options):
        file = tmp_path / "page.html"
        file.write_text(tree.page(**options), encoding="utf-8")
        page = browser.new_page(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            reduced_motion="reduce" if calm else "no-preference",
        )
        page.on("console", lambda m: m.type == "error" and troubles.append(m.text))
        page.on("pageerror", lambda e: troubles.append(str(e)))
        page.on("request", lambda r: r.url.startswith("file:") or troubles.append(r.url))
        page.on("dialog", lambda d: troubles.append(d.message))
        page.goto(file.as_uri())
        pages.append(page)
        return page

    yield open_
    for page in pages:
        page.close()
    assert troubles == []
