import asyncio

import pytest

from parlor.model.errors import Draining
from parlor.push.in_flight import InFlight


async def test_closing_waits_for_what_has_begun_and_lets_nothing_more_begin():
    in_flight = InFlight()
    in_flight.__enter__()
    closing = asyncio.create_task(in_flight.close())
    await asyncio.sleep(0)
    assert not closing.done()
    with pytest.raises(Draining) as refused, in_flight:
        raise AssertionError
    assert refused.value.retry_after_s > 0
    in_flight.__exit__(None, None, None)
    await closing


async def test_work_that_fails_is_over_too():
    in_flight = InFlight()
    with pytest.raises(ValueError, match="broken"), in_flight:
        raise ValueError("broken")
    await in_flight.close()
