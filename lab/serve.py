"""A service of a real server: serve.py http|udp ADDRESS PORT NAME. It answers every request with its name."""
import http.server
import socket
import sys

kind, address, port, name = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4]


class Named(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f'{name}\n'.encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve_http():
    server = http.server.ThreadingHTTPServer((address, port), Named)
    print('serving', flush=True)
    server.serve_forever()


def serve_udp():
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind((address, port))
    print('serving', flush=True)
    while True:
        _, client = server.recvfrom(2048)
        server.sendto(name.encode(), client)


serve_http() if kind == 'http' else serve_udp()
