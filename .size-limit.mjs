// What may be shipped: bytes of each bundle, as `npm run size` holds them.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export default [
  {
    name: "safetensors",
    path: "packages/safetensors/dist/index.js",
    limit: "12 kB",
  },
  {
    name: "gguf, read, written and quantized (without the tables of IQ1, IQ2 and IQ3, which are loaded when a file has them)",
    path: "packages/gguf/dist/index.js",
    limit: "11.5 kB",
    ignore: ["./grid-formats-*"],
  },
  {
    name: "merge/onnx, with what reads adapters",
    path: "packages/merge/dist/onnx.js",
    limit: "80 kB",
  },
  {
    name: "trainer/mpi",
    path: "packages/trainer/dist/mpi.js",
    limit: "5 kB",
    ignore: ["koffi"],
  },
  {
    name: "families: one of them, whose configuration is checked and whose modules and parameters are listed",
    path: "packages/contracts/dist/families.js",
    import: {
      "packages/contracts/dist/families.js": "{ checkConfigOf, resolveTask }",
      "packages/contracts/dist/families/checkpoint.js": "{ parametersOf, matchCheckpoint }",
      "packages/contracts/dist/families/rows.js": "{ llama }",
    },
    limit: "16 kB",
  },
  {
    name: "families: all of them, for programs that open any model",
    path: "packages/contracts/dist/families.js",
    limit: "34 kB",
  },
  {
    name: "studio: JavaScript before the model, on WebAssembly",
    path: filesBeforeModel("apps/studio/dist/assets"),
    limit: "420 kB",
    gzip: true,
    // Each file as it is: what it imports is in the list, and its top may wait.
    ignore: ["./*"],
    modifyEsbuildConfig: (config) => ({ ...config, format: "esm" }),
  },
  {
    name: "math (without tfjs)",
    path: "packages/math/dist/index.js",
    limit: "24 kB",
    ignore: ["@tensorflow/tfjs-core"],
  },
  {
    name: "inject (without tfjs)",
    path: "packages/inject/dist/index.js",
    limit: "120 kB",
    ignore: ["@tensorflow/tfjs-core"],
  },
  {
    name: "hosts: models of tf.layers, with what injects, merges and reads adapters (without tfjs)",
    path: "packages/hosts/dist/layers.js",
    limit: "115 kB",
    ignore: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-layers"],
  },
  {
    name: "hosts: converted graphs, with what injects, merges and reads adapters (without tfjs)",
    path: "packages/hosts/dist/graph.js",
    limit: "125 kB",
    ignore: ["@tensorflow/tfjs-core", "@tensorflow/tfjs-converter"],
  },
];

/** The studio's page, its worker and its engine, and what each of them imports at its top: what a visitor waits for. */
function filesBeforeModel(folder) {
  if (!existsSync(folder)) return []; // npm run build has not been there
  const found = new Set(readdirSync(folder).filter((name) => /^(studio|backend-wasm)-.*\.js$/.test(name)));
  for (const name of found) {
    const imports = readFileSync(join(folder, name), "utf8").matchAll(/(?:from|import)\s*["'`]\.\/([^"'`]+)["'`]/g);
    for (const [, imported] of imports) found.add(imported);
  }
  return [...found].map((name) => join(folder, name));
}
