"""Run in a process of its own: yfinance on a recorded session, since it keeps state per process."""

from __future__ import annotations

import datetime
import json
import sys
from functools import partial
from pathlib import Path

import exchange_calendars
import requests
from requests.adapters import BaseAdapter

from headway.datasets import fetch, verify
from headway.domains.portfolio.market import universes
from headway.domains.portfolio.market.datasets import YAHOO
from headway.domains.portfolio.market.files import File
from headway.domains.portfolio.market.yahoo import Yahoo
from headway.errors import DataError

SESSIONS = exchange_calendars.get_calendar("XNYS", start="2022-01-03").sessions_in_range("2022-01-03", "2022-02-01")


def chart(symbol, closes, adjusted, days):
    """What Yahoo's chart endpoint answers for one symbol."""
    meta = {
        "currency": "USD", "symbol": symbol, "exchangeName": "NYQ", "instrumentType": "EQUITY", "gmtoffset": -18000,
        "timezone": "EST", "exchangeTimezoneName": "America/New_York", "dataGranularity": "1d", "range": "",
        "firstTradeDate": 0, "priceHint": 2,
        "validRanges": ["1mo", "max"], "regularMarketPrice": closes[-1], "regularMarketTime": 1643749200,
        "currentTradingPeriod": {"regular": {"timezone": "EST", "start": 0, "end": 1, "gmtoffset": -18000}},
    }  # fmt: skip
    quote = {name: closes for name in ("open", "high", "low", "close")} | {"volume": [100] * len(closes)}
    stamps = [int(day.timestamp()) + 14 * 3600 + 1800 for day in days]
    indicators = {"quote": [quote], "adjclose": [{"adjclose": adjusted}]}
    return {"chart": {"result": [{"meta": meta, "timestamp": stamps, "indicators": indicators}], "error": None}}


class Recorded(BaseAdapter):
    """Answers every request from memory; symbols it does not know are not found."""

    def __init__(self, charts):
        super().__init__()
        self.charts, self.asked = charts, 0

    def send(self, request, **_):
        self.asked += 1
        symbol = request.url.split("?")[0].rsplit("/", 1)[-1]
        known = "/chart/" not in request.url or symbol in self.charts
        missing = {"chart": {"result": None, "error": {"code": "Not Found", "description": "No data found"}}}
        response = requests.Response()
        response.status_code = 200 if known else 404
        response.url, response.request = request.url, request
        body = json.dumps(self.charts.get(symbol, missing)) if "/chart/" in request.url else "crumb"
        response._content = body.encode()
        return response

    def close(self):
        pass


def provider(charts, folder, tickers=("AAA", "BBB")):
    session = requests.Session()
    adapter = Recorded(charts)
    session.mount("https://", adapter)
    first, last = datetime.date(2022, 1, 3), datetime.date(2022, 2, 1)
    return Yahoo(tickers=tickers, start=first, end=last, cache=folder, session=session), adapter


def rising(symbol, days=SESSIONS, factor=0.5):
    closes = [100.0 + i for i in range(len(days))]
    return chart(symbol, closes, [c * factor for c in closes], days)


def refusal(charts, folder, **options):
    try:
        provider(charts, folder, **options)[0].market()
    except DataError as error:
        return str(error)
    return None


def good(folder):
    made, adapter = provider({"AAA": rising("AAA"), "BBB": rising("BBB")}, folder)
    market = made.market()
    asked = adapter.asked
    again = made.market()
    manifest = json.loads(next(folder.glob("*.json")).read_text())
    table = next(folder.glob("*.parquet"))
    table.write_bytes(table.read_bytes()[:-1] + b"?")
    return {
        "assets": market.assets, "days": len(market.dates), "sessions": len(SESSIONS), "first": str(market.dates[0]),
        "return": market.returns[0, 0], "from_cache": adapter.asked == asked, "asked": asked > 0,
        "same": bool((again.returns == market.returns).all()), "manifest": manifest, "file": table.stem,
        "damaged": refusal({}, folder), "caveats": market.caveats,
    }  # fmt: skip


def universe(folder):
    """The sector funds, listed for a month: fetched, recorded, read by `data=file`."""
    charts = {ticker: rising(ticker) for ticker in universes.UNIVERSES["sectors"].tickers.split()}
    session = requests.Session()
    session.mount("https://", Recorded(charts))
    first, last = datetime.date(2022, 1, 3), datetime.date(2022, 2, 1)
    whole = universes.write
    universes.write = lambda name, path: whole(
        name, path, start=first, end=last, cache=folder / "kept", session=session
    )
    made = fetch(YAHOO, ("sectors",), folder)
    state = verify(YAHOO, folder)
    market = File(path=made[0]).market()
    return {"files": [file.name for file in made], "state": state, "assets": market.assets, "days": len(market.dates)}


def hole():
    """A ticker without a price on its fourth day."""
    made = rising("BBB")
    for part in ("quote", "adjclose"):
        made["chart"]["result"][0]["indicators"][part][0]["close" if part == "quote" else part][3] = None
    return made


def jump():
    """A ticker worth five times as much on its sixth day."""
    closes = [100.0] * 5 + [500.0] * (len(SESSIONS) - 5)
    return chart("BBB", closes, closes, SESSIONS)


BAD = {
    "nothing": lambda: ({}, ("AAA", "BBB")),
    "one unknown": lambda: ({"AAA": rising("AAA")}, ("AAA", "BBB")),
    "a hole": lambda: ({"AAA": rising("AAA"), "BBB": hole()}, ("AAA", "BBB")),
    "a jump": lambda: ({"AAA": rising("AAA"), "BBB": jump()}, ("AAA", "BBB")),
    "a late start": lambda: ({"AAA": rising("AAA"), "BBB": rising("BBB", SESSIONS[5:])}, ("AAA", "BBB")),
    "too few sessions": lambda: ({"AAA": rising("AAA", SESSIONS[:-2])}, ("AAA",)),
}


def bad(scenario, folder):
    charts, tickers = BAD[scenario]()
    error = refusal(charts, folder, tickers=tickers)
    return {"error": error, "files": [f.name for f in folder.glob("*")] if folder.exists() else []}


if __name__ == "__main__":
    scenario, folder = sys.argv[1], Path(sys.argv[2])
    made = {"good": good, "universe": universe}.get(scenario) or partial(bad, scenario)
    print("ANSWER" + json.dumps(made(folder)))
