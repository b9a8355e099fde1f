// Teaches a style by rating texts: the tiny model learns to ask questions. It writes eight continuations of each opening, a
// function rates them, and GRPO makes texts with high rewards more likely.

import { openModel } from "lowrank";
import { sparkLine } from "../spark-line.ts";

const root = new URL("../../", import.meta.url).pathname;
const out = process.argv[2] ?? `${root}runs/asks-questions`;
const openingsOf = (people: string) =>
  people
    .split(",")
    .flatMap((person) => ["said unto them,", "answered,", "asked me:"].map((verb) => `${person} ${verb}`));
const lessons = openingsOf("The king,His wife,The old man,Moses,A stranger,The captain,My friend,The doctor");
const questions = openingsOf("The queen,Her brother,The judge,The child,A priest,The lady,The servant,The soldier");

/** 1 for a first sentence of at least four words that asks something. Part of the credit keeps groups from being all equal. */
function rate(text: string): number {
  const [sentence = ""] = /^[^.!?;]*[.!?;]/.exec(text) ?? [];
  if (sentence.endsWith("?")) return sentence.trim().split(/\s+/).length >= 4 ? 1 : 0.2;
  return text.includes("?") ? 0.3 : 0;
}

const model = await openModel(`${root}packages/tiny-model/model`);
const adapter = model.adapt({ rank: 8, targetModules: "all-linear" }, { seed: 1 });
const maxNewTokens = 24;

/** The mean of one text for each opening that is in no row. */
async function measure(when: string): Promise<void> {
  const texts = await model.generate(questions, { maxNewTokens, temperature: 1, seed: 1 });
  const mean = texts.reduce((sum, text) => sum + rate(text), 0) / texts.length;
  console.log(`mean reward ${when}: ${mean.toFixed(2)}`);
}

await measure("before");
const begun = performance.now();
const rewards: number[] = [];
for await (const event of adapter.train(
  lessons.map((prompt) => ({ prompt })),
  {
    objective: "grpo",
    reward: ({ completion }) => rate(completion),
    steps: 30,
    maxCompletionLength: maxNewTokens,
    learningRate: 2e-3,
  },
)) {
  if (event.type === "step") rewards.push(event.metrics?.reward ?? 0);
}
console.log(`reward by step: ${sparkLine(rewards)}`);
console.log(`${rewards.length} steps in ${((performance.now() - begun) / 1000).toFixed(0)} seconds`);
await measure("after");
for (const prompt of questions.slice(0, 3)) console.log(`${prompt}${await model.generate(prompt, { maxNewTokens })}`);

await adapter.save(out, { overwrite: true });
console.log(`adapter: ${out}`);
model.dispose();
