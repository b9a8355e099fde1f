// The peer at its best: every setting is warmed, and the fastest one is compared with.

import type { Side } from "../benchmark.ts";
import type { TriedPeer } from "../result.ts";
import { describePrecision } from "../settings.ts";
import type { Contender } from "./contender.ts";
import type { Rounds } from "./interleave.ts";
import { warmUp } from "./warm-up.ts";

/**
 * Starts each side, warms it, ends all but the fastest. No more than two are in memory at once. Another setting than the first
 * one is skipped if it cannot work here, such as torch.compile without a compiler.
 */
export async function fastestPeer<Started extends Pick<Contender, "run" | "stop" | "end">>(
  sides: readonly [Side, ...Side[]],
  start: (side: Side) => Promise<Started>,
  { step, rounds }: { readonly step: string; readonly rounds: Rounds },
) {
  const peersTried: TriedPeer[] = [];
  let fastest: { readonly contender: Started; readonly peerPrecision: string; readonly time: number } | undefined;
  for (const side of sides) {
    const precision = describePrecision(side.settings);
    let contender: Started | undefined;
    try {
      contender = await start(side);
      const started = contender;
      const { milliseconds, isSteady: steady } = await warmUp(() => started.run(step), rounds);
      peersTried.push({ precision, milliseconds, steady });
      if (fastest !== undefined && fastest.time <= milliseconds) contender.end();
      else {
        fastest?.contender.end();
        contender.stop();
        fastest = { contender, peerPrecision: precision, time: milliseconds };
      }
    } catch (error) {
      contender?.end();
      if (fastest === undefined) throw error;
      peersTried.push({ precision, skipped: error instanceof Error ? error.message : String(error) });
    }
  }
  if (fastest === undefined) throw new Error("A peer has at least one setting.");
  return { contender: fastest.contender, choice: { peerPrecision: fastest.peerPrecision, peersTried } };
}
