import type { EngineReport } from "@lowrank/engine";
import { describe, expect, it } from "vitest";
import { adviseEngine } from "./run-doctor.ts";

const speed = { size: 512, milliseconds: 1, gflops: 268 };
const missing = (name: EngineReport["name"]): EngineReport => ({
  name,
  runs: false,
  reason: "its package is not installed",
  command: `npm install ${name}`,
});

describe("adviseEngine", () => {
  it("names what would be faster than what runs", () => {
    expect(adviseEngine("cpu", [missing("native"), missing("wasm")])?.command).toBe("npm install native");
    expect(adviseEngine("wasm", [missing("tfjs-node"), { name: "wasm", runs: true, speed }])?.command).toBe(
      "npm install tfjs-node",
    );
  });

  it("leaves out what no command would fix", () => {
    const unfit: EngineReport = { name: "tfjs-node", runs: false, reason: "the processor lacks AVX" };
    expect(adviseEngine("cpu", [unfit, missing("wasm")])?.command).toBe("npm install wasm");
    expect(adviseEngine("wasm", [unfit])).toBeUndefined();
  });

  it("has no advice if a native library or a GPU computes", () => {
    expect(adviseEngine("tfjs-node", [missing("tfjs-node-gpu")])).toBeUndefined();
    expect(adviseEngine("native", [missing("tfjs-node")])).toBeUndefined();
    expect(adviseEngine("webgpu", [missing("wasm")])).toBeUndefined();
  });
});
