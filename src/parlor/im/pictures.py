"""Pictures of people and groups: taken in, handed out, and forgotten when they are nobody's.

A picture is stored under an id made of its bytes. Whoever has the id may see it, signed in or
not, as a page shows it with a plain address; nobody finds an id that they were not told.
"""

from __future__ import annotations

from parlor.im.people_settings import PeopleSettings
from parlor.model.errors import NotFound, RateLimited, TooLarge
from parlor.model.ids import UserId
from parlor.model.picture import Picture, check_picture
from parlor.ports.clock import Clock
from parlor.ports.pictures import Pictures as Store
from parlor.push.paces import Paces

_DAY_S = 86_400


class Pictures:
    def __init__(self, store: Store, clock: Clock, settings: PeopleSettings) -> None:
        self._store = store
        self._clock = clock
        self._settings = settings
        most = settings.max_pictures_per_day
        self.paces = Paces(most / _DAY_S, most)

    async def put(self, user: UserId, data: bytes) -> Picture:
        """Store it; for `update` and for groups, within `picture_spare_s`.

        Raises TooLarge, BadPicture, RateLimited.
        """
        if len(data) > self._settings.max_picture_bytes:
            raise TooLarge(f"A picture has at most {self._settings.max_picture_bytes} bytes.")
        picture = check_picture(data, self._settings.max_picture_pixels)
        if wait_s := self.paces.take_nowait(user, self._clock.now()):
            raise RateLimited(retry_after_s=wait_s)
        await self._store.put(picture.id, picture.type, data, self._clock.unix_ms())
        return picture

    async def get(self, id: str) -> tuple[str, bytes]:
        """(media type, bytes). Raises NotFound."""
        found = await self._store.get(id)
        if found is None:
            raise NotFound("There is no such picture.")
        return found

    async def drop_unused(self, limit: int) -> int:
        """Forget some that nobody uses; how many."""
        before = self._clock.unix_ms() - int(self._settings.picture_spare_s * 1_000)
        return await self._store.drop_unused(before, limit)
