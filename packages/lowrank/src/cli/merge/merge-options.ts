// What lowrank merge is asked for.

import type { WeightedPath } from "../options/named-adapters.ts";
import type { EngineOptions } from "../options/shared-options.ts";

/** The options of `lowrank merge`. */
export interface MergeOptions extends EngineOptions {
  readonly model?: string;
  readonly adapter: readonly WeightedPath[];
  readonly allowDifferentBase?: boolean;
  readonly out: string;
  readonly dtype: "as-base" | "F32" | "F16" | "BF16";
  readonly tied: "refuse" | "untie";
  readonly verify?: boolean;
  readonly tolerance?: number;
  readonly plan?: boolean;
  readonly resume?: boolean;
  readonly overwrite?: boolean;
}
