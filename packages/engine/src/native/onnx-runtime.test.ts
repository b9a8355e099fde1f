// The library stays loaded for as long as its functions can be called.

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { findLibrary, nodeSurroundings } from "./find-library.ts";

const surroundings = await nodeSurroundings();
const library = (() => {
  try {
    return findLibrary(surroundings);
  } catch {
    return undefined;
  }
})();
if (library === undefined) process.stderr.write("skipped: ONNX Runtime's library is not installed\n");

describe("OnnxRuntime", () => {
  // koffi unloads a library that nobody refers to, and the process ends at the next call of an address inside it.
  it.skipIf(library === undefined)("computes after everything that can be collected was collected", () => {
    const program = `
      import { setTimeout } from "node:timers/promises";
      import * as tf from "@tensorflow/tfjs-core";
      import { startNative } from "${new URL("./start-native.ts", import.meta.url)}";
      await startNative({ threads: 1 });
      await tf.setBackend("native");
      tf.matMul(tf.ones([8, 8]), tf.ones([8, 8])).dispose();
      for (let round = 0; round < 5; round++) {
        globalThis.gc();
        await setTimeout(20);
      }
      const product = tf.matMul(tf.ones([8, 8]), tf.ones([8, 8]), false, true);
      console.log(String(tf.sum(product).dataSync()[0]));
    `;
    const { stdout, status, signal } = spawnSync(
      process.execPath,
      ["--expose-gc", "--conditions=lowrank-source", "--import", "tsx", "--input-type=module", "--eval", program],
      { cwd: import.meta.dirname, encoding: "utf8" },
    );
    expect({ stdout: stdout.trim(), status, signal }).toEqual({ stdout: "512", status: 0, signal: null });
  });
});
