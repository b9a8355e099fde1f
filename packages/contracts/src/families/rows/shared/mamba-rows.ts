// Mamba-2's layers (Dao and Gu 2024), by the names of transformers' modeling_bamba.py. In the words of the tables, a layer has a
// memory: its groups are the memory's key heads, and its state size is that of a key.

import type { ConfigTable } from "../../config-table.ts";
import type { ConfigValues } from "../../config-values.ts";
import type { LinearRow, TensorRow } from "../../family.ts";
import { linearRows, parameterRow, sizeRow } from "./module-rows.ts";

type Values = ReadonlyMap<string, unknown>;

/** The keys of the layers, to be spread into a family's configuration. `mamba_d_head` must be a number (`withMambaHeadSize`). */
export const mambaConfig = {
  sizes: {
    convKernelSize: sizeRow("mamba_d_conv", 4),
    memoryHeads: sizeRow("mamba_n_heads", 128),
    memoryKeyHeads: sizeRow("mamba_n_groups", 1),
    memoryKeySize: sizeRow("mamba_d_state", 256),
    memoryValueSize: sizeRow("mamba_d_head"),
  },
  switches: { convBias: { key: "mamba_conv_bias", fallback: true } },
  fixed: [
    { key: "mamba_proj_bias", values: [null, false], effect: "true adds biases to the projections of Mamba layers" },
    // So transformers writes an infinite number.
    { key: "time_step_limit", values: [null, [0, { __float__: "Infinity" }]], effect: "steps are clamped" },
  ],
  // The width that heads and their size give, how the time is cut, and how weights began.
  ignored: [
    ...["mamba_expand", "mamba_d_ssm", "mamba_chunk_size", "init_method", "normalization_function"],
    ...["time_step_floor", "time_step_max", "time_step_min", "time_step_rank"],
  ],
} as const satisfies Partial<ConfigTable>;

/** The number of a key in a file; the fallback if it is absent or null. */
export type NumberAt = (key: string, fallback: number) => number;

/** A file's values with the size of heads that "auto" stands for: an equal part of `width` numbers. */
export function withMambaHeadSize(values: Values, width: (numberAt: NumberAt) => number): Values {
  if ((values.get("mamba_d_head") ?? "auto") !== "auto") return values;
  const numberAt: NumberAt = (key, fallback) => Number(values.get(key) ?? fallback);
  return new Map([...values, ["mamba_d_head", width(numberAt) / numberAt("mamba_n_heads", 128)]]);
}

/** The weights of the layers that have them. */
export function mambaRows(place: Pick<TensorRow, "inLayers"> = {}): {
  readonly tensors: readonly TensorRow[];
  readonly linears: readonly LinearRow[];
} {
  const of = (name: string) => `layers.{n}.mamba.${name}`;
  const byHead = (name: string) => parameterRow(of(name), ({ memoryHeads }) => [memoryHeads], place);
  return {
    tensors: [
      ...["dt_bias", "A_log", "D"].map(byHead),
      parameterRow(of("conv1d.weight"), (config) => [convolved(config), 1, config.convKernelSize], place),
      parameterRow(of("conv1d.bias"), (config) => [convolved(config)], {
        ...place,
        when: ({ switches }) => switches.convBias,
      }),
      parameterRow(of("norm.weight"), ({ memoryHeads, memoryValueSize }) => [memoryHeads * memoryValueSize], {
        ...place,
        when: ({ switches }) => switches.memoryNorm,
      }),
    ],
    linears: linearRows({ bias: false, layout: "out-in", ...place }, [
      [of("in_proj"), "hidden", "memory-inputs-gates-and-steps"],
      [of("out_proj"), "memory-values", "hidden"],
    ]),
  };
}

/** x, B and C. */
function convolved({ memoryKeyHeads, memoryKeySize, memoryHeads, memoryValueSize }: ConfigValues): number {
  return memoryHeads * memoryValueSize + 2 * memoryKeyHeads * memoryKeySize;
}
