"""Drives the tools of a running server with the protocol's own client; its argument is the URL."""

import asyncio
import json
import sys

from mcp import Client
from mcp.shared.exceptions import MCPError


def text_of(result):
    """The text of a result that is no error."""
    assert not result.is_error, result
    (part,) = result.content
    return part.text


async def drive(url, mode, version):
    async with Client(url, mode=mode) as client:
        assert client.protocol_version == version, client.protocol_version
        assert client.server_capabilities.tools is not None
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert len(tools) > 40, len(tools)
        assert tools["get_clock"].annotations.read_only_hint
        frozen = {"body": {"mode": "frozen", "now": "2026-03-14T12:00:00Z"}}
        await client.call_tool("put_clock", frozen)
        payment = {"merchant": "everywhere", "amount": 12345, "currency": "USD"}
        paid = json.loads(text_of(await client.call_tool("post_transactions", {"body": payment})))
        part = {"id": paid["id"], "body": {"amount": 2345}}
        refund = json.loads(text_of(await client.call_tool("post_transactions_id_refund", part)))
        assert (refund["parent"], refund["amount"]) == (paid["id"], 2345), refund
        advanced = await client.call_tool("post_clock_advance", {"body": {"by": "36h"}})
        assert json.loads(text_of(advanced))["now"] == "2026-03-16T00:00:00Z"
        refused = await client.call_tool("get_transactions_id", {"id": 1})
        assert refused.is_error and refused.content[0].text, refused
        try:
            await client.call_tool("get_clok", {})
        except MCPError as error:
            assert "get_clock" in error.error.message, error
        else:
            raise AssertionError("a tool that nobody has was called")


async def main():
    await drive(sys.argv[1], "auto", "2026-07-28")
    await drive(sys.argv[1], "legacy", "2025-11-25")
    print("the protocol's client drives the tools, with a handshake and without")


asyncio.run(main())
