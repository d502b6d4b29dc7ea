"""A TCP proxy in front of a real server that drops, cuts, delays and refuses connections, as networks do."""

import contextlib
import random
import socket
import struct
import threading
import time

CHUNK = 4096
FAULTS = ("drop", "cut", "delay", "refuse")


class FaultyProxy:
    """Passes bytes between clients and a server; while ``armed``, each chunk may meet with a fault.

    ``done`` counts the faults by kind. A dropped connection is reset, a cut one has passed half of its message.
    """

    def __init__(self, port, seed, chance=0.03):
        self.port, self.chance, self.random = port, chance, random.Random(seed)
        self.armed, self.done, self.lock = False, dict.fromkeys(FAULTS, 0), threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self):
        self.listener.close()

    @property
    def count(self):
        return sum(self.done.values())

    def _fault(self, kinds, chance):
        with self.lock:
            if not self.armed or self.random.random() > chance:
                return None
            kind = self.random.choice(kinds)
            self.done[kind] += 1
            return kind

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if self._fault(["refuse"], 0.2):
                reset(client)
                continue
            server = socket.create_connection(("127.0.0.1", self.port))
            for pair in ((client, server), (server, client)):
                threading.Thread(target=self._pass, args=pair, daemon=True).start()

    def _pass(self, source, target):
        with contextlib.suppress(OSError):
            while chunk := source.recv(CHUNK):
                kind = self._fault(["drop", "cut", "delay"], self.chance)
                if kind == "cut":
                    target.sendall(chunk[: len(chunk) // 2])
                if kind in ("drop", "cut"):
                    break
                if kind == "delay":
                    time.sleep(self.random.uniform(0.0, 0.2))
                target.sendall(chunk)
        reset(source)
        reset(target)


def reset(connection):
    """Close a connection without a farewell."""
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
