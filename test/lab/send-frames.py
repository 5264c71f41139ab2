"""
Sends Ethernet frames as they are, one hexadecimal line each: send-frames.py INTERFACE [TIMES [REMOVE]] < frames
REMOVE is an interface that is removed right after the last frame, sooner than another program could be started.
"""
import socket
import struct
import sys

NLM_F_REQUEST, NLM_F_ACK, RTM_DELLINK = 1, 4, 17

sender = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
sender.bind((sys.argv[1], 0))
kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
frames = [bytes.fromhex(line) for line in sys.stdin]
for _ in range(int(sys.argv[2]) if len(sys.argv) > 2 else 1):
    for frame in frames:
        sender.send(frame)
if len(sys.argv) > 3:
    # struct nlmsghdr and struct ifinfomsg; the answer is a struct nlmsgerr (rtnetlink(7), netlink(7)).
    index = socket.if_nametoindex(sys.argv[3])
    kernel.send(struct.pack("=IHHII BxHiII", 32, RTM_DELLINK, NLM_F_REQUEST | NLM_F_ACK, 1, 0, 0, 0, index, 0, 0))
    (error,) = struct.unpack_from("=i", kernel.recv(4096), 16)
    if error != 0:
        sys.exit(f"{sys.argv[3]} cannot be removed: error {-error}")
