import asyncio

import pytest

from parlor.gateway.requests import Answered, Bound, Requests
from parlor.model.account import Identity
from parlor.model.errors import (
    BadRequest,
    DeadlineExceeded,
    Draining,
    Internal,
    NotFound,
    ParlorError,
    UnknownMethod,
)
from parlor.wire.native import methods as wire
from parlor.wire.native.codec import JSON, Codec, Request
from parlor.wire.native.methods import Result
from tests.support.links import make_link
from tests.support.native_connection import settle
from tests.support.steady import CountingMeter
from tests.support.virtual_time import run_virtual


class Asker:
    """A caller that keeps its answers."""

    def __init__(self) -> None:
        self.link = make_link("k")[0]
        self.codec: Codec = JSON
        self.identity: Identity | None = None
        self.answers: dict[int, Result | ParlorError] = {}
        self.tasks: list[asyncio.Future[None]] = []

    def greet(self, identity: Identity, instance: str) -> None:
        self.identity = identity

    def renew(self, identity: Identity) -> None:
        self.identity = identity

    def on_answer(self, id: int, answer: Result | ParlorError) -> None:
        assert id not in self.answers
        self.answers[id] = answer

    def track(self, task: asyncio.Future[None]) -> None:
        self.tasks.append(task)


class Handlers:
    def __init__(self) -> None:
        self.followed: list[set[int]] = []
        self.asker: Asker | None = None
        self.hold = asyncio.Event()
        self.finished = 0

    def at_once(self, caller, params) -> Result:
        return wire.HeartbeatResult(1)

    def refusing(self, caller, params) -> Result:
        raise NotFound

    async def waiting(self, caller, params) -> Result:
        await self.hold.wait()
        self.finished += 1
        return wire.Empty()

    def _follow(self) -> None:
        assert self.asker is not None
        self.followed.append(set(self.asker.answers))

    def followed_at_once(self, caller, params) -> Answered:
        self.asker = caller
        return Answered(wire.Empty(), self._follow)

    async def followed_later(self, caller, params) -> Answered:
        await self.hold.wait()
        return self.followed_at_once(caller, params)

    async def broken(self, caller, params) -> Result:
        raise KeyError("a bug")

    def broken_at_once(self, caller, params) -> Result:
        raise KeyError("a bug")


def _house(deadline_s: float = 5.0) -> tuple[Requests, Handlers, Asker]:
    handlers = Handlers()
    table = {
        "at_once": Bound(wire.Heartbeat, handlers.at_once),
        "refusing": Bound(wire.Heartbeat, handlers.refusing),
        "followed_at_once": Bound(wire.Heartbeat, handlers.followed_at_once),
        "followed_later": Bound(wire.Heartbeat, handlers.followed_later),
        "waiting": Bound(wire.Heartbeat, handlers.waiting),
        "finishing": Bound(wire.Heartbeat, handlers.waiting, finishes=True),
        "broken": Bound(wire.Heartbeat, handlers.broken),
        "broken_at_once": Bound(wire.Heartbeat, handlers.broken_at_once),
        "strict": Bound(wire.ReadSet, handlers.at_once),
    }
    return Requests(table, CountingMeter(), deadline_s=deadline_s), handlers, Asker()


async def test_what_needs_no_waiting_is_answered_in_place():
    requests, _, asker = _house()
    requests.handle(asker, Request(1, "at_once"))
    assert asker.answers == {1: wire.HeartbeatResult(1)}
    assert asker.tasks == []


@pytest.mark.parametrize(
    ("method", "kind"),
    [
        ("no.such", UnknownMethod),
        ("refusing", NotFound),
        ("strict", BadRequest),
        ("broken", Internal),
        ("broken_at_once", Internal),
    ],
)
async def test_every_failure_is_one_coded_answer(method, kind):
    requests, _, asker = _house()
    requests.handle(asker, Request(1, method))
    await settle()
    assert isinstance(asker.answers[1], kind)
    assert "a bug" not in str(asker.answers[1])


