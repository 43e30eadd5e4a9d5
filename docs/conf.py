"""The documentation as pages of a site: `sphinx-build -W -n -c docs . build/site`.

The sources are the Markdown files as they stand in the repository; `_toc.yml` says in which order.
"""

import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from tools import course  # noqa: E402
from tools.draw_docs import write_pages  # noqa: E402

project = "jangrad"
author = "jangrad contributors"
version = release = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

extensions = ["myst_parser", "sphinx_external_toc", "sphinx_copybutton"]
external_toc_path = str(ROOT / "docs/_toc.yml")
include_patterns = ["*.md", "docs/*.md", "docs/**/*.md", "examples/*.md"]
exclude_patterns = ["build", "tests", ".venv", "**/.*"]

myst_heading_anchors = 4  # as repository browsers make them
myst_links_external_new_tab = True
suppress_warnings = ["myst.header"]  # a page of the reference begins where its sections need it

html_theme = "furo"
html_title = "jangrad"
html_extra_path = [str(ROOT / "build" / "extra")]  # at the top of the site
html_static_path = ["site"]
html_css_files = ["frames.css"]
LIVE = ROOT / "build" / "extra" / "live"
write_pages(LIVE)
html_copy_source = False
html_show_sphinx = False
copybutton_prompt_text = ">>> |... |$ "
copybutton_prompt_is_regexp = True


def setup(app):
    """Chapters of the course have their live pages in frames, where Markdown alone has images."""
    app.connect("source-read", _with_frames)


def _with_frames(app, name, source):
    chapter = ROOT / f"{name}.md"
    if chapter in course.pages():
        source[0] = course.with_frames(chapter, LIVE, "../../live")
