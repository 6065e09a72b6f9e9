"""What the tests of the package share. They run against the installed wheel, never against the checkout."""

import base64
import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

from sandtill import Space

pytest_plugins = ["pytester"]

#: An instant after the window of the scenario `paging`.
NOON = "2026-03-14T12:00:00Z"

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture
def ask() -> Ask:
    """A client of beGateway that knows nothing of this package: status and JSON of a call."""

    def send(url: str, path: str, body: Any, shop_id: str, secret_key: str) -> tuple[int, Any]:
        parts = urlsplit(url)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        basic = base64.b64encode(f"{shop_id}:{secret_key}".encode()).decode()
        headers = {
            "Authorization": f"Basic {basic}",
            "Content-Type": "application/json",
            "X-Api-Version": "3",
        }
        connection.request("POST", parts.path + path, json.dumps(body), headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content) if content.startswith(b"{") else content

    return send


@pytest.fixture
def count(ask: Ask) -> Callable[..., int]:
    """How many payments of a day beGateway counts for a shop."""

    def counted(space: Space, day: str = NOON[:10], merchant: str | None = None) -> int:
        credentials = space.begateway.credentials_of(merchant)
        params = {
            "date_type": "created_at",
            "from": f"{day} 00:00:00",
            "to": f"{day} 23:59:59",
            "status": "all",
            "payment_method_type": "credit_card",
            "time_zone": "UTC",
        }
        status, answer = ask(
            space.begateway.url,
            "/api/reports/count",
            {"report_params": params},
            **credentials,
        )
        assert status == 200, answer
        return int(answer["transactions"]["count"])

    return counted
