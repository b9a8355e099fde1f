import { describe, expect, it } from "vitest";
import { readFixture } from "./fixtures.ts";

describe("readFixture", () => {
  it("reads what PEFT computed for GPT-2", async () => {
    const fixture = await readFixture("gpt2");
    expect(fixture.tensor("adapter.logits").shape).toEqual([2, 9, 100]);
    expect(fixture.tensor("adapter.loss").values[0]).toBeCloseTo(Number(fixture.expected.adapter_loss), 5);
  });

  it("names the tensors there are when asked for another", async () => {
    const fixture = await readFixture("gpt2");
    expect(() => fixture.tensor("absent")).toThrow(/no tensor "absent"; it has .*adapter\.logits/);
  });
});
