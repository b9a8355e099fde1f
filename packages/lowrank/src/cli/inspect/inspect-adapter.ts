// A PEFT adapter folder: its configuration, its modules, and how wide a base must be for it.

import { join } from "node:path";
import { type Adapter, alphaOf, columnsPerStored, pairsIn, rankOf, scalingOf, variants } from "@lowrank/adapter-format";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { escapeName, type Warning } from "@lowrank/contracts";
import { baseFingerprintKey } from "@lowrank/inject";
import { decodeClassNames } from "../../rows/class-names.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { groupTensors } from "./group-tensors.ts";
import { inspectSafetensors } from "./inspect-safetensors.ts";
import { countParameters, type Inspection, listDtypes } from "./inspection.ts";

/** One module that the adapter changes. */
interface AdaptedModule {
  readonly path: string;
  readonly rank: number;
  readonly alpha: number;
  readonly scaling: number;
  readonly inFeatures: number;
  readonly outFeatures: number;
}

/** Reads an adapter folder whole; a broken adapter is an error. */
export async function inspectAdapter(path: string): Promise<Inspection> {
  const warnings: Warning[] = [];
  const adapter = await readAdapterFolder(path, { onWarning: (warning) => warnings.push(warning) });
  const { tensors } = await inspectSafetensors(join(path, "adapter_model.safetensors"));
  const modules = adaptedModules(adapter);
  const parameters = countParameters(tensors);
  const bytes = tensors.reduce((sum, tensor) => sum + tensor.bytes, 0);
  return {
    kind: "adapter",
    path,
    facts: [
      ...configFacts(adapter),
      ["parameters", `${formatCount(parameters)} (${formatBytes(bytes)}, ${listDtypes(tensors)})`],
      ...fitFacts(adapter, modules),
    ],
    tensors,
    details: { parameters, config: configDetails(adapter), modules, metadata: Object.fromEntries(adapter.metadata) },
    warnings,
  };
}

function configFacts({ config }: Adapter): (readonly [string, string])[] {
  const { rank, alpha, rankStabilized, dropout, targetModules, modulesToSave, taskType, baseModel } = config;
  const targets = typeof targetModules === "string" ? targetModules : (targetModules ?? []).join(", ");
  return [
    ["base model", escapeName(baseModel ?? "not named")],
    ["task", taskType ?? "not named"],
    ["rank", `${rank}, alpha ${alpha}${rankStabilized ? " (rank-stabilised)" : ""}, dropout ${dropout}`],
    ["targets", escapeName(targets)],
    ...(modulesToSave?.length ? [["saved whole", escapeName(modulesToSave.join(", "))] as const] : []),
    ...variants.map((row) => row.describe?.(config) ?? null).filter((line) => line !== null),
  ];
}

function fitFacts(adapter: Adapter, modules: readonly AdaptedModule[]): (readonly [string, string])[] {
  const facts = modules.map(({ path, inFeatures, outFeatures, rank, scaling }) => ({
    name: path,
    dtype: `rank ${rank}, scaling ${Number(scaling.toPrecision(4))}`,
    shape: [inFeatures, outFeatures],
    bytes: 0,
  }));
  const lines = groupTensors(facts).map(
    ({ name, dtype, shape: [from, to] }) => ["fits", `${escapeName(name)}: ${from} → ${to}, ${dtype}`] as const,
  );
  const fingerprint = adapter.metadata.get(baseFingerprintKey);
  const classes = decodeClassNames(adapter.metadata);
  return [
    ...lines,
    ...(fingerprint === undefined ? [] : [["made on base", escapeName(fingerprint)] as const]),
    ...(classes === undefined ? [] : [["classes", escapeName(classes.join(", "))] as const]),
  ];
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
  return modules.sort((one, other) => one.path.localeCompare(other.path, "en", { numeric: true }));
}

function configDetails({ config }: Adapter): Record<string, unknown> {
  return {
    ...config,
    rankPattern: Object.fromEntries(config.rankPattern),
    alphaPattern: Object.fromEntries(config.alphaPattern),
  };
}
