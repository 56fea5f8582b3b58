# To be read by the other scripts: step prints a headline and the seconds since the script began.
began=$(date +%s)
step() { printf '\n== %s (%s s)\n' "$*" "$(($(date +%s) - began))"; }
