// What an injection will do, as plain data: no tensor exists yet, and a plan can be printed, tested or refused.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Warning } from "@lowrank/contracts";
import type { PlannedPart } from "./planned-parts.ts";

/** Everything that `injectAdapter` will do. */
export interface InjectionPlan {
  /** The configuration with defaults and "all-linear" resolved to names, as it will be written to a file. */
  readonly config: LoraConfig;
  /** Kind by kind, in the order of files; those of a kind in the model's own order. */
  readonly parts: readonly PlannedPart[];
  readonly trainableParameters: number;
  /** The base's own plus the trainable ones, as PEFT counts them. */
  readonly totalParameters: number;
  /** trainableParameters / totalParameters. */
  readonly share: number;
  readonly warnings: readonly Warning[];
}
