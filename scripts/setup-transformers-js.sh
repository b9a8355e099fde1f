#!/usr/bin/env bash
# Installs transformers.js, for the tests that let it run ONNX models with our adapters in them (integration/src/onnx).
#
#   scripts/setup-transformers-js.sh [FOLDER]
#
# FOLDER (default: transformers-js in $LOWRANK_CACHE, which is ~/.cache/lowrank) becomes a small npm project of its own: it brings
# builds of ONNX Runtime for every system (475 MB), which no user of lowrank has to have. Running it again does nothing more.
set -euo pipefail

version=4.3.2
folder=${1:-${LOWRANK_CACHE:-$HOME/.cache/lowrank}/transformers-js}
mkdir -p "$folder"
cd "$folder"
if [[ -f complete && $(cat complete) == "$version" ]]; then
  echo "setup-transformers-js: version $version is already in $folder"
  exit 0
fi
[[ -f package.json ]] || echo '{ "private": true, "type": "module" }' >package.json
npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error "@huggingface/transformers@$version"
node -e 'import("@huggingface/transformers").then(() => {})'
echo "$version" >complete
echo "setup-transformers-js: version $version is in $folder"
