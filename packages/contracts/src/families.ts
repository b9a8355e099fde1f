// "@lowrank/contracts/families": tables of the supported model types, and their configurations.
export { checkConfig } from "./families/config/check-config.ts";
export { checkConfigOf } from "./families/config/check-config-of.ts";
export { InvalidConfigError } from "./families/errors.ts";
export { familyOf, supportedModelTypes } from "./families/families.ts";
export type { ModelConfig } from "./families/family.ts";
export { defaultTargetsOf } from "./families/lookup/default-targets.ts";
export { resolveTask } from "./families/resolve-task.ts";
export type { Task } from "./families/task.ts";
