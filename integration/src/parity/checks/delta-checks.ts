// What an adapter adds to each weight, where a fixture tells.

import { partsOf } from "@lowrank/inject";
import type { AdaptedParameter, AdaptedSite } from "@lowrank/inject/internal";
import { parameterDelta, siteKinds } from "@lowrank/math/internal";
import * as tf from "@tensorflow/tfjs-core";
import { numbersOf, type ParityCase } from "../fixture/parity-case.ts";
import { compare, type ParityCheck, worst } from "../fixture/parity-check.ts";

/** `delta.<module>` and `delta.<parameter>`, in torch's layout. */
export async function deltaChecks({
  fixture,
  handle,
}: Pick<ParityCase, "fixture" | "handle">): Promise<readonly ParityCheck[]> {
  const expected = [...fixture.tensors.keys()].flatMap((name) =>
    name.startsWith("delta.") ? [[name.slice("delta.".length), fixture.tensor(name).values] as const] : [],
  );
  if (expected.length === 0) return [];
  const ours = new Map<string, () => tf.Tensor>([
    ...handle.sites.map((adapted) => [adapted.site.path, () => deltaOf(adapted)] as const),
    ...partsOf(handle, "raw-parameter").map((adapted) => [adapted.parameter.path, () => rawDeltaOf(adapted)] as const),
  ]);
  const checks: ParityCheck[] = [];
  for (const [path, values] of expected) {
    const make = ours.get(path);
    const actual = make === undefined ? [] : await numbersOf(make);
    checks.push(compare("deltas", { actual, expected: values }, { tolerance: 1e-5 }));
  }
  return [worst(checks)];
}

function rawDeltaOf({ parameter, lora, scaling }: AdaptedParameter): tf.Tensor {
  const delta = parameterDelta(lora, parameter, scaling);
  return parameter.transposedInFile ? tf.transpose(delta) : delta;
}

function deltaOf({ site, adaptation }: AdaptedSite): tf.Tensor {
  return siteKinds[site.kind].weightLayout(site).toFile(adaptation.delta(1));
}
