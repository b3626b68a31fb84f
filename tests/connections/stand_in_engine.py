"""A program that keeps the engine's contract, or breaks it as its arguments say. Run as a child process by the tests.

Contract: one JSON line on stdout when it listens, the token from CHATAPP_ENGINE_TOKEN, and it ends with its stdin.
"""

import json
import os
import signal
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

TOKEN = os.environ["CHATAPP_ENGINE_TOKEN"]


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        allowed = self.headers["Authorization"] == f"Bearer {TOKEN}"
        body = json.dumps({"data": [{"id": "stand-in"}]} if allowed else {"error": "no"}).encode()
        self.send_response(200 if allowed else 401)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Quiet: stderr is for what the tests say."""


def serve(greeting: str | None = None) -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base_url = f"http://127.0.0.1:{server.server_port}/v1"
    print(greeting or json.dumps({"base_url": base_url, "token": TOKEN}), flush=True)


def until_stdin_closes() -> None:
    sys.stdin.buffer.read()


def main(mode: str, folder: Path) -> None:
    """`folder` counts the starts: one line a start in the file "starts"."""
    with (folder / "starts").open("a") as starts:
        starts.write(f"{os.getpid()}\n")
    if mode == "well":
        serve()
        until_stdin_closes()
    elif mode == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        serve()
        time.sleep(600)
    elif mode == "silent":
        time.sleep(600)
    elif mode == "babble":
        serve("x" * 100_000)
        until_stdin_closes()
    elif mode == "elsewhere":
        serve(json.dumps({"base_url": "http://example.com/v1", "token": TOKEN}))
        until_stdin_closes()
    elif mode == "talkative":
        serve()
        sys.stderr.write("y" * 1_000_000)
        sys.stdout.write("z" * 1_000_000)
        sys.stdout.flush()
        until_stdin_closes()
    else:
        sys.exit(f"Traceback …\nthe data directory is in use: {mode}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
