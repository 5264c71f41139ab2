import { expect, test } from 'vitest';
import { renderPage } from '../../src/reports/page.ts';

test("a rule's page is wrapped, its marks removed and its commands left alone", () => {
  const page = `# LVS101 rs-answers-arp

A **real server** answers ARP
for the VIP, see [RFC 826](https://www.rfc-editor.org/rfc/rfc826) and [kin](rs-announces-vip.md).

## Spared

- virtual MACs, which are
  shared by design
- localnode
  1. one

| command | effect |
|---|:--|
| \`ip addr\` | shows a \\| b |
| x | y |

\`\`\`sh
sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2

# next
\`\`\`
last`;
  expect(renderPage(page, { color: false, width: 50 })).toBe(`LVS101 rs-answers-arp

A real server answers ARP for the VIP, see RFC 826
(https://www.rfc-editor.org/rfc/rfc826) and kin.

Spared

- virtual MACs, which are shared by design
- localnode
  1. one

command    effect
\`ip addr\`  shows a | b
x          y

    sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2

    # next

last
`);
});
