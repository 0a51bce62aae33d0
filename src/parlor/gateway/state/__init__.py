"""The rules of connections, without sockets, clocks or loops: `now` comes in, decisions go out."""
