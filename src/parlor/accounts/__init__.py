"""Who somebody is: signing up and in, tokens, programs' keys, one-time links.

Flow: a name and a password -> `proving` (`attempts`: may this be tried now? `passwords`: argon2id
on a few threads) -> `signing` opens a session and hands out tokens; a token ->
`authentication.authenticate` -> Identity. Concurrency: one event loop; passwords alone use threads.
Invariants: no secret is stored, only hashes of it; a session that has ended authenticates nobody
in this process from that moment on, in other processes after `recheck_s`; a password and the
sessions that it opened end together.
Imports ports and model. The gateway and the API call it; it knows neither.
"""
