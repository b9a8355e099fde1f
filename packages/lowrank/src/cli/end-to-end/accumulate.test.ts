import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixture, jsonl, makeWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
let data: string;

beforeAll(async () => {
  place = await makeWorkplace();
  // Rows of 7, 2, 5 and 1 tokens that count.
  const rows = [7, 2, 5, 1].map((count, row) => {
    const input_ids = Array.from({ length: count + 1 }, (_, t) => (row * 11 + t * 3) % 20);
    return { input_ids, labels: input_ids };
  });
  data = await place.write("rows.jsonl", jsonl(rows));
});
afterAll(() => place.remove());

async function firstStep(batchSize: number, accumulate: number): Promise<{ loss: number; gradientNorm: number }> {
  const out = place.path(`of-${batchSize}`);
  const size = ["--batch-size", `${batchSize}`, "--accumulate", `${accumulate}`, "--steps", "1"];
  const { code, stderr } = await place.call(
    "train",
    "--model",
    fixture("gpt2", "base"),
    "--data",
    data,
    "--out",
    out,
    ...size,
  );
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return JSON.parse(await readFile(place.path(`of-${batchSize}`, "metrics.jsonl"), "utf8"));
}

it("gives every token of a step the same weight, however the step is cut into batches", async () => {
  const whole = await firstStep(4, 1);
  for (const [batchSize, accumulate] of [
    [2, 2],
    [1, 4],
  ] as const) {
    const { loss, gradientNorm } = await firstStep(batchSize, accumulate);
    expect(loss).toBeCloseTo(whole.loss, 5);
    expect(gradientNorm / whole.gradientNorm).toBeCloseTo(1, 4);
  }
});
