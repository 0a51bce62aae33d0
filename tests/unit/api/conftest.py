from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.rest_client import rest_client
from tests.support.rest_services import Memory


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
async def client(memory: Memory) -> AsyncIterator[httpx.AsyncClient]:
    async with rest_client(memory.services()) as client:
        yield client
