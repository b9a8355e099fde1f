import { expect, it } from "vitest";
import { openModel } from "../../index.ts";
import { rewardModel } from "../../objectives/preferences/reward-model.ts";
import { copyWithTokenizer, jsonl, makeWorkspace, shell } from "./workspace.ts";

const pairs = [
  { prompt: "film", chosen: "fine", rejected: "dull" },
  { prompt: "film film", chosen: "fine", rejected: "dull dull" },
  { prompt: "fine film", chosen: "fine fine", rejected: "dull" },
];

const work = makeWorkspace();

copyWithTokenizer(work.path("base"), ["[PAD]", "fine", "film", "dull", "[UNK]"], "llama-gqa");
const data = work.write("preferences.jsonl", jsonl(pairs));

it("preferences train a reward model, which evaluate measures and whose scores are rewards", async () => {
  const [base, out] = [work.path("base"), work.path("judge")];
  const run = ["--steps", "20", "--learning-rate", "0.02", "--loss", "reward"];
  const trained = await work.call("train", "--model", base, "--data", data, "--out", out, ...run);
  expect(trained.code, trained.stderr).toBe(0);
  expect(trained.stdout).toContain("loss: reward");
  const evaluated = await work.call("evaluate", "--adapter", out, "--data", data, "--json");
  expect(evaluated.json.at(-1)).toMatchObject({ rows: 3, rewardAccuracy: 1 });

  const judge = await openModel(base, { adapter: out });
  const reward = rewardModel(judge, { batchSize: 2 });
  const { signal } = new AbortController();
  const of = (prompt: string, completion: string) => reward({ prompt, completion, row: {}, signal });
  const [fine, dull, alone] = await Promise.all([of("film", "fine"), of("film", "dull dull"), of("film", "dull")]);
  expect(fine).toBeGreaterThan(Number(dull));
  expect(await of("film", "dull")).toBeCloseTo(Number(alone), 5);
  const chat = [{ role: "user", content: "film" }];
  expect(await reward({ prompt: chat, completion: "fine", row: {}, signal })).toBeTypeOf("number");
  const aborted = { prompt: "film", completion: "fine", row: {}, signal: AbortSignal.abort(new Error("enough")) };
  await expect(reward(aborted)).rejects.toThrow("enough");
  judge.dispose();
});

it("a reward model that is trained further stays one, and other models are refused by name", async () => {
  const out = ["--out", work.path("more"), "--steps", "1"];
  const more = await work.call(
    ...shell`train --model ${work.path("base")} --adapter ${work.path("judge")} --data ${data} ${out}`,
  );
  expect(more.code, more.stderr).toBe(0);
  expect(more.stderr).toContain("trained as a reward model");
  const writer = await openModel(work.path("base"));
  expect(() => rewardModel(writer)).toThrow("A reward needs a classifier with one output, but this is a llama model");
  await expect(writer.adapt().train(pairs, { loss: "reward" })).rejects.toThrow('Open it with { task: "sequence-cla');
  writer.dispose();
  const several = await openModel(work.path("base"), { task: "sequence-classification", classes: 3 });
  await expect(several.adapt().train(pairs)).rejects.toThrow("Open it with { classes: 1 }");
  several.dispose();
});
