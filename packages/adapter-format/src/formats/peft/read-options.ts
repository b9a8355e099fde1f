// Options of reading an adapter, whatever its format.

import type { WarningListener } from "@lowrank/contracts";
import type { ModelConfig } from "@lowrank/contracts/families";
import type { OptionNames } from "@lowrank/contracts/internal";

/** Options of `readAdapter`. */
export interface ReadAdapterOptions {
  readonly onWarning?: WarningListener;
  /** Accept NaN and infinity in the tensors. */
  readonly allowNonFinite?: boolean;
  /** Accept adapters that can only be merged (`Adapter.mergeOnly`): PEFT's (IA)³, BEFT and LayerNorm tuning. */
  readonly mergeOnly?: boolean;
  /** The base's configuration, for adapters whose files lack the sizes of layers: PEFT's VeRA, MiSS and RandLoRA. */
  readonly base?: (() => Promise<ModelConfig | undefined>) | undefined;
}

export const readAdapterNames: OptionNames<ReadAdapterOptions> = {
  onWarning: true,
  allowNonFinite: true,
  mergeOnly: true,
  base: true,
};
