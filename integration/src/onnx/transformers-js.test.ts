// transformers.js itself runs ONNX models with our adapters in them: a classifier and decoders with a cache, whose logits are
// PEFT's, and which write what our own models write. Some are merged into files that torch exported, others are our own files.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheFolder } from "@lowrank/testing/cache-folder";
import { openModel } from "lowrank";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { foldFixture, peftFixture } from "./fold-fixture.ts";
import { difference } from "./peft-case.ts";
import { peftValues } from "./peft-values.ts";
import { words, writeWords } from "./words.ts";
import { writtenByUs } from "./written-by-us.ts";

const library = join(cacheFolder, "transformers-js");
const isThere = existsSync(join(library, "complete"));
if (!isThere)
  console.info(
    `skipped: transformers.js runs models with our adapters – no ${library} (scripts/setup-transformers-js.sh)`,
  );

const fixtureWriters = ["all-linear-llama", "all-linear-gpt2"];
const own = (name: string) => `own-${name}`;
const writers = [...fixtureWriters, ...fixtureWriters.map(own)];
const classifiers = ["bert-seqcls", own("bert-seqcls")];
const fixtureOf = (name: string) => name.replace("own-", "");

/** The folder that `MergedModel.onnx` makes of a fixture's base and adapter. */
async function writeOwn(name: string, folder: string): Promise<void> {
  const model = await openModel(peftFixture(name, "base"), { adapter: peftFixture(name, "adapter"), engine: false });
  const files = await model.merge(model.adapters[0]!).onnx({ dtype: "fp32" });
  mkdirSync(join(folder, "onnx"), { recursive: true });
  for (const [file, content] of files) writeFileSync(join(folder, file), content);
  model.dispose();
}

describe.skipIf(!isThere)("transformers.js", { timeout: 120_000 }, () => {
  const work = mkdtempSync(join(tmpdir(), "lowrank-transformers-js-"));
  afterAll(() => rmSync(work, { recursive: true }));

  const prompt = [1, 5, 6, 7];
  const tokens = 12;
  type Answer = { readonly logits: readonly number[]; readonly written: readonly number[]; readonly text: string };
  let answers: Readonly<Record<string, Answer>>;

  beforeAll(async () => {
    await foldFixture("bert-seqcls", "bert-seqcls.onnx", join(work, "bert-seqcls"));
    for (const name of fixtureWriters) await foldFixture(name, `${name}.cached.onnx`, join(work, name));
    for (const name of ["bert-seqcls", ...fixtureWriters]) await writeOwn(name, join(work, own(name)));
    for (const name of writers) writeWords(join(work, name));
    const program = fileURLToPath(new URL("run-transformers.mjs", import.meta.url));
    const input = JSON.stringify({
      folder: work,
      classifiers: classifiers.map((name) => ({ name, inputs: peftValues(fixtureOf(name)).inputs })),
      writers: writers.map((name) => {
        return { name, inputs: peftValues(fixtureOf(name)).inputs, promptIds: prompt, prompt: words(prompt), tokens };
      }),
    });
    const { stdout, stderr, status } = spawnSync(process.execPath, [program], {
      cwd: library,
      input,
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`transformers.js: ${stderr}`);
    answers = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  }, 120_000);

  it.each([...classifiers, ...writers])("computes logits as PEFT does: %s", (name) => {
    const { inputs, adapted } = peftValues(fixtureOf(name));
    const logits = Float32Array.from(answers[name]?.logits ?? []);
    expect(difference(logits, adapted, inputs.mask.flat())).toBeLessThan(1e-4);
  });

  it.each(writers)("writes the same text as lowrank with a cache, and with its pipeline: %s", async (name) => {
    const ours = await writtenByUs(fixtureOf(name), prompt, tokens);
    expect(answers[name]?.written).toEqual([...prompt, ...ours]);
    expect(answers[name]?.text).toBe(words([...prompt, ...ours]));
  });
});
