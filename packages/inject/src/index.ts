export {
  type AdaptedSite,
  AdapterHandle,
  type AdapterHandleParts,
  type OverriddenParameter,
  type ScaledAdaptation,
} from "./adapter-handle.ts";
export { type AttachOptions, attachAdapter } from "./attach-adapter.ts";
export { baseFingerprintKey } from "./base-fingerprint.ts";
export { countParameters } from "./count-parameters.ts";
export { describePlan, type TrainingBytes, trainingBytes } from "./describe-plan.ts";
export {
  AdapterExistsError,
  AdapterMismatchError,
  type AdapterProblem,
  DifferentBaseError,
  HandleDisposedError,
  InvalidAdapterNameError,
  SavedModuleNotFoundError,
  StalePlanError,
  UnsupportedSiteError,
  UnsupportedStartError,
} from "./errors.ts";
export { type InjectOptions, injectAdapter } from "./inject-adapter.ts";
export type { InjectionPlan, PlannedParameter, PlannedSite } from "./injection-plan.ts";
export { planInjection } from "./plan-injection.ts";
