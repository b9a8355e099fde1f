import { expect, it } from "vitest";
import { jsonl, makeWorkplace, tiny } from "./workplace.ts";

const place = makeWorkplace();

it("a model that ends its text at once leaves no empty line without a word", async () => {
  const silence = place.write("silence.jsonl", jsonl([{ prompt: "Once", completion: "" }]));
  const options = ["--model", tiny, "--engine", "wasm"];
  const training = ["--data", silence, "--steps", "12", "--learning-rate", "0.03", "--target-modules", "all-linear"];
  const adapter = place.path("silent");
  expect(await place.call("train", ...options, ...training, "--out", adapter)).toMatchObject({ code: 0 });
  const adapted = await place.call("generate", ...options, "--adapter", adapter, "--prompt", "Once");
  expect(adapted).toMatchObject({
    code: 0,
    stdout: "\n",
    stderr: "the model wrote nothing: its first token ended the text.\n",
  });
  const base = await place.call("generate", ...options, "--prompt", "Once", "--max-new-tokens", "3");
  expect(base).toMatchObject({ code: 0, stderr: "" });
});
