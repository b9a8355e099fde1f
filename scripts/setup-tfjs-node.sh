#!/usr/bin/env bash
# Installs TensorFlow's own engine for Node.js where npm's installer cannot fetch its library.
#
#   scripts/setup-tfjs-node.sh [--gpu] [FOLDER]
#   export LOWRANK_TFJS_NODE=FOLDER
#
# `npm install @tensorflow/tfjs-node` downloads libtensorflow 2.9 from a file host. This script takes TensorFlow 2.21
# from its Python wheel instead (PyPI; about 274 MB down, 0.8 GB on disk, no Python needed afterwards) and compiles the
# binding from the sources inside the npm package with g++. The same sources run on it unchanged: the binding uses only
# TensorFlow's C interface, which is stable.
#
# FOLDER (default: tfjs-node or tfjs-node-gpu in $LOWRANK_CACHE, which is ~/.cache/lowrank) becomes a small npm project
# of its own, so that no `npm ci` elsewhere removes it. An existing project's folder works too; its package.json is left
# as it is. LOWRANK_TFJS_NODE tells the engine where to look.
#
# Running it again checks that the engine still computes and does nothing more. An interrupted run can be repeated.
#
# --gpu takes @tensorflow/tfjs-node-gpu and the wheel with CUDA support. CUDA's own libraries are the machine's business
# (pip install "tensorflow[and-cuda]==2.21.0" brings them; their folders belong on LD_LIBRARY_PATH).
#
# Needs: Linux (glibc 2.27 or newer) on x86-64 or arm64, Node.js with npm, Python 3 with venv, g++.
# Environment: PYTHON (python3), CXX (g++).
set -euo pipefail

tfjs_version=4.22.0
tensorflow_version=2.21.0
here=$(cd "$(dirname "$0")" && pwd)

say() { echo "setup-tfjs-node: $*"; }
stop() {
  echo "setup-tfjs-node: $*" >&2
  exit 1
}

name=tfjs-node
folder=
for argument in "$@"; do
  case $argument in
    --gpu) name=tfjs-node-gpu ;;
    -h | --help)
      sed -n '2,/^set -euo/{/^set/!s/^# \{0,1\}//p}' "$0"
      exit 0
      ;;
    -*) stop "unknown option $argument (there is only --gpu)" ;;
    *) folder=$argument ;;
  esac
done
folder=${folder:-${LOWRANK_CACHE:-$HOME/.cache/lowrank}/$name}
python=${PYTHON:-python3}
compiler=${CXX:-g++}
machine=$(uname -m)

[[ $(uname -s) == Linux ]] || stop "only for Linux; elsewhere run: npm install @tensorflow/$name@$tfjs_version"
[[ $machine == x86_64 || $machine == aarch64 ]] || stop "TensorFlow has no wheel for this processor ($machine)"
if ldd --version 2>&1 | grep -qi musl; then stop "TensorFlow needs glibc; this system uses musl"; fi
for tool in node npm "$python" "$compiler"; do
  command -v "$tool" >/dev/null || stop "$tool is missing; install it and run this again"
done

mkdir -p "$folder"
folder=$(cd "$folder" && pwd)
package=$folder/node_modules/@tensorflow/$name

