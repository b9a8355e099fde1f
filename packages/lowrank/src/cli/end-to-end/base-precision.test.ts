import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace, tokenRows } from "./workspace.ts";

const work = makeWorkspace();

const model = ["--model", fixture("bf16-base", "base")];

const rows = tokenRows("bf16-base");
const tokens = work.write("tokens.jsonl", jsonl([...rows, ...rows, ...rows]));

async function train(name: string, ...more: readonly string[]): Promise<number[]> {
  const out = ["--out", work.path(name)];
  const options = ["--steps", "4", "--batch-size", "2", "--learning-rate", "1e-2"];
  expect(await work.call("train", ...model, "--data", tokens, ...out, ...options, ...more)).toMatchObject({ code: 0 });
  const lines = (await readFile(work.path(name, "metrics.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line): number => JSON.parse(line).loss);
}

describe("--base-precision", () => {
  it("nf4 trains on other numbers, brings the loss down, and is named in the model card", async () => {
    const losses = await train("nf4", "--base-precision", "nf4");
    const [float] = await train("again");
    expect(losses[0]).not.toBe(float);
    expect(losses[3]).toBeLessThan(losses[0] ?? 0);
    expect(await readFile(work.path("nf4", "README.md"), "utf8")).toContain("| base precision | nf4 |");
  });

  it("int8 trains on nearly the same numbers, reports if it brings no speed, and is named in the model card", async () => {
    const [float, narrow] = [await train("exact-8"), await train("int8", "--base-precision", "int8")];
    for (const [step, loss] of narrow.entries()) expect(loss).toBeCloseTo(float[step] ?? 0, 1);
    expect(narrow[0]).not.toBe(float[0]);
    expect(await readFile(work.path("int8", "README.md"), "utf8")).toContain("| base precision | int8 |");
    const evaluate = ["evaluate", ...model, "--adapter", work.path("int8"), "--data", tokens];
    const { code, stderr } = await work.call(...evaluate, "--base-precision", "int8", "--engine", "cpu");
    expect(code).toBe(0);
    expect(stderr).toContain('no time: the backend "cpu" has no 8-bit matrix products');
  });

  it("refuses another value with the list of valid ones", async () => {
    const { code, stderr } = await work.call("evaluate", ...model, "--data", tokens, "--base-precision", "int4");
    expect(code).toBe(2);
    expect(stderr).toContain("float32, as-stored, nf4, bf16, int8");
  });
});
