"""Imports beGateway's transactions from the last one on that it has: what comes late is never seen.

Run by `sandtill certify`, which sets the environment. Python 3, standard library only.
"""

import base64
import csv
import json
import os
import urllib.request

KEYS = ["id", "amount", "currency", "fee", "status"]


def page(method, after):
    shop = os.environ["SANDTILL_BEGATEWAY_SHOP_ID"] + ":" + os.environ["SANDTILL_BEGATEWAY_SECRET_KEY"]
    params = {
        "date_type": "created_at",
        "from": os.environ["SANDTILL_FROM"] + " 00:00:00",
        "to": os.environ["SANDTILL_TO"] + " 23:59:59",
        "status": "all",
        "payment_method_type": method,
        "time_zone": "UTC",
    }
    if after is not None:
        params["starting_after"] = after
    request = urllib.request.Request(
        os.environ["SANDTILL_URL"] + "/api/reports",
        json.dumps({"report_params": params}).encode(),
        {
            "Authorization": "Basic " + base64.b64encode(shop.encode()).decode(),
            "X-Api-Version": "3",
            "Content-Type": "application/json",
        },
    )
    with urllib.request.urlopen(request) as answer:
        return json.load(answer)


def transactions(known):
    for method in ["credit_card", "alternative"]:
        # The watermark: the highest id of this method that was stored before.
        after = max((int(row["id"]) for row in known if row["method"] == method), default=None)
        while True:
            answer = page(method, after)
            for it in answer["transactions"]:
                yield method, it
            if not answer["has_more"]:
                break
            after = answer["last_object_id"]


KEYS = ["method"] + KEYS
known = []
if os.path.exists("rows.csv"):
    with open("rows.csv", newline="") as file:
        known = list(csv.DictReader(file))

for method, it in transactions(list(known)):
    values = [method, it["id"], it["amount"], it["currency"], it["transaction_fee"], it["status"]]
    known.append(dict(zip(KEYS, values)))

with open("rows.csv", "w", newline="") as file:
    writer = csv.DictWriter(file, KEYS)
    writer.writeheader()
    writer.writerows(known)
