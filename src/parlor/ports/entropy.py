"""Randomness as the services see it."""

from __future__ import annotations

from typing import Protocol


class Entropy(Protocol):
    def token_bytes(self, count: int) -> bytes:
        """`count` bytes that nobody can guess."""
