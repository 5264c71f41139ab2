"""Sends Ethernet frames as they are, one hexadecimal line each: send-frames.py INTERFACE [TIMES] < frames"""
import socket
import sys

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((sys.argv[1], 0))
frames = [bytes.fromhex(line) for line in sys.stdin]
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
    for frame in frames:
        sender.send(frame)
