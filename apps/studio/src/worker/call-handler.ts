// The type of the function that answers a call of the page.

import type { CallName, Calls } from "../protocol/calls.ts";
import type { WorkerState } from "./worker-state.ts";

/** Answers one call. `onProgress` gets its progress. */
export type CallHandler<Name extends CallName> = (
  state: WorkerState,
  request: Calls[Name]["request"],
  onProgress: (progress: Calls[Name]["progress"]) => void,
) => Promise<Calls[Name]["answer"]> | Calls[Name]["answer"];
