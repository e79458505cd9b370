#!/usr/bin/env bash
# The compiled readers under gcc's address and undefined-behaviour sanitizers, on bodies of both fuzzers, in a folder of their own.
#
#     fuzz/sanitize.sh [SECONDS] [SEED]
set -euo pipefail
cd "$(dirname "$0")/.."
python="${PYTHON:-$PWD/.venv/bin/python}"
folder="$(mktemp -d)"
trap 'rm -rf "$folder"' EXIT
cp -r src/kubesieve fuzz "$folder"
rm -f "$folder"/kubesieve/compiled/*.so
suffix="$("$python" -c 'import sysconfig; print(sysconfig.get_config_var("EXT_SUFFIX"))')"
include="$("$python" -c 'import sysconfig; print(sysconfig.get_path("include"))')"
cd "$folder"
for module in exposition json_list; do
    "$python" -m cython -3 "kubesieve/compiled/$module.pyx" -o "$module.c"
    gcc -shared -fPIC -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer \
        -I"$include" "$module.c" -o "kubesieve/compiled/$module$suffix"
done
# Each bytes object in memory of its own, so that a read behind its end is seen.
export LD_PRELOAD="$(gcc -print-file-name=libasan.so) $(gcc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0
export PYTHONMALLOC=malloc PYTHONPATH="$folder"
for fuzzer in twins json_twins; do
    "$python" "fuzz/$fuzzer.py" "${1:-60}" "${2:-1}"
done
