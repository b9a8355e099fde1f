// A worker's answers in a test of the page's state: other calls are never answered.

import type { CallName, Calls } from "../src/protocol/calls.ts";
import type { Ask } from "../src/worker-client.ts";

export type Answers = {
  readonly [Name in CallName]?: (
    request: Calls[Name]["request"],
    onProgress: (progress: Calls[Name]["progress"]) => void,
  ) => Promise<Calls[Name]["answer"]>;
};

export function answering(answers: Answers): Ask {
  return (name, request, onProgress = () => {}) => answers[name]?.(request, onProgress) ?? new Promise(() => {});
}
