"""One's own things, and catching up with everything."""

from __future__ import annotations

from parlor.gateway.methods.bind import bind, who
from parlor.gateway.requests import Bound, Caller
from parlor.gateway.services import Services
from parlor.im.shown import changes_result, entry_result, self_result, stars_result
from parlor.model.ids import ConversationId
from parlor.model.own import Arrangement
from parlor.wire.native.methods import own as wire


class Own:
    def __init__(self, services: Services) -> None:
        self._own = services.own
        self._people = services.people

    def bound(self) -> dict[str, Bound]:
        return {
            "self.list": bind(wire.SelfList, self.list),
            "conversation.set": bind(wire.ConversationSet, self.arrange, finishes=True),
            "draft.set": bind(wire.DraftSet, self.draft, finishes=True),
            "setting.set": bind(wire.SettingSet, self.setting, finishes=True),
            "star.set": bind(wire.StarSet, self.star, finishes=True),
            "star.list": bind(wire.StarList, self.stars),
            "events.at": bind(wire.EventsAt, self.at),
            "sync.changes": bind(wire.SyncChanges, self.changes),
        }

    async def list(self, caller: Caller, params: wire.SelfList) -> wire.SelfResult:
        user = who(caller).user
        return self_result(
            await self._own.log.list(user, params.after, params.cursor, params.limit)
        )

    async def arrange(self, caller: Caller, params: wire.ConversationSet) -> wire.EntryResult:
        wish = Arrangement(params.pinned, params.notify, params.hidden, params.unread_mark)
        talk = ConversationId(params.conversation_id)
        return entry_result(await self._own.log.arrange(who(caller).user, talk, wish))

    async def draft(self, caller: Caller, params: wire.DraftSet) -> wire.EntryResult:
        talk = ConversationId(params.conversation_id)
        whose = who(caller)
        return entry_result(
            await self._own.drafts.set(
                whose.user,
                talk,
                params.text,
                params.reply_to,
                device=whose.device,
                seen=params.seen,
            )
        )

    async def setting(self, caller: Caller, params: wire.SettingSet) -> wire.EntryResult:
        user = who(caller).user
        return entry_result(await self._own.preferences.set(user, params.name, params.value))

    async def star(self, caller: Caller, params: wire.StarSet) -> wire.EntryResult:
        talk = ConversationId(params.conversation_id)
        user = who(caller).user
        return entry_result(await self._own.stars.set(user, talk, params.seq, on=params.on))

    async def stars(self, caller: Caller, params: wire.StarList) -> wire.StarsResult:
        stars, cursor = await self._own.stars.list(who(caller).user, params.cursor, params.limit)
        return await stars_result(stars, cursor, self._people)

    async def at(self, caller: Caller, params: wire.EventsAt) -> wire.EventsAtResult:
        talk, user = ConversationId(params.conversation_id), who(caller).user
        return wire.EventsAtResult(await self._own.changes.seq_at(user, talk, params.at_ms))

    async def changes(self, caller: Caller, params: wire.SyncChanges) -> wire.SyncResult:
        page = await self._own.changes.page(
            who(caller).user,
            {ConversationId(talk): seq for talk, seq in params.have.items()},
            params.self_seq,
            self_cursor=params.self_cursor,
            cursor=params.cursor,
            limit=params.limit,
        )
        return await changes_result(page, self._people)
