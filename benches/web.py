"""How much a browser loads before the web app runs: scripts and styles of the first page,
compressed as the server sends them.

Reads the built app out of the package (`make web` builds it) and follows what the page names.
"""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator
from pathlib import Path

from benches.figures import Figure, run

WEBAPP = Path(__file__).parent.parent / "src" / "parlor" / "api" / "webapp"
BUDGET_KB = 250.0

_LOADED = re.compile(
    r"""<script[^>]*\bsrc="([^"]+)"|<link[^>]*\brel="(?:stylesheet|modulepreload)"[^>]*>""",
    re.IGNORECASE,
)
_HREF = re.compile(r'\bhref="([^"]+)"', re.IGNORECASE)


def first_loaded(page: str) -> list[str]:
    """Paths of the scripts, preloaded modules and styles that `page` names, each once."""
    paths = []
    for tag in _LOADED.finditer(page):
        href = tag[1] or next(iter(_HREF.findall(tag[0])), "")
        if href:
            paths.append(href.removeprefix("./").lstrip("/"))
    return list(dict.fromkeys(paths))


def measure() -> Iterator[Figure]:
    """Raises RuntimeError when the app was not built."""
    page = WEBAPP / "index.html"
    if not page.exists():
        raise RuntimeError("the web app is not built; `make web` builds it")
    paths = first_loaded(page.read_text())
    for figure, suffix, aim in (
        ("web.first_load_js", ".js", f"at most {BUDGET_KB:g} kB"),
        ("web.first_load_css", ".css", ""),
    ):
        files = [path for path in paths if path.endswith(suffix)]
        plain = [(WEBAPP / path).read_bytes() for path in files]
        compressed = sum(len(gzip.compress(content, 9)) for content in plain) / 1000
        budget = BUDGET_KB if suffix == ".js" else None
        yield Figure.beside(
            figure,
            compressed,
            "kB gzip",
            "budget" if budget else "",
            budget,
            aim=aim,
            note=f"{len(files)} files, {sum(map(len, plain)) / 1000:.0f} kB uncompressed",
        )


if __name__ == "__main__":
    run(measure, __doc__)