# Prints TensorFlow's version if the engine loads and computes 1·3 + 2·4 = 11.
try_engine() {
  (cd "$folder" && TF_CPP_MIN_LOG_LEVEL=3 node -e '
    const util = require("node:util");
    util.isNullOrUndefined ??= (value) => value == null; // gone from Node 23, still called by tfjs-node
    util.isArray ??= Array.isArray;
    const tf = require(`@tensorflow/${process.argv[1]}`);
    const [product] = tf.matMul([[1, 2]], [[3], [4]]).dataSync();
    if (tf.getBackend() !== "tensorflow" || product !== 11) throw new Error(`it computed ${product}`);
    console.log(tf.findBackend("tensorflow").binding.TF_Version);
  ' "$name")
}

if version=$(try_engine 2>/dev/null) && [[ $version == "$tensorflow_version" ]]; then
  say "@tensorflow/$name works already (TensorFlow $version) in $folder"
  exit 0
fi

if [[ ! -f $package/binding.gyp ]]; then
  say "installing @tensorflow/$name $tfjs_version from npm, without its installer"
  [[ -f $folder/package.json ]] || echo '{ "private": true }' >"$folder/package.json"
  (cd "$folder" && npm install --no-save --ignore-scripts --no-audit --no-fund --loglevel=error \
    "@tensorflow/$name@$tfjs_version")
fi

# Libraries go where the binding looks for them: its run path is ../../deps/lib.
if [[ $(cat "$package/deps/complete" 2>/dev/null) != "$tensorflow_version" ]]; then
  wheel=tensorflow-cpu
  if [[ $name == tfjs-node-gpu || $machine == aarch64 ]]; then wheel=tensorflow; fi
  work=$(mktemp -d "$folder/download.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  say "downloading the wheel of $wheel $tensorflow_version"
  "$python" -m venv "$work/venv"
  platforms=()
  for glibc in 2_28 2_27 2_17; do platforms+=(--platform "manylinux_${glibc}_$machine"); done
  # Any Python version's wheel holds the same library.
  "$work/venv/bin/python" -m pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
    --implementation cp --python-version 3.12 "${platforms[@]}" --dest "$work" "$wheel==$tensorflow_version"
  say "unpacking"
  rm -rf "$package/deps"
  "$python" "$here/python/extract_tensorflow.py" "$work"/*.whl "$package/deps"
  rm -rf "$work"
  trap - EXIT
  if command -v strip >/dev/null; then strip --strip-unneeded "$package"/deps/lib/*.so.2; fi # 0.2 GB less
  # Names that the package's own build files ask for, so that `npm rebuild --build-from-source` works as well.
  ln -sf libtensorflow_cc.so.2 "$package/deps/lib/libtensorflow.so"
  ln -sf libtensorflow_framework.so.2 "$package/deps/lib/libtensorflow_framework.so"
  echo "$tensorflow_version" >"$package/deps/complete"
fi

# Headers of Node's C interface, which is the same in every version: beside node, or from npm.
headers=
for candidate in "$(node -p 'require("node:path").resolve(process.execPath, "../../include/node")')" /usr/include/node; do
  if [[ -f $candidate/node_api.h ]]; then
    headers=$candidate
    break
  fi
done
if [[ -z $headers ]]; then
  say "taking Node's headers from npm's node-api-headers"
  npm install --no-save --no-audit --no-fund --loglevel=error --prefix "$folder/headers" node-api-headers@1.9.0
  headers=$folder/headers/node_modules/node-api-headers/include
fi

# The loader picks the highest Node-API version that both the package and this Node know.
napi=$(node -p '
  const { napi_versions: known } = require(process.argv[1]).binary;
  Math.max(...known.filter((version) => version <= Number(process.versions.napi)))
' "$package/package.json")
say "compiling the binding (Node-API $napi)"
mkdir -p "$package/lib/napi-v$napi"
"$compiler" -std=c++17 -O2 -fPIC -shared -w -DNAPI_VERSION="$napi" -DBUILDING_NODE_EXTENSION \
  -I"$headers" -I"$package/deps/include" "$package/binding/tfjs_backend.cc" "$package/binding/tfjs_binding.cc" \
  -L"$package/deps/lib" -l:libtensorflow_cc.so.2 -l:libtensorflow_framework.so.2 \
  '-Wl,-rpath,$ORIGIN/../../deps/lib' -o "$package/lib/napi-v$napi/tfjs_binding.node"

version=$(try_engine) || stop "it was built but does not compute; the lines above say why"
say "@tensorflow/$name works (TensorFlow $version); tell the engine with: export LOWRANK_TFJS_NODE=$folder"
