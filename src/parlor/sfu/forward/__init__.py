"""What a worker does with datagrams: those of a burst and `now` in, those to send out. Pure.

The flow of a packet:

1. `switchboard` has the peers of a worker, by path and by ICE name. It gives checks, DTLS and
   SRTP to the `transport` of the peer they are from, and what opens to the peer's `router`.
2. `router` is one call. `sources` says which layer of which `track` a packet belongs to; the layer
   counts it, knows what is `missing` and keeps the packet for a while (`history`).
3. `translation` makes of it what all receivers get. `subscription` has what differs between them,
   `numbering` keeps their numbers continuous over pauses and changes of the layer.
4. What peers say in RTCP is `hearing`: lost packets are sent again, the rest is noted.
5. Once every TICK_S `upkeep` does what is owed: lost packets are asked for, key frames too
   (`key_wish`), reports and times of arrival (`arrivals`) go out, each receiver's `bandwidth` is
   shared out among its tracks (`layer_choice`), and `speakers` says who talks.

Concurrency: none. One thread calls, and nothing here waits, reads a clock or draws a number.

Invariants. A subscription never sends a sequence number twice and never goes back in it over a
change of the layer. No media goes to a peer without its consent, and nothing from it counts before
its certificate was compared. What hostile bytes can make grow has a number.

Cost: a packet is parsed once and what all receivers get of it is made once; for each of them a
header is packed, joined and sealed. `benches/forward.py` holds it against sealing alone.
"""
