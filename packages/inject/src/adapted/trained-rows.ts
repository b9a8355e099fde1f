// Rows of an embedding that are trained (PEFT's `trainable_token_indices`), together with the head that shares the table.

import type { Site } from "@lowrank/contracts";
import { plainLayout, TokenRowsAdaptation } from "@lowrank/math";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";
import type { AdapterPart, WeightChange } from "./adapter-part.ts";
import { openHookPoints, withCallsChecked } from "./open-hook-points.ts";

export interface TrainedRows extends AdapterPart {
  readonly part: "token-rows";
  /** The module that is named, and every one that shares its table. */
  readonly sites: readonly Site[];
  /** [tokens, width]; owned by the handle. */
  readonly variable: tf.Variable<tf.Rank.R2>;
  readonly key: string;
}

export function trainRows(
  { key, copies = [], indices }: PlannedTokenRows,
  sites: readonly Site[],
  variable: tf.Variable<tf.Rank.R2>,
): TrainedRows {
  const adaptation = new TokenRowsAdaptation({ rows: variable, indices });
  return {
    part: "token-rows",
    sites,
    variable,
    key,
    // They take the place of the table's own rows; what a pair adds comes on top (a head that is a target, too).
    actsFirst: true,
    tensors: [
      { key, variable, layout: plainLayout, isTrained: true },
      ...copies.map((copy) => ({
        key: copy,
        variable,
        layout: plainLayout,
        isTrained: false,
        isOfBase: true,
      })),
    ],
    changes: sites.map((site) => ({
      ...rowsChange(site, sites, adaptation),
      own: { rows: indices, variable, isTrained: true },
    })),
    open: (opener) =>
      openHookPoints(
        opener,
        sites.map((site) => ({
          open: ({ name }) => site.attach(name, withCallsChecked(adaptation, opener, `${site.path}.weight`)),
        })),
      ),
    dispose: () => variable.dispose(),
  };
}

function rowsChange(site: Site, sites: readonly Site[], adaptation: TokenRowsAdaptation): WeightChange {
  const { path, tiedWith, kind } = site;
  // Where the twin gets the same rows, both go on sharing one table.
  const isAlone = tiedWith !== undefined && !sites.some((other) => other.path === tiedWith);
  return {
    path: `${path}.weight`,
    kind: "update",
    ...(isAlone ? { tiedWith: `${tiedWith}.weight` } : {}),
    read: () => site.readWeight(),
    fold: (weight) => adaptation.fold(weight, kind),
    // Files have a head's table the same way round as an embedding's.
    inRows: async () => ({
      kind: "rows",
      indices: adaptation.indices,
      values: await adaptation.rows.data<"float32">(),
    }),
    replace: (value) => site.replaceWeight(value),
  };
}
