import subprocess
import sys

from parlor.wire.native.methods import METHODS
from tools.protocol import ROOT, build_page, main, outputs


def test_what_is_generated_from_the_protocol_is_current():
    for path, text in outputs().items():
        assert path.read_text(encoding="utf-8") == text, f"run python -m tools.protocol: {path}"


def test_the_check_says_whether_something_is_stale():
    checked = subprocess.run(
        [sys.executable, "-m", "tools.protocol", "--check"], cwd=ROOT, capture_output=True
    )
    assert (checked.returncode, checked.stdout) == (0, b"")


def test_an_unknown_argument_is_wrong_usage(capsys):
    assert main(["--chekc"]) == 2
    assert "usage" in capsys.readouterr().err


def test_the_page_has_every_method():
    page = build_page()
    assert all(f"| `{name}` |" in page for name in METHODS)
