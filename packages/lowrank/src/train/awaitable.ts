// The events of a training as something to await, for programs that show no progress.

import type { TrainingEvent } from "@lowrank/trainer";
import type { EndEvent } from "@lowrank/trainer/internal";

type Events = AsyncGenerator<TrainingEvent, void, undefined>;

/** The events of a training. It trains while they are read; `await` reads all that are left and gives the last one. */
export interface TrainingProgress extends Events, PromiseLike<EndEvent | undefined> {}

export function awaitable(events: Events): TrainingProgress {
  let ended: Promise<EndEvent | undefined> | undefined;
  const then: TrainingProgress["then"] = (onEnd, onError) => {
    ended ??= endOf(events);
    return ended.then(onEnd, onError);
  };
  return Object.assign(events, { then });
}

async function endOf(events: Events): Promise<EndEvent | undefined> {
  let end: EndEvent | undefined;
  for await (const event of events) if (event.type === "end") end = event;
  return end;
}
