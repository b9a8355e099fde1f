// A PEFT adapter folder: its configuration, its modules, and how wide a base must be for it.

import { join } from "node:path";
import { type Adapter, alphaOf, columnsPerStored, pairsIn, rankOf, scalingOf } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import type { Warning } from "@lowrank/contracts";
import { baseFingerprintKey } from "@lowrank/inject";
import { decodeClassNames } from "../rows/class-names.ts";
import { compareNames, inspectSafetensors } from "./inspect-safetensors.ts";
import { type AdaptedModule, type AdapterInspection, totals } from "./inspection.ts";

/** Reads an adapter folder whole; a broken adapter is an error. */
export async function inspectAdapter(path: string): Promise<AdapterInspection> {
  const warnings: Warning[] = [];
  const adapter = await readAdapterFolder(path, { onWarning: (warning) => warnings.push(warning) });
  const { tensors } = await inspectSafetensors(join(path, "adapter_model.safetensors"));
  const { config, metadata } = adapter;
  return {
    kind: "adapter",
    path,
    ...totals(tensors),
    config,
    modules: adaptedModules(adapter),
    metadata,
    baseFingerprint: metadata.get(baseFingerprintKey),
    classes: decodeClassNames(metadata),
    warnings,
  };
}

/**
 * Widths are read off the tensors: A is [rank, in] and B is [out, rank], for an embedding the same with rows as in. Of a
 * variant's A, a file may have fewer columns.
 */
function adaptedModules({ config, tensors }: Adapter): readonly AdaptedModule[] {
  const modules: AdaptedModule[] = [];
  for (const { path, partOfA: part, a, b } of pairsIn(tensors)) {
    modules.push({
      path,
      rank: rankOf(config, path),
      alpha: alphaOf(config, path),
      scaling: scalingOf(config, path),
      inFeatures: columnsPerStored(config, { path, part }) * (a.shape[1] ?? 0),
      outFeatures: b?.shape[0] ?? 0,
    });
  }
  return modules.sort((one, other) => compareNames(one.path, other.path));
}
