// Fixtures with several adapters on one base: each alone, sums, the base beside them, a batch with an adapter for each row,
// merges of sums, one swapped for another, and what is left when one is deleted.

import { existsSync, readdirSync } from "node:fs";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import { activeAdapters, adapterRows, type ForwardContext, inferenceContext } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter, hotSwap } from "@lowrank/inject";
import { mergeAdapter } from "@lowrank/merge";
import type { Fixture } from "@lowrank/testing";
import * as tf from "@tensorflow/tfjs-core";
import { baseContext, disposeInputs, inputsOf, logitsOf, paddingFilter } from "./parity-case.ts";
import { compare, type ParityCheck } from "./parity-check.ts";
import { loadParityModel, type ParityInputs, type ParityModel } from "./parity-model.ts";

interface Loaded {
  readonly fixture: Fixture;
  readonly model: ParityModel;
  readonly handles: ReadonlyMap<string, AdapterHandle>;
}

/** Whether a fixture has several adapters. */
export function hasAdapters({ folder }: Fixture): boolean {
  return existsSync(`${folder}/adapters`);
}

/** Everything that the fixture names. */
export async function adaptersChecks(fixture: Fixture): Promise<readonly ParityCheck[]> {
  const model = await loadParityModel(`${fixture.folder}/base`);
  const handles = new Map<string, AdapterHandle>();
  try {
    for (const name of adapterNames(fixture))
      handles.set(name, attachAdapter(model, await readAdapterFolder(adapterFolder(fixture, name)), { name }));
    const loaded = { fixture, model, handles };
    return [
      ...logitsChecks(loaded),
      ...lossChecks(loaded),
      ...mixedChecks(loaded),
      ...(await mergedChecks(loaded)),
      ...(await swappedChecks(loaded)),
      ...deletedChecks(loaded),
    ];
  } finally {
    for (const handle of handles.values()) handle.dispose();
    model.dispose();
  }
}

function adapterNames({ folder }: Fixture): readonly string[] {
  const entries = readdirSync(`${folder}/adapters`, { withFileTypes: true });
  const named = entries.flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  return [...named, ...(existsSync(`${folder}/adapters/adapter_config.json`) ? ["default"] : [])].sort();
}

/** PEFT saves an adapter in a folder of its name, but "default" beside the others' folders. */
function adapterFolder({ folder }: Fixture, name: string): string {
  const own = `${folder}/adapters/${name}`;
  return name === "default" && !existsSync(own) ? `${folder}/adapters` : own;
}

/** Names of a sum "a+b" of adapters, or null if the text is none. */
function summands({ handles }: Loaded, text: string): readonly string[] | null {
  const names = text.split("+");
  return names.every((name) => handles.has(name)) ? names : null;
}

function logitsChecks(loaded: Loaded): readonly ParityCheck[] {
  const { fixture } = loaded;
  return [...fixture.tensors.keys()].flatMap((key) => {
    const what = /^(.+)\.logits$/.exec(key)?.[1];
    if (what === undefined) return [];
    const names = what === "base" ? [] : summands(loaded, what);
    return names === null ? [] : [logitsCheck(loaded, key, inferenceContext(activeAdapters(...names)))];
  });
}

function lossChecks(loaded: Loaded): readonly ParityCheck[] {
  const { fixture, model } = loaded;
  const losses = Object.entries((fixture.expected.losses ?? {}) as Readonly<Record<string, number>>);
  const inputs = inputsOf(fixture);
  const checks = losses.map(([name, expected]) => {
    const context = inferenceContext(activeAdapters(...(summands(loaded, name) ?? [name])));
    const actual = tf.tidy(() => model.loss(inputs, context).dataSync());
    return compare(`${name} loss`, { actual, expected: [expected] }, { tolerance: 1e-5 });
  });
  disposeInputs(inputs);
  return checks;
}

/** PEFT calls the base "__base__" in a mixed batch. */
function mixedChecks(loaded: Loaded): readonly ParityCheck[] {
  const { fixture } = loaded;
  if (!fixture.tensors.has("mixed.logits")) return [];
  const given = fixture.expected.mixed_adapter_names as readonly string[];
  const names = given.map((name) => (name === "__base__" ? null : name));
  const read = (name: string) => {
    const { shape, values } = fixture.tensor(name);
    const [rows = 0, time = 0] = shape;
    return tf.tensor2d(Int32Array.from(values), [rows, time], "int32");
  };
  const ids = read("mixed.input_ids");
  const isMasked = fixture.tensors.has("mixed.attention_mask");
  const inputs: ParityInputs = {
    inputIds: ids,
    labels: ids,
    ...(isMasked && { attentionMask: read("mixed.attention_mask") }),
  };
  const actual = logitsOf(loaded.model, inputs, inferenceContext(adapterRows(names)));
  disposeInputs(inputs);
  const expected = fixture.tensor("mixed.logits");
  const skip = paddingFilter(fixture, expected, "mixed.attention_mask");
  return [compare("mixed.logits", { actual, expected: expected.values }, { tolerance: 1e-4, skip })];
}

async function mergedChecks(loaded: Loaded): Promise<readonly ParityCheck[]> {
  const checks: ParityCheck[] = [];
  for (const key of loaded.fixture.tensors.keys()) {
    const names = summands(loaded, /^merged_(.+)\.logits$/.exec(key)?.[1] ?? "");
    if (names === null) continue;
    const handles = names.map((name) => loaded.handles.get(name)!);
    const merged = await mergeAdapter(loaded.model, handles, { tied: "untie" });
    checks.push(logitsCheck(loaded, key, baseContext));
    merged.undo();
    checks.push(logitsCheck(loaded, "base.logits", baseContext));
  }
  return checks;
}

/** The last adapter's file in the first one's place; then the first one's again. */
async function swappedChecks(loaded: Loaded): Promise<readonly ParityCheck[]> {
  const { fixture, handles } = loaded;
  if (!fixture.tensors.has("swapped.logits")) return [];
  const [slot = "", ...others] = [...handles.keys()];
  const context = inferenceContext(activeAdapters(slot));
  const read = (name: string) => readAdapterFolder(adapterFolder(fixture, name));
  hotSwap(handles.get(slot)!, await read(others.at(-1) ?? slot));
  const swapped = logitsCheck(loaded, "swapped.logits", context);
  hotSwap(handles.get(slot)!, await read(slot));
  return [swapped, logitsCheck(loaded, `${slot}.logits`, context)];
}

/** Once the first adapter is gone, the others compute what they did. */
function deletedChecks(loaded: Loaded): readonly ParityCheck[] {
  const [first = "", ...others] = [...loaded.handles.keys()];
  loaded.handles.get(first)?.dispose();
  return others.map((name) => logitsCheck(loaded, `${name}.logits`, inferenceContext(activeAdapters(name))));
}

function logitsCheck({ fixture, model }: Loaded, what: string, context: ForwardContext): ParityCheck {
  const inputs = inputsOf(fixture);
  const expected = fixture.tensor(what);
  const actual = logitsOf(model, inputs, context);
  disposeInputs(inputs);
  return compare(
    what,
    { actual, expected: expected.values },
    { tolerance: 1e-4, skip: paddingFilter(fixture, expected) },
  );
}
