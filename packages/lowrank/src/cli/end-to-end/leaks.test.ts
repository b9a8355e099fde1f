import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectedFacts, fixture, jsonl, makeWorkspace, shell, tokenRows } from "./workspace.ts";

const work = makeWorkspace();
const before = tf.engine().state.numTensors; // of files that share this process; memory() needs a backend

it("no command leaves a tensor behind, whether it succeeds or fails", async () => {
  const data = work.write("rows.jsonl", jsonl(tokenRows("gpt2")));
  const inputsFile = work.write("inputs.json", JSON.stringify(expectedFacts("gpt2").inputs));
  const model = ["--model", fixture("gpt2", "base")];
  const adapter = ["--adapter", work.path("adapter")];
  const commands = [
    ["train", ...model, "--data", data, "--validation", data, "--out", work.path("adapter"), "--steps", "2"],
    ["forward", ...model, ...adapter, "--inputs", inputsFile, "--out", work.path("out.safetensors")],
    ["evaluate", ...model, ...adapter, "--data", data],
    ["merge", ...model, ...adapter, "--out", work.path("merged")],
  ];
  for (const command of commands) {
    expect(await work.call(...command), command[0]).toMatchObject({ code: 0 });
    expect(tf.memory().numTensors, command[0]).toBe(before);
  }
  const strangers = work.write("strangers.jsonl", jsonl([{ input_ids: [1, 2000], labels: [1, 2] }]));
  const failures = [
    ["train", ...model, "--data", strangers, "--out", work.path("none")],
    ["train", ...model, ...adapter, "--data", strangers, "--out", work.path("none")],
    ["train", ...model, "--data", data, "--out", work.path("none"), "--modules-to-save", "nothing"],
    ["train", ...model, "--data", data, "--out", work.path("none"), "--target-modules", "nothing"],
    shell`
      forward ${model} --adapter ${fixture("llama-gqa", "adapter")} --inputs ${inputsFile}
      --out ${work.path("x")}
    `,
    ["generate", ...model, "--prompt", "text without a tokenizer"],
  ];
  for (const command of failures) {
    expect(await work.call(...command)).toMatchObject({ code: 1 });
    expect(tf.memory().numTensors, command.join(" ")).toBe(before);
  }
});
