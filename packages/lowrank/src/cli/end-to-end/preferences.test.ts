import { cp, readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { fixture, jsonl, makeWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
  await cp(fixture("gpt2", "base"), place.path("base"), { recursive: true });
  const vocab = Object.fromEntries(["[UNK]", "fine", "film", "dull"].map((word, id) => [word, id]));
  const json = { model: { type: "WordLevel", vocab, unk_token: "[UNK]" }, pre_tokenizer: { type: "Whitespace" } };
  await place.write("base/tokenizer.json", JSON.stringify(json));
});
afterAll(() => place.remove());

it("rows that compare two answers train the chosen one, and say so", async () => {
  const chosen = { prompt: "film", completion: "fine" };
  const files = {
    pairs: [{ prompt: "film", chosen: "fine", rejected: "dull" }],
    answers: [chosen],
  };
  const weights: Buffer[] = [];
  const said: string[] = [];
  for (const [name, rows] of Object.entries(files)) {
    const data = await place.write(`${name}.jsonl`, jsonl(rows));
    const out = place.path(name);
    const { stderr } = await place.call(
      "train",
      "--model",
      place.path("base"),
      "--data",
      data,
      "--out",
      out,
      "--steps",
      "2",
    );
    said.push(stderr);
    weights.push(await readFile(`${out}/adapter_model.safetensors`));
  }
  expect(weights[0]).toEqual(weights[1]);
  expect(said[0]).toContain("compare two answers: the chosen one is trained, the rejected one is not looked at.");
  expect(said[1]).not.toContain("compare");
  const evaluated = await place.call(
    "evaluate",
    "--adapter",
    place.path("pairs"),
    "--data",
    place.path("pairs.jsonl"),
    "--json",
  );
  expect(evaluated.json).toMatchObject([{ rows: 1 }]);
});
