"""Looking for messages in a server that runs: soon after they are said, by who may see them, and
whatever became of the process that should have indexed them."""

import asyncio

import pytest

from parlor.client import connect
from parlor.wire.native.methods.search import MessageSearch, MessageSearchResult
from tests.support.databases import flags_of
from tests.support.mill import SECRET, running_mill
from tests.support.people import sign_up
from tests.support.program import run_parlor
from tests.support.server import running_parlor

PATIENCE_S = 120


async def found(person, query, **filters):
    """What is found over REST, newest first."""
    params = {"query": query, **filters}
    answer = await person.rest.get("/api/v1/search/messages", params=params)
    assert answer.is_success, answer.text
    return [hit["event"].get("text", "") for hit in answer.json()["hits"]]


async def until_found(person, query, texts, **filters):
    async with asyncio.timeout(PATIENCE_S):
        while await found(person, query, **filters) != texts:
            await asyncio.sleep(0.05)


async def say(person, talk, *texts):
    for text in texts:
        await person.post(f"/conversations/{talk}/messages", {"client_id": text, "text": text})


@pytest.mark.parametrize("kind", ["sqlite", "postgres", "mariadb"])
async def test_what_is_said_is_found_soon_and_again_after_a_kill_and_a_rebuild(tmp_path, kind):
    async with flags_of(kind) as flags, running_parlor(tmp_path, flags) as server:
        ann, bob, eve = [await sign_up(server.url, name) for name in ("ann", "bob", "eve")]
        talk = await ann.talk_to(bob)
        await say(ann, talk, "会议在老磨坊", "meet me at the mill", "100% sure")
        await until_found(bob, "mill", ["meet me at the mill"])
        await until_found(bob, "磨坊", ["会议在老磨坊"])
        assert await found(bob, "100%", conversation=talk, sender=ann.id) == ["100% sure"]
        assert await found(eve, "mill") == []
        refused = await eve.rest.get(
            "/api/v1/search/messages", params={"query": "mill", "conversation": talk}
        )
        assert refused.json()["error"]["code"] == "not_member"
        async with connect(bob.websocket_url, bob.token) as link:
            page = await link.request(MessageSearch("MILL", limit=1), MessageSearchResult)
            (hit,) = page.hits
            assert hit.event.text[hit.marks[0].start : hit.marks[0].end] == "mill"
            assert [user.id for user in page.users] == [ann.id]

        # What nobody had indexed when the process died is indexed by the next one.
        slow = server.flags
        await server.stop()
        server.flags = (*slow, "--set", "search.collect_s=3600")
        await server.start()
        await say(ann, talk, "the mill burns")
        await server.kill()
        server.flags = slow
        await server.start()
        both = ["the mill burns", "meet me at the mill"]
        await until_found(bob, "mill", both)

        status, said, _ = await run_parlor(
            "index", "rebuild", "--data", str(server.data), *server.storage_flags
        )
        assert status == 0
        assert "of 5 events" in said
        assert await found(bob, "mill") == both
        taken = await ann.rest.post(
            f"/api/v1/conversations/{talk}/events/3/recall", json={"client_id": "gone"}
        )
        assert taken.is_success, taken.text
        assert await found(bob, "mill") == ["the mill burns"]
        for person in (ann, bob, eve):
            await person.rest.aclose()


async def test_whoever_came_later_or_is_not_there_any_more_finds_no_secret(tmp_path):
    async with running_mill(tmp_path) as mill:
        await until_found(mill.bob, "old mill", [SECRET])
        for person in (mill.eve, mill.dan, mill.fay, mill.gil, mill.hal):
            for filters in ({}, {"sender": mill.ann.id}):
                assert SECRET not in await found(person, "mill", **filters)
        assert await found(mill.gil, "mill", conversation=mill.group) == []
