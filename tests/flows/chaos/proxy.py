"""The proxy between functions and emulator: microburst, and batches that fail in part.

microburst answers with errors as AWS writes them, delays, holds and resets connections, before a
request is forwarded or while its answer is sent. It cannot refuse single entries of a batch, which
is done here, in front of it. Run as a process: `python -m tests.flows.chaos.proxy URL PORT`.
"""

import asyncio
import logging
import random
import sys
from collections import Counter
from typing import Final

from aiohttp import ClientSession, web
from aiohttp.typedefs import Handler
from microburst.app import make_app  # type: ignore[import-untyped]
from microburst.core.pipeline import Microburst  # type: ignore[import-untyped]

from ops.local.environment import LOOPBACK
from tests.flows.chaos.partial import Refusal, refusal

PATH: Final = "/_chaos/partial"


class Partial:
    """Lets every so many batch calls fail for one of their entries."""

    def __init__(self, upstream: str) -> None:
        """Begin without faults; PATH sets the probability and tells the counts."""
        self._upstream = upstream
        self._probability = 0.0
        self._fired: Counter[str] = Counter()

    @web.middleware
    async def refuse(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Take a request out of its way, or let it go on to microburst."""
        if request.path == PATH:
            return await self._control(request)
        # microburst must find the body unread, so chance decides before anyone knows what it is.
        if request.path.startswith("/_") or random.random() >= self._probability:
            return await handler(request)
        body = await request.read()
        found = refusal(request.headers, body)
        if found:
            self._fired[found.operation] += 1
        return await self._forward(request, body, found)

    async def _control(self, request: web.Request) -> web.Response:
        if request.method == "PUT":
            self._probability = float((await request.json())["probability"])
        return web.json_response(self._fired)

    async def _forward(
        self, request: web.Request, body: bytes, found: Refusal | None
    ) -> web.Response:
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in ("host", "content-length", "connection")
        }
        content = found.request if found else body
        url = self._upstream + request.path_qs
        async with (
            ClientSession() as session,
            session.request(request.method, url, data=content, headers=headers) as answer,
        ):
            text = await answer.read()
            if found and answer.status == 200:
                text = found.answer(text)
            kind = answer.headers.get("Content-Type", "text/xml")
            return web.Response(status=answer.status, body=text, headers={"Content-Type": kind})


def main() -> None:
    """Serve until ended."""
    upstream, port = sys.argv[1], int(sys.argv[2])
    logging.basicConfig(level=logging.WARNING)
    app = make_app(Microburst(upstream))
    app.middlewares.append(Partial(upstream).refuse)
    web.run_app(
        app, host=LOOPBACK, port=port, print=None, access_log=None, loop=asyncio.new_event_loop()
    )


if __name__ == "__main__":
    main()
