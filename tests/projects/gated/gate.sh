# Stop at a step, if the test has asked for it: create a file and block until the test opens the FIFO.
# A container reaches the directory of the gate through the mount of the host.
gate=/${GATE#/}
[ -d "$gate" ] || gate=/host$gate
[ "$(cat "$gate/step" 2>/dev/null)" = "$1" ] || exit 0
: >"$gate/reached.$1"
read -r _ <"$gate/fifo" || true
