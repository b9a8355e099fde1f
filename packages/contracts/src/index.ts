// What all packages share: the interfaces of models, hosts and adapters, errors, and checks of input.
export type { AdaptableModel } from "./adaptable-model.ts";
export type { Warning, WarningListener } from "./errors.ts";
export { LowrankError } from "./errors.ts";
export {
  type AdapterSelection,
  activeAdapters,
  adapterRows,
  type ForwardContext,
  inferenceContext,
  noAdapters,
  selectedNames,
} from "./forward-context.ts";
export { itemized, listed } from "./messages.ts";
export type { Site } from "./site.ts";
