// Rollouts: the model writes several completions of each prompt, all together.

import type { PromptTokens } from "@lowrank/data/internal";
import { uniformValues } from "@lowrank/engine/internal";
import type { PretrainedModel } from "@lowrank/models";
import { type BatchText, ContinuousBatch } from "@lowrank/models/internal";
import { breather } from "../../generate/breathe.ts";

/** What the model wrote after a prompt. */
export interface Completion {
  readonly prompt: PromptTokens;
  readonly promptIds: readonly number[];
  /** Token ids, with the end token if there is one; never empty. */
  readonly ids: readonly number[];
  /** Whether it has no end, because it reached `maxCompletionLength`. */
  readonly isTruncated: boolean;
  /**
   * Log-probability of each token when it was sampled, before temperature; empty if they were not requested. The training pass computes
   * the same to 1e-4 on a base in float32. In int8 it differs by 0.03 on average, without a bias (SmolLM2-135M, 1265 tokens).
   */
  readonly logProbs: readonly number[];
}

/** How completions are written. */
export interface Writing {
  /** The name of the attached adapter; null for the base. */
  readonly adapter: string | null;
  readonly maxCompletionLength: number;
  readonly temperature: number;
  readonly topP: number;
  readonly eosTokenIds: readonly number[];
  readonly hasLogProbs: boolean;
  /** The same key gives the same completions. */
  readonly key: { readonly seed: number; readonly step: number; readonly path: string };
  readonly signal?: AbortSignal | undefined;
}

/** Texts at a time: more do not write faster on processors, and each holds its keys and values. */
const maxRows = 32;

/**
 * `count` completions of each prompt, those of one prompt next to each other. A prompt is read once. Throws the signal's reason, and
 * the error of a completion.
 */
export async function writeCompletions(
  model: PretrainedModel,
  prompts: readonly PromptTokens[],
  { count, key, signal, ...how }: Writing & { readonly count: number },
): Promise<readonly Completion[]> {
  const { adapter, eosTokenIds, maxCompletionLength: maxNewTokens, temperature, topP } = how;
  const seeds = uniformValues(prompts.length * count, key);
  const texts = prompts.flatMap(({ inputIds: promptIds }, prompt) =>
    Array.from({ length: count }, (_, generation): BatchText => {
      const seed = Math.floor((seeds[prompt * count + generation] ?? 0) * 2 ** 32);
      const rules = { maxNewTokens, eosTokenIds, sampling: { seed, temperature, topP } };
      return { promptIds, adapter, ...rules, ...(how.hasLogProbs ? { logprobs: 0 } : {}) };
    }),
  );
  const written = new Map(
    texts.map((text) => [text, { ids: [] as number[], logProbs: [] as number[], isEnded: false }]),
  );
  const batch = new ContinuousBatch(model, { maxRows });
  const breathe = breather();
  try {
    for (const text of texts) batch.add(text);
    while (batch.size > 0) {
      for (const event of await batch.round()) {
        if (event.type === "failure") throw event.error;
        const completion = written.get(event.text);
        completion?.ids.push(event.id);
        if (event.logprob !== undefined) completion?.logProbs.push(event.logprob);
        if (event.reason === "stop" && completion !== undefined) completion.isEnded = true;
      }
      await breathe();
      signal?.throwIfAborted();
    }
  } finally {
    batch.dispose();
  }
  return [...written.values()].map(({ isEnded, ...completion }, index) => {
    const prompt = prompts[Math.floor(index / count)] as PromptTokens;
    return { prompt, promptIds: prompt.inputIds, isTruncated: !isEnded, ...completion };
  });
}
