// The folders, each importing only from those above it:
//
// errors/    errors, and lists of them
// hosts/     facts about a model in addition to its hook points
// planned/   a plan as plain data
// variants/  changes of A and B: where they act, their first values, additional vectors
// adapted/   an adapter's parts on a model: variables, hook points, weights that change
// parts/     the kinds of parts: how each is planned and built
// init/      first values of a new adapter
// plan/      from a configuration to a plan
// handle/    the handle of an attached adapter: variables, names, detaching
// measure/   measurements for initializations that use data
// fit/       whether an adapter from a file fits a model
// attach/    attach a new adapter or one from a file, or replace one

export type { AdaptedParameter } from "./adapted/adapted-parameter.ts";
export type { AdaptedSite } from "./adapted/adapted-site.ts";
export type { RowChange, WeightChange } from "./adapted/adapter-part.ts";
export { type AttachOptions, attachAdapter } from "./attach/attach-adapter.ts";
export { hotSwap } from "./attach/hot-swap.ts";
export { type InjectOptions, injectAdapter } from "./attach/inject-adapter.ts";
export { handleDisposedError, UnsupportedSiteError } from "./errors/errors.ts";
export { AdapterMismatchError, DifferentBaseError, VocabularyMismatchError } from "./errors/mismatch-errors.ts";
export { AdapterHandle } from "./handle/adapter-handle.ts";
export { adapterNames, findAdapter } from "./handle/attached-adapters.ts";
export { baseFingerprintKey } from "./handle/base-fingerprint.ts";
export { checkTogether } from "./handle/conflicting-adapters.ts";
export { weightedAdapters } from "./handle/weighted-adapters.ts";
export { countParameters } from "./hosts/count-parameters.ts";
export { vocabularyOf } from "./hosts/vocabulary-tables.ts";
export { measureGradients } from "./measure/measure-gradients.ts";
export { measureInputs } from "./measure/measure-inputs.ts";
export { shareRanks } from "./measure/share-ranks.ts";
export { describePlan } from "./plan/describe-plan.ts";
export { findKappaTargetModules, type KappaOptions, type KappaTarget } from "./plan/kappa-targets.ts";
export { planInjection } from "./plan/plan-injection.ts";
export type { InjectionPlan } from "./planned/injection-plan.ts";
export { type PlannedSite, partsOf } from "./planned/planned-parts.ts";
