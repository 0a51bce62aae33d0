"""Mail on its way to native connections: at once when it is announced, in pages after a hello.

Owns the walk over announcements and the reading of pages; `state.mail_line` says which is due,
`push.mailboxes` has the mail. What is lost on the bus, or in an outbox, is read again: when the
next number shows the gap, or at the next hello.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Protocol

import msgspec
import structlog

from parlor.gateway.deliver import SLICE
from parlor.gateway.gateway import Gateway
from parlor.gateway.state.link import Link
from parlor.gateway.state.mail_line import UNUSED, Announced, MailLine
from parlor.gateway.state.outbox import Frame
from parlor.model.close import Close, CloseCode
from parlor.model.errors import ParlorError, WireError
from parlor.model.ids import DeviceId, UserId
from parlor.model.mail import Mail, MailNotice, Page, Place
from parlor.model.push import Envelope, Push, ToUsers
from parlor.ports.bus import Bus
from parlor.push.mailboxes import MAIL_SUBJECT, parse_notice

log = structlog.get_logger()

READERS = 4
"""Pages read at the same time; more would only wait for the database in another place."""
COME_BACK_S = 2.0
LARGEST_GROWTH = 8
"""JSON writes a control character in six bytes; so a page of an eighth of an outbox fits."""


class Mailboxes(Protocol):
    """What the gateway asks of `push.mailboxes`."""

    def hear(self, user: UserId, device: DeviceId, /) -> None:
        """This device of this user is there: it is known from now on."""

    def waits(self, user: UserId, device: DeviceId, /) -> bool:
        """False when surely nothing waits. Costs nothing."""

    def newest(self, user: UserId, /) -> int:
        """The newest number of this user's mail; 0 when nobody here knows."""

    async def page(
        self, user: UserId, device: DeviceId, after: int | None, /, *, max_bytes: int
    ) -> Page: ...

    def ack(self, user: UserId, device: DeviceId, upto: int, /) -> None: ...


