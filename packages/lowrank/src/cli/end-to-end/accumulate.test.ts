import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();

// Rows of 7, 2, 5 and 1 tokens that count.
const rows = [7, 2, 5, 1].map((count, row) => {
  const input_ids = Array.from({ length: count + 1 }, (_, t) => (row * 11 + t * 3) % 20);
  return { input_ids, labels: input_ids };
});
const data = work.write("rows.jsonl", jsonl(rows));

let runs = 0;

async function firstStep(
  batchSize: number,
  accumulate: number,
  unit: "size" | "tokens" = "size",
): Promise<{ readonly loss: number; readonly gradientNorm: number }> {
  runs += 1;
  const out = work.path(`run-${runs}`);
  const size = [`--batch-${unit}`, `${batchSize}`, "--gradient-accumulation-steps", `${accumulate}`, "--steps", "1"];
  const { code, stderr } = await work.call(
    ...shell`train --model ${fixture("gpt2", "base")} --data ${data} --out ${out} ${size}`,
  );
  expect([code, stderr]).toEqual([0, expect.anything()]);
  return JSON.parse(await readFile(`${out}/metrics.jsonl`, "utf8"));
}

it("weighs every token of a step equally, for any split of the step into batches", async () => {
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

it("learns the same from a batch by tokens as from each of its rows", async () => {
  const alone = await firstStep(1, 4);
  // 8 + 3 + 6 + 2 tokens.
  const filled = await firstStep(19, 1, "tokens");
  const recipe = work.path(`run-${runs}`, "recipe.yaml");
  expect(filled.loss).toBeCloseTo(alone.loss, 5);
  expect(filled.gradientNorm / alone.gradientNorm).toBeCloseTo(1, 4);
  expect(await readFile(recipe, "utf8")).toMatch(/^batchTokens: 19$/m);
  const again = work.path("again");
  const repeated = await work.call("train", "--recipe", recipe, "--out", again);
  expect([repeated.code, repeated.stderr]).toEqual([0, expect.anything()]);
});

it("refuses a number of rows together with a number of tokens", async () => {
  const shared = ["--model", fixture("gpt2", "base"), "--data", data, "--out", work.path("both")];
  const call = await work.call("train", ...shared, "--batch-tokens", "20", "--batch-size", "2");
  expect(call).toMatchObject({ code: 2, stderr: expect.stringContaining("cannot be used with") });
});
