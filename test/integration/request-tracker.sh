#!/usr/bin/env bash
# attach against a real Request Tracker: sudo test/integration/request-tracker.sh
#
# Installs Debian's request-tracker5 with SQLite and its own web server into a folder (debootstrap), starts it on 127.0.0.1, makes a ticket and a
# token, attaches a diagnosis twice, and reads back what is there. Takes some three minutes, 850 MB while it runs and the package mirror of this
# machine; leaves nothing behind. Needs root on Debian 12 or later, debootstrap, curl and a built dist/ (npm run build).
# The last line is "N passed, N failed"; the exit code is 1 when anything failed, 2 when it could not begin.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit 2

stop() { echo "request-tracker.sh: $*" >&2; exit 2; }
[ "$(id -u)" -eq 0 ] || stop 'it must be root, to install Request Tracker into a folder of its own.'
for tool in debootstrap chroot curl node; do command -v "$tool" > /dev/null || stop "$tool is missing; install it."; done
[ -f dist/core.cjs ] || stop "dist/ is missing; run 'npm run build'."
package=$(apt-get download --print-uris request-tracker5 2> /dev/null | tr -d "'" | awk 'NR == 1 {print $1}')
[ -n "$package" ] || stop "there is no package request-tracker5 here; run 'apt-get update' on Debian 12 or later."
readonly mirror=${package%%/pool/*}
readonly release=$(. /etc/os-release && echo "$VERSION_CODENAME")

work=$(mktemp -d) || exit 2
readonly work root=$work/root
server=
clean_up() {
  [ -z "$server" ] || { kill "$server" && wait "$server"; } 2> /dev/null
  rm -rf --one-file-system "$work"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

passed=0
failed=0
pass() { passed=$((passed + 1)); printf 'passed: %s\n' "$*"; }
fail() { failed=$((failed + 1)); printf 'FAILED: %s\n' "$*"; }
check() { local sentence=$1; shift; if "$@"; then pass "$sentence"; else fail "$sentence"; fi; }
quietly() { local log=$1; shift; "$@" > "$log" 2>&1 || { tail -n 20 "$log"; stop "this failed: $*"; }; }

echo "Installing Debian $release into $root"
began=$SECONDS
# The key of the mirror is that of this machine's own apt.
quietly "$work/debootstrap.log" debootstrap --variant=minbase "$release" "$root" "$mirror"
# Services are not started by their packages.
printf '#!/bin/sh\nexit 101\n' > "$root/usr/sbin/policy-rc.d"
chmod 755 "$root/usr/sbin/policy-rc.d"
quietly "$work/apt.log" env DEBIAN_FRONTEND=noninteractive \
  chroot "$root" apt-get install -y --no-install-recommends request-tracker5 rt5-standalone rt5-db-sqlite
printf 'Installed in %s s: request-tracker5 %s, %s MB\n' "$((SECONDS - began))" \
  "$(chroot "$root" dpkg-query -W -f '${Version}' request-tracker5)" "$(du -sm --one-file-system "$root" | cut -f 1)"

# A port that is free now.
port=$(node -e 'const s = require("node:net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })')
readonly port origin=http://127.0.0.1:$port
cat > "$root/etc/request-tracker5/RT_SiteConfig.d/99-here.pm" << EOF
Set(\$WebPath, '');
Set(\$WebDomain, '127.0.0.1');
Set(\$WebPort, $port);
Set(\$WebBaseURL, '$origin');
Set(\$MailCommand, 'testfile');
Set(\$LogToSyslog, undef);
1;
EOF
cat > "$root/root/prepare.pl" << 'EOF'
use strict; use warnings;
use lib '/usr/share/request-tracker5/lib';
use RT -init;
my $root = RT::CurrentUser->new; $root->Load('root');
my ($made, $why, $secret) = RT::AuthToken->new(RT->SystemUser)->Create(Owner => $root->Id, Description => 'lvs-doctor');
die $why unless $made;
my ($ticket, undef, $told) = RT::Ticket->new($root)->Create(Queue => 'General', Subject => 'The service fails for some clients');
die $told unless $ticket;
print "$ticket $secret\n";
EOF
prepared=$(chroot "$root" perl /root/prepare.pl 2> "$work/prepare.log") || { cat "$work/prepare.log"; stop 'no ticket could be made.'; }
readonly ticket=${prepared% *} token=${prepared#* }
(umask 077; printf '%s\n' "$token" > "$work/token"; printf '1-14-00000000000000000000000000000000\n' > "$work/wrong-token")

chroot "$root" /usr/share/request-tracker5/libexec/rt-server --server Standalone --host 127.0.0.1 --port "$port" > "$work/server.log" 2>&1 &
server=$!
curl --silent --output /dev/null --retry 60 --retry-delay 1 --retry-connrefused "$origin/" || { tail "$work/server.log"; stop 'Request Tracker does not start.'; }
echo "Request Tracker answers on $origin, ticket $ticket"

readonly capture=fixtures/pcaps/rs-answers-arp-t5/mirror.pcap
node bin/lvs-doctor.js diagnose "$capture" -f json -o "$work/diagnosis.json"
# Frames, and every byte there is.
cp "$capture" "$work/mirror.pcap"
node -e 'process.stdout.write(Buffer.from(Array.from({ length: 65536 }, (_, i) => (i * 7 + (i >> 8)) & 255)))' > "$work/every-byte.bin"

# attach TICKET TOKEN-FILE [OPTION...]: what it says goes to $work/said, and to the terminal.
attach() {
  local number=$1 token_file=$2 code=0
  shift 2
  printf '\n$ lvs-doctor attach diagnosis.json --ticket %s --token-file %s --evidence mirror.pcap --evidence every-byte.bin%s\n' \
    "$origin/Ticket/Display.html?id=$number" "${token_file##*/}" "${*:+ $*}"
  node bin/lvs-doctor.js attach "$work/diagnosis.json" --ticket "$origin/Ticket/Display.html?id=$number" --token-file "$token_file" \
    --evidence "$work/mirror.pcap" --evidence "$work/every-byte.bin" "$@" > "$work/said" 2>&1 || code=$?
  cat "$work/said" >> "$work/all-said"
  sed "s|$work/||g" "$work/said"
  echo "exit code $code"
  return "$code"
}
says() { grep -q "$1" "$work/said"; }
rest() { curl --silent --fail --header "Authorization: token $token" "$origin/REST/2.0/$1"; }
# How many comments the ticket has.
comments() { rest "ticket/$ticket/history?fields=Type&per_page=100" | node -e '
  const { items } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
  console.log(items.filter((item) => item.Type === "Comment").length);'; }
# The file on the ticket whose name matches, as Request Tracker gives it back.
file_like() {
  local id
  id=$(rest "ticket/$ticket/attachments?fields=Filename&per_page=100" | node -e '
    const { items } = JSON.parse(require("node:fs").readFileSync(0, "utf8"));
    const found = items.filter((item) => new RegExp(process.argv[1]).test(item.Filename));
    if (found.length !== 1) throw new Error(`${found.length} files are named like ${process.argv[1]}`);
    console.log(found[0].id);' "$1") || return 1
  rest "attachment/$id" | node -e '
    process.stdout.write(Buffer.from(JSON.parse(require("node:fs").readFileSync(0, "utf8")).Content, "base64"));'
}
# The history of the ticket as people see it.
page() { curl --silent --header "Authorization: token $token" "$origin/Ticket/History.html?id=$ticket"; }

attach "$ticket" "$work/token" --dry-run
check 'a dry run ends with 0' test $? -eq 0
check 'a dry run leaves the ticket without a comment' test "$(comments)" -eq 0
attach "$ticket" "$work/token"
check 'attaching ends with 0' test $? -eq 0
check 'it says that it attached' says '^Attached to '
check 'the ticket has one comment' test "$(comments)" -eq 1
attach "$ticket" "$work/token"
check 'attaching again ends with 0' test $? -eq 0
check 'it says that all is there' says '^Already attached to '
check 'the ticket still has one comment' test "$(comments)" -eq 1

echo
file_like '^mirror-[0-9a-f]{16}\.pcap$' > "$work/read-back.pcap"
check "the capture is read back equal ($(wc -c < "$work/read-back.pcap") bytes)" cmp "$capture" "$work/read-back.pcap"
file_like '^every-byte-[0-9a-f]{16}-2\.bin$' > "$work/read-back.bin"
check "a file of every byte is read back equal ($(wc -c < "$work/read-back.bin") bytes)" cmp "$work/every-byte.bin" "$work/read-back.bin"
file_like '^lvs-doctor-report-[0-9a-f]{16}\.' > "$work/read-back.report"
node bin/lvs-doctor.js report "$work/diagnosis.json" -f html > "$work/report"
check "the report is read back equal ($(wc -c < "$work/read-back.report") bytes)" cmp "$work/report" "$work/read-back.report"

page > "$work/page"
check 'people see the comment in one font, with its columns' grep -qz '<pre>.\?FAULT: 4 machines answer ARP' "$work/page"

attach 999999 "$work/token"
check 'a ticket that does not exist ends with 2' test $? -eq 2
check 'it says so' says 'answers 404: there is no such ticket'
attach "$ticket" "$work/wrong-token"
check 'a wrong token ends with 2' test $? -eq 2
check 'it says so' says 'answers 401: the token is not accepted'
check 'the ticket has one comment in the end' test "$(comments)" -eq 1
check 'the token is in nothing that was said' test "$(grep -cF -- "$token" "$work/all-said")" -eq 0

printf '\n%s passed, %s failed in %s s\n' "$passed" "$failed" "$((SECONDS - began))"
[ "$failed" -eq 0 ]
