"""What has to be forgotten about people, now and then: requests that ran out, spare pictures."""

from __future__ import annotations

import asyncio

import structlog

from parlor.im.contacts import Contacts
from parlor.im.pictures import Pictures
from parlor.model.errors import ParlorError

log = structlog.get_logger()
EACH_S = 600.0
_PAGE = 100
_PAGES = 50
"""At most so many in one round, so that other writers are not kept waiting."""


class PeopleJobs:
    def __init__(self, contacts: Contacts, pictures: Pictures) -> None:
        self._contacts = contacts
        self._pictures = pictures

    async def run(self) -> None:
        """Until cancelled. What fails is tried again in the next round."""
        while True:
            await asyncio.sleep(EACH_S)
            try:
                await self.tidy()
            except ParlorError as failed:
                log.warning("people_not_tidied", error=failed.code)

    async def tidy(self) -> None:
        """One round of `run`."""
        for forget in (self._contacts.expire, self._pictures.drop_unused):
            for _ in range(_PAGES):
                if await forget(_PAGE) < _PAGE:
                    break
