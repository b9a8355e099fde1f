// The events of a job: lines of JSON in a file, which readers can wait for.

import { EventEmitter, once } from "node:events";
import { appendFile, open } from "node:fs/promises";
import { jsonIn } from "@lowrank/contracts/internal";

/** An event as OpenAI's API has it. */
export interface JobEvent {
  readonly object: "fine_tuning.job.event";
  readonly id: string;
  readonly created_at: number;
  readonly level: "info" | "warn" | "error";
  readonly type: "message" | "metrics";
  readonly message: string;
  readonly data: Readonly<Record<string, number | null | undefined>>;
}

export class EventLog {
  readonly #changes = new EventEmitter().setMaxListeners(0);
  #count = 0;

  /** Appends to a file. The line break before the line ends a line that a killed server left incomplete. */
  async append(path: string, event: JobEvent): Promise<void> {
    await appendFile(path, `\n${JSON.stringify(event)}\n`);
    this.wake();
  }

  /** Lets readers look at their jobs again. */
  wake(): void {
    this.#count += 1;
    this.#changes.emit("change");
  }

  /** Complete events from a position of the file, and the position after them. */
  async read(path: string, from = 0): Promise<{ readonly events: readonly JobEvent[]; readonly end: number }> {
    const file = await open(path, "a+");
    try {
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.max(0, size - from));
      await file.read(bytes, 0, bytes.length, from);
      const end = bytes.lastIndexOf(10) + 1;
      const lines = bytes.toString("utf8", 0, end).split("\n");
      // This class wrote them. A killed server may have left a line incomplete.
      return { events: lines.flatMap((line) => (jsonIn(line) as JobEvent | undefined) ?? []), end: from + end };
    } finally {
      await file.close();
    }
  }

  /** All events, and new ones until the job is over or the signal aborts. */
  async *follow(path: string, { isOver, signal }: { isOver(): boolean; readonly signal: AbortSignal }) {
    for (let from = 0; ; ) {
      const [count, isLast] = [this.#count, isOver()];
      const { events, end } = await this.read(path, from);
      yield* events;
      if (isLast || signal.aborted) return;
      from = end;
      if (count === this.#count) await once(this.#changes, "change", { signal }).catch(() => undefined);
    }
  }
}
