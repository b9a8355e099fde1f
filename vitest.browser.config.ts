// npm run test:browser: the engine's and the guests' tests as they are, and those named *.browser.test.ts, in pages of Chromium: one for each
// engine. Operations against their twins and float64, gradients against finite differences, a small training.

import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";
import { casesInPage, readsInPage } from "./integration/src/parity/in-page/cases-in-page.ts";
import { chromiumArguments } from "./scripts/chromium.mjs";

/** Those that scripts/test-browser.mjs found to exist here. */
const engines = (process.env.LOWRANK_BROWSER_ENGINES ?? "webgpu,webgl,wasm").split(",");

/** Tests about what a page does not have: engines of Node, processes, files. */
const ofNode = [
  "packages/engine/src/engines/{native,tfjs-node,wasm}/**",
  "packages/engine/src/choose/!(*.browser).test.ts",
  "packages/engine/src/ops/{long-run,thread-counts}.slow.test.ts",
  "packages/engine/src/{packed/decode-kernel,frozen/tensorflow/*,random/masks/mask-kernel}.test.ts",
];

/** Every class of layers: hundreds of shapes, for each of which a shader would be compiled; guests.browser.test.ts has a few. */
const layersOfGuests = "packages/hosts/src/layers/every-layer.slow.test.ts";

/** A survey times a product on plain JavaScript, which is also what sites compute on; a page's disk knows no engine. */
const sameInEveryPage = [
  "**/survey-engines.browser.test.ts",
  "packages/engine/src/hook-points/sites/**",
  "apps/**",
  layersOfGuests,
];

/** Made of operations that the other tests try on a GPU: for each of many shapes dozens of shaders would be compiled, for minutes. */
const madeOfOthers =
  "packages/engine/src/{ops/{gated-delta,state-space-scan,frozen-feed-forward},step/rounded-products}.test.ts";

const root = import.meta.dirname;

export default defineConfig({
  plugins: [readsInPage(root)],
  resolve: { conditions: ["lowrank-source", "module", "browser", "development|production"] },
  test: {
    include: [
      "packages/engine/src/**/*.test.ts",
      layersOfGuests,
      "{packages/*,apps/*,integration}/src/**/*.browser.test.ts",
    ],
    provide: casesInPage(root, process.env.LOWRANK_PARITY),
    setupFiles: ["packages/engine/test/browser/fail-on-shader-errors.ts"],
    // A shader's first use compiles it, on a busy machine for seconds.
    testTimeout: 240_000,
    hookTimeout: 120_000,
    fileParallelism: false,
    browser: {
      enabled: true,
      headless: true,
      screenshotFailures: false,
      // One page for all files: what is compiled for one is there for the next, as in a page that trains.
      isolate: false,
      provider: playwright({
        launchOptions: { args: chromiumArguments, ...optional("executablePath", process.env.CHROMIUM) },
      }),
      instances: engines.map((engine) => ({
        browser: "chromium" as const,
        name: engine,
        env: { LOWRANK_TEST_ENGINES: engine },
        exclude: ["**/node_modules/**", ...ofNode, ...(engine === "wasm" ? [] : [...sameInEveryPage, madeOfOthers])],
      })),
    },
  },
});

function optional<Key extends string>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  const found: Partial<Record<Key, string>> = {};
  if (value) found[key] = value;
  return found;
}
