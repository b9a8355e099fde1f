// What is shared (PEFT's `ensure_weight_tying`) stands in a file under two names, and must be the same under both.

import { type Adapter, type AdapterTensor, embeddingKeys } from "@lowrank/adapter-format";
import type { InjectionPlan } from "./injection-plan.ts";
import type { AdapterProblem } from "./mismatch-errors.ts";

/** What is shared must be stored with the same values under both names. */
export function findUntied(plan: InjectionPlan, { tensors }: Adapter): readonly AdapterProblem[] {
  const saved = plan.savedParameters.flatMap(({ key, followers = [] }) =>
    followers.map((one) => ({ key, twin: one.key })),
  );
  const isSame = (one: AdapterTensor | undefined, other: AdapterTensor | undefined) =>
    one?.values.length !== other?.values.length || one?.values.every((value, index) => value === other?.values[index]);
  const reason = "with ensure_weight_tying it must have the values of";
  return [
    ...saved.flatMap(({ key, twin }): AdapterProblem[] => {
      if (isSame(tensors.get(key), tensors.get(twin))) return [];
      return [{ kind: "unsupported", key: twin, reason: `${reason} "${key}"` }];
    }),
    ...plan.tiedSites.flatMap(({ pairOf, keys }): AdapterProblem[] => {
      const pair = embeddingKeys(pairOf);
      return [[keys.a, pair.b] as const, [keys.b, pair.a] as const].flatMap(([key, twin]): AdapterProblem[] => {
        const other = tensors.get(twin);
        const turned = other === undefined ? undefined : { ...other, values: turnedOver(other) };
        if (isSame(tensors.get(key), turned)) return [];
        return [{ kind: "unsupported", key, reason: `${reason} "${twin}", turned over` }];
      });
    }),
  ];
}

function turnedOver({ shape: [rows = 0, columns = 0], values }: AdapterTensor): Float32Array {
  return Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
}
