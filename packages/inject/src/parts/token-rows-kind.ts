// The kind of part for trained rows of embeddings (PEFT's `trainable_token_indices`).

import { trainRows } from "../adapted/trained-rows.ts";
import type { PlannedTokenRows } from "../planned/planned-parts.ts";
import type { PartKind } from "./part-kind.ts";
import { planTokenRows } from "./plan-token-rows.ts";
import { withCommas } from "./table-lines.ts";

export const tokenRowsKind: PartKind<PlannedTokenRows> = {
  part: "token-rows",
  plan: ({ model, config, adapted, refusals, vocabulary }) =>
    planTokenRows(model, config, {
      adapted: new Set((adapted ?? []).map(({ path }) => path)),
      refusals,
      vocabulary,
    }),
  tensors: ({ key, copyKeys = [], shape }) => [key, ...copyKeys].map((one) => [one, shape] as const),
  describe: (planned) =>
    planned.map(({ path, shape: [tokens, width], parameters }) => [
      `${path} (rows)`,
      "1",
      `${tokens} × ${width}`,
      "–",
      "–",
      withCommas(parameters),
    ]),
  hookPoints: ({ path, tiedModules }) => ({ sites: [path, ...tiedModules], parameters: [] }),
  build: (planned, maker) => {
    const [site, ...others] = [planned.path, ...planned.tiedModules].map((path) => maker.hookPoints.site(path));
    const rows = maker.variable(planned.key, maker.values.rows(planned, site!));
    return trainRows(planned, [site!, ...others], rows);
  },
};
