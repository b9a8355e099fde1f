// Selects raw parameters for A and B (PEFT's `target_parameters`).

import { type LoraConfig, scalingOf } from "@lowrank/adapter-format";
import { alphaOf, drawsBothMatrices, loraKeys, nothingMatchedError, rankOf } from "@lowrank/adapter-format/internal";
import { type AdaptableModel, type LowrankError, listed, type Warning } from "@lowrank/contracts";
import type { ParameterRef } from "@lowrank/contracts/internal";
import { layerKinds, rawMatrixSizes } from "@lowrank/math/internal";
import { UnsupportedSiteError } from "../errors/errors.ts";
import { nearestPaths } from "../errors/nearest-names.ts";
import type { PlannedRawParameter } from "../planned/planned-parts.ts";
import { variantsOf } from "../variants/variants.ts";

/**
 * One entry for each parameter that a name matches: its full path, or the end of it after a dot. `adapted`: paths of layers with
 * their own A and B.
 *
 * @throws UnsupportedSiteError; NOTHING_MATCHED if no name matches a parameter and no layer is adapted
 */
export function planRawParameters(
  model: AdaptableModel,
  config: LoraConfig,
  adapted: ReadonlySet<string>,
): readonly PlannedRawParameter[] {
  const names = config.targetParameters ?? [];
  if (names.length === 0) return [];
  const matches = matchRawParameters(model, config);
  if (matches.length === 0 && adapted.size === 0) throw nothingMatched(names, model.parameters());
  const matched = matches.map(({ parameter }) => parameter);
  checkSupported(matched, config, adapted);
  return matches.map(({ parameter, keys }) => planParameter(parameter, keys, config));
}

/** The parameters that `target_parameters` names, with the keys of their A and B. */
export function matchRawParameters(
  model: AdaptableModel,
  { targetParameters }: Pick<LoraConfig, "targetParameters">,
): readonly { readonly parameter: ParameterRef; readonly keys: PlannedRawParameter["keys"] }[] {
  const names = targetParameters ?? [];
  if (names.length === 0) return [];
  const matched = model.parameters().filter(({ path }) => names.some((name) => isMeant(path, name)));
  return matched.map((parameter) => ({ parameter, keys: keysAmong(matched, parameter) }));
}

/** A warning for each name that matches no parameter; PEFT is silent. */
export function unmatchedParameters(model: AdaptableModel, { targetParameters }: LoraConfig): readonly Warning[] {
  const parameters = model.parameters();
  const unmatched = (targetParameters ?? []).filter((name) => !parameters.some(({ path }) => isMeant(path, name)));
  return unmatched.map((name) => ({
    code: "TARGET_MATCHED_NOTHING",
    message: `The target parameter "${name}" matches no parameter.`,
  }));
}

function isMeant(path: string, name: string): boolean {
  return path === name || path.endsWith(`.${name}`);
}

function planParameter(
  parameter: ParameterRef,
  keys: PlannedRawParameter["keys"],
  config: LoraConfig,
): PlannedRawParameter {
  const { path, shape } = parameter;
  // Planning has refused all other shapes.
  const { experts, inFeatures, outFeatures } = rawMatrixSizes(parameter)!;
  const rank = rankOf(config, path);
  const [a, b] = layerKinds.parameter.specs({ inFeatures, outFeatures, experts }, rank);
  return {
    part: "raw-parameter",
    path,
    shape,
    experts,
    inFeatures,
    outFeatures,
    rank,
    alpha: alphaOf(config, path),
    scaling: scalingOf(config, path),
    parameters: experts * rank * (inFeatures + outFeatures),
    keys,
    fileShapes: new Map([
      [keys.a, a.fileShape],
      [keys.b, b.fileShape],
    ]),
  };
}

/** PEFT wraps a module once for each of its parameters, in their order; the last wrapper has the shortest name. */
function keysAmong(matched: readonly ParameterRef[], parameter: ParameterRef): PlannedRawParameter["keys"] {
  const module = moduleOf(parameter.path);
  const siblings = matched.filter(({ path }) => moduleOf(path) === module);
  const depth = siblings.length - 1 - siblings.indexOf(parameter);
  return loraKeys(module + ".base_layer".repeat(depth));
}

/** Number of PEFT's wrappers around each module: one for an adapted layer, one for each raw parameter. */
export function countWrappers(
  layers: ReadonlySet<string>,
  parameters: readonly PlannedRawParameter[],
): ReadonlyMap<string, number> {
  const counts = new Map([...layers].map((path) => [path, 1]));
  for (const { path } of parameters) counts.set(moduleOf(path), (counts.get(moduleOf(path)) ?? 0) + 1);
  return counts;
}

function checkSupported(matched: readonly ParameterRef[], config: LoraConfig, adapted: ReadonlySet<string>): void {
  const { dropout, init } = config;
  const general =
    (dropout !== 0 && "lora_dropout must be 0: parameters have no input for dropout") ||
    variantsOf(config)[0]?.refusalOfParameters ||
    (!drawsBothMatrices(config) && `init_lora_weights = "${init}" is for layers`) ||
    null;
  const problems = matched.flatMap((parameter) => {
    const reason = general ?? refusal(parameter, adapted);
    return reason === null ? [] : [{ path: parameter.path, kind: "parameter", reason }];
  });
  if (problems.length) throw new UnsupportedSiteError(problems);
}

function refusal(parameter: ParameterRef, adapted: ReadonlySet<string>): string | null {
  if (rawMatrixSizes(parameter) === null) return `it has ${parameter.shape.length} axes, not two or three`;
  return adapted.has(moduleOf(parameter.path)) ? "target_modules already adapts its layer" : null;
}

function nothingMatched(names: readonly string[], parameters: readonly ParameterRef[]): LowrankError {
  const paths = parameters.map(({ path }) => path);
  const suggestions = new Map(names.slice(0, 20).map((name) => [name, nearestPaths(name, endingsLike(name, paths))]));
  const near = [...new Set([...suggestions.values()].flat())];
  const hint = near.length ? ` Did you mean ${listed(near)}?` : "";
  return nothingMatchedError(names, suggestions, `No parameter matches target_parameters ${listed(names)}.${hint}`);
}

/** The ends of all paths, with the name's number of parts. */
function endingsLike(name: string, paths: readonly string[]): readonly string[] {
  const parts = name.split(".").length;
  return [...new Set(paths.map((path) => path.split(".").slice(-parts).join(".")))];
}

export function moduleOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf(".")));
}
