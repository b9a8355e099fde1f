import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { copyWithTokenizer, interrupted, jsonl, makeWorkspace, shell } from "./workspace.ts";

const work = makeWorkspace();
copyWithTokenizer(work.path("base"), ["[UNK]", "fine", "film", "dull"]);

it("rows that compare two answers train only the chosen one on request, and report it", async () => {
  const chosen = { prompt: "film", completion: "fine" };
  const files = {
    pairs: [{ prompt: "film", chosen: "fine", rejected: "dull" }],
    answers: [chosen],
  };
  const weights: Buffer[] = [];
  const lines: string[] = [];
  for (const [name, rows] of Object.entries(files)) {
    const data = work.write(`${name}.jsonl`, jsonl(rows));
    const out = work.path(name);
    const { stderr } = await work.call(
      ...shell`
      train --model ${work.path("base")} --data ${data} --out ${out}
      --steps 2 ${name === "pairs" ? ["--loss", "answers"] : []}
    `,
    );
    lines.push(stderr);
    weights.push(await readFile(`${out}/adapter_model.safetensors`));
  }
  expect(weights[0]).toEqual(weights[1]);
  expect(lines[0]).toContain("are trained as text: only the chosen answers are used, not the rejected ones.");
  expect(lines[1]).not.toContain("compare");
  const evaluated = await work.call(
    ...shell`evaluate --adapter ${work.path("pairs")} --data ${work.path("pairs.jsonl")} --json`,
  );
  expect(evaluated.json).toMatchObject([{ rows: 1 }]);
});

const pairs = [
  { prompt: "film", chosen: "fine", rejected: "dull" },
  { prompt: "film film", chosen: "fine", rejected: "dull dull" },
  { prompt: "fine film", chosen: "fine fine", rejected: "film" },
];

it("rows of two answers train by DPO, from a loss of log 2 to higher rewards of the chosen ones", async () => {
  const data = work.write("preferences.jsonl", jsonl(pairs));
  const out = work.path("dpo");
  const common = ["--model", work.path("base"), "--data", data, "--validation", data, "--learning-rate", "0.01"];
  const run = ["--steps", "6", "--batch-size", "2", "--eval-every", "3", "--seed", "1"];
  const { code, json, stderr } = await work.call("train", ...common, ...run, "--out", out, "--json");
  expect(code, stderr).toBe(0);
  const measured = json.filter(({ type }) => type === "evaluation").map(({ metrics }) => metrics as Scores);
  expect(measured[0]).toMatchObject({ rewardAccuracy: 0, rewardMargin: 0 });
  expect(measured[0]?.loss).toBeCloseTo(Math.LN2, 6);
  expect(measured.at(-1)).toMatchObject({ rewardAccuracy: 1 });
  expect(measured.at(-1)?.loss).toBeLessThan(0.6);
  expect(await readFile(`${out}/README.md`, "utf8")).toContain("dpo");

  const evaluated = await work.call("evaluate", "--adapter", out, "--data", data, "--json");
  expect(evaluated.json.at(-1)).toMatchObject({ rewardAccuracy: 1, rows: 3 });
  const ofBase = await work.call("evaluate", "--model", work.path("base"), "--data", data, "--json");
  expect(ofBase.json.at(-1)).not.toHaveProperty("rewardAccuracy");

  // Interrupted and gone on with: the same adapter, bit for bit; and not by another loss.
  const again = work.path("in-two-parts");
  await interrupted(["train", ...common, ...run, "--out", again, "--save-every", "1"], { at: '"step":3,' });
  const other = await work.call("train", ...common, ...run, "--out", again, "--resume", "--beta", "0.5");
  expect(other.stderr).toContain("dpo, β 0.1");
  const rest = await work.call("train", ...common, ...run, "--out", again, "--resume");
  expect(rest.code, rest.stderr).toBe(0);
  const weights = (folder: string) => readFile(`${folder}/adapter_model.safetensors`);
  expect(await weights(again)).toEqual(await weights(out));
});

