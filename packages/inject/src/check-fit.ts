// Whether an adapter fits a model. Finds every difference before anything changes.

import {
  type Adapter,
  type AdapterTensor,
  embeddingKeys,
  type Feature,
  type LoraConfig,
  parseTensorKey,
  startingFeatures,
  type TensorKey,
} from "@lowrank/adapter-format";
import type { AdaptableModel, Warning, WarningListener } from "@lowrank/contracts";
import { baseFingerprintKey } from "./base-fingerprint.ts";
import {
  AdapterMismatchError,
  type AdapterProblem,
  DifferentBaseError,
  printable,
  VocabularyMismatchError,
} from "./errors.ts";
import { guessOtherBase } from "./guess-other-base.ts";
import type { InjectionPlan } from "./injection-plan.ts";
import { nearestPaths } from "./nearest-names.ts";
import { withBaseLayers } from "./plan-base-layers.ts";
import { draftPlan, supportedFeatures } from "./plan-injection.ts";
import { startsForStored } from "./starts.ts";
import { vocabularyOf, vocabularyTables } from "./vocabulary-tables.ts";

/** What is known of the model at hand besides its doors, and what for the adapter is attached. */
export interface FitOptions {
  readonly trainable?: boolean;
  readonly baseFingerprint?: string;
  readonly allowDifferentBase?: boolean;
  readonly onWarning?: WarningListener;
}

/** How many unknown paths get suggestions: looking for them takes time, and a foreign file may have a million. */
const suggestionsFor = 4;

/**
 * The plan by which the adapter will be attached.
 *
 * @throws DifferentBaseError, AdapterMismatchError, and what planning throws for configurations that are not supported
 */
export function checkFit(model: AdaptableModel, adapter: Adapter, options: FitOptions = {}): InjectionPlan {
  checkFingerprint(adapter, options);
  checkVocabulary(model, adapter);
  const plan = withBaseLayers(
    draftPlan(model, adapter.config, {
      supported: usableFeatures(adapter.config, options),
      stored: new Set(adapter.tensors.keys()),
    }),
    model,
    adapter,
  );
  const problems = [
    ...findMissing(plan, adapter),
    ...findUnexpected(plan, model, adapter),
    ...findShapes(plan, adapter),
    ...findUntied(plan, adapter),
  ];
  const other = guessOtherBase(problems);
  if (other) throw new DifferentBaseError(`width ${other.got}`, `width ${other.expected}`, problems);
  if (problems.length) throw new AdapterMismatchError(problems);
  for (const warning of [...plan.warnings, ...unusedBaseWeights(plan, model, adapter)]) options.onWarning?.(warning);
  return plan;
}

/** An adapter's values are in its file: how they started, or were trained, does not matter for using them. */
function usableFeatures(config: LoraConfig, { trainable = false }: FitOptions): ReadonlySet<Feature> {
  const past = startingFeatures.filter((feature) => !trainable || feature.startsWith("init="));
  return new Set([...supportedFeatures, ...past, ...startsForStored(config)]);
}

/** Before anything else: rows for tokens that the model does not have make every other difference follow. */
function checkVocabulary(model: AdaptableModel, adapter: Adapter): void {
  const [input] = vocabularyTables(model);
  const found = vocabularyOf(model, adapter);
  if (input === undefined || found === undefined || found.size === input.inFeatures) return;
  const { keys, size } = found;
  const problems = keys.map((key): AdapterProblem => {
    const got = adapter.tensors.get(key)!.shape;
    return { kind: "shape", key, got, expected: got.map((axis) => (axis === size ? input.inFeatures : axis)) };
  });
  throw new VocabularyMismatchError(size, input.inFeatures, problems);
}

function checkFingerprint({ metadata }: Adapter, options: FitOptions): void {
  const got = metadata.get(baseFingerprintKey);
  const expected = options.baseFingerprint;
  if (got === undefined || expected === undefined || got === expected) return;
  if (!options.allowDifferentBase) throw new DifferentBaseError(`fingerprint ${got}`, `fingerprint ${expected}`);
  options.onWarning?.({
    code: "DIFFERENT_BASE",
    message: `The adapter was made for a base with fingerprint ${got}; this one has ${expected}. It is used all the same.`,
  });
}

/** Every tensor that the plan needs, with its shape as files store it. */
function neededShapes(plan: InjectionPlan): ReadonlyMap<string, readonly number[]> {
  return new Map([
    ...plan.entries.flatMap(({ fileShapes }) => [...fileShapes]),
    ...plan.tiedSites.flatMap(({ fileShapes }) => [...fileShapes]),
    ...plan.rawParameters.flatMap(({ fileShapes }) => [...fileShapes]),
    ...plan.savedParameters.flatMap((planned) =>
      [planned, ...(planned.followers ?? [])].map(({ key }) => [key, planned.fileShape] as const),
    ),
    ...plan.tokenRows.flatMap(({ key, copies = [], shape }) => [key, ...copies].map((one) => [one, shape] as const)),
  ]);
}

