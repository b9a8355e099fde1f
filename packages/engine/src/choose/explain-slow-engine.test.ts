import { describe, expect, it } from "vitest";
import { explainSlowEngine } from "./explain-slow-engine.ts";

const reason = "its package onnxruntime-node is not installed";

describe("explainSlowEngine", () => {
  it.each(["wasm", "cpu"] as const)("reports that %s runs, why native does not, and last the command", (name) => {
    const skipped = [{ name: "native" as const, reason, command: "npm install it" }];
    expect(explainSlowEngine(name, skipped)).toBe(
      `The engine is ${name}, slower than native, which was skipped: ${reason}. Run: npm install it`,
    );
  });

  it("ends with the reason if there is no command", () => {
    expect(explainSlowEngine("wasm", [{ name: "native", reason }])).toMatch(/: its package .* installed\.$/);
  });

  it("explains in a page why wasm does not run, and that there is a GPU whose package is missing", () => {
    expect(
      explainSlowEngine("cpu", [
        { name: "webgpu", reason: "no GPU" },
        { name: "wasm", reason: "no file" },
      ]),
    ).toMatch(/^The engine is cpu, slower than wasm, which was skipped: no file\.$/);
    const missing = { name: "webgpu" as const, reason: "its package is not installed", command: "npm install it" };
    expect(explainSlowEngine("wasm", [missing])).toMatch(/^The engine is wasm.* than webgpu,.* Run: npm install it$/);
    expect(explainSlowEngine("wasm", [{ name: "webgpu", reason: "WebGPU found no adapter" }])).toBeUndefined();
  });

  it("is silent if native was not tried, or if another library computes", () => {
    expect(explainSlowEngine("wasm", [{ name: "tfjs-node", reason }])).toBeUndefined();
    expect(explainSlowEngine("tfjs-node", [{ name: "native", reason }])).toBeUndefined();
  });
});
