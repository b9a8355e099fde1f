// Weights that an adapter replaces completely: modules to save, biases, base weights from a file.

import { type OverriddenParameter, overrideParameter } from "../adapted/overridden-parameter.ts";
import type { Tying } from "../hosts/tie-modules.ts";
import { type PlannedParameter, partsOf } from "../planned/planned-parts.ts";
import type { PartKind, PlanningTask } from "./part-kind.ts";
import type { PartMaker } from "./part-maker.ts";
import { countWrappers } from "./plan-raw-parameters.ts";
import { planSavedParameters } from "./saved-parameters.ts";
import { wholeLines } from "./table-lines.ts";

export const wholeParameterKind: PartKind<PlannedParameter> = {
  part: "whole-parameter",
  plan: planAll,
  tensors: ({ key, tiedParameters = [], fileShape }) =>
    [key, ...tiedParameters.flatMap((one) => one.key ?? [])].map((one) => [one, fileShape] as const),
  describe: wholeLines,
  hookPoints: ({ path, tiedParameters = [] }) => ({
    sites: [],
    parameters: [path, ...tiedParameters.map((one) => one.path)],
  }),
  build,
};

function planAll({ model, config, tying, adapted, planned }: PlanningTask): readonly PlannedParameter[] {
  const layers = new Set((adapted ?? []).map(({ path }) => path));
  const rows = partsOf({ parts: planned }, "token-rows");
  const wrappers = {
    loraModules: countWrappers(layers, partsOf({ parts: planned }, "raw-parameter")),
    rows: new Set(rows.flatMap(({ path, tiedModules }) => [path, ...tiedModules])),
  };
  return planSavedParameters(model, config, wrappers).map((one) => followed(one, tying));
}

function followed(planned: PlannedParameter, { kind, embedding, tiedModules }: Tying): PlannedParameter {
  if (kind !== "saved" || planned.path !== `${embedding}.weight`) return planned;
  const paths = tiedModules.map((path) => `${path}.weight`);
  return { ...planned, tiedParameters: paths.map((path) => ({ path, key: path })) };
}

function build(planned: PlannedParameter, maker: PartMaker): OverriddenParameter {
  const { hookPoints, values } = maker;
  const parameter = hookPoints.parameter(planned.path);
  const value = values.parameterCopy(planned, parameter);
  const variable = maker.variable(planned.key, value, planned.reason !== "base-layer");
  const tiedParameters = (planned.tiedParameters ?? []).map(({ path, ...named }) => ({
    ...named,
    parameter: hookPoints.parameter(path),
  }));
  try {
    return overrideParameter(planned, { parameter, tiedParameters }, variable);
  } catch (error) {
    variable.dispose();
    throw error;
  }
}
