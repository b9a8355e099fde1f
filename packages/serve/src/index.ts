export { type RunningServer, serve } from "./serve.ts";
export type { ServedModel } from "./served-model.ts";
