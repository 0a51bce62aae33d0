"""Appends as fast as it can and prints what was acknowledged, until it is killed.

Started by `test_kill9_storage`. One line per acknowledgement: `sender client_id seq`.
"""

from __future__ import annotations

import asyncio
import os
import sys
from itertools import count
from pathlib import Path

from parlor.model.ids import UserId
from tests.support.storage import ANN, BOB, message, sqlite_stores


async def main() -> None:
    async with sqlite_stores(Path(sys.argv[1])) as stores:
        await stores.add_people(ANN, BOB)
        await stores.add_talk()

        async def send(lane: int, sender: UserId) -> None:
            for n in count():
                client_id = f"{lane}-{n}"
                event, _ = await stores.messages.append(message(client_id, sender), n)
                os.write(1, f"{sender} {client_id} {event.seq}\n".encode())

        await asyncio.gather(*(send(lane, (ANN, BOB)[lane % 2]) for lane in range(32)))


if __name__ == "__main__":
    asyncio.run(main())
