"""Files that people send: taken in piece by piece, handed out to those who may, cleared away.

Flow: `uploads` begins one, takes its parts and makes a file of it; a message refers to
that; `reading` hands it out to whoever can read such a message; `tidying` forgets what nobody
refers to. The bytes are behind ports (`staging` while they come, `blobs` afterwards) and never in
memory as a whole.

Invariants: bytes are durable before a file is made of them, and claimed before they are put, so
none is lost and none is left behind; every access is decided anew, by what messages say now.
"""
