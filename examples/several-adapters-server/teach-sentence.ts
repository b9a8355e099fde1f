// An adapter that knows one answer: what a user's training would have made, in two seconds.

import { createLoraConfig } from "@lowrank/adapter-format";
import { activeAdapters } from "@lowrank/contracts";
import { batches, promptTemplate, type TokenBatch, tokenizeExamples } from "@lowrank/data";
import { injectAdapter, planInjection } from "@lowrank/inject";
import { batchTensors } from "@lowrank/models";
import { train } from "@lowrank/trainer";
import type { Base } from "./base.ts";

export interface Lesson {
  readonly name: string;
  readonly prompt: string;
  readonly answer: string;
}

/** Leaves an adapter of that name on the model; it acts in the calls that select it. */
export async function teachSentence({ model, tokenizer }: Base, { name, prompt, answer }: Lesson): Promise<void> {
  const lesson = { kind: "completion", prompt, completion: answer } as const;
  const { examples } = tokenizeExamples([lesson], tokenizer, promptTemplate("plain"), { maxLength: 64 });
  const plan = planInjection(model, createLoraConfig({ rank: 4, alpha: 8, targetModules: "all-linear" }));
  const adapter = injectAdapter(model, plan, { name, seed: 1 });
  const run = train<TokenBatch>({
    variables: adapter.variables,
    batches: () => batches(examples, { batchSize: 1, padId: tokenizer.padId }),
    loss: (batch, random) =>
      model.loss(batchTensors(batch), { training: true, adapters: activeAdapters(name), random }),
    steps: 25,
    learningRate: 0.01,
    seed: 1,
  });
  for await (const _ of run);
}
