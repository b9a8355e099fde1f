import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NoEngineError } from "../errors.ts";
import { chooseEngine } from "./choose-engine.ts";
import { measureMatMul } from "./measure-mat-mul.ts";

const environment = {};

afterEach(() => {
  vi.restoreAllMocks();
});

describe("chooseEngine", () => {
  it("starts wasm, patches it, and registers gradients", async () => {
    const choice = await chooseEngine({ order: ["wasm"], environment });
    expect(choice).toEqual({ name: "wasm", backend: "wasm", skipped: [] });
    expect(tf.getBackend()).toBe("wasm");
    expect(tf.getKernel("UnsortedSegmentSum", "wasm")).toBeDefined();
    expect(tf.getGradient("BatchMatMul")).toBeDefined();
  });

  it("starts the cpu backend without its greeting on the console", async () => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const log = vi.spyOn(console, "log").mockImplementation(() => undefined);
    expect((await chooseEngine({ environment: { LOWRANK_ENGINE: "cpu" } })).name).toBe("cpu");
    tf.tensor1d([1]).dispose();
    expect([...warn.mock.calls, ...log.mock.calls]).toEqual([]);
    expect([tf.env().getBool("IS_TEST"), tf.env().getBool("PROD")]).toEqual([false, false]);
  });

  it("keeps the reason for each engine that did not start", async () => {
    // The package "webgpu" is no dependency of this repository.
    const { name, skipped } = await chooseEngine({ order: ["webgpu", "webgl", "cpu"], environment });
    expect(name).toBe("cpu");
    expect(skipped).toEqual([
      {
        name: "webgpu",
        reason: expect.stringContaining('npm package "webgpu"'),
        command: expect.stringContaining("npm install webgpu"),
      },
      { name: "webgl", reason: "it needs a browser" },
    ]);
  });

  it("tries the next engine when the folder of tfjs-node is empty, and names the command", async () => {
    const { name, skipped } = await chooseEngine({
      order: ["tfjs-node", "cpu"],
      environment: { LOWRANK_TFJS_NODE: "/nowhere" },
    });
    expect(name).toBe("cpu");
    expect(skipped).toEqual([
      {
        name: "tfjs-node",
        reason: expect.stringMatching(/"\/nowhere", set by LOWRANK_TFJS_NODE.* has no @tensorflow\/tfjs-node/),
        command: "scripts/setup-tfjs-node.sh /nowhere",
      },
    ]);
  });

  it("reports what was wrong with the environment and starts an engine all the same", async () => {
    const { name, note } = await chooseEngine({
      order: ["cpu"],
      environment: { LOWRANK_ENGINE: "abacus", LOWRANK_THREADS: "many" },
    });
    expect(name).toBe("cpu");
    expect(note).toMatch(/LOWRANK_ENGINE is "abacus".*one of: .*wasm.* LOWRANK_THREADS is "many"/);
  });

  it("explains why no engine starts", async () => {
    const choose = chooseEngine({ environment: { LOWRANK_ENGINE: "webgpu" } });
    await expect(choose).rejects.toThrow(NoEngineError);
    await expect(choose).rejects.toThrow(/webgpu: .*\nCorrect that, or name no engine/);
  });

  it("leaks nothing", async () => {
    await expectNoLeak(() => chooseEngine({ order: ["cpu"], environment }));
  });
});

describe("measureMatMul", () => {
  it("reports a speed and leaks nothing", async () => {
    await chooseEngine({ order: ["wasm"], environment });
    const { size, milliseconds, gflops } = await measureMatMul(64);
    expect(size).toBe(64);
    expect(gflops).toBeCloseTo((2 * 64 ** 3) / (milliseconds * 1e6), 6);
    await expectNoLeak(() => measureMatMul(16));
  });
});
