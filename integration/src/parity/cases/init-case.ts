// Fixtures of initializations: what PEFT subtracts from the base and puts into A and B, and how it converts the trained
// adapter to one for the unchanged base.

import { existsSync } from "node:fs";
import type { Adapter } from "@lowrank/adapter-format";
import { initOf, loraKeys } from "@lowrank/adapter-format/internal";
import { readAdapterFolder } from "@lowrank/adapter-format/node";
import type { ForwardContext } from "@lowrank/contracts";
import { type AdapterHandle, attachAdapter, injectAdapter, planInjection } from "@lowrank/inject";
import { createMatrix, lowRankDelta, type Matrix, multiply, transpose } from "@lowrank/math";
import { initializationOf } from "@lowrank/math/internal";
import { loadModel, type PretrainedModel } from "@lowrank/models";
import { openFolder } from "@lowrank/models/node";
import type { Fixture } from "@lowrank/testing";
import { compareFinalTensors } from "../checks/final-tensors.ts";
import { firstGradients } from "../checks/first-step.ts";
import { factorChecks, matrixIn, measuredAsPeft, measuredTolerance } from "../checks/measured-init.ts";
import { statedLossChecks } from "../checks/selected-logits.ts";
import { hasTraining, trainCase, trajectoryChecks } from "../checks/train-case.ts";
import { comparedByKey } from "../fixture/fixture-entries.ts";
import {
  adapterContext,
  baseContext,
  disposeInputs,
  inputsOf,
  logitsOf,
  paddingFilter,
} from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

/** Whether a fixture is about how an adapter starts. */
export function hasStart({ folder }: Fixture): boolean {
  return existsSync(`${folder}/base_residual`);
}

/** Compares PEFT's new adapter and changed base with ours on the original base. */
export async function initChecks(fixture: Fixture): Promise<readonly ParityCheck[]> {
  const adapter = await readAdapterFolder(`${fixture.folder}/adapter`);
  return [
    ...(await withModel(fixture, "base_residual", (model) => residualChecks(fixture, model, adapter))),
    ...(await withModel(fixture, "base", (model) => ownChecks(fixture, model, adapter))),
    ...(await withModel(fixture, "base", (model) => convertedChecks(fixture, model))),
  ];
}

async function withModel(
  { folder }: Fixture,
  base: string,
  check: (model: PretrainedModel) => Promise<readonly ParityCheck[]>,
): Promise<readonly ParityCheck[]> {
  const model = await loadModel(openFolder(`${folder}/${base}`));
  try {
    return await check(model);
  } finally {
    model.dispose();
  }
}

/** PEFT's adapter is plain LoRA on the residual base. */
async function residualChecks(fixture: Fixture, model: PretrainedModel, adapter: Adapter) {
  const handle = attachAdapter(model, adapter, { trainable: true });
  try {
    const checks = [
      await logitsCheck(fixture, { model, what: "fresh.logits", label: "residual.logits" }),
      ...(await pairChecks(fixture, { handle, label: "residual delta", tolerance: 1e-5 })),
    ];
    if (!hasTraining(fixture)) return checks;
    const final = comparedByKey(fixture, "final.");
    // MiCA trains A only, which the configuration of a new adapter does not contain.
    const variables = new Map([...handle.variables].filter(([key]) => final.has(key)));
    const first = await firstGradients({ fixture, model, handle });
    const run = await trainCase({ fixture, model, handle: { variables } });
    const { tensors } = await handle.toAdapter();
    const trained = compareFinalTensors(fixture, {
      wanted: final,
      actual: (key) => tensors.get(key)?.values ?? [],
      first,
    });
    return [
      ...checks,
      ...trajectoryChecks(fixture, run, { label: "train.losses", tolerance: 1e-5, drift: trained.drift }),
      trained.check,
      await logitsCheck(fixture, { model, what: "final.logits", label: "final.logits" }),
      ...(await statedLossChecks({ fixture, model }, "final_loss", adapterContext.adapters)),
    ];
  } finally {
    handle.dispose();
  }
}

