"""A Responses server that streams numbered words and notes when it sent each: for kills in mid-stream, for speed.

`python -m tests.faults.word_server COUNT PAUSE_S` runs one in a process of its own: it prints its base URL and serves
until its stdin closes.
"""

import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.kit.events import message_item, response_object

WORDS_IN_PARAGRAPH = 50


def word(number: int) -> str:
    """The n-th word with the blank, or the paragraph's end, after it."""
    return f"w{number} " if (number + 1) % WORDS_IN_PARAGRAPH else f"w{number}\n\n"


class WordServer(ThreadingHTTPServer):
    """`sent[n]` lists the moments (time.monotonic) at which the words of the n-th request left; words are "w0 w1 …".

    `questions` holds the text of each request's last message, in order of arrival. After `count` words the answer is
    completed; with None it never ends.
    """

    daemon_threads = True

    def __init__(self, pause_s: float = 0.002, count: int | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pause_s = pause_s
        self.count = count
        self.sent: list[list[float]] = []
        self.questions: list[str] = []
        self.asked = threading.Condition()
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"

    def wait_for_request(self, count: int, seconds: float) -> bool:
        """Whether `count` requests have come, after at most so long."""
        with self.asked:
            return self.asked.wait_for(lambda: len(self.questions) >= count, seconds)

    def __enter__(self) -> "WordServer":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: WordServer

    def do_GET(self) -> None:
        if self.path.endswith("/models"):
            self._json(200, {"object": "list", "data": [{"id": "words", "object": "model"}]})
        else:
            self._json(404, {"error": {"message": "not kept", "type": "invalid_request_error"}})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        moments: list[float] = []
        with self.server.asked:
            number = len(self.server.questions)
            self.server.questions.append(request["input"][-1]["content"][-1]["text"])
            self.server.sent.append(moments)
            self.server.asked.notify_all()
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        try:
            self._stream(f"resp_{number}", moments)
        except OSError:
            return  # the window was killed, as it was meant to be

    def _stream(self, response_id: str, moments: list[float]) -> None:
        created = response_object(response_id, status="in_progress")
        self._event({"type": "response.created", "response": created})
        while len(moments) != self.server.count:
            delta = word(len(moments))
            moments.append(time.monotonic())
            self._event({"type": "response.output_text.delta", "item_id": "msg", "delta": delta})
            if self.server.pause_s:
                time.sleep(self.server.pause_s)
        whole = "".join(word(number) for number in range(len(moments)))
        completed = response_object(response_id, [message_item(whole, item_id="msg")])
        self._event({"type": "response.completed", "response": completed})

    def _event(self, event: dict[str, Any]) -> None:
        self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())

    def _json(self, status: int, value: object) -> None:
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    with WordServer(float(sys.argv[2]), int(sys.argv[1])) as running:
        print(running.base_url, flush=True)
        sys.stdin.read()
