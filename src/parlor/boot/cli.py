"""The command line. Exit status: 0 as asked, 1 failed at run time, 2 wrong usage or settings.

Every failure that an operator can mend is one line on standard error, without a traceback.
Plain argparse and late imports: a richer library alone would cost a third of the boot time.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import sys
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from parlor import __version__
from parlor.boot.config import Config, ConfigError, Given, load, parse_assignment
from parlor.model.account import Quota, Scope

if TYPE_CHECKING:
    from parlor.drivers.sql.copying import Told

_FLAG_KEYS = {
    "data": ("server", "data"),
    "door": ("server", "doors"),
    "host": ("http", "host"),
    "port": ("http", "port"),
}
_SELF_SIGNED = "self-signed"
_QUOTA_FLAGS = {
    "requests-per-second": "requests it may make, instead of keys.requests_per_second",
    "messages-per-second": "messages it may push, instead of keys.messages_per_second",
    "messages-per-day": "messages it may push in a day, instead of keys.messages_per_day",
}
_DAY_S = 86_400


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave with its exit status."""
    # Boot allocates half a million objects that live as long as the process; `processes` turns
    # collection on again when they are all there.
    gc.disable()
    # Libraries load rich for coloured tracebacks when it happens to be installed: 0.12 s.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    given = sys.argv[1:] if arguments is None else arguments
    if given[:1] == ["bench"]:
        _bench(given[1:])
    flags = _parser().parse_args(given)
    command: Callable[[argparse.Namespace], None] = flags.run
    try:
        command(flags)
    except ConfigError as wrong:
        _fail(2, str(wrong))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as wrong:
        from parlor.boot.failures import EXPECTED

        if not isinstance(wrong, EXPECTED):
            raise
        _fail(1, str(wrong))


