// Tests read workspace packages from source (export condition "lowrank-source"), so none needs a build. Six projects:
//
// - unit: npm test. Many files share a process: loading TensorFlow.js for each of them would take longer than the tests.
// - alone: npm test too. Files that change what a process has once – its engines, its listeners – have one for themselves.
// - slow: npm run test:slow. What trains real weights, starts whole programs or browsers, or makes thousands of cases.
// - slow-together: npm run test:slow too. Commands, each of which names its engine, and parts of apps that compute nothing, in
//   processes that they share.
// - consumers: npm run test:consumers, and test:slow too. Other libraries that run what we write: llama.cpp, wllama, ONNX Runtime,
//   transformers.js, MLX.
// - cases: npm run test:slow too, but not .ci/run, which has a line for each of these by npm run parity and npm run fuzz.
import { configDefaults, defineConfig } from "vitest/config";

const conditions = ["lowrank-source", "node", "import", "module", "default"];

const everything = [
  "packages/*/{src,test}/**/*.test.ts",
  "apps/*/{src,test}/**/*.test.ts",
  "integration/src/**/*.test.ts",
  "lab/benchmarks/src/**/*.test.ts",
  "fuzz/src/**/*.test.ts",
  "lab/experiments/src/**/*.test.ts",
];
/** npm run test:browser has them. */
const browser = "**/*.browser.test.ts";
/** By name or by folder, so that a file says itself that it is slow. */
const slow = [
  "**/*.slow.test.ts",
  "integration/src/*.test.ts",
  "integration/src/!(documentation)/**/*.test.ts",
  "apps/**/*.test.ts",
];
const commands = "packages/lowrank/src/cli/end-to-end/*.test.ts";
const withoutModels = [
  "apps/{site/src/*,first-run/src/!(chapters)}.test.ts",
  "apps/studio/src/{presets,share,snippets,state,storage,text,views/train,worker/rows}/**/*.test.ts",
  "apps/studio/test/presets/**/*.test.ts",
];
const alone = [
  "packages/engine/src/choose/{choose-engine,keep-process-listeners,survey-engines}.test.ts",
  "packages/engine/src/engines/{native/{kernels,runtime},tfjs-node}/*.test.ts",
  "**/start-engine.test.ts",
];
const consumers = ["integration/src/{in-page,llama-cpp,mlx,onnx}/**/*.test.ts"];
const cases = ["integration/src/parity/parity.test.ts", "fuzz/src/targets/bombs.slow.test.ts"];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    testTimeout: 30_000,
    pool: "forks",
    maxWorkers: "100%", // by itself vitest leaves one core idle, of two
    execArgv: ["--conditions=lowrank-source"],
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: everything,
          exclude: [...configDefaults.exclude, browser, ...slow, ...alone, commands],
          isolate: false,
          setupFiles: ["packages/testing/src/on-plain-javascript.ts"],
        },
      },
      {
        extends: true,
        test: { name: "alone", include: alone, exclude: [...configDefaults.exclude, browser, ...slow] },
      },
      {
        extends: true,
        test: {
          name: "slow",
          include: slow,
          exclude: [...configDefaults.exclude, browser, ...cases, ...consumers, ...withoutModels],
          testTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "slow-together",
          include: [commands, ...withoutModels],
          exclude: [...configDefaults.exclude, browser],
          isolate: false,
          testTimeout: 60_000,
        },
      },
      { extends: true, test: { name: "consumers", include: consumers, testTimeout: 60_000 } },
      { extends: true, test: { name: "cases", include: cases } },
    ],
  },
});
