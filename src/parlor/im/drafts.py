"""What somebody has written and not sent, and what they have set: theirs on all their devices."""

from __future__ import annotations

import re

import msgspec

from parlor.im.membership import check_member
from parlor.im.own import Own
from parlor.im.paging import check_seq
from parlor.im.settings import ImSettings
from parlor.model.errors import BadRequest, BadText, NotFound, TextTooLong
from parlor.model.ids import ConversationId, DeviceId, UserId
from parlor.model.own import OwnDraft
from parlor.model.self_log import Change, Entry, SelfKind, key_of
from parlor.ports.conversations import Conversations

_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}\Z")
SERVERS_OWN = "parlor."
NO_DEVICE = DeviceId("")
_encode = msgspec.json.encode
_decode = msgspec.json.Decoder(OwnDraft).decode


class Drafts:
    def __init__(self, own: Own, conversations: Conversations, settings: ImSettings) -> None:
        self._own = own
        self._conversations = conversations
        self._settings = settings

    async def set(
        self,
        user: UserId,
        conversation_id: ConversationId,
        text: str,
        reply_to: int,
        *,
        device: DeviceId = NO_DEVICE,
        seen: int | None = None,
    ) -> Entry | None:
        """Keep what is not finished; None when it was so already.

        Neither text nor `reply_to` takes the draft away, also for somebody who is no member any
        more; with `seen`, only the draft of that number, an older one, or one that `device` wrote
        itself. What another device has written since stays, and is returned: a message that was
        sent from here may leave late. The text is kept as it is: what a message may say is
        checked when it is sent.
        Raises TextTooLong, BadText, BadRequest (reply_to), NotFound, NotMember.
        """
        if len(text) > self._settings.max_draft_chars:
            raise TextTooLong(f"A draft has at most {self._settings.max_draft_chars:,} characters.")
        if not (conversation_id.isascii() and conversation_id.isdigit()):
            raise NotFound("There is no such conversation.")
        key = key_of(SelfKind.DRAFT, conversation_id)
        if text or reply_to:
            await check_member(self._conversations, user, conversation_id)
            body = _json_of(OwnDraft(text, check_seq(reply_to), device))
            return await self._own.put(Change(user, key, SelfKind.DRAFT, body))
        if seen is not None:
            return await self._forget(user, conversation_id, key, device, check_seq(seen))
        gone = await self._own.put(Change(user, key, SelfKind.DRAFT, None))
        if gone is None:
            await check_member(self._conversations, user, conversation_id)
        return gone

    async def _forget(
        self,
        user: UserId,
        conversation_id: ConversationId,
        key: str,
        device: DeviceId,
        seen: int,
    ) -> Entry | None:
        there = await self._own.at(user, key)
        if there is None or there.body is None:
            await check_member(self._conversations, user, conversation_id)
            return None
        if there.seq > seen and _decode(there.body).device != device:
            return there
        gone = await self._own.put(Change(user, key, SelfKind.DRAFT, None, over=there.seq))
        return gone or await self._own.at(user, key)


class Preferences:
    def __init__(self, own: Own, settings: ImSettings) -> None:
        self._own = own
        self._settings = settings

    async def set(self, user: UserId, name: str, value: str | None) -> Entry | None:
        """Keep JSON text under `name`, or take it away; None when it was so already.

        Raises BadRequest (name, value, too large), LimitReached.
        """
        if not _NAME.match(name):
            raise BadRequest("A setting's name has 1 to 64 of a-z 0-9 _ . -")
        if name.startswith(SERVERS_OWN):
            raise BadRequest(f"Settings that begin with {SERVERS_OWN} are put by the server.")
        key = key_of(SelfKind.SETTING, name)
        body = None if value is None else self._body(value)
        limits = {SelfKind.SETTING: self._settings.max_own_settings}
        return await self._own.put(Change(user, key, SelfKind.SETTING, body), limits)

    def _body(self, value: str) -> bytes:
        most = self._settings.max_own_setting_bytes
        if len(value) > most:
            raise BadRequest(f"A setting's value has at most {most:,} bytes.")
        try:
            raw = value.encode()
            msgspec.json.decode(raw)
        except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as broken:
            raise BadRequest("A setting's value is JSON text.") from broken
        if len(raw) > most:
            raise BadRequest(f"A setting's value has at most {most:,} bytes.")
        return raw


def _json_of(body: msgspec.Struct) -> bytes:
    try:
        return _encode(body)
    except UnicodeEncodeError as lone_surrogate:
        raise BadText from lone_surrogate
