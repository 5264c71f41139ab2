/** Where tshark and our decoders differ and we are right, each with the reason. Any other difference fails the oracle. */

export interface KnownDifference {
  /** Matches the capture's name, relative to the folder that was read. */
  readonly file: RegExp;
  /** Matches the field. */
  readonly field: RegExp;
  readonly reason: string;
}

export const knownDifferences: readonly KnownDifference[] = [
  {
    file: /\/(carp|vrrp-vrrp_print-oobr-2|icmp-icmp_print-oobr-1)\.pcap$/,
    field: /^vrrp$/,
    reason:
      'CARP has the protocol number of VRRP, and a message that counts more addresses than it has room for is damaged: neither is a claim.',
  },
  {
    file: /\/(rarp_req_reply\.pcapng|linux_dlt_sll2\.pcap)$/,
    field: /^arp\./,
    reason: 'Reverse ARP (EtherType 0x8035) claims no address: only ARP is decoded, though both have the same layout.',
  },
  {
    file: /\/(arp-oobr|arp-too-long-tha|arp-leak)\.pcap$/,
    field: /^arp\./,
    reason: 'ARP with hardware addresses that are not six bytes long, or of no Ethernet, cannot claim a MAC.',
  },
  {
    file: /\/arp-too-long-tha\.pcap$/,
    field: /^ethertype$/,
    reason: 'tshark has no field for the EtherType behind a single 802.1ad tag; its text shows the 0x0806 that we read.',
  },
  {
    file: /\/DTP\.pcap$/,
    field: /^eth\.dst$/,
    reason: 'A frame to 01:00:0c:00:00:00 is Cisco ISL, in which tshark shows the frame inside; we show the frame that was captured.',
  },
  {
    file: /\/(ipv4_invalid_total_length_2|ipv4-truncated-broken-header)\.pcap$/,
    field: /^ip( layers|\.)/,
    reason: 'A total length below the header length: malformed to both, but the addresses are there, and we keep what is readable.',
  },
  {
    file: /\/ipv4-internally-truncated-header\.pcap$/,
    field: /^ip( layers|\.dst)$/,
    reason: 'The options were not captured: tshark waits for a source route in them, we show the destination that the header has.',
  },
  {
    file: /\/(kday[13]|LINKTYPE_IPV4_invalid)\.pcap$/,
    field: /^(ip layers|udp\.(src|dst)port)$/,
    reason: 'The link says IPv4, the packet says version 6: malformed to both, but tshark goes on and reads IPv6.',
  },
  {
    file: /\/tcp_header_heapoverflow\.pcap$/,
    field: /^tcp\.(seq|ack)_raw$/,
    reason: 'The capture ends in the TCP header, behind the sequence numbers: tshark drops them, we keep what is readable.',
  },
  {
    file: /\/icmp-icmp_print-oobr-1\.pcap$/,
    field: /^icmp\.(type|code)$/,
    reason: 'An ICMP message of three bytes: malformed to both, but its type and code are there, and we keep what is readable.',
  },
  {
    file: /\/ipv6_ext_headers\.pcap$/,
    field: /^(ipv6\.fraghdr\.ident|udp\.(src|dst)port)$/,
    reason: 'A hundred extension headers: we follow sixteen and say that more is unsupported; no host sends that many.',
  },
  {
    file: /\/ipv6-mobility-dst-opts\.pcap$/,
    field: /^udp\./,
    reason: 'A destination option promises more than its header holds: tshark stops there; we skip options unread, by the header’s length.',
  },
  {
    file: /\/(erspan|wccp_redirect_gre|ipv6-srh-ipproto-ether|gre-over-udp-4754)\.pcap$/,
    field: /^(ip layers|(icmp|icmpv6)\.type|(tcp|udp)\.(src|dst)port|arp\..*)$/,
    reason:
      'ERSPAN, WCCP, Ethernet in IPv6 and GRE in UDP are tunnels that IPVS does not use: the packet around them is shown, the one inside is not.',
  },
  {
    file: /\/timestamp_invalid_(micro|nano)\.pcap$/,
    field: /^frame\.time_epoch$/,
    reason: 'A fraction of a whole second: we carry it into the seconds, tshark prints ten digits.',
  },
  {
    file: /\/rx_serviceid_oobr\.pcap$/,
    field: /^frame\.time_epoch$/,
    reason: 'A fraction of thousands of seconds: we carry it into the seconds, in tshark it overflows into a negative time.',
  },
  {
    file: /\/pcap-invalid-version-2\.pcap$/,
    field: /^frames$/,
    reason: 'pcap version 2.5 does not exist: libpcap refuses it as we do, tshark reads on.',
  },
];
