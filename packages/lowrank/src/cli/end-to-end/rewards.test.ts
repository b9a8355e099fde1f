import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { jsonl, makeWorkspace, shell, tiny } from "./workspace.ts";

const work = makeWorkspace("wasm"); // a third of the time for the tiny model
const model = ["--model", tiny];

const rows = ["Aromi", "Clowns", "Strada"].map((name) => ({ prompt: `name[${name}] ->`, answer: name }));
const data: readonly string[] = ["--data", work.write("prompts.jsonl", jsonl(rows))];

/** Judges the first `good` completions only. */
const rewardOf = (good: string) =>
  `let calls = 0; export default ({ completion }) => ({ es: completion.split("e").length, one: calls++ < ${good} ? 1 : NaN });`;

describe("lowrank train --reward", () => {
  it("keeps what it learned when the reward fails, and continues with a better one", async () => {
    const reward = work.write("reward.mjs", rewardOf("5"));
    const out = work.path("learned");
    const how = ["--objective", "grpo", "--reward", reward, "length:5", "--reward-weights", "1,0.5", "--out", out];
    const size = shell`--steps 3 --target-modules q_proj --batch_size 1 --num_generations 2 --max_completion_length 3`;
    const run = ["train", ...model, ...data, ...how, ...size, "--log-completions", "2", "--tensor-board"];
    const failed = await work.call(...run);
    expect(failed).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('The reward "reward" returned NaN as "one"'),
    });
    expect(failed.stderr).toContain(`The adapter and the checkpoint of step 2 are in "${out}"`);
    expect(failed.stderr).toMatch(/ {2}prompt: name\[.*\] ->\n {4}best \(.*\n {4}worst \(/);
    // The module is read once in this process, and all runs call it: its next version has another name.
    const better = work.write("reward-2.mjs", rewardOf("Infinity"));
    const { code, stderr } = await work.call(...run.map((each) => (each === reward ? better : each)), "--resume");
    expect(code, stderr).toBe(0);
    expect(stderr).toMatch(/step 3\/3 {2}reward \d\.\d\d ± \d\.\d\d \(reward-2\/es/);
    expect((await readFile(`${out}/metrics.jsonl`, "utf8")).match(/"metrics":\{"reward":/g)).toHaveLength(3);
  });

  it.each([
    ["objective", ["--objective", "grpo"], "reward: missing"],
    ["file", ["--objective", "grpo", "--reward", "./none.ts"], '--reward: "./none.ts" does not exist'],
    ["name", ["--objective", "grpo", "--reward", "lenght:4"], "Did you mean length?"],
    ["rows to learn", ["--reward", "exact-match"], "--reward needs an --objective"],
  ])("is refused with a wrong %s", async (_, wrong, said) => {
    const { code, stderr } = await work.call("train", ...model, ...data, "--out", work.path("none"), ...wrong);
    expect(code).not.toBe(0);
    expect(stderr).toContain(said);
  });
});

it("lowrank evaluate --reward reports the mean reward of greedy completions, and its parts", async () => {
  const rewards = ["--reward", "length:5", "exact-match", "--max-new-tokens", "6", "--json"];
  const [first, second] = [
    await work.call("evaluate", ...model, ...data, ...rewards),
    await work.call("evaluate", ...model, ...data, ...rewards, "--batch-size", "1"),
  ];
  expect(first.code, first.stderr).toBe(0);
  expect(first.json[0]).toMatchObject({ rows: 3, "reward/length:5": expect.any(Number), "reward/exact-match": 0 });
  expect(second?.json).toEqual(first.json);
});
