"""Yahoo's door: a browser's handshake, a cookie and a crumb, as yfinance knows how to get them.

Of yfinance only that is used. Its frames turn a failure into an empty table, and its own requests are sent again with
another cookie after every refusal. yfinance, and pandas with it, is imported when the first session is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from threading import Lock
from typing import Any, Final
from urllib.parse import urlsplit

from market_app.providers.access import Access, ProviderTrouble, Trouble, remaining

HOST: Final = "https://query2.finance.yahoo.com"
DOMAIN: Final = ".yahoo.com"
LEAST_WAIT_S: Final = 0.001  # curl takes 0 for no limit


class Door:
    """One session at Yahoo. Raises ProviderTrouble of its own (BUDGET, TIMED_OUT, REFUSED) and whatever curl raises."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._opening = Lock()
        self._data = _data(_session(access))

    def get(self, path: str, params: Mapping[str, Any], *, with_crumb: bool) -> tuple[int, bytes]:
        """Status and body. path begins with a slash; of a question with a crumb the first one costs two more requests."""
        crumb = {"crumb": self._crumb()} if with_crumb else {}
        session = self._data._session
        answer = session.get(f"{HOST}{path}", params={**params, **crumb}, allow_redirects=False)
        if with_crumb and answer.status_code in (401, 403):
            self._data._crumb = self._data._cookie = None  # the next question asks for new ones
            session.cookies.clear()
        return answer.status_code, answer.content

    def _crumb(self) -> str:
        """Asked for by one thread at a time, none of which waits longer than its own caller does."""
        patience = min(self._access.patience.total_s, remaining())
        if not self._opening.acquire(timeout=max(patience, 0.0)):
            raise ProviderTrouble(Trouble.TIMED_OUT, "yfinance: no crumb in time")
        try:
            crumb, _ = self._data._get_cookie_and_crumb()
        finally:
            self._opening.release()
        if not crumb:
            raise ProviderTrouble(Trouble.REFUSED, "yfinance: no crumb is given")
        return str(crumb)


def _session(access: Access) -> Any:
    """A browser's session that goes to Yahoo, or to who stands in for it, and nowhere else."""
    from curl_cffi import CurlOpt, requests

    class Session(requests.Session):  # type: ignore[type-arg]
        def request(self, method: Any, url: str, *args: Any, **kwargs: Any) -> Any:
            left = min(access.patience.total_s, remaining())
            if left <= 0.0:
                raise ProviderTrouble(Trouble.TIMED_OUT, "yfinance: the caller's deadline is over")
            address = _address(url, access)
            access.meter.spend(1)
            connect = max(min(access.patience.connect_s, left), LEAST_WAIT_S)
            limits = (connect, max(left - connect, LEAST_WAIT_S))  # curl ends the whole transfer after their sum
            return super().request(method, address, *args, **{**kwargs, "timeout": limits})

    # On a connection that is used again, curl sends a request a second time by itself when the first meets a reset.
    return Session(impersonate="chrome", trust_env=False, curl_options={CurlOpt.FORBID_REUSE: 1})


def _address(url: str, access: Access) -> str:
    """Raises ProviderTrouble (REFUSED) for any host but Yahoo's: the cookies are for nobody else."""
    parts = urlsplit(url)
    if not f".{parts.hostname}".endswith(DOMAIN):
        raise ProviderTrouble(Trouble.REFUSED, f"yfinance: {parts.hostname} is not Yahoo's")
    if not access.url:
        return url
    return f"{access.url}{parts.path}" + (f"?{parts.query}" if parts.query else "")


def _data(session: Any) -> Any:
    """yfinance's keeper of cookie and crumb, one for each session: its own class has one object in the process."""
    from yfinance.data import YfData

    class Data(YfData):  # type: ignore[misc]
        def _load_cookie_curlCffi(self) -> bool:  # noqa: N802
            return bool(len(self._session.cookies.jar))  # not from its file, which everything of this account shares

        def _save_cookie_curlCffi(self) -> bool:  # noqa: N802
            return False

    return Data(session=session)
