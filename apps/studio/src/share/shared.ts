// What a person teaches, as it travels by a link.

import type { Row } from "../protocol/rows.ts";
import type { AdapterSettings, TrainingSettings } from "../protocol/run.ts";

/** What a link carries. */
export interface Shared {
  readonly rows: readonly Omit<Row, "id">[];
  readonly adapter: AdapterSettings;
  readonly training: TrainingSettings;
  /** What the filmstrip asks; may be empty. */
  readonly watched: string;
  /** The model that it was made with, for the page to offer it. */
  readonly model: string;
}
