"""A port of this machine in one that has a network of its own."""
import concurrent.futures
import ctypes
import os
import socket
import threading

CLONE_NEWNET = 0x40000000


class Relay:
    """Listens on a port of a machine's loopback, and brings what connects there to an address of this machine's network."""

    def __init__(self, machine, port, target):
        self.target = target
        # A socket stays in the network that it was made in; the thread that went there ends.
        with concurrent.futures.ThreadPoolExecutor(1) as threads:
            self.listener = threads.submit(_listen, machine, port).result()
        threading.Thread(target=self._accept, daemon=True).start()

    def end(self):
        # Wakes the thread that accepts.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self.target)
            except OSError:
                client.close()
                continue
            for source, sink in ((client, server), (server, client)):
                threading.Thread(target=_copy, args=(source, sink), daemon=True).start()


def _listen(machine, port):
    with open(f"/proc/{machine.leader}/ns/net") as network:
        library = ctypes.CDLL(None, use_errno=True)
        if library.setns(network.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return socket.create_server(("127.0.0.1", port))


def _copy(source, sink):
    try:
        while data := source.recv(1 << 16):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        # The other direction ends with it.
        for each in (source, sink):
            each.close()
