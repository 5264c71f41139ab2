# What is true of a run, in the form of the truth.json that stands beside each fixture.

write_truth() {
  if [ -n "$MENDED" ]; then expect=() may=(); fi
  cat <<JSON
{
 "scenario": "lab-$FAULT",
 "description": "$about Made by lab/run $FAULT (director: $DIRECTOR).",
 "topology": {
  "kind": "routed",
  "vips": ["$VIP"],
  "service": "$(if [ "$service" = udp ]; then echo "udp/$UDP_PORT"; else echo "tcp/$HTTP_PORT"; fi)",
  "directors": [$(machines_as_json "${directors[@]}")],
  "realservers": [$(machines_as_json "${REAL_SERVERS[@]}")],
  "gateway": $(machines_as_json gateway),
  "clients": [{ "name": "client", "ip": "$CLIENT", "mac": "${MAC[client]}", "on_mirror_lan": false }],
  "other": []
 },
 "expect": [$(expectations_as_json)],
 "may": [$(texts_as_json "${may[@]}")],
 "must_not": [],
 "visible_in": ["mirror"]
}
JSON
}

machines_as_json() {
  local machine separator=''
  for machine in "$@"; do
    printf '%s{ "name": "%s", "ip": "%s", "mac": "%s" }' "$separator" "$machine" "${IP[$machine]}" "${MAC[$machine]}"
    separator=', '
  done
}

# One entry a rule, with all its culprits.
expectations_as_json() {
  local rule separator='' machines
  for rule in $(printf '%s\n' "${expect[@]}" | awk '!seen[$1]++ { print $1 }'); do
    machines=$(printf '%s\n' "${expect[@]}" | awk -v rule="$rule" '$1 == rule && NF > 1 { print $2 }')
    # shellcheck disable=SC2086 # one word a machine
    printf '%s\n  { "fault": "%s", "level": "%s", "culprits": [%s] }' "$separator" "$rule" "$level" "$(machines_as_json $machines)"
    separator=','
  done
}

texts_as_json() {
  local text separator=''
  for text in "$@"; do
    printf '%s"%s"' "$separator" "$text"
    separator=', '
  done
}
