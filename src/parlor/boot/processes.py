"""The serving process: listen, say ready, wait for a signal or a successor, drain, end.

SIGTERM and SIGINT begin an orderly stop of at most `server.drain_limit_s`; a second one ends the
process at once. A successor that is ready (`boot.handover`) begins it too. Exit status 0 after an
orderly stop.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

import structlog
import uvloop

from parlor.api.settings import HttpSettings
from parlor.boot.accounts import AccountServices, open_services
from parlor.boot.addresses import public_url, set_up_url
from parlor.boot.apply import apply
from parlor.boot.assemble import build_server
from parlor.boot.auth import open_authentication
from parlor.boot.config import Config
from parlor.boot.failures import CannotListen
from parlor.boot.folder import open_folder, owning
from parlor.boot.handover import Handover, Listeners, Predecessor, listener_name
from parlor.boot.hooks import open_hooks
from parlor.boot.notify import say_main, say_ready, say_stopping
from parlor.boot.reload import Load, reload
from parlor.boot.server import Server
from parlor.boot.settings import ServerSettings
from parlor.boot.stopping import stop
from parlor.boot.telemetry import LogSettings, set_up_logs
from parlor.boot.web import Web
from parlor.gateway.listening import ListenSettings, open_listener, tune

log = structlog.get_logger()

CALLS_TICK_S = 0.25
KEEP_ALIVE_S = 75
LAST_EVENTS_S = 1.0
"""For webhooks to hear of the last disconnects; what they do not take by then is lost."""


def serve(config: Config, load: Load, *, take_over: bool = False) -> None:
    """Run until told to stop; SIGHUP takes the settings from `load` anew.

    `take_over`: take the place of the server that runs in the data folder, if one does. Raises
    what `failures.EXPECTED` lists.
    """
    settings = config.section("server", ServerSettings)
    set_up_logs(config.section("log", LogSettings))
    _raise_file_limit()
    folder = open_folder(Path(settings.data))
    predecessor = Predecessor.reach(folder) if take_over else None
    try:
        with owning(folder, predecessor.lock if predecessor else None) as lock:
            uvloop.run(_serve(config, load, lock, predecessor))
    except BaseExceptionGroup as group:
        # One thing went wrong in one task; the others were cancelled because of it.
        raise group.exceptions[0] from None


async def _serve(config: Config, load: Load, lock: int, predecessor: Predecessor | None) -> None:
    stopped = _stop_signal()
    # Until everything is there, the signal must not end the process.
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, lambda: None)
    http = config.section("http", HttpSettings)
    settings = config.section("server", ServerSettings)
    inherited = predecessor.listeners if predecessor else Listeners()
    handover = Handover(Path(settings.data), lock, stopped.set)
    async with AsyncExitStack() as stack:
        base = await open_services(config, stack)
        authentication = await open_authentication(
            config,
            stack,
            base.database,
            base.secrets,
            base.sign_ins,
            base.people,
            base.clock,
            base.meter,
        )
        server = build_server(config, base, authentication)
        hooks = await open_hooks(config, base, server.gateway, stack)
        listener = inherited.take("http", http.host, http.port)
        listen = config.section("listen", ListenSettings)
        if listener is None:
            listener = _listen(http.host, http.port, listen)
        else:
            tune(listener, listen)
        stack.enter_context(listener)
        _bind_doors(server, stack, inherited)
        web = Web(config, server)
        _reload_on_signal(config, load, lambda new: apply(new, base, server, web))
        if predecessor is not None:
            say_main()
            # From here on the other one accepts no more, and nothing may fail that can be helped.
            server.remembered.load(await predecessor.replace(settings.drain_limit_s))
            # It may have revoked something since this one looked.
            await authentication.revoked.load()
        async with asyncio.TaskGroup() as tasks:
            running = [
                tasks.create_task(server.gateway.keep_time()),
                tasks.create_task(server.deliver.run()),
                tasks.create_task(server.large.run()),
                tasks.create_task(server.rooms.run()),
                tasks.create_task(server.room_presence.run()),
                tasks.create_task(server.people.presence.run()),
                tasks.create_task(server.people.jobs.run()),
                tasks.create_task(server.native.mail.run(server.bus)),
                tasks.create_task(server.mailboxes.run()),
                tasks.create_task(_keep_calls(server)),
                tasks.create_task(server.keeping.run()),
                tasks.create_task(server.tidying.run()),
                tasks.create_task(base.keys.run()),
                tasks.create_task(authentication.revoked.run()),
                tasks.create_task(server.devices.seen.run()),
                tasks.create_task(server.devices.delivered.run()),
            ]
            if hooks is not None:
                running.append(tasks.create_task(hooks.run()))
            await server.deliver.subscribed.wait()
            await server.native.mail.subscribed.wait()
            await server.people.presence.subscribed.wait()
            # Only now: what it delivers must be heard.
            running.append(tasks.create_task(server.durable.run()))
            running.append(tasks.create_task(server.message_jobs.run()))
            running.append(tasks.create_task(server.indexing.run()))
            serving = tasks.create_task(web.server.serve(sockets=[listener]))
            for door in server.doors:
                await door.open()
            inherited.close()
            while not web.server.started:
                if serving.done():
                    raise CannotListen("the HTTP server did not start; the log says why")
                await asyncio.sleep(0.001)
            server.api.readiness.on_started()
            # What is there now stays: never walk it again looking for garbage.
            gc.freeze()
            gc.enable()
            say_ready()
            await _say_ready(config, base, server, listener.getsockname()[1])
            sockets = _sockets(http, listener, server)
            running.append(tasks.create_task(handover.run(sockets)))
            await stopped.wait()
            if not handover.has_successor:
                say_stopping()
            await stop(server, web.server.servers, handover, settings.drain_limit_s)
            web.server.should_exit = True
            await serving
            if hooks is not None:
                await hooks.wait_until_told(LAST_EVENTS_S)
            for task in running:
                task.cancel()
    log.info("stopped")


def _bind_doors(server: Server, stack: AsyncExitStack, inherited: Listeners) -> None:
    for door in server.doors:
        try:
            door.bind(inherited.take)
        except OSError as taken:
            raise CannotListen(str(taken.strerror or taken)) from taken
        stack.push_async_callback(door.close)


async def _say_ready(config: Config, base: AccountServices, server: Server, port: int) -> None:
    _say(f"ready {public_url(config, port)}")
    for door in server.doors:
        for name, (host, bound) in door.addresses.items():
            _say(f"goim {name} {host}:{bound}")
    if await base.accounts.count_admins() == 0:
        link = await base.links.make("", admin=True)
        _say("There is no administrator yet. This link makes the first one, once:")
        _say(f"  {set_up_url(config, link, port)}")


def _sockets(
    http: HttpSettings, listener: socket.socket, server: Server
) -> dict[str, socket.socket]:
    """Every listening socket, as a successor asks for it."""
    sockets = {listener_name("http", http.host, http.port): listener}
    for door in server.doors:
        sockets |= {listener_name(*bound): each for bound, each in door.sockets.items()}
    return sockets


def _say(line: str) -> None:
    """To whoever started the process, if somebody still reads its output."""
    with contextlib.suppress(BrokenPipeError):
        print(line, flush=True)


async def _keep_calls(server: Server) -> None:
    while True:
        await asyncio.sleep(CALLS_TICK_S)
        await server.calls.on_time()


def _listen(host: str, port: int, settings: ListenSettings) -> socket.socket:
    try:
        return open_listener(host, port, settings)
    except socket.gaierror as wrong:
        raise CannotListen(f"http.host {host}: {wrong.strerror}") from wrong
    except OSError as wrong:
        raise CannotListen(
            f"http.port {port}: cannot listen on {host}:{port}: {wrong.strerror}"
        ) from wrong


def _stop_signal() -> asyncio.Event:
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def on_signal(number: signal.Signals) -> None:
        # From now on the same signal ends the process at once.
        loop.remove_signal_handler(number)
        signal.signal(number, signal.SIG_DFL)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, on_signal, number)
    return stop


def _reload_on_signal(config: Config, load: Load, put_into_force: Callable[[Config], None]) -> None:
    in_force = config

    def on_hang_up() -> None:
        nonlocal in_force
        in_force = reload(in_force, load)
        put_into_force(in_force)

    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, on_hang_up)


def _raise_file_limit() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
