// transformers.js itself runs ONNX models with our adapters in them: a classifier, whose logits are PEFT's, and a decoder with a
// cache, which writes what our own model writes.

import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseSafetensors } from "@lowrank/safetensors";
import { cacheFolder } from "@lowrank/testing/cache-folder";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foldFixture, peftFixture } from "./fold-fixture.ts";
import { words, writeWords } from "./words.ts";
import { writtenByUs } from "./written-by-us.ts";

const library = join(cacheFolder, "transformers-js");
const isThere = existsSync(join(library, "complete"));
if (!isThere)
  console.info(
    `skipped: transformers.js runs models with our adapters – no ${library} (scripts/setup-transformers-js.sh)`,
  );

describe.skipIf(!isThere)("transformers.js", { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-transformers-js-"));
  afterAll(() => rmSync(work, { recursive: true }));

  const expected = parseSafetensors(new Uint8Array(readFileSync(peftFixture("bert-seqcls", "expected.safetensors"))));
  const rowsOf = (key: string) => {
    const [rows = 0, columns = 0] = expected.tensors.get(key)!.shape;
    const values = expected.int32(key);
    return Array.from({ length: rows }, (_, row) => [...values.subarray(row * columns, (row + 1) * columns)]);
  };
  const prompt = [1, 5, 6, 7];
  const tokens = 12;
  let answer: {
    readonly logits: readonly (readonly number[])[];
    readonly written: readonly (readonly number[])[];
    readonly text: string;
  };

  beforeAll(async () => {
    await foldFixture("bert-seqcls", "bert-seqcls.onnx", join(work, "classifier"));
    await foldFixture("all-linear-llama", "all-linear-llama.cached.onnx", join(work, "writer"));
    writeWords(join(work, "writer"));
    const program = fileURLToPath(new URL("run-transformers.mjs", import.meta.url));
    const classifier = { inputIds: rowsOf("input_ids"), mask: rowsOf("attention_mask") };
    const input = JSON.stringify({
      folder: work,
      classifier,
      writer: { inputIds: [prompt], prompt: words(prompt), tokens },
    });
    const { stdout, stderr, status } = spawnSync(process.execPath, [program], {
      cwd: library,
      input,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`transformers.js: ${stderr}`);
    answer = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  }, 120_000);

  it("computes a classifier's logits as PEFT does", () => {
    const logits = expected.float32("adapter.logits");
    const theirs = answer.logits.flat();
    expect(theirs).toHaveLength(logits.length);
    for (const [index, value] of theirs.entries()) expect(value).toBeCloseTo(logits[index]!, 4);
  });

  it("writes with a cache what we write, and its pipeline the same as text", async () => {
    const ours = await writtenByUs(prompt, tokens);
    expect(answer.written).toEqual([[...prompt, ...ours]]);
    expect(answer.text).toBe(words([...prompt, ...ours]));
  });
});
