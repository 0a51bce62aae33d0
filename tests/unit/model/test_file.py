import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parlor.model.errors import BadFileName, NotFound
from parlor.model.file import UNKNOWN_TYPE, check_file_id, check_file_name, sniff
from tests.support.drawn import drawn

SAFE = (
    "image/", "video/", "audio/", "application/pdf", "application/zip", "application/gzip",
    UNKNOWN_TYPE,
)  # fmt: skip


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("report.pdf", "report.pdf"),
        (" 报告 (最终) 👋.docx ", "报告 (最终) 👋.docx"),
        ("cafe\u0301.txt", "caf\u00e9.txt"),
        (".gitignore", ".gitignore"),
        ("a" * 200, "a" * 200),
        ("100% <b>&quot;.txt", "100% <b>&quot;.txt"),
    ],
)
def test_a_name_that_says_what_it_is_stays(raw, name):
    assert check_file_name(raw) == name


@pytest.mark.parametrize(
    "raw",
    [
        "", "  ", ".", "..", "...", "a/b", "\\\\host\\share", "a\0.txt", "a\n.txt", "\u202etxt.exe",
        "a\u200b.txt", "\xad", "\u200d", "\u3164", "\ud800",
        "e" + "\u0301" * 40, "x" * 201, "字" * 1_000,
    ],
)  # fmt: skip
def test_a_name_that_could_deceive_is_refused(raw):
    with pytest.raises(BadFileName):
        check_file_name(raw)


@given(st.text(max_size=300))
def test_a_name_is_taken_or_refused_and_taken_as_it_is_from_then_on(raw):
    try:
        name = check_file_name(raw)
    except BadFileName:
        return
    assert check_file_name(name) == name
    assert "/" not in name
    assert "\\" not in name
    assert any(unicodedata.category(c)[0] not in "CZ" for c in name)


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (drawn("JPEG"), "image/jpeg"),
        (drawn("PNG"), "image/png"),
        (drawn("GIF"), "image/gif"),
        (drawn("WEBP"), "image/webp"),
        (b"RIFF\0\0\0\0WAVEfmt ", "audio/wav"),
        (b"\0\0\0\x20ftypisom", "video/mp4"),
        (b"\0\0\0\x20ftypM4A ", "audio/mp4"),
        (b"\x1aE\xdf\xa3\x01", "video/webm"),
        (b"OggS\0", "audio/ogg"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90\x44", "audio/mpeg"),
        (b"%PDF-1.7\n", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"<!doctype html>", UNKNOWN_TYPE),
        (b"<svg xmlns=", UNKNOWN_TYPE),
        (b"<?xml version", UNKNOWN_TYPE),
        (b"#!/bin/sh", UNKNOWN_TYPE),
        (b"MZ\x90", UNKNOWN_TYPE),
        (b"", UNKNOWN_TYPE),
    ],
)
def test_a_type_is_known_by_the_first_bytes(head, kind):
    assert sniff(head[:64]) == kind


@given(st.binary(max_size=64))
def test_no_bytes_are_of_a_type_that_runs(head):
    kind = sniff(head)
    assert kind.startswith(SAFE)
    assert "svg" not in kind
    assert "xml" not in kind


@pytest.mark.parametrize(
    "raw", ["", "0" * 31, "0" * 33, "A" * 32, "../" * 10 + "xx", "0" * 31 + "\n"]
)
def test_what_is_no_id_is_not_found(raw):
    with pytest.raises(NotFound):
        check_file_id(raw)
    assert check_file_id("0af1" * 8) == "0af1" * 8
