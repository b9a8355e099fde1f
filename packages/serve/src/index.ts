export { type RunningServer, type ServeOptions, serve } from "./serve.ts";
export type {
  ServedAdapter,
  ServedDefaults,
  ServedMessage,
  ServedModel,
  ServedPrompt,
  ServedWriter,
  WriteOptions,
  WriterLimits,
  WrittenEvent,
  WrittenLikelyToken,
} from "./served-model.ts";
