"""One gratuitous ARP request on eth0: announce.py SOURCE_MAC IP SENDER_MAC."""
import socket
import struct
import sys


def mac(text):
    return bytes.fromhex(text.replace(':', ''))


source, ip, sender = mac(sys.argv[1]), socket.inet_aton(sys.argv[2]), mac(sys.argv[3])
ethernet = b'\xff' * 6 + source + struct.pack('!H', 0x0806)
arp = struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1) + sender + ip + b'\x00' * 6 + ip
with socket.socket(socket.AF_PACKET, socket.SOCK_RAW) as link:
    link.bind(('eth0', 0))
    link.send(ethernet + arp)
