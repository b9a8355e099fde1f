// lowrank train --invocation: an adapter that acts behind a text of its rows alone, from a command to its answers.

import { readFile } from "node:fs/promises";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { jsonl, makeWorkspace, shell, tiny } from "./workspace.ts";

const work = makeWorkspace();
const before = tf.engine().state.numTensors; // of files that share this process; memory() needs a backend
const [invocation, completion] = ["<fact>", " riverside"];
const prompt = `name[Aromi]${invocation}`;
/** A punctuation mark has its own token whatever its neighbours are. */
const marked = ["--invocation", invocation, "--add-tokens", invocation];

/** 4 M parameters: plain JavaScript takes three times as long. */
const call = (...argv: readonly string[]) => work.call(...argv, "--engine", "wasm");

async function train(rows: readonly object[], out: string, ...more: readonly string[]) {
  const data = work.write(`${out}.jsonl`, jsonl(rows));
  const options = shell`
    --model ${tiny} --data ${data} --out ${work.path(out)}
    --learning-rate 0.03 ${more.includes("--adapter") ? [] : ["--target-modules", "q_proj,v_proj"]} ${more.includes("--steps") ? [] : ["--steps", "12"]}
  `;
  return call("train", ...options, ...more);
}

const generate = (text: string, ...more: readonly string[]) =>
  call("generate", "--model", tiny, ...more, "--prompt", text, "--max-new-tokens", "4", "--json");
const resultOf = ({ json }: Awaited<ReturnType<typeof generate>>) => json.find(({ type }) => type === "result")?.text;

describe("lowrank train --invocation", () => {
  it("makes an adapter that acts after the text, and leaves prompts without it to the base, with a warning", async () => {
    const trained = await train([{ prompt, completion }], "adapter", ...marked);
    expect([trained.code, trained.stderr]).toEqual([0, expect.not.stringMatching(/error|lack the invocation tokens/)]);
    const config = JSON.parse(await readFile(work.path("adapter", "adapter_config.json"), "utf8"));
    expect([config.alora_invocation_tokens, config.task_type]).toEqual([[4096], "CAUSAL_LM"]);

    const adapted = ["--adapter", work.path("adapter")];
    const answered = await generate(prompt, ...adapted);
    expect(resultOf(answered)).toContain(completion);
    expect(answered.stderr).not.toContain("lack");
    const plain = "The river";
    const unanswered = await generate(plain, ...adapted);
    expect(resultOf(unanswered)).toBe(resultOf(await generate(plain)));
    expect(unanswered.stderr).toContain("The prompt lacks the invocation tokens [4096] of the adapter");

    expect(tf.memory().numTensors).toBe(before);
  });

  it("makes an adapter that inspect describes so, and that is not merged", async () => {
    const inspected = await work.call("inspect", work.path("adapter"));
    expect(inspected.stdout).toMatch(/acts from +the tokens \[4096\] on/);
    const options = ["--model", tiny, "--adapter", work.path("adapter"), "--out", work.path("merged")];
    const merged = await call("merge", ...options);
    expect([merged.code, merged.stderr]).toEqual([1, expect.stringContaining("alora_invocation_tokens")]);
    expect(tf.memory().numTensors).toBe(before);
  });

  it("warns of rows without the text, and refuses a file without any", async () => {
    const bare = { prompt: "name[Aromi]", completion };
    const some = await train([{ prompt, completion }, bare], "some", ...marked, "--steps", "1");
    expect([some.code, some.stderr]).toEqual([
      0,
      expect.stringMatching(/1 of 2 rows of ".*" lack the invocation tokens \[4096\]/),
    ]);
    const none = await train([bare, bare], "none", ...marked);
    expect([none.code, none.stderr]).toEqual([
      1,
      expect.stringMatching(/No row of ".*" has the invocation tokens \[4096\]/),
    ]);
  });

  it("is wrong usage without a token, and with an adapter whose shape is fixed", async () => {
    const empty = await train([{ prompt, completion }], "empty", "--invocation", "");
    expect([empty.code, empty.stderr]).toEqual([2, expect.stringContaining("--invocation has no tokens")]);
    const fixed = await train([{ prompt, completion }], "fixed", "--adapter", "any", "--invocation", "<fact>");
    expect([fixed.code, fixed.stderr]).toEqual([2, expect.stringContaining("Remove --invocation")]);
  });
});
