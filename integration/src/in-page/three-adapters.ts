// Three adapters made of one: itself, itself times −½, and its first module alone.

import { type Adapter, loraMatricesIn } from "@lowrank/adapter-format";

/** Modules with A and B. */
export function pathsOf({ tensors }: Adapter): readonly string[] {
  return loraMatricesIn(tensors).map(({ path }) => path);
}

export function threeOf(adapter: Adapter): readonly [Adapter, Adapter, Adapter] {
  const loras = loraMatricesIn(adapter.tensors);
  const inverted = loras.flatMap(({ keys, a, b }) => {
    const inverse = { shape: b?.shape ?? [], values: (b?.values ?? new Float32Array()).map((value) => -value / 2) };
    return [[keys.a, a] as const, [keys.b, inverse] as const];
  });
  const first = loras
    .slice(0, 1)
    .flatMap(({ keys, a, b }) => (b === undefined ? [] : [[keys.a, a] as const, [keys.b, b] as const]));
  return [adapter, { ...adapter, tensors: new Map(inverted) }, { ...adapter, tensors: new Map(first) }];
}
