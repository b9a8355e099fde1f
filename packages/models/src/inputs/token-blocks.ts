// Which tokens of a call see each other, also later ones: those of an image (Gemma 3), or of a prompt (PaliGemma).

import type { Backbone } from "../parts/backbone/backbone.ts";
import type { ShownImages } from "../parts/pass.ts";
import type { TokenBlocks } from "../parts/pass-inputs.ts";
import type { SequenceInputs } from "./model-inputs.ts";

/**
 * Undefined if the order is causal. A prompt ends at the first token type that is not 0; without types before the first label; a call
 * with neither is a prompt. Tokens behind a cache are not: the prompt is in the cache.
 */
export function blocksOf(
  { inputIds, tokenTypeIds, labels, cache }: SequenceInputs,
  images: ShownImages | undefined,
  { seesWhole }: Pick<Backbone, "seesWhole">,
): TokenBlocks | undefined {
  if (seesWhole === "images")
    return images && { isMember: images.stateOf.map((state) => state >= 0), isWindowed: true };
  if (seesWhole === undefined || inputIds === undefined || (cache?.length ?? 0) > 0) return undefined;
  const [, time] = inputIds.shape;
  const values = (tokenTypeIds ?? labels)?.dataSync();
  const ofPrompt = tokenTypeIds === undefined ? -100 : 0;
  const isMember: boolean[] = [];
  for (let token = 0; token < inputIds.size; token++) {
    const isBehindPrompt = token % time > 0 && isMember[token - 1] === false;
    isMember.push(!isBehindPrompt && (values?.[token] ?? ofPrompt) === ofPrompt);
  }
  return { isMember, isWindowed: false };
}
