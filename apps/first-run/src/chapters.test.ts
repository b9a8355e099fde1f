import { afterEach, expect, it, vi } from "vitest";
import { openModel } from "./chapters.ts";
import type { Screen } from "./show.ts";

afterEach(() => vi.unstubAllEnvs());

/** The warnings of opening a model if LOWRANK_ONNX_RUNTIME names a library that does not exist. */
async function warningsOf(settings: { readonly engine?: "wasm" }): Promise<readonly string[]> {
  vi.stubEnv("LOWRANK_ONNX_RUNTIME", "/nowhere/libonnxruntime.so");
  vi.stubEnv("LOWRANK_ENGINE", undefined);
  const warnings: string[] = [];
  const silent = () => {};
  const screen: Screen = {
    heading: silent,
    line: silent,
    quote: silent,
    warn: (text) => warnings.push(text),
    progress: () => ({ step: silent, stop: silent }),
  };
  const { model } = await openModel({ steps: 1, seed: 0, json: false, ...settings }, screen);
  model.dispose();
  return warnings;
}

it("warns of a slower engine by default, and not if the user chose it", async () => {
  expect(await warningsOf({})).toEqual([
    expect.stringMatching(/^The engine is wasm, slower than native.* or unset it\.$/),
  ]);
  expect(await warningsOf({ engine: "wasm" })).toEqual([]);
});
