// The arrows between rooms (ARCHITECTURE.md), as a machine checks them: a package may import only what its row names.

/** Rooms that are sub-paths of a package: they have arrows of their own, and whoever may import the package may not import them by that. */
const rooms = {
  families: "contracts/src/families",
  hookPoints: "engine/src/hook-points",
  mpi: "trainer/src/mpi",
  onnx: "merge/src/onnx",
};

/** What the sources of each package, and of each room, may import of the others. */
const arrows = {
  contracts: [],
  safetensors: ["contracts"],
  gguf: ["contracts"],
  families: ["contracts"],
  engine: ["contracts"],
  "adapter-format": ["contracts", "safetensors", "gguf", "families"],
  data: ["contracts"],
  math: ["contracts", "engine"],
  hookPoints: ["contracts", "engine"],
  models: ["contracts", "safetensors", "gguf", "families", "engine", "hookPoints"],
  inject: ["contracts", "math", "adapter-format"],
  trainer: ["contracts", "safetensors", "engine"],
  merge: ["contracts", "math", "families", "adapter-format", "safetensors", "gguf", "inject"],
  hosts: ["contracts", "engine", "hookPoints", "adapter-format", "inject", "merge"],
  onnx: ["contracts", "safetensors", "adapter-format"],
  serve: ["contracts", "safetensors"],
  mpi: ["contracts"],
};

/** Packages and rooms that must stay free of TensorFlow.js, so that a server can load them alone. */
const withoutTensorflow = ["safetensors", "gguf", "families", "adapter-format", "data", "serve", "onnx", "mpi"];

const isTest = "\\.test\\.ts$";

/** Matches the sources of a room – its entry file and its folder –, or those of a package outside its rooms. */
function sourcesOf(name) {
  if (rooms[name] !== undefined) return `${rooms[name]}[./]`;
  const inside = Object.values(rooms).filter((room) => room.startsWith(`${name}/src/`));
  return `${name}/src/(?!(${inside.map((room) => room.slice(`${name}/src/`.length)).join("|") || "-"})[./])`;
}

module.exports = {
  forbidden: [
    ...Object.entries(arrows).map(([name, allowed]) => ({
      name: `arrows-of-${name}`,
      comment: `${name} may import ${allowed.length ? allowed.join(", ") : "no other package"}.`,
      severity: "error",
      from: { path: `^packages/${sourcesOf(name)}`, pathNot: isTest },
      to: {
        path: "^(packages|apps|examples|integration|fuzz|lab)/",
        pathNot: `^packages/(${[name, ...allowed].map(sourcesOf).join("|")})`,
      },
    })),
    {
      name: "no-tensorflow-here",
      comment: "These packages and rooms run without TensorFlow.js.",
      severity: "error",
      from: { path: `^packages/(${withoutTensorflow.map(sourcesOf).join("|")})`, pathNot: isTest },
      to: { path: "@tensorflow/" },
    },
    {
      name: "facts-of-engines-load-nothing",
      comment: "The command line names engines before it loads TensorFlow.js, which takes a second.",
      severity: "error",
      from: { path: "^packages/engine/src/facts\\.ts$" },
      to: { path: "@tensorflow/", reachable: true },
    },
    {
      name: "contracts-has-types-only",
      comment: "contracts may name tensor types but never run TensorFlow.js.",
      severity: "error",
      from: { path: "^packages/contracts/src/", pathNot: isTest },
      to: { path: "@tensorflow/", dependencyTypesNot: ["type-only"] },
    },
    {
      name: "libraries-know-no-apps",
      severity: "error",
      from: { path: "^packages/" },
      to: { path: "^(apps|examples|integration|fuzz|lab)/" },
    },
    {
      name: "programs-use-public-names",
      comment: "An internal path is for our own packages. What a program needs is exported by the package itself.",
      severity: "error",
      from: { path: "^(apps|examples)/", pathNot: [isTest, "/testing/", "^apps/[^/]+/test/"] },
      to: { path: ["^packages/[^/]+/src/internal", "^packages/[^/]+/src/[^/]+/internal\\.ts$"] },
    },
    {
      name: "no-cycles",
      comment: "Two files that can only be read together are one idea, or three.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "tests-stay-out-of-sources",
      severity: "error",
      from: {
        pathNot: [
          isTest,
          ...[
            "^packages/testing/",
            "^integration/",
            "^lab/benchmarks/",
            "^fuzz/",
            "^lab/experiments/",
            "^(apps|packages)/.*/test/",
          ],
          "^packages/lowrank/src/cli/end-to-end/",
        ],
      },
      to: { path: "^packages/testing/" },
    },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    // At the tops of packages only: a folder of sources may be called train, and what lies in the root's node_modules is ruled on.
    exclude: { path: ["^(packages|apps)/[^/]+/(dist|node_modules|model|train)/", "^[^/]+/(dist|train)/"] },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["lowrank-source", "import", "node", "default"],
      extensions: [".ts", ".js", ".json"],
    },
  },
};
