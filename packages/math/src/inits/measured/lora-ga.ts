// LoRA-GA: the first step of A and B points in the direction of full fine-tuning: along the gradient of the weight.

import { uniformValues } from "@lowrank/engine/internal";
import { scaleColumns, selectRows, transpose } from "../../linear-algebra/matrix.ts";
import { truncatedSvd } from "../../linear-algebra/truncated-svd.ts";
import type { GradientDirection, GradientScale, Initialization, InitRequest } from "../initialization.ts";
import { checkDirections, checkScaling, subtractedMatrices } from "../subtracted-matrices.ts";
import { measuredOf } from "./eva.ts";

export const loraGaInit: Initialization = {
  name: "lora_ga",
  source: "Wang, Yu & Li 2024 (LoRA-GA), arXiv 2407.05000, with PEFT's scales",
  initialize(request) {
    checkDirections(request, 2);
    const found = truncatedSvd(measuredOf(request, "gradient"), 2 * request.rank); // of [inFeatures, outFeatures]
    const [forA, forB] = directions[request.settings?.direction ?? "ArB2r"](request);
    const strengths = forB.map((index) => found.s[index]!);
    const sizes = scales[request.settings?.scale ?? "stable"](request, strengths[0] ?? 0);
    const a = selectRows(transpose(found.u), forA); // [rank, inFeatures]
    const b = selectRows(transpose(found.v), forB); // [rank, outFeatures]
    const sizesOfB = strengths.map((strength) => strength * sizes.b);
    return subtractedMatrices(
      scaleColumns(
        transpose(a),
        forA.map(() => sizes.a),
      ),
      transpose(scaleColumns(transpose(b), sizesOfB)),
      request,
    );
  },
};

type Choice = readonly [forA: readonly number[], forB: readonly number[]];

const count = (rank: number, from: number, step: number) =>
  Array.from({ length: rank }, (_, index) => from + step * index);

const directions: Readonly<Record<GradientDirection, (request: InitRequest) => Choice>> = {
  ArBr: ({ rank }) => [count(rank, 1, 2), count(rank, 0, 2)],
  A2rBr: ({ rank }) => [count(rank, rank, 1), count(rank, 0, 1)],
  ArB2r: ({ rank }) => [count(rank, 0, 1), count(rank, rank, 1)],
  random: ({ rank, key }) => {
    const draws = uniformValues(2 * rank, { seed: key.seed, path: `${key.path}.directions` });
    const order = count(2 * rank, 0, 1)
      .sort((one, other) => draws[one]! - draws[other]!)
      .slice(0, rank);
    return [order, order];
  },
};

const scales: Readonly<
  Record<GradientScale, (request: InitRequest, strongest: number) => { readonly a: number; readonly b: number }>
> = {
  stable: (request) => ({ a: 1, b: storedRows(request) ** 0.25 / Math.sqrt(request.settings?.stableGamma ?? 16) }),
  weight_svd: ({ weight }, strongest) => ({ a: 1, b: strongest > 0 ? truncatedSvd(weight(), 1).s[0]! / strongest : 1 }),
  gd_scale: (request) => {
    checkScaling(request, request.scaling !== 0);
    return { a: 1 / request.scaling, b: 1 / request.scaling };
  },
  unit: () => ({ a: 1, b: 1 }),
};

/** The paper uses outFeatures. PEFT uses the first axis of the stored weight, which is inFeatures for Conv1D. */
function storedRows({ fanInFanOut = false, inFeatures, outFeatures }: InitRequest): number {
  return fanInFanOut ? inFeatures : outFeatures;
}