async def test_requests_of_one_caller_run_at_once():
    requests, handlers, asker = _house()
    requests.handle(asker, Request(1, "waiting"))
    requests.handle(asker, Request(2, "waiting"))
    requests.handle(asker, Request(3, "at_once"))
    await settle()
    assert list(asker.answers) == [3]
    handlers.hold.set()
    await settle()
    assert sorted(asker.answers) == [1, 2, 3]


async def test_a_request_over_its_deadline_is_cancelled_and_says_so():
    requests, handlers, asker = _house(deadline_s=0.0)
    requests.handle(asker, Request(1, "waiting"))
    await requests.wait_until_done()
    assert isinstance(asker.answers[1], DeadlineExceeded)
    handlers.hold.set()
    await settle()
    assert handlers.finished == 0


def test_each_request_has_a_deadline_of_its_own():
    async def ask() -> None:
        requests, handlers, asker = _house(deadline_s=5.0)
        requests.handle(asker, Request(1, "waiting"))
        await asyncio.sleep(2)
        requests.handle(asker, Request(2, "at_once"))
        requests.handle(asker, Request(3, "finishing"))
        requests.handle(asker, Request(4, "waiting"))
        await asyncio.sleep(2.9)
        assert list(asker.answers) == [2]
        await asyncio.sleep(0.2)
        assert list(asker.answers) == [2, 1]
        await asyncio.sleep(1.8)
        assert list(asker.answers) == [2, 1]
        await asyncio.sleep(0.2)
        assert list(asker.answers) == [2, 1, 3, 4]
        assert requests.running == 1, "that one has to finish"
        requests.handle(asker, Request(5, "waiting"))
        await asyncio.sleep(4.9)
        handlers.hold.set()
        await requests.wait_until_done()
        await asyncio.sleep(10)
        assert asker.answers[5] == wire.Empty()

    run_virtual(ask())


async def test_what_must_finish_goes_on_after_its_deadline():
    requests, handlers, asker = _house(deadline_s=0.0)
    requests.handle(asker, Request(1, "finishing"))
    await settle()
    assert isinstance(asker.answers[1], DeadlineExceeded)
    handlers.hold.set()
    await requests.wait_until_done()
    assert handlers.finished == 1


@pytest.mark.parametrize(("method", "finished"), [("waiting", 0), ("finishing", 1)])
async def test_a_caller_that_goes_cancels_only_what_need_not_finish(method, finished):
    requests, handlers, asker = _house()
    requests.handle(asker, Request(1, method))
    await settle()
    for task in asker.tasks:
        task.cancel()
    await settle()
    handlers.hold.set()
    await requests.wait_until_done()
    assert (handlers.finished, len(asker.answers)) == (finished, finished)


async def test_draining_takes_nothing_new_and_waits_for_what_runs():
    requests, handlers, asker = _house()
    requests.handle(asker, Request(1, "waiting"))
    requests.draining = True
    requests.handle(asker, Request(2, "at_once"))
    assert isinstance(asker.answers[2], Draining)
    done = asyncio.create_task(requests.wait_until_done())
    await settle()
    assert not done.done()
    handlers.hold.set()
    await done
    assert 1 in asker.answers


@pytest.mark.parametrize("method", ["followed_at_once", "followed_later"])
async def test_what_follows_a_reply_comes_right_behind_it(method):
    requests, handlers, asker = _house()
    requests.handle(asker, Request(1, method))
    handlers.hold.set()
    await settle()
    assert asker.answers == {1: wire.Empty()}
    assert handlers.followed == [{1}]


async def test_nothing_follows_a_reply_that_came_too_late():
    requests, handlers, asker = _house(deadline_s=0.0)
    requests.handle(asker, Request(1, "followed_later"))
    await requests.wait_until_done()
    handlers.hold.set()
    await settle()
    assert isinstance(asker.answers[1], DeadlineExceeded)
    assert handlers.followed == []
