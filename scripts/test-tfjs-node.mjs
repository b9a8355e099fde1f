// npm run test:tfjs-node: the engine's tests – operations against their twins, gradients against finite differences,
// random numbers, frozen weights – computed by TensorFlow's own library. The last line is "N passed, N failed".
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

const cache = process.env.LOWRANK_CACHE ?? join(homedir(), ".cache", "lowrank");
const folder = process.env.LOWRANK_TFJS_NODE ?? join(cache, "tfjs-node");
if (!existsSync(join(folder, "node_modules", "@tensorflow", "tfjs-node"))) {
  console.error(`There is no tfjs-node in ${folder}. Set it up with: scripts/setup-tfjs-node.sh ${folder}`);
  process.exit(1);
}

const results = mkdtempSync(join(tmpdir(), "lowrank-tfjs-node-"));
const report = join(results, "vitest.json");
const { status } = spawnSync(
  "npx",
  [
    "vitest",
    "run",
    "packages/engine/src",
    // What is about another engine has been tested by npm test.
    "--exclude=packages/engine/src/{wasm-kernels,native}/**",
    "--reporter=default",
    "--reporter=json",
    `--outputFile=${report}`,
    ...process.argv.slice(2),
  ],
  { stdio: "inherit", env: { ...process.env, LOWRANK_TEST_ENGINES: "tfjs-node", LOWRANK_TFJS_NODE: folder } },
);
const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, "utf8"));
rmSync(results, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(passed === 0 ? 1 : (status ?? 1));
