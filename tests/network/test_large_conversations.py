"""Conversations with too many members to name, in a real server; and who gets no echo."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from parlor.client import Connection, connect
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL
from parlor.wire.native.pushes import EventPush
from tests.support.people import Person, sign_up
from tests.support.server import running_parlor

SUBPROTOCOLS = (JSON_SUBPROTOCOL, MSGPACK_SUBPROTOCOL)


async def told(connection: Connection, until: int) -> list[int]:
    """The seqs of the events that are pushed, up to `until`."""
    seqs: list[int] = []
    async with asyncio.timeout(20):
        while not seqs or seqs[-1] < until:
            data = (await connection.next_push(EventPush)).data
            assert isinstance(data, EventPush)
            seqs.append(data.event.seq)
    return seqs


async def say(connection: Connection, talk: str, text: str) -> int:
    sent = await connection.request(wire.MessageSend(talk, text, text), wire.MessageSendResult)
    return sent.event.seq


@pytest.mark.parametrize("announce_members", [1, 500], ids=["large", "small"])
async def test_everybody_but_the_connection_that_sent_is_told_once_and_in_order(
    tmp_path, announce_members
):
    flags = ("--set", f"im.announce_members={announce_members}")
    async with AsyncExitStack() as stack:
        parlor = await stack.enter_async_context(running_parlor(tmp_path, flags))
        ann, bob, cem = [await sign_up(parlor.url, name) for name in ("ann", "bob", "cem")]
        talk = await ann.talk_to(bob, cem, title="Everybody")

        async def come(person: Person, place: int) -> Connection:
            link = connect(person.websocket_url, person.token, subprotocol=SUBPROTOCOLS[place % 2])
            return await stack.enter_async_context(link)

        phone, laptop = await come(ann, 0), await come(ann, 1)
        bobs = await come(bob, 0)
        assert [await say(phone, talk, f"{n}") for n in range(5)] == [2, 3, 4, 5, 6]
        cems = await come(cem, 1)
        assert await say(bobs, talk, "hello Cem") == 7
        assert await say(phone, talk, "last") == 8
        assert await told(laptop, 8) == [2, 3, 4, 5, 6, 7, 8]
        assert await told(bobs, 8) == [2, 3, 4, 5, 6, 8]
        assert await told(cems, 8) == [7, 8]
        # What the phone said itself it knows by the answers.
        assert await say(bobs, talk, "over") == 9
        assert await told(phone, 9) == [7, 9]