class MailCarrier:
    """`run` must be running. Connections of front doors get what is announced, and no more."""

    def __init__(self, gateway: Gateway, mailboxes: Mailboxes) -> None:
        self._gateway = gateway
        self._mailboxes = mailboxes
        self._to_read: asyncio.Queue[tuple[Link, MailLine]] = asyncio.Queue()
        self._first_pages: dict[Link, Page] = {}
        self._page_bytes = gateway.outbox_limits.max_bytes // LARGEST_GROWTH
        self._put_in_turn = 0
        self.subscribed = asyncio.Event()

    async def run(self, bus: Bus) -> None:
        """Deliver until cancelled."""
        async with (
            asyncio.TaskGroup() as readers,
            bus.subscribe(MAIL_SUBJECT) as messages,
        ):
            for _ in range(READERS):
                readers.create_task(self._keep_reading())
            self.subscribed.set()
            async for message in messages:
                try:
                    await self.announce(parse_notice(message))
                except WireError as broken:
                    self._gateway.meter.count("bus_messages_refused_total")
                    log.warning("bus_message_refused", reason=str(broken))

    async def welcome(self, link: Link) -> int:
        """How many wait for this device; the first of them leave with `begin`.

        Call it when the link is in the hub, with nothing awaited between. No database is asked
        for a user who has no mail. When it fails the link is closed and comes back.
        """
        boxes = self._mailboxes
        boxes.hear(link.user, link.device)
        if not boxes.waits(link.user, link.device):
            newest = boxes.newest(link.user)
            link.mail = MailLine(newest) if newest else UNUSED
            return 0
        line = link.mail = MailLine()
        line.begin_reading()
        try:
            page = await self._page(link, None)
        except ParlorError:
            link.close_soon(Close(CloseCode.OVERLOADED, COME_BACK_S))
            raise
        if link.closing is None:
            self._first_pages[link] = page
        return page.waiting

    def begin(self, link: Link) -> None:
        """The hello has been answered: now its mail may follow."""
        page = self._first_pages.pop(link, None)
        if page is not None and link.mail is not None:
            self._send_page(link, link.mail, page)

    def ack(self, link: Link, upto: int) -> None:
        """This device has everything up to `upto`. Brings the next page, when there is one."""
        line = link.mail
        if line is None or line is UNUSED:
            return
        acked, reads = line.on_ack(upto)
        if acked:
            self._mailboxes.ack(link.user, link.device, acked)
            if link.watch is not None:
                link.watch.on_acknowledged(acked)
        if reads:
            self._to_read.put_nowait((link, line))

    def leave(self, link: Link) -> None:
        """The connection has ended."""
        self._first_pages.pop(link, None)

    async def announce(self, notice: MailNotice) -> None:
        """Send it to whoever is due to get it; yields every few hundred places."""
        for place in notice.places:
            links = self._gateway.hub.of_user(place.user)
            if links:
                self._announce(links, place, notice.push)
            self._put_in_turn += 1
            if self._put_in_turn >= SLICE:
                self._put_in_turn = 0
                await asyncio.sleep(0)

    def _announce(self, links: Sequence[Link], place: Place, push: Push) -> None:
        numbered = (Mail(place.number, push),)
        frames: dict[object, Frame | None] = {}
        leg = self._gateway.traces.leg(push.id, "mail at once")
        put = size = 0
        for link in links:
            line = link.mail
            if line is UNUSED:
                line = link.mail = MailLine()
            if line is not None:
                due = line.on_announced(place.number, place.first)
                if due is Announced.READ:
                    self._gateway.meter.count("mail_gaps_total")
                    self._to_read.put_nowait((link, line))
                if due is not Announced.GIVE:
                    continue
            if place.device not in ("", link.device) or not _wants(link, push):
                continue
            if link.codec not in frames:
                frames[link.codec] = frame = _frame(link, numbered)
                if frame is not None and leg is not None:
                    frame.legs += (leg,)
            frame = frames[link.codec]
            if frame is not None:
                self._gateway.meter.count("mail_sent_total", way="live")
                put += link.put(frame)
                if line is not None:
                    line.on_given(place.number)
                size = max(size, frame.size)
        if leg is not None and put:
            self._gateway.traces.walked(
                (leg,), targeted=put, unwanted=0, closing=0, written=0, frame_bytes=size
            )

    async def _keep_reading(self) -> None:
        while True:
            link, line = await self._to_read.get()
            if link.closing is not None:
                continue
            try:
                page = await self._page(link, line.sent or None)
            except ParlorError as failed:
                log.warning("mail_not_read", code=failed.code)
                link.close(Close(CloseCode.OVERLOADED, COME_BACK_S))
                continue
            self._send_page(link, line, page)

    def _trace_page(self, mail: Sequence[Mail], frame: Frame) -> None:
        traces = self._gateway.traces
        legs = [leg for one in mail if (leg := traces.leg(one.push.id, "mail read later"))]
        frame.legs += tuple(legs)
        traces.walked(legs, targeted=1, unwanted=0, closing=0, written=0, frame_bytes=frame.size)

    async def _page(self, link: Link, after: int | None) -> Page:
        return await self._mailboxes.page(link.user, link.device, after, max_bytes=self._page_bytes)

    def _send_page(self, link: Link, line: MailLine, page: Page) -> None:
        """As one frame: it finds its place in an outbox as a whole."""
        wanted = [one for one in page.mail if _wants(link, one.push)]
        frame = _frame(link, wanted) if wanted else None
        if frame is not None:
            self._gateway.meter.count("mail_sent_total", len(wanted), way="page")
            if link.put(frame):
                self._trace_page(wanted, frame)
        given = wanted[-1].number if frame is not None else 0
        if line.on_page(page.upto, more=page.more, given=given):
            self._to_read.put_nowait((link, line))


def _wants(link: Link, push: Push) -> bool:
    """Whether the connection asked for pushes like this one."""
    return link.tags is None or push.tag in link.tags


def _frame(link: Link, mail: Sequence[Mail]) -> Frame | None:
    pushes = tuple(msgspec.structs.replace(one.push, mail=one.number) for one in mail)
    return link.codec.pushes(Envelope(ToUsers((link.user,)), pushes))
