"""Contacts, profiles and pictures in every driver, with Ann, Bob, Cem and Dan in them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from parlor.drivers.memory.people import MemoryPeople
from parlor.model.account import User
from parlor.ports.pictures import Pictures
from parlor.ports.profiles import Profiles
from parlor.ports.relations import Relations
from tests.support.storage import ANN, BOB, CEM, DAN, STORES

EVERYBODY = (ANN, BOB, CEM, DAN)


@dataclass(frozen=True)
class PeopleStores:
    relations: Relations
    profiles: Profiles
    pictures: Pictures


@asynccontextmanager
async def _memory(folder: Path) -> AsyncIterator[PeopleStores]:
    people = MemoryPeople(User(user, f"user{user}", "Somebody") for user in EVERYBODY)
    yield PeopleStores(people, people, people)


def _stored(
    name: str,
) -> Callable[[Path], AbstractAsyncContextManager[PeopleStores]]:
    @asynccontextmanager
    async def opened(folder: Path) -> AsyncIterator[PeopleStores]:
        async with STORES[name](folder) as stores:
            await stores.add_people(*EVERYBODY)
            yield PeopleStores(stores.relations, stores.profiles, stores.pictures)

    return opened


PEOPLE_STORES: dict[str, Callable[[Path], AbstractAsyncContextManager[PeopleStores]]] = {
    "memory": _memory,
    **{name: _stored(name) for name in STORES},
}
