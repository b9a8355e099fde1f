// Checks that an adapter fits a model. All differences are found before anything changes, and reported in one error.

import { type Adapter, type LoraConfig, parseTensorKey } from "@lowrank/adapter-format";
import {
  type Feature,
  firstNonFinite,
  initOf,
  rankAxisOf,
  trainingOnlyFeatures,
} from "@lowrank/adapter-format/internal";
import { type AdaptableModel, LowrankError, type WarningListener } from "@lowrank/contracts";

import {
  AdapterMismatchError,
  type AdapterProblem,
  DifferentBaseError,
  VocabularyMismatchError,
} from "../errors/mismatch-errors.ts";
import { Refusals } from "../errors/refusals.ts";
import { baseFingerprintKey } from "../handle/base-fingerprint.ts";
import { otherVocabulary, type VocabularyDifference } from "../hosts/vocabulary-tables.ts";
import { initsForStored } from "../init/inits.ts";
import { draftPlan } from "../plan/draft-plan.ts";
import { supportedFeatures } from "../plan/plan-injection.ts";
import type { InjectionPlan } from "../planned/injection-plan.ts";
import { partsOf } from "../planned/planned-parts.ts";
import { lostBiasWarnings } from "./lost-biases.ts";
import { findMissing, findShapes } from "./needed-tensors.ts";
import { withBaseLayers } from "./plan-base-layers.ts";
import { findUnexpected, unusedBaseWeights } from "./unexpected-tensors.ts";
import { findUntied } from "./untied-tensors.ts";

/** Facts about the model, and the purpose of attaching. */
export interface FitOptions {
  readonly trainable?: boolean;
  readonly baseFingerprint?: string;
  readonly allowDifferentBase?: boolean;
  readonly onWarning?: WarningListener;
}

/**
 * Makes the plan for attaching the adapter.
 *
 * @throws DifferentBaseError, VocabularyMismatchError, AdapterMismatchError; errors of planning for unsupported configurations;
 * SEVERAL_PROBLEMS for both
 */
export function checkFit(model: AdaptableModel, adapter: Adapter, options: FitOptions = {}): InjectionPlan {
  const refusals = new Refusals();
  const vocabulary = otherVocabulary(model, adapter);
  const draft = draftPlan(model, adapter.config, {
    supported: usableFeatures(adapter.config, options),
    stored: new Set(adapter.tensors.keys()),
    refusals,
    vocabulary: vocabulary?.got,
  });
  const plan = withBaseLayers(draft, model, adapter);
  const problems = findProblems(plan, { model, adapter, refused: refusals.errors });
  // Planning has already reported them if it found errors.
  const unmatched = refusals.errors.length > 0 ? [] : unmatchedTargets(plan);
  const mismatch = mismatchOf(problems, { adapter, options, vocabulary, unmatched });
  if (mismatch !== null && isForOthers(problems, adapter)) throw mismatch; // it explains all other errors
  if (mismatch !== null) refusals.add(mismatch);
  refusals.throwIfAny();
  warn(plan, { model, adapter, options });
  return plan;
}

/** The file has the adapter's values, so initialization and training do not matter for using them. */
function usableFeatures(config: LoraConfig, { trainable = false }: FitOptions): ReadonlySet<Feature> {
  const past = trainingOnlyFeatures.filter((feature) => !trainable || feature.startsWith("init="));
  return new Set([...supportedFeatures, ...past, ...initsForStored(config)]);
}

interface Facts {
  readonly model: AdaptableModel;
  readonly adapter: Adapter;
  /** Errors of planning. */
  readonly refused: readonly LowrankError[];
}

/** All differences that are not consequences of planning errors. */
function findProblems(plan: InjectionPlan, { model, adapter, refused }: Facts): readonly AdapterProblem[] {
  // With other repeated layers, paths mean other layers; and the effect of unsupported features on names and shapes is unknown.
  const isUnclear = refused.some(
    (error) =>
      LowrankError.isInstance(error, "LAYER_REPLICATION") || LowrankError.isInstance(error, "UNSUPPORTED_FEATURES"),
  );
  const unexpected = findUnexpected(plan, model, adapter);
  return [
    ...(isUnclear ? [] : findMissing(plan, adapter)),
    // An incomplete plan lacks places for tensors.
    ...(refused.length === 0 ? unexpected : isUnclear ? [] : unexpected.filter(({ kind }) => kind === "unknown-path")),
    ...(isUnclear ? [] : findShapes(plan, adapter)),
    ...findUntied(plan, adapter),
    ...findSharedInits(plan, model, adapter),
    ...findNonFinite(adapter),
  ];
}

function unmatchedTargets({ warnings }: InjectionPlan): readonly AdapterProblem[] {
  return warnings
    .filter(({ code }) => code === "TARGET_MATCHED_NOTHING")
    .map(({ message }) => ({ kind: "unmatched-target", key: "target_modules", reason: message }));
}

/** Whether the model has none of the adapter's modules. */
function isForOthers(problems: readonly AdapterProblem[], { tensors }: Adapter): boolean {
  const unknown = new Set(problems.filter(({ kind }) => kind === "unknown-path").map(({ key }) => key));
  const loraKeys = [...tensors.keys()].filter((key) => parseTensorKey(key)?.part.startsWith("lora_"));
  return loraKeys.length > 0 && loraKeys.every((key) => unknown.has(key));
}

interface Comparison {
  readonly adapter: Adapter;
  readonly options: FitOptions;
  readonly vocabulary: VocabularyDifference | null;
  /** Problems that are only warnings if nothing else is wrong. */
  readonly unmatched: readonly AdapterProblem[];
}

