"""Requests share threads that stay, and with them connections to the database."""

import asyncio
import threading
from typing import Any

from asgiref.sync import sync_to_async

from pipelines.config.threads import LastingThreads
from tests.support.stack import wait_until


async def ask(app: Any, question: Any) -> Any:
    return await app({"ask": question}, None, None)


def asked(kept: int = 16) -> tuple[LastingThreads, list[threading.Thread]]:
    """Threads around an application that does what the scope says, and the threads that it used."""
    used: list[threading.Thread] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        def work() -> None:
            used.append(threading.current_thread())
            scope["ask"]()

        await sync_to_async(work)()

    return LastingThreads(application, kept), used


async def test_requests_one_after_the_other_need_no_thread_each() -> None:
    app, used = asked()
    for _ in range(20):
        await ask(app, lambda: None)
    assert len(used) == 20
    # A thread may not be back yet when the next request comes.
    assert len(set(used)) < len(used) / 2


async def test_requests_at_the_same_time_do_not_wait_for_each_other() -> None:
    app, used = asked()
    together = threading.Barrier(3)
    await asyncio.gather(*(ask(app, lambda: together.wait(10)) for _ in range(3)))
    assert len(set(used)) == 3


async def test_what_a_request_left_running_holds_up_nobody() -> None:
    app, used = asked()
    began, over = threading.Event(), threading.Event()

    def slow() -> None:
        began.set()
        over.wait(10)

    broken_off = asyncio.create_task(ask(app, slow))
    await asyncio.to_thread(began.wait, 10)
    broken_off.cancel()
    await asyncio.wait([broken_off])
    await asyncio.wait_for(ask(app, lambda: None), 5)
    over.set()
    assert len(set(used)) == 2


async def test_threads_beyond_those_that_stay_end() -> None:
    app, used = asked(kept=1)
    together = threading.Barrier(3)
    await asyncio.gather(*(ask(app, lambda: together.wait(10)) for _ in range(3)))
    wait_until(lambda: sum(thread.is_alive() for thread in used) == 1, "all but one to end")
    await ask(app, lambda: None)
    assert used[3] in used[:3]
