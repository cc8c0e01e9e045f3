"""How long REST requests take, from one client or several at once."""
import http.client
import json
import threading
import time


class Client:
    """One connection to a worker that is kept open."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=95)
        self.refused = 0

    def send(self, method, path, body=None):
        """Waits for the answer, and asks again while a rebalance is in the way."""
        while True:
            self.connection.request(method, path, body and json.dumps(body), {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
            if answer.status != 409:
                break
            self.refused += 1
            time.sleep(0.01)
        if answer.status >= 300:
            raise AssertionError(f"{method} {path}: {answer.status} {text[:200]}")


def latencies(port, request, count, clients):
    """Milliseconds that each of so many requests took when so many clients share them, and how many answers were 409."""
    times, refused, problems = [], [], []
    together = threading.Barrier(clients)

    def run(first):
        client = Client(port)
        try:
            client.send("GET", "/")
            together.wait()
            for number in range(first, count, clients):
                method, path, body = request(number)
                began = time.monotonic()
                client.send(method, path, body)
                times.append((time.monotonic() - began) * 1000)
        except (AssertionError, OSError, http.client.HTTPException, threading.BrokenBarrierError) as error:
            problems.append(error)
            together.abort()
        refused.append(client.refused)

    threads = [threading.Thread(target=run, args=(number,), daemon=True) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise AssertionError(f"requests failed: {problems[0]!r}")
    return times, sum(refused)
