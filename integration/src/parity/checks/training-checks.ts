// What a fixture's training leaves: losses on the way, the trained tensors, logits with them.

import { adapterEntries, comparedByKey } from "../fixture/fixture-entries.ts";
import { adapterContext, type ParityCase, valuesInFile } from "../fixture/parity-case.ts";
import type { ParityCheck } from "../fixture/parity-check.ts";
import { compareFinalTensors } from "./final-tensors.ts";
import { firstGradients } from "./first-step.ts";
import { regulariserOf } from "./kasa-checks.ts";
import { logitsCheck, statedLossChecks } from "./selected-logits.ts";
import { hasTraining, trainCase, trajectoryChecks } from "./train-case.ts";
import { settleUnstable } from "./unstable-entries.ts";

type TrainedCase = Pick<ParityCase, "fixture" | "model" | "handle">;

/** Trains as the fixture did and compares what comes of it; nothing where the fixture does not train. */
export async function trainingChecks({ fixture, model, handle }: TrainedCase): Promise<readonly ParityCheck[]> {
  if (!hasTraining(fixture)) return [];
  const first = firstGradients({ fixture, model, handle });
  const run = await trainCase({ fixture, model, handle, regulariser: regulariserOf({ fixture, handle }) });
  const { check, isRandom, drift } = compareFinalTensors(fixture, {
    wanted: adapterEntries(comparedByKey(fixture, "final."), handle),
    actual: (key) => valuesOf(handle, key),
    first,
  });
  await settleUnstable({ fixture, handle }, isRandom);
  return [
    ...trajectoryChecks(fixture, run, { label: "train.losses", tolerance: 1e-5, drift }),
    check,
    logitsCheck({ fixture, model }, "final.logits", adapterContext.adapters),
    ...statedLossChecks({ fixture, model }, "final_loss", adapterContext.adapters),
  ];
}

function valuesOf(handle: TrainedCase["handle"], key: string): Float32Array {
  const variable = handle.variables.get(key);
  return variable === undefined ? new Float32Array() : valuesInFile(handle, key, variable);
}
