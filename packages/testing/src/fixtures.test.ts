import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { float32Tensor, serializeSafetensors } from "@lowrank/safetensors";
import { describe, expect, it } from "vitest";
import { readFixture } from "./fixtures.ts";

describe("readFixture", () => {
  it("reads PEFT's results for GPT-2", async () => {
    const fixture = await readFixture("gpt2");
    expect(fixture.tensor("adapter.logits").shape).toEqual([2, 9, 100]);
    expect(fixture.tensor("adapter.loss").values[0]).toBeCloseTo(Number(fixture.expected.adapter_loss), 5);
  });

  it("lists the existing tensors if the named one is missing", async () => {
    const fixture = await readFixture("gpt2");
    expect(() => fixture.tensor("absent")).toThrow(/no tensor "absent"; it has .*adapter\.logits/);
  });

  it("joins the logits of answers' first and last tokens", async () => {
    const folder = await mkdtemp(join(tmpdir(), "lowrank-fixture-"));
    try {
      const tensors = new Map([
        ["base.start_logits", float32Tensor([1, 2], Float32Array.of(1, 2))],
        ["base.end_logits", float32Tensor([1, 2], Float32Array.of(3, 4))],
      ]);
      await writeFile(join(folder, "expected.json"), "{}");
      await writeFile(join(folder, "expected.safetensors"), serializeSafetensors(tensors));
      const { shape, values } = (await readFixture(folder)).tensor("base.logits");
      expect([shape, [...values]]).toEqual([
        [1, 2, 2],
        [1, 3, 2, 4],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