/** The same start made here, on the base as it is; trained, and written as a plain adapter. */
async function ownChecks(fixture: Fixture, model: PretrainedModel, adapter: Adapter) {
  const base = await logitsCheck(fixture, { model, what: "base.logits", label: "base.logits", context: baseContext });
  const init = statedInit(fixture);
  const plan = planInjection(model, { ...adapter.config, init });
  const { measures } = initOf({ init });
  const measured = measures && (await measuredAsPeft(fixture, { model, plan, needs: measures }));
  const bases = [base, ...(await statedLossChecks({ fixture, model }, "base_loss", baseContext.adapters))];
  // What PEFT measured is not in every fixture: then nothing can be started here.
  if (measures !== undefined && measured === undefined) return bases;
  const handle = injectAdapter(model, plan, { seed: 0, ...(measured && { measured }) });
  try {
    const checks = [...bases, await logitsCheck(fixture, { model, what: "fresh.logits", label: "fresh.logits" })];
    if (measured !== undefined)
      checks.push(...(await withModel(fixture, "base_residual", async (left) => factorChecks(handle, adapter, left))));
    // The signs of LoRA-GA's A and B have nothing to do with each other: products differ.
    if (measures === "gradient") return checks;
    // PEFT draws from another generator: there is nothing to compare but that the model is left as it was.
    if (initializationOf(init).isDrawn) return checks;
    // PEFT decomposes in float32: its own error grows with the matrix.
    const tolerance = measured === undefined ? 1e-5 : measuredTolerance;
    checks.push(...(await pairChecks(fixture, { handle, label: "delta", tolerance })));
    if (!hasTraining(fixture)) return checks;
    const run = await trainCase({ fixture, model, handle });
    // Steps from our own decomposition, not PEFT's in float32, begin a rounding apart and move further with each step.
    const losses = trajectoryChecks(fixture, run, { label: "own losses", tolerance: 2e-5 });
    const trained = [losses[0]!, await productsCheck(fixture, handle, adapter)];
    if (!fixture.tensors.has("converted.logits")) return [...checks, ...trained];
    const plain = await handle.toAdapter();
    handle.detach();
    const again = attachAdapter(model, plain);
    const logits = await logitsCheck(fixture, {
      model,
      what: "converted.logits",
      label: "own converted",
      tolerance: 5e-4,
    });
    again.dispose();
    return [...checks, ...trained, logits];
  } finally {
    handle.dispose();
  }
}

/** PEFT's conversion is plain LoRA on the base. */
async function convertedChecks(fixture: Fixture, model: PretrainedModel): Promise<readonly ParityCheck[]> {
  const folder = `${fixture.folder}/adapter_converted`;
  if (!existsSync(folder)) return [];
  const handle = attachAdapter(model, await readAdapterFolder(folder));
  try {
    return [await logitsCheck(fixture, { model, what: "converted.logits", label: "converted.logits" })];
  } finally {
    handle.dispose();
  }
}

/** The fixture names its initialization in its description alone. */
function statedInit({ expected }: Fixture): boolean | string {
  const match = /init_lora_weights=(?:'([^']+)'|(True|False))/.exec(String(expected.description));
  if (!match) throw new Error("The fixture's description names no init_lora_weights.");
  return match[1] ?? match[2] === "True";
}

async function logitsCheck(
  fixture: Fixture,
  options: {
    readonly model: PretrainedModel;
    readonly what: string;
    readonly label: string;
    readonly context?: ForwardContext;
    readonly tolerance?: number;
  },
): Promise<ParityCheck> {
  const { model, what, label, context = adapterContext, tolerance = 1e-4 } = options;
  const inputs = inputsOf(fixture);
  const expected = fixture.tensor(what);
  const actual = await logitsOf(model, inputs, context);
  disposeInputs(inputs);
  const skip = paddingFilter(fixture, expected);
  return compare(label, { actual, expected: expected.values }, { tolerance, skip });
}

/** The initial A and B, in the weight's layout; nothing if the fixture does not have them. */
async function pairChecks(
  fixture: Fixture,
  { handle, label, tolerance }: { readonly handle: AdapterHandle; readonly label: string; readonly tolerance: number },
): Promise<readonly ParityCheck[]> {
  if (![...fixture.tensors.keys()].some((name) => name.startsWith("delta."))) return [];
  const checks = handle.sites.map(async ({ site, lora, scaling }) => {
    const delta = lowRankDelta(lora.a, lora.b, scaling);
    const matrix = await matrixIn(delta); // [inFeatures, outFeatures]
    delta.dispose();
    const actual = (site.fanInFanOut ? matrix : transpose(matrix)).values;
    const expected = fixture.tensor(`delta.${site.path}`).values;
    return compare(label, { actual, expected }, { tolerance });
  });
  return [worst(await Promise.all(checks))];
}

/** Factors are unique up to sign only; products are compared. */
async function productsCheck(fixture: Fixture, handle: AdapterHandle, fresh: Adapter): Promise<ParityCheck> {
  const final = comparedByKey(fixture, "final.");
  const checks = handle.sites.map(async ({ site, lora }) => {
    const { a, b } = loraKeys(site.path);
    // Untrained tensors (MiCA's B) are in the new adapter only.
    const [down, up] = [a, b].map((key) => matrixOf((final.get(key) ?? fresh.tensors.get(key))!));
    const expected = multiply(up!, down!); // [outFeatures, inFeatures]
    const actual = transpose(multiply(await matrixIn(lora.a), await matrixIn(lora.b)));
    const numbers = { actual: actual.values, expected: expected.values };
    // Each factor may differ by 2e-5; the products are sums over the rank of larger numbers.
    return compare("final products", numbers, { tolerance: 5e-4, isRelative: true });
  });
  return worst(await Promise.all(checks));
}

function matrixOf({ shape, values }: { readonly shape: readonly number[]; readonly values: Float32Array }): Matrix {
  return createMatrix(shape[0] ?? 0, shape[1] ?? 0, values);
}
