// Shared values have two names in a file and must be equal: PEFT's `ensure_weight_tying`, and a bias with two names.

import type { Adapter } from "@lowrank/adapter-format";
import { type AdapterTensor, embeddingKeys } from "@lowrank/adapter-format/internal";
import type { AdapterProblem } from "../errors/mismatch-errors.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { type PlannedParameter, partsOf } from "../planned/planned-parts.ts";

/** Shared values that differ under their two names. Different lengths are reported as wrong shapes. */
export function findUntied(plan: InjectionPlan, { tensors }: Adapter): readonly AdapterProblem[] {
  const wholeParameters = partsOf(plan, "whole-parameter");
  const saved = wholeParameters.flatMap(({ key, tiedParameters = [] }) =>
    tiedParameters.flatMap((other) => (other.key === undefined ? [] : [{ key, twin: other.key }])),
  );
  const hasNoConflict = (one: AdapterTensor | undefined, other: AdapterTensor | undefined) =>
    one?.values.length !== other?.values.length || one?.values.every((value, index) => value === other?.values[index]);
  const reason = "with ensure_weight_tying it must be equal to";
  return [
    ...wholeParameters.flatMap((planned) => otherCopies(planned, tensors)),
    ...saved.flatMap(({ key, twin }): AdapterProblem[] => {
      if (hasNoConflict(tensors.get(key), tensors.get(twin))) return [];
      return [{ kind: "unsupported", key: twin, reason: `${reason} "${key}"` }];
    }),
    ...partsOf(plan, "tied-site").flatMap(({ sourcePath, keys }): AdapterProblem[] => {
      const source = embeddingKeys(sourcePath);
      return [[keys.a, source.b] as const, [keys.b, source.a] as const].flatMap(([key, twin]): AdapterProblem[] => {
        const other = tensors.get(twin);
        const expected = other === undefined ? undefined : { ...other, values: transposedValues(other) };
        if (hasNoConflict(tensors.get(key), expected)) return [];
        return [{ kind: "unsupported", key, reason: `${reason} "${twin}", transposed` }];
      });
    }),
  ];
}

/** Copies that differ from the original. A file need not have copies. */
function otherCopies({ key, copyKeys = [] }: PlannedParameter, tensors: Adapter["tensors"]): readonly AdapterProblem[] {
  const values = tensors.get(key)?.values;
  const isOther = (copy: Float32Array) =>
    copy.length !== values?.length || copy.some((value, index) => value !== values[index]);
  const reason = `it shares one parameter of the model with "${key}", so their values must be equal`;
  return copyKeys.flatMap((copy): AdapterProblem[] => {
    const found = tensors.get(copy)?.values;
    return found !== undefined && values !== undefined && isOther(found)
      ? [{ kind: "unsupported", key: copy, reason }]
      : [];
  });
}

function transposedValues({ shape: [rows = 0, columns = 0], values }: AdapterTensor): Float32Array {
  return Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
}
