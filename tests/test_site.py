"""The check of the built site finds what is lost and what is fetched, and nothing else."""

from tools.check_site import faults

PAGE = """<!doctype html><html><head>
<link rel="canonical" href="https://example.org/a.html">
<link rel="stylesheet" href="style.css">{head}</head>
<body><h1 id="top">A</h1><a href="#top">up</a><a href="folder/b.html#there">on</a>
<a href="https://example.org/">elsewhere</a>
<iframe src="live/steps.html#start"></iframe>{body}</body></html>
"""


def site(folder, head="", body=""):
    (folder / "folder").mkdir()
    (folder / "live").mkdir()
    (folder / "index.html").write_text(PAGE.format(head=head, body=body), encoding="utf-8")
    (folder / "folder/b.html").write_text('<p id="there"><a href="../index.html">back</a></p>')
    (folder / "live/steps.html").write_text("<p>a page</p>")
    (folder / "style.css").write_text("")
    return list(faults(folder))


def test_a_site_whose_links_lead_somewhere_has_no_faults(tmp_path):
    """Places, pages, files, links to elsewhere, and what a live page reads behind its #."""
    assert site(tmp_path) == []


def test_what_is_lost_or_fetched_is_told(tmp_path):
    """A script from elsewhere, a page, a place in a page, and a frame."""
    lost = '<a href="c.html">c</a><a href="folder/b.html#here">b</a>'
    lost += '<iframe src="live/x.html"></iframe>'
    found = site(tmp_path, '<script src="https://example.org/x.js"></script>', lost)
    assert found == [
        "index.html loads https://example.org/x.js",
        "index.html leads to c.html, which is not there",
        "index.html leads to folder/b.html#here, which has no such place",
        "index.html leads to live/x.html, which is not there",
    ]
