// Which engine a run asks for.

import type { ChooseEngineOptions } from "@lowrank/engine";
import type { EngineName } from "@lowrank/engine/facts";
import { given } from "../../given.ts";

/** What was said, which goes before LOWRANK_ENGINE and LOWRANK_THREADS; an engine that was named is the only one tried. */
export function engineSettings(
  { engine, threads }: { readonly engine?: EngineName; readonly threads?: number },
  environment: Readonly<Record<string, string | undefined>>,
): ChooseEngineOptions {
  const { LOWRANK_ENGINE: _, ...withoutEngine } = environment;
  return {
    ...(engine === undefined ? { environment } : { environment: withoutEngine, prefer: engine, order: [engine] }),
    ...given({ threads }),
  };
}
