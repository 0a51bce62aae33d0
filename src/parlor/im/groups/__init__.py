"""Groups: who comes and goes, who may do what, what a group is called and how it is set.

Every act is one event of the group's log, decided by a pure function of the facts as they are in
the transaction that stores it (`model.standing`): `rights` are the rules all of them share,
`coming` and `powers` the decisions. Around them: `acts` (what members do), `entrances` (links and
requests of those outside), `roster_pages` (long lists of members), `telling` (who hears of it).
Invariants: a group with anybody in it has one owner; nobody acts on the owner, only the owner on
administrators; a dissolved group takes no event.
"""
