"""Where the bytes of files are kept: a folder, or a bucket of an S3-compatible server.

`staging` holds what is still being uploaded, always on this machine.
"""
