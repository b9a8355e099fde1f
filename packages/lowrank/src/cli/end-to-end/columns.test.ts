import { cp } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fixture, makeWorkplace, type Workplace } from "./workplace.ts";

let place: Workplace;
beforeAll(async () => {
  place = await makeWorkplace();
  await cp(fixture("gpt2", "base"), place.path("base"), { recursive: true });
  const vocab = Object.fromEntries(["[UNK]", "fine", "film", "dull"].map((word, id) => [word, id]));
  const json = { model: { type: "WordLevel", vocab, unk_token: "[UNK]" }, pre_tokenizer: { type: "Whitespace" } };
  await place.write("base/tokenizer.json", JSON.stringify(json));
});
afterAll(() => place.remove());

describe("--header", () => {
  it("names the columns of a table whose first line is a row, as SST-2's", async () => {
    const data = await place.write("sst2.tsv", "fine film\t1\ndull film\t0\n");
    const shared = ["--model", place.path("base"), "--data", data, "--header", "sentence,label"];
    const trained = await place.call("train", ...shared, "--out", place.path("out"), "--steps", "1");
    expect(trained).toMatchObject({ code: 0, stdout: expect.stringContaining("2 rows;") });
    expect(trained.stdout).toContain(`try: lowrank evaluate --adapter ${place.path("out")} --data ${data}\n`);
    const evaluated = await place.call("evaluate", ...shared, "--adapter", place.path("out"), "--json");
    expect(evaluated.json).toMatchObject([{ rows: 2 }]);
  });

  it("is refused with a file whose rows name their own", async () => {
    const call = await place.call("evaluate", "--model", "m", "--data", "rows.jsonl", "--header", "text");
    expect(call).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is for .csv and .tsv files. In "rows.jsonl"'),
    });
  });
});
