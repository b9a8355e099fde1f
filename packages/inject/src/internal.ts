// Names that only our own packages import. They may change in any release.

export type { AdaptedParameter } from "./adapted/adapted-parameter.ts";
export type { AdaptedSite } from "./adapted/adapted-site.ts";
export type { RowChange } from "./adapted/adapter-part.ts";
export { adapterExistsError, handleDisposedError, UnsupportedSiteError } from "./errors/errors.ts";
export { AdapterMismatchError, DifferentBaseError, VocabularyMismatchError } from "./errors/mismatch-errors.ts";
export { baseFingerprintKey } from "./handle/base-fingerprint.ts";
export { checkTogether } from "./handle/conflicting-adapters.ts";
export { vocabularyOf } from "./hosts/vocabulary-tables.ts";
export { shareRanks } from "./measure/share-ranks.ts";
export { findKappaTargetModules } from "./plan/kappa-targets.ts";
export type { PlannedSite } from "./planned/planned-parts.ts";