it.each(["ipo", "simpo", "orpo", "kto"])("rows of two answers train by %s", async (loss) => {
  const data = work.write("preferences.jsonl", jsonl(pairs));
  const options = ["--model", work.path("base"), "--data", data, "--validation", data, "--learning-rate", "0.002"];
  const run = ["--out", work.path(loss), "--loss", loss, "--steps", "4", "--batch-size", "3", "--json"];
  const { json, code, stderr } = await work.call("train", ...options, ...run);
  expect(code, stderr).toBe(0);
  const measured = json.filter(({ type }) => type === "evaluation").map(({ metrics }) => metrics as Scores);
  expect(measured.at(-1)?.loss).toBeLessThan(measured[0]?.loss ?? 0);
});

it("a loss for other rows, and a setting that the loss does not read, are named", async () => {
  const data = work.write("preferences.jsonl", jsonl(pairs));
  const train = (...more: readonly string[]) =>
    work.call("train", "--model", work.path("base"), "--data", data, "--out", work.path("wrong"), ...more);
  expect((await train("--loss", "ranking")).stderr).toContain("one of dpo, ipo, simpo, orpo, kto");
  expect((await train("--loss", "ipo", "--margin", "1")).stderr).toMatch(/margin/);
});

it("answers that are good or bad by themselves train by KTO, until good ones are worth more", async () => {
  const judged = pairs.flatMap(({ prompt, chosen, rejected }) => [
    { prompt, completion: chosen, label: true },
    { prompt, completion: rejected, label: false },
  ]);
  const data = work.write("judged.jsonl", jsonl(judged));
  const out = work.path("judged");
  const options = ["--model", work.path("base"), "--data", data, "--validation", data, "--learning-rate", "0.01"];
  const run = ["--steps", "6", "--batch-size", "3", "--seed", "1"];
  const { code, json, stderr } = await work.call("train", ...options, ...run, "--out", out, "--json");
  expect(code, stderr).toBe(0);
  const measured = json.filter(({ type }) => type === "evaluation").map(({ metrics }) => metrics as Scores);
  expect(measured[0]).toEqual({ loss: 0.5, rewardAccuracy: 0.5, rewardMargin: 0 });
  expect(measured.at(-1)).toMatchObject({ rewardAccuracy: 1 });
  expect(measured.at(-1)?.loss).toBeLessThan(0.5);
  expect(await readFile(`${out}/README.md`, "utf8")).toContain("kto, β 0.1");
  const evaluated = await work.call("evaluate", "--adapter", out, "--data", data, "--json");
  expect(evaluated.json.at(-1)).toMatchObject({ rewardAccuracy: 1, rows: 3 });

  const weighted = ["--undesirable-weight", "0", "--out", work.path("good-alone")];
  const other = await work.call("train", ...options, ...run, ...weighted, "--json");
  const before = other.json.find(({ type }) => type === "evaluation")?.metrics as Scores;
  expect(before.loss).toBeCloseTo(0.25, 6);
  const wrong = await work.call("train", ...options, "--loss", "dpo", "--out", work.path("wrong"));
  expect(wrong.stderr).toContain("for rows with an answer judged good or bad it is one of kto");
});

it("conversations of which one answer is better are written by the model's template, as conversations are", async () => {
  const turn = (content: string) => [{ role: "assistant", content }];
  const prompt = [{ role: "user", content: "film" }];
  const data = work.write("turns.jsonl", jsonl([{ prompt, chosen: turn("fine"), rejected: turn("dull") }]));
  const run = ["--model", work.path("base"), "--data", data, "--out", work.path("turns"), "--steps", "1"];
  const { code, stdout, stderr } = await work.call("train", ...run);
  expect(code, stderr).toBe(0);
  expect(stdout).toContain('1 row, written with the template "vicuna"; loss: dpo, β 0.1; steps: 1');
});

interface Scores {
  readonly loss: number;
  readonly rewardAccuracy: number;
  readonly rewardMargin: number;
}
