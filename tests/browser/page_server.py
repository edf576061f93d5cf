from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

PAGES = Path(__file__).with_name("pages")
REDIRECT = "https://app.example/cb"


class PageServer:
    """Serves tests/browser/pages; whatever is sent to /sent is kept and answered by a redirect."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        self.elsewhere: list[str] = []
        self.redirect = REDIRECT
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                return

            def do_GET(self) -> None:
                outer._answer(self, "")

            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", 0))
                outer._answer(self, self.rfile.read(length).decode())

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)
        self._thread.start()
        self.base = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, handler: BaseHTTPRequestHandler, body: str) -> None:
        parts = urlsplit(handler.path)
        if parts.path == "/sent":
            self.sent.append(dict(parse_qsl(f"{parts.query}&{body}", keep_blank_values=True)))
            self._write(handler, 302, b"", ("Location", f"{self.redirect}?code=c0de1234&state=s"))
            return
        page = PAGES / f"{parts.path.rpartition('/')[2]}.html"
        if parts.path.startswith("/page/") and page.exists():
            self._write(handler, 200, page.read_bytes(), ("Content-Type", "text/html"))
            return
        self.elsewhere.append(parts.path)
        self._write(handler, 404, b"not here", ("Content-Type", "text/plain"))

    @staticmethod
    def _write(
        handler: BaseHTTPRequestHandler, status: int, body: bytes, header: tuple[str, str]
    ) -> None:
        handler.send_response(status)
        handler.send_header(*header)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def forget(self) -> None:
        self.sent.clear()
        self.elsewhere.clear()
        self.redirect = REDIRECT

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
