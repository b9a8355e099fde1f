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

export type { WeightChange } from "./adapted/adapter-part.ts";
export { type AttachOptions, attachAdapter } from "./attach/attach-adapter.ts";
export { hotSwap } from "./attach/hot-swap.ts";
export { type InjectOptions, injectAdapter } from "./attach/inject-adapter.ts";
export { AdapterHandle } from "./handle/adapter-handle.ts";
export { adapterNames, findAdapter } from "./handle/attached-adapters.ts";
export { weightedAdapters } from "./handle/weighted-adapters.ts";
export { countParameters } from "./hosts/count-parameters.ts";
export { measureGradients } from "./measure/measure-gradients.ts";
export { measureInputs } from "./measure/measure-inputs.ts";
export { describePlan } from "./plan/describe-plan.ts";
export { planInjection } from "./plan/plan-injection.ts";
export type { InjectionPlan } from "./planned/injection-plan.ts";
export { partsOf } from "./planned/planned-parts.ts";
