"""Pictures made safe and small by Pillow, in processes of their own.

A decoder of hostile bytes may hang, crash or eat memory: it does so where nothing else runs, and
is ended. `maker` starts one process for each picture; `worker` is that process.
"""
