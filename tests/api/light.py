"""Light, as far as the partner's API asks it: accounts are opened, and enrollments taken back. It knows everybody."""

import http.server
import itertools
import json
import sys

NUMBERS = itertools.count(1)


class Light(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        if self.path == "/v1/app/accounts":
            answer = {"uuid": f"00000000-0000-4000-8000-{next(NUMBERS):012}"}
        elif self.path.endswith("/token"):
            answer = {"token": "an-invented-account-token", "expires_at": "2100-01-01T00:00:00Z"}
        else:
            answer = {}
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Light)
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(f"http://127.0.0.1:{server.server_port}/v1\n")
server.serve_forever()