/** One error with all problems, of the class with the best advice; null if the adapter fits. */
function mismatchOf(
  found: readonly AdapterProblem[],
  { adapter, options, vocabulary, unmatched }: Comparison,
): AdapterMismatchError | null {
  const tables = new Set(vocabulary?.keys);
  const isTable = (problem: AdapterProblem) => problem.kind === "shape" && tables.has(problem.key);
  const others = found.filter((problem) => !isTable(problem));
  const fit = [...(vocabulary?.problems ?? []), ...others];
  const problems = fit.length > 0 ? [...fit, ...unmatched] : fit;
  const { got, expected, isAllowed } = compareFingerprints(adapter, options);
  const madeOn = adapter.config.baseModel ? `, made on ${JSON.stringify(adapter.config.baseModel)}` : "";
  if (isForOthers(found, adapter)) {
    return new DifferentBaseError(`modules that this model lacks${madeOn}`, "other modules", problems);
  }
  // The right base also has the right vocabulary.
  if (got !== expected && !isAllowed)
    return new DifferentBaseError(`fingerprint ${got}${madeOn}`, `fingerprint ${expected}`, problems);
  const base = guessOtherBase(others);
  if (base) return new DifferentBaseError(`width ${base.got}${madeOn}`, `width ${base.expected}`, problems);
  if (vocabulary) return new VocabularyMismatchError(vocabulary.got, vocabulary.expected, problems);
  return problems.length > 0 ? new AdapterMismatchError(problems) : null;
}

interface Fingerprints {
  readonly got: string;
  readonly expected: string;
  readonly isAllowed: boolean;
}

/** Equal if one of them is unknown. */
function compareFingerprints({ metadata }: Adapter, options: FitOptions): Fingerprints {
  const expected = options.baseFingerprint ?? metadata.get(baseFingerprintKey) ?? "";
  const got = metadata.get(baseFingerprintKey) ?? expected;
  return { got, expected, isAllowed: options.allowDifferentBase ?? false };
}

function warn(
  plan: InjectionPlan,
  { model, adapter, options }: Pick<Facts, "model" | "adapter"> & { readonly options: FitOptions },
): void {
  const { got, expected } = compareFingerprints(adapter, options);
  const message = `The adapter was trained on a base model with fingerprint ${got}; this one has ${expected}. It is used anyway.`;
  if (got !== expected) options.onWarning?.({ code: "DIFFERENT_BASE", message });
  const ofFile = [...unusedBaseWeights(plan, model, adapter), ...lostBiasWarnings(plan, adapter)];
  for (const warning of [...plan.warnings, ...ofFile]) options.onWarning?.(warning);
}

// Recognizes the most frequent mistake: an adapter for a model of the same type in another size.

/** The width of the adapter's base, if shapes differ from the model's in one consistent way; else null. */
function guessOtherBase(
  problems: readonly AdapterProblem[],
): { readonly got: number; readonly expected: number } | null {
  const pairs = new Map<string, { got: number; expected: number; count: number }>();
  for (const problem of problems) {
    if (problem.kind !== "shape" || problem.got.length !== problem.expected.length) continue;
    const rankAxis = rankAxisOf(parseTensorKey(problem.key)?.part ?? "saved");
    problem.got.forEach((got, axis) => {
      const expected = problem.expected[axis]!;
      // The rank is independent of the base.
      if (got === expected || axis === rankAxis) return;
      const pair = pairs.get(`${got}:${expected}`) ?? { got, expected, count: 0 };
      pair.count += 1;
      pairs.set(`${got}:${expected}`, pair);
    });
  }
  const [max, next] = [...pairs.values()].sort((one, other) => other.count - one.count);
  // One different tensor is a damaged file; many equal differences are another model.
  const isConsistent = max !== undefined && max.count >= 2 && max.count > (next?.count ?? 0) / 2;
  return isConsistent ? { got: max.got, expected: max.expected } : null;
}

// NaN and infinity in an adapter: a single one makes all logits NaN.

function findNonFinite({ tensors }: Adapter): readonly AdapterProblem[] {
  return [...tensors].flatMap(([key, { values }]): AdapterProblem[] => {
    const position = firstNonFinite(values);
    return position < 0 ? [] : [{ kind: "non-finite", key, got: values[position]!, position }];
  });
}

// Initializations that subtract a part of a weight that two modules share. peft 0.21.2 changes the shared tensor, so the embedding
// changes too; an adapter made here does not change it. Such a file cannot be computed as it was trained, so it is refused.

/** Planned A and B whose initial product PEFT subtracted from a shared weight. */
function findSharedInits(
  plan: InjectionPlan,
  model: AdaptableModel,
  { config }: Pick<Adapter, "config">,
): readonly AdapterProblem[] {
  if (initOf(config).base !== "computed again") return [];
  const sharers = new Map(
    model
      .sites()
      .flatMap(({ path, tiedWith }) =>
        tiedWith === undefined ? [] : [[path, tiedWith] as const, [tiedWith, path] as const],
      ),
  );
  return partsOf(plan, "site").flatMap(({ path, kind }): AdapterProblem[] => {
    const other = sharers.get(path);
    if (other === undefined || kind !== "linear") return [];
    const reason =
      `with init "${config.init}" PEFT changes the weight, which it shares with "${other}"; lowrank changes it in one module ` +
      "only. Save it as plain LoRA in PEFT (save_pretrained with path_initial_model_for_weight_conversion), or adapt " +
      "other modules";
    return [{ kind: "unsupported", key: `${path}.lora_A.weight`, reason }];
  });
}
