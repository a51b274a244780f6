"""A browser's end of a WebSocket, spoken to the ASGI application without a network."""

import json
from typing import Any

from asgiref.testing import ApplicationCommunicator


class Socket:
    """`open` waits for the accept; after that `frame` and `close_code` wait for what comes."""

    def __init__(self, application: Any, address: str, headers: list[tuple[bytes, bytes]]) -> None:
        path, _, query = address.partition("?")
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": headers,
            "subprotocols": [],
        }
        self.wire = ApplicationCommunicator(application, scope)

    async def open(self) -> "Socket":
        await self.wire.send_input({"type": "websocket.connect"})
        answer = await self.wire.receive_output(5)
        # A browser learns the close code only of a socket that was open.
        assert answer["type"] == "websocket.accept", answer
        return self

    async def frame(self) -> Any:
        message = await self.wire.receive_output(5)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def close_code(self) -> int:
        message = await self.wire.receive_output(5)
        assert message["type"] == "websocket.close", message
        return int(message["code"])

    async def silent(self, seconds: float) -> bool:
        return bool(await self.wire.receive_nothing(seconds))

    async def say(self, **message: Any) -> None:
        await self.wire.send_input({"type": "websocket.receive", **message})

    async def leave(self) -> None:
        await self.wire.send_input({"type": "websocket.disconnect", "code": 1000})
        await self.wire.wait(5)
