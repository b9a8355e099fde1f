// Requests that come while the model computes wait for it, and are then computed as one batch.

import { adapterRows, inferenceContext } from "@lowrank/contracts";
import { generate } from "@lowrank/models";
import type { Base } from "./base.ts";

interface CompletionRequest {
  readonly promptIds: readonly number[];
  /** null for the base alone. */
  readonly adapter: string | null;
}

interface Completion {
  readonly text: string;
  /** How many requests were computed together. */
  readonly together: number;
  readonly [field: string]: unknown;
}

export interface Batcher {
  complete(request: CompletionRequest): Promise<Completion>;
}

interface Waiting extends CompletionRequest {
  readonly resolve: (completion: Completion) => void;
  readonly reject: (reason: unknown) => void;
}

const maxTogether = 16;
const maxNewTokens = 24;

export function openBatcher({ model, tokenizer }: Base): Batcher {
  const waiting: Waiting[] = [];
  let isComputing = false;

  async function computeAll(): Promise<void> {
    isComputing = true;
    // Requests that are already on their way join the first batch.
    await new Promise((resolve) => setTimeout(resolve, 5));
    while (waiting.length > 0) await computeBatch(waiting.splice(0, maxTogether));
    isComputing = false;
  }

  async function computeBatch(batch: readonly Waiting[]): Promise<void> {
    try {
      const rows = await generate(model, {
        promptIds: batch.map(({ promptIds }) => promptIds),
        maxNewTokens,
        context: inferenceContext(adapterRows(batch.map(({ adapter }) => adapter))),
      });
      for (const [index, { resolve }] of batch.entries()) {
        resolve({ text: tokenizer.decode(rows[index] ?? []).trim(), together: batch.length });
      }
    } catch (error) {
      for (const { reject } of batch) reject(error);
    }
  }

  return {
    complete: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ ...request, resolve, reject });
        if (!isComputing) void computeAll();
      }),
  };
}
