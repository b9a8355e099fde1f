import { fileURLToPath } from "node:url";
import { parseState, serializeState, type TrainingEvent, type TrainingState } from "@lowrank/trainer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type OpenedAdapter, type OpenedModel, openModel, type TrainingOptions } from "../../index.ts";
import type { RewardInput } from "../../rewards/reward.ts";

const tiny = fileURLToPath(new URL("../../../../tiny-model/model", import.meta.url));
let model: OpenedModel;
beforeAll(async () => {
  model = await openModel(tiny);
});
afterAll(() => model.dispose());

const prompts = ["name[Aromi] ->", "name[The Mill], food[Italian] ->", "name[Zizzi] ->"].map((prompt, index) => {
  return { prompt, index };
});
const vowels = ({ completion }: { readonly completion: string }) => (completion.match(/[aeiou]/g) ?? []).length;
const settings: TrainingOptions = {
  objective: "grpo" as const,
  reward: vowels,
  numGenerations: 3,
  maxCompletionLength: 5,
  batchSize: 1,
  steps: 4,
  learningRate: 1e-3,
  validationShare: 0,
  seed: 3,
};

interface Run {
  readonly events: readonly TrainingEvent[];
  /** After each step. */
  readonly states: readonly TrainingState[];
  readonly weights: string;
}

/** Trains a new adapter, of which each run has the same. */
async function train(options: TrainingOptions, rows: readonly object[] = prompts): Promise<Run> {
  const adapter = model.adapt({ rank: 2, targetModules: ["q_proj", "v_proj"] }, { seed: 1 });
  const states: TrainingState[] = [];
  const save = async (state: TrainingState) => void states.push(await parseState(serializeState(state)));
  try {
    const events: TrainingEvent[] = [];
    const run = { ...settings, checkpoint: { every: 1, save }, onWarning: () => {}, ...options };
    for await (const event of adapter.train(rows, run)) events.push(event);
    return { events, states, weights: await weightsOf(adapter) };
  } finally {
    adapter.dispose();
  }
}

async function weightsOf(adapter: OpenedAdapter): Promise<string> {
  const { tensors } = await adapter.toAdapter();
  return [...tensors].map(([name, { values }]) => `${name} ${values.join()}`).join("\n");
}

describe("a run with rewards", () => {
  it.each<TrainingOptions>([
    { numIterations: 1 },
    { numIterations: 2, beta: 0.1 },
    { numIterations: 2, gradientAccumulationSteps: 2, steps: 5, objective: "rloo", beta: 0.1 },
  ])("resumes bit for bit after each step: %j", async (options) => {
    const whole = await train(options);
    expect(whole.states).toHaveLength(options.steps ?? 4);
    expect(whole.weights).not.toBe((await train({ ...options, steps: 1 })).weights);
    for (const state of whole.states.slice(0, -1)) {
      const resumed = await train({ ...options, resumeFrom: state });
      expect(resumed.weights).toBe(whole.weights);
    }
  });

  it.each(["rollout", "reward"])(
    "stops in a %s after the last whole step, and resumes from there bit for bit",
    async (where) => {
      const stop = new AbortController();
      let calls = 0;
      const reward = async (input: RewardInput) => {
        calls += 1;
        if (calls === 7 && where === "reward") stop.abort();
        if (calls === 6 && where === "rollout") setTimeout(() => stop.abort(), 1);
        return vowels(input);
      };
      const stopped = await train({ reward, signal: stop.signal });
      expect(stopped.events.at(-1)).toMatchObject({ type: "end", reason: "aborted", step: 2 });
      const { weights } = await train({ resumeFrom: stopped.states.at(-1) });
      expect(weights).toBe((await train({})).weights);
    },
  );

  it("raises the reward", async () => {
    const { events } = await train({
      numGenerations: 8,
      maxCompletionLength: 8,
      batchSize: 3,
      steps: 15,
      learningRate: 4e-3,
    });
    const rewards = events.flatMap((event) => (event.type === "step" ? (event.metrics?.reward ?? []) : []));
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    expect(mean(rewards.slice(-3))).toBeGreaterThan(1.5 * mean(rewards.slice(0, 3)));
  });

  it("changes nothing, counts the groups and warns once while all rewards are equal", async () => {
    const warnings: string[] = [];
    const onWarning = ({ code }: { readonly code: string }) => void warnings.push(code);
    const { events, states, weights } = await train({ reward: () => 1, steps: 7, onWarning });
    expect(warnings.filter((code) => code === "REWARD_WITHOUT_SPREAD")).toHaveLength(1);
    const found = events.flatMap((event) => {
      if (event.type !== "step") return [];
      const { equalGroups, reward, rewardStd } = event.metrics ?? {};
      return [[equalGroups, reward, rewardStd]];
    });
    expect(found).toEqual(Array(7).fill([1, 1, 0]));
    expect(states[0]?.moments.size).toBe(0);
    expect(weights).toBe((await train({ reward: () => 2, steps: 1 })).weights);
  });

  it("gives the reward the prompt, the completion and the whole row, and measures it on validation rows", async () => {
    const seen: RewardInput[] = [];
    const reward = (input: RewardInput) => {
      seen.push(input);
      return { length: input.completion.length, one: 1 };
    };
    const rows = [{ prompt: "name[Aromi] ->", completion: " An answer.", stars: 4 }];
    const { events } = await train({ reward, steps: 1, validation: rows, evalAtStart: false }, rows);
    expect(seen).toHaveLength(4);
    expect(seen[0]).toMatchObject({ prompt: rows[0]?.prompt, row: rows[0] });
    const [step, evaluation] = ["step", "evaluation"].map((type) => events.find((event) => event.type === type));
    expect(step).toMatchObject({ metrics: { "reward/one": 1, completionLength: expect.any(Number) } });
    expect(evaluation).toMatchObject({ metrics: { reward: (seen[3]?.completion.length ?? 0) + 1 }, isBest: true });
  });

  it.each([
    ["reward: missing; objective grpo needs a function", { reward: undefined }, prompts],
    ['expected a row with "prompt", "messages", "conversations" or "instruction"', {}, [{ text: "no prompt" }]],
    ["returned NaN", { reward: () => Number.NaN }, prompts],
    ["klToBase: has no effect with objective grpo", { klToBase: 1 }, prompts],
  ])("is refused with: %s", async (message, options, rows) => {
    await expect(train(options, rows)).rejects.toThrow(message);
  });
});

describe("on-policy distillation", () => {
  it("brings the model's own completions closer to the teacher's probabilities", async () => {
    const taught = await openModel(tiny);
    const adapter = taught.adapt({ rank: 4 });
    const rows = prompts.map(({ prompt }) => ({ prompt, completion: " It is a pub." }));
    await adapter.train(rows, { steps: 20, learningRate: 5e-3, onWarning: () => {} });
    const teacher = { base: taught.base, opened: adapter.opened, tokenizer: () => taught.tokenizer() };
    const options = { objective: "gkd", teacher, reward: undefined, numGenerations: 4 } as const;
    const run = await train({ ...options, batchSize: 3, steps: 12, learningRate: 4e-3 });
    const losses = run.events.flatMap((event) => (event.type === "step" ? [event.loss] : []));
    expect(losses.at(-1)).toBeLessThan(0.75 * (losses[0] ?? 0));
    taught.dispose();
  });

  it("needs a teacher, and takes no reward", async () => {
    await expect(train({ objective: "gkd", reward: undefined })).rejects.toThrow("teacher: missing");
    await expect(train({ objective: "gkd", teacher: model })).rejects.toThrow(
      "reward: has no effect with objective gkd",
    );
  });
});