function findMissing(plan: InjectionPlan, { tensors }: Adapter): readonly AdapterProblem[] {
  return [...neededShapes(plan).keys()].filter((key) => !tensors.has(key)).map((key) => ({ kind: "missing", key }));
}

function findShapes(plan: InjectionPlan, { tensors }: Adapter): readonly AdapterProblem[] {
  return [...neededShapes(plan)].flatMap(([key, expected]): AdapterProblem[] => {
    const got = tensors.get(key)?.shape;
    if (got === undefined || got.join() === expected.join()) return [];
    return [{ kind: "shape", key, got, expected }];
  });
}

/** What is shared must be stored with the same values under both names. */
function findUntied(plan: InjectionPlan, { tensors }: Adapter): readonly AdapterProblem[] {
  const saved = plan.savedParameters.flatMap(({ key, followers = [] }) =>
    followers.map((one) => ({ key, twin: one.key })),
  );
  const isSame = (one: AdapterTensor | undefined, other: AdapterTensor | undefined) =>
    one?.values.length !== other?.values.length || one?.values.every((value, index) => value === other?.values[index]);
  const reason = "with ensure_weight_tying it must have the values of";
  return [
    ...saved.flatMap(({ key, twin }): AdapterProblem[] => {
      if (isSame(tensors.get(key), tensors.get(twin))) return [];
      return [{ kind: "unsupported", key: twin, reason: `${reason} "${key}"` }];
    }),
    ...plan.tiedSites.flatMap(({ pairOf, keys }): AdapterProblem[] => {
      const pair = embeddingKeys(pairOf);
      return [[keys.a, pair.b] as const, [keys.b, pair.a] as const].flatMap(([key, twin]): AdapterProblem[] => {
        const other = tensors.get(twin);
        const turned = other === undefined ? undefined : { ...other, values: turnedOver(other) };
        if (isSame(tensors.get(key), turned)) return [];
        return [{ kind: "unsupported", key, reason: `${reason} "${twin}", turned over` }];
      });
    }),
  ];
}

function turnedOver({ shape: [rows = 0, columns = 0], values }: AdapterTensor): Float32Array {
  return Float32Array.from(values, (_, index) => values[(index % rows) * columns + Math.floor(index / rows)]!);
}

function findUnexpected(plan: InjectionPlan, model: AdaptableModel, { tensors }: Adapter): readonly AdapterProblem[] {
  const needed = neededShapes(plan);
  const paths = model.sites().map((site) => site.path);
  const known = new Set(paths);
  let suggested = 0;
  return [...tensors.keys()].flatMap((key): AdapterProblem[] => {
    if (needed.has(key)) return [];
    const parsed = parseTensorKey(key);
    if (!parsed) return [{ kind: "unsupported", key, reason: "this name follows no rule of PEFT's LoRA files" }];
    const { path, part } = parsed;
    if (isUnusedBaseWeight(parsed, known) || isSharedBias(parsed, known, () => isRepeated(key, plan, tensors)))
      return [];
    if (part === "base_layer" || part === "saved") {
      const what =
        part === "saved" ? "modules_to_save does not name it" : "weights of the base in an adapter are not supported";
      return [{ kind: "unsupported", key, reason: what }];
    }
    if (known.has(path)) return [{ kind: "not-targeted", key, path }];
    const nearest = suggested++ < suggestionsFor ? nearestPaths(path, paths) : [];
    return [{ kind: "unknown-path", key, path, nearest }];
  });
}

/** A head's bias may have two names in transformers ("cls.predictions.bias", "cls.predictions.decoder.bias"), and PEFT writes both. */
function isSharedBias(
  { part, path, parameter }: TensorKey,
  known: ReadonlySet<string>,
  isSame: () => boolean,
): boolean {
  return part === "saved" && parameter === "bias" && known.has(path) && isSame();
}

/** Whether a tensor that the plan reads has the very values of this one. */
function isRepeated(key: string, plan: InjectionPlan, tensors: Adapter["tensors"]): boolean {
  const own = tensors.get(key)?.values;
  return plan.savedParameters.some(({ key: other }) => {
    const values = tensors.get(other)?.values;
    return values?.length === own?.length && values?.every((value, index) => value === own?.[index]) === true;
  });
}

/** PEFT also stores the weight of an embedding or head that only another adapter of the same model targets. */
function isUnusedBaseWeight({ part, path, parameter }: TensorKey, known: ReadonlySet<string>): boolean {
  return part === "base_layer" && parameter === "weight" && known.has(path);
}

function unusedBaseWeights(plan: InjectionPlan, model: AdaptableModel, { tensors }: Adapter): readonly Warning[] {
  const needed = neededShapes(plan);
  const known = new Set(model.sites().map(({ path }) => path));
  return [...tensors.keys()].flatMap((key) => {
    const parsed = parseTensorKey(key);
    if (needed.has(key) || !parsed || !isUnusedBaseWeight(parsed, known)) return [];
    const message = `${printable(key)} is a weight of the base that this adapter does not target; the base's own is used.`;
    return [{ code: "BASE_WEIGHT_UNUSED", message }];
  });
}
