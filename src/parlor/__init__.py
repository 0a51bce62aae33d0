"""Parlor: chat, calls and push in one self-hosted server."""

__version__ = "0.1.0"
