"""What people are to each other."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, page, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.model.ids import UserId
from parlor.wire.native.methods import contacts as wire
from parlor.wire.native.methods.shape import Empty


class Contacts:
    def __init__(self, services: Services) -> None:
        self._contacts = services.contacts
        self._people = services.people

    def bound(self) -> dict[str, Bound]:
        return {
            "contact.request": bind(wire.ContactRequest, self.request, finishes=True),
            "contact.decide": bind(wire.ContactDecide, self.decide, finishes=True),
            "contact.update": bind(wire.ContactUpdate, self.update, finishes=True),
            "contact.remove": bind(wire.ContactRemove, self.remove, finishes=True),
            "contact.list": bind(wire.ContactList, self.contacts),
            "block.set": bind(wire.BlockSet, self.block, finishes=True),
            "block.list": bind(wire.BlockList, self.blocked),
        }

    async def request(self, caller: Caller, params: wire.ContactRequest) -> wire.ContactResult:
        asker = who(caller).user
        contact = await self._contacts.request(asker, UserId(params.user), params.text)
        return wire.ContactResult(contact)

    async def decide(self, caller: Caller, params: wire.ContactDecide) -> wire.ContactResult:
        contact = await self._contacts.decide(
            who(caller).user, UserId(params.user), accept=params.accept
        )
        return wire.ContactResult(contact)

    async def update(self, caller: Caller, params: wire.ContactUpdate) -> wire.ContactResult:
        contact = await self._contacts.update(
            who(caller).user, UserId(params.user), params.remark, params.tags
        )
        return wire.ContactResult(contact)

    async def remove(self, caller: Caller, params: wire.ContactRemove) -> Empty:
        await self._contacts.remove(who(caller).user, UserId(params.user))
        return Empty()

    async def contacts(self, caller: Caller, params: wire.ContactList) -> wire.ContactsResult:
        listed, cursor = await self._contacts.page(
            who(caller).user, params.kind, params.cursor, page(params.limit)
        )
        users = await self._people.users([contact.user_id for contact in listed])
        return wire.ContactsResult(tuple(listed), tuple(users), cursor)

    async def block(self, caller: Caller, params: wire.BlockSet) -> Empty:
        await self._contacts.block(who(caller).user, UserId(params.user), on=params.on)
        return Empty()

    async def blocked(self, caller: Caller, params: wire.BlockList) -> wire.BlocksResult:
        listed, cursor = await self._contacts.blocked(
            who(caller).user, params.cursor, page(params.limit)
        )
        users = await self._people.users([blocked.user_id for blocked in listed])
        return wire.BlocksResult(tuple(listed), tuple(users), cursor)
