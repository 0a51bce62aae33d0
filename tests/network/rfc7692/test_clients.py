"""Another implementation as the client, from hello to push."""

import asyncio
import json
from contextlib import AsyncExitStack
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.typing import Subprotocol

from tests.support.people import sign_up
from tests.support.rest_server import make_key

WAYS: list[dict[str, Any]] = [
    {"compression": None},
    {"compression": "deflate"},
    {"extensions": [ClientPerMessageDeflateFactory(server_max_window_bits=9)]},
    {"extensions": [ClientPerMessageDeflateFactory(client_max_window_bits=9)]},
]


async def test_7_2_everybody_in_a_room_gets_the_same_push_compressed_or_not(parlor):
    person = await sign_up(parlor.url, "everybody")
    key = await make_key(parlor, "tests", "push")
    body = "says the same to everybody " * 20
    async with AsyncExitStack() as stack, asyncio.timeout(20):
        await stack.enter_async_context(person.rest)
        links = []
        for way in WAYS:
            client = connect(
                person.websocket_url,
                subprotocols=[Subprotocol("parlor.v1.json")],
                **({"compression": None} | way),
            )
            link = await stack.enter_async_context(client)
            assert bool(link.protocol.extensions) is (way != WAYS[0])
            hello = {"token": person.token, "rooms": ["all"], "client": "x" * 300}
            await link.send(json.dumps({"id": 1, "method": "hello", "params": hello}))
            assert json.loads(await link.recv())["result"]["rooms"] == ["all"]
            links.append(link)
        rest = httpx.AsyncClient(base_url=parlor.url, headers={"Authorization": f"Bearer {key}"})
        await stack.enter_async_context(rest)
        push = {"to": {"room": "all"}, "body": body, "kind": "must_arrive"}
        assert (await rest.post("/api/v1/push", json=push)).status_code == 202
        for link in links:
            assert json.loads(await link.recv())["data"]["body"] == body
        metrics = (await rest.get(f"http://127.0.0.1:{parlor.port}/metrics")).text
    assert 'parlor_websocket_deflated_bytes_total{side="after"}' in metrics
