"""One way each to have what the ports ask for. Same file name, same port.

Only `boot` imports drivers.
"""
