// Choosing an engine in a page. Chromium's graphics are emulated in tests (vitest.browser.config.ts), so they compute only
// if the caller names them.

import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { isGraphics, testEngines, useEngine, wasmPath } from "../../test/test-engines.ts";
import { chooseEngine } from "./choose-engine.ts";

describe.each(testEngines("wasm"))("chooseEngine in a page, for %s", (engine) => {
  afterAll(() => useEngine(engine));

  it.each([
    { by: "LOWRANK_ENGINE", options: { environment: { LOWRANK_ENGINE: engine } } },
    { by: "the option prefer", options: { prefer: engine, environment: {} } },
    { by: "the option order", options: { order: [engine], environment: {} } },
  ])("starts the engine that $by selects, and notes whether it is emulated", async ({ options }) => {
    const { name, backend, skipped, note } = await chooseEngine({ ...options, wasmPath });
    expect({ name, backend, skipped }).toEqual({ name: engine, backend: engine, skipped: [] });
    expect(tf.getBackend()).toBe(engine);
    if (isGraphics(engine)) expect(note).toMatch(/is emulated in software\.$/);
    else expect(note).toBeUndefined();
  });

  it("skips emulated graphics by default", async () => {
    const { name, skipped } = await chooseEngine({ environment: {}, wasmPath });
    expect(name).toBe("wasm");
    expect(skipped).toEqual([
      { name: "webgpu", reason: expect.stringMatching(/^WebGPU (has only a software renderer|found no)/) },
    ]);
    const others = await chooseEngine({ order: ["webgl", "cpu"], environment: {} });
    expect(others.skipped).toEqual([{ name: "webgl", reason: "WebGL is emulated in software" }]);
  });
});
