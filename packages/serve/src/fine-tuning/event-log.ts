// The events of a job: lines of JSON in a file, which readers can wait for.

import { EventEmitter, once } from "node:events";
import { appendFile, open } from "node:fs/promises";

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

  /** Appends to a file. The line break before the line ends a line that a killed server left incomplete. */
  async append(path: string, event: JobEvent): Promise<void> {
    await appendFile(path, `\n${JSON.stringify(event)}\n`);
    this.#changes.emit(path);
  }

  /** Lets the readers of a file look at the job again. */
  wake(path: string): void {
    this.#changes.emit(path);
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
      return { events: lines.flatMap((line) => parsed(line)), end: from + end };
    } finally {
      await file.close();
    }
  }

  /** All events, and new ones until the job is over. */
  async *follow(path: string, { isOver, signal }: { isOver(): boolean; readonly signal: AbortSignal }) {
    for (let from = 0; ; ) {
      const changed = once(this.#changes, path, { signal });
      changed.catch(() => undefined); // not awaited if the job is over
      const isLast = isOver();
      const { events, end } = await this.read(path, from);
      yield* events;
      if (isLast) return;
      from = end;
      await changed;
    }
  }
}

/** Nothing for a line that a killed server left incomplete. */
function parsed(line: string): readonly JobEvent[] {
  try {
    return line === "" ? [] : [JSON.parse(line) as JobEvent]; // this class wrote it
  } catch {
    return [];
  }
}
