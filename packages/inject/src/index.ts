// The rooms, each importing only from those above it:
//
// errors/    what can be refused, and lists of refusals
// hosts/     what is asked of a model besides its doors
// planned/   what an injection will do, as plain data
// variants/  what changes a pair: where it acts, how it is made, what stands beside it
// adapted/   what an adapter has on a model: variables in use, the doors they open, the weights they change
// parts/     the kinds of those: how each is planned and made
// start/     the first values of a new adapter
// plan/      from a configuration to a plan
// handle/    what a caller holds: variables, names, the switch to take it off
// measure/   what data says before a start
// fit/       whether an adapter from a file fits a model
// attach/    a new adapter, one from a file, another in its place

export type { AdaptedParameter } from "./adapted/adapted-parameter.ts";
export type { AdaptedSite } from "./adapted/adapted-site.ts";
export type { RowChange, WeightChange } from "./adapted/adapter-part.ts";
export { type AttachOptions, attachAdapter } from "./attach/attach-adapter.ts";
export { hotSwap } from "./attach/hot-swap.ts";
export { type InjectOptions, injectAdapter } from "./attach/inject-adapter.ts";
export {
  AdapterExistsError,
  ConflictingAdaptersError,
  HandleDisposedError,
  InvalidAdapterNameError,
  MergedTableError,
  SeveralProblemsError,
  UnsupportedSiteError,
} from "./errors/errors.ts";
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
export { planInjection } from "./plan/plan-injection.ts";
export type { InjectionPlan } from "./planned/injection-plan.ts";
export { type PlannedSite, partsOf } from "./planned/planned-parts.ts";
export { InvocationTokensError } from "./variants/activated-lora/errors.ts";
