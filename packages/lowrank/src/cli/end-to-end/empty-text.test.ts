import { expect, it } from "vitest";
import { jsonl, makeWorkspace, tiny } from "./workspace.ts";

const work = makeWorkspace();

it("a model that ends its text at once leaves no empty line without a word", async () => {
  const silence = work.write("silence.jsonl", jsonl([{ prompt: "Once", completion: "" }]));
  const options = ["--model", tiny, "--engine", "wasm"];
  const training = ["--data", silence, "--steps", "12", "--learning-rate", "0.03", "--target-modules", "all-linear"];
  const adapter = work.path("silent");
  expect(await work.call("train", ...options, ...training, "--out", adapter)).toMatchObject({ code: 0 });
  const adapted = await work.call("generate", ...options, "--adapter", adapter, "--prompt", "Once");
  expect(adapted).toMatchObject({
    code: 0,
    stdout: "\n",
    stderr: "the model wrote nothing: its first token ended the text.\n",
  });
  const base = await work.call("generate", ...options, "--prompt", "Once", "--max-new-tokens", "3");
  expect(base).toMatchObject({ code: 0, stderr: "" });
});
