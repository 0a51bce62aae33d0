"""The command line. Exit status: 0 as asked, 1 failed at run time, 2 wrong usage or settings.

Every failure that an operator can mend is one line on standard error, without a traceback.
Plain argparse and late imports: a richer library alone would cost a third of the boot time.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NoReturn

from parlor import __version__
from parlor.boot import database_commands, index_command
from parlor.boot.commands import SELF_SIGNED, config_of, fail, run
from parlor.boot.config import ConfigError
from parlor.model.account import Quota, Scope

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
        fail(2, str(wrong))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    except Exception as wrong:
        from parlor.boot.failures import EXPECTED

        if not isinstance(wrong, EXPECTED):
            raise
        fail(1, str(wrong))


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
        choices=[SELF_SIGNED],
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

    database_commands.add_to(commands, settings)
    index_command.add_to(commands, settings)

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

    user_password = user_commands.add_parser(
        "password",
        parents=[settings],
        help="replace a password with a one-time password, print it once",
        description="The password that is printed is good for signing in once, with a new one that "
        "the person then chooses. The one before opens nothing any more, and the person is signed "
        "out everywhere; a running server closes open connections within auth.recheck_s.",
    )
    user_password.add_argument("name", help="account name")
    user_password.set_defaults(run=_user_password)

    certificate = commands.add_parser("certificate", help="certificates for TLS")
    certificate_commands = certificate.add_subparsers(metavar="COMMAND", required=True)
    own = certificate_commands.add_parser(
        SELF_SIGNED,
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
    config = config_of(flags)
    from parlor.boot.processes import serve

    serve(config, lambda: config_of(flags), take_over=flags.take_over)


def _config_print(flags: argparse.Namespace) -> None:
    from parlor.boot.sections import SECRET

    for line in config_of(flags).lines(SECRET):
        print(line)


def _config_check(flags: argparse.Namespace) -> None:
    config = config_of(flags)
    from parlor.boot.agreement import check_files
    from parlor.gateway.tls.certificate import load_certificate
    from parlor.gateway.tls.settings import TlsSettings

    check_files(config)
    tls = config.section("tls", TlsSettings)
    for files in tls.pairs():
        load_certificate(files, tls)
    print("The settings are valid.")


def _user_add(flags: argparse.Namespace) -> None:
    config = config_of(flags)
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

    run(add())


def _user_password(flags: argparse.Namespace) -> None:
    config = config_of(flags)

    async def replace() -> None:
        from parlor.boot.accounts import open_services

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            print(await services.new_passwords.make_one_time(flags.name))

    run(replace())


def _key_add(flags: argparse.Namespace) -> None:
    config = config_of(flags)
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

    run(add())


def _certificate_self_signed(flags: argparse.Namespace) -> None:
    config = config_of(flags)
    from parlor.boot.folder import open_folder
    from parlor.boot.self_signed import make_self_signed
    from parlor.boot.settings import ServerSettings

    data = open_folder(Path(config.section("server", ServerSettings).data).resolve())
    made = make_self_signed(data, flags.name)
    print(f"Made {made.files.certificate} and its key, valid until {made.until}, for")
    print(f"  {', '.join(made.names)}")
    print("Serve with it, to the whole network:")
    print(f"  parlor serve --data {data} --host 0.0.0.0 --tls {SELF_SIGNED}")
    print("or in the settings, beside others:")
    print("  [tls]")
    pair = f'certificate = "{made.files.certificate}", key = "{made.files.key}"'
    print(f"  certificates = [{{{pair}}}]")
    print("Browsers warn of it until the device trusts this file as an authority; the key of that")
    print("authority was not kept, so it can vouch for nothing else:")
    print(f"  {made.trust}")


def _key_list(flags: argparse.Namespace) -> None:
    config = config_of(flags)

    async def show() -> None:
        from parlor.boot.accounts import open_services
        from parlor.boot.key_table import table_lines

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            for line in table_lines(await services.keys.list(), services.clock.unix_ms() / 1_000):
                print(line)

    run(show())


def _key_revoke(flags: argparse.Namespace) -> None:
    config = config_of(flags)

    async def revoke() -> None:
        from parlor.boot.accounts import open_services

        async with AsyncExitStack() as stack:
            services = await open_services(config, stack)
            revoked = await services.keys.revoke(flags.key)
            print(f"Revoked {revoked.grant.name} (id {revoked.grant.id}).")

    run(revoke())


def _trace(flags: argparse.Namespace) -> None:
    import json

    from parlor.boot.trace_command import TraceFailed, fetch_trace, trace_lines

    key = flags.key or os.environ.get("PARLOR_API_KEY", "")
    try:
        found = fetch_trace(flags.url, key, flags.push_id, flags.trust)
    except TraceFailed as failed:
        fail(1, str(failed))
    for line in [json.dumps(found, indent=2)] if flags.json else trace_lines(found):
        print(line)


def _bench(arguments: Sequence[str]) -> NoReturn:
    gc.enable()
    # Hidden from the libraries of a server above; here it draws.
    if sys.modules.get("rich") is None:
        sys.modules.pop("rich", None)
    from parlor.load.command import main as bench

    raise SystemExit(bench(arguments))


if __name__ == "__main__":
    main()
