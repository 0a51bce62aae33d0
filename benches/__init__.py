"""One program per figure; each starts its own server, measures, and ends it.

`python -m benches.NAME` prints a table, with `--json` one JSON object a line; `python -m benches`
runs all. A figure stands beside a baseline measured in the same run, since only the ratio means
something on another machine. Every program takes under a minute and cleans up after itself.

What makes the load and counts what arrives is `parlor.load`, as in `parlor bench`. `figures`
prints; `server` is a real `parlor serve`; `crowd` thousands of connections at it; `c_program`
compiles the baselines that are in C.
"""
