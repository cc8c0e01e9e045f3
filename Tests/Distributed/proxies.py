"""A network that a test may cut: a proxy for each broker, by which one worker reaches it and no other does.

A broker tells its clients the addresses of all brokers. The proxies put their own ports in the place of the brokers' (both are
four bytes behind the same host name), so that nothing has to be configured at the brokers.
"""
import selectors
import socket
import threading

HOST = b"127.0.0.1"


class Proxies:
    """Proxies for all brokers of a cluster. Broker N is the one of the Nth port."""

    def __init__(self, servers):
        self.ports = [int(each.rsplit(":", 1)[1]) for each in servers.split(",")]
        self.listeners = []
        self.links = {node: set() for node in range(len(self.ports))}
        self.state = dict.fromkeys(self.links, "open")
        self.lock = threading.Lock()
        self.isOver = False
        for _ in self.ports:
            listener = socket.create_server(("127.0.0.1", 0))
            self.listeners.append(listener)
        self.names = [(HOST + port.to_bytes(4, "big"), HOST + listener.getsockname()[1].to_bytes(4, "big"))
                      for port, listener in zip(self.ports, self.listeners)]
        for node, listener in enumerate(self.listeners):
            threading.Thread(target=self._accept, args=(node, listener), daemon=True).start()

    @property
    def servers(self):
        return ",".join(f"127.0.0.1:{each.getsockname()[1]}" for each in self.listeners)

    def cut(self, node):
        """Connections break, and new ones are broken at once."""
        with self.lock:
            self.state[node] = "cut"
            links, self.links[node] = self.links[node], set()
        for link in links:
            link.end()

    def stall(self, node):
        """Nothing goes through any more, and nobody is told."""
        with self.lock:
            self.state[node] = "stalled"

    def heal(self, node):
        """What was stalled goes on; new connections work."""
        with self.lock:
            self.state[node] = "open"

    def end(self):
        self.isOver = True
        for node, listener in enumerate(self.listeners):
            listener.close()
            self.cut(node)

    def _accept(self, node, listener):
        while not self.isOver:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            with self.lock:
                isCut = self.state[node] == "cut"
            if isCut:
                reset(client)
                continue
            try:
                server = socket.create_connection(("127.0.0.1", self.ports[node]), timeout=5)
            except OSError:
                reset(client)
                continue
            server.settimeout(None)
            link = Link(self, node, client, server)
            with self.lock:
                self.links[node].add(link)
            link.start()


class Link(threading.Thread):
    """One connection."""

    def __init__(self, proxies, node, client, server):
        super().__init__(daemon=True)
        self.proxies, self.node, self.client, self.server = proxies, node, client, server
        self.ended = threading.Event()
        for each in (client, server):
            each.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def end(self):
        self.ended.set()

    def run(self):
        pending = b""
        try:
            with selectors.DefaultSelector() as selector:
                for each in (self.client, self.server):
                    selector.register(each, selectors.EVENT_READ)
                while not self.ended.is_set():
                    if self.proxies.state[self.node] == "stalled":
                        self.ended.wait(0.02)
                        continue
                    for key, _ in selector.select(0.05):
                        data = key.fileobj.recv(1 << 18)
                        if not data:
                            return
                        if self.proxies.state[self.node] == "stalled":
                            # It has come, and is held back: nothing is lost on a connection that stands.
                            while self.proxies.state[self.node] == "stalled" and not self.ended.wait(0.02):
                                pass
                        if key.fileobj is self.client:
                            self.server.sendall(data)
                        else:
                            pending = self._answers(pending + data)
        except OSError:
            pass
        finally:
            reset(self.client)
            reset(self.server)
            with self.proxies.lock:
                self.proxies.links[self.node].discard(self)

    def _answers(self, data):
        """Hands on whole answers, with the proxies' ports in them; returns what is left."""
        at = 0
        while len(data) - at >= 4:
            size = 4 + int.from_bytes(data[at:at + 4], "big")
            if len(data) - at < size:
                break
            answer = data[at:at + size]
            # What carries records is not looked at: it is larger than any list of brokers.
            if size < 16_384:
                for real, own in self.proxies.names:
                    answer = answer.replace(real, own)
            self.client.sendall(answer)
            at += size
        return data[at:]


def reset(connection):
    """Ends a connection with a reset, as a host that is gone and back does."""
    try:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\0\0\0\0\0\0\0")
        connection.close()
    except OSError:
        pass