def _parser() -> argparse.ArgumentParser:
    settings = argparse.ArgumentParser(add_help=False)
    settings.add_argument("--data", metavar="DIR", help="data folder [./parlor-data]")
    settings.add_argument("--config", metavar="FILE", type=Path, help="settings in TOML")
    settings.add_argument(
        "--set", metavar="SECTION.KEY=VALUE", action="append", default=[], help="one setting"
    )
    listening = argparse.ArgumentParser(add_help=False)
    listening.add_argument("--host", help="address to listen on [127.0.0.1]")
    listening.add_argument("--port", help="TCP port [8080]; 0 takes a free one")
    listening.add_argument(
        "--door", metavar="NAME", action="append", help="front door to open: goim"
    )
    listening.add_argument(
        "--tls",
        choices=[_SELF_SIGNED],
        help="HTTPS with a certificate of its own, made in the data folder; for any other, set "
        "tls.certificates=CERTIFICATE.pem:KEY.pem",
    )

    root = argparse.ArgumentParser(
        prog="parlor", description="Chat, calls and push in one self-hosted server."
    )
    root.add_argument("--version", action="version", version=f"parlor {__version__}")
    commands = root.add_subparsers(metavar="COMMAND", required=True)

    serve = commands.add_parser("serve", parents=[settings, listening], help="run the server")
    serve.add_argument(
        "--take-over",
        action="store_true",
        help="take the place of the server that runs in the data folder, without closing a port",
    )
    serve.set_defaults(run=_serve)

    config = commands.add_parser("config", help="show or check the settings")
    config_commands = config.add_subparsers(metavar="COMMAND", required=True)
    show = config_commands.add_parser(
        "print", parents=[settings, listening], help="what is in force and where it comes from"
    )
    show.set_defaults(run=_config_print)
    check = config_commands.add_parser("check", parents=[settings, listening], help="validate")
    check.set_defaults(run=_config_check)

    migrating = commands.add_parser(
        "migrate",
        parents=[settings],
        help="bring the database to what this program needs",
        description="A database in the data folder is migrated when the server starts; one of its "
        "own (storage.url) only by this command, while no server uses it.",
    )
    migrating.set_defaults(run=_migrate)

    backup = commands.add_parser(
        "backup",
        parents=[settings],
        help="write the database into a file, while the server may run",
        description="The file is a SQLite database, whatever the database is. Secrets and "
        "certificates of the data folder are not in it.",
    )
    backup.add_argument("file", metavar="FILE", type=Path, help="must not exist")
    backup.set_defaults(run=_backup)

    restore = commands.add_parser(
        "restore",
        parents=[settings],
        help="put a backup into an empty database",
        description="Checks that every conversation is whole before anything is kept.",
    )
    restore.add_argument("file", metavar="FILE", type=Path, help="made by parlor backup")
    restore.set_defaults(run=_restore)

    move = commands.add_parser(
        "move",
        parents=[settings],
        help="copy the database into another one",
        description="The server must be stopped. The old database stays as it is; to use the new "
        "one, set storage.url.",
    )
    move.add_argument(
        "--to",
        metavar="URL",
        required=True,
        help="postgresql://…, mysql://…, mariadb://… or sqlite",
    )
    move.set_defaults(run=_move)

    user = commands.add_parser("user", help="people's accounts")
    user_commands = user.add_subparsers(metavar="COMMAND", required=True)
    user_add = user_commands.add_parser(
        "add",
        parents=[settings],
        help="add an account",
        description="The password is read from standard input. Without one, a one-time link is "
        "printed with which the person sets it.",
    )
    user_add.add_argument("name", help="account name")
    user_add.add_argument("--admin", action="store_true", help="make an administrator")
    user_add.set_defaults(run=_user_add)

    certificate = commands.add_parser("certificate", help="certificates for TLS")
    certificate_commands = certificate.add_subparsers(metavar="COMMAND", required=True)
    own = certificate_commands.add_parser(
        _SELF_SIGNED,
        parents=[settings],
        help="make one that no authority has signed",
        description="Makes a key and a certificate in the data folder for this machine's names "
        "and addresses, and says how to use and to trust it.",
    )
    own.add_argument(
        "--name", action="append", default=[], help="one more host name or address it is for"
    )
    own.set_defaults(run=_certificate_self_signed)

    trace = commands.add_parser(
        "trace",
        help="what became of a push",
        description="Asks a running server, which knows the last of its pushes since it started.",
    )
    trace.add_argument("push_id", metavar="ID", help="what the push was answered with")
    trace.add_argument("--url", default="http://localhost:8080", help="[http://localhost:8080]")
    trace.add_argument("--key", help="an API key with scope admin [PARLOR_API_KEY]")
    trace.add_argument("--trust", metavar="FILE", default="", help="certificates to believe, PEM")
    trace.add_argument("--json", action="store_true", help="as the server says it")
    trace.set_defaults(run=_trace)
    # For the list only: what follows it is read by `parlor.load.command`.
    commands.add_parser("bench", help="put load on a running server and measure it")

    key = commands.add_parser("key", help="API keys of programs")
    key_commands = key.add_subparsers(metavar="COMMAND", required=True)
    key_add = key_commands.add_parser("add", parents=[settings], help="make a key, print it once")
    key_add.add_argument("name", help="what the key is for")
    key_add.add_argument("--scope", required=True, help="push, im, admin; commas between")
    key_add.add_argument(
        "--expires-in", metavar="DAYS", type=float, default=0.0, help="days until it opens nothing"
    )
    for flag, meaning in _QUOTA_FLAGS.items():
        key_add.add_argument(f"--{flag}", metavar="N", type=int, default=0, help=meaning)
    key_add.set_defaults(run=_key_add)
    key_list = key_commands.add_parser("list", parents=[settings], help="what keys there are")
    key_list.set_defaults(run=_key_list)
    key_revoke = key_commands.add_parser(
        "revoke", parents=[settings], help="refuse a key from now on, in running servers too"
    )
    key_revoke.add_argument("key", metavar="NAME|ID")
    key_revoke.set_defaults(run=_key_revoke)
    return root


