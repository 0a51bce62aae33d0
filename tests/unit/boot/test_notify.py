import os
import socket

import pytest

from parlor.boot.notify import say_main, say_ready, say_stopping


@pytest.mark.parametrize("kind", ["file", "abstract"])
def test_systemd_is_told_who_serves(tmp_path, kind):
    name = f"{tmp_path}/notify" if kind == "file" else f"@{tmp_path}"[:80]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(name.replace("@", "\0", 1) if kind == "abstract" else name)
        systemd.settimeout(5)
        say_ready({"NOTIFY_SOCKET": name})
        assert systemd.recv(1_000).decode().split() == ["READY=1", f"MAINPID={os.getpid()}"]
        say_main({"NOTIFY_SOCKET": name})
        assert systemd.recv(1_000).decode() == f"MAINPID={os.getpid()}\n"
        say_stopping({"NOTIFY_SOCKET": name})
        assert systemd.recv(1_000) == b"STOPPING=1\n"


def test_without_systemd_nobody_is_told_and_nothing_breaks(tmp_path):
    say_ready({})
    say_ready({"NOTIFY_SOCKET": f"{tmp_path}/nobody"})
