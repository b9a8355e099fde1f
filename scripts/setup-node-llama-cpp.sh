#!/usr/bin/env bash
# Installs llama.cpp as Node.js programs use it, for the tests that let it read our files (integration/src/llama-cpp).
#
#   scripts/setup-node-llama-cpp.sh [FOLDER]
#
# FOLDER (default: node-llama-cpp in $LOWRANK_CACHE, which is ~/.cache/lowrank) becomes a small npm project of its own: the
# package brings llama.cpp built for this system (about 100 MB with what it needs), which no user of lowrank has to have.
# Running it again checks that the library loads and does nothing more.
set -euo pipefail

version=3.22.1
folder=${1:-${LOWRANK_CACHE:-$HOME/.cache/lowrank}/node-llama-cpp}
mkdir -p "$folder"
cd "$folder"

try_library() {
  cat >try.mjs <<'EOF'
import { getLlama } from "node-llama-cpp";
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error" });
await llama.dispose();
EOF
  node try.mjs
}

if [[ -f complete && $(cat complete) == "$version" ]] && try_library 2>/dev/null; then
  echo "setup-node-llama-cpp: version $version works already in $folder"
  exit 0
fi
[[ -f package.json ]] || echo '{ "private": true, "type": "module" }' >package.json
# By itself it brings builds for every kind of graphics card, too: 600 MB more.
platform=$(node -p '`${process.platform}-${process.arch}`')
npm install --no-save --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error \
  "node-llama-cpp@$version" "@node-llama-cpp/$platform@$version"
try_library
echo "$version" >complete
echo "setup-node-llama-cpp: version $version works in $folder"
