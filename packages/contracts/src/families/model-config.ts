// A checked configuration: what the file says, and the tables by which it was read.

import type { ConfigValues } from "./config-values.ts";
import type { Family } from "./family.ts";

/** A checked configuration. */
export interface ModelConfig extends ConfigValues {
  /** The family that it is of: whoever has a configuration needs no table of all families. */
  readonly family: Family;
}
