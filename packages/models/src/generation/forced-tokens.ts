// Tokens that come whatever the logits say, by the rules of transformers' ForcedBOSTokenLogitsProcessor and
// ForcedEOSTokenLogitsProcessor.

import type { ForcedTokens } from "../folder/generation-defaults.ts";
import { type Sampling, sampleToken } from "./sampling.ts";

/** Where in which text a token is to come. */
export interface ForcedPlace {
  readonly prompt: number;
  /** Counts the new tokens. */
  readonly step: number;
  readonly maxNewTokens: number;
  /** Tokens in front of the new ones: of a decoder with a source, its start. */
  readonly read: number;
}

/** The token that must come here; undefined where the logits decide. */
export function forcedToken(forced: ForcedTokens, place: ForcedPlace, sampling?: Sampling): number | undefined {
  const ids = forcedAt(forced, place);
  if (sampling === undefined || ids.length < 2) return ids[0];
  // All are equally likely.
  return ids[sampleToken(new Float32Array(ids.length), sampling, place)];
}

/** In rising order. What must come last goes before what must come first. */
function forcedAt({ first, last }: ForcedTokens, { step, maxNewTokens, read }: ForcedPlace): readonly number[] {
  if (last.length > 0 && step === maxNewTokens - 1) return [...last].sort((one, other) => one - other);
  return first !== null && step === 0 && read === 1 ? [first] : [];
}
