// Falcon with ALiBi: what a mismatch of its logits may mean.

import { readFileSync } from "node:fs";
import type { Fixture } from "@lowrank/testing";
import { isWithin, type ParityCheck } from "../fixture/parity-check.ts";

/**
 * The checks, with a note at base logits of a Falcon with ALiBi that differ. transformers 5.24's eager attention adds the
 * position biases twice: FalconModel puts them, scaled, into the mask, and FalconAttention adds them again. Its default,
 * sdpa, adds them once, and so do we.
 */
export function withFalconNote({ folder }: Fixture, checks: readonly ParityCheck[]): readonly ParityCheck[] {
  const isOff = (check: ParityCheck) => check.what === "base.logits" && !isWithin(check);
  if (!checks.some(isOff) || !hasFalconBiases(folder)) return checks;
  const note = "perhaps from eager attention, which adds Falcon's ALiBi biases twice; make the case with sdpa";
  return checks.map((check) => (isOff(check) ? { ...check, note } : check));
}

function hasFalconBiases(folder: string): boolean {
  const config: unknown = JSON.parse(readFileSync(`${folder}/base/config.json`, "utf8"));
  const { model_type: family, alibi } = config as { readonly model_type?: unknown; readonly alibi?: unknown };
  return family === "falcon" && alibi === true;
}
