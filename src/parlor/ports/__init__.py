"""What the core needs, as typing.Protocol. Drivers satisfy these; boot chooses which."""
