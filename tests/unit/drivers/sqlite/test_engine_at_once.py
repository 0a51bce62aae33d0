"""A new file that several processes open in the same moment, here as threads."""

import threading

from parlor.drivers.sqlite.engine import Use, make_engine
from parlor.drivers.sqlite.settings import SqliteSettings

ROUNDS = 100
AT_ONCE = 8


def test_whoever_opens_a_new_file_at_the_same_moment_gets_it_too(tmp_path):
    """SQLite refuses some of them at once, without waiting: about one round in forty."""
    failures: list[Exception] = []
    for number in range(ROUNDS):
        together = threading.Barrier(AT_ONCE)
        path = tmp_path / f"{number}.db"

        def begin(path=path, together=together) -> None:
            engine = make_engine(path, Use.WRITING, SqliteSettings(), connections=1)
            together.wait()
            try:
                with engine.begin() as connection:
                    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS t (x)")
            except Exception as failure:
                failures.append(failure)
            finally:
                engine.dispose()

        threads = [threading.Thread(target=begin) for _ in range(AT_ONCE)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failures == []
