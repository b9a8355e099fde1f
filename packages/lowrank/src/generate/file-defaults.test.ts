import type { WritingDefaults } from "@lowrank/models/internal";
import { expect, it } from "vitest";
import { withFileDefaults } from "./file-defaults.ts";
import type { TextOptions } from "./text-rules.ts";

/** The resolved options of a model with 100 positions after a prompt of 10 tokens, and the warnings. */
function complete(
  writing: WritingDefaults,
  options: TextOptions,
  task: "causal-lm" | "sequence-to-sequence" = "causal-lm",
) {
  const lines: string[] = [];
  const notices = { warn: () => undefined, note: (line: string) => lines.push(line) };
  const config = { maxPositions: 100, modelType: "llama", padTokenId: null };
  const model = { config, task, generation: { writing } } as unknown as Parameters<typeof withFileDefaults>[1];
  const completed = withFileDefaults(options, model, { notices, promptTokens: 10 });
  withFileDefaults(options, model, { notices, promptTokens: 10 });
  return { completed, lines };
}

const sampled = { doSample: true, temperature: 0.6, topK: 20, repetitionPenalty: 1.1 };

it("uses the file's values for missing options, and reports them once", () => {
  const { completed, lines } = complete(sampled, { topK: 5 });
  expect(completed).toEqual({ temperature: 0.6, topK: 5, repetitionPenalty: 1.1 });
  expect(lines).toEqual([expect.stringContaining("temperature 0.6, repetition_penalty 1.1.")]);
});

it("leaves temperature 0 greedy, and a file that does not sample, unless the call does", () => {
  expect(complete({ ...sampled }, { temperature: 0 }).completed).toEqual({ temperature: 0, repetitionPenalty: 1.1 });
  expect(complete({ doSample: false, topP: 0.9 }, {})).toEqual({ completed: {}, lines: [] });
  expect(complete({ doSample: false, topP: 0.9 }, { temperature: 1 }).completed).toEqual({ temperature: 1, topP: 0.9 });
});

it("counts the prompt in max_length, a source not, and leaves room for no more than there are positions", () => {
  const { completed, lines } = complete({ doSample: false, maxLength: 40 }, {});
  expect(completed.maxNewTokens).toBe(30);
  expect(lines).toEqual([expect.stringContaining("generation_config.json: max_length 40.")]);
  expect(complete({ doSample: false, maxLength: 40 }, {}, "sequence-to-sequence").completed.maxNewTokens).toBe(39);
  expect(complete({ doSample: false, maxNewTokens: 2000 }, {}).completed.maxNewTokens).toBe(90);
  expect(complete({ doSample: false, maxLength: 40 }, { maxNewTokens: 3 }).completed.maxNewTokens).toBe(3);
});
