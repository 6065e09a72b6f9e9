"""Imports beGateway's transactions again and again as a whole: what has changed is overwritten.

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


def transactions():
    for method in ["credit_card", "alternative"]:
        after = None
        while True:
            answer = page(method, after)
            yield from answer["transactions"]
            if not answer["has_more"]:
                break
            after = answer["last_object_id"]


rows = {}
for it in transactions():
    rows[it["id"]] = [it["id"], it["amount"], it["currency"], it["transaction_fee"], it["status"]]

with open("rows.csv", "w", newline="") as file:
    writer = csv.writer(file)
    writer.writerow(KEYS)
    writer.writerows(rows.values())
