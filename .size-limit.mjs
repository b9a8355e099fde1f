// What may be shipped: bytes of each bundle, as `npm run size` holds them.

export default [
  {
    name: "safetensors",
    path: "packages/safetensors/dist/index.js",
    limit: "12 kB",
  },
  {
    name: "gguf (without the tables of IQ1, IQ2 and IQ3, which are loaded when a file has them)",
    path: "packages/gguf/dist/index.js",
    limit: "8 kB",
    ignore: ["./grid-formats-*"],
  },
  {
    name: "families: one of them, whose configuration is checked and whose modules and parameters are listed",
    path: "packages/families/dist/index.js",
    import: {
      "packages/families/dist/index.js": "{ checkConfigOf, resolveTask }",
      "packages/families/dist/checkpoint.js": "{ parametersOf, matchCheckpoint }",
      "packages/families/dist/rows.js": "{ llama }",
    },
    limit: "16 kB",
  },
  {
    name: "families: all of them, for whoever opens what comes (each more costs some 200 bytes)",
    path: "packages/families/dist/index.js",
    limit: "32 kB",
  },
  {
    name: "studio: its page and its worker, without the engines",
    path: "apps/studio/dist/assets/studio-*.js",
    limit: "340 kB",
    gzip: true,
    ignore: ["./*"],
    // A page is a module, which may wait at its top.
    modifyEsbuildConfig: (config) => ({ ...config, format: "esm" }),
  },
  {
    name: "math (without tfjs)",
    path: "packages/math/dist/index.js",
    limit: "18 kB",
    ignore: ["@tensorflow/tfjs-core"],
  },
  {
    name: "inject (without tfjs)",
    path: "packages/inject/dist/index.js",
    limit: "120 kB",
    ignore: ["@tensorflow/tfjs-core"],
  },
];
