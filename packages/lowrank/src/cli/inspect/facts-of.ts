// An inspection as labelled lines for people.

import { variants } from "@lowrank/adapter-format/internal";
import { defaultTargetsOf, type ModelConfig } from "@lowrank/contracts/families";
import { escapeName } from "@lowrank/contracts/internal";
import type { GgufValue } from "@lowrank/gguf/internal";
import type {
  AdapterInspection,
  GgufInspection,
  Inspection,
  ModelInspection,
  SafetensorsInspection,
  TensorFact,
} from "../../inspect/inspection.ts";
import { positionLimit } from "../../open/position-limit.ts";
import { formatBytes, formatCount } from "../terminal/format.ts";
import { groupTensors } from "./group-tensors.ts";

type Facts = readonly (readonly [label: string, value: string])[];

export function factsOf(inspection: Inspection): Facts {
  if (inspection.kind === "adapter") return adapterFacts(inspection);
  if (inspection.kind === "model") return modelFacts(inspection);
  return inspection.kind === "gguf" ? ggufFacts(inspection) : safetensorsFacts(inspection);
}

function adapterFacts(inspection: AdapterInspection): Facts {
  const { config, baseFingerprint, classes } = inspection;
  const { rank, alpha, rankStabilized, dropout, targetModules, modulesToSave, taskType, baseModel } = config;
  const targets = typeof targetModules === "string" ? targetModules : listed(targetModules ?? []);
  return [
    ["base model", escapeName(baseModel ?? "not named")],
    ["task", taskType ?? "not named"],
    ["rank", `${rank}, alpha ${alpha}${rankStabilized ? " (rank-stabilized)" : ""}, dropout ${dropout}`],
    ["targets", escapeName(targets)],
    ...(modulesToSave?.length ? [["saved whole", escapeName(modulesToSave.join(", "))] as const] : []),
    ...variants.map((row) => row.describe?.(config) ?? null).filter((line) => line !== null),
    ["parameters", sizes(inspection)],
    ...fits(inspection),
    ...(baseFingerprint === undefined ? [] : [["made on base", escapeName(baseFingerprint)] as const]),
    ...(classes === undefined ? [] : [["classes", escapeName(classes.join(", "))] as const]),
  ];
}

/** Only the number of target modules if they are whole paths, as in other programs' files: the modules are listed below. */
function listed(targets: readonly string[]): string {
  const [shown, left] = [targets.slice(0, shownTargets).join(", "), targets.length - shownTargets];
  return left > 0 ? `${shown} and ${left} more` : shown;
}

const shownTargets = 8;

function fits({ modules }: AdapterInspection): Facts {
  const facts = modules.map(({ path, inFeatures, outFeatures, rank, scaling }) => ({
    name: path,
    dtype: `rank ${rank}, scaling ${Number(scaling.toPrecision(4))}`,
    shape: [inFeatures, outFeatures],
    bytes: 0,
  }));
  return groupTensors(facts).map(
    ({ name, dtype, shape: [from, to] }) => ["fits", `${escapeName(name)}: ${from} → ${to}, ${dtype}`] as const,
  );
}

function modelFacts(inspection: ModelInspection): Facts {
  const { understood, task, hasTokenizer, metadata } = inspection;
  return [
    ...(understood === undefined ? [] : configFacts(understood, task ?? "unknown task")),
    ["tokenizer", hasTokenizer ? "tokenizer.json" : "none (text needs one)"],
    ["parameters", sizes(inspection)],
    ...metadataFacts(metadata),
  ];
}

function configFacts(config: ModelConfig, task: string): Facts {
  const { modelType, layers, hiddenSize, heads, keyValueHeads, vocabularySize, tiedEmbeddings } = config;
  const limit = positionLimit(config);
  const targets = defaultTargetsOf(modelType);
  const grouped = keyValueHeads === heads ? "" : ` (${keyValueHeads} for keys and values)`;
  return [
    ["type", `${modelType}, ${config.architecture ?? "no architecture named"}, ${task}`],
    ["layers", `${layers}, ${hiddenSize} wide, ${heads} heads${grouped}`],
    ["vocabulary", `${formatCount(vocabularySize)}${tiedEmbeddings ? ", head tied to the input embedding" : ""}`],
    ["positions", Number.isFinite(limit) ? formatCount(limit) : "no limit"],
    ["LoRA targets", targets === null ? "name them" : `${String(targets)} by default`],
  ];
}

function safetensorsFacts({ tensors, parameters, fileBytes, metadata }: SafetensorsInspection): Facts {
  return [
    ["tensors", formatCount(tensors.length)],
    ["types", listDtypes(tensors)],
    ["parameters", formatCount(parameters)],
    ["size", formatBytes(fileBytes)],
    ...metadataFacts(metadata),
  ];
}

function ggufFacts({ version, tensors, parameters, fileBytes, metadata }: GgufInspection): Facts {
  const shown = ([key, value]: readonly [string, GgufValue]) =>
    [escapeName(key), escapeName(shortened(value))] as const;
  return [
    ["version", String(version)],
    ["tensors", `${formatCount(tensors.length)}, ${listDtypes(tensors)}`],
    ["parameters", formatCount(parameters)],
    ["size", formatBytes(fileBytes)],
    ...[...metadata].map(shown),
  ];
}

function metadataFacts(metadata: ReadonlyMap<string, string>): Facts {
  return [...metadata].map(([key, value]) => [`metadata ${escapeName(key)}`, escapeName(value.slice(0, 80))] as const);
}

function sizes({ parameters, bytes, tensors }: Inspection): string {
  return `${formatCount(parameters)} (${formatBytes(bytes)}, ${listDtypes(tensors)})`;
}

/** "F32 (12), BF16 (3)": the types in use, most frequent first. */
function listDtypes(tensors: readonly TensorFact[]): string {
  const counts = new Map<string, number>();
  for (const { dtype } of tensors) counts.set(dtype, (counts.get(dtype) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return sorted.map(([dtype, count]) => `${dtype} (${count})`).join(", ") || "none";
}

export function jsonOf(inspection: Inspection): Readonly<Record<string, unknown>> {
  const { kind, path, parameters, bytes, tensors, warnings } = inspection;
  return {
    kind,
    path,
    parameters,
    ...(kind === "adapter" ? {} : { bytes }),
    ...ownFacts(inspection),
    tensors: tensors.map(({ name, dtype, shape }) => ({ name, dtype, shape })),
    warnings: warnings.map(({ code, message }) => ({ code, message })),
  };
}

function ownFacts(inspection: Inspection): Readonly<Record<string, unknown>> {
  if (inspection.kind === "gguf") {
    const metadata = [...inspection.metadata].map(([key, value]) => [key, shortened(value)] as const);
    return { version: inspection.version, metadata: Object.fromEntries(metadata) };
  }
  const metadata = Object.fromEntries(inspection.metadata);
  if (inspection.kind === "safetensors") return { metadata };
  if (inspection.kind === "model") {
    return { isSupported: inspection.understood !== undefined, config: inspection.config, metadata };
  }
  const { config, modules, format } = inspection;
  const { rankPattern, alphaPattern } = config;
  const patterns = {
    rankPattern: Object.fromEntries(rankPattern),
    alphaPattern: Object.fromEntries(alphaPattern),
  };
  return { format, config: { ...config, ...patterns }, modules, metadata };
}

/** A value in 60 characters at most. */
function shortened(value: GgufValue): string {
  if (typeof value === "object" && value !== null && "length" in value) return `${formatCount(value.length)} values`;
  const text = String(value).replaceAll("\n", " ");
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}
