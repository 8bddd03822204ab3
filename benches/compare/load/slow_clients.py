"""Connections that are open and say nothing, or say a header one byte at a time.

`slow_clients.py PORT HOW_MANY` says when all are connected, and then, for each line that it reads, how many the server
has not closed. It ends when there is nothing more to read.
"""

import select
import socket
import sys
import time

# A byte so often, in seconds, from each of those that speak.
PAUSE = 5
HEADER = b"GET /auth/nginx HTTP/1.1\r\nHost: miandeng\r\nCookie: __Host-miandeng=" + b"0" * 10_000


def main(port, how_many):
    clients = []
    for _ in range(how_many):
        client = socket.create_connection(("127.0.0.1", port), timeout=20)
        client.setblocking(False)
        clients.append(client)
    speaking = clients[::2]
    for client in speaking:
        client.send(HEADER[:60])
    print("all are connected", flush=True)
    at = 60
    while True:
        # In small portions, so that the server is kept busy all the time and not every now and then.
        for portion in range(50):
            for client in speaking[portion::50]:
                try:
                    client.send(HEADER[at:at + 1])
                except OSError:
                    pass
            if select.select([sys.stdin], [], [], PAUSE / 50)[0]:
                if not sys.stdin.readline():
                    return
                print(sum(map(is_open, clients)), flush=True)
        at += 1


def is_open(client):
    try:
        return client.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


main(int(sys.argv[1]), int(sys.argv[2]))
