"""`parlor` with a bus that loses messages: as a network between processes does, only more often.

`python -m tests.support.lossy_server 0.3 serve …`: of each hundred messages thirty are lost.
"""

from __future__ import annotations

import random
import sys

from parlor.boot.cli import main
from parlor.drivers.memory.bus import MemoryBus
from parlor.ports.bus import Subject


def lose(share: float) -> None:
    """From now on, of whatever is published."""
    chance = random.Random(7)
    publish = MemoryBus.publish

    async def publish_some(bus: MemoryBus, subject: Subject, message: bytes) -> None:
        if chance.random() >= share:
            await publish(bus, subject, message)

    MemoryBus.publish = publish_some  # type: ignore[assignment, method-assign]


if __name__ == "__main__":
    lose(float(sys.argv[1]))
    main(sys.argv[2:])
