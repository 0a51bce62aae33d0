"""How much each API key has asked for, and whether it may ask for more.

Owns one small record for each key that asked lately; the arithmetic is `push.pace`. Called by
`accounts.keys` for every request and by whoever accepts pushes for the messages in it.
"""

from __future__ import annotations

from parlor.accounts.key_settings import KeySettings
from parlor.model.account import KeyGrant, Quota
from parlor.model.errors import BadRequest, OverQuota
from parlor.model.newest import Newest
from parlor.ports.clock import Clock
from parlor.ports.meter import Meter
from parlor.push.pace import Pace

_DAY_S = 86_400
Days = tuple[tuple[str, int, int], ...]
"""(id of the key, which day, messages on it)."""


class _Used:
    __slots__ = ("day", "messages", "messages_today", "own", "quota", "requests")

    def __init__(self, own: Quota, quota: Quota, now: float) -> None:
        self.own = own
        self.quota = quota
        self.requests = Pace(quota.requests_per_second, quota.request_burst, now)
        self.messages = Pace(quota.messages_per_second, quota.message_burst, now)
        self.messages_today = 0
        self.day = 0

    def change(self, quota: Quota) -> None:
        self.quota = quota
        self.requests.change(quota.requests_per_second, quota.request_burst)
        self.messages.change(quota.messages_per_second, quota.message_burst)


class Quotas:
    """The key that was idle longest is forgotten first, `remembered` at most; it then begins
    with a full burst and a new day."""

    def __init__(self, settings: KeySettings, clock: Clock, meter: Meter) -> None:
        self._settings = settings
        self._clock = clock
        self._meter = meter
        self._by_id: Newest[str, _Used] = Newest()
        self._days: dict[str, tuple[int, int]] = {}

    def take_request(self, grant: KeyGrant) -> None:
        """Count one request. Raises OverQuota, and then it is not counted."""
        now = self._clock.now()
        if wait_s := self._used(grant, now).requests.take_nowait(now):
            raise self._over("requests", wait_s)

    def take_messages(self, grant: KeyGrant, count: int) -> None:
        """Count `count` messages, all or none. Raises OverQuota; BadRequest when so many at once
        can never pass."""
        now = self._clock.now()
        used = self._used(grant, now)
        quota = used.quota
        if count > quota.message_burst:
            raise BadRequest(f"This key sends at most {quota.message_burst} messages at once.")
        if quota.messages_per_day:
            today = self._today()
            if used.day != today:
                used.day, used.messages_today = today, 0
            if used.messages_today + count > quota.messages_per_day:
                left_s = _DAY_S - self._clock.unix_ms() // 1_000 % _DAY_S
                raise self._over("day", float(left_s))
        if wait_s := used.messages.take_nowait(now, count):
            raise self._over("messages", wait_s)
        used.messages_today += count

    def apply(self, settings: KeySettings) -> None:
        """From the next request on; nobody gets a new burst."""
        self._settings = settings
        for used in self._by_id.values():
            used.change(settings.quota(used.own))

    def dump(self) -> Days:
        """What keys have sent on their day, for another process; bursts begin anew.

        Keys that have not asked since `load` included, for what is left of that day.
        """
        today = self._today()
        sent = {key_id: known for key_id, known in self._days.items() if known[0] == today}
        for key_id, used in self._by_id.items():
            if used.messages_today:
                sent[key_id] = (used.day, used.messages_today)
        days = tuple((key_id, *known) for key_id, known in sent.items())
        return days[-self._settings.remembered :]

    def load(self, days: Days) -> None:
        """What another process has counted."""
        self._days = {key_id: (day, messages) for key_id, day, messages in days}

    def __len__(self) -> int:
        return len(self._by_id)

    def _used(self, grant: KeyGrant, now: float) -> _Used:
        used = self._by_id.get(grant.id)
        if used is not None and used.own is grant.quota:
            return used
        if used is None or used.own != grant.quota:
            used = _Used(grant.quota, self._settings.quota(grant.quota), now)
            used.day, used.messages_today = self._days.pop(grant.id, (0, 0))
        # A key that was looked up again has an equal quota in a new object.
        used.own = grant.quota
        self._by_id.put(grant.id, used)
        self._by_id.trim(self._settings.remembered)
        return used

    def _today(self) -> int:
        return self._clock.unix_ms() // 1_000 // _DAY_S

    def _over(self, quota: str, wait_s: float) -> OverQuota:
        self._meter.count("key_requests_refused_total", quota=quota)
        return OverQuota(retry_after_s=wait_s)
