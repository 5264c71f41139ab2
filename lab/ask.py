"""A client: ask.py http|slow-http|udp ADDRESS PORT COUNT PAUSE FIRST_SOURCE_PORT [SOURCE]. One line a request, saying who answered.

slow-http waits for a second between connecting and asking.
"""
import socket
import sys
import time

TIMEOUT_SECONDS = 1.5  # a SYN and one repetition

kind, address, port, count, pause, first = sys.argv[1], sys.argv[2], *map(float, sys.argv[3:7])
source = sys.argv[7] if len(sys.argv) > 7 else ''
target = (address, int(port))


def ask_http(source_port):
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.settimeout(TIMEOUT_SECONDS)
        tcp.bind((source, source_port))
        tcp.connect(target)
        if kind == 'slow-http':
            time.sleep(1)
        tcp.sendall(b'GET / HTTP/1.0\r\n\r\n')
        answer = b''
        while part := tcp.recv(2048):
            answer += part
        return answer.split()[-1].decode()


def ask_udp(source_port):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.settimeout(TIMEOUT_SECONDS)
        udp.bind((source, source_port))
        udp.connect(target)
        udp.send(b'who are you?')
        return udp.recv(2048).decode()


ask = ask_udp if kind == 'udp' else ask_http
for n in range(int(count)):
    try:
        told = f'answered by {ask(int(first) + n)}'
    except OSError as error:
        told = str(error.strerror or error).lower()
    print(f'  request {n + 1:2d} to {address}:{int(port)}/{"udp" if kind == "udp" else "tcp"}: {told}', flush=True)
    time.sleep(pause)
