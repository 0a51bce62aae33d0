"""The top floor: reads settings, builds the drivers, wires the services, runs the process.

The only package that imports drivers and the only one that reads the environment. Flow of
`parlor serve`: cli -> config.load -> processes.serve -> assemble.assemble -> ready -> SIGTERM
-> drain -> exit. One event loop; one storage writer thread below it (drivers.sqlite).
"""
