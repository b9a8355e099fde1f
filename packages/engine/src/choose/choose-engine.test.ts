import { expectNoLeak } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterEach, describe, expect, it, vi } from "vitest";
import { needInt8Products } from "../../test/need-int8-products.ts";
import { testEngines, useEngine } from "../../test/test-engines.ts";
import type { NativeBackend } from "../engines/native/native-backend.ts";

import { chooseEngine } from "./choose-engine.ts";
import { measureInt8Product, measureMatMul } from "./measure-mat-mul.ts";

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

  it("reports a wrong environment variable and still starts an engine", async () => {
    const { name, note } = await chooseEngine({
      order: ["cpu"],
      environment: { LOWRANK_ENGINE: "abacus", LOWRANK_THREADS: "many" },
    });
    expect(name).toBe("cpu");
    expect(note).toMatch(/LOWRANK_ENGINE is "abacus".*one of: .*wasm.* LOWRANK_THREADS is "many"/);
  });

  it("explains why no engine starts", async () => {
    const choose = chooseEngine({ environment: { LOWRANK_ENGINE: "webgpu" } });
    await expect(choose).rejects.toThrow(expect.objectContaining({ code: "NO_ENGINE" }));
    await expect(choose).rejects.toThrow(/webgpu: .*\nCorrect that, or name no engine/);
  });

  it("leaks nothing", async () => {
    await expectNoLeak(() => chooseEngine({ order: ["cpu"], environment }));
  });
});

describe("measureMatMul", () => {
  it("reports a speed and leaks nothing", async () => {
    await chooseEngine({ order: ["wasm"], environment });
    const { shape, milliseconds, gflops } = await measureMatMul([64, 32, 16]);
    expect(shape).toEqual([64, 32, 16]);
    expect(gflops).toBeCloseTo((2 * 64 * 32 * 16) / (milliseconds * 1e6), 6);
    await expectNoLeak(() => measureMatMul([16, 16, 16]));
  });

  /** Products that take so long by the clock. */
  function clockOf(...milliseconds: readonly number[]): void {
    let [looks, now] = [0, 0];
    // One look starts the measurement; each product has one before it, one after it, and one to see whether time is over.
    vi.spyOn(performance, "now").mockImplementation(() => {
      if (looks % 3 === 2) now += milliseconds[(looks - 2) / 3] ?? Number.NaN;
      looks += 1;
      return now;
    });
  }

  it("reports the steady speed, not that of the first products", async () => {
    await chooseEngine({ order: ["wasm"], environment });
    clockOf(80, 40, 20, 10.1, 10, 10.3, 10.2, 10.4);
    expect((await measureMatMul([16, 16, 16])).milliseconds).toBeCloseTo(10.2, 6);
  });

  it("ends after 0.3 seconds if products never take the same time", async () => {
    await chooseEngine({ order: ["wasm"], environment });
    clockOf(120, 60, 130);
    expect((await measureMatMul([16, 16, 16])).milliseconds).toBe(120);
  });
});

describe("measureInt8Product", () => {
  it.for(testEngines("native"))(
    "rounds the other matrix for each product, as a step on %s does",
    async (engine, context) => {
      await useEngine(engine);
      needInt8Products(context);
      const session = vi.spyOn(tf.backend() as NativeBackend, "session");
      await expectNoLeak(() => measureInt8Product([64, 32, 48]));
      const made = (kind: string) => session.mock.calls.filter(([key]) => key.startsWith(kind)).length;
      expect(made("int8 scaled")).toBeGreaterThanOrEqual(5);
      expect(made("int8 rows")).toBe(made("int8 scaled"));
    },
  );
});
