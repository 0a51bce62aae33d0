"""Either server killed at any step between them: one serves afterwards, and nothing is lost."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import httpx
import pytest

from parlor.client import connect
from parlor.wire.native.pushes import DeliveryPush
from tests.support.between import Between
from tests.support.people import Person, sign_up
from tests.support.rest_client import bearer
from tests.support.rest_server import make_key
from tests.support.server import ParlorServer, running_parlor


async def say(person: Person, conversation: str, text: str) -> None:
    """Until it is answered, as the SDK does: the same `client_id` again."""
    async with asyncio.timeout(30):
        while True:
            try:
                answer = await person.rest.post(
                    f"/api/v1/conversations/{conversation}/messages",
                    json={"client_id": text, "text": text},
                )
            except httpx.TransportError:
                await asyncio.sleep(0.05)
                continue
            if answer.status_code in (200, 201):
                return
            assert answer.status_code == 503, answer.text
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("step", ["introduced", "ready", "state"])
@pytest.mark.parametrize("killed", ["old", "new"])
async def test_whoever_is_killed_at_whatever_step_nothing_answered_is_lost(
    tmp_path: Path, killed: str, step: str
):
    async with running_parlor(tmp_path) as old, asyncio.timeout(90):
        ann, ben = await sign_up(old.url, "ann"), await sign_up(old.url, "ben")
        conversation = await ann.talk_to(ben)
        key = bearer(await make_key(old, "program", "push"))
        new = ParlorServer(tmp_path, ["--take-over"])
        new.port = old.port
        between = Between(old.data)
        starting = asyncio.create_task(new.start())
        saying: asyncio.Task[None] | None = None
        try:
            await say(ann, conversation, "before")
            push = {"to": {"users": [ben.id]}, "body": "mail", "kind": "must_arrive"}
            answer = await ann.rest.post("/api/v1/push", json=push | {"durable": True}, headers=key)
            assert answer.status_code == 202, answer.text
            await between.introduce()
            if step != "introduced":
                ready = await between.hear_ready()
                assert ready
                await between.say_ready(ready)
            if step == "state":
                assert await between.hear_state()
            saying = asyncio.create_task(say(ann, conversation, "meanwhile"))
            victim = {"old": old, "new": new}[killed]
            os.kill(victim.pid, signal.SIGKILL)
            await victim.wait()
        finally:
            between.close()
        if killed == "old":
            await starting
            serving = new
        else:
            with pytest.raises(AssertionError):
                await starting
            if step != "introduced":
                # It has given up its place; whoever watches starts it again.
                assert await old.wait() == 0
                await old.start()
            else:
                between.give_back()
            serving = old
        try:
            await saying
            await say(ann, conversation, "after")
            events = (await ann.get(f"/conversations/{conversation}/events?after=0&limit=50"))[
                "events"
            ]
            texts = [event["text"] for event in events if event["kind"] == "message"]
            assert texts == ["before", "meanwhile", "after"]
            async with connect(ben.websocket_url, ben.token) as connection:
                data = (await connection.next_push(DeliveryPush)).data
                assert isinstance(data, DeliveryPush)
                assert data.body == "mail"
            assert await serving.take_over() == 0
            await say(ann, conversation, "at last")
        finally:
            await new.kill()
            for person in (ann, ben):
                await person.rest.aclose()
