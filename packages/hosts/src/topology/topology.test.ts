import { describe, expect, it } from "vitest";
import { checkTopology, topologyFingerprint } from "./topology.ts";

const base = ["a Dense kernel[4,3] < input", "b Dense kernel[3,2] < a"];

describe("a topology", () => {
  it("has another fingerprint if a shape, a name or the order differs", () => {
    const others = [["a Dense kernel[4,3] < input"], [...base].reverse(), [base[0]!, "b Dense kernel[3,1] < a"]];
    const all = [base, ...others].map((lines) => topologyFingerprint(lines));
    expect(new Set(all).size).toBe(4);
    expect(all[0]).toMatch(/^lowrank-host-1:[0-9a-f]{16}$/);
  });

  it("fits itself, in any order", () => {
    expect(() => checkTopology(base, [...base].reverse())).not.toThrow();
  });

  it("is refused with every line that differs, by the side that has it", () => {
    const other = [base[0]!, "b Dense kernel[3,1] < a"];
    const check = () => checkTopology(base, other);
    expect(check).toThrow(expect.objectContaining({ code: "ADAPTER_FOR_ANOTHER_TOPOLOGY" }));
    expect(check).toThrow(/- b Dense kernel\[3,2\] < a\n {2}- \+ b Dense kernel\[3,1\] < a/);
  });
});
