import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { NoEngineError, UnknownEngineError } from "../errors.ts";
import { chooseEngine, planEngines } from "./choose-engine.ts";
import { engineNames } from "./engine-name.ts";
import { measureMatMul } from "./measure-mat-mul.ts";

const environment = {};

afterEach(() => {
  vi.restoreAllMocks();
});

describe("planEngines", () => {
  it("tries every engine, native ones first", () => {
    expect(planEngines({ environment })).toEqual({ candidates: engineNames, askedFor: undefined });
  });

  it("tries the preferred one first and then the others", () => {
    const { candidates } = planEngines({ prefer: "cpu", order: ["wasm", "cpu"], environment });
    expect(candidates).toEqual(["cpu", "wasm"]);
  });

  it("tries only what LOWRANK_ENGINE names, whatever the options say", () => {
    const plan = planEngines({ prefer: "wasm", environment: { LOWRANK_ENGINE: "cpu" } });
    expect(plan).toEqual({ candidates: ["cpu"], askedFor: "cpu" });
  });

  it("names the engines there are when LOWRANK_ENGINE names none", () => {
    const plan = () => planEngines({ environment: { LOWRANK_ENGINE: "cuda" } });
    expect(plan).toThrow(UnknownEngineError);
    expect(plan).toThrow(/"cuda".*LOWRANK_ENGINE.*tfjs-node-gpu, tfjs-node, webgpu, wasm, cpu/);
  });
});

describe("chooseEngine", () => {
  it("starts wasm, mends it, and registers gradients", async () => {
    const choice = await chooseEngine({ order: ["wasm"], environment });
    expect(choice).toEqual({ name: "wasm", backend: "wasm", passedOver: [] });
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
    expect(tf.env().getBool("IS_TEST")).toBe(false);
  });

  it("keeps the reason for each engine that did not start", async () => {
    // Neither package is a dependency of this repository.
    const { name, passedOver } = await chooseEngine({ order: ["webgpu", "cpu"], environment });
    expect(name).toBe("cpu");
    expect(passedOver).toEqual([{ name: "webgpu", reason: expect.stringContaining("webgpu") }]);
  });

  it("says why when nothing starts", async () => {
    const choose = chooseEngine({ environment: { LOWRANK_ENGINE: "webgpu" } });
    await expect(choose).rejects.toThrow(NoEngineError);
    await expect(choose).rejects.toThrow(/webgpu: .* leave the choice open/);
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
