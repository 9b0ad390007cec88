"""A voice engine for Freehold that simulates calls: it speaks every line of the workflow, answers "yes" to every
question, and reports. docs/voice-engine.md describes the protocol; it needs only Python's standard library.

    ENGINE_SECRET=whsec_… python3 engine.py 9000     (0: any free port; the first line of the output names it)
"""
import base64, hashlib, hmac, json, os, re, sys, threading, time, urllib.error, urllib.request, uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# Several secrets, separated by spaces, while one is being replaced. The engine signs with the first.
KEYS = [base64.b64decode(secret.removeprefix("whsec_")) for secret in os.environ["ENGINE_SECRET"].split()]
RUNS = {}  # The first message of each run, by id, so that a run that is posted again is not conducted again.

def signature(key, message_id, timestamp, body):
    return "v1," + base64.b64encode(hmac.digest(key, f"{message_id}.{timestamp}.".encode() + body, hashlib.sha256)).decode()

def is_freeholds(headers, body):
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(time.time() - int(timestamp)) > 300:
        return False
    given = headers.get("webhook-signature", "").encode().split(b" ")
    expected = [signature(key, message_id, timestamp, body).encode() for key in KEYS]
    return any(hmac.compare_digest(one, other) for one in expected for other in given)

def report(run, sequence, **fields):
    """Sends a report until it is answered. Returns whether the call should continue."""
    one = {"id": f"r{sequence}", "sequence": sequence, **fields}
    body, message_id = json.dumps({"run_id": run["run_id"], "reports": [one]}).encode(), f"msg_{uuid.uuid4().hex}"
    for pause in (1, 2, 4, 8, 16, 0):
        timestamp = str(int(time.time()))
        headers = {"content-type": "application/json", "webhook-id": message_id, "webhook-timestamp": timestamp,
                   "webhook-signature": signature(KEYS[0], message_id, timestamp, body)}
        try:
            with urllib.request.urlopen(urllib.request.Request(run["callback_url"], body, headers), timeout=15) as answer:
                return json.load(answer)["status"] == "in_progress"
        except OSError as error:  # A repeated request would get the same 4xx; other errors may be temporary.
            if isinstance(error, urllib.error.HTTPError) and error.code < 500 and error.code != 429:
                return False
        time.sleep(pause)
    return False

def lines(run):
    """Walks the graph: yields node, speaker and text of each line, returns outcome and success. A real engine makes the call here."""
    nodes, values = {node["id"]: node for node in run["graph"]["nodes"]}, dict(run["inputs"])
    node = next(node for node in nodes.values() if node["type"] == "start")
    for _ in range(1000):
        if node.get("text"):
            yield node, "agent", re.sub(r"{{(\w+)}}", lambda name: values.get(name[1], ""), node["text"])
        if node["type"] in ("end", "transfer"):
            return node.get("outcome", "transferred"), node.get("success", True)
        if node["type"] == "ask":
            values[node["variable"]] = "yes"
            yield node, "callee", "Yes."
        yes = [case for case in node.get("cases", []) if "yes" in json.dumps(case["when"])]
        node = nodes[yes[0]["next"] if yes else node.get("otherwise") or node.get("next")]
    return "too_many_steps", False

def conduct(run):
    began, sequence, walk = time.monotonic(), 1, lines(run)
    elapsed = lambda: int((time.monotonic() - began) * 1000)
    wanted = report(run, sequence, type="progress", stage="answered")
    while wanted and "stop" not in run:
        sequence += 1  # A later report has a higher sequence, whichever arrives first.
        try:
            node, speaker, text = next(walk)
        except StopIteration as end:
            outcome, success = end.value
            return report(run, sequence, type="result", status="completed", outcome=outcome, success=success, duration_ms=elapsed())
        wanted = report(run, sequence, type="transcript", speaker=speaker, text=text, node=node["id"], at_ms=elapsed())

class Engine(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        trusted = is_freeholds(self.headers, body)
        self.send_response(202 if trusted else 401)
        self.send_header("content-length", "0")
        self.end_headers()
        if trusted:
            message = json.loads(body)
            first = RUNS.setdefault(message["run_id"], message)
            if message["type"] == "run.cancel":
                first["stop"] = True
            elif first is message:
                threading.Thread(target=conduct, args=[message], daemon=True).start()

    def log_message(self, *_):
        pass

if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Engine)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
