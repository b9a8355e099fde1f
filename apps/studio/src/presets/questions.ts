// Learning from a reward: sentences of the tiny model's own, rated by a function that the page shows. Nothing is copied from rows.

import type { Preset } from "./preset.ts";

const people = ["The king", "His wife", "The old man", "A stranger", "The captain", "My friend", "The doctor", "Moses"];

export const questions: Preset = {
  id: "questions",
  model: "tiny",
  // A row needs an answer; the reward does not read it.
  rows: people.flatMap((person) =>
    ["said unto them,", "asked me:"].map((verb) => ({ says: `${person} ${verb}`, answers: "Who art thou?" })),
  ),
  adapter: { rank: 8, alpha: 16, targets: "all-linear", dropout: 0, useDora: false, start: "kaiming" },
  training: {
    steps: 40,
    batchSize: 4,
    learningRate: 2e-3,
    schedule: "cosine",
    seed: 1,
    validationShare: 0,
    reward: `({ completion }) => {
  // 1 for a first sentence that asks something, in at least four words of which none comes twice
  const [sentence = ""] = /^[^.!?;]*[.!?;]/.exec(completion) ?? [];
  if (!sentence.endsWith("?")) return completion.includes("?") ? 0.1 : 0;
  const words = sentence.toLowerCase().match(/\\w+/g) ?? [];
  return new Set(words).size / Math.max(4, words.length);
}`,
  },
  watched: "The queen said unto them,",
};
