// What a fixture's training leaves: losses on the way, the trained tensors, logits with them.

import { adapterEntries, comparedByKey } from "../fixture/fixture-entries.ts";
import { adapterContext, type ParityCase, valuesInFile } from "../fixture/parity-case.ts";
import type { ParityCheck } from "../fixture/parity-check.ts";
import { compareFinalTensors } from "./final-tensors.ts";
import { firstGradients } from "./first-step.ts";
import { regularizerOf } from "./kasa-checks.ts";
import { logitsCheck, statedLossChecks } from "./selected-logits.ts";
import { hasTraining, trainCase, trajectoryChecks } from "./train-case.ts";
import { settleUnstable } from "./unstable-entries.ts";

type TrainedCase = Pick<ParityCase, "fixture" | "model" | "handle">;

/** Trains as the fixture did and compares what comes of it; nothing where the fixture does not train. */
export async function trainingChecks({ fixture, model, handle }: TrainedCase): Promise<readonly ParityCheck[]> {
  if (!hasTraining(fixture)) return [];
  const first = await firstGradients({ fixture, model, handle });
  const run = await trainCase({ fixture, model, handle, regularizer: regularizerOf({ fixture, handle }) });
  const wanted = adapterEntries(comparedByKey(fixture, "final."), handle);
  const found = new Map<string, Float32Array>();
  for (const [key, variable] of handle.variables) found.set(key, await valuesInFile(handle, key, variable));
  const { check, isRandom, drift } = compareFinalTensors(fixture, {
    wanted,
    first,
    actual: (key) => found.get(key) ?? [],
  });
  await settleUnstable({ fixture, handle }, isRandom);
  return [
    ...trajectoryChecks(fixture, run, { label: "train.losses", tolerance: 1e-5, drift }),
    check,
    await logitsCheck({ fixture, model }, "final.logits", adapterContext.adapters),
    ...(await statedLossChecks({ fixture, model }, "final_loss", adapterContext.adapters)),
  ];
}
