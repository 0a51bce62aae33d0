"""SIGKILL in the middle of sending: what was acknowledged is there, once, in place."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from tests.support.storage import TALK, message, sqlite_stores

CHILD = Path(__file__).with_name("storage_child.py")


async def killed_after(folder, acknowledgements):
    """What a child process acknowledged until it was killed: [(sender, client_id, seq)]."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    child = await asyncio.create_subprocess_exec(
        sys.executable, CHILD, folder, stdout=asyncio.subprocess.PIPE, env=environment
    )
    assert child.stdout is not None
    lines: list[bytes] = []
    async with asyncio.timeout(30):
        while len(lines) < acknowledgements:
            lines.append(await child.stdout.readline())
            assert lines[-1].endswith(b"\n"), "the child ended by itself"
        child.kill()
        lines += (await child.stdout.read()).splitlines(keepends=True)
        await child.wait()
    whole = [line.decode().split() for line in lines if line.endswith(b"\n")]
    return [(sender, client_id, int(seq)) for sender, client_id, seq in whole]


@pytest.mark.parametrize("acknowledgements", [1, 400, 3_000])
async def test_every_acknowledged_message_survives_a_kill_once(tmp_path, acknowledgements):
    acknowledged = await killed_after(tmp_path, acknowledgements)
    assert len(acknowledged) >= acknowledgements
    async with sqlite_stores(tmp_path) as stores:
        log, last_seq = await stores.messages.events(TALK, 0, None, 10**6)
        assert [event.seq for event in log] == list(range(1, last_seq + 1))
        place = {(event.sender, event.client_id): event.seq for event in log}
        assert len(place) == len(log)
        for sender, client_id, seq in acknowledged:
            assert place[sender, client_id] == seq

        sender, client_id, seq = acknowledged[-1]
        again, created = await stores.messages.append(message(client_id, sender), 5)
        assert (again.seq, created) == (seq, False)
        unsent, created = await stores.messages.append(message("after", sender), 5)
        assert (unsent.seq, created) == (last_seq + 1, True)
