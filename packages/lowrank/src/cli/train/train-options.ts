// What `lowrank train` was asked, as commander hands it over.

import type { RunChoices } from "../../recipe/recipe.ts";
import type { DistributedOptions } from "../distributed/distributed-option.ts";
import type { CommonOptions } from "../options/shared-options.ts";

/** The choices of a run, and how this call of it goes. */
export interface TrainOptions extends RunChoices, CommonOptions, DistributedOptions {
  readonly overwrite?: boolean;
  readonly resume?: boolean;
}
