import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { copyWithTokenizer, jsonl, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();

const words = ["[UNK]", "fine", "film", "dull"];
copyWithTokenizer(work.path("base"), words);
copyWithTokenizer(work.path("stranger"), [...words].reverse());
const data = work.write(
  "rows.jsonl",
  jsonl([
    { prompt: "film", completion: "fine" },
    { prompt: "fine film", completion: "dull" },
  ]),
);

async function train(out: string, ...more: readonly string[]) {
  const command = shell`train --model ${work.path("base")} --data ${data} --validation ${data} --out ${work.path(out)}`;
  const run = await work.call(...command, "--steps", "20", "--learning-rate", "0.05", "--json", ...more);
  const losses = run.json.filter(({ type }) => type === "step").map(({ loss }) => Number(loss));
  const found = run.json
    .filter(({ type }) => type === "evaluation")
    .map(({ metrics }) => (metrics as { loss: number }).loss);
  return { ...run, losses, found };
}

it("an adapter with a KL penalty to its base learns its rows less", async () => {
  const [free, kept] = [await train("free"), await train("kept", "--kl-to-base", "20")];
  expect(kept.code, kept.stderr).toBe(0);
  expect(kept.losses[0]).toBeCloseTo(free.losses[0] ?? 0, 5); // the base is 0 from itself
  expect(kept.found[0]).toBe(free.found[0]);
  expect(kept.found.at(-1)).toBeLessThan(kept.found[0] ?? 0);
  expect(kept.found.at(-1)).toBeGreaterThan((free.found.at(-1) ?? 0) + 0.1);
  expect(await readFile(`${work.path("kept")}/README.md`, "utf8")).toContain(
    "20 × forward KL divergence from the base",
  );
});

it("imitates a teacher: nothing is learned from an identical one, and much from a merged one", async () => {
  const same = await train("same", "--teacher", work.path("base"), "--teacher-share", "1");
  expect(same.losses[0]).toBeCloseTo(0, 6);
  await train("lesson");
  const merge = ["merge", "--model", work.path("base"), "--adapter", work.path("lesson")];
  expect(await work.call(...merge, "--out", work.path("teacher"))).toMatchObject({ code: 0 });
  const how = ["--teacher", work.path("teacher"), "--teacher-share", "1", "--divergence", "reverse"];
  const taught = await train("taught", ...how);
  expect(taught.code, taught.stderr).toBe(0);
  expect(taught.losses.at(-1)).toBeLessThan((taught.losses[0] ?? 0) / 2);
  expect(taught.found.at(-1)).toBeLessThan(taught.found[0] ?? 0); // its rows, too, since the teacher knows them
});

it("a teacher with other tokens, and options without an effect, are refused", async () => {
  const stranger = await train("wrong", "--teacher", work.path("stranger"));
  expect(stranger.stderr).toContain(
    'teacher: must use the model\'s tokenizer; token 0 is "dull" for the teacher and "[UNK]" for the model',
  );
  expect((await train("wrong", "--teacher-share", "0.5")).stderr).toContain(
    "teacherShare: has no effect in this run, it is for runs with `teacher`",
  );
});
