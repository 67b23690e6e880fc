# Read the source, stop at the gate, write what was read: a process that outlives its run would write an old value.
cd "$(dirname "$0")" || exit
value=$(cat value.txt)
sh ./gate.sh before-build
printf 'VALUE = "%s"\n' "$value" >gated_value.py
