"""Webhooks: the operator's own programs are told what connections do, and may forbid it.

Telling in four lines: `webhooks` gives an event its id and puts it into the queue of every
receiver; `tell` takes up to a batch, signs it and posts it, again and again with growing waits
until it is taken or given up; then the next, so each receiver hears in order. A full queue loses
its oldest, counted: nothing here ever holds up a connection.
Asking: `ask` posts one question and waits for at most its deadline; who does not answer some
times in a row is not asked for a while (`model.breaker`), and a setting says what that means.

One task for each receiver. May import wire, ports and model.
"""
