// The engine of a run.

import type { ChooseEngineOptions } from "@lowrank/engine/internal";
import type { EngineName } from "@lowrank/engine/internal/facts";
import { omitUndefined } from "../../omit-undefined.ts";

/** The options, which come before LOWRANK_ENGINE and LOWRANK_THREADS. If an engine is named, no other is tried. */
export function engineSettings(
  { engine, threads }: { readonly engine?: EngineName; readonly threads?: number },
  environment: Readonly<Record<string, string | undefined>>,
): ChooseEngineOptions {
  const { LOWRANK_ENGINE: _, ...withoutEngine } = environment;
  return {
    ...(engine === undefined ? { environment } : { environment: withoutEngine, prefer: engine, order: [engine] }),
    ...omitUndefined({ threads }),
  };
}
