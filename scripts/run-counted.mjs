// Runs vitest and ends the process as it ended; the last line is "N passed, N failed", which .ci/run adds up.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** `parameters` follow "vitest run", those of the command line follow them; `environment` is added to the process's. */
export function runCounted(parameters, environment) {
  const results = mkdtempSync(join(tmpdir(), "lowrank-tests-"));
  const report = join(results, "vitest.json");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile=${report}`];
  const { status } = spawnSync("npx", ["vitest", "run", ...parameters, ...reporters, ...process.argv.slice(2)], {
    stdio: "inherit",
    env: { ...process.env, ...environment },
  });
  const { numPassedTests: passed, numFailedTests: failed } = JSON.parse(readFileSync(report, "utf8"));
  rmSync(results, { recursive: true });
  console.log(`${passed} passed, ${failed} failed`);
  process.exit(passed === 0 ? 1 : (status ?? 1));
}
