// Raw parameters with A and B (PEFT's `target_parameters`).

import { adaptParameter } from "../adapted/adapted-parameter.ts";
import type { PlannedRawParameter } from "../planned/planned-parts.ts";
import type { PartKind } from "./part-kind.ts";
import { planRawParameters, unmatchedParameters } from "./plan-raw-parameters.ts";
import { matrixLines } from "./table-lines.ts";

export const rawParameterKind: PartKind<PlannedRawParameter> = {
  part: "raw-parameter",
  plan: ({ model, config, adapted }) =>
    planRawParameters(model, config, new Set((adapted ?? []).map(({ path }) => path))),
  warnings: ({ model, config }) => unmatchedParameters(model, config),
  tensors: ({ fileShapes }) => [...fileShapes],
  describe: matrixLines,
  hookPoints: ({ path }) => ({ sites: [], parameters: [path] }),
  build: (planned, maker) => {
    const parameter = maker.hookPoints.parameter(planned.path);
    return adaptParameter(planned, parameter, maker.values.parameterLora(planned, maker.nameOf(planned.path)));
  },
};
