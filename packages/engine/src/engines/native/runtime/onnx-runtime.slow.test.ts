// Cases that would end the process: a library that is unloaded too early, and one that overflows the stack as it starts.

import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { findLibrary, nodeSurroundings } from "../library/find-library.ts";

const surroundings = await nodeSurroundings();
const library = (() => {
  try {
    return findLibrary(surroundings).path;
  } catch {
    return undefined;
  }
})();
if (library === undefined) process.stderr.write("skipped: ONNX Runtime's library is not installed\n");

const imports = `
  import { setTimeout } from "node:timers/promises";
  import * as tf from "@tensorflow/tfjs-core";
  import { startNative } from "${new URL("../start-native.ts", import.meta.url)}";
`;

/** The exit of a process that runs the program with these arguments. */
function outcomeOf(program: string, ...extra: readonly string[]) {
  const flags = ["--expose-gc", "--conditions=lowrank-source", "--import", "tsx", "--input-type=module"];
  const { stdout, status, signal } = spawnSync(
    process.execPath,
    [...flags, "--eval", imports + program, "--", ...extra],
    { cwd: import.meta.dirname, encoding: "utf8" },
  );
  return { stdout: stdout.trim(), status, signal };
}

describe.skipIf(library === undefined)("OnnxRuntime", () => {
  // koffi unloads a library without references, and the process ends at the next call of an address inside it.
  it("computes after everything that can be collected was collected", () => {
    const program = `
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
    expect(outcomeOf(program)).toEqual({ stdout: "512", status: 0, signal: null });
  });

  it("keeps memory for intermediates once, for however many graphs", () => {
    const program = `
      const { graphOf } = await import("${new URL("../kernels/graph.ts", import.meta.url)}");
      await startNative({ threads: 1 });
      await tf.setBackend("native");
      const [values, result] = [new Float32Array(2 ** 22).fill(1), new Float32Array(2 ** 22).fill(1)]; // 16 MB
      const before = process.memoryUsage().rss;
      for (let number = 1; number <= 16; number++) {
        const g = graphOf("x");
        const graph = g.finish(g.add(g.sigmoid("x"), g.scale("x", number)));
        const session = tf.backend().session("test " + number, () => graph);
        tf.backend().run(session, [{ values, shape: [values.length] }], [{ values: result, shape: [values.length] }]);
      }
      console.log((process.memoryUsage().rss - before) / 2 ** 20);
    `;
    expect(Number.parseFloat(outcomeOf(program).stdout)).toBeLessThan(160);
  });

  it("starts with a long command line, and reports one that is too long", () => {
    const program = `
      const outcome = await startNative().then(({ backend }) => backend, ({ name, reason }) => name + ": " + reason);
      console.log(outcome);
    `;
    expect(outcomeOf(program, "x".repeat(45_000))).toEqual({ stdout: "native", status: 0, signal: null });
    const refused = outcomeOf(program, "x".repeat(90_000));
    expect(refused).toMatchObject({ status: 0, signal: null });
    expect(refused.stdout).toMatch(/^EngineUnavailableError: .*50000 bytes.*in a file$/);
  });

  it("starts after another library was loaded, with a command line of usual length", () => {
    const program = `
      import koffi from "koffi";
      koffi.load(process.env.LIBRARY);
      const outcome = await startNative().then(({ backend }) => backend, ({ name, reason }) => name + ": " + reason);
      console.log(outcome);
    `;
    process.env.LIBRARY = library;
    expect(outcomeOf(program)).toEqual({ stdout: "native", status: 0, signal: null });
    expect(outcomeOf(program, "x".repeat(20_000)).stdout).toMatch(/^EngineUnavailableError: .*6000 bytes/);
    delete process.env.LIBRARY;
  });

  it.skipIf(process.platform !== "linux")("leaves the library loaded while its threads run, after any close", () => {
    const program = `
      import koffi from "koffi";
      import { readFileSync } from "node:fs";
      const { openInterface } = await import("${new URL("open-interface.ts", import.meta.url)}");
      openInterface(koffi, { path: process.env.LIBRARY, origin: "setting" }, [0]);
      const c = koffi.load(null);
      const handle = c.func("dlopen", "void *", ["str", "int"])(process.env.LIBRARY, 1);
      const close = c.func("dlclose", "int", ["void *"]);
      for (let opened = 0; opened < 4; opened++) close(handle);
      console.log(readFileSync("/proc/self/maps", "utf8").includes("libonnxruntime"));
    `;
    process.env.LIBRARY = library;
    expect(outcomeOf(program)).toEqual({ stdout: "true", status: 0, signal: null });
    delete process.env.LIBRARY;
  });
});
