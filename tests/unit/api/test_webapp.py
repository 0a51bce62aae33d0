import os
from pathlib import Path

import pytest

from parlor.api.webapp import WebApp

HTML = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    built = tmp_path / "webapp"
    (built / "assets").mkdir(parents=True)
    (built / "index.html").write_text("<!doctype html>app")
    (built / "docs.html").write_text("<!doctype html>docs")
    (built / "sw.js").write_text("sw")
    (built / "assets" / "app-1a2b.js").write_text("plain")
    (built / "assets" / "app-1a2b.js.br").write_bytes(b"br")
    (built / "assets" / "app-1a2b.js.gz").write_bytes(b"gz")
    (tmp_path / "secret.txt").write_text("secret")
    (built / "outside.txt").symlink_to(tmp_path / "secret.txt")
    return built


@pytest.mark.parametrize("path", ["/", "/c/12", "/m/7", "/call/9", "/setup/x.y", "/settings"])
def test_every_deep_link_opens_the_app(folder, path):
    page = WebApp(folder).answer(path, accept=HTML)
    assert page is not None
    assert page.body == b"<!doctype html>app"
    assert dict(page.headers)["cache-control"] == "no-cache"


def test_a_deep_link_works_for_programs_that_take_anything(folder):
    page = WebApp(folder).answer("/c/12", accept="*/*")
    assert page is not None
    assert page.status == 200


def test_what_takes_no_page_gets_no_page(folder):
    app = WebApp(folder)
    assert app.answer("/c/12", accept="application/json") is None
    assert app.answer("/missing.png", accept="image/png,*/*") is None
    assert app.answer("/assets/gone-9f.js", accept=HTML) is None


def test_docs_is_a_page_of_its_own(folder):
    page = WebApp(folder).answer("/docs", accept=HTML)
    assert page is not None
    assert page.body == b"<!doctype html>docs"


def test_hashed_assets_are_kept_for_good_and_others_are_asked_for(folder):
    app = WebApp(folder)
    asset, worker = app.answer("/assets/app-1a2b.js"), app.answer("/sw.js")
    assert asset is not None
    assert worker is not None
    assert "immutable" in dict(asset.headers)["cache-control"]
    assert dict(asset.headers)["content-type"] == "text/javascript; charset=utf-8"
    assert dict(worker.headers)["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accept_encoding", "body", "encoding"),
    [
        ("gzip, deflate, br", b"br", "br"),
        ("gzip", b"gz", "gzip"),
        ("br;q=0, gzip;q=0.5", b"gz", "gzip"),
        ("identity", b"plain", None),
        ("", b"plain", None),
    ],
)
def test_packed_assets_go_to_those_who_take_them(folder, accept_encoding, body, encoding):
    page = WebApp(folder).answer("/assets/app-1a2b.js", accept_encoding=accept_encoding)
    assert page is not None
    assert page.body == body
    headers = dict(page.headers)
    assert headers.get("content-encoding") == encoding
    assert headers["vary"] == "accept-encoding"


def test_the_packed_files_have_no_address_of_their_own(folder):
    assert WebApp(folder).answer("/assets/app-1a2b.js.br") is None


def test_an_unchanged_file_is_not_sent_again(folder):
    app = WebApp(folder)
    first = app.answer("/assets/app-1a2b.js", accept_encoding="br")
    assert first is not None
    tag = dict(first.headers)["etag"]
    again = app.answer(
        "/assets/app-1a2b.js", accept_encoding="br", if_none_match=f'"other", W/{tag}'
    )
    assert again is not None
    assert (again.status, again.body) == (304, b"")
    assert dict(again.headers)["etag"] == tag
    plain = app.answer("/assets/app-1a2b.js", if_none_match=tag)
    assert plain is not None
    assert plain.status == 200


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/assets/../../secret.txt",
        "/..%2fsecret.txt",
        "//secret.txt",
        "/outside.txt",
        "/assets/..\\..\\secret.txt",
        "/\x00",
    ],
)
def test_nothing_outside_the_folder_is_ever_served(folder, path):
    page = WebApp(folder).answer(path, accept="*/*")
    assert page is None or b"secret" not in page.body


def test_a_checkout_without_the_build_says_how_to_build(tmp_path):
    page = WebApp(tmp_path / "missing").answer("/", accept=HTML)
    assert page is not None
    assert page.status == 503
    assert b"make web" in page.body


def test_building_again_needs_no_restart(folder):
    app = WebApp(folder)
    app.answer("/", accept=HTML)
    (folder / "index.html").write_text("<!doctype html>newer")
    os.utime(folder / "index.html", ns=(1, 1))
    page = app.answer("/", accept=HTML)
    assert page is not None
    assert page.body == b"<!doctype html>newer"
