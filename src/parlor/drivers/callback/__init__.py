"""Tokens that only the customer's own server can judge: it is asked over HTTP.

`tokens` asks, within bounds, and with `model.breaker` leaves a server alone that does not answer.
Satisfies `ports.tokens.Tokens`. aiohttp is imported only where a URL is configured.
Invariant: no answer, a late one and one that cannot be read are refusals, never a yes.
"""
