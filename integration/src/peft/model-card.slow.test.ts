// The Python in an adapter's model card runs unchanged, except for the folder that its reader has to fill in.

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { findPrepared } from "@lowrank/testing/cache-folder";
import { type OpenModelOptions, openModel } from "lowrank";
import { afterAll, describe, expect, it } from "vitest";

const python = findPrepared("peft-venv");
const work = mkdtempSync(join(tmpdir(), "lowrank-card-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const tiny = join(import.meta.dirname, "../../../packages/tiny-model/model");
const fixtures = join(import.meta.dirname, "../../../fixtures/peft");
const tokens = { input_ids: [1, 2, 3, 4], labels: [1, 2, 3, 4] };
const ggufFiles = join(import.meta.dirname, "../../../packages/models/test/fixtures/gguf");
const completion = { prompt: "name[Aromi] ->", completion: " Aromi is a riverside café." };
const sentence = { sentence: "Aromi is a riverside café.", label: 1 };

describe.skipIf("missing" in python)("the model card's Python (needs PEFT)", () => {
  const question = { input_ids: [1, 2, 3, 4], start_positions: 1, end_positions: 2 };
  const cases: readonly [string, object, OpenModelOptions, string?][] = [
    ["a language model", completion, {}],
    ["a classifier", sentence, { task: "sequence-classification", classes: 2 }],
    ["a classifier of more than two", sentence, { task: "sequence-classification", classes: 5 }],
    [
      "a masked language model, for which PEFT has no task",
      tokens,
      { task: "masked-lm" },
      join(fixtures, "roberta-mlm/base"),
    ],
    ["a LLaMA in GGUF", tokens, {}, join(ggufFiles, "llama.gguf")],
    ["an encoder–decoder", tokens, {}, join(fixtures, "t5/base")],
    [
      "a classifier of tokens",
      { ...tokens, labels: [0, 1, 2, 0] },
      { task: "token-classification", classes: 3 },
      join(fixtures, "bert-seqcls/base"),
    ],
    ["a finder of answers", question, { task: "question-answering" }, join(fixtures, "bert-seqcls/base")],
  ];
  it.each(cases)("loads the adapter of %s", { timeout: 120_000 }, async (name, row, options, base = tiny) => {
    const folder = join(work, name.replaceAll(" ", "-"));
    const model = await openModel(base, { engine: { order: ["cpu"] }, ...options });
    const adapter = model.adapt({ rank: 2, targetModules: base === tiny ? ["q_proj"] : "all-linear" });
    for await (const _ of adapter.train([row], { steps: 1 }));
    await adapter.save(folder);
    model.dispose();
    const snippet = /```python\n([\s\S]*?)```/.exec(readFileSync(join(folder, "README.md"), "utf8"))?.[1] ?? "";
    const program = snippet.replace("path/to/this/folder", folder);
    expect(program).not.toBe(snippet);
    const interpreter = "folder" in python ? join(python.folder, "bin", "python") : "";
    // B starts as zeros, and one step has changed it: what is loaded is what was trained.
    const shown = "print(sum(p.abs().sum().item() for name, p in model.named_parameters() if 'lora_B' in name))";
    const { stdout, stderr } = spawnSync(interpreter, ["-c", `${program}\n${shown}`], {
      encoding: "utf8",
      cwd: dirname(base), // a local base is named "./" and its folder
    });
    expect(Number(stdout.trim()), stderr).toBeGreaterThan(0);
    expect(stderr).not.toContain("missing adapter keys");
  });
});
