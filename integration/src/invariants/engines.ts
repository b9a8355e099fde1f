// On which engines the invariants are tried.

import { chooseEngine } from "@lowrank/engine";
import * as tf from "@tensorflow/tfjs-core";

/** The engines that are compared with cpu. */
export const others = ["wasm", "native"] as const;
/** The native engine's library is an optional dependency. */
const reasonAgainstNative = await reasonAgainst("native");
if (reasonAgainstNative !== null)
  process.stderr.write(`skipped: invariants on the native engine: ${reasonAgainstNative}\n`);
/** Whether it cannot run here; its tests are skipped, and the reason is printed. */
export const isAbsent = (engine: Engine): boolean => engine === "native" && reasonAgainstNative !== null;

export type Engine = "cpu" | (typeof others)[number];

/** Computes on it from now on. */
export async function use(engine: Engine): Promise<void> {
  if (tf.getBackend() !== engine) await chooseEngine({ order: [engine] });
}

/** Why an engine cannot run here; null if it can. */
async function reasonAgainst(engine: Engine): Promise<string | null> {
  try {
    await chooseEngine({ order: [engine] });
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