def _serve(flags: argparse.Namespace) -> None:
    config = _config(flags)
    from parlor.boot.processes import serve

    serve(config, lambda: _config(flags), take_over=flags.take_over)


def _config_print(flags: argparse.Namespace) -> None:
    from parlor.boot.sections import SECRET

    for line in _config(flags).lines(SECRET):
        print(line)


def _config_check(flags: argparse.Namespace) -> None:
    config = _config(flags)
    from parlor.boot.agreement import check_files
    from parlor.gateway.tls.certificate import load_certificate
    from parlor.gateway.tls.settings import TlsSettings

    check_files(config)
    tls = config.section("tls", TlsSettings)
    for files in tls.pairs():
        load_certificate(files, tls)
    print("The settings are valid.")


def _migrate(flags: argparse.Namespace) -> None:
    config = _config(flags)

    async def bring_up() -> None:
        from parlor.boot.storage import migrate

        before, now = await migrate(config)
        if before == now:
            print(f"The database is up to date: revision {now}.")
        else:
            print(f"The database has revision {now} now, before {before or 'nothing'}.")

    _run(bring_up())


def _backup(flags: argparse.Namespace) -> None:
    config = _config(flags)
    from parlor.boot.copying import back_up

    _copy("backed up into", flags.file, lambda tell: back_up(config, flags.file, tell))


def _restore(flags: argparse.Namespace) -> None:
    config = _config(flags)
    from parlor.boot.copying import restore

    _copy("restored from", flags.file, lambda tell: restore(config, flags.file, tell))


def _move(flags: argparse.Namespace) -> None:
    config = _config(flags)
    from parlor.boot.copying import move, shown

    try:
        target = shown(config, flags.to)
    except ValueError as wrong:
        raise ConfigError(f"--to: {wrong}") from wrong
    _copy("moved to", target, lambda tell: move(config, flags.to, tell))
    print("Serve from it with storage.url set to that.")


def _copy(
    done: str, where: object, work: Callable[[Told], Coroutine[Any, Any, Mapping[str, int]]]
) -> None:
    """Do it with a bar for each table, then say how many rows each has."""
    if sys.modules.get("rich") is None:
        sys.modules.pop("rich", None)
    from parlor.boot.copy_progress import CopyProgress

    async def copy() -> None:
        with CopyProgress() as progress:
            found = await work(progress.tell)
        for name, rows in found.items():
            print(f"{name:24} {rows:>12,}")
        print(f"{sum(found.values()):,} rows {done} {where}.")

    _run(copy())


def _user_add(flags: argparse.Namespace) -> None:
    config = _config(flags)
    password = "" if sys.stdin.isatty() else sys.stdin.readline().rstrip("\r\n")

    async def add() -> None:
        from parlor.boot.accounts import open_services
        from parlor.boot.addresses import set_up_url

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            if password:
                user = await services.signing.add_account(flags.name, password, admin=flags.admin)
                print(f"Added {user.name} (id {user.id}).")
            else:
                print(set_up_url(config, await services.links.make(flags.name, admin=flags.admin)))

    _run(add())


def _key_add(flags: argparse.Namespace) -> None:
    config = _config(flags)
    try:
        scopes = frozenset(Scope(each.strip()) for each in flags.scope.split(","))
    except ValueError:
        raise ConfigError(f"--scope {flags.scope}: scopes are {', '.join(Scope)}") from None
    if min(flags.expires_in, *(vars(flags)[name.replace("-", "_")] for name in _QUOTA_FLAGS)) < 0:
        raise ConfigError("--expires-in and quotas are not negative")
    quota = Quota(
        requests_per_second=float(flags.requests_per_second),
        request_burst=2 * flags.requests_per_second,
        messages_per_second=float(flags.messages_per_second),
        message_burst=2 * flags.messages_per_second,
        messages_per_day=flags.messages_per_day,
    )

    async def add() -> None:
        from parlor.boot.accounts import open_services

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            made = await services.keys.add(
                flags.name, scopes, expires_in_s=flags.expires_in * _DAY_S, quota=quota
            )
            print(made.key)

    _run(add())


