// Encoder–decoders on rows of text, against what PEFT and transformers make of the same rows
// (fixtures/make_text_pairs.py).

import { cpSync, readFileSync } from "node:fs";
import { cp, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { openTokenizer, promptTemplate } from "@lowrank/data";
import { tokenizeSourceTargets } from "@lowrank/data/internal";
import { readDataFile } from "@lowrank/data/node";
import { openFolder } from "@lowrank/models/node";
import { describe, expect, it } from "vitest";
import { recordingIo } from "../../../test/recording-io.ts";
import { run } from "../run.ts";
import { fixture, jsonl, makeWorkspace, shell } from "./workspace.ts";

const folder = (...parts: readonly string[]) =>
  fileURLToPath(new URL(`../../../fixtures/text-pairs/${parts.join("/")}`, import.meta.url));

interface Facts {
  readonly max_length: number;
  readonly max_target_length: number;
  readonly learning_rate: number;
  readonly ids: readonly { readonly source: readonly number[]; readonly target: readonly number[] }[];
  readonly losses: readonly number[];
  readonly loss_after: number;
  readonly prompts: readonly string[];
  readonly written: readonly (readonly number[])[];
}

/** expected.json of a case, which this repository wrote itself. */
function factsOf(name: string): Facts {
  return JSON.parse(readFileSync(folder(name, "expected.json"), "utf8"));
}

const work = makeWorkspace();
for (const name of ["t5", "bart"]) {
  cpSync(fixture(name, "base"), work.path(name), { recursive: true });
  cpSync(folder(name, "tokenizer"), work.path(name), { recursive: true });
}

/** A run as PEFT's in the fixture; the last of an option counts. */
function trainArguments(name: string, out: string, ...more: readonly string[]): readonly string[] {
  const { max_length, max_target_length, learning_rate, losses } = factsOf(name);
  const lengths = ["--max-length", `${max_length}`, "--max-target-length", `${max_target_length}`];
  const rate = ["--learning-rate", `${learning_rate}`, "--schedule", "constant", "--warmup-steps", "0"];
  const files = ["--data", folder(name, "rows.jsonl"), "--adapter", folder(name, "adapter"), "--out", work.path(out)];
  const steps = ["--steps", `${losses.length}`];
  return ["train", "--model", work.path(name), ...files, ...lengths, ...rate, ...steps, ...more];
}

async function train(...argv: Parameters<typeof trainArguments>) {
  return work.call(...trainArguments(...argv));
}

async function lossesOf(out: string): Promise<readonly number[]> {
  const lines = (await readFile(work.path(out, "metrics.jsonl"), "utf8")).trim().split("\n");
  return lines.map((line) => JSON.parse(line).loss);
}

/** The tolerance against PEFT that holds for losses in the whole project. */
function expectLosses(got: readonly number[], expected: readonly number[]): void {
  const largest = expected.reduce((max, loss, step) => Math.max(max, Math.abs(loss - (got[step] ?? 0))), 0);
  expect([got.length, largest < 1e-5], String(got)).toEqual([expected.length, true]);
}

describe.each(["t5", "bart"])("rows of text on an encoder–decoder (%s)", (name) => {
  it("equal transformers' ids of source and target", async () => {
    const { ids, max_length: maxLength, max_target_length: maxTargetLength } = factsOf(name);
    const tokenizer = await openTokenizer(openFolder(work.path(name)));
    const rows = await readDataFile(folder(name, "rows.jsonl"));
    const pairs = rows.flatMap((row) => {
      return tokenizeSourceTargets(row, tokenizer, promptTemplate("plain"), { maxLength, maxTargetLength });
    });
    expect(pairs.map(({ inputIds, labels }) => ({ source: inputIds, target: labels }))).toEqual(ids);
  });

  it("train with PEFT's losses, in one batch or in several that one step gathers", async () => {
    const { losses } = factsOf(name);
    for (const [out, ...size] of [
      [`${name}-whole`, "--batch-size", "8"],
      [`${name}-parts`, "--batch-size", "1", "--gradient-accumulation-steps", "4"],
    ] as const) {
      const { code, stderr, stdout } = await train(name, out, ...size);
      expect([code, stdout], stderr).toEqual([0, expect.stringContaining("--prompt")]);
      expectLosses(await lossesOf(out), losses);
    }
  });

  it("stop at Ctrl-C and resume to the same adapter as an uninterrupted run", async () => {
    const size = ["--batch-size", "2"];
    expect((await train(name, `${name}-once`, ...size)).code).toBe(0);
    const recording = recordingIo({ environment: { LOWRANK_ENGINE: "cpu" } });
    const stdout = (text: string) => {
      if (text.includes('"step":2,')) recording.interrupt();
    };
    const argv = trainArguments(name, `${name}-twice`, ...size, "--json");
    expect(await run(argv, { ...recording.io, stdout })).toBe(130);
    expect((await train(name, `${name}-twice`, ...size, "--resume")).code).toBe(0);
    const weights = async (out: string) => readFile(work.path(out, "adapter_model.safetensors"));
    expect((await weights(`${name}-twice`)).equals(await weights(`${name}-once`))).toBe(true);
  });

  it("are evaluated with the loss that PEFT has after training", async () => {
    const { loss_after, max_length, max_target_length } = factsOf(name);
    expect((await train(name, `${name}-evaluated`, "--batch-size", "8")).code).toBe(0);
    const lengths = ["--max-length", `${max_length}`, "--max-target-length", `${max_target_length}`];
    const files = ["--adapter", work.path(`${name}-evaluated`), "--data", folder(name, "rows.jsonl")];
    const { json, stderr } = await work.call(
      ...shell`evaluate --model ${work.path(name)} ${files} ${lengths} --generate --max-new-tokens 6 --json`,
    );
    expect(json[0], stderr).toMatchObject({ rows: 4, bleu: expect.any(Number) });
    expectLosses([Number(json[0]?.loss)], [loss_after]);
    expect(stderr).toContain(`They have more than ${max_length} tokens`);
  });

  it("are written as transformers' generate writes them from the same adapter", async () => {
    const { prompts, written } = factsOf(name);
    const argv = ["--model", work.path(name), "--adapter", folder(name, "adapter"), "--max-new-tokens", "6", "--json"];
    const { json, stderr } = await work.call("generate", ...argv, "--prompt", ...prompts);
    const results = json.filter(({ type }) => type === "result");
    expect(
      results.map(({ ids }) => ids),
      stderr,
    ).toEqual(written);
  });
});

describe("lowrank train on an encoder–decoder", () => {
  it("makes a new adapter for SEQ_2_SEQ_LM, learns a target, and writes it for the same prompt", async () => {
    const data = work.write("learned.jsonl", jsonl([{ prompt: "the dog sleeps", completion: "der Hund" }]));
    const out = work.path("learned");
    const shared = ["--data", data, "--target-modules", "all-linear", "--learning-rate", "0.02", "--steps", "60"];
    const trained = await work.call("train", "--model", work.path("t5"), ...shared, "--out", out);
    expect(trained.code, trained.stderr).toBe(0);
    expect(JSON.parse(await readFile(work.path("learned", "adapter_config.json"), "utf8"))).toMatchObject({
      task_type: "SEQ_2_SEQ_LM",
    });
    const both = ["--model", work.path("t5"), "--adapter", out];
    const { stdout } = await work.call("generate", ...both, "--prompt", "the dog sleeps");
    expect(stdout.trim()).toBe("der Hund");
    const evaluated = await work.call("evaluate", ...both, "--data", data, "--generate", "--json");
    expect(evaluated.json[0]).toMatchObject({ rows: 1, bleu: expect.any(Number), perplexity: expect.any(Number) });
  });

  it("learns every answer of a conversation from everything before it, and measures the loss of validation rows", async () => {
    const turns = ["the dog", "der Hund", "sleeps", "schläft"];
    const messages = turns.map((content, at) => ({ role: at % 2 === 0 ? "user" : "assistant", content }));
    const data = work.write("chat.jsonl", jsonl([{ messages }, { messages: messages.slice(0, 2) }]));
    const argv = shell`--model ${work.path("t5")} --data ${data} --validation ${data} --steps 2 --max-length 24`;
    const { code, stdout, stderr } = await work.call("train", ...argv, "--out", work.path("chat"));
    expect([code, stdout], stderr).toEqual([0, expect.stringContaining('3 rows, written with the template "vicuna"')]);
    expect(stdout).toMatch(/validation loss +\d+\.\d+ → \d+\.\d+/);
  });

  it("needs an option to use a base without a head for text", async () => {
    await cp(work.path("bart"), work.path("headless"), { recursive: true });
    const config = JSON.parse(await readFile(fixture("bart", "base", "config.json"), "utf8"));
    work.write("headless/config.json", JSON.stringify({ ...config, architectures: ["BartModel"] }));
    const data = work.write("one.jsonl", jsonl([{ prompt: "the dog", completion: "der Hund" }]));
    const argv = ["--model", work.path("headless"), "--data", data, "--steps", "1", "--out", work.path("headed")];
    const refused = await work.call("train", ...argv);
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("To train its decoder, add --task sequence-to-sequence"),
    });
    const trained = await work.call("train", ...argv, "--task", "sequence-to-sequence");
    expect(trained.code, trained.stderr).toBe(0);
    const both = ["--model", work.path("headless"), "--adapter", work.path("headed")];
    expect(await work.call("generate", ...both, "--prompt", "the dog", "--max-new-tokens", "4")).toMatchObject({
      code: 0,
    });
  });

  it("refuses running text, which has no source, and a target's length without a decoder", async () => {
    const data = work.write("text.jsonl", jsonl([{ text: "the dog sleeps" }]));
    const argv = ["--model", work.path("t5"), "--data", data, "--out", work.path("none")];
    expect(await work.call("train", ...argv)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('row 1: expected a row that the template "plain" can render'),
    });
    const tokens = work.write("tokens.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));
    const gpt2 = ["--model", fixture("gpt2", "base"), "--data", tokens, "--max-target-length", "4"];
    expect(await work.call("evaluate", ...gpt2)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining("--max-target-length is for encoder–decoders that generate text"),
    });
  });
});
