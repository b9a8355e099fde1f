import * as tf from "@tensorflow/tfjs-core";
import { expect, it } from "vitest";
import { expectedFacts, fixture, jsonl, makeWorkplace, shell, tokenRows } from "./workplace.ts";

const place = makeWorkplace();
const before = tf.engine().state.numTensors; // of files that share this process; memory() needs a backend

it("no command leaves a tensor behind, whether it succeeds or fails", async () => {
  const data = place.write("rows.jsonl", jsonl(tokenRows("gpt2")));
  const inputsFile = place.write("inputs.json", JSON.stringify(expectedFacts("gpt2").inputs));
  const model = ["--model", fixture("gpt2", "base")];
  const adapter = ["--adapter", place.path("adapter")];
  const commands = [
    ["train", ...model, "--data", data, "--validation", data, "--out", place.path("adapter"), "--steps", "2"],
    ["forward", ...model, ...adapter, "--inputs", inputsFile, "--out", place.path("out.safetensors")],
    ["evaluate", ...model, ...adapter, "--data", data],
    ["merge", ...model, ...adapter, "--out", place.path("merged")],
  ];
  for (const command of commands) {
    expect(await place.call(...command), command[0]).toMatchObject({ code: 0 });
    expect(tf.memory().numTensors, command[0]).toBe(before);
  }
  const strangers = place.write("strangers.jsonl", jsonl([{ input_ids: [1, 2000], labels: [1, 2] }]));
  const failures = [
    ["train", ...model, "--data", strangers, "--out", place.path("none")],
    ["train", ...model, ...adapter, "--data", strangers, "--out", place.path("none")],
    ["train", ...model, "--data", data, "--out", place.path("none"), "--modules-to-save", "nothing"],
    ["train", ...model, "--data", data, "--out", place.path("none"), "--target-modules", "nothing"],
    shell`
      forward ${model} --adapter ${fixture("llama-gqa", "adapter")} --inputs ${inputsFile}
      --out ${place.path("x")}
    `,
    ["generate", ...model, "--prompt", "text without a tokenizer"],
  ];
  for (const command of failures) {
    expect(await place.call(...command)).toMatchObject({ code: 1 });
    expect(tf.memory().numTensors, command.join(" ")).toBe(before);
  }
});
