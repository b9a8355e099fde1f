import type { Trials } from "../../../src/presets/preset.ts";

const prompts = [
  ...["The queen said unto them,", "Her brother asked me:", "The judge said unto them,", "The child asked me:"],
  ...["A priest said unto them,", "The lady asked me:", "The servant said unto them,", "The soldier asked me:"],
  ...["My father said unto them,", "The merchant asked me:"],
];

export const questionTrials: Trials = {
  rule: "the first sentence asks something, in at least three words",
  trials: prompts.map((prompt) => ({
    prompt,
    passes: (answer) => /^(?:[^.!?;\s]+\s+){2,}[^.!?;]*\?/.test(answer.trim()),
  })),
};
