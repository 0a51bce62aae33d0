"""The rules of calls as pure code: one `call`, the `moves` in it, the `book` of all calls."""
