import { describe, expect, it } from 'vitest';
import { parseGiven } from '../../../src/cluster/given/parse-given.ts';
import { UsageError } from '../../../src/usage-error.ts';

function read(text: string) {
  return parseGiven('keepalived.conf', text);
}

function complaint(text: string): string {
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    return (error as UsageError).message;
  }
  return 'no complaint';
}

const TYPICAL = `! Configuration File for keepalived

global_defs {
   notification_email {
     admin@example.com "The admin <a{b}@example.com>"
   }
   router_id LVS_DEVEL
}

vrrp_instance VI_1 {
    state MASTER
    interface eth0
    virtual_router_id 51
    unicast_src_ip 192.168.1.2
    unicast_peer {
        192.168.1.3
    }
    virtual_ipaddress {
        192.168.1.100/32 dev eth0 label eth0:1   # the VIP
        192.168.1.254/24 dev eth0
    }
}

virtual_server 192.168.1.100 80 {
    delay_loop 6
    lb_algo wrr
    lb_kind DR
    persistence_timeout 50
    protocol TCP
    sorry_server 127.0.0.1 80

    real_server 192.168.1.10 80 {
        weight 3
        TCP_CHECK {
            connect_timeout 3
        }
    }
    real_server 192.168.1.11 80
    {
        lvs_method TUN type gue port 6080
        MISC_CHECK {
            misc_path "/usr/bin/check ! # { not a block"
        }
    }
}
`;

