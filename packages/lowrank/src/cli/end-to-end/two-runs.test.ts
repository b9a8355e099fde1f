import { readdir } from "node:fs/promises";
import { expect, it } from "vitest";
import { fixture, jsonl, makeWorkspace } from "./workspace.ts";

const work = makeWorkspace();

it("lets only one of two runs write an output, refuses the other, and leaves no lock", async () => {
  const data = work.write("rows.jsonl", jsonl([{ input_ids: [5, 6, 7] }]));
  const model = ["--model", fixture("gpt2", "base")];
  const train = ["train", ...model, "--data", data, "--out", work.path("run"), "--steps", "4", "--save-every", "1"];
  const merge = ["merge", ...model, "--adapter", fixture("gpt2", "adapter"), "--out", work.path("merged")];
  for (const argv of [train, merge]) {
    // The second may replace what is there: it is refused all the same while the first is at work.
    const calls = await Promise.all([work.call(...argv), work.call(...argv, "--overwrite")]);
    expect(calls.map(({ code }) => code).sort()).toEqual([0, 1]);
    const refused = calls.find(({ code }) => code === 1)?.stderr;
    expect(refused).toContain(`(process ${process.pid} on `);
    expect(refused).toContain(`is writing to --out "${argv[argv.indexOf("--out") + 1]}"`);
    expect(await work.call(...argv, "--overwrite")).toMatchObject({ code: 0 });
  }
  expect((await readdir(work.path())).sort()).toEqual(["merged", "rows.jsonl", "run"]);
});
