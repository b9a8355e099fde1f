import { describe, expect, it } from "vitest";
import { groupTensors } from "./group-tensors.ts";

const tensor = (name: string, shape: readonly number[] = [4, 4]) => ({ name, dtype: "F32", shape, bytes: 64 });

describe("groupTensors", () => {
  it("joins equal layers and lists their numbers", () => {
    const names = [0, 1, 2, 5].map((layer) => tensor(`h.${layer}.mlp.weight`));
    expect(groupTensors([tensor("wte.weight"), ...names])).toEqual([
      { name: "wte.weight", count: 1, dtype: "F32", shape: [4, 4] },
      { name: "h.{0-2,5}.mlp.weight", count: 4, dtype: "F32", shape: [4, 4] },
    ]);
  });

  it("keeps layers of another shape apart", () => {
    const groups = groupTensors([tensor("h.0.w"), tensor("h.1.w", [8, 4])]);
    expect(groups.map((group) => group.name)).toEqual(["h.0.w", "h.1.w"]);
  });
});