describe('keepalived.conf', () => {
  it('tells virtual servers, real servers and the directors that VRRP names', () => {
    const given = read(TYPICAL);
    expect(given.vips).toEqual([
      {
        ip: '192.168.1.100',
        where: 'keepalived.conf, line 24',
        services: [
          {
            protocol: 'tcp',
            port: 80,
            mode: null,
            persistentSeconds: 50,
            onePacket: false,
            where: 'keepalived.conf, line 24',
            realServers: [
              { name: null, ip: '127.0.0.1', port: 80, weight: 0, mode: 'dr' },
              { name: null, ip: '192.168.1.10', port: 80, weight: 3, mode: 'dr' },
              { name: null, ip: '192.168.1.11', port: 80, weight: 1, mode: 'tun' },
            ],
          },
        ],
      },
    ]);
    expect(given.realServers.map((machine) => machine.ips)).toEqual([['192.168.1.10'], ['192.168.1.11']]);
    expect(given.directors.map(({ ips, active }) => [ips, active])).toEqual([
      [['192.168.1.2'], 'by-vrrp'],
      [['192.168.1.3'], 'by-vrrp'],
    ]);
  });

  it('forwards by NAT when it does not say how', () => {
    const given = read('virtual_server 10.0.0.9 80 {\n  protocol TCP\n  real_server 10.0.0.3 80 {\n  }\n}\n');
    expect(given.vips[0]?.services[0]).toMatchObject({ mode: 'nat', persistentSeconds: null });
  });

  it('tells UDP by one packet, SCTP, IPv6, and persistence and ports left to their defaults', () => {
    const given = read(`virtual_server 2001:DB8::9 53 {
  lvs_method DR
  protocol UDP
  ops
  real_server 2001:db8::3 53 {
  }
}
virtual_server 10.0.0.9 {
  lvs_method DR
  protocol SCTP
  persistence_timeout
  real_server 10.0.0.3 {
  }
}
`);
    expect(given.vips.map(({ ip, services }) => [ip, services[0]])).toMatchObject([
      ['2001:db8::9', { protocol: 'udp', port: 53, mode: 'dr', onePacket: true, persistentSeconds: null }],
      [
        '10.0.0.9',
        { protocol: 'sctp', port: 0, mode: 'dr', onePacket: false, persistentSeconds: 360, realServers: [{ ip: '10.0.0.3', port: 0 }] },
      ],
    ]);
  });

  it('tells groups of addresses, ranges and firewall marks', () => {
    const given = read(`virtual_server group WEB {
  lvs_method DR
  protocol TCP
  real_server 10.0.0.3 80 {
  }
}
virtual_server_group WEB {
  10.0.0.9 8080
  10.0.1.1-3 80
  10.0.2.255-10.0.3.1 80
  10.0.4.8/30 443
  fwmark 5
}
virtual_server_group SIX {
  2001:db8::8-a 80
}
virtual_server group SIX {
  lvs_method DR
  protocol TCP
  real_server 2001:db8::3 80 {
  }
}
`);
    expect(given.vips.map(({ ip, services }) => `${ip} ${services[0]?.port}`)).toEqual([
      '10.0.0.9 8080',
      '10.0.1.1 80',
      '10.0.1.2 80',
      '10.0.1.3 80',
      '10.0.2.255 80',
      '10.0.3.0 80',
      '10.0.3.1 80',
      '10.0.4.8 443',
      '10.0.4.9 443',
      '10.0.4.10 443',
      '10.0.4.11 443',
      '2001:db8::8 80',
      '2001:db8::9 80',
      '2001:db8::a 80',
    ]);
    expect(given.firewallMarks).toEqual([5]);
  });

  it('takes VRRP addresses for VIPs where a firewall mark, or nothing here, says what is balanced', () => {
    const vrrp =
      'vrrp_instance A {\n  virtual_ipaddress {\n    10.0.0.9/32\n  }\n  virtual_ipaddress_excluded {\n    2001:db8::9/128\n  }\n}\n';
    const marked = 'virtual_server fwmark 1 {\n  lvs_method DR\n  real_server 10.0.0.3 {\n  }\n}\n';
    for (const text of [vrrp, vrrp + marked]) expect(read(text).vips.map((vip) => vip.ip)).toEqual(['10.0.0.9', '2001:db8::9']);
    expect(read(vrrp + marked)).toMatchObject({ firewallMarks: [1], realServers: [{ ips: ['10.0.0.3'] }] });
  });

  it('puts definitions in, also those of several lines and those that use others later defined', () => {
    const given = read(`$NET=10.2.\${SUB}
$SUB=0
$METHOD=DR
$RS= \\
  real_server \${NET}.\${N} 80 { \\
    weight \${N} \\
  }
virtual_server \${NET}.100 80 {
  lvs_method $METHOD
  protocol TCP
  $N=11
  $RS
  $N=12
  $RS
}
`);
    expect(given.vips[0]?.ip).toBe('10.2.0.100');
    expect(given.vips[0]?.services[0]?.realServers).toEqual([
      { name: null, ip: '10.2.0.11', port: 80, weight: 11, mode: 'dr' },
      { name: null, ip: '10.2.0.12', port: 80, weight: 12, mode: 'dr' },
    ]);
  });

  it('puts together what @id lines say to each machine', () => {
    const given = read(`@main $SOURCE=10.0.0.2
@backup $SOURCE=10.0.0.3
vrrp_instance VRRP {
  @main    priority 200
  unicast_src_ip $SOURCE
  unicast_peer {
    @^main   10.0.0.2
    @^backup 10.0.0.3
  }
  virtual_ipaddress {
    10.0.0.9
  }
}
@main virtual_server 10.0.0.9 80 {
@backup virtual_server 10.0.0.9 80 {
  @main lvs_method DR
  @backup lvs_method DR
  protocol TCP
  real_server 10.0.0.4 80 {
  }
}
`);
    expect(given.directors.map((machine) => machine.ips)).toEqual([['10.0.0.2'], ['10.0.0.3']]);
    expect(given.vips[0]?.services[0]).toMatchObject({ mode: 'dr', realServers: [{ ip: '10.0.0.4' }] });
  });

  it('says which includes it does not follow, and follows those that are at hand', () => {
    const text = 'include /etc/keepalived/conf.d/*.conf\nvrrp_instance A {\n  virtual_ipaddress {\n    10.0.0.9\n  }\n}\n';
    const alone = read(text);
    expect(alone.vips.map((vip) => vip.ip)).toEqual(['10.0.0.9']);
    expect(alone.notes).toEqual([
      'keepalived.conf, line 1: the include of /etc/keepalived/conf.d/*.conf is not followed; what it says counts only where that file is given as well.',
    ]);

    const asked: string[] = [];
    const followed = parseGiven('keepalived.conf', text, (path, from) => {
      asked.push(`${path} from ${from}`);
      return [{ name: 'web.conf', text: 'virtual_server 10.0.0.9 80 {\n  lvs_method DR\n  protocol TCP\n}\n' }];
    });
    expect(asked).toEqual(['/etc/keepalived/conf.d/*.conf from keepalived.conf']);
    expect(followed.notes).toBeUndefined();
    expect(followed.vips[0]?.services[0]?.where).toBe('web.conf, line 1');
  });

  it('stops at a file that includes itself', () => {
    const loop = 'include a.conf\ninclude a.conf\n';
    expect(() => parseGiven('a.conf', loop, () => [{ name: 'a.conf', text: loop }])).toThrow(
      'a.conf, line 1: includes are nested more than 30 deep here; does a file include itself?',
    );
    const twice = 'vrrp_instance A {\n}\n'.repeat(1000);
    const wide = (depth: number): string => (depth === 0 ? twice : `include ${depth - 1}\n`.repeat(40));
    expect(() => parseGiven('a.conf', 'include ./8\n', (path) => [{ name: path, text: wide(Number(path.replace('./', ''))) }])).toThrow(
      /with its includes and definitions the configuration is too long to be read; does one use itself\?$/,
    );
  });

  it.each([
    [
      'virtual_server 10.0.0.9 80 {\n',
      'keepalived.conf, line 1: the block "virtual_server 10.0.0.9 80" begins here but is never closed; add the missing "}".',
    ],
    ['global_defs {\n}\n}\n', 'keepalived.conf, line 3: a "}" stands here without a "{" that it closes; remove it, or add the "{".'],
    ['global_defs {\n{\n', 'keepalived.conf, line 2: a "{" stands here without a keyword before it; remove it, or add the keyword.'],
    ['global_defs {\n'.repeat(31), 'keepalived.conf, line 31: more than 30 blocks are open here; is a "}" missing above?'],
    [
      'virtual_server www 80 {\n}\n',
      'keepalived.conf, line 1: the address of a virtual_server reads "www", but an IPv4 or IPv6 address is expected.',
    ],
    ['virtual_server 10.0.0.9 http {\n}\n', 'keepalived.conf, line 1: "http" is no port; a number from 0 (any port) to 65535 is expected.'],
    [
      'virtual_server $VIP 80 {\n}\n',
      'keepalived.conf, line 1: the address of a virtual_server uses "$VIP", which is not defined above; give the file that defines it, or write the address out.',
    ],
    [
      'virtual_server 10.0.0.9 80 {\n  lb_kind dr\n}\n',
      'keepalived.conf, line 2: lb_kind reads "dr", but NAT, DR or TUN is expected (in capitals, as keepalived reads it).',
    ],
    [
      'virtual_server 10.0.0.9 80 {\n  protocol ICMP\n}\n',
      'keepalived.conf, line 2: the protocol reads "ICMP", but TCP, UDP or SCTP is expected.',
    ],
    [
      'virtual_server 10.0.0.9 80 {\n  real_server web1 80 {\n  }\n}\n',
      'keepalived.conf, line 2: the address of a real_server reads "web1", but an IPv4 or IPv6 address is expected.',
    ],
    [
      'virtual_server 10.0.0.9 80 {\n  real_server 10.0.0.3 80 {\n    weight heavy\n  }\n}\n',
      'keepalived.conf, line 3: the weight reads "heavy", but a whole number from 0 to 2147483648 is expected.',
    ],
    [
      'virtual_server 10.0.0.9 80 {\n  persistence_timeout ever\n}\n',
      'keepalived.conf, line 2: persistence_timeout reads "ever", but a whole number from 0 to 2147483648 is expected.',
    ],
    [
      'virtual_server fwmark {\n}\n',
      'keepalived.conf, line 1: the firewall mark reads "", but a whole number from 0 to 4294967295 is expected.',
    ],
    [
      'virtual_server group WEB {\n}\n',
      'keepalived.conf, line 1: the virtual_server_group "WEB" is not in this file; give the file that has it, or "ipvsadm-save -n" of the director.',
    ],
    [
      'virtual_server_group G {\n  10.0.0.0/8 80\n}\nvirtual_server group G {\n}\n',
      'keepalived.conf, line 2: the range "10.0.0.0/8" does not run upwards, or names too many addresses (4096 in all groups are read); list the VIPs in a cluster.yaml.',
    ],
    [
      'virtual_server_group G {\n  10.0.0.9-3 80\n}\nvirtual_server group G {\n}\n',
      'keepalived.conf, line 2: the range "10.0.0.9-3" does not run upwards, or names too many addresses (4096 in all groups are read); list the VIPs in a cluster.yaml.',
    ],
    [
      `vrrp_instance A {\n  virtual_ipaddress {\n    ~SEQ(N, 1, 9) 10.0.0.\${N}\n  }\n}\n`,
      'keepalived.conf, line 3: a ~SEQ or ~LST block stands here, which is not read; write its lines out, or give "ipvsadm-save -n" instead.',
    ],
    ['$A=$A\n$A\n', 'keepalived.conf, line 2: definitions use each other more than 30 deep here; does one use itself?'],
    [
      `${Array.from({ length: 28 }, (_, i) => `$A${i}=\${A${i + 1}}\${A${i + 1}}\n`).join('')}$A28=xxxxxxxxxxxxxxxx\n$A0\n`,
      'keepalived.conf, line 30: with its includes and definitions the configuration is too long to be read; does one use itself?',
    ],
  ])('names the line that cannot be read: %j', (text, sentence) => {
    expect(complaint(text)).toBe(sentence);
  });
});
