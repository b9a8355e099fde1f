// A training state as two files: tensors in safetensors, the rest in JSON. Without disk access, so that browsers can use it too.

import { parseJson } from "@lowrank/contracts/internal";
import {
  bytesSource,
  float32Tensor,
  openSafetensors,
  serializeSafetensors,
  type TensorData,
} from "@lowrank/safetensors";
import { checkpointError } from "../errors.ts";
import type { MeanName, Moments } from "../optimizer/rules/rule.ts";
import { ruleOf } from "../optimizer/rules/rules.ts";
import { isStateFacts, type StateFacts } from "./state-facts.ts";
import type { NamedValues, TrainingState } from "./training-state.ts";

/** Names of the two files. */
export const stateFileNames = { tensors: "state.safetensors", facts: "trainer.json" } as const;

/** Settings of runs that were saved before these options existed. */
const oldSettings = { optimizer: "adamw", momentum: 0, scheduleShape: {} } as const;

/** The contents of the two files. */
export interface StateFiles {
  readonly tensors: Uint8Array;
  readonly facts: string;
}

const meanNames: readonly MeanName[] = ["first", "second", "rows", "columns"];
const kinds = ["variables", "best", "start", ...meanNames] as const;

/**
 * A training state as files; the same state gives the same bytes.
 *
 * @example
 * ```ts
 * import { parseState, serializeState, type TrainingState } from "@lowrank/trainer";
 *
 * async function copyOf(state: TrainingState): Promise<TrainingState> {
 *   return parseState(serializeState(state));
 * }
 * ```
 */
export function serializeState(state: TrainingState): StateFiles {
  const tensors = new Map<string, TensorData>();
  const updates: (readonly [string, number])[] = [];
  for (const [name, { shape, values }] of state.variables) {
    tensors.set(`variables/${name}`, float32Tensor(shape, values));
    const copies = { best: state.bestVariables, start: state.startVariables };
    for (const [kind, copy] of Object.entries(copies)) {
      const saved = copy?.get(name);
      if (saved !== undefined) tensors.set(`${kind}/${name}`, float32Tensor(saved.shape, saved.values));
    }
    const moments = state.moments.get(name);
    if (moments === undefined) continue;
    for (const kind of meanNames) {
      const mean = moments[kind];
      if (mean === undefined) continue;
      tensors.set(`${kind}/${name}`, float32Tensor(mean.length === values.length ? shape : [mean.length], mean));
    }
    updates.push([name, moments.updates]);
  }
  const { variables: _, bestVariables: __, startVariables: ___, moments: ____, ...rest } = state;
  const facts: StateFacts = { format: "lowrank-training-state", ...rest, updates };
  return { tensors: serializeSafetensors(tensors), facts: `${JSON.stringify(facts, null, 2)}\n` };
}

/** Reads the state; throws CHECKPOINT_INVALID, with `name`, if the files are damaged or incomplete. */
export async function parseState(files: StateFiles, name = "checkpoint"): Promise<TrainingState> {
  const facts = parseFacts(files.facts, name);
  const file = await openSafetensors(bytesSource(files.tensors, stateFileNames.tensors)).catch((cause: unknown) => {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw checkpointError(name, `${stateFileNames.tensors} is damaged: ${reason}`, { cause });
  });
  const parts = new Map(kinds.map((kind) => [kind, new Map<string, NamedValues>()]));
  for (const [key, { shape, dtype }] of file.tensors) {
    const slash = key.indexOf("/");
    const part = parts.get(key.slice(0, slash) as (typeof kinds)[number]);
    if (part === undefined || dtype !== "F32") throw checkpointError(name, `it holds the unknown tensor "${key}".`);
    const values = await file.readFloat32(key);
    if (!values.every(Number.isFinite)) throw checkpointError(name, `"${key}" holds values that are not finite.`);
    part.set(key.slice(slash + 1), { shape, values });
  }
  const variables = parts.get("variables") ?? new Map<string, NamedValues>();
  const moments = new Map<string, Moments>();
  const settings = { ...oldSettings, ...facts.settings };
  const rule = ruleOf(settings.optimizer);
  for (const [variable, count] of facts.updates) {
    const shape = variables.get(variable)?.shape;
    const means = (shape === undefined ? [] : rule.means(shape, settings)).map(([kind, size]) => {
      const values = parts.get(kind)?.get(variable)?.values;
      return values?.length === size ? ([kind, values] as const) : undefined;
    });
    if (shape === undefined || means.includes(undefined))
      throw checkpointError(name, `the optimizer's state of "${variable}" is missing or of another size.`);
    const presentMeans = means.filter((mean) => mean !== undefined);
    moments.set(variable, { ...Object.fromEntries(presentMeans), updates: count });
  }
  const { format: _, updates: __, ...rest } = facts;
  const copies: { -readonly [name in "bestVariables" | "startVariables"]?: TrainingState["variables"] } = {};
  for (const kind of ["best", "start"] as const) {
    const copy = parts.get(kind) ?? new Map<string, NamedValues>();
    if (copy.size === 0) continue;
    for (const variable of new Set([...variables.keys(), ...copy.keys()])) {
      if (copy.get(variable)?.shape.join() === variables.get(variable)?.shape.join()) continue;
      throw checkpointError(name, `"${kind}/${variable}" is missing or of another shape.`);
    }
    copies[`${kind}Variables`] = copy;
  }
  return { ...rest, settings, variables, moments, ...copies };
}

function parseFacts(json: string, name: string): StateFacts {
  const facts = parseJson(json, {
    refuse: (reason, cause) => checkpointError(name, `${stateFileNames.facts} ${reason}.`, { cause }),
  });
  if (isStateFacts(facts)) return facts;
  const version = typeof facts === "object" && facts !== null && "version" in facts ? facts.version : undefined;
  const isNewer = typeof version === "number" && version > 2;
  const reason = isNewer
    ? `it has version ${version}; this program reads versions 1 and 2`
    : "it is not a training state of this program";
  throw checkpointError(name, `${stateFileNames.facts}: ${reason}.`);
}
