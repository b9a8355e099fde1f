import { expect, it } from "vitest";
import { recordingIo } from "../../test/recording-io.ts";
import type { EngineOptions } from "./options/shared-options.ts";
import { startEngine } from "./start-engine.ts";
import { createReport } from "./terminal/report.ts";

/** Starts an engine where native's library is not what LOWRANK_ONNX_RUNTIME says. */
async function start(options: EngineOptions, variables: Readonly<Record<string, string>> = {}) {
  const environment = { LOWRANK_ONNX_RUNTIME: "/nowhere/libonnxruntime.so", ...variables };
  const { io, stdout, stderr } = recordingIo({ environment });
  const { name } = await startEngine(options, createReport(io, options));
  return { name, stdout: stdout(), stderr: stderr() };
}

const warning = new RegExp(
  '^warning: The engine is wasm, slower than native, which was skipped: LOWRANK_ONNX_RUNTIME names "' +
    '.*nowhere.*libonnxruntime\\.so", which is not a file; set LOWRANK_ONNX_RUNTIME to .*, or unset it\\.\\n$',
);

it("warns once, in a line on stderr, of a slower engine that was not chosen", async () => {
  expect(await start({})).toEqual({ name: "wasm", stdout: "", stderr: expect.stringMatching(warning) });
  expect(await start({ json: true })).toEqual({ name: "wasm", stdout: "", stderr: expect.stringMatching(warning) });
});

it("does not warn of an engine that was chosen", async () => {
  const silent = { stdout: "", stderr: "" };
  expect(await start({ engine: "wasm" })).toEqual({ name: "wasm", ...silent });
  expect(await start({}, { LOWRANK_ENGINE: "wasm" })).toEqual({ name: "wasm", ...silent });
  expect(await start({ engine: "cpu" }, { LOWRANK_ENGINE: "wasm" })).toEqual({ name: "cpu", ...silent });
});

it("reports the problem of each setting, in one line", async () => {
  const { stderr } = await start({}, { LOWRANK_THREADS: "many" });
  expect(stderr).toMatch(/^warning: LOWRANK_THREADS is "many", .* The engine is wasm, .*\.\n$/);
});
