// Trained rows of an embedding (PEFT's `trainable_token_indices`), and of a head that shares it.

import type { Site } from "@lowrank/contracts";
import { plainLayout, TokenRowsAdaptation } from "@lowrank/math/internal";
import type * as tf from "@tensorflow/tfjs-core";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";
import type { AdapterPart, WeightChange } from "./adapter-part.ts";
import { attachAll, withChecks } from "./attach-all.ts";

export interface TrainedRows extends AdapterPart {
  readonly part: "token-rows";
  /** The named module, and all modules that share its weight. */
  readonly sites: readonly Site[];
  /** [tokens, width]; owned by the handle. */
  readonly variable: tf.Variable<tf.Rank.R2>;
  readonly key: string;
}

export function trainRows(
  { key, copyKeys = [], indices }: PlannedTokenRows,
  sites: readonly Site[],
  variable: tf.Variable<tf.Rank.R2>,
): TrainedRows {
  const adaptation = new TokenRowsAdaptation({ rows: variable, indices });
  return {
    part: "token-rows",
    sites,
    variable,
    key,
    // They replace rows of the embedding. A low-rank update is added to them (if the head is a target, too).
    actsFirst: true,
    tensors: [
      { key, variable, layout: plainLayout, isTrained: true },
      ...copyKeys.map((copy) => ({
        key: copy,
        variable,
        layout: plainLayout,
        isTrained: false,
        isOfBase: true,
      })),
    ],
    changes: sites.map((site) => ({
      ...rowsChange(site, sites, adaptation),
      replacement: { rows: indices, variable, isTrained: true },
    })),
    attach: (adapter) =>
      attachAll(
        adapter,
        sites.map((site) => ({
          attach: ({ name }) => site.attach(name, withChecks(adaptation, adapter, `${site.path}.weight`)),
        })),
      ),
    dispose: () => variable.dispose(),
  };
}

function rowsChange(site: Site, sites: readonly Site[], adaptation: TokenRowsAdaptation): WeightChange {
  const { path, tiedWith, kind } = site;
  // If the tied module gets the same rows, both still share one weight.
  const isAlone = tiedWith !== undefined && !sites.some((other) => other.path === tiedWith);
  return {
    path: `${path}.weight`,
    kind: "update",
    ...(isAlone ? { tiedWith: `${tiedWith}.weight` } : {}),
    read: () => site.readWeight(),
    fold: (weight) => adaptation.fold(weight, kind),
    // In files a head's weight has the layout of an embedding.
    inRows: async () => ({
      kind: "rows",
      indices: adaptation.indices,
      values: await adaptation.rows.data<"float32">(),
    }),
    replace: (value) => site.replaceWeight(value),
  };
}