def _certificate_self_signed(flags: argparse.Namespace) -> None:
    config = _config(flags)
    from parlor.boot.folder import open_folder
    from parlor.boot.self_signed import make_self_signed
    from parlor.boot.settings import ServerSettings

    data = open_folder(Path(config.section("server", ServerSettings).data).resolve())
    made = make_self_signed(data, flags.name)
    print(f"Made {made.files.certificate} and its key, valid until {made.until}, for")
    print(f"  {', '.join(made.names)}")
    print("Serve with it, to the whole network:")
    print(f"  parlor serve --data {data} --host 0.0.0.0 --tls {_SELF_SIGNED}")
    print("or in the settings, beside others:")
    print("  [tls]")
    pair = f'certificate = "{made.files.certificate}", key = "{made.files.key}"'
    print(f"  certificates = [{{{pair}}}]")
    print("Browsers warn of it until the device trusts this file as an authority; the key of that")
    print("authority was not kept, so it can vouch for nothing else:")
    print(f"  {made.trust}")


def _key_list(flags: argparse.Namespace) -> None:
    config = _config(flags)

    async def show() -> None:
        from parlor.boot.accounts import open_services
        from parlor.boot.key_table import table_lines

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            for line in table_lines(await services.keys.list(), services.clock.unix_ms() / 1_000):
                print(line)

    _run(show())


def _key_revoke(flags: argparse.Namespace) -> None:
    config = _config(flags)

    async def revoke() -> None:
        from parlor.boot.accounts import open_services

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            revoked = await services.keys.revoke(flags.key)
            print(f"Revoked {revoked.grant.name} (id {revoked.grant.id}).")

    _run(revoke())


def _trace(flags: argparse.Namespace) -> None:
    import json

    from parlor.boot.trace_command import TraceFailed, fetch_trace, trace_lines

    key = flags.key or os.environ.get("PARLOR_API_KEY", "")
    try:
        found = fetch_trace(flags.url, key, flags.push_id, flags.trust)
    except TraceFailed as failed:
        _fail(1, str(failed))
    for line in [json.dumps(found, indent=2)] if flags.json else trace_lines(found):
        print(line)


def _bench(arguments: Sequence[str]) -> NoReturn:
    gc.enable()
    # Hidden from the libraries of a server above; here it draws.
    if sys.modules.get("rich") is None:
        sys.modules.pop("rich", None)
    from parlor.load.command import main as bench

    raise SystemExit(bench(arguments))


def _run(work: Coroutine[Any, Any, None]) -> None:
    gc.enable()
    asyncio.run(work)


def _config(flags: argparse.Namespace) -> Config:
    from parlor.boot.agreement import check_agreement
    from parlor.boot.sections import SECTIONS

    given = [
        Given(section, key, value, f"--{flag}")
        for flag, (section, key) in _FLAG_KEYS.items()
        if (value := getattr(flags, flag, None)) is not None
    ]
    if getattr(flags, "tls", None) == _SELF_SIGNED:
        given.append(Given("tls", "self_signed", True, f"--tls {_SELF_SIGNED}"))
    given += [parse_assignment(each, f"--set {each.partition('=')[0]}") for each in flags.set]
    config = load(SECTIONS, file=flags.config, environment=os.environ, flags=given)
    check_agreement(config)
    return config


def _fail(status: int, line: str) -> NoReturn:
    print(f"parlor: {line}", file=sys.stderr)
    raise SystemExit(status)


if __name__ == "__main__":
    main()
