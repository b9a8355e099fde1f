import { describe, expect, it } from "vitest";
import { explainSlowEngine } from "./explain-slow-engine.ts";

const reason = "its package onnxruntime-node is not installed";

describe("explainSlowEngine", () => {
  it.each(["wasm", "cpu"] as const)("says that %s runs, why native does not, and last the command", (name) => {
    const passedOver = [{ name: "native" as const, reason, command: "npm install it" }];
    expect(explainSlowEngine(name, passedOver)).toBe(
      `The engine is ${name}, several times slower than native, which was passed over: ${reason}. Run: npm install it`,
    );
  });

  it("ends with the reason where there is no command", () => {
    expect(explainSlowEngine("wasm", [{ name: "native", reason }])).toMatch(/: its package .* installed\.$/);
  });

  it("is silent where native was not tried, and where another library computes", () => {
    expect(explainSlowEngine("wasm", [{ name: "tfjs-node", reason }])).toBeUndefined();
    expect(explainSlowEngine("tfjs-node", [{ name: "native", reason }])).toBeUndefined();
  });
});
