import type { EngineReport } from "@lowrank/engine/internal";
import { describe, expect, it } from "vitest";
import { adviseEngine, describeInt8 } from "./run-doctor.ts";

const speed = { shape: [512, 768, 3072], milliseconds: 1, gflops: 268 } as const;
const missing = (name: EngineReport["name"]): EngineReport => ({
  name,
  runs: false,
  reason: "its package is not installed",
  command: `npm install ${name}`,
});

describe("adviseEngine", () => {
  it("names an engine that would be faster than the running one", () => {
    expect(adviseEngine("cpu", [missing("native"), missing("wasm")])?.command).toBe("npm install native");
    expect(adviseEngine("wasm", [missing("tfjs-node"), { name: "wasm", runs: true, speed }])?.command).toBe(
      "npm install tfjs-node",
    );
  });

  it("leaves out problems that no command fixes", () => {
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

describe("describeInt8", () => {
  it("advises the precision that was measured to be faster", () => {
    expect(describeInt8({ gflops: 1641, timesFloat32: 5.96 })).toBe(
      "1641.0 GFLOPS, 6.0 times float32: train with --base-precision int8",
    );
    expect(describeInt8({ gflops: 210, timesFloat32: 0.94 })).toBe(
      "210.0 GFLOPS, 0.9 times float32: --base-precision int8 only saves memory",
    );
  });

  it("has the reason why products in 8 bits are not used", () => {
    expect(describeInt8({ reason: "the engine has none" })).toBe("not used: the engine has none");
  });
});
