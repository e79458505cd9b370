#!/usr/bin/env bash
# The compiled reader under gcc's address and undefined-behaviour sanitizers, on bodies of fuzz/twins.py, in a folder of its own.
#
#     fuzz/sanitize.sh [SECONDS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-$PWD/.venv/bin/python}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cp -r src/kubesieve fuzz "$folder"
rm -f "$folder"/kubesieve/exposition/_fast*.so
"$python" -m cython -3 "$folder/kubesieve/exposition/_fast.pyx" -o "$folder/_fast.c"
suffix="$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')"
include="$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')"
gcc -shared -fPIC -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
    -I"$include" "$folder/_fast.c" -o "$folder/kubesieve/exposition/_fast$suffix"
cd "$folder"
# Each bytes object in memory of its own, so that a read behind its end is seen.
LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 \
    PYTHONMALLOC=malloc PYTHONPATH="$folder" "$python" fuzz/twins.py "${1:-60}" "${2:-1}"
