// A step of GRPO as a user would make it, and its first part alone: completions of every prompt, with the adapter.

import { openModel } from "lowrank";
import { serve } from "../harness/serve.ts";
import { receivedSettings } from "../settings.ts";
import { startEngine } from "./adapted-model.ts";

const settings = receivedSettings();
const { prompts = [], generations: numGenerations = 8, newTokens = 64, batch: batchSize, precision, tiny } = settings;
const maxNewTokens = tiny ? 4 : newTokens;
const versions = await startEngine();
const model = await openModel(process.env.LOWRANK_MODEL ?? "", {
  engine: false,
  ...(precision === "int8" ? { basePrecision: precision } : {}),
});
const adapter = model.adapt({ rank: 8, alpha: 16, targetModules: "all-linear" }, { seed: 1 });
const rows = prompts.slice(0, batchSize).map((prompt) => ({ prompt }));
const steps = adapter
  .train(rows, {
    objective: "grpo",
    steps: 1_000_000,
    batchSize,
    numGenerations,
    maxCompletionLength: maxNewTokens,
    learningRate: 1e-5,
    schedule: "constant",
    template: "plain",
    // The share of a letter, which every group has differently; the same as the peer's.
    reward: ({ completion }) => (completion.split("e").length - 1) / (completion.length + 1),
    onWarning: () => {},
  })
  [Symbol.asyncIterator]();

await serve({
  versions,
  steps: {
    async step() {
      for (;;) {
        const { value, done } = await steps.next();
        if (done === true) throw new Error("The run is over.");
        if (value.type === "step") return undefined;
      }
    },
    async rollout() {
      const all = rows.flatMap(({ prompt }) => Array.from({ length: numGenerations }, () => prompt));
      await model.generate(all, { maxNewTokens, temperature: 1, template: "plain" });
      return undefined;
    },
  },
});
