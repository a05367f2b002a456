"""A transport for `requests` that calls a WSGI application in this process: no socket, no waiting."""

from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict
from werkzeug.test import EnvironBuilder, run_wsgi_app

from hub.fake_notify.endpoints import LOST_HEADER

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication


class InProcessAdapter(BaseAdapter):
    """Mount it on a `requests` session: `session.mount("http://notify.test", InProcessAdapter(app))`.

    A request becomes one call of `app`. An answer that a real network would have lost
    (`Mood.LOST_ANSWER`) is raised as a read timeout, as a caller would meet it.
    """

    def __init__(self, app: "WSGIApplication") -> None:
        super().__init__()
        self._app = app

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        """Call the application and dress its answer as a response."""
        builder = EnvironBuilder(
            path=urlsplit(request.url or "").path,
            query_string=urlsplit(request.url or "").query,
            base_url=_base(request.url or ""),
            method=request.method or "GET",
            headers=list(request.headers.items()),
            data=_bytes(request.body),
            environ_overrides={"hub.in_process": True},
        )
        body, status, headers = run_wsgi_app(self._app, builder.get_environ(), buffered=True)
        builder.close()
        if headers.get(LOST_HEADER):
            raise requests.ReadTimeout(request=request)
        response = requests.Response()
        response.status_code = int(status.split(" ", 1)[0])
        response.headers = CaseInsensitiveDict(list(headers.items()))
        response.raw = BytesIO(b"".join(body))
        response.url = request.url or ""
        response.request = request
        response.encoding = "utf-8"
        return response

    def close(self) -> None:
        """Nothing is held."""


def _base(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/"


def _bytes(body: Any) -> bytes:
    if body is None:
        return b""
    return body.encode() if isinstance(body, str) else bytes(body)
