// The plan of an injection as plain data: no tensor exists yet, and a plan can be printed, tested or refused.

import type { LoraConfig } from "@lowrank/adapter-format";
import type { Warning } from "@lowrank/contracts";
import type { PlannedPart } from "./planned-parts.ts";

/** Everything that `injectAdapter` will do. */
export interface InjectionPlan {
  /** The configuration with defaults and "all-linear" resolved to names, as it will be written to a file. */
  readonly config: LoraConfig;
  /** By kind in file order; parts of a kind in the model's order. */
  readonly parts: readonly PlannedPart[];
  readonly trainableParameters: number;
  /** Base parameters plus trainable ones, as PEFT counts them. */
  readonly totalParameters: number;
  /** trainableParameters / totalParameters. */
  readonly share: number;
  readonly warnings: readonly Warning[];
}
