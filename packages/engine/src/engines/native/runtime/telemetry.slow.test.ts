// ONNX Runtime would tell its maker of what it runs. Each program starts the engine in a process of its own under an empty
// HOME, in which the library would leave a device id and a queue of events before it sends them.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { findLibrary, nodeSurroundings } from "../library/find-library.ts";

const surroundings = await nodeSurroundings();
const isInstalled = (() => {
  try {
    return findLibrary(surroundings).path !== "";
  } catch {
    return false;
  }
})();
const isLinux = process.platform === "linux";
if (!isLinux) process.stderr.write("skipped: where ONNX Runtime keeps its telemetry is known for Linux alone\n");
if (!isInstalled) process.stderr.write("skipped: ONNX Runtime's library is not installed\n");

const program = `(async () => {
  const tf = await import("@tensorflow/tfjs-core");
  const { startNative } = await import("${new URL("../start-native.ts", import.meta.url)}");
  await startNative({ threads: 1 });
  await tf.setBackend("native");
  console.log(tf.sum(tf.matMul(tf.ones([8, 8]), tf.ones([8, 8]))).dataSync()[0]);
})()`;
/** A worker does not inherit the loader of TypeScript. */
const loading = `import("tsx/esm/api").then(({ register }) => register()).then(() => ${program})`;
const inWorker = `new (require("node:worker_threads").Worker)(${JSON.stringify(loading)}, { eval: true })`;

/** The output of a program, and the files that it writes in its HOME. */
function traceOf(source: string, setting: Readonly<Record<string, string>> = {}) {
  const home = mkdtempSync(join(tmpdir(), "lowrank-home-"));
  // Nothing inherited: if a variable marks a CI machine, the library sends nothing.
  const env = { PATH: process.env.PATH, HOME: home, ...setting };
  const flags = ["--conditions=lowrank-source", "--import", "tsx", "--eval", source];
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: import.meta.dirname, encoding: "utf8", env });
  const left = readdirSync(home, { recursive: true });
  rmSync(home, { recursive: true });
  return { stdout, stderr, left };
}

describe.skipIf(!isInstalled)("the native engine", () => {
  it("keeps ONNX Runtime's telemetry off", () => {
    expect(traceOf(program)).toEqual({ stdout: "512\n", stderr: "", left: [] });
  });

  it("keeps it off in a worker thread, whose process.env is a copy", () => {
    expect(traceOf(inWorker)).toEqual({ stdout: "512\n", stderr: "", left: [] });
  });

  it.skipIf(!isLinux)("does not change the user's setting", () => {
    expect(traceOf(program, { ORT_DISABLE_TELEMETRY: "0" }).left).not.toEqual([]);
  });
});
